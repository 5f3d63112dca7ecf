/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a b */
#include "synth/mod/maths.h"

MATHS_2(mul, 1, 1, "a * b", bound(a * b),
    "mul{saw{}, adsr{attack = 0.1}} * 0.7 >> voices()");
