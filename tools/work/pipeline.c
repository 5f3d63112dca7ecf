/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20 };

/* --- the text --------------------------------------------------------------------------- */

/* Where the stage that begins at s ends: at a '|' or the end. NULL if this is no plain pipe. */
static const char *
stage_end(const char *s)
{
	int depth = 0;
	char quote = 0;
	for (; *s; s++) {
		if (*s == '\\' && quote != '\'') {
			if (!*++s)
				return NULL;
		} else if (quote) {
			quote = *s == quote ? 0 : quote;
		} else if (*s == '\'' || *s == '"' || *s == '`') {
			quote = *s;
		} else if (*s == '(' || *s == '{') {
			depth++;
		} else if (*s == ')' || *s == '}') {
			if (--depth < 0)
				return NULL;
		} else if (depth) {
			continue;
		} else if (*s == '|') {
			return s[1] == '|' || s[1] == '&' ? NULL : s;
		} else if ((*s == '>' || *s == '<') && (s[1] == '&' || s[1] == '|')) {
			s++;
		} else if (strchr(";&\n#", *s) || (*s == '<' && s[1] == '<')) {
			return NULL;
		}
	}
	return depth || quote ? NULL : s;
}

/* The first word, if it is plain: what can be run, and no word of the shell's own. */
static size_t
plain_word(const char *s)
{
	static const char *const own[] = {"if", "while", "until", "for", "case", "time", "exec", "eval", "set", "trap", "wait"};
	size_t n = 0;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_./+-", s[n])))
		n++;
	if (s[n] && !isspace((unsigned char)s[n]))
		return 0;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strlen(own[i]) == n && !strncmp(own[i], s, n))
			return 0;
	return n;
}

/* What messages call it: the program, without assignments before it and folders. */
static void
stage_name(char name[STAGE_NAME], const char *s, size_t n)
{
	size_t at = 0, length;
	for (;; at += length) {
		while (at < n && isspace((unsigned char)s[at]))
			at++;
		for (length = 0; at + length < n && !isspace((unsigned char)s[at + length]); length++)
			;
		if (!memchr(s + at, '=', length) || at + length >= n)
			break;
	}
	for (size_t i = 0; i < length; i++)
		if (s[at + i] == '/' && i + 1 < length) {
			at += i + 1;
			length -= i + 1;
			i = 0;
		}
	snprintf(name, STAGE_NAME, "%.*s", (int)length, s + at);
}

static int
add_stage(struct pipeline *p, const char *s, size_t n, bool whole, bool (*is_tool)(const char *name), struct err *err)
{
	char word[STAGE_NAME];
	while (n && isspace((unsigned char)*s)) {
		s++;
		n--;
	}
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	if (!n)
		return err_set(err, "a stage of the pipeline is empty");
	if (p->n == STAGES)
		return err_set(err, "a pipeline has at most %d stages", STAGES);
	const size_t w = whole ? 0 : plain_word(s);
	snprintf(word, sizeof word, "%.*s", (int)w, s);
	const bool tool = w && w < sizeof word && !strchr(word, '/') && is_tool(word);
	/* exec: then it is the stage that we are told about, and no shell that waits for it */
	if (asprintf(&p->stage[p->n].command, "%s%s%.*s", w ? "exec " : "", tool ? "assay-" : "", (int)n, s) < 0)
		return err_set(err, "out of memory");
	stage_name(p->stage[p->n++].name, s, n);
	return 0;
}

int
pipeline_parse(struct pipeline *p, const char *text, bool (*is_tool)(const char *name), struct err *err)
{
	const char *s, *end;
	p->n = 0;
	for (s = text; (end = stage_end(s)) && *end; s = end + 1)
		;
	if (!end)
		return add_stage(p, text, strlen(text), true, is_tool, err);
	for (s = text;; s = end + 1) {
		end = stage_end(s);
		if (add_stage(p, s, (size_t)(end - s), false, is_tool, err) < 0)
			return pipeline_release(p), -1;
		if (!*end)
			return 0;
	}
}

