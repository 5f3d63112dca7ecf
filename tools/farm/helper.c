/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/talk.h"

enum {
	FIRST = 300000,  /* microseconds until the first try, */
	AGAIN = 1000000, /* and between two */
	ENDS = 2000,     /* milliseconds to end in */
};

void
helper_init(struct helper *h, const char *address, const struct post_settings *set, bool allowed)
{
	*h = (struct helper){.address = address, .set = *set, .fd = -1};
	h->allowed = allowed && post_is_local(address);
}

/* assay-queue beside this program, or on PATH. */
static void
find(char path[PATH_MAX])
{
	static const char name[] = "assay-queue";
	const ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof name - 1);
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;
	if (slash) {
		strcpy(slash + 1, name);
		if (access(path, X_OK) == 0)
			return;
	}
	strcpy(path, name);
}

/* In the child. A group of its own, so that an interrupt at the terminal is ours alone. */
static _Noreturn void
become(const char *path, char *const *argv, int fd, pid_t parent)
{
	const int null = open("/dev/null", O_RDWR);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	execvp(path, argv);
	dprintf(STDERR_FILENO, "cannot start '%s': %s\n", path, strerror(errno));
	_exit(EXIT_FAILED);
}

static void
start(struct helper *h)
{
	char path[PATH_MAX];
	int ends[2];
	find(path);
	char *argv[] = {"assay-queue", "-q", NULL, NULL, NULL, NULL, NULL, NULL};
	size_t k = 2;
	if (h->set.keys) {
		argv[k++] = "--keys";
		argv[k++] = (char *)h->set.keys;
	}
	if (h->set.insecure)
		argv[k++] = "--insecure";
	if (h->set.secure)
		argv[k++] = "--secure";
	argv[k] = (char *)h->address;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	const pid_t parent = getpid();
	h->pid = fork();
	if (h->pid == 0)
		become(path, argv, ends[1], parent);
	close(ends[1]);
	if (h->pid < 0) {
		h->pid = 0;
		close(ends[0]);
		return;
	}
	h->fd = ends[0];
	h->n = 0;
	if (!*h->told)
		talk_verbose("no queue answers at %s: one runs with this farm", h->address);
}

/* Once, though it may be tried every second. */
static void
pass_on(struct helper *h)
{
	h->text[h->n] = 0;
	if (!strcmp(h->text, h->told)) {
		h->n = 0;
		return;
	}
	strcpy(h->told, h->text);
	for (char *save, *line = strtok_r(h->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		talk_warning("%s", line);
	h->n = 0;
}

/* What it says before it is up is kept: it may only be that somebody else was first. */
static void
listen_to(struct helper *h, bool up)
{
	for (ssize_t n; (n = read(h->fd, h->text + h->n, sizeof h->text - 1 - h->n)) > 0 && h->n < sizeof h->text - 1;)
		h->n += (size_t)n;
	if (h->n && (up || h->n == sizeof h->text - 1))
		pass_on(h);
}

void
helper_tend(struct helper *h, bool answered, int64_t now)
{
	if (h->pid)
		listen_to(h, answered);
	if (h->pid && waitpid(h->pid, NULL, WNOHANG) == h->pid) {
		listen_to(h, false);
		if (h->n && !post_listens(h->address))
			pass_on(h);
		close(h->fd);
		h->fd = -1;
		h->pid = 0;
	}
	if (answered || h->pid || !h->allowed || now < h->next)
		return;
	if (!h->next) { /* one that the same script starts just now comes first */
		h->next = now + FIRST;
		return;
	}
	h->next = now + AGAIN;
	if (!post_listens(h->address))
		start(h);
}

void
helper_release(struct helper *h)
{
	if (!h->pid)
		return;
	kill(h->pid, SIGTERM);
	for (int ms = 0; ms < ENDS && waitpid(h->pid, NULL, WNOHANG) == 0; ms += 5)
		usleep(5000);
	if (waitpid(h->pid, NULL, WNOHANG) == 0) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	close(h->fd);
	h->pid = 0;
}
