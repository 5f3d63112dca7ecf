/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY_GB = 2 };

void
command_add(struct command *c, const char *word)
{
	if (c->n < RUN_ARGS)
		c->word[c->n++] = word;
}

void
command_add_words(struct command *c, const char *text, char *room)
{
	char *rest;
	strcpy(room, text);
	for (char *w = strtok_r(room, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		command_add(c, w);
}

/* In the child, where only what is safe after fork may be called. */
static _Noreturn void
become(const struct command *c, unsigned seconds, int said, int why)
{
	static const int usual[] = {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		signal(usual[i], SIG_DFL);
	const struct rlimit time = {seconds, seconds}, core = {0, 0};
	const struct rlimit memory = {(rlim_t)MEMORY_GB << 30, (rlim_t)MEMORY_GB << 30};
	setrlimit(RLIMIT_CPU, &time);
	setrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_AS, &memory);
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(said, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0)
		execvp(c->word[0], (char *const *)c->word);
	const int e = errno;
	if (write(why, &e, sizeof e) < 0)
		_exit(126);
	_exit(127);
}

/* All that comes, of which the beginning is kept. */
static void
listen_to(int fd, struct run_result *r)
{
	char more[4096];
	for (;;) {
		const bool full = r->n >= RUN_SAID;
		const ssize_t n = read(fd, full ? more : r->said + r->n, full ? sizeof more : RUN_SAID - r->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		r->n += full ? 0 : (size_t)n;
	}
	r->said[r->n] = 0;
}

int
run_program(const struct command *c, unsigned seconds, struct run_result *r, struct err *err)
{
	int said[2], why[2], e = 0, status = 0;
	*r = (struct run_result){.said = malloc(RUN_SAID + 1)};
	if (!r->said)
		return err_set(err, "out of memory");
	if (pipe2(said, O_CLOEXEC) < 0)
		return err_errno(err, "cannot run '%s'", c->word[0]);
	if (pipe2(why, O_CLOEXEC) < 0) {
		err_errno(err, "cannot run '%s'", c->word[0]);
		close(said[0]);
		close(said[1]);
		return -1;
	}
	const pid_t pid = fork();
	if (pid == 0)
		become(c, seconds, said[1], why[1]);
	const int forked = errno;
	close(said[1]);
	close(why[1]);
	if (pid > 0) {
		listen_to(said[0], r);
		if (read(why[0], &e, sizeof e) != sizeof e)
			e = 0;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	} else
		e = forked;
	close(said[0]);
	close(why[0]);
	if (e) {
		errno = e;
		err_errno(err, "cannot run '%s'", c->word[0]);
		errno = e;
		return -1;
	}
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int
run_failed(const struct run_result *r, const char *what, struct err *err)
{
	const char *line = r->said, *found = NULL;
	for (const char *s = r->said; s && *s; s = strchr(s, '\n'), s += s != NULL) {
		const char *end = strchrnul(s, '\n'), *word = strcasestr(s, "error"), *lost = strstr(s, "undefined reference");
		if ((word && word < end) || (lost && lost < end)) {
			found = s;
			break;
		}
	}
	line = found ? found : line;
	if (!*line)
		return err_set(err, "%s: ended with status %d and said nothing", what, r->status);
	return err_set(err, "%s: %.*s", what, (int)strcspn(line, "\n"), line);
}
