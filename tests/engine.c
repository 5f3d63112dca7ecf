/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine: what is heard when, for how long, and how it adds up. Bytes at different widths: tests/isa.c. */
#include <immintrin.h>
#include <math.h>

#include "recipe_rig.h"
#include "synth/engine/plan.h"
#include "tap.h"

enum { RATE = 48000 };
#define FRAMES(n) ((double)(n) / RATE) /* in beats: all phrases here run at 60, so a beat is a second */

static struct engine *e;

/* --- building blocks ------------------------------------------------------------------ */

/* A voice that is 1 while its gate is on. */
static struct rec *
gate_take(double seconds)
{
	struct rec *r = rec_new(RATE, 60, seconds, 0);
	rec_end(r, rec_node(r, "note"), "gate", NULL);
	return r;
}

/* A voice that is 1 for ever: a number into voices(), no nodes before it. */
static struct rec *
constant_take(double seconds, float level)
{
	struct rec *r = rec_new(RATE, 60, seconds, 0);
	const uint32_t v = rec_node(r, "voices");
	rec_set(r, v, "left", level);
	rec_output(r, v, "left");
	return r;
}

/* An envelope that opens at once and closes within a millisecond. */
static uint32_t
short_envelope(struct rec *r)
{
	const uint32_t env = rec_node(r, "adsr");
	rec_set(r, env, "attack", 0);
	rec_set(r, env, "sustain", 1);
	rec_set(r, env, "release", 0.001f);
	return env;
}

static size_t
first_sound(const struct job *j)
{
	size_t i = 0;
	while (i < j->frames && j->samples[i * j->channels] == 0)
		i++;
	return i;
}

static size_t
last_sound(const struct job *j)
{
	size_t i = j->frames;
	while (i && j->samples[(i - 1) * j->channels] == 0)
		i--;
	return i;
}

static bool
same(const struct job *a, const struct job *b)
{
	return a->frames == b->frames && a->channels == b->channels
	    && !memcmp(a->samples, b->samples, a->frames * a->channels * sizeof *a->samples);
}

/* --- when ---------------------------------------------------------------------------- */

static void
test_timing(void)
{
	struct rec *r = gate_take(1);
	rec_note(r, FRAMES(1000), FRAMES(5000), 60, 1);
	struct job j = rec_render(e, &r->recipe);
	ok(j.frames == RATE && j.channels == 1, "a beat at 60 is a second, and the take is mono");
	ok(first_sound(&j) == 1000 && j.samples[1000] == 1, "a note starts at its frame");
	ok(last_sound(&j) == 6000, "and its gate falls at its frame");
	free(j.samples);
	rec_free(r);

	r = gate_take(0.5);
	rec_note(r, 0.5, 1, 60, 1);
	rec_note(r, 0.6, 1, 60, 1);
	j = rec_render(e, &r->recipe);
	ok(j.frames == RATE / 2 && last_sound(&j) == 0, "notes that start where the take ends or later are not played");
	free(j.samples);
	rec_note(r, FRAMES(RATE / 2 - 1), 100, 60, 1);
	j = rec_render(e, &r->recipe);
	ok(first_sound(&j) == RATE / 2 - 1 && last_sound(&j) == RATE / 2, "one that starts a frame before it sounds for a frame");
	free(j.samples);
	rec_free(r);

	r = gate_take(0);
	rec_note(r, 0, 1, 60, 1);
	j = rec_render(e, &r->recipe);
	ok(!j.failed && j.frames == 0 && j.samples, "a take of no length has no frames, and that is no error");
	free(j.samples);
	rec_free(r);
}

static void
test_life(void)
{
	struct rec *r = constant_take(1, 1);
	rec_note(r, FRAMES(100), FRAMES(1000), 60, 1);
	struct job j = rec_render(e, &r->recipe);
	ok(j.samples[99] == 0 && j.samples[100] == 1 && j.samples[1100] == 1, "a voice without an envelope sounds until its release");
	ok(fabsf(j.samples[1100 + 120] - 0.5f) < 1e-5f && last_sound(&j) == 1100 + 240, "then fades in a straight line over 5 ms");
	free(j.samples);
	rec_free(r);

	/* Only echoes, after a silence of 70 or 190 ms from the release. */
	size_t heard[2];
	for (int k = 0; k < 2; k++) {
		r = rec_new(RATE, 60, 1, 0);
		const uint32_t env = short_envelope(r), echo = rec_node(r, "delay");
		rec_wire(r, echo, "left", env, "out");
		rec_set(r, echo, "time", k ? 0.2f : 0.08f);
		rec_set(r, echo, "mix", 1);
		rec_set(r, echo, "feedback", 0);
		rec_end(r, echo, "left", NULL);
		rec_note(r, 0, 0.01, 60, 1);
		j = rec_render(e, &r->recipe);
		heard[k] = last_sound(&j);
		free(j.samples);
		rec_free(r);
	}
	ok(heard[0] > 0.08 * RATE && heard[0] < 0.2 * RATE, "a voice lives through a silence of less than 100 ms");
	ok(heard[1] == 0, "and ends in one of more");
}

