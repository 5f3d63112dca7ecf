/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "screen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static bool keys;        /* standard input is a terminal */
static bool drawn;       /* the screen is ours now */
static int resized = -1; /* readable when the window has changed */

bool
screen_is_there(void)
{
	const char *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

static void
put(const char *s, size_t n)
{
	while (n) {
		const ssize_t k = write(STDOUT_FILENO, s, n);
		if (k < 0 && errno != EINTR && errno != EAGAIN)
			return; /* the terminal is gone, which screen_keys finds out */
		s += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
}

#define PUT(text) put(text, sizeof(text) - 1)

static void
take(void)
{
	if (keys) {
		struct termios raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = raw.c_cc[VTIME] = 0;
		raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* ^Z comes as a key: the screen is given back first */
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	PUT("\033[?1049h\033[?25l\033[?7l"); /* alternate screen, no cursor, no line wrap */
	drawn = true;
}

void
screen_close(void)
{
	if (!drawn)
		return;
	drawn = false;
	PUT("\033[?7h\033[?25h\033[?1049l");
	if (keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

void
screen_open(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	if (!sigprocmask(SIG_BLOCK, &set, NULL))
		resized = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
	atexit(screen_close);
	take();
}

void
screen_size(int *width, int *height)
{
	struct winsize w;
	const bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col && w.ws_row;
	*width = known ? w.ws_col : 80;
	*height = known ? w.ws_row : 24;
}

size_t
screen_fds(struct pollfd fds[SCREEN_FDS])
{
	size_t n = 0;
	if (resized >= 0)
		fds[n++] = (struct pollfd){.fd = resized, .events = POLLIN};
	if (keys)
		fds[n++] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	return n;
}

bool
screen_keys(void)
{
	struct signalfd_siginfo info;
	while (resized >= 0 && read(resized, &info, sizeof info) > 0)
		;
	struct pollfd hung = {.fd = STDIN_FILENO};
	if (keys && poll(&hung, 1, 0) > 0 && hung.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	char c;
	while (keys && read(STDIN_FILENO, &c, 1) == 1) {
		if (c == 'q' || c == 'Q')
			return true;
		if (c == 'Z' - '@') {
			screen_close();
			kill(0, SIGTSTP);
			take();
		}
	}
	return false;
}

void
screen_draw(const char *text, size_t n)
{
	int width, height;
	screen_size(&width, &height);
	size_t k = 0;
	while (k < n && height > 0)
		height -= text[k++] == '\n';
	n = k - (k > 0 && !height); /* a newline after the lowest line would scroll */
	PUT("\033[H");
	put(text, n);
	PUT("\033[J");
}
