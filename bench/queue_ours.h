/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our own queue for benches: the real assay-queue, and copies of the bench as senders and
 * workers that do nothing, each a state machine of lib/queue on a line.
 */
#ifndef BENCH_QUEUE_OURS_H
#define BENCH_QUEUE_OURS_H

#include <stdatomic.h>

#include "queue/line.h"
#include "queue/sender.h"
#include "queue/worker.h"
#include "server.h"

/* What copies of the bench share: each counts in a cache line of its own. */
struct count {
	_Alignas(64) atomic_ulong done;
	_Atomic double last;
};
static struct count *counts, *count_mine;

enum { OUR_MOST = 64 }; /* workers */

static bool
counts_init(void)
{
	counts = mmap(NULL, (OUR_MOST + 1) * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return counts != MAP_FAILED;
}

static void
count_one(void)
{
	atomic_store_explicit(&count_mine->done, count_mine->done + 1, memory_order_relaxed);
	atomic_store_explicit(&count_mine->last, bench_now(), memory_order_relaxed);
}

struct our {
	const char *name;
	int credits, beside; /* beside: jobs in hand of the peers' workers to compare with; 0: none */
	bool tcp, filled; /* filled: with FILL takes beforehand, and nobody fetches results */
};
enum { FILL = 100000 };

struct our_place {
	const struct our *our;
	const char *address;
	size_t bytes; /* of a take */
	double nap;   /* seconds that a worker sleeps over it */
	int which;    /* of the workers, from 1 */
};

static struct line *
our_line(const struct our_place *p, uint64_t seed)
{
	struct err err;
	const struct post_settings set = {0};
	struct line *l = line_new(p->address, &set, seed, &err);
	if (!l) {
		fprintf(stderr, "bench: %s\n", err.text);
		_exit(1);
	}
	return l;
}

static int
our_timeout(int64_t due)
{
	const int64_t left = due - line_clock();
	return left <= 0 ? 0 : (int)(left / 1000 + 1);
}

/* Gives back what it was given. */
static void
our_work(void *arg)
{
	const struct our_place *p = arg;
	char name[32];
	snprintf(name, sizeof name, "bench/%d", (int)getpid());
	struct line *line = our_line(p, (uint64_t)getpid());
	struct worker *w = worker_new(&(struct worker_settings){.service = "main", .name = name, .seed = (uint64_t)getpid(),
	    .credits = (uint32_t)p->our->credits});
	for (;;) {
		struct letter letter;
		struct lease lease;
		const struct mail *m;
		int64_t now = line_clock();
		if (line_connected(line))
			worker_step(w, &(struct worker_event){WORKER_CONNECTED, NULL}, now);
		while (line_receive(line, &letter)) {
			worker_step(w, &(struct worker_event){WORKER_LETTER, &letter}, now);
			parcel_unref(letter.body);
		}
		if (worker_due(w) <= now)
			worker_step(w, &(struct worker_event){WORKER_TICK, NULL}, now);
		while (worker_next(w, &lease)) {
			if (p->our->filled)
				counts[p->which].done++; /* the one before has been acknowledged, or it would not be here */
			if (p->nap > 0) {
				const double began = bench_now();
				bench_sleep(p->nap);
				counts[p->which].done += (unsigned long)(1e9 * (bench_now() - began));
			}
			worker_done(w, lease.id, lease.take, p->nap);
			if (p->nap > 0)
				break; /* what is done goes out, and what came meanwhile is heard */
		}
		while ((m = worker_mail(w)) && line_send(line, m))
			worker_step(w, &(struct worker_event){WORKER_SENT, NULL}, now);
		line_wait(line, NULL, 0, worker_waiting(w) ? 0 : our_timeout(worker_due(w)));
	}
}

static void
our_send(void *arg)
{
	const struct our_place *p = arg;
	char *bytes = malloc(p->bytes);
	memset(bytes, 'x', p->bytes);
	count_mine = &counts[0];
	struct line *line = our_line(p, (uint64_t)getpid());
	struct sender_settings set = {.service = "main", .name = "bench", .priority = 5, .unordered = true,
	    .takes = p->our->filled ? FILL : 8192, .window = (uint64_t)1 << 40};
	for (int i = 0; i < LETTER_SESSION; i++)
		set.session[i] = (uint8_t)(getpid() >> i % 4 * 8);
	struct sender *s = sender_new(&set);
	for (uint64_t n = 0, sent = 0;;) {
		struct letter letter;
		struct sender_result result;
		const struct mail *m;
		const int64_t now = line_clock();
		if (line_connected(line))
			sender_step(s, &(struct sender_event){SENDER_CONNECTED, NULL}, now);
		while (line_receive(line, &letter)) {
			sender_step(s, &(struct sender_event){SENDER_LETTER, &letter}, now);
			parcel_unref(letter.body);
		}
		if (sender_due(s) <= now)
			sender_step(s, &(struct sender_event){SENDER_TICK, NULL}, now);
		while (sender_result(s, &result)) {
			if (!result.result || result.result->n != p->bytes) {
				fprintf(stderr, "bench: job %llu: %s\n", (unsigned long long)result.number, result.error);
				_exit(1);
			}
			count_one();
			parcel_unref(result.take);
			parcel_unref(result.result);
		}
		while (sender_room(s, p->bytes)) {
			memcpy(bytes, &n, sizeof n);
			n++;
			if (sender_put(s, parcel_new(bytes, p->bytes)) < 0)
				_exit(1);
		}
		while ((m = sender_mail(s)) && line_send(line, m)) {
			sent += m->body != NULL;
			sender_step(s, &(struct sender_event){SENDER_SENT, NULL}, now);
		}
		if (p->our->filled && sent == FILL) {
			bench_sleep(0.1); /* ZeroMQ has some of it */
			raise(SIGSTOP);
		}
		line_wait(line, NULL, 0, our_timeout(sender_due(s)));
	}
}

/* Starts a queue at a fresh address, which is the caller's until the next call, with these further
   options (or NULL). */
static pid_t
our_queue(char *const options[], bool tcp, const char **address)
{
	static char where[100];
	static int n;
	char *argv[16] = {(char *)program_find("assay-queue"), (char *)"-q", where};
	for (int i = 0; options && options[i]; i++)
		argv[3 + i] = options[i];
	if (tcp)
		snprintf(where, sizeof where, "tcp://127.0.0.1:%d", free_port());
	else
		snprintf(where, sizeof where, "ipc://%s/q%d/queue", bench_dir, n++);
	*address = where;
	if (argv[0])
		return program_start(NULL, SIGKILL, argv);
	fprintf(stderr, "bench: assay-queue is not built\n");
	return -1;
}

/* Jobs a second that workers fetch and acknowledge, while the sender stands still. */
static inline double
ours_filled(const struct our *o, int workers, double seconds)
{
	struct our_place place = {.our = o, .bytes = 256};
	pid_t queue = our_queue(NULL, o->tcp, &place.address), pids[OUR_MOST];
	int status;
	if (queue < 0)
		return NAN;
	memset(counts, 0, (OUR_MOST + 1) * sizeof *counts);
	const pid_t sender = copy_start(our_send, &place);
	waitpid(sender, &status, WUNTRACED);
	for (int i = 0; i < workers; i++) {
		place.which = i + 1;
		pids[i] = copy_start(our_work, &place);
	}
	unsigned long from = 0, done = 0;
	double began = bench_now(), last = began;
	while (bench_now() < began + (from ? seconds : 5) && done < FILL * 9 / 10) {
		bench_sleep(0.001);
		done = 0;
		for (int i = 1; i <= workers; i++)
			done += counts[i].done;
		last = bench_now();
		if (!from && done > 500) {
			from = done;
			began = last;
		}
	}
	program_stop(sender, SIGKILL);
	for (int i = 0; i < workers; i++)
		program_stop(pids[i], SIGKILL);
	program_stop(queue, SIGKILL);
	return from ? (double)(done - from) / (last - began) : NAN;
}

/* Jobs a second once it runs; and, where workers sleep, the part of their time that they do. */
static inline double
ours_rate(const struct our *o, int workers, double nap, double seconds, double *busy)
{
	struct our_place place = {.our = o, .bytes = 256, .nap = nap};
	pid_t queue = our_queue(NULL, o->tcp, &place.address), pids[OUR_MOST];
	if (queue < 0)
		return NAN;
	memset(counts, 0, (OUR_MOST + 1) * sizeof *counts);
	for (int i = 0; i < workers; i++) {
		place.which = i + 1;
		pids[i] = copy_start(our_work, &place);
	}
	const pid_t sender = copy_start(our_send, &place);
	const double began = bench_now();
	while (counts[0].done < (nap > 0 ? 3 * (unsigned long)workers : 1000) && bench_now() < began + 5)
		bench_sleep(0.01);
	bench_sleep(0.05 + 2 * nap);
	unsigned long before = counts[0].done, slept = 0;
	for (int i = 1; i <= workers; i++)
		slept -= counts[i].done;
	const double from = bench_now();
	bench_sleep(seconds);
	const double rate = (double)(counts[0].done - before) / (bench_now() - from);
	for (int i = 1; i <= workers; i++)
		slept += counts[i].done;
	if (busy)
		*busy = 1e-9 * (double)slept / (bench_now() - from) / workers;
	program_stop(sender, SIGKILL);
	for (int i = 0; i < workers; i++)
		program_stop(pids[i], SIGKILL);
	program_stop(queue, SIGKILL);
	return rate > 0 ? rate : NAN;
}

#endif
