/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tempi of music that our engine plays: a band and drums, at any tempo, that begins a little late and rings
 * on, so that its length says nothing. Right is within 4 %, as is usual (acc1), or so at half, double, a
 * third or three times the tempo (acc2).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "feature/tempo.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "tap.h"

enum { RATE = 22050, MAX_NOTES = 1024, SONGS = 48, AT_ONCE = 12 };

static struct engine *engine;
static struct err err;

/* 1 kick, 2 snare, 3 hat, 4 bass, 5 chords */
static const char band[] =
    "return kit{part{sine{} * decay{decay = 0.15} >> voices(), name = 'a'},"
    " part{noise{} * decay{decay = 0.12} >> voices(), name = 'b', gain = 0.5},"
    " part{noise{} * decay{decay = 0.03} >> voices(), name = 'c', gain = 0.2},"
    " part{saw{} >> svf{cutoff = 500} * adsr{} >> voices(), name = 'd', gain = 0.6},"
    " part{saw{} >> svf{cutoff = 2000} * adsr{attack = 0.02, release = 0.2} >> voices(), name = 'e', gain = 0.3}}";

/* A bar of sixteenths each: kick, snare, hat, bass. */
static const char *const grooves[][4] = {
    {"x...x...x...x...", "....x.......x...", "..x...x...x...x.", "x..x..x.x..x..x."}, /* house */
    {"x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x.", "x.....x...x.x..."}, /* break */
    {"x.....x...x.....", "....x.......x..x", "xxxxxxxxxxxxxxxx", "x...x...x...x..."}, /* funk */
    {"x...............", "........x.......", "x...x...x...x...", "x.......x......."}, /* half time */
    {"x..x..x.x..x..x.", "....x.......x...", "x.x.x.x.x.x.x.x.", "x..x..x........."}, /* tresillo */
    {"x.......x.......", "....x.......x...", "................", "x.x.x.x.x.x.x.x."}, /* rock */
};
enum { GROOVES = sizeof grooves / sizeof *grooves };

struct song {
	double bpm, late;
	int bars, groove;
	double swing;
};

static void
add(struct recipe *r, double start, double length, double pitch, double velocity, uint32_t part)
{
	r->phrase.notes[r->phrase.n_notes++] = (struct note){start, length, (float)pitch, (float)velocity, part};
}

static void
compose(struct recipe *r, const struct song *s, uint64_t seed)
{
	static const int roots[] = {0, 5, 7, 9};
	struct rng g = {seed, 0};
	for (int bar = 0; bar < s->bars; bar++) {
		const int root = roots[bar % 4];
		for (int i = 0; i < 16; i++) {
			/* played by hand: 4 ms about the grid */
			const double human = (rng_uniform(&g) - 0.5) * 0.008 * s->bpm / 60;
			const double at = fmax(0, s->late + 4 * bar + 0.25 * (i + (i & 1 ? s->swing : 0)) + human);
			for (uint32_t p = 0; p < 4; p++)
				if (grooves[s->groove][p][i] == 'x')
					add(r, at, 0.2, p == 3 ? 36 + root : p == 0 ? 33 : 60, 0.6 + 0.4 * rng_uniform(&g), p);
		}
		add(r, s->late + 4 * bar, 3.8, 60 + root, 0.6, 4);
		add(r, s->late + 4 * bar, 3.8, 64 + root, 0.6, 4);
	}
}

static bool
within(double a, double b)
{
	return fabs(a / b - 1) < 0.04;
}

/* Rates at which a beat is a frame or less, and lengths of a frame or less. */
static void
odd(void)
{
	static const double rates[] = {1, 8, 100, 1000, 384000};
	static float x[20000];
	bool good = true;
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = i % 777 ? 0 : 1;
	for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
		for (size_t n = 1; n <= sizeof x / sizeof *x; n = n * 3 + 1) {
			struct envelope e;
			struct tempo t;
			good &= envelope_init(&e, x, n, rates[r], &err) == 0 && tempo_find(&e, n, 0, &t, &err) == 0 && isfinite(t.bpm)
			    && tempo_phase(&e, &t) >= 0 && tempo_find(&e, n, 77, &t, &err) == 0 && isfinite(t.bpm);
			envelope_release(&e);
		}
	ok(good, "at odd rates and lengths the tempo is a number");
}

