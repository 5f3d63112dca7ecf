/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * assay work: runs copies of a pipeline of tools on the takes that a queue hands out. One loop waits for the
 * queue, for all stages of all copies and for their ends at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/cores.h"
#include "base/talk.h"
#include "crew.h"
#include "queue/line.h"
#include "queue/worker.h"
#include "synth/engine/engine.h"

#if defined(__SANITIZE_ADDRESS__)
enum { MEMORY = 0 }; /* their shadow is counted as if it were used */
#else
enum { MEMORY = 4096 };
#endif

enum {
	TURN = 256,         /* letters before the copies have their turn */
	SETTLE = 50,        /* milliseconds in which a pipeline that cannot run shows it */
	GRACE = 5000000,    /* microseconds for stages to end, and for a queue that is not there when we leave */
	LINGER = 1000,      /* milliseconds for the farewell */
	FILES = 65536,
};

static struct settings {
	const char *service;
	int jobs, credits, memory;
	double patience;
	bool no_confine;
	struct post_settings post;
} set = {.service = "main", .memory = MEMORY, .patience = 60};

static const struct cli_option options[] = {
    {'s', "service", CLI_STRING, &set.service, "NAME", .help = "work for senders of this service"},
    {'j', "jobs", CLI_INT, &set.jobs, "N", 0, 1024, .help = "copies of the pipeline; 0 is one a core"},
    {'c', "credits", CLI_INT, &set.credits, "N", 0, 2048, .help = "takes that a copy has at a time; 0 is as many as pay"},
    {0, "patience", CLI_DOUBLE, &set.patience, "S", 0, 1e6, .help = "seconds without a result until a copy is killed; 0 is never"},
    {'m', "memory", CLI_INT, &set.memory, "MIB", 0, 1 << 24, .help = "memory of each process; 0 is no limit"},
    {0, "no-confine", CLI_FLAG, &set.no_confine, .help = "let stages gain privileges, and open what they like"},
    POST_OPTIONS(&set.post),
    {0},
};

static const struct cli cli = {
    .tool = "work",
    .summary = "run a pipeline of tools on takes from a queue",
    .usage = "[options] ENDPOINT -- 'PIPELINE'",
    .example = "assay work tcp://head:5555 -- 'render | features'\n"
               "assay work tcp://head:5555 --service heard -- 'render | python3 my_stage.py'\n",
    .options = options,
};

static struct progress progress;
static int ended[2]; /* a pipe that becomes readable when a child ends */

/* --- talk --------------------------------------------------------------------------------- */

/* A line of a stage, as it is. Of a flood of them a hundred, then ten a second: a log may be a file. */
static void
pass_on(const char *line)
{
	static double left = 100, at;
	static uint64_t untold;
	const double now = talk_clock();
	if (talk_level < 1)
		return;
	left = fmin(left + 10 * (now - at), 100);
	at = now;
	if (left < 1) {
		untold++;
		return;
	}
	left--;
	progress_end(&progress);
	if (untold)
		talk_info("(%" PRIu64 " lines of the stages are left out)", untold);
	untold = 0;
	fprintf(stderr, "%s\n", line);
}

static void
warn(const char *text)
{
	talk_warning("%s", text);
}

/* --- the surroundings of the stages --------------------------------------------------------- */

