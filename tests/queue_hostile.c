/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real queue and peers that mean it ill: floods, lies, letters in the wrong order, takes without
 * end, answers never fetched. After each the queue serves a watcher as before, and has
 * not grown beyond what it was told.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/talk.h"
#include "queue/letter.h"
#include "queue/status.h"
#include "stream/post.h"
#include "tap.h"

enum { MEMORY = 8 }; /* MiB that the queue was told */

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static char folder[] = "/tmp/queue-hostile-XXXXXX", address[64];
static pid_t queue;
static struct letter_desk *desk;
static struct rng rng = {.seed = 1};

static void
queue_start(void)
{
	const char *build = getenv("ASSAY_BUILD");
	char path[4096];
	snprintf(path, sizeof path, "%s/bin/assay-queue", build ? build : "build");
	queue = fork();
	if (queue)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	const int log = open("queue.log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(log, STDERR_FILENO);
	execl(path, path, "--memory", "8", "--beat", "0.1", address, (char *)NULL);
	_exit(127);
}

static double
queue_mib(void)
{
	char path[64], line[256];
	double kib = 0;
	snprintf(path, sizeof path, "/proc/%d/status", (int)queue);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "VmRSS: %lf", &kib);
	if (f)
		fclose(f);
	return kib / 1024;
}

static struct post *
connect_to(void)
{
	struct err err;
	struct post *p = post_connect(address, &(struct post_settings){0}, &err);
	const char *text;
	const double end = talk_clock() + 10;
	if (!p) {
		diag("%s", err.text);
		exit(1);
	}
	while (talk_clock() < end) {
		post_wait(p, NULL, 0, 100);
		if (post_news(p, &text) == POST_CONNECTED)
			return p;
	}
	diag("no connection within 10 s");
	return p;
}

/* Waits where the queue does not keep up, for two seconds at most: it may well not want to. */
static bool
put(struct post *p, const struct letter *l)
{
	static uint8_t head[LETTER_HEAD];
	const size_t n = letter_pack(l, head);
	const double end = talk_clock() + 2;
	int r;
	while (!(r = post_send(p, 0, head, n, l->body)) && talk_clock() < end)
		post_wait(p, NULL, 0, 1);
	return r > 0;
}

static struct letter
hello(enum letter_role role)
{
	struct letter l = {.kind = LETTER_HELLO, .role = role, .version = LETTER_VERSION, .service = "main", .name = "bad/1",
	    .credits = 100, .room = 1 << 30, .has_session = role == LETTER_SENDER};
	memcpy(l.session, "0123456789abcdef", LETTER_SESSION);
	return l;
}

/* Whether a letter of this kind comes within ten seconds; its body is the caller's if it wants it. */
static bool
get(struct post *p, enum letter_kind kind, struct parcel **body)
{
	const uint8_t *head;
	size_t n;
	uint32_t peer;
	struct letter l;
	struct parcel *b;
	const double end = talk_clock() + 10;
	while (talk_clock() < end) {
		const int r = post_receive(p, &peer, &head, &n, &b);
		if (!r)
			post_wait(p, NULL, 0, 100);
		if (r <= 0)
			continue;
		const bool good = !letter_unpack(head, n, b, &l, desk, NULL) && l.kind == kind;
		if (good && body)
			*body = b;
		else
			parcel_unref(b);
		if (good)
			return true;
	}
	return false;
}

/* What a watcher sees; NULL if the queue does not answer. */
static struct status *
watch(void)
{
	struct err err;
	struct parcel *body = NULL;
	struct status *s = NULL;
	struct post *p = connect_to();
	const struct letter h = hello(LETTER_WATCHER);
	put(p, &h);
	put(p, &(struct letter){.kind = LETTER_STATUS});
	if (get(p, LETTER_STATUS, &body))
		s = status_unpack(body->bytes, body->n, &err);
	parcel_unref(body);
	post_free(p, 0);
	return s;
}

static void
still_well(const char *after, double most)
{
	struct status *s = watch();
	ok(s != NULL, "%s: the queue serves", after);
	status_free(s);
	const double mib = queue_mib();
	if (SANITIZED)
		skip(after, "sanitizers take memory of their own");
	else
		ok(mib > 0 && mib < most, "%s: it holds %.0f MiB, under %.0f", after, mib, most);
}