/* --- how it adds up ---------------------------------------------------------------------- */

static struct rec *
saw_take(double seconds)
{
	struct rec *r = rec_new(RATE, 60, seconds, 0);
	const uint32_t note = rec_node(r, "note"), osc = rec_node(r, "saw");
	rec_wire(r, osc, "pitch", note, "pitch");
	const uint32_t env = rec_node(r, "adsr"), amp = rec_node(r, "mul");
	rec_wire(r, env, "gate", note, "gate");
	rec_wire(r, amp, "a", osc, "out");
	rec_wire(r, amp, "b", env, "out");
	rec_end(r, amp, "out", NULL);
	return r;
}

static void
test_polyphony(void)
{
	/* More notes than lanes, overlapping, not in order of time. */
	struct rec *r = saw_take(1);
	enum { N = 37 };
	float *sum = calloc(RATE, sizeof *sum);
	struct job j;
	for (int i = N - 1; i >= 0; i--) {
		rec_note(r, 0.02 * i, 0.1 + 0.01 * (i % 7), 40 + (float)i, 1);
		struct recipe one = r->recipe;
		one.phrase.notes += one.phrase.n_notes - 1;
		one.phrase.n_notes = 1;
		j = rec_render(e, &one);
		for (int k = 0; k < RATE; k++)
			sum[k] += j.samples[k];
		free(j.samples);
	}
	j = rec_render(e, &r->recipe);
	double worst = 0, peak = 0;
	for (int k = 0; k < RATE; k++) {
		worst = fmax(worst, fabs((double)j.samples[k] - (double)sum[k]));
		peak = fmax(peak, fabs((double)sum[k]));
	}
	ok(peak > 1 && worst == 0, "%d voices are the sum of %d takes of one, latest first (peak %.2f, off by %g)", N, N, peak,
	    worst);
	free(j.samples);
	free(sum);
	rec_free(r);
}

static void
test_channels(void)
{
	/* voices(): a mono voice is on both sides; a stereo one keeps them apart. */
	struct rec *r = rec_new(RATE, 60, 0.1, 0);
	const uint32_t note = rec_node(r, "note"), pan = rec_node(r, "pan");
	rec_wire(r, pan, "in", note, "gate");
	rec_set(r, pan, "pan", 1);
	const uint32_t v = rec_voices(r, pan, "left", "right");
	rec_output(r, v, "right");
	rec_output(r, v, "left");
	rec_note(r, 0, 1, 60, 1);
	struct job j = rec_render(e, &r->recipe);
	ok(j.channels == 2 && fabsf(j.samples[100] - 1) < 1e-6f && fabsf(j.samples[101]) < 1e-6f,
	    "two outputs are two channels, in the patch's order");
	free(j.samples);
	rec_free(r);

	r = gate_take(0.1);
	rec_output(r, r->part->patch.outputs[0].node, "right");
	rec_note(r, 0, 1, 60, 1);
	j = rec_render(e, &r->recipe);
	ok(j.channels == 2 && j.samples[100] == 1 && j.samples[101] == 1, "the right of a mono voices() is its left");
	free(j.samples);
	rec_free(r);
}

static void
test_kit(void)
{
	struct rec *r = gate_take(0.1);
	r->part->gain = 0.5f;
	rec_note(r, 0, 1, 60, 1);
	rec_part(r, -0.25f);
	rec_end(r, rec_node(r, "note"), "velocity", NULL);
	rec_output(r, 1, "right");
	rec_note(r, FRAMES(1000), 1, 60, 0.5f);
	rec_note(r, FRAMES(2000), 1, 60, 1);
	struct job j = rec_render(e, &r->recipe);
	ok(j.channels == 2, "a kit is stereo if one part is");
	ok(j.samples[2 * 500] == 0.5f && j.samples[2 * 500 + 1] == 0.5f, "a mono part is on both sides, times its gain");
	ok(j.samples[2 * 1500] == 0.375f && j.samples[2 * 2500] == 0.125f, "parts add up, each playing its own notes");
	free(j.samples);
	rec_free(r);
}

static void
test_silence(void)
{
	struct rec *r = saw_take(0.1);
	struct job j = rec_render(e, &r->recipe);
	ok(!j.failed && j.frames == RATE / 10 && last_sound(&j) == 0, "a take without notes is silent");
	free(j.samples);
	rec_free(r);
	struct err err;
	ok(engine_render(e, NULL, 0, &err) == 0, "no jobs are no error");
}

/* --- arcs ------------------------------------------------------------------------------ */

