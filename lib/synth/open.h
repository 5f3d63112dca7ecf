/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The open parameters of a recipe as points of the unit cube, each in its own
 * scale: what a search, a slider and a random draw have in common.
 */
#ifndef SYNTH_OPEN_H
#define SYNTH_OPEN_H

#include "synth/patch.h"

/* An open parameter's value at u in [0, 1], clamped; and the u of a value.
   LINEAR: min + u (max - min). LOG: min (max / min)^u. CHOICE, and LINEAR with a step: the
   choice or step whose share of [0, 1] u lies in; its u is the middle of that share. */
float open_value(const struct param *p, double u);
double open_unit(const struct param *p, float value);

/* How many choices or steps there are; 0: it is a number anywhere between. Steps finer than a search
   tells apart from that (OPEN_STEPS) count as none, though open_value keeps to them. */
enum { OPEN_STEPS = 1024 };
uint32_t open_levels(const struct param *p);

/* All open parameters of a recipe, part by part in the order of the patch; but not those
   that a curve stands in for, because what is chosen for them would not be heard.
   Writes at most max pointers; returns how many there are. */
size_t open_params(const struct recipe *r, struct param **out, size_t max);

/* Where an open parameter is heard, as far as the graph tells: only where parameter of_1 - 1 of the same list, a
   choice or one of steps, is at a level k and bit k of `when` is set (levels from 64 on count as 63), and is itself
   heard; of_1 = 0: maybe anywhere. It never says of one that is heard that it is not. */
struct open_when {
	uint32_t of_1;
	uint64_t when;
};

/* Of the n parameters that open_params gave, from what modules say of their inputs (port.when) and from what hangs
   under what. No parameter depends on itself by any way. 0, or -1 out of memory. */
int open_conditions(const struct recipe *r, struct param *const *open, size_t n, struct open_when *out, struct err *err);

#endif
