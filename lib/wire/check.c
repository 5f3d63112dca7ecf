/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protobuf-c says only yes or no, after it has allocated; and it loses data in
 * silence in two cases that are refused here: a singular message given twice
 * (its merge drops scalars and unknown fields) and a string that holds a NUL.
 */
#include "wire/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What protobuf-c notes of each field while it unpacks: 40 bytes, in slabs that
   double, so up to three times that. Every block is rounded up by the arena. */
enum { SCANNED = 120, BLOCK = 64, MAX_DEPTH = 16, MAX_FIELDS = 64 };

struct check {
	const uint8_t *start;
	size_t memory;
	const ProtobufCFieldDescriptor *path[MAX_DEPTH];
	size_t depth;
	struct err *err;
};

/* Names the field being looked at and where it begins. */
static int
bad(const struct check *c, const uint8_t *at, const char *why)
{
	char path[256] = "";
	size_t k = 0;
	for (size_t i = 0; i < c->depth; i++) {
		const int n = snprintf(path + k, sizeof path - k, "%s%s", i ? "." : "", c->path[i]->name);
		k = n > 0 && k + (size_t)n < sizeof path ? k + (size_t)n : k;
	}
	const char *quote = c->depth ? "'" : "";
	return err_set(c->err, "%s%s%s%sbyte %zu: %s", quote, path, quote, c->depth ? " at " : "",
	    (size_t)(at - c->start), why);
}

/* Reads a varint. Bytes it took, 0 if there is none before end. */
static size_t
varint(const uint8_t *at, const uint8_t *end, uint64_t *x)
{
	*x = 0;
	for (size_t i = 0; i < 10 && at + i < end; i++) {
		*x |= (uint64_t)(at[i] & 0x7f) << 7 * i;
		if (!(at[i] & 0x80))
			return i + 1;
	}
	return 0;
}

/* Wire type of one value, and its size in memory. */
static unsigned
wire_type(ProtobufCType type, size_t *size)
{
	switch (type) {
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64: *size = 8; return PROTOBUF_C_WIRE_TYPE_64BIT;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32: *size = 4; return PROTOBUF_C_WIRE_TYPE_32BIT;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE: *size = sizeof(void *); return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	case PROTOBUF_C_TYPE_BYTES: *size = sizeof(ProtobufCBinaryData); return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	default: *size = 8; return PROTOBUF_C_WIRE_TYPE_VARINT;
	}
}

static int check_message(struct check *c, const ProtobufCMessageDescriptor *d, const uint8_t *at, const uint8_t *end);

/* A packed array of whole values. */
static int
check_packed(struct check *c, unsigned type, size_t size, const uint8_t *at, const uint8_t *end)
{
	size_t count = (size_t)(end - at) / size;
	if (type != PROTOBUF_C_WIRE_TYPE_VARINT) {
		if ((size_t)(end - at) % size)
			return bad(c, at, "an array that ends within a number");
	} else {
		uint64_t x;
		count = 0;
		for (size_t n; at < end; at += n, count++)
			if ((n = varint(at, end, &x)) == 0)
				return bad(c, at, "an array that ends within a number");
	}
	c->memory += count * size;
	return 0;
}

/* One field whose value stands in [at, end), after its length if it has one. */
static int
check_field(struct check *c, const ProtobufCFieldDescriptor *f, unsigned type, bool again, const uint8_t *at,
    const uint8_t *end)
{
	size_t size;
	const unsigned want = wire_type(f->type, &size);
	const bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED;
	if (repeated && type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && want != type)
		return check_packed(c, want, size, at, end);
	if (type != want)
		return bad(c, at, "not of the type that the schema says");
	c->memory += repeated ? size : 0;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		if (again && !repeated)
			return bad(c, at, "given twice");
		return check_message(c, f->descriptor, at, end);
	}
	if (f->type == PROTOBUF_C_TYPE_STRING && memchr(at, 0, (size_t)(end - at)))
		return bad(c, at, "text that holds a NUL");
	if (type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		c->memory += (size_t)(end - at) + BLOCK;
	return 0;
}

static int
check_message(struct check *c, const ProtobufCMessageDescriptor *d, const uint8_t *at, const uint8_t *end)
{
	bool seen[MAX_FIELDS] = {false};
	c->memory += d->sizeof_message + BLOCK + 16 * (size_t)d->n_fields; /* rounding of each array */
	while (at < end) {
		uint64_t tag, length = 0;
		const uint8_t *const start = at;
		const size_t head = varint(at, end, &tag);
		if (!head || head > 5 || tag >> 3 == 0 || tag >> 32)
			return bad(c, at, "no field begins here");
		at += head;
		const unsigned type = tag & 7;
		const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(d, (unsigned)(tag >> 3));
		if (f && c->depth == MAX_DEPTH)
			return bad(c, start, "nested too deep");
		if (f)
			c->path[c->depth++] = f;
		size_t prefix = 0;
		switch (type) {
		case PROTOBUF_C_WIRE_TYPE_VARINT: length = varint(at, end, &(uint64_t){0}); break;
		case PROTOBUF_C_WIRE_TYPE_64BIT: length = 8; break;
		case PROTOBUF_C_WIRE_TYPE_32BIT: length = 4; break;
		case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: prefix = varint(at, end, &length); break;
		default: c->depth -= f != NULL; return bad(c, start, "no field begins here");
		}
		const bool needs_prefix = type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
		if (needs_prefix ? !prefix || length > (size_t)(end - at) - prefix
		                 : !length || length > (size_t)(end - at))
			return bad(c, start, "cut short");
		at += prefix;
		c->memory += SCANNED;
		if (f) {
			const size_t i = (size_t)(f - d->fields);
			if (check_field(c, f, type, i < MAX_FIELDS && seen[i], at, at + length) < 0)
				return -1;
			if (i < MAX_FIELDS)
				seen[i] = true;
			c->depth--;
		} else {
			c->memory += sizeof(ProtobufCMessageUnknownField) + prefix + length + BLOCK;
		}
		at += length;
	}
	return 0;
}

int
wire_check(const ProtobufCMessageDescriptor *d, const uint8_t *msg, size_t n, size_t *memory, struct err *err)
{
	struct check c = {.start = msg, .err = err};
	if (check_message(&c, d, msg, msg + n) < 0)
		return -1;
	*memory = c.memory;
	return 0;
}
