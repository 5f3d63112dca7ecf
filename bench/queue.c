/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs of 256 bytes that do nothing, worked on and acknowledged by 1, 2 and 4 processes:
 * jobs a second, beside other queues in the same run. Wall time, the median of a
 * few short runs that take turns, so that what else the machine does hits all alike.
 *
 * Queues are filled beforehand, and fetching and acknowledging counts; nobody fetches results
 * of ours meanwhile. Each credit stands beside peers whose workers have as many in
 * hand. "whole" is what a user gets: a sender puts takes all the while, and one is done when
 * its result is back; "farm and work" are the tools, each worker a copy of cat, with the
 * credits that work chooses. Unix sockets wherever there are any (gearmand has none).
 */
#include "queue_ours.h"
#include "queue_peers.h"

static const struct our ours[] = {
	{"credit 1", .credits = 1, .beside = 1, .filled = true},
	{"credit 16", .credits = 16, .beside = 16, .filled = true},
	{"credit 1, whole", .credits = 1},
	{"credit 1, whole, over TCP", .credits = 1, .tcp = true},
	{"credit 4, whole", .credits = 4},
	{"credit 16, whole", .credits = 16},
	{"credit 32, whole", .credits = 32},
	{.name = "farm and work -- cat"},
};

enum { OURS = sizeof ours / sizeof *ours, ROUNDS = 3, JOBS = 150000, CROWDS = 3, MOST = 4 };
static const int crowds[CROWDS] = {1, 2, 4};
static const double run_seconds = 0.2;

struct peer_worker {
	const struct peer *peer;
	int which, ready, gate[2];
};

static void
peer_work(void *arg)
{
	static struct wire w;
	const struct peer_worker *p = arg;
	char c = 0;
	close(p->gate[1]);
	w.fd = p->peer->dial();
	count_mine = &counts[p->which];
	if (w.fd >= 0 && write(p->ready, &c, 1) == 1 && read(p->gate[0], &c, 1) == 0)
		p->peer->work(p->peer, &w, p->which, count_one);
}

/* All dial, then the gate opens for all. */
static double
peer_rate(const struct peer *p, int workers)
{
	struct peer_worker a[MOST];
	int ready[2], gate[2];
	pid_t pids[MOST];
	char c;
	if (pipe(ready) < 0 || pipe(gate) < 0)
		return NAN;
	memset(counts, 0, MOST * sizeof *counts);
	for (int i = 0; i < workers; i++) {
		a[i] = (struct peer_worker){p, i, ready[1], {gate[0], gate[1]}};
		pids[i] = copy_start(peer_work, &a[i]);
	}
	close(ready[1]);
	for (int i = 0; i < workers && read(ready[0], &c, 1) == 1; i++)
		;
	const double began = bench_now();
	close(gate[1]);
	bench_sleep(run_seconds);
	unsigned long done = 0;
	double last = began;
	for (int i = 0; i < workers; i++) {
		done += counts[i].done;
		last = fmax(last, counts[i].last);
		program_stop(pids[i], SIGKILL);
	}
	close(ready[0]);
	close(gate[0]);
	return done ? (double)done / (last - began) : NAN;
}

/* One round of one peer: a server of its own, filled, and then each crowd. */
static void
peer_round(const struct peer *p, double rates[CROWDS])
{
	static struct wire w;
	for (int k = 0; k < CROWDS; k++)
		rates[k] = NAN;
	const char *program = program_find(p->program);
	const double began = bench_now();
	const pid_t server = program ? p->start(p, program) : -1;
	if (server < 0)
		return;
	memset(&w, 0, sizeof w);
	while ((w.fd = p->dial()) < 0 && bench_now() < began + 10)
		bench_sleep(0.01);
	if (w.fd >= 0) {
		p->fill(p, &w, JOBS, bench_now() + 0.6);
		close(w.fd);
		for (int k = 0; k < CROWDS; k++)
			rates[k] = peer_rate(p, crowds[k]);
	}
	program_stop(server, p->stop);
}

/* Takes a second through farm and work as they come, with copies of cat. */
static double
tools_rate(int copies)
{
	enum { TAKES = 50000 };
	const char *address, *path = bench_path("takes");
	char jobs[20], command[900], label[JOB] = "";
	FILE *f = fopen(path, "w");
	memset(label, 'x', JOB - 5);
	for (int i = 0; f && i < TAKES; i++) /* of 256 bytes: varint length, field 2, its length, itself */
		fprintf(f, "\xff\1\x12\xfc\1%.*s%d", JOB - 10, label, 100000 + i);
	if (!f || fclose(f))
		return NAN;
	const pid_t queue = our_queue(NULL, false, &address);
	snprintf(jobs, sizeof jobs, "--jobs=%d", copies);
	const pid_t work = program_start(NULL, SIGTERM, (char *[]){(char *)program_find("assay-work"), "-q", jobs, (char *)address,
	    "--", "cat", NULL});
	snprintf(command, sizeof command, "%s -q --no-queue --in %s %s | cmp - %s", program_find("assay-farm"), path, address, path);
	const double began = bench_now();
	const bool good = system(command) == 0;
	const double took = bench_now() - began;
	program_stop(work, SIGTERM);
	program_stop(queue, SIGKILL);
	return good ? TAKES / took : NAN;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return isnan(x) != isnan(y) ? (isnan(x) ? 1 : -1) : (x > y) - (x < y); /* what was not measured comes last */
}

static double
median(double x[ROUNDS])
{
	int n = 0;
	qsort(x, ROUNDS, sizeof *x, compare);
	while (n < ROUNDS && !isnan(x[n]))
		n++;
	return n ? x[n / 2] : NAN;
}

static int
run(int argc, char **argv)
{
	static double theirs[PEERS][CROWDS][ROUNDS], own[OURS][CROWDS][ROUNDS];
	double round[CROWDS];
	bench_begin(argc, argv, "acknowledged jobs of 256 bytes");
	if (!counts_init())
		return 1;
	for (int p = 0; p < PEERS; p++)
		if (!program_find(peers[p].program) && (p == 0 || strcmp(peers[p].program, peers[p - 1].program) != 0))
			fprintf(stderr, "bench: %s is not installed: make deps-bench\n", peers[p].program);
	for (int r = 0; r < ROUNDS; r++) {
		for (int o = 0; o < OURS; o++)
			for (int k = 0; k < CROWDS; k++)
				own[o][k][r] = !ours[o].credits ? tools_rate(crowds[k])
				    : ours[o].filled            ? ours_filled(&ours[o], crowds[k], run_seconds)
				                               : ours_rate(&ours[o], crowds[k], 0, run_seconds, NULL);
		for (int p = 0; p < PEERS; p++) {
			peer_round(&peers[p], round);
			for (int k = 0; k < CROWDS; k++)
				theirs[p][k][r] = round[k];
		}
	}
	for (int k = 0; k < CROWDS; k++)
		for (int o = 0; o < OURS; o++) {
			char name[80];
			snprintf(name, sizeof name, "%s, %d worker%s", ours[o].name, crowds[k], crowds[k] == 1 ? "" : "s");
			const double value = median(own[o][k]);
			bool alone = true;
			for (int p = 0; p < PEERS; p++)
				if (peers[p].batch == ours[o].beside) {
					const double peer = median(theirs[p][k]);
					if (isnan(peer))
						continue;
					bench_say(name, value, "jobs/s", peers[p].name, peer);
					alone = false;
				}
			if (alone)
				bench_say(name, value, "jobs/s", NULL, 0);
		}
	return 0;
}

int
main(int argc, char **argv)
{
	return bench_run(run, argc, argv);
}
