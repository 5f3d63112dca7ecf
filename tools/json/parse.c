/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON (RFC 8259) to messages in wire form: see json.h. The schema drives the
 * reading, so nesting is as deep as the schema and no deeper, and no tree is
 * built. A library's values do not know where in the text they stood; here
 * every error names its line, column and byte.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "take.pb-c.h"

static unsigned
wire_type(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64: return PROTOBUF_C_WIRE_TYPE_64BIT;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32: return PROTOBUF_C_WIRE_TYPE_32BIT;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE: return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	default: return PROTOBUF_C_WIRE_TYPE_VARINT;
	}
}

static int
put_tag(struct parser *p, uint32_t id, unsigned type)
{
	return wire_varint(p, (uint64_t)id << 3 | type);
}

/* --- numbers ----------------------------------------------------------------------- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether text is a number of JSON; *whole: and has neither point nor exponent. */
static bool
is_number(const char *s, bool *whole)
{
	s += *s == '-';
	if (!is_digit(*s) || (*s == '0' && is_digit(s[1])))
		return false;
	while (is_digit(*s))
		s++;
	*whole = !*s;
	if (*s == '.') {
		if (!is_digit(*++s))
			return false;
		while (is_digit(*s))
			s++;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		if (!is_digit(*s))
			return false;
		while (is_digit(*s))
			s++;
	}
	return !*s;
}

/* A number, or for 64-bit ones a string that holds one. */
static int
read_number(struct parser *p, const ProtobufCFieldDescriptor *field, bool quoted, char text[400], bool *whole)
{
	if (text_token(p) == '"') {
		if (text_word(p, text, 400) < 0)
			return -1;
		if (!strcmp(text, "NaN") || !strcmp(text, "Infinity") || !strcmp(text, "-Infinity"))
			return text_fail(p, "'%s' is %s, not a finite number", field->name, text);
		if (!quoted)
			return text_fail(p, "'%s' is a number, not a string", field->name);
	} else {
		size_t n = 0;
		int c;
		while ((c = text_peek(p->in)) > 0 && (strchr("+-.eE", c) || is_digit((char)c) || (n && (c | 32) >= 'a' && (c | 32) <= 'z')) && n < 399)
			text[n++] = (char)text_take(p->in);
		text[n] = 0;
		if (!n && c > ' ' && c != '"' && c != '{' && c != '[')
			return text_fail(p, "'%s' is a number, and this is none", field->name);
		if (!n)
			return text_unexpected(p, "a number");
	}
	if (!is_number(text, whole))
		return text_fail(p, "'%s' is no number", text);
	return 0;
}

static int
read_unsigned(struct parser *p, const ProtobufCFieldDescriptor *field, uint64_t most)
{
	char text[400];
	bool whole;
	if (read_number(p, field, most > UINT32_MAX, text, &whole) < 0)
		return -1;
	errno = 0;
	uint64_t x = 0;
	bool fits = true;
	if (whole) {
		x = strtoull(text, NULL, 10);
		fits = !errno && (*text != '-' || x == 0);
	} else { /* 1e3, as some writers have it */
		const double d = strtod(text, NULL);
		fits = d >= 0 && d <= 0x1p53 && d == floor(d);
		x = fits ? (uint64_t)d : 0;
	}
	if (!fits || x > most)
		return text_fail(p, "'%s' is a whole number from 0 to %" PRIu64 ", not %s", field->name, most, text);
	return wire_varint(p, x);
}

static int
read_real(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	char text[400];
	bool whole;
	if (read_number(p, field, false, text, &whole) < 0)
		return -1;
	const double d = strtod(text, NULL);
	const float f = (float)d;
	const bool single = field->type == PROTOBUF_C_TYPE_FLOAT;
	if (!isfinite(d) || (single && !isfinite(f)))
		return text_fail(p, "'%s' cannot be as large as %s", field->name, text);
	return single ? wire_put(p, &f, sizeof f) : wire_put(p, &d, sizeof d); /* x86-64 is little-endian, and so is the wire */
}

