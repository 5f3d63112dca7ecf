/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's lanes for each instruction set. */
#include "synth/engine/engine.h"
#include "synth/engine/plan.h"

static const struct lanes *const of[] = {
    [ISA_SCALAR] = &lanes_scalar, [ISA_SSE] = &lanes_sse, [ISA_AVX2] = &lanes_avx2, [ISA_AVX512] = &lanes_avx512};

int
isa_lanes(enum isa isa)
{
	return of[isa == ISA_AUTO ? isa_best() : isa]->lanes;
}

int
isa_get(enum isa isa, const struct lanes *lanes[ISA_COUNT], struct err *err)
{
	int n = 0;
	if (!isa_machine_has(isa))
		return err_set(err, "this machine has no %s; its best is %s", isa_name(isa), isa_name(isa_best()));
	for (enum isa i = ISA_SCALAR; i <= ISA_AVX512; i++)
		if (isa == ISA_AUTO ? i <= isa_best() : isa == i)
			lanes[n++] = of[i];
	return n;
}
