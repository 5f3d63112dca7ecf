/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was heard in a take, as one JSON object on a line of stdout: of each tensor the
 * values by their labels, those of the summary in their own units; mean, deviation,
 * least and most of what there is a row a frame of, over frames and channels.
 */
#ifndef FEATURES_SAY_H
#define FEATURES_SAY_H

#include "wire/take.h"

/* 0, or -1 out of memory or if stdout cannot be written. */
int say_take(const struct take *t);

#endif
