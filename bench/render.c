/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many seconds of sound a core renders in a second: a population of 64
 * takes of 4 s at 44.1 kHz, one note held for 3 s, each with other numbers.
 * The voice: two saws, a filter whose cutoff one envelope moves, another
 * envelope for the loudness. Beside it what others need for a voice of theirs,
 * measured on this kind of machine (x real time per core). Their voices are not
 * ours: torchsynth's has six envelopes and two LFOs, but no filter.
 */
#include <malloc.h>

#include "../tests/recipe_rig.h"
#include "base/rng.h"
#include "bench.h"

enum { POPULATION = 64, SECONDS = 4, RATE = 44100 };

/* note -> 2 saws -> mix -> svf (cutoff: envelope) -> times envelope */
static struct rec *
voice(uint64_t seed, bool effects)
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

/* x real time per core; 0 where the machine lacks the instruction set. */
static double
measure(enum isa isa, size_t n, bool effects)
{
	struct err err;
	static struct rec *recs[POPULATION];
	static struct job jobs[POPULATION];
	struct engine *e = engine_new(isa, 1, &err);
	if (!e)
		return 0;
	for (size_t i = 0; i < n; i++)
		recs[i] = voice(i + 1, effects);
	double best = 1e9, spent = 0;
	for (int run = 0; run < 5 && (run < 2 || spent < 0.5); run++) {
		for (size_t i = 0; i < n; i++)
			jobs[i].recipe = &recs[i]->recipe;
		const double t = bench_cpu();
		const int status = engine_render(e, jobs, n, &err);
		const double dt = bench_cpu() - t;
		for (size_t i = 0; i < n; i++) {
			if (status < 0 || jobs[i].failed)
				fprintf(stderr, "%s\n", status < 0 ? err.text : jobs[i].err.text);
			free(jobs[i].samples);
		}
		spent += dt;
		best = dt < best ? dt : best;
	}
	for (size_t i = 0; i < n; i++)
		rec_free(recs[i]);
	engine_free(e);
	return (double)n * SECONDS / best;
}

int
main(int argc, char **argv)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20); /* as the render tool does */
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	bench_begin(argc, argv, "render: 64 takes of 4 s at 44.1 kHz, seconds of sound per CPU second");
	for (enum isa isa = ISA_SCALAR; isa <= ISA_AVX512; isa++) {
		char name[96];
		const double x = measure(isa, POPULATION, false);
		if (x == 0)
			continue;
		snprintf(name, sizeof name, "2 saws, filter, 2 envelopes; %s", isa_name(isa));
		bench_say(name, x, "x real time",
		    isa == ISA_SCALAR ? "torchsynth Voice in plain C, -O2" : "torchsynth Voice, PyTorch tuned",
		    isa == ISA_SCALAR ? 535 : 890);
	}
	bench_say("the same and haas, plate; best", measure(ISA_AUTO, POPULATION, true), "x real time", "Surge XT, median of 61 patches",
	    134);
	bench_say("one take alone; best", measure(ISA_AUTO, 1, false), "x real time", "Surge XT, init patch", 230);
	return 0;
}
