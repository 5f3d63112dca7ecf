/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What evolve itself costs a take, whoever proposes: choosing, identifying, packing, reading back, telling, saving.
 * The other side of the loop answers at once with a worth that is a function of the number. CPU time of evolve
 * alone, and its memory at the peak. `evolve [--json] [TAKES]`, 50,000 unless said.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench.h"
#include "stream/stream.h"

/* Adds fitness and a score to each message as it is. */
static int
answer(int in, int out)
{
	char from[32], to[32];
	struct err err;
	const uint8_t *message;
	size_t n;
	snprintf(from, sizeof from, "/dev/fd/%d", in);
	snprintf(to, sizeof to, "/dev/fd/%d", out);
	struct reader *r = reader_open(from, &err);
	struct writer *w = r ? writer_open(to, &err) : NULL;
	close(out);
	for (uint64_t k = 1; w && reader_next(r, &message, &n, &err) > 0; k++) {
		const double f = -(double)(rng_at(3, k) >> 11) * 0x1p-53;
		uint8_t tail[23] = {11 << 3 | 1, [9] = 10 << 3 | 2, 12, 1 << 3 | 2, 1, 'm', 2 << 3 | 1};
		memcpy(tail + 1, &f, sizeof f);
		memcpy(tail + 15, &f, sizeof f);
		uint8_t *room = writer_reserve(w, n + sizeof tail, &err);
		if (!room)
			return 1;
		memcpy(room, message, n);
		memcpy(room + n, tail, sizeof tail);
		if (writer_commit(w, n + sizeof tail, &err) < 0 || (!reader_ready(r) && writer_flush(w, &err) < 0))
			return 1;
	}
	return w && writer_close(w, &err) == 0 ? 0 : 1;
}

static void
measure(const char *takes, const char *algo, const char *population, const char *window)
{
	int there[2], back[2];
	struct rusage used;
	char state[] = "/tmp/bench-evolve.XXXXXX", what[128];
	const int file = mkstemp(state);
	if (file < 0 || pipe(there) < 0 || pipe(back) < 0)
		exit(1);
	close(file);
	const pid_t evolve = fork();
	if (evolve == 0) {
		dup2(back[0], 0);
		dup2(there[1], 1);
		close(back[1]);
		close(there[0]);
		execlp("assay-evolve", "assay-evolve", "-q", "--patch", "pluck", "--algo", algo, "--population", population, "--window",
		    window, "--budget", takes, "--state", state, (char *)NULL);
		_exit(127);
	}
	close(back[0]);
	close(there[1]);
	const pid_t scorer = fork();
	if (scorer == 0)
		_exit(answer(there[0], back[1]));
	close(there[0]);
	close(back[1]);
	int status;
	if (wait4(evolve, &status, 0, &used) < 0 || status || waitpid(scorer, &status, 0) < 0) {
		fprintf(stderr, "evolve: it did not run through\n");
		exit(1);
	}
	unlink(state);
	const double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
	    + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
	snprintf(what, sizeof what, "%s, population %s, %s under way: a take", algo, population, window);
	bench_say(what, cpu / strtod(takes, NULL) * 1e6, "us CPU", NULL, 0);
	snprintf(what, sizeof what, "%s, population %s, %s under way: peak", algo, population, window);
	bench_say(what, (double)used.ru_maxrss / 1024, "MB", NULL, 0);
}

int
main(int argc, char **argv)
{
	const char *takes = argc > 1 && strcmp(argv[argc - 1], "--json") ? argv[argc - 1] : "50000";
	char here[4096] = "", path[8192];
	const ssize_t n = readlink("/proc/self/exe", here, sizeof here - 1);
	if (n > 0 && strrchr(here, '/')) {
		*strrchr(here, '/') = '\0';
		snprintf(path, sizeof path, "%s/../bin:%s", here, getenv("PATH"));
		setenv("PATH", path, 1);
	}
	bench_begin(argc, argv, "evolve: what it costs beside the algorithm, pluck");
	measure(takes, "random", "0", "256");
	measure(takes, "random", "0", "16384");
	measure(takes, "ga", "10000", "16384");
	return 0;
}
