/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys of chords and songs that our engine plays, in all 24; of other tunings, rates, and of what has none. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/key.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "tap.h"

enum { RATE = 22050, MAX_NOTES = 256 };

static struct engine *engine;
static struct err err;

/* Parts: 1 chords, 2 bass, 3 tune, 4 drums. */
static const char *const bands[] = {
    "return kit{part{saw{} >> svf{cutoff = 2000} * adsr{attack = 0.01, release = 0.1} >> voices(), name = 'a'},"
    " part{saw{} >> svf{cutoff = 500} * adsr{} >> voices(), name = 'b'},"
    " part{square{} * adsr{attack = 0.005, decay = 0.2, sustain = 0.3} >> voices(), name = 'c', gain = 0.5},"
    " part{noise{} * adsr{attack = 0.001, decay = 0.05, sustain = 0} >> voices(), name = 'd'}}",
    "return kit{part{sine{} * adsr{attack = 0.02, decay = 0.3, sustain = 0.5} >> voices(), name = 'a'},"
    " part{triangle{} * adsr{} >> voices(), name = 'b'},"
    " part{pluck{} >> voices(), name = 'c'},"
    " part{noise{} * adsr{attack = 0.001, decay = 0.1, sustain = 0} >> voices(), name = 'd', gain = 0.5}}",
};

/* Four bars of two beats: the root in semitones above the tonic, lower case for a minor chord,
   ' for diminished. Roots count C as the tonic of a major key, A of a minor one. */
struct song {
	const char *chords;
	bool minor;
};
static const struct song songs[] = {
    {"CGaF", false}, {"CFGC", false}, {"CaFG", false}, {"FGCC", false}, {"CdGC", false}, {"CFCG", false},
    {"aFGa", true}, {"adEa", true}, {"aFCG", true}, {"adea", true}, {"aGFE", true}, {"aCda", true},
};
enum { SONGS = sizeof songs / sizeof *songs };

static void
add(struct recipe *r, double start, double length, double pitch, double velocity, uint32_t part)
{
	r->phrase.notes[r->phrase.n_notes++] = (struct note){start, length, (float)pitch, (float)velocity, part};
}

/* Chords in close position about middle C, their roots below, a tune of chord notes and steps between, drums. */
static void
compose(struct recipe *r, const struct song *song, int tonic, bool band, double tune)
{
	static const int white[] = {9, 11, 0, 2, 4, 5, 7};
	const int up = tonic - (song->minor ? 9 : 0);
	struct rng g = {77, (uint64_t)tonic * SONGS + (uint64_t)(song - songs)};
	r->phrase.n_notes = 0;
	for (int bar = 0; bar < 4; bar++) {
		const bool minor = song->chords[bar] >= 'a';
		const int root = white[(song->chords[bar] | 32) - 'a'], tones[] = {0, minor ? 3 : 4, 7};
		for (int i = 0; i < 3; i++)
			add(r, 2 * bar, 1.9, 60 + (root + tones[i] + up + 24) % 12 + tune, 0.5, 0);
		add(r, 2 * bar, 1.8, 36 + (root + up + 24) % 12 + tune, 0.9, 1);
		for (int i = 0; band && i < 4; i++) {
			const int pick = (int)(rng_uniform(&g) * 3) % 3;
			/* every other note a white one beside the chord's */
			int pitch = root + tones[pick];
			if (i & 1)
				for (pitch += 2; (0x5ab5u >> (unsigned)(pitch % 12) & 1) == 0;)
					pitch--;
			add(r, 2 * bar + 0.5 * i, 0.45, 72 + (pitch + up + 24) % 12 + tune, 0.6, 2);
			add(r, 2 * bar + 0.5 * i, 0.2, 60, i & 1 ? 0.4 : 0.8, 3);
		}
	}
}

static struct recipe
band_of(int which, struct arena *a)
{
	const struct lua_settings settings = {.rate = RATE};
	struct recipe r = {0};
	if (patch_lua_text(bands[which], strlen(bands[which]), "band", &settings, &r, a, &err) < 0) {
		diag("%s", err.text);
		exit(1);
	}
	r.phrase = (struct phrase){.tempo = 120, .beats = 8, .tail = 0.25};
	return r;
}

