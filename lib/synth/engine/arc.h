/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of a parameter's curve at a beat. */
#ifndef SYNTH_ENGINE_ARC_H
#define SYNTH_ENGINE_ARC_H

#include "synth/patch.h"

float arc_at(const struct arc *a, double beat);

#endif
