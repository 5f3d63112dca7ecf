/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/glance.h"

#include <stdio.h>
#include <string.h>

enum { ID = 1, KEY = 2, ERROR = 15, LABEL_BYTES = 6 };

/* The message has been checked: there is a varint. */
static uint64_t
varint(const uint8_t **p)
{
	uint64_t x = 0;
	for (int shift = 0;; shift += 7) {
		const uint8_t b = *(*p)++;
		x |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return x;
	}
}

static void
copy(char *to, size_t room, const uint8_t *from, size_t n)
{
	n = n < room ? n : room - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

int
take_glance(const uint8_t *msg, size_t n, struct take_glance *g, struct err *err)
{
	size_t memory;
	char hex[HASH_HEX] = "";
	*g = (struct take_glance){"", ""};
	if (take_check(msg, n, &memory, err) < 0)
		return -1;
	for (const uint8_t *p = msg, *end = msg + n; p < end;) {
		const uint64_t tag = varint(&p);
		size_t size = 0;
		switch (tag & 7) {
		case PROTOBUF_C_WIRE_TYPE_VARINT: varint(&p); break;
		case PROTOBUF_C_WIRE_TYPE_64BIT: size = 8; break;
		case PROTOBUF_C_WIRE_TYPE_32BIT: size = 4; break;
		default: size = varint(&p);
		}
		if (tag == (KEY << 3 | 2))
			copy(g->label, sizeof g->label, p, size);
		else if (tag == (ERROR << 3 | 2))
			copy(g->error, sizeof g->error, p, size);
		else if (tag == (ID << 3 | 2))
			hash_hex(p, size < LABEL_BYTES ? size : LABEL_BYTES, hex);
		p += size;
	}
	if (!*g->label)
		snprintf(g->label, sizeof g->label, "%s", *hex ? hex : "(no id)");
	return 0;
}