void
pipeline_release(struct pipeline *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->stage[i].command);
	p->n = 0;
}

/* --- processes ---------------------------------------------------------------------------- */

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child, where little may be called. */
static _Noreturn void
run_stage(const struct flow *f, size_t i, int in, int out, int talk)
{
	const struct pipeline *p = f->of;
	setpgid(0, f->group);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(talk, STDERR_FILENO) < 0)
		_exit(126);
	struct rlimit files;
	if (p->files && getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = p->files;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	confine_child(&p->confine);
	/* Who stops all processes of a job or unit means us: we let the stages finish what is in hand. */
	signal(SIGTERM, SIG_IGN);
	execl("/bin/sh", "sh", "-c", p->stage[i].command, (char *)NULL);
	_exit(126);
}

/* The descriptors 0, 1 and 2 are taken: a pipe never becomes one of them, so dup2 makes copies that stay open. */
static int
new_pipe(int fd[2], struct err *err)
{
	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	return 0;
}

int
flow_start(struct flow *f, const struct pipeline *p, struct err *err)
{
	int next[2], talk[2] = {-1, -1}, in;
	*f = (struct flow){.of = p, .in = -1, .out = -1};
	for (size_t i = 0; i < p->n; i++)
		f->stage[i].talk = -1;
	if (new_pipe(next, err) < 0)
		return -1;
	in = next[0];
	f->in = next[1];
	next[0] = next[1] = -1;
	for (size_t i = 0; i < p->n; i++) {
		if (new_pipe(next, err) < 0 || new_pipe(talk, err) < 0)
			goto fail;
		fcntl(next[1], F_SETPIPE_SZ, PIPE_SIZE); /* a result or two; without it only slower */
		const pid_t pid = fork();
		if (pid < 0) {
			err_errno(err, "cannot start '%s'", p->stage[i].name);
			goto fail;
		}
		if (pid == 0)
			run_stage(f, i, in, next[1], talk[1]);
		if (!f->group)
			f->group = pid;
		setpgid(pid, f->group);
		f->stage[i].pid = pid;
		f->stage[i].talk = talk[0];
		fcntl(talk[0], F_SETFL, O_NONBLOCK);
		talk[0] = -1;
		close_fd(&talk[1]);
		close_fd(&next[1]);
		close_fd(&in);
		in = next[0];
		next[0] = -1;
	}
	f->out = in;
	fcntl(f->in, F_SETFL, O_NONBLOCK);
	fcntl(f->out, F_SETFL, O_NONBLOCK);
	return 0;
fail:
	close_fd(&talk[0]);
	close_fd(&talk[1]);
	close_fd(&next[0]);
	close_fd(&next[1]);
	close_fd(&in);
	flow_kill(f);
	for (size_t i = 0; i < p->n; i++)
		if (f->stage[i].pid > 0)
			waitpid(f->stage[i].pid, NULL, 0);
	flow_end(f);
	return -1;
}

/* A line is kept, in case it turns out to be the last. */
static void
line_end(struct stage_run *r, void (*tell)(const char *line))
{
	if (!r->n)
		return;
	r->line[r->n] = 0;
	r->n = 0;
	memcpy(r->last, r->line, sizeof r->last);
	if (strcasestr(r->line, "error"))
		memcpy(r->error, r->line, sizeof r->error);
	if (tell)
		tell(r->line);
}

void
flow_listen(struct flow *f, void (*tell)(const char *line))
{
	char buf[4096];
	for (size_t i = 0; i < f->of->n; i++) {
		struct stage_run *r = &f->stage[i];
		ssize_t n = 1;
		for (int turn = 0; r->talk >= 0 && turn < 16; turn++) {
			n = read(r->talk, buf, sizeof buf);
			if (n <= 0)
				break;
			for (ssize_t k = 0; k < n; k++) {
				const unsigned char c = (unsigned char)buf[k];
				if (c == '\n' || c == '\r')
					line_end(r, tell);
				else if (r->n + 1 < sizeof r->line)
					r->line[r->n++] = (c < 0x20 && c != '\t') || c == 0x7f ? '?' : (char)c;
			}
		}
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			line_end(r, tell);
			close_fd(&r->talk);
		}
	}
}

