/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of farm's own, on this machine, where there is none: it ends with this process. */
#ifndef FARM_HELPER_H
#define FARM_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "stream/post.h"

struct helper {
	const char *address;
	struct post_settings set;
	bool allowed;
	pid_t pid; /* 0: none runs */
	int fd;    /* what it says */
	int64_t next;
	char text[2048], told[2048];
	size_t n;
};

void helper_init(struct helper *h, const char *address, const struct post_settings *set, bool allowed);

/* While no queue answers: starts one where nobody listens. Every turn: passes on what it says, and sees it end. */
void helper_tend(struct helper *h, bool answered, int64_t now);

void helper_release(struct helper *h);

#endif