static int
read_enum(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	if (text_token(p) != '"')
		return read_unsigned(p, field, INT32_MAX);
	char text[64];
	if (text_word(p, text, sizeof text) < 0)
		return -1;
	const ProtobufCEnumDescriptor *e = field->descriptor;
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(e, text);
	if (!v)
		return text_fail(p, "'%s' is no %s", text, e->short_name);
	return wire_varint(p, (uint64_t)(int64_t)v->value);
}

/* A bare word: true, false, null. */
static int
read_literal(struct parser *p, const char *word)
{
	for (const char *s = word; *s; s++)
		if (text_take(p->in) != *s)
			return text_fail(p, "no value of JSON; '%s' was begun", word);
	return 0;
}

static int
read_bool(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	const int c = text_token(p);
	if (c != 't' && c != 'f')
		return text_fail(p, "'%s' is true or false", field->name);
	return read_literal(p, c == 't' ? "true" : "false") < 0 ? -1 : wire_varint(p, c == 't');
}

/* --- messages ---------------------------------------------------------------------- */

static int read_object(struct parser *p, const ProtobufCMessageDescriptor *d);

/* One value, without its tag. */
static int
read_value(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	const size_t from = p->out->n;
	switch (field->type) {
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE: return read_real(p, field);
	case PROTOBUF_C_TYPE_UINT32: return read_unsigned(p, field, UINT32_MAX);
	case PROTOBUF_C_TYPE_UINT64: return read_unsigned(p, field, UINT64_MAX);
	case PROTOBUF_C_TYPE_BOOL: return read_bool(p, field);
	case PROTOBUF_C_TYPE_ENUM: return read_enum(p, field);
	case PROTOBUF_C_TYPE_STRING: return text_string(p) < 0 ? -1 : wire_length(p, from);
	case PROTOBUF_C_TYPE_BYTES: return text_hex(p) < 0 ? -1 : wire_length(p, from);
	case PROTOBUF_C_TYPE_MESSAGE: return read_object(p, field->descriptor) < 0 ? -1 : wire_length(p, from);
	default: return text_fail(p, "'%s' has a type that this tool does not read", field->name);
	}
}

static int
read_array(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	const bool packed = wire_type(field->type) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	if (text_token(p) != '[')
		return text_fail(p, "'%s' is an array: []", field->name);
	text_take(p->in);
	if (text_token(p) == ']')
		return text_take(p->in), 0;
	if (packed && put_tag(p, field->id, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) < 0)
		return -1;
	const size_t from = p->out->n;
	for (;;) {
		if (!packed && put_tag(p, field->id, wire_type(field->type)) < 0)
			return -1;
		if (read_value(p, field) < 0)
			return -1;
		const int c = text_token(p);
		if (c != ',' && c != ']')
			return text_unexpected(p, "',' or ']'");
		text_take(p->in);
		if (c == ']')
			break;
	}
	return packed ? wire_length(p, from) : 0;
}

