/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A delay line over lanes: a ring of rows, one frame of all lanes a row, read
 * by each lane at a delay of its own. The ring is written one row a frame at
 * `w`; delays count from that row. A whole delay reads the very sample; between
 * rows the value is the Catmull-Rom cubic (4-point, 3rd-order Hermite; O.
 * Niemitalo, "Polynomial interpolators", 2001), within 0.1 dB up to rate / 8.
 */
#ifndef SYNTH_DELAY_LINE_H
#define SYNTH_DELAY_LINE_H

#include "synth/module.h"

/* Rows that a line of `seconds` needs. */
static inline int
line_rows(const struct context *c, float seconds)
{
	return (int)(seconds * c->rate) + 4;
}

/* Moves the ring's writing place on by one frame. */
static inline int
line_step(int w, int size)
{
	return w + 1 == size ? 0 : w + 1;
}

/* The row written k frames before row w, 0 <= k < size. */
static inline vf
line_row(const vf *rows, int size, int w, vi k)
{
	const vi i = w - k;
	return gather_rows(rows, i + (lt_i(i, splat_i(0)) & size));
}

/* The same for one number of frames in all lanes. */
static inline const vf *
line_place(const vf *rows, int size, int w, int k)
{
	return &rows[w < k ? w - k + size : w - k];
}

static inline int
first_lane(vi k)
{
#if LANES == 1
	return k;
#else
	return k[0];
#endif
}

/* The signal `delay` frames before row w. The delay is kept within the line:
   0 to size - 4. Below 1, row w must have been written. */
static inline vf
line_read(const vf *rows, int size, int w, vf delay)
{
	delay = clamp(delay, 0.0f, (float)(size - 4));
	const vi k = to_int(delay);
	const vf f = delay - to_float(k);
	vf before, y0, y1, after;
	const int k0 = first_lane(k);
	if (!any(~eq_i(k, splat_i(k0)))) {
		/* All lanes stand at the same place, as where the delay is pinned: whole rows, three times as fast. */
		before = *line_place(rows, size, w, k0 > 0 ? k0 - 1 : 0);
		y0 = *line_place(rows, size, w, k0);
		y1 = *line_place(rows, size, w, k0 + 1);
		after = *line_place(rows, size, w, k0 + 2);
	} else {
		before = line_row(rows, size, w, k - 1 + (eq_i(k, splat_i(0)) & 1));
		y0 = line_row(rows, size, w, k);
		y1 = line_row(rows, size, w, k + 1);
		after = line_row(rows, size, w, k + 2);
	}
	const vf cubic = 3.0f * (y0 - y1) + after - before;
	const vf square = 2.0f * before - 5.0f * y0 + 4.0f * y1 - after;
	return y0 + 0.5f * f * (y1 - before + f * (square + f * cubic));
}

#endif
