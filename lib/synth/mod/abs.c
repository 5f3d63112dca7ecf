/* SPDX-License-Identifier: GPL-3.0-or-later */
/* |in| */
#include "synth/mod/maths.h"

MATHS_1(abs, "size without sign", vabs(a),
    "abs{sine{}} * adsr{} >> voices()");
