/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/sums.h"

#include <string.h>

#include "base/isa.h"

const struct sums_kernel *
sums_best(void)
{
	switch (isa_best()) {
	case ISA_AVX512: return &sums_avx512;
	case ISA_AVX2: return &sums_avx2;
	case ISA_SCALAR: return &sums_scalar;
	default: return &sums_sse;
	}
}

void
sums_pick(const float *x, size_t stride, size_t n, float *out)
{
	if (stride == 1) {
		memcpy(out, x, n * sizeof *x);
		return;
	}
	if (stride == 2) {
		for (size_t i = 0; i < n; i++)
			out[i] = x[2 * i];
		return;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = x[i * stride];
}