/* Renders a song in twelve keys and counts those that are found. */
static int
twelve(const struct song *song, int which, bool band, double tune, double *cents)
{
	static struct note notes[12][MAX_NOTES];
	struct recipe recipe[12];
	struct job job[12];
	struct arena a;
	int right = 0;
	arena_init(&a, (size_t)64 << 20);
	const struct recipe base = band_of(which, &a);
	for (int k = 0; k < 12; k++) {
		recipe[k] = base;
		recipe[k].phrase.notes = notes[k];
		compose(&recipe[k], song, k, band, tune);
		job[k] = (struct job){.recipe = &recipe[k]};
	}
	if (engine_render(engine, job, 12, &err) < 0)
		diag("%s", err.text);
	for (int k = 0; k < 12; k++) {
		struct key key;
		if (job[k].failed)
			diag("%s", job[k].err.text);
		for (uint64_t i = 1; job[k].samples && i < job[k].frames; i++)
			job[k].samples[i] = job[k].samples[i * job[k].channels];
		if (!job[k].samples || key_find(job[k].samples, job[k].frames, RATE, &key, &err) < 0)
			continue;
		right += key.key == k + 12 * song->minor;
		if (key.key != k + 12 * song->minor)
			diag("%s of %s: %s (%.2f)", song->chords, key_name(k + 12 * song->minor), key_name(key.key), key.confidence);
		*cents = key.tuning;
		free(job[k].samples);
	}
	arena_release(&a);
	return right;
}

static void
all_keys(int which, bool band)
{
	int right = 0;
	double cents;
	for (int s = 0; s < SONGS; s++)
		right += twelve(&songs[s], which, band, 0, &cents);
	ok(right >= 0.9 * 12 * SONGS, "%s %d in 24 keys: %d of %d are right", band ? "songs of band" : "chords of band", which,
	    right, 12 * SONGS);
}

/* One chord is the key it is the tonic of. */
static void
chords(void)
{
	static const struct song major = {"CCCC", false}, minor = {"aaaa", true};
	double cents;
	const int right = twelve(&major, 0, false, 0, &cents) + twelve(&minor, 1, false, 0, &cents);
	ok(right == 24, "one chord held: %d of 24", right);
}

static void
tunings(void)
{
	static const double tune[] = {-0.4, -0.2, 0.15, 0.35};
	for (size_t i = 0; i < sizeof tune / sizeof *tune; i++) {
		double cents = 0;
		const int right = twelve(&songs[1], 0, true, tune[i], &cents);
		ok(right == 12 && fabs(cents - 100 * tune[i]) < 4, "%+.0f cents out of tune: %d of 12, tuned %+.1f", 100 * tune[i],
		    right, cents);
	}
}

static void
odd(void)
{
	static float x[5 * RATE];
	struct key k;
	for (size_t n = 0; n < 4; n++) {
		const int got = key_find(x, (size_t[]){0, 1, 1000, 5 * RATE}[n], RATE, &k, &err);
		ok(got == 0 && k.key == KEY_NONE && k.confidence == 0, "silence has no key");
	}
	struct rng g = {3, 0};
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = (float)(rng_uniform(&g) - 0.5);
	ok(key_find(x, sizeof x / sizeof *x, RATE, &k, &err) == 0 && k.confidence < 0.3, "noise: confidence %.2f", k.confidence);
	ok(key_find(x, 100, 8, &k, &err) == 0, "at 8 Hz there is nothing to hear, and no harm");
	x[500] = NAN;
	ok(key_find(x, 4000, RATE, &k, &err) == 0 && k.confidence >= 0 && k.confidence <= 1, "nor in what is no number");
	ok(!strcmp(key_name(18), "F# minor") && !*key_name(KEY_NONE) && !*key_name(24), "keys have names");
}

int
main(void)
{
	engine = engine_new(ISA_AUTO, 1, &err);
	if (!ok(engine != NULL, "an engine"))
		return done();
	for (int which = 0; which < 2; which++) {
		all_keys(which, false);
		all_keys(which, true);
	}
	chords();
	tunings();
	odd();
	engine_free(engine);
	return done();
}
