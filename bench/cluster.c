/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the queue costs where it is used: workers that take 10 ms a take (they
 * sleep, so that 64 fit on any machine), beside the ideal of nothing lost between two takes;
 * real takes, rendered and listened to through farm and work, beside the plain pipe on
 * the same cores; a thousand workers that come at once, with and without keys.
 */
#include "queue_ours.h"
#include "stream/stream.h"

enum { HERD = 1000, GANG = 50, ROUNDS = 3, TAKES = 400 };
static const double nap = 0.01;

/* The part of their time that workers work: how long a sleep really takes on a busy machine does not count. */
static void
efficiency(void)
{
	static const struct our hands[] = {{"1 in hand", .credits = 1}, {"2 in hand", .credits = 2}};
	for (int workers = 1; workers <= OUR_MOST; workers *= 4)
		for (int h = 0; h < 2; h++) {
			char name[80];
			double busy = NAN;
			ours_rate(&hands[h], workers, nap, 1, &busy);
			snprintf(name, sizeof name, "takes of 10 ms, %d worker%s, %s", workers, workers == 1 ? "" : "s", hands[h].name);
			bench_say(name, 100 * busy, "% at work", "wanted", 95);
		}
}

/* Runs a command with our tools on its path. */
static int __attribute__((format(printf, 1, 2)))
shell(const char *fmt, ...)
{
	char command[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	return system(command);
}

/* --- the same with the real tools ------------------------------------------------------ */

/* A stage that sleeps over each take: copies of it count in one file how long they slept. */
static int
stage(const char *count)
{
	struct err err;
	const int fd = open(count, O_RDWR);
	atomic_ulong *slept = mmap(NULL, sizeof *slept, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct reader *in = reader_open("-", &err);
	struct writer *out = writer_open("-", &err);
	const uint8_t *take;
	size_t n;
	if (slept == MAP_FAILED || !in || !out)
		return 1;
	while (reader_next(in, &take, &n, &err) > 0) {
		const double began = bench_now();
		bench_sleep(nap);
		atomic_fetch_add(slept, (unsigned long)(1e9 * (bench_now() - began)));
		if (writer_put(out, take, n, &err) < 0 || (!reader_ready(in) && writer_flush(out, &err) < 0))
			return 1;
	}
	return writer_close(out, &err) < 0;
}

static void
feed(void *fifo)
{
	struct err err;
	struct writer *out = writer_open(fifo, &err);
	while (out && writer_put(out, (const uint8_t *)"\x12\4take", 6, &err) == 0)
		;
}

static double
busy_tools(int copies)
{
	const char *address, *fifo = bench_path("fifo"), *file = bench_path("slept");
	char command[600], jobs[20];
	const int fd = open(file, O_RDWR | O_CREAT, 0666);
	if (fd < 0 || ftruncate(fd, 0) < 0 || ftruncate(fd, sizeof(long)) < 0 || (mkfifo(fifo, 0666) < 0 && errno != EEXIST))
		return NAN;
	atomic_ulong *slept = mmap(NULL, sizeof *slept, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	snprintf(command, sizeof command, "%s --stage %s", program_find("../bench/cluster"), file);
	snprintf(jobs, sizeof jobs, "--jobs=%d", copies);
	const pid_t queue = our_queue(NULL, false, &address);
	const pid_t worker = program_start(NULL, SIGTERM, (char *[]){(char *)program_find("assay-work"), "-q", jobs, "--no-confine",
	    (char *)address, "--", command, NULL});
	const pid_t farmer = program_start(NULL, SIGKILL, (char *[]){(char *)program_find("assay-farm"), "-q", "--no-queue", "--in",
	    (char *)fifo, "--out", "/dev/null", (char *)address, NULL});
	const pid_t feeder = copy_start(feed, (void *)fifo);
	const double until = bench_now() + 20;
	while (*slept < 1e9 * nap * 30 * copies && bench_now() < until)
		bench_sleep(0.05);
	const unsigned long before = *slept;
	const double from = bench_now();
	bench_sleep(1);
	const double busy = 1e-9 * (double)(*slept - before) / (bench_now() - from) / copies;
	program_stop(farmer, SIGKILL);
	program_stop(feeder, SIGKILL);
	program_stop(worker, SIGTERM);
	program_stop(queue, SIGKILL);
	munmap(slept, sizeof *slept);
	close(fd);
	return busy;
}

/* --- a herd of workers --------------------------------------------------------------- */

struct gang {
	const char *address, *keys;
	int ready, gate[2];
};

static void
gang(void *arg)
{
	const struct gang *f = arg;
	struct line *lines[GANG];
	struct worker *workers[GANG];
	bool in[GANG] = {false};
	struct err err;
	char c = 0;
	close(f->gate[1]);
	for (int i = 0; i < GANG; i++) {
		char name[32];
		snprintf(name, sizeof name, "bench/%d.%d", (int)getpid(), i);
		workers[i] = worker_new(&(struct worker_settings){.service = "main", .name = name, .credits = 1, .seed = (uint64_t)i});
	}
	if (write(f->ready, &c, 1) != 1 || read(f->gate[0], &c, 1) != 0)
		return;
	for (int i = 0; i < GANG; i++)
		if (!(lines[i] = line_new(f->address, &(struct post_settings){.keys = f->keys, .secure = f->keys != NULL}, (uint64_t)i,
		          &err))) {
			fprintf(stderr, "bench: %s\n", err.text);
			return;
		}
	for (;;) {
		for (int i = 0; i < GANG; i++) {
			struct letter letter;
			const struct mail *m;
			const int64_t now = line_clock();
			if (line_connected(lines[i]))
				worker_step(workers[i], &(struct worker_event){WORKER_CONNECTED, NULL}, now);
			while (line_receive(lines[i], &letter)) {
				worker_step(workers[i], &(struct worker_event){WORKER_LETTER, &letter}, now);
				parcel_unref(letter.body);
			}
			if (worker_due(workers[i]) <= now)
				worker_step(workers[i], &(struct worker_event){WORKER_TICK, NULL}, now);
			while ((m = worker_mail(workers[i])) && line_send(lines[i], m))
				worker_step(workers[i], &(struct worker_event){WORKER_SENT, NULL}, now);
			if (!in[i] && worker_connected(workers[i])) {
				in[i] = true;
				atomic_fetch_add(&counts[0].done, 1);
			}
		}
		bench_sleep(0.005);
	}
}

/* A line of /proc/PID/status, in MiB. */
static double
memory(pid_t p, const char *what)
{
	char path[40], line[128];
	double kib = NAN;
	snprintf(path, sizeof path, "/proc/%d/status", (int)p);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, what, strlen(what)))
			kib = strtod(line + strlen(what) + 1, NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

static void
herd(const char *keys)
{
	char name[80], secure[200];
	const char *address;
	int ready[2], gate[2];
	pid_t pids[HERD / GANG];
	snprintf(secure, sizeof secure, "--keys=%s", keys ? keys : "");
	const pid_t queue = our_queue(keys ? (char *[]){(char *)"--secure", secure, NULL} : NULL, keys != NULL, &address);
	if (queue < 0 || pipe(ready) < 0 || pipe(gate) < 0)
		return;
	if (keys && shell("assay key --keys %s show | assay key --keys %s trust -q %s -", keys, keys, address) != 0)
		return;
	bench_sleep(0.2);
	const double empty = memory(queue, "VmRSS");
	counts[0].done = 0;
	struct gang f = {address, keys, ready[1], {gate[0], gate[1]}};
	for (int i = 0; i < HERD / GANG; i++)
		pids[i] = copy_start(gang, &f);
	char c;
	close(ready[1]);
	for (int i = 0; i < HERD / GANG && read(ready[0], &c, 1) == 1; i++)
		;
	const double began = bench_now();
	close(gate[1]);
	while (counts[0].done < HERD && bench_now() < began + 30)
		bench_sleep(0.01);
	const double took = counts[0].done < HERD ? NAN : bench_now() - began;
	snprintf(name, sizeof name, "%d workers attach%s", HERD, keys ? ", with keys" : "");
	bench_say(name, took, "s", "wanted", 3);
	bench_sleep(1);
	snprintf(name, sizeof name, "the queue's memory with them%s", keys ? ", with keys" : "");
	bench_say(name, memory(queue, "VmRSS"), "MiB", "before", empty);
	for (int i = 0; i < HERD / GANG; i++)
		program_stop(pids[i], SIGKILL);
	program_stop(queue, SIGKILL);
	close(ready[0]);
	close(gate[0]);
}

/* --- real takes ------------------------------------------------------------------------ */

static double
seconds_of(const char *command, const char *address)
{
	char whole[300];
	snprintf(whole, sizeof whole, command, TAKES, address);
	const double began = bench_now();
	return shell("%s", whole) == 0 ? bench_now() - began : NAN;
}

static void
real(void)
{
	const char *address;
	double plain = INFINITY, ours = INFINITY;
	const pid_t queue = our_queue(NULL, false, &address);
	const pid_t work = program_start(NULL, SIGTERM, (char *[]){(char *)program_find("assay-work"), "-q", (char *)address, "--",
	    "render | features", NULL});
	for (int r = 0; r < ROUNDS; r++) {
		plain = fmin(plain, seconds_of("assay patch pluck --random %d | assay render -q | assay features -q >/dev/null", ""));
		ours = fmin(ours, seconds_of("assay patch pluck --random %d | assay farm -q --no-queue %s >/dev/null", address));
	}
	program_stop(work, SIGTERM);
	program_stop(queue, SIGTERM);
	bench_say("rendered and listened to, farm and work", TAKES / ours, "takes/s", "render | features", TAKES / plain);
}

static int
run(int argc, char **argv)
{
	bench_begin(argc, argv, "the cluster");
	const char *tool = program_find("assay-queue");
	if (!tool || !counts_init())
		return 1;
	char path[4096];
	snprintf(path, sizeof path, "%.*s:%s", (int)(strrchr(tool, '/') - tool), tool, getenv("PATH"));
	setenv("PATH", path, 1);
	efficiency();
	for (int copies = 1; copies <= OUR_MOST; copies *= 4) {
		char name[80];
		snprintf(name, sizeof name, "takes of 10 ms, farm and work, %d cop%s", copies, copies == 1 ? "y" : "ies");
		bench_say(name, 100 * busy_tools(copies), "% at work", "wanted", 95);
	}
	herd(NULL);
	const char *keys = bench_path("keys");
	if (shell("assay key --keys %s new -q --name bench | assay key --keys %s allow -q -", keys, keys) == 0)
		herd(keys);
	real();
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--stage"))
		return stage(argv[2]);
	return bench_run(run, argc, argv);
}
