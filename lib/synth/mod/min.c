/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lesser of a and b */
#include "synth/mod/maths.h"

MATHS_2(min, 0, 0, "the lesser of a and b", vmin(a, b),
    "min{sine{}, 0.3} * adsr{} >> voices()");
