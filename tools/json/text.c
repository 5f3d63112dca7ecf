/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON's text, a byte at a time, and the wire form it turns into: see parse.h. */
#include "parse.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/talk.h"
#include "stream/stream.h"

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
int
text_peek(struct json_in *in)
{
	if (in->at == in->n) {
		if (in->idle)
			in->idle(in->user);
		struct pollfd wait[2] = {{.fd = in->fd, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
		const bool stop = poll(wait, 2, -1) < 0 || wait[1].revents;
		const ssize_t n = in->error || stop ? 0 : read(in->fd, in->buf, sizeof in->buf);
		if (n < 0)
			in->error = errno;
		in->at = 0;
		in->n = n > 0 ? (size_t)n : 0;
		if (n <= 0)
			return -1;
	}
	return in->buf[in->at];
}

int
text_take(struct json_in *in)
{
	const int c = text_peek(in);
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

int
text_fail(struct parser *p, const char *fmt, ...)
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
int
text_token(struct parser *p)
{
	int c;
	while ((c = text_peek(p->in)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		text_take(p->in);
	here(p);
	return c;
}

int
text_unexpected(struct parser *p, const char *want)
{
	const int c = text_peek(p->in);
	if (c < 0)
		return text_fail(p, "the text ends where %s should stand", want);
	if (c < 0x20 || c > 0x7e)
		return text_fail(p, "byte 0x%02x where %s should stand", (unsigned)c, want);
	return text_fail(p, "'%c' where %s should stand", c, want);
}

int
text_expect(struct parser *p, char want)
{
	const char text[] = {'\'', want, '\'', 0};
	if (text_token(p) != want)
		return text_unexpected(p, text);
	text_take(p->in);
	return 0;
}

/* --- wire ------------------------------------------------------------------------- */

int
wire_put(struct parser *p, const void *data, size_t n)
{
	struct json_out *o = p->out;
	if (n > STREAM_LIMIT - o->n)
		return text_fail(p, "the take is over the stream's limit of %d bytes", STREAM_LIMIT);
	if (o->size - o->n < n) {
		const size_t size = 2 * o->size + n + 4096;
		uint8_t *grown = realloc(o->data, size);
		if (!grown)
			return text_fail(p, "out of memory");
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

int
wire_varint(struct parser *p, uint64_t x)
{
	uint8_t b[10];
	return wire_put(p, b, varint(x, b));
}

/* Puts a length before what was written since `from`. */
int
wire_length(struct parser *p, size_t from)
{
	uint8_t b[10];
	const size_t length = p->out->n - from, n = varint(length, b);
	if (wire_put(p, b, n) < 0)
		return -1;
	memmove(p->out->data + from + n, p->out->data + from, length);
	memcpy(p->out->data + from, b, n);
	return 0;
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
		const int v = hex_digit(text_peek(p->in));
		if (v < 0)
			return text_fail(p, "\\u takes four hexadecimal digits");
		text_take(p->in);
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
	return wire_put(p, b, n);
}

static int
read_escape(struct parser *p)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const int c = text_take(p->in);
	const char *k = c > 0 ? strchr(from, c) : NULL;
	if (k)
		return wire_put(p, to + (k - from), 1);
	if (c != 'u')
		return text_fail(p, "no such escape in a string");
	int x = read_u(p);
	if (x >= 0xd800 && x < 0xdc00) {
		int low = -1;
		if (text_take(p->in) == '\\' && text_take(p->in) == 'u')
			low = read_u(p);
		if (low < 0xdc00 || low > 0xdfff)
			return text_fail(p, "half of a surrogate pair");
		x = 0x10000 + ((x - 0xd800) << 10) + (low - 0xdc00);
	} else if (x >= 0xdc00 && x < 0xe000) {
		return text_fail(p, "half of a surrogate pair");
	}
	if (x == 0)
		return text_fail(p, "a string cannot hold a NUL");
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
		const int c = text_take(p->in);
		good = c >= 0 && (c & 0xc0) == 0x80;
		code = code << 6 | (c & 0x3f);
	}
	static const int least[] = {0, 0x80, 0x800, 0x10000};
	if (!good || code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return text_fail(p, "a string that is not UTF-8");
	return put_code(p, code);
}

/* Appends a string's bytes to out. */
int
text_string(struct parser *p)
{
	if (text_token(p) != '"')
		return text_unexpected(p, "a string");
	text_take(p->in);
	for (;;) {
		here(p);
		const int c = text_take(p->in);
		int status = 0;
		if (c == '"')
			return 0;
		if (c == '\\')
			status = read_escape(p);
		else if (c < 0)
			status = text_fail(p, "the text ends within a string");
		else if (c < 0x20)
			status = text_fail(p, "a control character in a string: write it as \\u%04x", (unsigned)c);
		else
			status = c < 0x80 ? wire_put(p, &(char){(char)c}, 1) : read_utf8(p, c);
		if (status < 0)
			return -1;
	}
}

/* A short string of its own, not part of the message: a key, an enum's name. */
int
text_word(struct parser *p, char *text, size_t size)
{
	const size_t from = p->out->n;
	text_token(p);
	const struct place began = p->token;
	if (text_string(p) < 0)
		return -1;
	p->token = began;
	const size_t n = p->out->n - from;
	snprintf(text, size, "%.*s", (int)(n < size ? n : size - 1), p->out->n ? (char *)p->out->data + from : "");
	p->out->n = from;
	return 0;
}

/* Hexadecimal to bytes, in place, appended to out. */
int
text_hex(struct parser *p)
{
	const size_t from = p->out->n;
	text_token(p);
	const struct place began = p->token;
	if (text_string(p) < 0)
		return -1;
	p->token = began;
	const size_t n = p->out->n - from;
	uint8_t *b = n ? p->out->data + from : NULL;
	for (size_t i = 0; i < n; i++)
		if (n % 2 || hex_digit(b[i]) < 0)
			return text_fail(p, "bytes are written as pairs of hexadecimal digits");
	for (size_t i = 0; i < n / 2; i++)
		b[i] = (uint8_t)(hex_digit(b[2 * i]) << 4 | hex_digit(b[2 * i + 1]));
	p->out->n = from + n / 2;
	return 0;
}
