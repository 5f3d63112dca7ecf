/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that a bench starts and that never outlive it: servers in a temporary folder,
 * copies of itself that work, and buffered talk with them over sockets. bench_run
 * runs the bench in a process of its own, so that the folder goes whatever happens;
 * everything below it is killed by the kernel when its parent ends.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static char bench_dir[40]; /* short: a socket's path has 107 bytes */
static pid_t bench_pid;

static inline double
bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void
bench_sleep(double seconds)
{
	const struct timespec t = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};
	nanosleep(&t, NULL);
}

static inline const char *
bench_path(const char *name)
{
	static char path[4][100];
	static int k;
	char *p = path[k++ % 4];
	snprintf(p, sizeof path[0], "%s/%s", bench_dir, name);
	return p;
}

static void
bench_ended(int sig)
{
	if (sig == SIGTERM)
		kill(bench_pid, SIGKILL);
}

static inline int
bench_run(int (*body)(int argc, char **argv), int argc, char **argv)
{
	strcpy(bench_dir, "/tmp/bench.XXXXXX");
	if (!mkdtemp(bench_dir) || chmod(bench_dir, 0755) < 0)
		return 1;
	fflush(NULL);
	bench_pid = fork();
	if (bench_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		exit(body(argc, argv));
	}
	signal(SIGINT, bench_ended); /* the child has it too, and dies of it */
	signal(SIGTERM, bench_ended);
	int status = 1 << 8;
	while (bench_pid > 0 && waitpid(bench_pid, &status, 0) < 0 && errno == EINTR)
		;
	bench_sleep(0.05); /* its servers see that it is gone */
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", bench_dir);
	if (system(command) != 0)
		fprintf(stderr, "bench: cannot remove '%s'\n", bench_dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* --- processes -------------------------------------------------------------------- */

/* The path of a program: on PATH, in the folders of servers, or beside the bench in ../bin. */
static inline const char *
program_find(const char *name)
{
	static char path[512];
	char here[256] = "";
	if (readlink("/proc/self/exe", here, sizeof here - 1) > 0 && strrchr(here, '/'))
		*strrchr(here, '/') = 0;
	const char *const folders[] = {"/../bin", "/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin",
	    "/usr/lib/postgresql/*/bin"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char pattern[512];
		snprintf(pattern, sizeof pattern, "%s%s/%s", i ? "" : here, folders[i], name);
		glob_t g;
		const bool found = glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc > 0;
		if (found)
			snprintf(path, sizeof path, "%s", g.gl_pathv[g.gl_pathc - 1]);
		globfree(&g);
		if (found && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* Starts argv as this user (NULL: as we are), its talk in the folder's "log", and ends it with
   `sig` when we end. */
static inline pid_t
program_start(const char *user, int sig, char *const argv[])
{
	const pid_t parent = getpid(), p = fork();
	if (p != 0)
		return p;
	const struct passwd *pw = user && getuid() == 0 ? getpwnam(user) : NULL;
	const int log = open(bench_path("log"), O_WRONLY | O_CREAT | O_APPEND, 0666), null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	if (pw && (setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, sig);
	if (getppid() != parent || chdir(bench_dir) < 0)
		_exit(126);
	execv(argv[0], argv);
	_exit(127);
}

static inline void
program_stop(pid_t p, int sig)
{
	if (p <= 0)
		return;
	kill(p, sig);
	while (waitpid(p, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A copy of this process that runs body(arg), and never returns from it. */
static inline pid_t
copy_start(void (*body)(void *arg), void *arg)
{
	fflush(NULL);
	const pid_t parent = getpid(), p = fork();
	if (p != 0)
		return p;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		body(arg);
	_exit(0);
}

/* --- sockets ---------------------------------------------------------------------- */

struct wire {
	int fd;
	size_t at, have;
	char buf[1 << 16], line[512];
};

static inline int
dial_unix(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int
dial_tcp(int port)
{
	const struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int
free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		a.sin_port = 0;
	close(fd);
	return ntohs(a.sin_port);
}

static inline bool
wire_put(struct wire *w, const void *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		const ssize_t k = write(w->fd, (const char *)p + at, n - at);
		if (k <= 0)
			return false;
		at += (size_t)k;
	}
	return true;
}

/* n bytes, in place, until the next call; NULL when the other side is gone. At most a
   buffer's size. */
static inline const char *
wire_take(struct wire *w, size_t n)
{
	if (w->have - w->at < n) {
		memmove(w->buf, w->buf + w->at, w->have - w->at);
		w->have -= w->at;
		w->at = 0;
		while (w->have < n) {
			const ssize_t k = n > sizeof w->buf ? 0 : read(w->fd, w->buf + w->have, sizeof w->buf - w->have);
			if (k <= 0)
				return NULL;
			w->have += (size_t)k;
		}
	}
	w->at += n;
	return w->buf + w->at - n;
}

/* A line that ends in CR LF, without them; NULL when the other side is gone. */
static inline const char *
wire_line(struct wire *w)
{
	size_t n = 0;
	for (const char *c; n < sizeof w->line - 1 && (c = wire_take(w, 1));) {
		if (*c == '\n') {
			w->line[n - (n > 0)] = 0;
			return w->line;
		}
		w->line[n++] = *c;
	}
	return NULL;
}

#endif