/* Fields in wire form that the schema does not know: read, checked, kept as they are. */
static int
read_unknown(struct parser *p, const ProtobufCMessageDescriptor *d)
{
	const size_t from = p->out->n;
	if (text_hex(p) < 0)
		return -1;
	const uint8_t *b = p->out->data;
	for (size_t at = from, end = p->out->n; at < end;) {
		uint64_t x[2] = {0}; /* the tag, then a varint or a length */
		const size_t start = at;
		for (int i = 0; i < 2; i++) {
			if (i && (x[0] & 7) != PROTOBUF_C_WIRE_TYPE_VARINT && (x[0] & 7) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
				break;
			int shift = 0;
			do {
				if (at == end || shift > 63)
					return text_fail(p, "@unknown: cut short within a number, at its byte %zu", start - from);
				x[i] |= (uint64_t)(b[at] & 0x7f) << shift;
				shift += 7;
			} while (b[at++] & 0x80);
		}
		const unsigned type = x[0] & 7;
		if (x[0] >> 3 == 0 || x[0] >> 3 > 536870911 || type == 3 || type == 4 || type > 5)
			return text_fail(p, "@unknown: no field begins at its byte %zu", start - from);
		if (protobuf_c_message_descriptor_get_field(d, (unsigned)(x[0] >> 3)))
			return text_fail(p, "@unknown: field %" PRIu64 " of %s is known", x[0] >> 3, d->short_name);
		const uint64_t rest = type == 2 ? x[1] : type == 1 ? 8 : type == 5 ? 4 : 0;
		if (rest > end - at)
			return text_fail(p, "@unknown: the field at its byte %zu is cut short", start - from);
		at += rest;
	}
	return 0;
}

enum { MAX_FIELDS = 64 };

/* Which field a key names, -1 if it is refused. A key that stands for none (a
   tensor's hash, which is only shown) gives n_fields. */
static int
read_key(struct parser *p, const ProtobufCMessageDescriptor *d, bool seen[MAX_FIELDS + 2])
{
	char name[128];
	if (text_word(p, name, sizeof name) < 0)
		return -1;
	unsigned i = 0;
	while (i < d->n_fields && strcmp(d->fields[i].name, name))
		i++;
	if (i == d->n_fields && !strcmp(name, "@unknown"))
		i = d->n_fields + 1;
	else if (i == d->n_fields && (d != &assay__tensor__descriptor || strcmp(name, "hash")))
		return text_fail(p, "%s has no field '%s'", d->short_name, name);
	if (seen[i])
		return text_fail(p, "'%s' is given twice", name);
	const ProtobufCFieldDescriptor *f = &d->fields[i];
	for (unsigned k = 0; i < d->n_fields && (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && k < d->n_fields; k++)
		if (seen[k] && (d->fields[k].flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		    && d->fields[k].quantifier_offset == f->quantifier_offset)
			return text_fail(p, "'%s' and '%s' exclude each other", d->fields[k].name, name);
	return (int)i;
}

static int
read_member(struct parser *p, const ProtobufCMessageDescriptor *d, unsigned i)
{
	char ignored[128];
	if (i == d->n_fields)
		return text_word(p, ignored, sizeof ignored);
	if (i > d->n_fields)
		return read_unknown(p, d);
	const ProtobufCFieldDescriptor *f = &d->fields[i];
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return read_array(p, f);
	return put_tag(p, f->id, wire_type(f->type)) < 0 ? -1 : read_value(p, f);
}

static int
read_object(struct parser *p, const ProtobufCMessageDescriptor *d)
{
	bool seen[MAX_FIELDS + 2] = {false};
	if (d->n_fields > MAX_FIELDS)
		return text_fail(p, "%s has too many fields for this tool", d->short_name);
	if (text_token(p) != '{')
		return text_peek(p->in) < 0 ? text_unexpected(p, "an object") : text_fail(p, "%s is an object: {}", d->short_name);
	text_take(p->in);
	if (text_token(p) == '}')
		return text_take(p->in), 0;
	for (;;) {
		const int i = read_key(p, d, seen);
		if (i < 0 || text_expect(p, ':') < 0)
			return -1;
		if (text_token(p) == 'n') { /* null: as if it were not there */
			if (read_literal(p, "null") < 0)
				return -1;
		} else {
			if (read_member(p, d, (unsigned)i) < 0)
				return -1;
			seen[i] = true;
		}
		const int c = text_token(p);
		if (c != ',' && c != '}')
			return text_unexpected(p, "',' or '}'");
		text_take(p->in);
		if (c == '}')
			return 0;
	}
}

int
json_parse(struct json_in *in, const ProtobufCMessageDescriptor *d, struct json_out *out, struct err *err)
{
	struct parser p = {.in = in, .out = out, .err = err};
	out->n = 0;
	if (text_token(&p) < 0)
		return in->error ? text_fail(&p, "?") : 0;
	return read_object(&p, d) < 0 ? -1 : 1;
}
