/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON (RFC 8259) to messages in wire form: see json.h. The schema drives the
 * reading, so nesting is as deep as the schema and no deeper, and no tree is
 * built. A library's values do not know where in the text they stood; here
 * every error names its line, column and byte.
 */
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "stream/stream.h"
#include "take.pb-c.h"

struct place {
	uint64_t line, column, offset;
};

struct parser {
	struct json_in *in;
	struct json_out *out;
	struct err *err;
	struct place token; /* where the token being read begins */
};

/* --- text ------------------------------------------------------------------------ */

void
json_in_init(struct json_in *in, int fd, const char *name)
{
	memset(in, 0, offsetof(struct json_in, buf));
	in->fd = fd;
	in->name = name;
	in->line = in->column = 1;
}

/* The byte that comes next, or -1 at the end. */
static int
peek(struct json_in *in)
{
	if (in->at == in->n) {
		if (in->idle)
			in->idle(in->user);
		const ssize_t n = in->error ? 0 : read(in->fd, in->buf, sizeof in->buf);
		if (n < 0)
			in->error = errno;
		in->at = 0;
		in->n = n > 0 ? (size_t)n : 0;
		if (n <= 0)
			return -1;
	}
	return in->buf[in->at];
}

static int
take_byte(struct json_in *in)
{
	const int c = peek(in);
	if (c < 0)
		return c;
	in->at++;
	in->offset++;
	if (c == '\n') {
		in->line++;
		in->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		in->column++;
	}
	return c;
}

static void
here(struct parser *p)
{
	p->token = (struct place){p->in->line, p->in->column, p->in->offset};
}

static int __attribute__((format(printf, 2, 3)))
fail(struct parser *p, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (p->in->error)
		return err_set(p->err, "cannot read '%s': %s", p->in->name, strerror(p->in->error));
	return err_set(p->err, "%s: line %" PRIu64 ", column %" PRIu64 " (byte %" PRIu64 "): %s", p->in->name,
	    p->token.line, p->token.column, p->token.offset, text);
}

