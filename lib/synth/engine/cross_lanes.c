/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules of the engine's own, which plan.c puts between those of a patch:
 *
 *   up      audio into a part of the graph that runs at 2, 4 or 8 times the rate
 *   down    audio out of it
 *   raise   a control signal into it: straight lines from value to value
 *   delay   waits, so that what ran beside a late module is as late
 *
 * up and down are half-band filters, one for each doubling: linear phase, of 4 M - 1
 * taps of which 2 M - 1 in the middle's neighbourhood are 0, computed in two phases
 * (P. P. Vaidyanathan, T. Q. Nguyen, "A 'trick' for the design of FIR half-band
 * filters", 1987; equiripple, found by Remez's exchange). Share of the rate below which
 * each is flat, ripple there, and attenuation of what would fold into that range:
 *
 *   1 <-> 2   M 18   0.4085 (18.0 kHz at 44.1 kHz)   0.0001 dB   107 dB
 *   2 <-> 4   M  6   0.5                             0.0001 dB   104 dB
 *   4 <-> 8   M  4   0.5                             0.0001 dB   123 dB
 *
 * Between 0.4085 and 0.5915 the first falls, through -6 dB at half the rate. Each
 * way is 18, 21 or 22 frames late for 2, 4 and 8 times: frames of the plain rate.
 */
#include "synth/engine/cross.h"

#include "synth/module.h"

#define CAT(a, b) a##_##b
#define NAME(a, b) CAT(a, b)

/* h[M +- (2 m + 1)] of each filter; the middle is 0.5. Sums are made in this order. */
enum { TAPS = 18 };
static const float taps[3][TAPS] = {
	{0.317146317f, -0.102658505f, 0.0580700863f, -0.0379456795f, 0.0261786956f, -0.0184010913f, 0.0129364842f,
	    -0.00899154854f, 0.00612635846f, -0.00406231854f, 0.00260305845f, -0.00159945182f, 0.000933595902f,
	    -0.000511253919f, 0.000257954987f, -0.000116457174f, 4.45169046e-05f, -1.29294676e-05f},
	{0.309418847f, -0.0819814483f, 0.0305523236f, -0.0101589048f, 0.00251323842f, -0.000346967547f},
	{0.300701392f, -0.0628224274f, 0.0137232555f, -0.00160255525f},
};
enum { M0 = CROSS_TAPS_2, M1 = CROSS_TAPS_4, M2 = CROSS_TAPS_8 };
_Static_assert((int)M0 == (int)TAPS, "the tables are as long as the header says");

/* --- one doubling ------------------------------------------------------------------- */

/* n frames, 64 at a time, become 2 n. past: the last 2 M of them. With x(t) the sound
   between its frames, y[2 i] = x(i - M), y[2 i + 1] = x(i - M + 1/2). */
static inline __attribute__((always_inline)) void
twice(vf *past, const float *h, int M, const vf *x, int n, vf *y)
{
	vf w[2 * TAPS + BLOCK];
	memcpy(w, past, 2 * (size_t)M * sizeof *w);
	for (int k = 0; k < n; k += BLOCK) {
		memcpy(w + 2 * M, x + k, sizeof *w * BLOCK);
		for (int i = 0; i < BLOCK; i++) { /* w[i + 2 M] is frame k + i */
			vf sum = splat(0.0f);
#pragma GCC unroll 18
			for (int m = M; m--;)
				sum += (2.0f * h[m]) * (w[i + M - m] + w[i + M + m + 1]);
			y[2 * (k + i)] = w[i + M];
			y[2 * (k + i) + 1] = sum;
		}
		memmove(w, w + BLOCK, 2 * (size_t)M * sizeof *w);
	}
	memcpy(past, w, 2 * (size_t)M * sizeof *w);
}

/* 2 n frames become n: y[i] = x(2 i - 2 M), filtered. past: the last 2 M frames of
   each phase, the even ones first. */
static inline __attribute__((always_inline)) void
half(vf *past, const float *h, int M, const vf *x, int n, vf *y)
{
	vf even[2 * TAPS + BLOCK], odd[2 * TAPS + BLOCK];
	const size_t row = 2 * (size_t)M * sizeof *even;
	memcpy(even, past, row);
	memcpy(odd, past + 2 * M, row);
	for (int k = 0; k < n; k += BLOCK) {
		for (int i = 0; i < BLOCK; i++) {
			even[2 * M + i] = x[2 * (k + i)];
			odd[2 * M + i] = x[2 * (k + i) + 1];
		}
		for (int i = 0; i < BLOCK; i++) {
			vf sum = splat(0.0f);
#pragma GCC unroll 18
			for (int m = M; m--;)
				sum += h[m] * (odd[i + M + m] + odd[i + M - 1 - m]);
			y[k + i] = sum + 0.5f * even[i + M];
		}
		memmove(even, even + BLOCK, row);
		memmove(odd, odd + BLOCK, row);
	}
	memcpy(past, even, row);
	memcpy(past + 2 * M, odd, row);
}

/* --- up and down ---------------------------------------------------------------------- */

static const struct port ports[] = {
	{PORT_IN, "in", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, NULL, NULL, NULL, "a signal"},
	{PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, NULL, NULL, NULL, "the same"},
	{PORT_END},
};

struct up {
	vf a[2 * M0], b[2 * M1], c[2 * M2];
};

struct down {
	vf a[4 * M0], b[4 * M1], c[4 * M2];
};

static void
up2(void *state, const struct block *b)
{
	struct up *s = state;
	twice(s->a, taps[0], M0, b->in[0].x, BLOCK, b->out[0]);
}

static void
up4(void *state, const struct block *b)
{
	struct up *s = state;
	vf x[2 * BLOCK];
	twice(s->a, taps[0], M0, b->in[0].x, BLOCK, x);
	twice(s->b, taps[1], M1, x, 2 * BLOCK, b->out[0]);
}

static void
up8(void *state, const struct block *b)
{
	struct up *s = state;
	vf x[2 * BLOCK], y[4 * BLOCK];
	twice(s->a, taps[0], M0, b->in[0].x, BLOCK, x);
	twice(s->b, taps[1], M1, x, 2 * BLOCK, y);
	twice(s->c, taps[2], M2, y, 4 * BLOCK, b->out[0]);
}

static void
down2(void *state, const struct block *b)
{
	struct down *s = state;
	half(s->a, taps[0], M0, b->in[0].x, BLOCK, b->out[0]);
}

static void
down4(void *state, const struct block *b)
{
	struct down *s = state;
	vf x[2 * BLOCK];
	half(s->b, taps[1], M1, b->in[0].x, 2 * BLOCK, x);
	half(s->a, taps[0], M0, x, BLOCK, b->out[0]);
}

static void
down8(void *state, const struct block *b)
{
	struct down *s = state;
	vf x[2 * BLOCK], y[4 * BLOCK];
	half(s->c, taps[2], M2, b->in[0].x, 4 * BLOCK, y);
	half(s->b, taps[1], M1, y, 2 * BLOCK, x);
	half(s->a, taps[0], M0, x, BLOCK, b->out[0]);
}

/* --- raise and delay ------------------------------------------------------------------- */

/* fixed[0]: how many times the rate. A value a block becomes a value a block there. */
static void
raise(void *state, const struct block *b)
{
	vf *last = state, *y = b->out[0];
	const int by = (int)b->c->fixed[0];
	for (int i = 0; i < b->n; i++) {
		const vf x = at(b->in[0], i);
		if (b->now == 0 && i == 0)
			*last = x;
		const vf d = (x - *last) * (1.0f / (float)by);
		for (int k = 1; k < by; k++)
			*y++ = *last + d * (float)k;
		*y++ = *last = x;
	}
}

/* fixed[0]: frames. */
static size_t
delay_rows(const struct context *c)
{
	return (size_t)c->fixed[0];
}

static void
delay(void *state, const struct block *b)
{
	uint32_t *at_row = state;
	vf *line = (vf *)(void *)((char *)state + sizeof(vf));
	const uint32_t n = (uint32_t)b->c->fixed[0];
	for (int i = 0; i < b->n; i++) {
		const vf x = at(b->in[0], i);
		b->out[0][i] = line[*at_row];
		line[*at_row] = x;
		*at_row = *at_row + 1 < n ? *at_row + 1 : 0;
	}
}

#define OWN(title, size, function) \
	{.name = title, .group = "engine", .ports = ports, .flags = MODULE_AUDIO, .state = size, .run = function}
const struct module NAME(cross_modules, ISA)[CROSS_MODULES] = {
	[CROSS_UP] = OWN("up", sizeof(struct up), up2),
	[CROSS_UP + 1] = OWN("up", sizeof(struct up), up4),
	[CROSS_UP + 2] = OWN("up", sizeof(struct up), up8),
	[CROSS_DOWN] = OWN("down", sizeof(struct down), down2),
	[CROSS_DOWN + 1] = OWN("down", sizeof(struct down), down4),
	[CROSS_DOWN + 2] = OWN("down", sizeof(struct down), down8),
	[CROSS_RAISE] = {.name = "raise", .group = "engine", .ports = ports, .flags = MODULE_CONTROL,
	    .state = sizeof(vf), .run = raise},
	[CROSS_DELAY] = {.name = "delay", .group = "engine", .ports = ports, .flags = MODULE_AUDIO,
	    .state = sizeof(vf), .rows = delay_rows, .run = delay},
};
