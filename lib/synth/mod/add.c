/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a + b */
#include "synth/mod/maths.h"

MATHS_2(add, 0, 0, "a + b", bound(a + b),
    "add{saw{}, square{pitch = note.pitch - 12}} * adsr{} * 0.4 >> voices()");
