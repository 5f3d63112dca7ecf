/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Curves over 64 bars: each frame of what is rendered against the same curve in plain
 * double arithmetic with libm; where steps land; what is drawn by chance.
 */
#include <math.h>

#include "lua_rig.h"
#include "synth/arc.h"
#include "synth/lua/patch_text.h"
#include "tap.h"

static struct engine *e;

/* --- the reference -------------------------------------------------------------------- */

struct point {
	double beat, value;
	const char *shape;
	double bend;
};

static double
frame_of_beat(double beat, double tempo, double rate)
{
	return floor(beat * 60 / tempo * rate + 0.5);
}

/* The curve at a frame, by walking through all points of all rounds. */
static double
reference(const struct point *p, size_t n, double every, double tempo, double rate, double frame)
{
	double start = 0;
	while (every > 0 && frame_of_beat(start + every, tempo, rate) <= frame)
		start += every;
	size_t i = 0;
	while (i < n && frame_of_beat(start + p[i].beat, tempo, rate) <= frame)
		i++;
	if (i == 0 || i == n)
		return p[i ? i - 1 : 0].value;
	const struct point *a = &p[i - 1], *b = &p[i];
	const double beat = frame * tempo / 60 / rate - start;
	double x = fmin(fmax((beat - a->beat) / (b->beat - a->beat), 0), 1);
	if (!a->shape || !strcmp(a->shape, "line"))
		return a->value + x * (b->value - a->value);
	if (!strcmp(a->shape, "hold"))
		return a->value;
	if (!strcmp(a->shape, "smooth"))
		return a->value + (1 - cos(M_PI * x)) / 2 * (b->value - a->value);
	if (!strcmp(a->shape, "geometric"))
		return a->value * pow(b->value / a->value, x);
	return a->value + expm1(a->bend * x) / expm1(a->bend) * (b->value - a->value);
}

/* 64 bars of everything, with jumps and corners between the blocks' borders. */
static const struct point long_curve[] = {
    {0, 0.1, 0, 0}, {3.3, 0.9, "hold", 0}, {7.77, 0.2, "smooth", 0}, {16, 0.8, "curve", 4}, {31.9, 0.3, "curve", -3},
    {32.1, 0.95, "geometric", 0}, {64, 0.05, "line", 0}, {64, 0.5, "hold", 0}, {64.001, 0.6, "hold", 0}, {64.002, 0.7, "smooth", 0},
    {100.123, 0.2, "geometric", 0}, {180, 0.9, "line", 0}, {200, 0.4, "hold", 0}, {255.99, 1, "line", 0},
};
static const struct point short_curve[] = {{0, 0.2, "smooth", 0}, {0.7, 0.9, "hold", 0}, {1.1, 0.5, "curve", 2}, {1.5, 0.1, 0, 0}};

static const struct point smooth_curve[] = {{0, 0.2, "smooth", 0}, {0.7, 0.9, 0, 0}, {1.1, 0.5, "curve", 2}, {2, 0.2, 0, 0}};

static void
write_points(char *to, const struct point *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		to += sprintf(to, "{%.17g, %.9g", p[i].beat, p[i].value);
		if (p[i].shape)
			to += sprintf(to, ", '%s'%s", p[i].shape, strcmp(p[i].shape, "curve") ? "" : ", ");
		if (p[i].shape && !strcmp(p[i].shape, "curve"))
			to += sprintf(to, "%g", p[i].bend);
		to += sprintf(to, "}, ");
	}
}

