/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The greater of a and b */
#include "synth/mod/maths.h"

MATHS_2(max, 0, 0, "the greater of a and b", vmax(a, b),
    "max{sine{}, -0.3} * adsr{} >> voices()");
