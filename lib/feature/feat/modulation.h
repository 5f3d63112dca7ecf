/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_MODULATION_H
#define FEATURE_FEAT_MODULATION_H

#include <stddef.h>

#include "base/isa.h"

enum { MODULATION_BANDS = 8 };

/* The roots of the power in eight bands of mel[frames][mels]: y[band][room], frames <= room. */
typedef void modulation_amplitudes_run(const float *mel, size_t mels, size_t frames, size_t room, float *y);
ISA_DECLARE(modulation_amplitudes_run, modulation_amplitudes);

#endif
