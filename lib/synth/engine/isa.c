/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which instruction sets there are, and which of them this machine has. */
#include <string.h>

#include "synth/engine/engine.h"
#include "synth/engine/plan.h"

static const struct {
	const char *name;
	const struct lanes *lanes;
} isas[] = {
	[ISA_SCALAR] = {"scalar", &lanes_scalar},
	[ISA_SSE] = {"sse", &lanes_sse},
	[ISA_AVX2] = {"avx2", &lanes_avx2},
	[ISA_AVX512] = {"avx512", &lanes_avx512},
};
enum { ISAS = sizeof isas / sizeof *isas };

static bool
machine_has(enum isa isa)
{
	__builtin_cpu_init();
	switch (isa) {
	case ISA_AVX2: return __builtin_cpu_supports("avx2");
	case ISA_AVX512:
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
		    && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
	default: return true; /* SSE2 is part of x86-64 */
	}
}

enum isa
isa_best(void)
{
	return machine_has(ISA_AVX512) ? ISA_AVX512 : machine_has(ISA_AVX2) ? ISA_AVX2 : ISA_SSE;
}

const char *
isa_name(enum isa isa)
{
	return isas[isa == ISA_AUTO ? isa_best() : isa].name;
}

int
isa_parse(const char *name, enum isa *isa)
{
	if (!strcmp(name, "auto"))
		return *isa = ISA_AUTO, 0;
	for (int i = ISA_SCALAR; i < ISAS; i++)
		if (!strcmp(name, isas[i].name))
			return *isa = (enum isa)i, 0;
	return -1;
}

int
isa_lanes(enum isa isa)
{
	return isas[isa == ISA_AUTO ? isa_best() : isa].lanes->lanes;
}

int
isa_get(enum isa isa, const struct lanes *lanes[ISA_COUNT], struct err *err)
{
	int n = 0;
	if (!machine_has(isa))
		return err_set(err, "this machine has no %s; its best is %s", isa_name(isa), isa_name(isa_best()));
	for (int i = ISA_SCALAR; i < ISAS; i++)
		if (isa == ISA_AUTO ? machine_has((enum isa)i) : isa == (enum isa)i)
			lanes[n++] = isas[i].lanes;
	return n;
}
