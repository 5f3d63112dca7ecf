/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a take costs on its way: takes of one second through render, features and
 * score (like the nearest of eight golden sounds, novel, valid), each alone from a
 * file to nowhere, and all of them through pipes. Processor time, the kernel's
 * too, so that neither other processes nor the number of cores count.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

enum { TAKES = 1000, TIMES = 3 };
#define SECOND "--tempo 120 --beats 2 --length 1 --tail 0 --rate 44100"
#define SCORE  "assay-score --like golden.takes --weigh like=1,novel=0.3,valid=0.2"
#define RENDER "assay-render --threads 1"

static double
spent(void)
{
	struct rusage u;
	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Seconds of processor time, least of some runs. */
static double
cost(int times, const char *command)
{
	double least = 1e9;
	for (int i = 0; i < times; i++) {
		const double before = spent();
		if (system(command) != 0) {
			fprintf(stderr, "bench: '%s' failed\n", command);
			exit(1);
		}
		least = fmin(least, spent() - before);
	}
	return least;
}

static double __attribute__((format(printf, 2, 3)))
run(int times, const char *fmt, ...)
{
	char command[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	return cost(times, command);
}

static void
stages(const char *patch, const char *kind)
{
	char name[80];
	run(1, "assay-patch '%s' --random 8 --seed 9 " SECOND " | " RENDER " -o golden.takes", patch);
	run(1, "assay-patch '%s' --random %d --seed 1 " SECOND " -o patched.takes", patch, TAKES);
	run(1, RENDER " -i patched.takes -o rendered.takes && assay-features -i rendered.takes -o heard.takes");
	const struct {
		const char *name;
		double seconds;
	} of[] = {
	    {"render", run(TIMES, RENDER " -i patched.takes -o /dev/null")},
	    {"features", run(TIMES, "assay-features -i rendered.takes -o /dev/null")},
	    {"score", run(TIMES, SCORE " -i heard.takes -o /dev/null")},
	    {"render | features | score", run(TIMES, RENDER " -i patched.takes | assay-features | " SCORE " -o /dev/null")},
	};
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		snprintf(name, sizeof name, "%s, %s", of[i].name, kind);
		bench_say(name, TAKES / of[i].seconds, "takes/s/core", i == 3 ? "wanted" : NULL, 400);
	}
}

int
main(int argc, char **argv)
{
	char here[3000] = "", path[8192], bass[3100], pluck[3100], folder[] = "/tmp/assay-bench-XXXXXX";
	if (readlink("/proc/self/exe", here, sizeof here - 1) < 0 || !strrchr(here, '/'))
		return 1;
	*strrchr(here, '/') = 0;
	snprintf(path, sizeof path, "%s/../bin:%s", here, getenv("PATH"));
	snprintf(bass, sizeof bass, "%s/../../patches/bass.lua", here);
	snprintf(pluck, sizeof pluck, "%s/../../patches/pluck.lua", here);
	setenv("PATH", path, 1);
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return perror(folder), 1;
	bench_begin(argc, argv, "takes of one second at 44.1 kHz");
	stages(bass, "bass, mono");
	stages(pluck, "pluck, stereo");
	return run(1, "rm -r '%s'", folder) < 0;
}