static void
test_arcs(void)
{
	/* An audio reader sees straight lines, block for block; 0.1 s to 0.2 s from 0 to 1. */
	static const double beats[] = {0.1, 0.2};
	static const float values[] = {0, 1};
	struct rec *r = rec_new(RATE, 60, 0.3, 0);
	const uint32_t note = rec_node(r, "note"), amp = rec_node(r, "mul");
	rec_wire(r, amp, "a", note, "gate");
	rec_arc(r, rec_param(r, amp, "b", 0.5f, 0, 1), 2, beats, values);
	rec_end(r, amp, "out", NULL);
	rec_note(r, FRAMES(1000), 1, 60, 1);
	struct job j = rec_render(e, &r->recipe);
	double worst = 0;
	for (int i = 1000; i < (int)j.frames; i++) {
		const double want = fmin(1, fmax(0, (i / (double)RATE - 0.1) / 0.1));
		worst = fmax(worst, fabs(j.samples[i] - want));
	}
	ok(worst < 64 / (0.1 * RATE) && j.samples[1000] == 0 && j.samples[j.frames - 1] == 1,
	    "an arc runs in the take's time and holds outside (off by %.4f, a block at most)", worst);
	/* Inside the slope, away from its corners, there is no staircase. */
	const double step = 1 / (0.1 * RATE);
	double steepest = 0;
	for (int i = RATE / 10 + 128; i < RATE / 5 - 128; i++)
		steepest = fmax(steepest, fabs((double)j.samples[i + 1] - (double)j.samples[i] - step));
	ok(steepest < 1e-6, "what reads it frame by frame sees no steps");
	free(j.samples);
	rec_free(r);
}

/* --- what goes wrong ------------------------------------------------------------------- */

static void
test_faults(void)
{
	/* 1e9 four times over is 1e36, a hundred times that is more than a float holds. */
	struct rec *r = constant_take(0.2, 0), *good = saw_take(0.2);
	struct patch *p = &r->part->patch;
	p->n_nodes = p->n_outputs = 0;
	const uint32_t note = rec_node(r, "note");
	uint32_t x = rec_node(r, "mul");
	rec_wire(r, x, "a", note, "gate");
	rec_set(r, x, "b", 1e9f);
	for (int i = 0; i < 5; i++) {
		const uint32_t y = rec_node(r, "mul");
		rec_wire(r, y, "a", x, "out");
		rec_wire(r, y, "b", x, "out");
		x = y;
	}
	const uint32_t filter = rec_node(r, "svf");
	rec_wire(r, filter, "in", x, "out");
	rec_set(r, filter, "resonance", 1);
	rec_end(r, filter, "low", NULL);
	rec_note(r, 0.1, 0.1, 60, 1);
	rec_note(good, 0, 0.1, 60, 1);
	struct job alone = rec_render(e, &good->recipe);
	struct job j[3] = {{.recipe = &good->recipe}, {.recipe = &r->recipe}, {.recipe = &good->recipe}};
	struct err err;
	ok(recipe_check(&r->recipe, &err) == 0 && engine_render(e, j, 3, &err) == 0, "a patch may be legal and yet overflow");
	ok(j[1].failed && !j[1].samples && strstr(j[1].err.text, "node 7 (svf): output is not a finite number at 0.1"),
	    "then its take fails and names the place: %s", j[1].err.text);
	ok(same(&j[0], &alone) && same(&j[2], &alone), "and its neighbours are what they are alone");
	free(alone.samples);
	free(j[0].samples);
	free(j[2].samples);
	rec_free(r);

	r = constant_take(0.1, 1);
	p = &r->part->patch;
	p->n_nodes = p->n_outputs = 0;
	const uint32_t env = rec_node(r, "adsr"), v = rec_voices(r, env, "out", NULL), amp = rec_node(r, "mul");
	rec_wire(r, amp, "a", v, "left");
	rec_wire(r, amp, "b", env, "out");
	rec_output(r, amp, "out");
	j[0] = rec_render(e, &r->recipe);
	ok(j[0].failed && strstr(j[0].err.text, "node 0 (adsr)"), "an envelope after voices() is an error: %s", j[0].err.text);
	rec_free(r);

	r = rec_new(384000, 60, 1200, 0);
	rec_end(r, rec_node(r, "note"), "gate", NULL);
	j[0] = rec_render(e, &r->recipe);
	ok(j[0].failed && strstr(j[0].err.text, "MiB"), "a take that needs too much memory says so: %s", j[0].err.text);
	rec_free(r);
	rec_free(good);
}