/* --- the ill-meaning ------------------------------------------------------------------------- */

static void
garbage(void)
{
	static uint8_t head[LETTER_HEAD];
	struct post *p = connect_to();
	size_t sent = 0;
	for (int i = 0; i < 20000; i++) {
		const size_t n = 1 + rng_below(&rng, i % 100 ? 100 : sizeof head);
		for (size_t k = 0; k < n; k++)
			head[k] = (uint8_t)rng_next(&rng);
		if (!post_send(p, 0, head, n, NULL))
			post_wait(p, NULL, 0, 1);
		else
			sent++;
	}
	still_well("garbage", 60);
	unsigned long long counted = 0;
	for (int i = 0; i < 100 && counted < sent; i++) { /* a status may be a tenth of a second old */
		struct status *s = watch();
		counted = s ? s->m->bad_letters : 0;
		status_free(s);
		if (counted < sent)
			poll(NULL, 0, 20);
	}
	ok(sent > 100 && counted == sent, "garbage: %zu sent, %llu counted", sent, counted);
	post_free(p, 0);
}

static void
strangers(void)
{
	/* before any hello, whatever else is said is answered by WHO, and not kept */
	static uint8_t bytes[1 << 20];
	struct parcel *body = parcel_new(bytes, sizeof bytes);
	struct post *p = connect_to();
	put(p, &(struct letter){.kind = LETTER_BEAT});
	ok(get(p, LETTER_WHO, NULL), "a stranger is asked who he is");
	for (int i = 0; i < 100; i++)
		for (int k = LETTER_TAKE; k <= LETTER_ALARM; k++)
			put(p, &(struct letter){.kind = (enum letter_kind)k, .number = 7, .serial = 7, .body = k < LETTER_FAILED ? body : NULL});
	still_well("strangers", 120);
	post_free(p, 0);
	parcel_unref(body);
}

static void
hellos(void)
{
	char name[64], service[64];
	struct post *many[100];
	for (size_t i = 0; i < 100; i++)
		many[i] = connect_to();
	for (int i = 0; i < 20000; i++) {
		struct letter l = hello((enum letter_role)(1 + i % 3));
		memcpy(l.session, &i, sizeof i);
		snprintf(name, sizeof name, "bad/%d", i);
		snprintf(service, sizeof service, "service %d", i);
		l.name = name;
		l.service = service;
		l.version = i % 7 ? LETTER_VERSION : 99;
		put(many[i % 100], &l);
	}
	still_well("a flood of hellos", 90);
	for (size_t i = 0; i < 100; i++)
		post_free(many[i], 0);
}

static void
takes_without_end(void)
{
	static uint8_t bytes[1 << 18];
	struct parcel *body = parcel_new(bytes, sizeof bytes);
	struct post *p = connect_to();
	struct letter l = hello(LETTER_SENDER);
	put(p, &l);
	for (uint64_t i = 1; i <= 1000; i++)
		put(p, &(struct letter){.kind = LETTER_TAKE, .number = i, .body = body});
	still_well("250 MiB of takes", 120);
	struct status *s = watch();
	ok(s && s->m->bytes <= MEMORY << 20, "250 MiB of takes: %llu bytes are held", s ? (unsigned long long)s->m->bytes : 0);
	status_free(s);
	put(p, &(struct letter){.kind = LETTER_BYE});
	post_free(p, 0);
	parcel_unref(body);
}

static void
results_without_end(void)
{
	/* a sender that fetches nothing, and a worker that hands in results for it */
	static uint8_t bytes[1 << 18];
	struct parcel *body = parcel_new(bytes, sizeof bytes), *small = parcel_new("take", 4);
	struct post *sender = connect_to(), *worker = connect_to();
	struct letter l = hello(LETTER_SENDER), w = hello(LETTER_WORKER);
	put(sender, &l);
	put(worker, &w);
	for (uint64_t i = 1; i <= 400; i++)
		put(sender, &(struct letter){.kind = LETTER_TAKE, .number = i, .body = small});
	for (uint64_t i = 1; i <= 1000; i++) {
		struct letter r = {.kind = LETTER_RESULT, .number = i % 400 + 1, .serial = i, .has_session = true, .seconds = 1e-3, .body = body};
		letter_alias(l.session, r.session);
		put(worker, &r);
	}
	still_well("250 MiB of results that nobody fetches", 160);
	post_free(sender, 0);
	post_free(worker, 0);
	parcel_unref(body);
	parcel_unref(small);
}