static const char *
own_folder(void)
{
	static char folder[PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
	folder[n > 0 ? n : 0] = 0;
	char *slash = strrchr(folder, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	return folder;
}

static bool
is_tool(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	struct stat st;
	for (size_t n; path && *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (snprintf(file, sizeof file, "%.*s/assay-%s", (int)n, n ? path : ".", name) < (int)sizeof file
		    && stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* What stages find: the tools that stand beside this one first, their share of the cores, whether
   they should confine themselves. */
static void
surround(int cores)
{
	char threads[16];
	const char *old = getenv("PATH"), *own = own_folder();
	char *path;
	if (own && asprintf(&path, "%s%s%s", own, old && *old ? ":" : "", old ? old : "") >= 0) {
		setenv("PATH", path, 1);
		free(path);
	}
	snprintf(threads, sizeof threads, "%d", cores > set.jobs ? cores / set.jobs : 1);
	setenv("ASSAY_THREADS", threads, 0);
	setenv("OMP_NUM_THREADS", threads, 0);
	if (set.no_confine)
		unsetenv("ASSAY_CONFINE");
	else
		setenv("ASSAY_CONFINE", "1", 1);
}

static void
on_child(int sig)
{
	const int e = errno;
	(void)sig;
	if (write(ended[1], "", 1) < 0)
		errno = e; /* it is full: readable all the same */
	errno = e;
}

/* Descriptors for all copies, none of them 0, 1 or 2; the signal for the end of a child. The number of
   descriptors that a stage may have, as it was. */
static unsigned long
prepare(void)
{
	struct rlimit files;
	unsigned long before = 0;
	int fd;
	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	if (fd >= 0)
		close(fd);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		before = files.rlim_cur;
		files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (pipe2(ended, O_CLOEXEC | O_NONBLOCK) < 0)
		die(EXIT_FAILED, "cannot make a pipe: %s", strerror(errno));
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP}, NULL);
	interrupt_catch();
	return before;
}

/* --- the loop --------------------------------------------------------------------------------- */

struct shop {
	struct line *line;
	struct worker *worker;
	struct crew *crew;
	bool met;
	int64_t left_at; /* when it was asked to leave; 0: it was not */
};

static void
step(struct shop *s, enum worker_what what, const struct letter *l, int64_t now)
{
	worker_step(s->worker, &(struct worker_event){.what = what, .letter = l}, now);
}

/* The queue's letters, and ours. */
static void
talk_with_queue(struct shop *s, int64_t now)
{
	struct letter l;
	const struct mail *m;
	const char *news;
	if (line_connected(s->line))
		step(s, WORKER_CONNECTED, NULL, now);
	for (int i = 0; i < TURN && line_receive(s->line, &l); i++) {
		step(s, WORKER_LETTER, &l, now);
		parcel_unref(l.body);
	}
	if (now >= worker_due(s->worker)) {
		if (line_stirs(s->line))
			step(s, WORKER_STIRS, NULL, now);
		step(s, WORKER_TICK, NULL, now);
	}
	if (worker_silent(s->worker, now))
		line_again(s->line, now);
	for (int i = 0; i < TURN && (m = worker_mail(s->worker)) && line_send(s->line, m); i++)
		step(s, WORKER_SENT, NULL, now);
	while ((news = line_news(s->line)) || (!worker_refused(s->worker) && (news = worker_news(s->worker))))
		if (!s->left_at)
			talk_warning("%s", news);
	if (!s->met && (s->met = worker_connected(s->worker)))
		talk_info("works for '%s'", set.service);
}

/* Waits until something can be done. */
static void
wait_for_all(struct shop *s, int64_t now)
{
	size_t n;
	struct pollfd *fds = crew_fds(s->crew, &n);
	fds[n++] = (struct pollfd){.fd = ended[0], .events = POLLIN};
	int64_t due = crew_due(s->crew), at = worker_due(s->worker);
	due = (at < due ? at : due) - now;
	const int64_t most = 1000000;
	due = due < 0 ? 0 : due > most ? most : due;
	line_wait(s->line, fds, n, (int)((due + 999) / 1000));
	char drain[256];
	while (read(ended[0], drain, sizeof drain) == sizeof drain)
		;
}

static void
show(struct shop *s)
{
	char note[128];
	struct crew_counts n;
	crew_counts(s->crew, &n);
	int k = snprintf(note, sizeof note, "%u copies, %u of %u takes in hand", n.up, n.in_hand, n.credits);
	if (n.failed)
		k += snprintf(note + k, sizeof note - (size_t)k, ", %" PRIu64 " failed", n.failed);
	if (!worker_connected(s->worker))
		snprintf(note + k, sizeof note - (size_t)k, ", no queue");
	progress_at(&progress, n.done, note);
}

/* Asked to leave: what is not begun goes back, the rest is finished. True when all is done, or nobody
   takes what was done. */
static bool
leave(struct shop *s, int64_t now)
{
	struct crew_counts n;
	crew_counts(s->crew, &n);
	if (!s->left_at) {
		s->left_at = now;
		worker_leave(s->worker, false);
		crew_counts(s->crew, &n);
		if (n.in_hand)
			talk_info("stops when the %u takes in hand are done; once more to stop at once", n.in_hand);
	}
	if (worker_left(s->worker))
		return true;
	if (n.in_hand)
		return false;
	if (!worker_held(s->worker)) /* the good-bye is all that is missing */
		return now - s->left_at > GRACE / 10;
	if (worker_connected(s->worker) || now - s->left_at < GRACE)
		return false;
	talk_warning("no queue takes the %zu results that are ready: others will do them again", worker_held(s->worker));
	return true;
}

/* Until it is asked to stop, or cannot go on. */
static int
work(struct shop *s)
{
	int64_t now = line_clock();
	const char *why;
	for (;; now = line_clock()) {
		talk_with_queue(s, now);
		crew_step(s->crew, s->worker, now);
		talk_with_queue(s, now); /* what came of it */
		if ((why = crew_hopeless(s->crew)) || (worker_refused(s->worker) && (why = worker_news(s->worker)))) {
			progress_end(&progress);
			talk_error("%s", why);
			worker_leave(s->worker, true);
			talk_with_queue(s, now);
			return EXIT_FAILED;
		}
		if (interrupted() && leave(s, now))
			break;
		show(s);
		wait_for_all(s, now);
	}
	struct crew_counts n;
	while (!crew_finish(s->crew, now, now + GRACE)) {
		crew_step(s->crew, s->worker, now);
		wait_for_all(s, now);
		now = line_clock();
	}
	progress_end(&progress);
	crew_counts(s->crew, &n);
	talk_info(n.failed ? "%" PRIu64 " takes done, %" PRIu64 " failed" : "%" PRIu64 " takes done", n.done, n.failed);
	return EXIT_DONE;
}

/* --- start --------------------------------------------------------------------------------------- */

/* 'render | features' after --, or render '|' features without quotes. */
static char *
join(char **words, int n)
{
	size_t room = 1;
	for (int i = 0; i < n; i++)
		room += strlen(words[i]) + 1;
	char *text = calloc(1, room);
	if (!text)
		die(EXIT_FAILED, "out of memory");
	for (int i = 0; i < n; i++)
		strcat(strcat(text, i ? " " : ""), words[i]);
	return text;
}

int
main(int argc, char **argv)
{
	struct err err;
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n < 1)
		return cli_usage(&cli, "which queue? give an endpoint, as tcp://head:5555");
	if (n < 2)
		return cli_usage(&cli, "what is to be done? give a pipeline, as -- 'render | features'");
	const int cores = cores_allowed();
	set.jobs = set.jobs ? set.jobs : cores;

	struct pipeline pipeline = {.files = prepare()};
	surround(cores);
	char *text = join(argv + 2, n - 1);
	const int parsed = pipeline_parse(&pipeline, text, is_tool, &err);
	free(text);
	if (parsed < 0)
		return cli_usage(&cli, "%s", err.text);
	pipeline.confine = (struct confine){.parent = getpid(), .memory = (uint64_t)set.memory << 20, .no_privileges = !set.no_confine};

	uint64_t seed[3];
	char host[64] = "", name[LETTER_NAME];
	if (getrandom(seed, sizeof seed, 0) != sizeof seed)
		die(EXIT_FAILED, "no random numbers: %s", strerror(errno));
	gethostname(host, sizeof host - 1);
	snprintf(name, sizeof name, "%s/%d", host, (int)getpid());
	struct shop s = {.line = line_new(argv[1], &set.post, seed[0], &err)};
	if (!s.line)
		die(EXIT_FAILED, "%s", err.text);
	const struct crew_settings crew = {
	    .jobs = (unsigned)set.jobs,
	    .credits = (uint32_t)set.credits,
	    .lanes = (uint32_t)isa_lanes(isa_best()),
	    .patience = (int64_t)(1e6 * set.patience),
	    .seed = seed[1],
	    .tell = pass_on,
	    .warn = warn,
	};
	if (!(s.crew = crew_new(&pipeline, &crew, line_clock(), &err)))
		die(EXIT_FAILED, "%s", err.text);
	struct crew_counts counts;
	crew_counts(s.crew, &counts);
	const struct worker_settings worker = {
	    .service = set.service,
	    .name = name,
	    .credits = counts.credits,
	    .room = (uint64_t)(set.jobs > 4 ? set.jobs : 4) * 64 << 20,
	    .seed = seed[2],
	};
	if (!(s.worker = worker_new(&worker)))
		die(EXIT_FAILED, "out of memory");
	progress_begin(&progress, "takes", 0);
	/* before the first take comes: a pipeline that cannot run must not be handed any */
	poll(&(struct pollfd){.fd = ended[0], .events = POLLIN}, 1, SETTLE);
	crew_step(s.crew, s.worker, line_clock());
	if (crew_hopeless(s.crew))
		die(EXIT_FAILED, "%s", crew_hopeless(s.crew));

	status = work(&s);

	crew_free(s.crew);
	worker_free(s.worker);
	line_free(s.line, LINGER);
	pipeline_release(&pipeline);
	return status;
}