/* The caller's floating point settings are what they were. */
static void
test_manners(void)
{
	const unsigned csr = _mm_getcsr();
	struct rec *r = saw_take(0.01);
	struct job j = rec_render(e, &r->recipe);
	ok((_mm_getcsr() & 0xffc0) == (csr & 0xffc0), "denormals and rounding are the caller's again");
	free(j.samples);
	rec_free(r);
	struct err err;
	struct engine *one = engine_new(ISA_SSE, 1, &err), *two = engine_new(ISA_SSE, 2, &err);
	ok(engine_batch(one) >= 4 && engine_batch(two) == 2 * engine_batch(one), "a batch fills the lanes of all threads");
	engine_free(one);
	engine_free(two);
}

/* --- the plan ------------------------------------------------------------------------------ */

static const struct step *
step_of(const struct section *s, uint32_t node)
{
	for (size_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].node == node)
			return &s->steps[i];
	return NULL;
}

static void
test_plan(void)
{
	struct arena a;
	struct err err;
	arena_init(&a, SIZE_MAX);
	struct rec *r = rec_new(RATE, 60, 1, 0);
	const uint32_t note = rec_node(r, "note"), tune = rec_node(r, "add"), osc = rec_node(r, "saw");
	rec_wire(r, tune, "a", note, "pitch");
	rec_set(r, tune, "b", 12);
	rec_wire(r, osc, "pitch", tune, "out");
	const uint32_t env = rec_node(r, "adsr"), sweep = rec_node(r, "mul"), filter = rec_node(r, "svf");
	rec_wire(r, env, "gate", note, "gate");
	rec_wire(r, sweep, "a", env, "out");
	rec_set(r, sweep, "b", 1000);
	rec_wire(r, filter, "in", osc, "out");
	rec_wire(r, filter, "cutoff", sweep, "out");
	const uint32_t dead = rec_node(r, "noise"), amp_env = rec_node(r, "adsr"), amp = rec_node(r, "mul");
	rec_wire(r, amp, "a", filter, "low");
	rec_wire(r, amp, "b", amp_env, "out");
	const uint32_t beat = rec_node(r, "transport"), v = rec_voices(r, amp, "out", NULL), last = rec_node(r, "gain");
	rec_wire(r, last, "in", v, "left");
	rec_wire(r, last, "gain", beat, "beat");
	rec_output(r, last, "out");
	const struct plan *p = plan_make(&r->recipe, 0, &a, &err);
	const struct section *s = &p->voice;
	ok(s->n_steps == 8 && p->effect.n_steps == 2 && !step_of(s, dead) && !step_of(s, last) && !step_of(&p->effect, osc),
	    "nodes run in the sections that need them, dead ones nowhere");
	ok(step_of(s, tune)->once && !step_of(s, osc)->once, "what is made of a note's pitch and numbers runs once");
	ok(!step_of(s, env)->frames && !step_of(s, sweep)->frames && !step_of(s, note)->frames,
	    "an envelope that only a filter's cutoff reads runs once a block");
	ok(step_of(s, amp_env)->frames && step_of(s, amp)->frames, "one that multiplies a sound runs every frame");
	ok(!step_of(&p->effect, beat)->frames, "so it is after voices()");
	ok(!p->fade && p->bus == 1 && p->channels == 1 && !p->direct, "an envelope ends the voice; the bus is mono");
	/* svf has four outputs; nothing else is alive beside them but the saw and the envelope */
	ok(s->memory < 8 * PLAN_BLOCK, "frames of signals that are read no more are used again (%zu vectors)", s->memory);

	uint8_t key[2][HASH_SIZE];
	plan_key(&r->recipe, 0, key[0]);
	rec_set(r, sweep, "b", 2000);
	plan_key(&r->recipe, 0, key[1]);
	ok(!memcmp(key[0], key[1], HASH_SIZE), "another value is the same plan");
	rec_wire(r, filter, "cutoff", env, "out");
	plan_key(&r->recipe, 0, key[1]);
	ok(memcmp(key[0], key[1], HASH_SIZE), "another wire is another");
	rec_free(r);

	/* A node that both sections need. */
	r = rec_new(RATE, 60, 0.1, 0);
	const uint32_t t = rec_node(r, "transport"), w = rec_voices(r, t, "tempo", NULL), m = rec_node(r, "mul");
	rec_wire(r, m, "a", w, "left");
	rec_wire(r, m, "b", t, "tempo");
	rec_output(r, m, "out");
	rec_note(r, 0, 1, 60, 1);
	struct job j = rec_render(e, &r->recipe);
	ok(j.samples[10] == 3600, "a node that both sections need runs in both");
	free(j.samples);
	rec_free(r);
	arena_release(&a);
}

int
main(void)
{
	struct err err;
	e = engine_new(ISA_AUTO, 1, &err);
	if (!e)
		return printf("Bail out! %s\n", err.text), 1;
	test_timing();
	test_life();
	test_polyphony();
	test_channels();
	test_kit();
	test_silence();
	test_arcs();
	test_faults();
	test_manners();
	test_plan();
	engine_free(e);
	return done();
}
