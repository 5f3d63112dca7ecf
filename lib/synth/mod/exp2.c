/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 2^in, from 2^-126 to 2^127 */
#include "synth/mod/maths.h"

MATHS_1(exp2, "2 to the power of in", lm_exp2(a),
    "svf{saw{}, cutoff = 200 * exp2{5 * decay{decay = 0.5}}} * adsr{} * 0.5 >> voices()");
