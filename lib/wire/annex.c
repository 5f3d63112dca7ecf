/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of a process for guests. Takes go over a socket pair that is its
 * standard input and output; a page of shared memory says who is at work
 * (synth/guard.h) and whether anything moves. When it dies, those takes that were
 * on their way are tried again one by one: the one with which it dies again is it.
 */
#include "wire/annex.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "synth/guard.h"

enum {
	CHUNK = 64,      /* takes on their way at once */
	STEPS = 20,      /* looks at the page in one patience */
	PAGE_FD = 3,     /* its number in the child */
	MIB = 1 << 20,
};
static const char page_name[] = "ASSAY_GUARD";

extern char **environ;

struct bytes {
	uint8_t *p;
	size_t n, at, room;
};

struct annex {
	struct annex_settings set;
	char program[4096];
	pid_t pid; /* 0: not running */
	int fd, page_fd;
	struct guard_page *page;
	struct bytes out, in;
};

static double
number(const char *name, double usual)
{
	const char *told = getenv(name);
	char *end;
	const double x = told ? strtod(told, &end) : 0;
	return told && end != told && !*end && x > 0 && x < 1e9 ? x : usual;
}

/* assay-render beside the program that runs, or in the bin/ beside its folder. */
static int
find_program(char path[4096], struct err *err)
{
	static const char *const places[] = {"", "../bin/"};
	char self[2048];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = 0;
	char *slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
		snprintf(path, 4096, "%.*s/%sassay-render", (int)(slash - self), self, places[i]);
		if (access(path, X_OK) == 0)
			return 0;
	}
	return err_set(err, "there is no assay-render beside '%s', which renders guests", self);
}

struct annex *
annex_new(const struct annex_settings *set, struct err *err)
{
	struct annex *a = calloc(1, sizeof *a);
	if (!a)
		return err_set(err, "out of memory"), NULL;
	a->set = *set;
	a->fd = a->page_fd = -1;
	if (!(a->set.patience > 0))
		a->set.patience = number("ASSAY_GUEST_PATIENCE", 10);
	if (!a->set.memory)
		a->set.memory = (uint64_t)number("ASSAY_GUEST_MEMORY", 2048) * MIB;
#ifdef __SANITIZE_ADDRESS__
	a->set.memory = 0; /* its shadow is larger than any limit */
#endif
	if (find_program(a->program, err) < 0)
		return free(a), NULL;
	a->page_fd = memfd_create("assay-guard", MFD_CLOEXEC);
	void *page = a->page_fd < 0 || ftruncate(a->page_fd, sizeof *a->page) < 0 ? MAP_FAILED
	    : mmap(NULL, sizeof *a->page, PROT_READ | PROT_WRITE, MAP_SHARED, a->page_fd, 0);
	if (page == MAP_FAILED)
		return err_errno(err, "cannot share memory with a process for guests"), annex_free(a), NULL;
	a->page = page;
	return a;
}

/* --- the process ------------------------------------------------------------------------ */

/* Ends it, and all that it has started, if it has not ended already. Returns its status. */
static int
stop(struct annex *a)
{
	int status = 0;
	if (!a->pid)
		return 0;
	close(a->fd);
	kill(-a->pid, SIGKILL);
	while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
		;
	a->pid = 0;
	a->fd = -1;
	a->in.n = a->in.at = a->out.n = a->out.at = 0;
	return status;
}

void
annex_free(struct annex *a)
{
	if (!a)
		return;
	stop(a);
	if (a->page)
		munmap(a->page, sizeof *a->page);
	if (a->page_fd >= 0)
		close(a->page_fd);
	free(a->out.p);
	free(a->in.p);
	free(a);
}

/* The environment of the child: no display, for some plug-ins look for one. NULL: out of memory. */
static char **
make_environment(void)
{
	static char page[32], screen[] = "QT_QPA_PLATFORM=offscreen";
	static const char *const gone[] = {"DISPLAY=", "WAYLAND_DISPLAY=", "QT_QPA_PLATFORM=", "ASSAY_GUARD=", "ASSAY_CONFINE="};
	size_t n = 0;
	while (environ[n])
		n++;
	char **e = calloc(n + 3, sizeof *e);
	size_t k = 0;
	for (size_t i = 0; e && i < n; i++) {
		bool keep = true;
		for (size_t g = 0; g < sizeof gone / sizeof *gone; g++)
			keep &= strncmp(environ[i], gone[g], strlen(gone[g])) != 0;
		if (keep)
			e[k++] = environ[i];
	}
	snprintf(page, sizeof page, "%s=%d", page_name, PAGE_FD);
	if (e) {
		e[k++] = page;
		e[k++] = screen;
	}
	return e;
}

