/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/guard.h"

#include <immintrin.h>
#include <stdio.h>
#include <string.h>

static struct guard_page *page;
static atomic_uint seats;

static _Thread_local struct {
	struct guard_seat *seat;
	const char *name;
	unsigned csr;
} own;

void
guard_watch(struct guard_page *p)
{
	page = p;
}

static void
sit_down(void)
{
	const unsigned n = atomic_fetch_add(&seats, 1);
	if (n < GUARD_SEATS)
		own.seat = &page->seat[n];
}

void
guard_enter(const char *name)
{
	own.csr = _mm_getcsr();
	if (!page)
		return;
	if (!own.name)
		sit_down();
	if (own.seat && own.name != name)
		snprintf(own.seat->name, sizeof own.seat->name, "%s", name);
	own.name = name;
	if (own.seat)
		atomic_store_explicit(&own.seat->busy, 1, memory_order_release);
}

void
guard_leave(void)
{
	_mm_setcsr(own.csr);
	if (!page)
		return;
	if (own.seat)
		atomic_store_explicit(&own.seat->busy, 0, memory_order_release);
	atomic_fetch_add_explicit(&page->pulse, 1, memory_order_relaxed);
}

void
guard_who(const struct guard_page *p, char *text, size_t room)
{
	size_t n = 0;
	*text = 0;
	for (size_t i = 0; i < GUARD_SEATS && n < room; i++) {
		const struct guard_seat *s = &p->seat[i];
		if (!atomic_load_explicit(&s->busy, memory_order_acquire))
			continue;
		char name[GUARD_NAME]; /* the page is whatever the other process made of it */
		memcpy(name, s->name, sizeof name);
		name[GUARD_NAME - 1] = 0;
		if (!strstr(text, name))
			n += (size_t)snprintf(text + n, room - n, "%s%s", n ? " or " : "module ", name);
	}
}
