/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/algo.h"

#include <stdlib.h>
#include <string.h>

const struct algo *
algo_find(const char *name)
{
	for (const struct algo *const *a = algos; *a; a++)
		if (!strcmp((*a)->name, name))
			return *a;
	return NULL;
}

void
blob_put(struct blob *b, const void *p, size_t n)
{
	if (b->bad || !n)
		return;
	if (b->size - b->n < n) {
		const size_t size = 2 * b->size + n + 256;
		uint8_t *data = realloc(b->data, size);
		if (!data) {
			b->bad = true;
			return;
		}
		b->data = data;
		b->size = size;
	}
	memcpy(b->data + b->n, p, n);
	b->n += n;
}

void
blob_get(struct blob *b, void *p, size_t n)
{
	if (b->bad || b->n - b->at < n) {
		b->bad = true;
		memset(p, 0, n);
		return;
	}
	if (n)
		memcpy(p, b->data + b->at, n);
	b->at += n;
}

void
blob_free(struct blob *b)
{
	free(b->data);
	*b = (struct blob){0};
}