static _Noreturn void
become(const struct annex *a, int socket, const struct confine *limits, char **argv, char **env)
{
	/* out of the way of 0 to 3 first */
	const int s = fcntl(socket, F_DUPFD, 10), p = fcntl(a->page_fd, F_DUPFD, 10);
	const int quiet = a->set.talks ? STDERR_FILENO : open("/dev/null", O_WRONLY);
	if (s < 0 || p < 0 || quiet < 0 || dup2(s, STDIN_FILENO) < 0 || dup2(s, STDOUT_FILENO) < 0 || dup2(p, PAGE_FD) < 0
	    || (quiet != STDERR_FILENO && dup2(quiet, STDERR_FILENO) < 0))
		_exit(127);
	close(s);
	close(p);
	setpgid(0, 0); /* what interrupts us does not interrupt it, and all of it can be ended at once */
	confine_child(limits);
	execve(a->program, argv, env);
	_exit(127);
}

static int
start(struct annex *a, struct err *err)
{
	int pair[2];
	char threads[16];
	snprintf(threads, sizeof threads, "%d", a->set.threads);
	char *argv[] = {"assay-render", "--guests-here", "--quiet", "--isa", (char *)isa_name(a->set.isa), "--threads", threads, NULL};
	const struct confine limits = {.parent = getpid(), .memory = a->set.memory};
	char **env = make_environment();
	if (!env)
		return err_set(err, "out of memory");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return free(env), err_errno(err, "cannot talk to a process for guests");
	memset(a->page, 0, sizeof *a->page);
	const pid_t pid = fork();
	if (pid == 0)
		become(a, pair[1], &limits, argv, env);
	if (pid > 0)
		setpgid(pid, pid); /* whoever comes first */
	close(pair[1]);
	free(env);
	if (pid < 0)
		return close(pair[0]), err_errno(err, "cannot start a process for guests");
	a->pid = pid;
	a->fd = pair[0];
	return 0;
}

/* --- takes there and back ----------------------------------------------------------------- */

static uint8_t *
grow(struct bytes *b, size_t more)
{
	if (b->at) {
		memmove(b->p, b->p + b->at, b->n - b->at);
		b->n -= b->at;
		b->at = 0;
	}
	if (b->n + more > b->room) {
		uint8_t *p = realloc(b->p, 2 * (b->n + more));
		if (!p)
			return NULL;
		b->p = p;
		b->room = 2 * (b->n + more);
	}
	return b->p + b->n;
}

/* The recipe of a take as a message of the stream. */
static int
put(struct annex *a, const struct take *t)
{
	Assay__Take m = ASSAY__TAKE__INIT;
	m.engine = t->m->engine;
	m.rate = t->m->rate;
	m.seed = t->m->seed;
	m.parts = t->m->parts;
	m.n_parts = t->m->n_parts;
	m.phrase = t->m->phrase;
	m.sounds = t->m->sounds;
	m.n_sounds = t->m->n_sounds;
	size_t n = assay__take__get_packed_size(&m), left = n, k = 0;
	uint8_t *to = grow(&a->out, n + 10);
	if (!to)
		return -1;
	for (; left >= 128; left >>= 7)
		to[k++] = (uint8_t)(left | 128);
	to[k++] = (uint8_t)left;
	assay__take__pack(&m, to + k);
	a->out.n += k + n;
	return 0;
}

/* The next whole message that has come: 1 and the take; 0 not yet; -1 what came is none. */
static int
get(struct annex *a, struct take **t, struct err *err)
{
	struct bytes *b = &a->in;
	size_t n = 0, k = 0;
	const size_t there = b->n - b->at;
	for (unsigned shift = 0;; shift += 7) {
		if (k == there)
			return 0;
		if (shift > 28)
			return -1;
		n |= (size_t)(b->p[b->at + k] & 127) << shift;
		if (!(b->p[b->at + k++] & 128))
			break;
	}
	if (n > STREAM_LIMIT)
		return -1;
	if (there - k < n)
		return 0;
	*t = take_unpack(b->p + b->at + k, n, err);
	b->at += k + n;
	return *t ? 1 : -1;
}

