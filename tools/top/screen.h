/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A terminal taken over and given back as it was. */
#ifndef TOOLS_TOP_SCREEN_H
#define TOOLS_TOP_SCREEN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether standard output is a terminal that can be drawn on. */
bool screen_is_there(void);

/* Its alternate screen, keys as they are pressed. screen_close gives it back; so does exit(). */
void screen_open(void);
void screen_close(void);

void screen_size(int *width, int *height);

/* What to wait for beside the queue: keys, a window of another size. Returns how many. */
enum { SCREEN_FDS = 2 };
size_t screen_fds(struct pollfd fds[SCREEN_FDS]);

/* Reads what is there. True when the person wants to leave (q, or the terminal is gone). ^Z stops
   until the shell goes on. */
bool screen_keys(void);

/* Draws over what is there: n bytes of lines that end in SCREEN_LINE. */
#define SCREEN_LINE "\033[K\n"
void screen_draw(const char *text, size_t n);

#endif
