/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this program is built against: modules of the user's own are held to it. */
#include "synth/module.h"

#define SYMBOL(isa) MODULE_CAT(module, here, isa)
extern const struct module_abi SYMBOL(ISA);
const struct module_abi SYMBOL(ISA) = MODULE_ABI_HERE;
