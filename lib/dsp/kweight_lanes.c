/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"
#include "base/lanes_double.h"
#include "dsp/kweight_plan.h"
#include "dsp/transpose.h"

/* Two vectors at a time: one waits for its own last sample while the other is computed. */
enum { PAIR = 2, STEP = PAIR * WIDE };

static void
turn(const float *const from[KWEIGHT_PIECES], size_t count, kweight_row *rows)
{
	for (size_t i = 0; i < count; i += LANES)
		for (size_t p = 0; p < KWEIGHT_PIECES; p += LANES) {
			vf r[LANES];
#pragma GCC unroll 16
			for (size_t l = 0; l < LANES; l++)
				memcpy(&r[l], from[p + l] + i, sizeof *r);
			transpose(r);
#pragma GCC unroll 16
			for (size_t l = 0; l < LANES; l++)
				memcpy(rows[i + l] + p, &r[l], sizeof *r);
		}
}

/* Both biquads in transposed direct form II. */
static inline __attribute__((always_inline)) void
filter(const struct kweight *k, const kweight_row *rows, size_t count, kweight_state *state, double *sum,
    int adds)
{
	for (size_t p = 0; p < KWEIGHT_PIECES; p += STEP) {
		vd s1[PAIR], s2[PAIR], p1[PAIR], p2[PAIR], squares[PAIR];
		for (size_t g = 0; g < PAIR; g++) {
			const size_t at = p + g * WIDE;
			s1[g] = load_d(state[0] + at);
			s2[g] = load_d(state[1] + at);
			p1[g] = load_d(state[2] + at);
			p2[g] = load_d(state[3] + at);
			squares[g] = adds ? load_d(sum + at) : splat_d(0);
		}
		for (size_t i = 0; i < count; i++) {
#pragma GCC unroll 2
			for (size_t g = 0; g < PAIR; g++) {
				const vd x = widen(rows[i] + p + g * WIDE), y = x + s1[g], z = y + p1[g];
				s1[g] = (x * k->b1 + s2[g]) - y * k->a1;
				s2[g] = x * k->b2 - y * k->a2;
				p1[g] = (p2[g] - y * 2.0) - z * k->c1;
				p2[g] = y - z * k->c2;
				if (adds)
					squares[g] = squares[g] + z * z;
			}
		}
		for (size_t g = 0; g < PAIR; g++) {
			const size_t at = p + g * WIDE;
			store_d(state[0] + at, s1[g]);
			store_d(state[1] + at, s2[g]);
			store_d(state[2] + at, p1[g]);
			store_d(state[3] + at, p2[g]);
			if (adds)
				store_d(sum + at, squares[g]);
		}
	}
}

static void
warm(const struct kweight *k, const kweight_row *rows, size_t count, kweight_state *state)
{
	filter(k, rows, count, state, NULL, 0);
}

static void
run(const struct kweight *k, const kweight_row *rows, size_t count, kweight_state *state, double *sum)
{
	filter(k, rows, count, state, sum, 1);
}

const struct kweight_kernel LANE_NAME(kweight_kernel) = {turn, warm, run};
