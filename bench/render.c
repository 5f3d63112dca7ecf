/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many seconds of sound a core renders in one, as populations of takes:
 *   Voice      torchsynth's (tests/voice_rig.h): 4 s at 44.1 kHz, random parameters,
 *              each brought under full scale as there
 *   init       what Surge's init patch runs: three oscillators, two filters, two
 *              envelopes, six LFOs, no effect; one note held
 *   two saws   with a filter and two envelopes, and the same with effects
 *   library    every patch of patches/ with random settings, effects and all: the median
 * Peers were measured on this kind of machine, x real time of one core; two cores
 * of ours stand beside torchsynth's published figure for a GPU.
 */
#include <glob.h>
#include <malloc.h>

#include "../tests/library_rig.h"
#include "../tests/voice_rig.h"
#include "base/cores.h"
#include "base/share.h"
#include "bench.h"
#include "synth/lua/patch_lua.h"

enum { POPULATION = 64, MOST = 1024, SECONDS = 4, RATE = 44100 };

static const char gpu[] = "torchsynth on a GPU", tuned[] = "torchsynth Voice, PyTorch tuned";

static double
wall(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- voices ---------------------------------------------------------------------------- */

typedef struct rec *build_fn(uint64_t seed);

static struct rec *
torchsynth(uint64_t seed)
{
	const struct voice v = voice_random(seed);
	return voice_recipe(&v);
}

/* Two saws -> svf (cutoff: envelope) -> times envelope. */
static struct rec *
two_saws(uint64_t seed, bool effects)
{
	struct rng g = {seed, 0};
	struct rec *r = rec_new(RATE, 60, SECONDS, 0);
	const uint32_t note = rec_node(r, "note"), tune = rec_node(r, "add"), a = rec_node(r, "saw"), b = rec_node(r, "saw");
	r->recipe.seed = seed;
	rec_wire(r, tune, "a", note, "pitch");
	rec_set(r, tune, "b", (float)(rng_uniform(&g) * 12));
	rec_wire(r, a, "pitch", note, "pitch");
	rec_wire(r, b, "pitch", tune, "out");
	const uint32_t sum = rec_node(r, "add"), sweep = rec_node(r, "adsr"), range = rec_node(r, "mul"), filter = rec_node(r, "svf");
	rec_wire(r, sum, "a", a, "out");
	rec_wire(r, sum, "b", b, "out");
	rec_wire(r, sweep, "gate", note, "gate");
	rec_set(r, sweep, "decay", 0.1f + (float)rng_uniform(&g));
	rec_wire(r, range, "a", sweep, "out");
	rec_set(r, range, "b", 500 + 5000 * (float)rng_uniform(&g));
	rec_wire(r, filter, "in", sum, "out");
	rec_wire(r, filter, "cutoff", range, "out");
	rec_set(r, filter, "resonance", (float)rng_uniform(&g) * 0.9f);
	const uint32_t env = rec_node(r, "adsr"), amp = rec_node(r, "mul");
	rec_wire(r, env, "gate", note, "gate");
	rec_set(r, env, "sustain", 0.5f);
	rec_set(r, env, "release", 2); /* rings to the end of the take */
	rec_wire(r, amp, "a", filter, "low");
	rec_wire(r, amp, "b", env, "out");
	if (effects) {
		const uint32_t v = rec_voices(r, amp, "out", NULL), wide = rec_node(r, "haas"), room = rec_node(r, "plate");
		rec_wire(r, wide, "left", v, "left");
		rec_wire(r, wide, "right", v, "right");
		rec_wire(r, room, "left", wide, "left");
		rec_wire(r, room, "right", wide, "right");
		rec_output(r, room, "left");
		rec_output(r, room, "right");
	} else {
		rec_end(r, amp, "out", NULL);
	}
	rec_note(r, 0, 3, 36 + (float)(rng_uniform(&g) * 36), 0.8f);
	return r;
}

static struct rec *dry_saws(uint64_t seed) { return two_saws(seed, false); }
static struct rec *wet_saws(uint64_t seed) { return two_saws(seed, true); }

/* in + depth * LFO number k, as a signal for a control port. */
static uint32_t
moved(struct rec *r, uint32_t lfo, float by, uint32_t from, const char *out, float value)
{
	const uint32_t mul = rec_node(r, "mul"), add = rec_node(r, "add");
	rec_wire(r, mul, "a", lfo, "out");
	rec_set(r, mul, "b", by);
	rec_wire(r, add, "a", mul, "out");
	if (out)
		rec_wire(r, add, "b", from, out);
	else
		rec_set(r, add, "b", value);
	return add;
}

/* Three saws in a mixer -> two filters in series -> times envelope; six LFOs move what there is to move. */
static struct rec *
init_voice(uint64_t seed)
{
	struct rng g = {seed, 0};
	struct rec *r = rec_new(RATE, 60, SECONDS, 0);
	r->recipe.seed = seed;
	const uint32_t note = rec_node(r, "note");
	uint32_t lfo[6], osc[3], filter[2];
	for (int i = 0; i < 6; i++) {
		lfo[i] = rec_node(r, "lfo");
		rec_set(r, lfo[i], "rate", 0.2f + 6 * (float)rng_uniform(&g));
	}
	for (int i = 0; i < 3; i++) {
		const uint32_t pitch = moved(r, lfo[i], 0.1f, note, "pitch", 0);
		osc[i] = rec_node(r, "saw");
		rec_wire(r, osc[i], "pitch", pitch, "out");
		rec_set(r, osc[i], "detune", 20 * (float)rng_uniform(&g));
	}
	const uint32_t mix = rec_node(r, "mixer"), sweep = rec_node(r, "adsr"), env = rec_node(r, "adsr");
	rec_wire(r, mix, "a", osc[0], "out");
	rec_wire(r, mix, "b", osc[1], "out");
	rec_wire(r, mix, "c", osc[2], "out");
	for (int i = 0; i < 2; i++) {
		const uint32_t up = rec_node(r, "mul");
		rec_wire(r, up, "a", sweep, "out");
		rec_set(r, up, "b", 2000 + 6000 * (float)rng_uniform(&g));
		const uint32_t cutoff = moved(r, lfo[3 + i], 200, up, "out", 0);
		filter[i] = rec_node(r, "svf");
		if (i)
			rec_wire(r, filter[i], "in", filter[0], "low");
		else
			rec_wire(r, filter[i], "in", mix, "out");
		rec_wire(r, filter[i], "cutoff", cutoff, "out");
		rec_set(r, filter[i], "resonance", 0.7f * (float)rng_uniform(&g));
	}
	rec_wire(r, sweep, "gate", note, "gate");
	rec_wire(r, env, "gate", note, "gate");
	rec_set(r, env, "release", 2);
	const uint32_t level = moved(r, lfo[5], 0.05f, env, "out", 0), gain = rec_node(r, "mul"), amp = rec_node(r, "mul");
	rec_wire(r, gain, "a", level, "out");
	rec_wire(r, gain, "b", env, "out");
	rec_wire(r, amp, "a", filter[1], "low");
	rec_wire(r, amp, "b", gain, "out");
	rec_end(r, amp, "out", NULL);
	rec_note(r, 0, SECONDS, 60, 0.8f); /* one C4 held, as Surge was measured */
	return r;
}

/* Eight graphs in turn: what shares no lanes. */
static struct rec *
mixed(uint64_t seed)
{
	static const char *const wave[8] = {"saw", "square", "triangle", "sine", "noise", "saw", "square", "triangle"};
	struct rec *r = dry_saws(seed);
	r->part->patch.nodes[3].module = wave[seed % 8]; /* the second saw: its inputs are all of theirs */
	if (!strcmp(wave[seed % 8], "noise"))
		r->part->patch.nodes[3].n_inputs = 0;
	if (seed % 8 > 4)
		r->part->patch.nodes[2].module = "triangle";
	return r;
}

/* --- timing -------------------------------------------------------------------------------- */

struct speed {
	double cpu, wall; /* x real time, of CPU seconds and of the clock */
};

/* The best of a few runs. after: done to each sound, or NULL. */
static struct speed
measure_recipes(struct engine *e, const struct recipe *const *recipes, size_t n, void (*after)(float *x, size_t n))
{
	static struct job jobs[MOST];
	struct speed best = {0, 0};
	struct err err;
	double spent = 0, sound = 0;
	for (size_t i = 0; i < n; i++)
		sound += (double)recipe_frames(recipes[i]) / recipes[i]->rate;
	for (int run = 0; run < 7 && (run < 2 || spent < 0.7); run++) {
		for (size_t i = 0; i < n; i++)
			jobs[i] = (struct job){.recipe = recipes[i]};
		const double t = bench_cpu(), w = wall();
		const int status = engine_render(e, jobs, n, &err);
		for (size_t i = 0; after && i < n; i++)
			if (jobs[i].samples)
				after(jobs[i].samples, jobs[i].frames * jobs[i].channels);
		const double dt = bench_cpu() - t, dw = wall() - w;
		for (size_t i = 0; i < n; i++) {
			if (status < 0 || jobs[i].failed)
				fprintf(stderr, "%s\n", status < 0 ? err.text : jobs[i].err.text);
			free(jobs[i].samples);
		}
		spent += dt;
		best.cpu = fmax(best.cpu, sound / dt);
		best.wall = fmax(best.wall, sound / dw);
	}
	return best;
}

/* {0, 0} where the machine lacks the instruction set. */
static struct speed
measure(enum isa isa, int threads, size_t n, build_fn *build)
{
	struct err err;
	static struct rec *recs[MOST];
	static const struct recipe *recipes[MOST];
	struct engine *e = engine_new(isa, threads, &err);
	if (!e)
		return (struct speed){0, 0};
	for (size_t i = 0; i < n; i++) {
		recs[i] = build(i + 1);
		recipes[i] = &recs[i]->recipe;
	}
	const struct speed s = measure_recipes(e, recipes, n, build == torchsynth ? voice_normalise : NULL);
	for (size_t i = 0; i < n; i++)
		rec_free(recs[i]);
	engine_free(e);
	return s;
}

static void
each_isa(const char *what, build_fn *build)
{
	for (enum isa isa = ISA_SCALAR; isa <= ISA_AVX512; isa++) {
		char name[96];
		const double x = measure(isa, 1, POPULATION, build).cpu;
		if (x == 0)
			continue;
		snprintf(name, sizeof name, "%s; %s", what, isa_name(isa));
		if (isa == ISA_SCALAR)
			bench_say(name, x, "x real time", "torchsynth Voice in plain C, -O2", 535);
		else
			bench_say(name, x, "x real time", tuned, 890);
	}
}

static int
upwards(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Each patch as 64 takes with settings of their own. */
static void
library(void)
{
	static char folder[4096];
	char pattern[4200];
	struct err err;
	const struct lua_settings settings = {.rate = RATE, .library = share_find("patches", folder, sizeof folder)};
	struct engine *e = engine_new(ISA_AUTO, 1, &err);
	glob_t g;
	snprintf(pattern, sizeof pattern, "%s/*.lua", folder);
	if (!settings.library || !e || glob(pattern, 0, NULL, &g))
		return;
	double *speed = calloc(g.gl_pathc, sizeof *speed);
	size_t n = 0;
	for (size_t i = 0; speed && i < g.gl_pathc; i++) {
		struct arena a;
		struct recipe r, draw[POPULATION];
		const struct recipe *recipes[POPULATION];
		arena_init(&a, (size_t)64 << 20);
		if (patch_lua_file(g.gl_pathv[i], &settings, &r, &a, &err) == 0) {
			for (int k = 0; k < POPULATION; k++) {
				draw[k] = library_draw(&r, &a, (uint64_t)k + 1);
				recipes[k] = &draw[k];
			}
			speed[n++] = measure_recipes(e, recipes, POPULATION, NULL).cpu;
			if (!bench_json)
				fprintf(stderr, "  %-30s %8.0f x\n", strrchr(g.gl_pathv[i], '/') + 1, speed[n - 1]);
		} else {
			fprintf(stderr, "%s\n", err.text);
		}
		arena_release(&a);
	}
	globfree(&g);
	engine_free(e);
	if (!n)
		return;
	qsort(speed, n, sizeof *speed, upwards);
	char name[96];
	snprintf(name, sizeof name, "library: median of %zu patches", n);
	bench_say(name, speed[n / 2], "x real time", "Surge XT, median of 61 patches", 134);
	bench_say("library: slowest patch", speed[0], "x real time", "Surge XT, slowest of 61", 80);
	bench_say("library: fastest patch", speed[n - 1], "x real time", "Surge XT, fastest of 61", 227);
	free(speed);
}

int
main(int argc, char **argv)
{
	char name[96];
	mallopt(M_MMAP_THRESHOLD, 32 << 20); /* as the render tool does */
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	bench_begin(argc, argv, "render: 64 takes of 4 s at 44.1 kHz, seconds of sound per CPU second of one core");
	each_isa("Voice", torchsynth);
	const int cores = cores_allowed();
	snprintf(name, sizeof name, "Voice; %d threads, by the clock", cores);
	bench_say(name, measure(ISA_AUTO, cores, MOST, torchsynth).wall, "x real time", gpu, 16200);
	bench_say("init", measure(ISA_AUTO, 1, POPULATION, init_voice).cpu, "x real time", "Surge XT, init patch", 230);
	each_isa("two saws", dry_saws);
	bench_say("two saws, haas, plate", measure(ISA_AUTO, 1, POPULATION, wet_saws).cpu, "x real time",
	    "Surge XT, median of 61 patches", 134);
	static const size_t sizes[] = {1, 4, 16, 64, 1024};
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "Voice; population of %zu", sizes[i]);
		bench_say(name, measure(ISA_AUTO, 1, sizes[i], torchsynth).cpu, "x real time", tuned, 890);
	}
	for (int threads = 1; threads <= cores; threads *= 2) {
		snprintf(name, sizeof name, "two saws; %d thread%s, by the clock", threads, threads > 1 ? "s" : "");
		bench_say(name, measure(ISA_AUTO, threads, 256, dry_saws).wall, "x real time", NULL, 0);
	}
	bench_say("eight graphs mixed in 64", measure(ISA_AUTO, 1, POPULATION, mixed).cpu, "x real time", NULL, 0);
	bench_say("eight graphs mixed in 256", measure(ISA_AUTO, 1, 256, mixed).cpu, "x real time", NULL, 0);
	bench_say("eight graphs mixed in 1024", measure(ISA_AUTO, 1, MOST, mixed).cpu, "x real time", NULL, 0);
	library();
	return 0;
}