/* One note for all of it and one that begins in its midst: what is rendered is the curve, twice where two sound. */
static void
test_curve(const char *what, const struct point *p, size_t n, double every, double tempo, uint32_t rate, const char *signal, double close)
{
	char text[3000], points[2000], repeat[50] = "";
	const double second = 101.017;
	write_points(points, p, n);
	if (every > 0)
		snprintf(repeat, sizeof repeat, "every = %g", every);
	snprintf(text, sizeof text, "local a = open{0.01, 1, name = 'a'} return %s, phrase{tempo = %g, beats = 256, tail = 0, "
		"notes = {{0, 300, 60, 1}, {%g, 300, 60, 1}}, arcs = {a = {%s %s}}}", signal, tempo, second, points, repeat);
	struct job j = lua_sound(e, rate, text);
	double worst = 0;
	uint64_t at = 0;
	for (uint64_t i = 0; i < j.frames; i++) {
		const double voices = i >= frame_of_beat(second, tempo, rate) ? 2 : 1;
		const double off = fabs(j.samples[i] - voices * reference(p, n, every, tempo, rate, (double)i)) / voices;
		if (off > worst) {
			worst = off;
			at = i;
		}
	}
	ok(worst < close, "%s at %u Hz: %llu frames, farthest from the reference by %.2g, at frame %llu", what, rate,
	    (unsigned long long)j.frames, worst, (unsigned long long)at);
	free(j.samples);
}

/* --- steps ---------------------------------------------------------------------------- */

/* Sixteenths at a tempo that puts none of them on a whole frame; where the sound changes. */
static void
test_steps(const char *what, const char *signal)
{
	enum { STEPS = 1024, RATE = 44100 };
	const double tempo = 133.7;
	static char text[40000];
	char *to = text + sprintf(text, "local a = open{-60, 0, name = 'a'} return %s, phrase{tempo = %g, beats = 256, tail = 0, "
		"notes = {{0, 300, 60, 1}}, arcs = {a = {shape = 'hold', ", signal, tempo);
	for (int i = 0; i < STEPS; i++)
		to += sprintf(to, "{%g, %d}, ", i * 0.25, i % 2 ? -6 : -12);
	strcpy(to, "}}}");
	struct job j = lua_sound(e, RATE, text);
	int wrong = 0, next = 1;
	for (uint64_t i = 1; i < j.frames; i++) {
		if (fabsf(j.samples[i] - j.samples[i - 1]) < 0.01f)
			continue;
		wrong += i != (uint64_t)frame_of_beat(next * 0.25, tempo, RATE);
		next++;
	}
	ok(!wrong && next == STEPS, "%s: %d of %d steps, %d off their frame", what, next - 1, STEPS - 1, wrong);
	free(j.samples);
}

/* --- by chance -------------------------------------------------------------------------- */

static struct arena arena;

