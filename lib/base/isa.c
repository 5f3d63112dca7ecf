/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"auto", "scalar", "sse", "avx2", "avx512"};

bool
isa_machine_has(enum isa isa)
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
	static enum isa known; /* threads that find it at the same time find the same */
	enum isa isa = __atomic_load_n(&known, __ATOMIC_RELAXED);
	if (isa != ISA_AUTO)
		return isa;
	const char *told = getenv("ASSAY_ISA");
	if (!told || isa_parse(told, &isa) < 0 || isa == ISA_AUTO || !isa_machine_has(isa))
		isa = isa_machine_has(ISA_AVX512) ? ISA_AVX512 : isa_machine_has(ISA_AVX2) ? ISA_AVX2 : ISA_SSE;
	__atomic_store_n(&known, isa, __ATOMIC_RELAXED);
	return isa;
}

const char *
isa_name(enum isa isa)
{
	return names[isa == ISA_AUTO ? isa_best() : isa];
}

int
isa_parse(const char *name, enum isa *isa)
{
	for (int i = ISA_AUTO; i <= ISA_AVX512; i++)
		if (!strcmp(name, names[i]))
			return *isa = (enum isa)i, 0;
	return -1;
}