int
main(void)
{
	static struct note notes[AT_ONCE][MAX_NOTES];
	const struct lua_settings settings = {.rate = RATE};
	struct arena a;
	struct recipe base;
	int acc1 = 0, acc2 = 0, near = 0, between = 0, on_beat = 0;
	arena_init(&a, (size_t)64 << 20);
	engine = engine_new(ISA_AUTO, 1, &err);
	if (!ok(engine && patch_lua_text(band, strlen(band), "band", &settings, &base, &a, &err) == 0, "an engine and a band"))
		return diag("%s", err.text), done();
	struct rng g = {2024, 0};
	for (int first = 0; first < SONGS; first += AT_ONCE) {
		struct recipe r[AT_ONCE];
		struct song song[AT_ONCE];
		struct job job[AT_ONCE];
		for (int i = 0; i < AT_ONCE; i++) {
			song[i] = (struct song){70 + 110 * rng_uniform(&g), 0.7 * rng_uniform(&g), 0, (first + i) % GROOVES, 0};
			song[i].bars = (int)(25 * song[i].bpm / 240);
			song[i].swing = (first + i) % 4 == 3 ? 0.3 : 0;
			r[i] = base;
			r[i].phrase = (struct phrase){.tempo = song[i].bpm, .beats = 4 * song[i].bars + 1, .notes = notes[i]};
			r[i].phrase.tail = rng_uniform(&g);
			compose(&r[i], &song[i], (uint64_t)(first + i));
			job[i] = (struct job){.recipe = &r[i]};
		}
		if (engine_render(engine, job, AT_ONCE, &err) < 0)
			diag("%s", err.text);
		for (int i = 0; i < AT_ONCE; i++) {
			struct envelope e = {0};
			struct tempo t = {0};
			float *x = job[i].samples ? onsets_mono(job[i].samples, job[i].channels, job[i].frames) : NULL;
			if (!x || envelope_init(&e, x, job[i].frames, RATE, &err) < 0
			    || tempo_find(&e, job[i].frames, 0, &t, &err) < 0)
				diag("%s", job[i].failed ? job[i].err.text : err.text);
			static const double ratio[] = {1, 2, 0.5, 3, 1.0 / 3};
			bool right = false, close = false;
			for (int k = 0; k < 5; k++) {
				right |= within(t.bpm, song[i].bpm * ratio[k]);
				close |= fabs(t.bpm - song[i].bpm * ratio[k]) < 0.1;
			}
			/* half and double are counted between 90 and 180 */
			between += song[i].bpm >= 90;
			acc1 += song[i].bpm >= 90 && within(t.bpm, song[i].bpm);
			acc2 += right;
			near += close;
			/* where the tempo is right, the first beat is one of those that were played */
			const double beat = 60 / t.bpm, off = (tempo_phase(&e, &t) - song[i].late * 60 / song[i].bpm) / beat;
			on_beat += close && fabs(off - floor(off + 0.5)) * beat < 0.03;
			if (!close)
				diag("groove %d at %.2f BPM, %d bars, swing %g: %.2f (%g beats, confidence %.2f)", song[i].groove, song[i].bpm,
				    song[i].bars, song[i].swing, t.bpm, t.beats, t.confidence);
			envelope_release(&e);
			free(x);
			free(job[i].samples);
		}
	}
	ok(between > SONGS / 2 && acc1 >= 0.95 * between, "acc1 from 90 to 180 BPM: %d of %d", acc1, between);
	ok(acc2 >= 0.95 * SONGS, "acc2 of all: %d of %d", acc2, SONGS);
	ok(near >= 0.95 * acc2, "within 0.1 BPM of one of these: %d", near);
	ok(on_beat >= 0.9 * SONGS, "the first beat is within 30 ms of one: %d", on_beat);
	odd();
	arena_release(&a);
	engine_free(engine);
	return done();
}