size_t
flow_reap(struct flow *f)
{
	size_t left = 0;
	for (size_t i = 0; i < f->of->n; i++) {
		struct stage_run *r = &f->stage[i];
		if (r->pid > 0 && waitpid(r->pid, &r->status, WNOHANG) == r->pid) {
			r->pid = 0;
			r->after = f->in < 0;
		}
		left += r->pid > 0;
	}
	return left;
}

void
flow_close_in(struct flow *f)
{
	close_fd(&f->in);
}

void
flow_kill(struct flow *f)
{
	f->killed = true;
	if (f->group <= 0)
		return;
	/* Not all may be in the group yet, and its number is ours only while one of them has not been waited for. */
	for (size_t i = 0; i < f->of->n; i++)
		if (f->stage[i].pid > 0) {
			kill(-f->group, SIGKILL);
			kill(f->stage[i].pid, SIGKILL);
		}
}

/* How much the end of a stage looks like the cause: that it could not write is the fault of the one behind it. A
   shell says 128 + the signal. */
static int
blame(const struct stage_run *r)
{
	const int s = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : 0;
	const int sig = WIFSIGNALED(r->status) ? WTERMSIG(r->status) : s > 128 && s < 128 + NSIG ? s - 128 : 0;
	if (sig == SIGPIPE || (s && strstr(r->error, strerror(EPIPE))))
		return 0;
	return sig ? 3 : s ? 2 : 1;
}

/* Of those that ended by themselves one that was killed, else one that failed, else the first in the pipe: what comes
   after it had its stream cut. */
static const struct stage_run *
culprit(const struct flow *f)
{
	const struct stage_run *best = NULL;
	for (size_t i = 0; i < f->of->n; i++) {
		const struct stage_run *r = &f->stage[i];
		if (r->pid > 0)
			continue;
		if (!best) {
			best = r;
			continue;
		}
		const int a = blame(r), b = blame(best);
		if (r->after != best->after ? best->after : a > b)
			best = r;
	}
	return best;
}

void
flow_reason(const struct flow *f, char *text, size_t room)
{
	const struct stage_run *r = culprit(f);
	if (!r) {
		snprintf(text, room, "the pipeline does not end");
		return;
	}
	const char *name = f->of->stage[r - f->stage].name, *said = *r->error ? r->error : r->last;
	int n;
	if (WIFSIGNALED(r->status))
		n = snprintf(text, room, "%s was killed by signal %d (%s)", name, WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
	else if (WEXITSTATUS(r->status))
		n = snprintf(text, room, "%s ended with status %d", name, WEXITSTATUS(r->status));
	else
		n = snprintf(text, room, "%s ended before its input did", name);
	if (*said && n > 0 && (size_t)n < room)
		snprintf(text + n, room - (size_t)n, ": %s", said);
}

int
flow_status(const struct flow *f)
{
	const struct stage_run *r = culprit(f);
	return r && WIFEXITED(r->status) && WEXITSTATUS(r->status) ? WEXITSTATUS(r->status) : -1;
}

size_t
flow_fds(const struct flow *f, struct pollfd *fds)
{
	size_t n = 0;
	for (size_t i = 0; i < f->of->n; i++)
		if (f->stage[i].talk >= 0)
			fds[n++] = (struct pollfd){.fd = f->stage[i].talk, .events = POLLIN};
	return n;
}

void
flow_end(struct flow *f)
{
	close_fd(&f->in);
	close_fd(&f->out);
	for (size_t i = 0; f->of && i < f->of->n; i++)
		close_fd(&f->stage[i].talk);
	f->group = 0;
}
