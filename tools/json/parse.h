/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading JSON is made of. Functions return -1 with the place in err. */
#ifndef PARSE_H
#define PARSE_H

#include "json.h"

struct place {
	uint64_t line, column, offset;
};

struct parser {
	struct json_in *in;
	struct json_out *out;
	struct err *err;
	struct place token; /* where the token being read begins */
};

/* The byte that comes next, taken or not; -1 at the end. */
int text_peek(struct json_in *in);
int text_take(struct json_in *in);

/* Skips space; the byte after it, where the next token begins. */
int text_token(struct parser *p);
int text_expect(struct parser *p, char want);

/* "NAME: line 3, column 5 (byte 40): ...", about the token being read. */
int text_fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int text_unexpected(struct parser *p, const char *want);

/* Appends a string to the message: its bytes, or those its digits stand for. */
int text_string(struct parser *p);
int text_hex(struct parser *p);
/* A short string that is no part of the message: a key, an enum's name. */
int text_word(struct parser *p, char *text, size_t size);

int wire_put(struct parser *p, const void *data, size_t n);
int wire_varint(struct parser *p, uint64_t x);
/* Puts a length before what was written since `from`. */
int wire_length(struct parser *p, size_t from);

#endif
