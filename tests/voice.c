/* SPDX-License-Identifier: GPL-3.0-or-later */
/* torchsynth's Voice of our modules, held to the same equations in double precision. */
#define LANES 1
#include "base/lanes.h"
#include "tap.h"
#include "voice_rig.h"

enum { VOICES = 24 };

static int
upwards(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* The noise of node VOICE_NOISE of the recipe's first note. */
static void
noise_of(uint64_t seed, float *x)
{
	const uint32_t s = (uint32_t)rng_mix(rng_at(rng_at(seed, 0), 1) + VOICE_NOISE + 1);
	for (uint32_t i = 0; i < VOICE_FRAMES; i++)
		x[i] = noise_float(s, i);
}

static double
snr(const struct voice *v, const float *x)
{
	static double y[VOICE_FRAMES];
	static float noise[VOICE_FRAMES];
	double signal = 0, error = 0;
	noise_of(v->seed, noise);
	voice_reference(v, noise, y);
	for (int i = 0; i < VOICE_FRAMES; i++) {
		signal += y[i] * y[i];
		error += (x[i] - y[i]) * (x[i] - y[i]);
	}
	return error > 0 ? 10 * log10(signal / error) : 200;
}

int
main(void)
{
	struct err err;
	struct engine *e = engine_new(ISA_AUTO, 1, &err);
	struct rec *recs[VOICES];
	struct job jobs[VOICES];
	struct voice v[VOICES];
	double db[VOICES];
	for (int i = 0; i < VOICES; i++) {
		v[i] = voice_random((uint64_t)i + 1);
		recs[i] = voice_recipe(&v[i]);
		jobs[i] = (struct job){.recipe = &recs[i]->recipe};
	}
	ok(!recipe_check(&recs[0]->recipe, &err) && !strcmp(recs[0]->recipe.parts[0].patch.nodes[VOICE_NOISE].module, "noise"),
	    "78 parameters make a recipe");
	ok(!engine_render(e, jobs, VOICES, &err), "which renders");
	for (int i = 0; i < VOICES; i++) {
		db[i] = jobs[i].failed ? 0 : snr(&v[i], jobs[i].samples);
		if (jobs[i].failed)
			diag("%d: %s", i, jobs[i].err.text);
		free(jobs[i].samples);
		rec_free(recs[i]);
	}
	qsort(db, VOICES, sizeof *db, upwards);
	diag("signal to error: median %.1f dB, worst %.1f, best %.1f", db[VOICES / 2], db[0], db[VOICES - 1]);
	ok(db[VOICES / 2] > 60, "the median of %d random voices is over 60 dB from its double", VOICES);
	ok(db[0] > 20, "and the worst over 20 dB");
	engine_free(e);
	return done();
}
