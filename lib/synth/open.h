/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The open parameters of a recipe as points of the unit cube, each in its own
 * scale: what a search, a slider and a random draw have in common.
 */
#ifndef SYNTH_OPEN_H
#define SYNTH_OPEN_H

#include "synth/patch.h"

/* An open parameter's value at u in [0, 1], clamped; and the u of a value.
   LINEAR: min + u (max - min). LOG: min (max / min)^u. CHOICE: the choice whose
   share of [0, 1] u lies in; its u is the middle of that share. */
float open_value(const struct param *p, double u);
double open_unit(const struct param *p, float value);

/* All open parameters of a recipe, part by part in the order of the patch; but not those
   that a curve stands in for, because what is chosen for them would not be heard.
   Writes at most max pointers; returns how many there are. */
size_t open_params(const struct recipe *r, struct param **out, size_t max);

#endif
