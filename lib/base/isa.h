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

/* A function of a *_lanes.c file exists once for each set: as NAME_scalar, NAME_sse ... ISA_DECLARE declares
   them, ISA_TABLE lists them from the narrowest, ISA_PICK is that of isa_best(). */
#define ISA_DECLARE(type, name) extern type name##_scalar, name##_sse, name##_avx2, name##_avx512
#define ISA_TABLE(name)         {name##_scalar, name##_sse, name##_avx2, name##_avx512}
#define ISA_PICK(name)          ((__typeof__(&name##_scalar)[])ISA_TABLE(name)[isa_best() - ISA_SCALAR])

/* In lane code: the name of the one that is being compiled. */
#define LANE_NAME(name)        LANE_NAME_2(name, ISA)
#define LANE_NAME_2(name, isa) LANE_NAME_3(name, isa)
#define LANE_NAME_3(name, isa) name##_##isa

#endif
