/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -in */
#include "synth/mod/maths.h"

MATHS_1(neg, "-in", -a,
    "stereo{saw{} * adsr{} * 0.5, neg{saw{}} * adsr{} * 0.5} >> voices()");
