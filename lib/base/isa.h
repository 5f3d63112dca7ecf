/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instruction sets that lane code is compiled for. Which is used changes speed, never bits. */
#ifndef BASE_ISA_H
#define BASE_ISA_H

#include <stdbool.h>

enum isa { ISA_AUTO, ISA_SCALAR, ISA_SSE, ISA_AVX2, ISA_AVX512 };

/* The widest that this machine has, or $ASSAY_ISA if it has that. */
enum isa isa_best(void);
bool isa_machine_has(enum isa isa);

/* "scalar" "sse" "avx2" "avx512"; ISA_AUTO gives the best. */
const char *isa_name(enum isa isa);
int isa_parse(const char *name, enum isa *isa); /* -1: no such name */

#endif
