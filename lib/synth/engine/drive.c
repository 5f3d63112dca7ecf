/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/engine/drive.h"

const struct drive_isa drive_isas[4] = {
    {"scalar", 1, drive_scalar, modules_scalar},
    {"sse", 4, drive_sse, modules_sse},
    {"avx2", 8, drive_avx2, modules_avx2},
    {"avx512", 16, drive_avx512, modules_avx512},
};

int
drive_isa_runs(const struct drive_isa *isa)
{
	if (isa->lanes == 8)
		return __builtin_cpu_supports("avx2") != 0;
	if (isa->lanes == 16)
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
		    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
	return 1;
}
