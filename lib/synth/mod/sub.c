/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a - b */
#include "synth/mod/maths.h"

MATHS_2(sub, 0, 0, "a - b", bound(a - b),
    "sub{saw{}, saw{phase = 0.3}} * adsr{} * 0.5 >> voices()");