static const struct arc *
read_arc(const char *text, uint64_t seed, struct recipe *r)
{
	const struct lua_settings s = {.has_seed = true, .seed = seed};
	struct err err;
	arena_release(&arena);
	arena_init(&arena, (size_t)64 << 20);
	if (patch_lua_text(text, strlen(text), "t.lua", &s, r, &arena, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return &r->phrase.arcs[0];
}

static void
test_chance(void)
{
	static const char *const text = "return (saw{} >> svf{cutoff = open{100, 10000, name = 'c'}}) * adsr{}, phrase{beats = 256, "
		"arcs = {c = arc.random{step = 0.5, shape = 'smooth'}}}";
	static const char *const loop = "return (saw{} >> svf{cutoff = open{100, 10000, name = 'c'}}) * adsr{}, phrase{beats = 256, "
		"arcs = {c = arc.random{every = bars(2), step = 1, min = 200, max = 400, seed = 5}}}";
	struct recipe r;
	float first[513], again[9];
	const struct arc *a = read_arc(text, 1, &r);
	double low = 0, mean = 0;
	ok(a->n == 513 && a->beats[512] == 256 && a->shapes[7] == ARC_SMOOTH, "a point each half beat, to the end");
	for (size_t i = 0; i < a->n; i++) {
		first[i] = a->values[i];
		low += a->values[i] < 1000;
		mean += 1.0 / 513 * (a->values[i] >= 100 && a->values[i] <= 10000);
	}
	ok(fabs(mean - 1) < 1e-9 && fabs(low / 513 - 0.5) < 0.08, "in the parameter's range and scale: %.0f of 513 are in the lower half", low);
	arc_draw(&r, 1);
	ok(!memcmp(first, a->values, sizeof first), "one seed, one curve");
	arc_draw(&r, 2);
	ok(memcmp(first, a->values, sizeof first), "another, another");
	a = read_arc(loop, 1, &r);
	ok(a->n == 9 && a->every == 8 && a->values[8] == a->values[0] && !arc_jumps(a), "repeated, it closes");
	memcpy(again, a->values, sizeof again);
	arc_draw(&r, 77);
	ok(!memcmp(again, a->values, sizeof again), "with a seed of its own it stays");
}

/* What is drawn, shaped and repeated is stated, and reads in again. */
static void
test_text(void)
{
	static const char *const text = "return saw{detune = open{0, 9, name = 'd'}}, phrase{arcs = {{'d', {0, 1, 'curve', 3}, {1, 2, 'hold'}, "
		"{2, 3, 'smooth'}, {3, 4, 'geometric'}, {4, 5}, every = 5}, arc.random{'d', step = 0.3, shape = 'hold'}}}";
	static const char *const plain = "return saw{detune = open{0, 9, name = 'd'}}, phrase{arcs = {{'d', {0, 1}, {1, 2}}}}";
	static const char *const straight = "return saw{detune = open{0, 9, name = 'd'}}, phrase{arcs = {{'d', {0, 1, 'line'}, {1, 2, 'line', 3}}}}";
	struct recipe r;
	struct err err;
	uint8_t id[HASH_SIZE], again[HASH_SIZE];
	char *written;
	size_t n;
	FILE *f = open_memstream(&written, &n);
	read_arc(text, 3, &r);
	recipe_id(&r, id);
	ok(patch_text(f, &r, &err) == 0, "shapes can be written");
	fclose(f);
	read_arc(written, 3, &r);
	recipe_id(&r, again);
	ok(!memcmp(id, again, HASH_SIZE), "and read again");
	free(written);
	read_arc(plain, 3, &r);
	recipe_id(&r, id);
	read_arc(straight, 3, &r);
	recipe_id(&r, again);
	ok(!memcmp(id, again, HASH_SIZE), "a straight line that is said is the one that is not");
}

int
main(void)
{
	struct err err;
	if (!(e = engine_new(ISA_AUTO, 1, &err)))
		return 1;
#define POINTS(p) p, sizeof p / sizeof *p
	test_curve("64 bars", POINTS(long_curve), 0, 174, 8000, "note.gate * a", 2e-6);
	test_curve("64 bars", POINTS(long_curve), 0, 300, 44100, "note.gate * a", 2e-6);
	test_curve("at twice the rate", POINTS(smooth_curve), 2, 300, 22050, "oversample(2, function() return a + 0 end)", 5e-4);
	test_curve("every two beats", POINTS(short_curve), 2, 300, 44100, "note.gate * a", 2e-6);
	test_curve("every two beats, after voices()", POINTS(short_curve), 2, 171.3, 8000, "note.gate * a", 2e-6);
	test_steps("a level, read at each frame", "2 ^ (a * 0.166) * note.gate");
	test_steps("a gain in dB, read once a block", "(0.9 * note.gate) >> gain{gain = a}");
	test_steps("the same by way of mathematics", "(0.9 * note.gate) >> gain{gain = a * 0.5 - 0.1}");
	test_steps("the same after voices()", "(0.9 * note.gate) >> voices() >> gain{gain = a}");
	test_steps("the same beside a limiter", "((0.5 * note.gate) >> limiter{ceiling = 0}).left >> gain{gain = a}");
	test_chance();
	test_text();
	arena_release(&arena);
	engine_free(e);
	return done();
}
