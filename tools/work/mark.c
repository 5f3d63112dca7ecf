/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mark.h"

#include <string.h>

#include "queue/letter.h"

enum { FIELD = 1000, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* One field of a message: its bytes from `at` on, and what is in it. */
struct field {
	uint32_t number, type;
	size_t at, end;      /* tag included */
	const uint8_t *body; /* of BYTES */
	size_t n;
};

/* 1 and the value; p moves on. 0: cut short, or too long. */
static bool
varint(const uint8_t *msg, size_t n, size_t *p, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && *p < n; shift += 7) {
		const uint8_t c = msg[(*p)++];
		*value |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

/* The field at *p, which moves behind it. 1, 0 at the end, -1: it is none. */
static int
next_field(const uint8_t *msg, size_t n, size_t *p, struct field *f)
{
	uint64_t tag, length;
	f->at = *p;
	if (*p == n)
		return 0;
	if (!varint(msg, n, p, &tag) || tag >> 3 == 0 || tag >> 32)
		return -1;
	f->number = (uint32_t)(tag >> 3);
	f->type = tag & 7;
	f->body = NULL;
	f->n = 0;
	size_t step = 0;
	if (f->type == FIXED64) {
		step = 8;
	} else if (f->type == FIXED32) {
		step = 4;
	} else if (f->type == BYTES) {
		if (!varint(msg, n, p, &length) || length > n - *p)
			return -1;
		f->body = msg + *p;
		f->n = step = length;
	} else if (f->type != 0 || !varint(msg, n, p, &length)) {
		return -1; /* groups are none of ours */
	}
	if (step > n - *p)
		return -1;
	*p += step;
	f->end = *p;
	return 1;
}

void
mark_write(uint64_t mark, uint8_t out[MARK_SIZE])
{
	const unsigned tag = FIELD << 3 | FIXED64;
	*out++ = (uint8_t)(tag | 0x80);
	*out++ = (uint8_t)(tag >> 7);
	for (int i = 0; i < 8; i++)
		*out++ = (uint8_t)(mark >> 8 * i);
}

int
mark_find(const uint8_t *msg, size_t n, size_t *at, uint64_t *mark)
{
	struct field f;
	size_t p = 0;
	int status, found = 0;
	while ((status = next_field(msg, n, &p, &f)) > 0)
		if (f.number == FIELD && f.type == FIXED64 && f.end - f.at == MARK_SIZE) {
			found = 1;
			*at = f.at;
			*mark = 0;
			for (int i = 0; i < 8; i++)
				*mark |= (uint64_t)msg[f.end - 8 + (size_t)i] << 8 * i;
		}
	return status < 0 ? -1 : found;
}

/* Take.parts, Part.patch, and of a Patch its nodes and outputs (proto/take.proto): parameters are named in
   nodes by number, so the bytes of the nodes hold no value that is open. */
enum { TAKE_PARTS = 6, PART_PATCH = 2, PATCH_NODES = 2, PATCH_OUTPUTS = 4 };

static uint64_t
graph_within(const uint8_t *msg, size_t n, int depth, uint64_t sum)
{
	struct field f;
	size_t p = 0;
	while (next_field(msg, n, &p, &f) > 0) {
		if (f.type != BYTES)
			continue;
		if (depth == 2 && (f.number == PATCH_NODES || f.number == PATCH_OUTPUTS)) {
			const uint64_t pair[2] = {sum, letter_sum(f.body, f.n)};
			sum = letter_sum(pair, sizeof pair);
		} else if ((depth == 0 && f.number == TAKE_PARTS) || (depth == 1 && f.number == PART_PATCH)) {
			sum = graph_within(f.body, f.n, depth + 1, sum);
		}
	}
	return sum;
}

uint64_t
graph_of(const uint8_t *msg, size_t n)
{
	return graph_within(msg, n, 0, 0);
}