/* Moves what can be moved. 1: something did; 0: nothing; -1: the other end is gone. */
static int
move(struct annex *a, short ready)
{
	int moved = 0;
	if (ready & POLLOUT && a->out.at < a->out.n) {
		const ssize_t k = send(a->fd, a->out.p + a->out.at, a->out.n - a->out.at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		moved |= k > 0;
		a->out.at += k > 0 ? (size_t)k : 0;
	}
	if (ready & (POLLIN | POLLHUP | POLLERR)) {
		enum { MOST = 1 << 18 };
		uint8_t *to = grow(&a->in, MOST);
		const ssize_t k = to ? recv(a->fd, to, MOST, MSG_DONTWAIT) : 0;
		if (k == 0 || (k < 0 && errno != EAGAIN && errno != EINTR))
			return -1;
		moved |= k > 0;
		a->in.n += k > 0 ? (size_t)k : 0;
	}
	return moved;
}

/* What a take is told of the end of the process with which it ended. */
static void
explain(const struct annex *a, int status, bool hung, const char *who, struct err *err)
{
	const char *subject = *who ? who : "the process for guests";
	if (hung)
		err_set(err, "%s: did not answer for %g s", subject, a->set.patience);
	else if (WIFSIGNALED(status))
		err_set(err, "%s: crashed (SIG%s)", subject, sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	else if (WEXITSTATUS(status) == 127 && !*who)
		err_set(err, "cannot run '%s', which renders guests", a->program);
	else
		err_set(err, "%s: ended its process with status %d", subject, WEXITSTATUS(status));
}

/* Sends takes [0, n), and waits for all of them. Returns how many were answered; where it is fewer, the process
   is gone, and err says what became of it. */
static size_t
round_trip(struct annex *a, struct take *const *t, size_t n, struct annex_answer *answer, struct err *err)
{
	size_t done = 0;
	if (!a->pid && start(a, err) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (put(a, t[i]) < 0)
			return err_set(err, "out of memory"), stop(a), 0;
	bool alive = true, hung = false;
	uint64_t pulse = atomic_load(&a->page->pulse);
	for (int quiet = 0; done < n && alive && !hung;) {
		struct pollfd p = {.fd = a->fd, .events = (short)(POLLIN | (a->out.at < a->out.n ? POLLOUT : 0))};
		const int ready = poll(&p, 1, (int)(a->set.patience * 1000 / STEPS) + 1);
		const int moved = ready > 0 ? move(a, p.revents) : 0;
		alive = moved >= 0;
		int got = 0;
		while (done < n && (got = get(a, &answer[done].take, &answer[done].err)) > 0)
			done++;
		alive &= got >= 0;
		const uint64_t now = atomic_load(&a->page->pulse);
		if (moved > 0 || now != pulse)
			quiet = 0;
		else if (ready == 0)
			hung = ++quiet > STEPS;
		pulse = now;
	}
	if (done == n)
		return n;
	char who[300];
	guard_who(a->page, who, sizeof who);
	explain(a, stop(a), hung, who, err);
	return done;
}

int
annex_render(struct annex *a, struct take *const *t, size_t n, struct annex_answer *answer, struct err *err)
{
	(void)err;
	memset(answer, 0, n * sizeof *answer);
	for (size_t at = 0, k; at < n; at += k) {
		struct err why;
		k = n - at < CHUNK ? n - at : CHUNK;
		size_t done = round_trip(a, t + at, k, answer + at, &why);
		/* each alone, so that it is known whose fault it was */
		for (; done < k; done++)
			if (k == 1 || round_trip(a, t + at + done, 1, answer + at + done, &why) == 0)
				answer[at + done].err = why;
	}
	return 0;
}

/* --- inside ------------------------------------------------------------------------------------ */

void
annex_inside(void)
{
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	setenv("QT_QPA_PLATFORM", "offscreen", 0);
	stream_keep_stdout();
	const char *told = getenv(page_name);
	if (!told || strcmp(told, "3"))
		return;
	unsetenv(page_name);
	fcntl(PAGE_FD, F_SETFD, FD_CLOEXEC);
	void *page = mmap(NULL, sizeof(struct guard_page), PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_FD, 0);
	if (page != MAP_FAILED)
		guard_watch(page);
}
