/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delay lines that all lanes read at the same place, as those of reverbs whose sizes are fixed:
 * a frame of all lanes is a row, and STEP rows are read and written at a time, where they lie.
 * A line is hardly longer than its delay, so what is written next stands close to what was just read.
 *
 *     const vf *old = past(all, &line, line.length);   // STEP rows
 *     vf *new = next(all, &line);                      // to be filled
 *     move_on(all, &line);
 */
#ifndef SYNTH_ROWS_H
#define SYNTH_ROWS_H

#include "synth/mod/ring.h"

enum { STEP = RING_STEP };

/* A line's rows lie at `base`; `w` is where its next STEP frames go. Its first STEP rows stand behind its
   last once more, so that STEP rows from any place on lie side by side. */
struct line {
	int base, rows, length, w;
};

/* Places a line that is `frames` long, and may be read `more` before; returns where the next one begins. */
static inline int
put_line(struct line *l, int base, float frames, int more)
{
	l->base = base;
	l->length = (int)(frames + 0.5f) > STEP + 2 ? (int)(frames + 0.5f) : STEP + 2;
	l->rows = (l->length + more + STEP - 1) / STEP * STEP;
	l->w = 0;
	return base + l->rows + STEP;
}

/* STEP rows that were written `back` frames before those that come next. */
static inline const vf *
past(const vf *all, const struct line *l, int back)
{
	const int from = l->w - back;
	return all + l->base + (from < 0 ? from + l->rows : from);
}

static inline vf *
next(vf *all, const struct line *l)
{
	return all + l->base + l->w;
}

/* next() has been written. */
static inline void
move_on(vf *all, struct line *l)
{
	if (l->w == 0)
		memcpy(all + l->base + l->rows, all + l->base, STEP * sizeof *all);
	l->w = l->w + STEP == l->rows ? 0 : l->w + STEP;
}

/* STEP frames of a line that swings: `from` frames before, and `slope` more each frame. */
static inline void
past_swinging(const vf *all, const struct line *l, float from, float slope, vf *y)
{
	struct step_weights s;
	for (int i = 0; i < STEP; i++) {
		if (i % RING_STEP == 0)
			step_weigh(&s, from, slope, i, STEP + 2, (float)(l->rows - 4));
		const struct cubic c = step_cubic(&s, i % RING_STEP);
		const vf *const z = past(all, l, (int)s.whole[i % RING_STEP] + 2 - i);
		y[i] = ring_weigh(&c, z, z[3]);
	}
}

#endif