/* Skips space; the byte after it, where the next token begins. */
static int
next_token(struct parser *p)
{
	int c;
	while ((c = peek(p->in)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		take_byte(p->in);
	here(p);
	return c;
}

static int
unexpected(struct parser *p, const char *want)
{
	const int c = peek(p->in);
	if (c < 0)
		return fail(p, "the text ends where %s should stand", want);
	if (c < 0x20 || c > 0x7e)
		return fail(p, "byte 0x%02x where %s should stand", (unsigned)c, want);
	return fail(p, "'%c' where %s should stand", c, want);
}

static int
expect(struct parser *p, char want)
{
	const char text[] = {'\'', want, '\'', 0};
	if (next_token(p) != want)
		return unexpected(p, text);
	take_byte(p->in);
	return 0;
}

/* --- wire ------------------------------------------------------------------------- */

static int
put(struct parser *p, const void *data, size_t n)
{
	struct json_out *o = p->out;
	if (n > STREAM_LIMIT - o->n)
		return fail(p, "the take is over the stream's limit of %d bytes", STREAM_LIMIT);
	if (o->size - o->n < n) {
		const size_t size = 2 * o->size + n + 4096;
		uint8_t *grown = realloc(o->data, size);
		if (!grown)
			return fail(p, "out of memory");
		o->data = grown;
		o->size = size;
	}
	memcpy(o->data + o->n, data, n);
	o->n += n;
	return 0;
}

static size_t
varint(uint64_t x, uint8_t to[10])
{
	size_t n = 0;
	for (; x >= 0x80; x >>= 7)
		to[n++] = (uint8_t)(x | 0x80);
	to[n++] = (uint8_t)x;
	return n;
}

static int
put_varint(struct parser *p, uint64_t x)
{
	uint8_t b[10];
	return put(p, b, varint(x, b));
}

/* Puts a length before what was written since `from`. */
static int
put_length(struct parser *p, size_t from)
{
	uint8_t b[10];
	const size_t length = p->out->n - from, n = varint(length, b);
	if (put(p, b, n) < 0)
		return -1;
	memmove(p->out->data + from + n, p->out->data + from, length);
	memcpy(p->out->data + from, b, n);
	return 0;
}

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
	return put_varint(p, (uint64_t)id << 3 | type);
}

/* --- strings ---------------------------------------------------------------------- */

static int
hex_digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
read_u(struct parser *p)
{
	int x = 0;
	for (int i = 0; i < 4; i++) {
		const int v = hex_digit(peek(p->in));
		if (v < 0)
			return fail(p, "\\u takes four hexadecimal digits");
		take_byte(p->in);
		x = 16 * x + v;
	}
	return x;
}

static int
put_code(struct parser *p, int c)
{
	uint8_t b[4];
	size_t n = 0;
	if (c < 0x80) {
		b[n++] = (uint8_t)c;
	} else if (c < 0x800) {
		b[n++] = (uint8_t)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		b[n++] = (uint8_t)(0xe0 | c >> 12);
		b[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	} else {
		b[n++] = (uint8_t)(0xf0 | c >> 18);
		b[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		b[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		b[n++] = (uint8_t)(0x80 | (c & 0x3f));
	return put(p, b, n);
}

static int
read_escape(struct parser *p)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const int c = take_byte(p->in);
	const char *k = c > 0 ? strchr(from, c) : NULL;
	if (k)
		return put(p, to + (k - from), 1);
	if (c != 'u')
		return fail(p, "no such escape in a string");
	int x = read_u(p);
	if (x >= 0xd800 && x < 0xdc00) {
		int low = -1;
		if (take_byte(p->in) == '\\' && take_byte(p->in) == 'u')
			low = read_u(p);
		if (low < 0xdc00 || low > 0xdfff)
			return fail(p, "half of a surrogate pair");
		x = 0x10000 + ((x - 0xd800) << 10) + (low - 0xdc00);
	} else if (x >= 0xdc00 && x < 0xe000) {
		return fail(p, "half of a surrogate pair");
	}
	if (x == 0)
		return fail(p, "a string cannot hold a NUL");
	return x < 0 ? -1 : put_code(p, x);
}

/* One UTF-8 sequence that begins with lead (RFC 3629). */
static int
read_utf8(struct parser *p, int lead)
{
	const int more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
	int code = lead & (0x3f >> more);
	bool good = more > 0;
	for (int i = 0; i < more && good; i++) {
		const int c = take_byte(p->in);
		good = c >= 0 && (c & 0xc0) == 0x80;
		code = code << 6 | (c & 0x3f);
	}
	static const int least[] = {0, 0x80, 0x800, 0x10000};
	if (!good || code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return fail(p, "a string that is not UTF-8");
	return put_code(p, code);
}

/* Appends a string's bytes to out. */
static int
read_string(struct parser *p)
{
	if (next_token(p) != '"')
		return unexpected(p, "a string");
	take_byte(p->in);
	for (;;) {
		here(p);
		const int c = take_byte(p->in);
		int status = 0;
		if (c == '"')
			return 0;
		if (c == '\\')
			status = read_escape(p);
		else if (c < 0)
			status = fail(p, "the text ends within a string");
		else if (c < 0x20)
			status = fail(p, "a control character in a string: write it as \\u%04x", (unsigned)c);
		else
			status = c < 0x80 ? put(p, &(char){(char)c}, 1) : read_utf8(p, c);
		if (status < 0)
			return -1;
	}
}

/* A short string of its own, not part of the message: a key, an enum's name. */
static int
read_word(struct parser *p, char *text, size_t size)
{
	const size_t from = p->out->n;
	next_token(p);
	const struct place began = p->token;
	if (read_string(p) < 0)
		return -1;
	p->token = began;
	const size_t n = p->out->n - from;
	snprintf(text, size, "%.*s", (int)(n < size ? n : size - 1), p->out->n ? (char *)p->out->data + from : "");
	p->out->n = from;
	return 0;
}

/* Hexadecimal to bytes, in place, appended to out. */
static int
read_hex(struct parser *p)
{
	const size_t from = p->out->n;
	next_token(p);
	const struct place began = p->token;
	if (read_string(p) < 0)
		return -1;
	p->token = began;
	const size_t n = p->out->n - from;
	uint8_t *b = n ? p->out->data + from : NULL;
	for (size_t i = 0; i < n; i++)
		if (n % 2 || hex_digit(b[i]) < 0)
			return fail(p, "bytes are written as pairs of hexadecimal digits");
	for (size_t i = 0; i < n / 2; i++)
		b[i] = (uint8_t)(hex_digit(b[2 * i]) << 4 | hex_digit(b[2 * i + 1]));
	p->out->n = from + n / 2;
	return 0;
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
	if (next_token(p) == '"') {
		if (read_word(p, text, 400) < 0)
			return -1;
		if (!strcmp(text, "NaN") || !strcmp(text, "Infinity") || !strcmp(text, "-Infinity"))
			return fail(p, "'%s' is %s, not a finite number", field->name, text);
		if (!quoted)
			return fail(p, "'%s' is a number, not a string", field->name);
	} else {
		size_t n = 0;
		int c;
		while ((c = peek(p->in)) > 0 && (strchr("+-.eE", c) || is_digit((char)c) || (n && (c | 32) >= 'a' && (c | 32) <= 'z')) && n < 399)
			text[n++] = (char)take_byte(p->in);
		text[n] = 0;
		if (!n && c > ' ' && c != '"' && c != '{' && c != '[')
			return fail(p, "'%s' is a number, and this is none", field->name);
		if (!n)
			return unexpected(p, "a number");
	}
	if (!is_number(text, whole))
		return fail(p, "'%s' is no number", text);
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
		return fail(p, "'%s' is a whole number from 0 to %" PRIu64 ", not %s", field->name, most, text);
	return put_varint(p, x);
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
		return fail(p, "'%s' cannot be as large as %s", field->name, text);
	return single ? put(p, &f, sizeof f) : put(p, &d, sizeof d); /* x86-64 is little-endian, and so is the wire */
}

static int
read_enum(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	if (next_token(p) != '"')
		return read_unsigned(p, field, INT32_MAX);
	char text[64];
	if (read_word(p, text, sizeof text) < 0)
		return -1;
	const ProtobufCEnumDescriptor *e = field->descriptor;
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(e, text);
	if (!v)
		return fail(p, "'%s' is no %s", text, e->short_name);
	return put_varint(p, (uint64_t)(int64_t)v->value);
}

/* A bare word: true, false, null. */
static int
read_literal(struct parser *p, const char *word)
{
	for (const char *s = word; *s; s++)
		if (take_byte(p->in) != *s)
			return fail(p, "no value of JSON; '%s' was begun", word);
	return 0;
}

static int
read_bool(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	const int c = next_token(p);
	if (c != 't' && c != 'f')
		return fail(p, "'%s' is true or false", field->name);
	return read_literal(p, c == 't' ? "true" : "false") < 0 ? -1 : put_varint(p, c == 't');
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
	case PROTOBUF_C_TYPE_STRING: return read_string(p) < 0 ? -1 : put_length(p, from);
	case PROTOBUF_C_TYPE_BYTES: return read_hex(p) < 0 ? -1 : put_length(p, from);
	case PROTOBUF_C_TYPE_MESSAGE: return read_object(p, field->descriptor) < 0 ? -1 : put_length(p, from);
	default: return fail(p, "'%s' has a type that this tool does not read", field->name);
	}
}

static int
read_array(struct parser *p, const ProtobufCFieldDescriptor *field)
{
	const bool packed = wire_type(field->type) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	if (next_token(p) != '[')
		return fail(p, "'%s' is an array: []", field->name);
	take_byte(p->in);
	if (next_token(p) == ']')
		return take_byte(p->in), 0;
	if (packed && put_tag(p, field->id, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) < 0)
		return -1;
	const size_t from = p->out->n;
	for (;;) {
		if (!packed && put_tag(p, field->id, wire_type(field->type)) < 0)
			return -1;
		if (read_value(p, field) < 0)
			return -1;
		const int c = next_token(p);
		if (c != ',' && c != ']')
			return unexpected(p, "',' or ']'");
		take_byte(p->in);
		if (c == ']')
			break;
	}
	return packed ? put_length(p, from) : 0;
}

/* Fields in wire form that the schema does not know: read, checked, kept as they are. */
static int
read_unknown(struct parser *p, const ProtobufCMessageDescriptor *d)
{
	const size_t from = p->out->n;
	if (read_hex(p) < 0)
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
					return fail(p, "@unknown: cut short within a number, at its byte %zu", start - from);
				x[i] |= (uint64_t)(b[at] & 0x7f) << shift;
				shift += 7;
			} while (b[at++] & 0x80);
		}
		const unsigned type = x[0] & 7;
		if (x[0] >> 3 == 0 || x[0] >> 3 > 536870911 || type == 3 || type == 4 || type > 5)
			return fail(p, "@unknown: no field begins at its byte %zu", start - from);
		if (protobuf_c_message_descriptor_get_field(d, (unsigned)(x[0] >> 3)))
			return fail(p, "@unknown: field %" PRIu64 " of %s is known", x[0] >> 3, d->short_name);
		const uint64_t rest = type == 2 ? x[1] : type == 1 ? 8 : type == 5 ? 4 : 0;
		if (rest > end - at)
			return fail(p, "@unknown: the field at its byte %zu is cut short", start - from);
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
	if (read_word(p, name, sizeof name) < 0)
		return -1;
	unsigned i = 0;
	while (i < d->n_fields && strcmp(d->fields[i].name, name))
		i++;
	if (i == d->n_fields && !strcmp(name, "@unknown"))
		i = d->n_fields + 1;
	else if (i == d->n_fields && (d != &assay__tensor__descriptor || strcmp(name, "hash")))
		return fail(p, "%s has no field '%s'", d->short_name, name);
	if (seen[i])
		return fail(p, "'%s' is given twice", name);
	const ProtobufCFieldDescriptor *f = &d->fields[i];
	for (unsigned k = 0; i < d->n_fields && (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && k < d->n_fields; k++)
		if (seen[k] && (d->fields[k].flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		    && d->fields[k].quantifier_offset == f->quantifier_offset)
			return fail(p, "'%s' and '%s' exclude each other", d->fields[k].name, name);
	return (int)i;
}

static int
read_member(struct parser *p, const ProtobufCMessageDescriptor *d, unsigned i)
{
	char ignored[128];
	if (i == d->n_fields)
		return read_word(p, ignored, sizeof ignored);
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
		return fail(p, "%s has too many fields for this tool", d->short_name);
	if (next_token(p) != '{')
		return peek(p->in) < 0 ? unexpected(p, "an object") : fail(p, "%s is an object: {}", d->short_name);
	take_byte(p->in);
	if (next_token(p) == '}')
		return take_byte(p->in), 0;
	for (;;) {
		const int i = read_key(p, d, seen);
		if (i < 0 || expect(p, ':') < 0)
			return -1;
		if (next_token(p) == 'n') { /* null: as if it were not there */
			if (read_literal(p, "null") < 0)
				return -1;
		} else {
			if (read_member(p, d, (unsigned)i) < 0)
				return -1;
			seen[i] = true;
		}
		const int c = next_token(p);
		if (c != ',' && c != '}')
			return unexpected(p, "',' or '}'");
		take_byte(p->in);
		if (c == '}')
			return 0;
	}
}

int
json_parse(struct json_in *in, const ProtobufCMessageDescriptor *d, struct json_out *out, struct err *err)
{
	struct parser p = {.in = in, .out = out, .err = err};
	out->n = 0;
	if (next_token(&p) < 0)
		return in->error ? fail(&p, "?") : 0;
	return read_object(&p, d) < 0 ? -1 : 1;
}
