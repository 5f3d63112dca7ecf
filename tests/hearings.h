/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hearings for tests of terms: one for whatever is scored, and as many as there are golden sounds. */
#ifndef TESTS_HEARINGS_H
#define TESTS_HEARINGS_H

#include "score/hearing.h"

enum { HEARINGS = 64 };
static struct listener *listener;
static struct hearing *hearings[HEARINGS];
static size_t n_hearings;

/* One that lasts until hearings_end. */
static struct hearing *
hearing_kept(void)
{
	if (!listener)
		listener = listener_new();
	return n_hearings < HEARINGS ? hearings[n_hearings++] = hearing_new(listener) : NULL;
}

/* h as terms want it, before each score. */
static void
hear_it(struct heard *h)
{
	static struct hearing *it;
	if (!n_hearings || !it)
		it = hearing_kept();
	hearing_begin(it, h);
}

static void
hearings_end(void)
{
	while (n_hearings)
		hearing_free(hearings[--n_hearings]);
	listener_free(listener);
	listener = NULL;
}

#endif
