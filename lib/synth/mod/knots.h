/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control points at a rate of their own: a signal is computed at `points` points a
 * second, whatever the block is, and drawn straight between them. Point k stands
 * at frame k rate / points. (How torchsynth and others define their control rate:
 * a patch that wants their sound needs their points.)
 */
#ifndef SYNTH_MOD_KNOTS_H
#define SYNTH_MOD_KNOTS_H

#include "synth/module.h"

#define KNOTS_POINTS                                                                                               \
	{                                                                                                              \
		PORT_IN, "points", RATE_FIXED, 441, 1, 8000, SCALE_LINEAR, 0, "Hz", 0,                                 \
		    "how often it is computed; straight lines between"                                             \
	}

struct knots {
	vf from, to;
	uint32_t next; /* number of the point that `to` is, plus one */
};

/* Computes point k, of k = 0, 1, 2 ... in this order. */
typedef vf knot_fn(void *state, const struct block *b, uint32_t k);

/* A block of the signal. Always inlined, and knot with it. */
static inline __attribute__((always_inline)) void
knots_block(struct knots *s, const struct block *b, float points, knot_fn *knot, void *state, vf *out)
{
	const uint64_t rate = (uint64_t)b->c->rate, per = (uint64_t)fminf(fmaxf(points, 1), b->c->rate);
	const float part = 1.0f / (float)rate;
	for (int i = 0; i < b->n;) {
		const uint64_t at = frame_of(b, i) * per, k = at / rate;
		while (s->next < k + 2) {
			s->from = s->to;
			s->to = knot(state, b, s->next++);
		}
		const uint64_t left = ((k + 1) * rate - at + per - 1) / per; /* frames to the next point */
		const int end = left < (uint64_t)(b->n - i) ? i + (int)left : b->n;
		const vf from = s->from, rise = s->to - s->from;
		float x = (float)(at - k * rate) * part;
		const float step = (float)per * part;
		for (; i < end; i++, x += step)
			out[i] = from + rise * x;
	}
}

#endif
