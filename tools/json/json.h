/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages as JSON and back, by protobuf-c's descriptors alone: a field added
 * to the schema is read and written without a change here. The text:
 *
 *   names     as in the schema; fields in the schema's order
 *   bytes     hexadecimal
 *   uint64    a number up to 2^53, which jq holds exactly; beyond it a string
 *   float     the shortest decimal that reads in to the same bits
 *   NaN, ±inf the strings "NaN", "Infinity", "-Infinity"; refused on the way in
 *   enums     by name, by number where the schema has no name
 *   messages  an object; {} is one that is there and empty
 *   absent    no key: singular fields at their default, empty repeated fields
 *   oneof     the member that is set, even at its default
 *   @unknown  fields the schema does not know, as the hexadecimal of their wire
 *             form, put back as they are
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <protobuf-c/protobuf-c.h>

#include "base/err.h"

/* A message as one object, no newline. Without data, sound and features are
   shown by their shape and "hash". Returns how many bytes of text were not
   UTF-8 and stand as U+FFFD. */
size_t json_print(FILE *f, const ProtobufCMessage *m, bool data);

/* Text that is read a byte at a time, and where it stands. */
struct json_in {
	int fd;
	const char *name;
	uint64_t line, column, offset; /* of the byte that comes next; from 1, 1, 0 */
	void (*idle)(void *);          /* called before a wait for more text; may be NULL */
	void *user;
	size_t at, n;
	int error; /* errno of a read that failed */
	unsigned char buf[65536];
};

/* A growing message in wire form. */
struct json_out {
	uint8_t *data;
	size_t n, size;
};

void json_in_init(struct json_in *in, int fd, const char *name);

/* Reads one object into out: 1; 0 at the end; -1 with the place, after which
   nothing can be read. */
int json_parse(struct json_in *in, const ProtobufCMessageDescriptor *d, struct json_out *out, struct err *err);

#endif
