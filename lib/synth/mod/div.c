/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a / b; 0 where b is 0, so that no signal can make it infinite */
#include "synth/mod/maths.h"

MATHS_2(div, 0, 1, "a / b; 0 where b is 0", sel(eq(b, splat(0.0f)), splat(0.0f), bound(a / b)),
    "div{saw{}, 2} * adsr{} >> voices()");
