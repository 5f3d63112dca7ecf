/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/kernels.h"

#include "base/isa.h"

const struct kernels *
kernels_best(void)
{
	switch (isa_best()) {
	case ISA_AVX512: return &kernels_avx512;
	case ISA_AVX2: return &kernels_avx2;
	case ISA_SCALAR: return &kernels_scalar;
	default: return &kernels_sse;
	}
}
