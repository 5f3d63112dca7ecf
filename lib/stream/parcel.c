/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/parcel.h"

#include <stdlib.h>
#include <string.h>

static void
destroy(struct parcel *p)
{
	free(p);
}

struct parcel *
parcel_new(const void *bytes, size_t n)
{
	struct parcel *p = malloc(sizeof *p + n);
	if (!p)
		return NULL;
	uint8_t *copy = (uint8_t *)(p + 1);
	if (n)
		memcpy(copy, bytes, n);
	p->bytes = copy;
	p->n = n;
	p->destroy = destroy;
	atomic_init(&p->refs, 1);
	return p;
}

struct parcel *
parcel_ref(struct parcel *p)
{
	if (p)
		atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void
parcel_unref(struct parcel *p)
{
	if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
		p->destroy(p);
}