static void
lies(void)
{
	/* letters that are well made and say anything at all, from all roles */
	static struct range ranges[LETTER_RANGES];
	struct parcel *small = parcel_new("take", 4);
	struct post *p[3];
	for (int i = 0; i < 3; i++) {
		struct letter l = hello((enum letter_role)(i + 1));
		put(p[i] = connect_to(), &l);
	}
	for (int i = 0; i < 30000; i++) {
		const uint64_t big = rng_below(&rng, 4) ? rng_below(&rng, 100) : rng_next(&rng);
		struct letter l = {.kind = (enum letter_kind)(1 + rng_below(&rng, LETTER_ALARM)), .number = big,
		    .serial = rng_below(&rng, 3) ? rng_below(&rng, 100) : rng_next(&rng), .credits = (uint32_t)rng_next(&rng),
		    .room = rng_next(&rng), .attempt = (uint32_t)rng_next(&rng), .seconds = 1e300 * rng_uniform(&rng), .avoid = "bad/1",
		    .text = "a lie", .has_session = rng_below(&rng, 2), .body = rng_below(&rng, 2) ? small : NULL};
		memcpy(l.session, "0123456789abcdef", LETTER_SESSION);
		l.ranges = ranges;
		uint64_t at = 1;
		for (uint64_t n = rng_below(&rng, 50) ? rng_below(&rng, 4) : LETTER_RANGES; n-- > 0;) {
			ranges[l.n_ranges++] = (struct range){at + rng_below(&rng, 9), 1 + rng_below(&rng, rng_below(&rng, 9) ? 9 : 1 << 20)};
			at = ranges[l.n_ranges - 1].first + ranges[l.n_ranges - 1].n;
		}
		if (l.kind == LETTER_HELLO || l.kind == LETTER_BYE)
			l.role = (enum letter_role)rng_below(&rng, 4);
		put(p[i % 3], &l);
		if (i % 100 == 0)
			for (int k = 0; k < 3; k++) {
				struct letter again = hello((enum letter_role)(k + 1));
				put(p[k], &again);
			}
	}
	still_well("lies", 160);
	for (int i = 0; i < 3; i++)
		post_free(p[i], 0);
	parcel_unref(small);
}

static void
asks_without_end(void)
{
	struct post *p = connect_to();
	const struct letter h = hello(LETTER_WATCHER);
	put(p, &h);
	for (int i = 0; i < 20000; i++)
		put(p, &(struct letter){.kind = LETTER_STATUS});
	still_well("20000 questions, no answer fetched", 160);
	post_free(p, 0);
}

int
main(void)
{
	char *build = getenv("ASSAY_BUILD"), *full = realpath(build ? build : "build", NULL);
	if (full)
		setenv("ASSAY_BUILD", full, 1);
	free(full);
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	snprintf(address, sizeof address, "ipc://%s/q", folder);
	desk = letter_desk_new();
	queue_start();
	still_well("at the start", 40);
	garbage();
	strangers();
	hellos();
	takes_without_end();
	results_without_end();
	lies();
	asks_without_end();
	int status = 0;
	ok(waitpid(queue, &status, WNOHANG) == 0, "it is the same process");
	kill(queue, SIGTERM);
	waitpid(queue, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 130, "which ends as it should: exit %d", WEXITSTATUS(status));
	struct stat st = {0};
	(void)!stat("queue.log", &st);
	ok(st.st_size > 100 && st.st_size < 200000, "its log has %lld bytes", (long long)st.st_size);
	if (tap_failed)
		(void)!system("tail -n 40 queue.log | sed 's/^/# /'");
	letter_desk_free(desk);
	unlink("queue.log");
	unlink("q");
	if (chdir("/") < 0 || rmdir(folder) < 0)
		diag("%s is left", folder);
	return done();
}
