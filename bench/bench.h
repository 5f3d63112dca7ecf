/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What benches share: a clock, and one way to say a figure. main() calls
 * bench_begin(argc, argv, title) and then bench_say() for each figure: a row of a
 * table, or with --json one object a line.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool bench_json;

/* CPU seconds of this process, all threads: what others do on the machine does not count. */
static inline double
bench_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline void
bench_begin(int argc, char **argv, const char *title)
{
	bench_json = argc > 1 && !strcmp(argv[1], "--json");
	if (!bench_json)
		printf("%s\n  %-44s %10s  %-14s %10s %8s  %s\n", title, "what", "value", "unit", "peer", "ratio", "peer is");
}

/* peer: who else was measured, with what result; NULL where there is nobody. */
static inline void
bench_say(const char *name, double value, const char *unit, const char *peer, double peer_value)
{
	if (bench_json && peer)
		printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"peer\":\"%s\",\"peer_value\":%.6g,\"ratio\":%.4g}\n", name,
		    value, unit, peer, peer_value, value / peer_value);
	else if (bench_json)
		printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"peer\":null,\"peer_value\":null,\"ratio\":null}\n", name,
		    value, unit);
	else if (peer)
		printf("  %-44s %10.4g  %-14s %10.4g %8.2f  %s\n", name, value, unit, peer_value, value / peer_value, peer);
	else
		printf("  %-44s %10.4g  %-14s\n", name, value, unit);
	fflush(stdout);
}

#endif
