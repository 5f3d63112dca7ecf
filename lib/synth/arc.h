/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A parameter's curve over the phrase (struct arc): its value at a frame, and
 * curves that are drawn by chance. A point holds from the frame at which a note that
 * starts on its beat would begin.
 */
#ifndef SYNTH_ARC_H
#define SYNTH_ARC_H

#include "base/err.h"
#include "synth/patch.h"

enum { ARC_FRAMES = 64 };

/* The value at a frame of the take; fractions of one are allowed. */
double arc_at(const struct arc *a, double tempo, double rate, double frame);

/* ARC_FRAMES values, from `frame` on, `by` frames apart. Where nothing is heard of it (1e-6),
   straight lines join every eighth. */
void arc_block(const struct arc *a, double tempo, double rate, double frame, double by, float *out);

/* Whether it jumps anywhere: then it is read frame by frame wherever it can be. */
bool arc_jumps(const struct arc *a);

/* Draws the values of all curves that are drawn by chance (arc.drawn is not NULL), from a seed. */
void arc_draw(struct recipe *r, uint64_t seed);

/* Shapes by name; NULL at the end. */
extern const char *const arc_shapes[];

/* Order, ranges, shapes. 0, or -1: of which point, and why. */
int arc_check(const struct arc *a, const struct param *q, struct err *err);

/* Whether the value of a parameter is heard: not where a curve stands in for it everywhere. */
bool arc_leaves_open(const struct recipe *r, uint32_t part, uint32_t param);

#endif
