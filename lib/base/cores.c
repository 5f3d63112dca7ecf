/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cores.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

int
cores_allowed(void)
{
	enum { MOST = 8192 };
	int n = 0;
	cpu_set_t *set = CPU_ALLOC(MOST);
	if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(MOST), set) == 0)
		n = CPU_COUNT_S(CPU_ALLOC_SIZE(MOST), set);
	CPU_FREE(set);
	if (n < 1)
		n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n;
}

int
cores_threads(void)
{
	const char *told = getenv("ASSAY_THREADS");
	char *end;
	const long n = told && *told ? strtol(told, &end, 10) : 0;
	return n >= 1 && n <= 1024 && !*end ? (int)n : cores_allowed();
}
