/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int talk_level = 1;
bool talk_plain;

static const char *name = "assay";
static bool line_open; /* a progress line stands on the terminal */
static volatile sig_atomic_t stop;

void
talk_name(const char *tool)
{
	name = tool;
}

static bool
terminal(void)
{
	static int is = -1;
	if (is < 0)
		is = isatty(STDERR_FILENO);
	return is;
}

static void
say(const char *colour, const char *label, const char *fmt, va_list ap)
{
	char text[1024];
	vsnprintf(text, sizeof text, fmt, ap);
	/* Names come from takes and files: none of them may steer the terminal. */
	for (char *s = text; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7f)
			*s = '?';
	const bool paint = *colour && terminal() && !getenv("NO_COLOR");
	fprintf(stderr, "%s%s: %s%s%s%s\n", line_open ? "\r\033[K" : "", name, paint ? colour : "",
	    label, paint ? "\033[m" : "", text);
	line_open = false;
}

#define SAY(colour, label)                        \
	do {                                      \
		va_list ap;                       \
		va_start(ap, fmt);                \
		say(colour, label, fmt, ap);      \
		va_end(ap);                       \
	} while (0)

void
talk_error(const char *fmt, ...)
{
	SAY("\033[31m", "error: ");
}

void
talk_warning(const char *fmt, ...)
{
	if (talk_level >= 1)
		SAY("\033[33m", "warning: ");
}

void
talk_info(const char *fmt, ...)
{
	if (talk_level >= 1)
		SAY("", "");
}

void
talk_verbose(const char *fmt, ...)
{
	if (talk_level >= 2)
		SAY("", "");
}

void
die(int status, const char *fmt, ...)
{
	SAY("\033[31m", "error: ");
	exit(stop ? EXIT_INTERRUPTED : status);
}

double
talk_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){.what = what, .total = total, .began = talk_clock()};
}

static void
progress_line(const struct progress *p, const char *note, char *line, size_t n)
{
	const double t = talk_clock() - p->began, rate = t > 0 ? (double)p->done / t : 0;
	int k = p->total
	    ? snprintf(line, n, "%llu/%llu %s", (unsigned long long)p->done, (unsigned long long)p->total, p->what)
	    : snprintf(line, n, "%llu %s", (unsigned long long)p->done, p->what);
	k += snprintf(line + k, n - (size_t)k, ", %.*f/s", rate < 10 ? 1 : 0, rate);
	if (p->total > p->done && rate > 0) {
		const double left = (double)(p->total - p->done) / rate;
		k += snprintf(line + k, n - (size_t)k, ", %d:%02d to go", (int)(left / 60), (int)left % 60);
	}
	if (note && *note)
		snprintf(line + k, n - (size_t)k, ", %s", note);
}

void
progress_at(struct progress *p, uint64_t done, const char *note)
{
	char line[256];
	p->done = done;
	if (talk_level < 1)
		return;
	if (talk_plain) {
		const int tenth = p->total ? (int)(10 * done / p->total) : 0;
		if (tenth == p->tenth)
			return;
		p->tenth = tenth;
		progress_line(p, note, line, sizeof line);
		talk_info("%s", line);
	} else if (terminal()) {
		const double now = talk_clock();
		if (now - p->shown < 0.1)
			return;
		p->shown = now;
		progress_line(p, note, line, sizeof line);
		fprintf(stderr, "\r%s: %s\033[K", name, line);
		line_open = true;
	}
}

void
progress_end(struct progress *p)
{
	(void)p;
	if (line_open)
		fputs("\r\033[K", stderr);
	line_open = false;
}

static volatile sig_atomic_t stop;
static int wake[2] = {-1, -1}; /* a pipe that the signal writes to */

static void
on_signal(int sig)
{
	const int e = errno;
	stop = 1;
	signal(sig, SIG_DFL); /* the second one ends us */
	if (wake[1] >= 0 && write(wake[1], "", 1) < 0)
		stop = 1; /* it is full: readable all the same */
	errno = e;
}

void
interrupt_catch(void)
{
	/* no SA_RESTART: a read that waits comes back, and its caller looks here */
	const struct sigaction a = {.sa_handler = on_signal};
	if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		wake[0] = wake[1] = -1;
	struct sigaction was;
	sigaction(SIGINT, &a, NULL);
	if (sigaction(SIGTERM, NULL, &was) < 0 || was.sa_handler != SIG_IGN)
		sigaction(SIGTERM, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

bool
interrupted(void)
{
	return stop;
}

int
interrupt_fd(void)
{
	return wake[0];
}
