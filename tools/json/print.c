/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages to JSON: see json.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "json.h"
#include "take.pb-c.h"

struct printer {
	FILE *f;
	bool data;
	size_t bad; /* bytes that are not UTF-8 */
};

static void
print_hex(FILE *f, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", p[i]);
}

/* Length of the UTF-8 sequence at s (RFC 3629), 0 if there is none. */
static size_t
utf8_length(const unsigned char *s)
{
	const unsigned char a = s[0];
	if (a < 0x80)
		return 1;
	const size_t n = a >= 0xc2 && a < 0xe0 ? 2 : a >= 0xe0 && a < 0xf0 ? 3 : a >= 0xf0 && a < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0; /* a NUL ends the loop too */
	if ((a == 0xe0 && s[1] < 0xa0) || (a == 0xed && s[1] > 0x9f) || (a == 0xf0 && s[1] < 0x90)
	    || (a == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void
print_string(struct printer *p, const char *text)
{
	putc('"', p->f);
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		const size_t n = utf8_length(s);
		if (n == 0) {
			fputs("\\ufffd", p->f);
			p->bad++;
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			fprintf(p->f, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(p->f, "\\u%04x", *s);
		else
			fwrite(s, 1, n, p->f);
		s += n;
	}
	putc('"', p->f);
}

/* The shortest decimal that a reader of doubles (jq is one) turns back into x. */
static void
print_real(FILE *f, double x, bool single)
{
	char text[40];
	if (!isfinite(x)) {
		fputs(isnan(x) ? "\"NaN\"" : x > 0 ? "\"Infinity\"" : "\"-Infinity\"", f);
		return;
	}
	const int most = single ? 9 : 17;
	for (int digits = single ? 6 : 15; digits <= most; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, x);
		const double back = strtod(text, NULL);
		if (single ? (float)back == (float)x : back == x)
			break;
	}
	fputs(x == 0 && signbit(x) ? "-0.0" : text, f);
}

static void print_object(struct printer *p, const ProtobufCMessage *m);

static void
print_value(struct printer *p, const ProtobufCFieldDescriptor *field, const void *at)
{
	FILE *f = p->f;
	switch (field->type) {
	case PROTOBUF_C_TYPE_FLOAT: print_real(f, (double)*(const float *)at, true); break;
	case PROTOBUF_C_TYPE_DOUBLE: print_real(f, *(const double *)at, false); break;
	case PROTOBUF_C_TYPE_BOOL: fputs(*(const protobuf_c_boolean *)at ? "true" : "false", f); break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32: fprintf(f, "%" PRIu32, *(const uint32_t *)at); break;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32: fprintf(f, "%" PRId32, *(const int32_t *)at); break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64: {
		const uint64_t x = *(const uint64_t *)at;
		fprintf(f, x <= UINT64_C(1) << 53 ? "%" PRIu64 : "\"%" PRIu64 "\"", x);
		break;
	}
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64: {
		const int64_t x = *(const int64_t *)at, most = INT64_C(1) << 53;
		fprintf(f, x <= most && x >= -most ? "%" PRId64 : "\"%" PRId64 "\"", x);
		break;
	}
	case PROTOBUF_C_TYPE_ENUM: {
		const int x = *(const int *)at;
		const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(field->descriptor, x);
		if (v)
			fprintf(f, "\"%s\"", v->name);
		else
			fprintf(f, "%d", x);
		break;
	}
	case PROTOBUF_C_TYPE_STRING: print_string(p, *(char *const *)at ? *(char *const *)at : ""); break;
	case PROTOBUF_C_TYPE_BYTES: {
		const ProtobufCBinaryData *b = at;
		putc('"', f);
		print_hex(f, b->data, b->len);
		putc('"', f);
		break;
	}
	case PROTOBUF_C_TYPE_MESSAGE: print_object(p, *(const ProtobufCMessage *const *)at); break;
	}
}

static size_t
size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE: return 8;
	case PROTOBUF_C_TYPE_BOOL: return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE: return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES: return sizeof(ProtobufCBinaryData);
	default: return 4;
	}
}

/* Whether a singular field has something to say. */
static bool
is_there(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *m, const void *at)
{
	static const char zero[16];
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)((const char *)m + field->quantifier_offset) == field->id;
	switch (field->type) {
	case PROTOBUF_C_TYPE_MESSAGE: return *(void *const *)at != NULL;
	case PROTOBUF_C_TYPE_STRING: return *(char *const *)at && **(char *const *)at;
	case PROTOBUF_C_TYPE_BYTES: return ((const ProtobufCBinaryData *)at)->len > 0;
	default: return memcmp(at, zero, size_of(field->type)) != 0;
	}
}

static void
key(struct printer *p, const char *name, bool *first)
{
	fprintf(p->f, "%s\"%s\":", *first ? "" : ",", name);
	*first = false;
}

static void
print_field(struct printer *p, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *m, bool *first)
{
	const char *at = (const char *)m + field->offset;
	if (field->label != PROTOBUF_C_LABEL_REPEATED) {
		if (is_there(field, m, at)) {
			key(p, field->name, first);
			print_value(p, field, at);
		}
		return;
	}
	const size_t n = *(const size_t *)((const char *)m + field->quantifier_offset), size = size_of(field->type);
	if (!n)
		return;
	key(p, field->name, first);
	for (size_t i = 0; i < n; i++) {
		putc(i ? ',' : '[', p->f);
		print_value(p, field, *(const char *const *)at + i * size);
	}
	putc(']', p->f);
}

static void
print_varint(FILE *f, uint64_t x)
{
	for (; x >= 0x80; x >>= 7)
		fprintf(f, "%02x", (unsigned)(x & 0x7f) | 0x80);
	fprintf(f, "%02x", (unsigned)x);
}

static void
print_unknown(struct printer *p, const ProtobufCMessage *m, bool *first)
{
	if (!m->n_unknown_fields)
		return;
	key(p, "@unknown", first);
	putc('"', p->f);
	for (unsigned i = 0; i < m->n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *u = &m->unknown_fields[i];
		print_varint(p->f, (uint64_t)u->tag << 3 | u->wire_type);
		print_hex(p->f, u->data, u->len); /* with its length, where it has one */
	}
	putc('"', p->f);
}

/* The bulk of a take: arrays of floats, shown by their hash unless asked for. */
static bool
hash_bulk(const ProtobufCMessage *m, const char **bulk, uint8_t hash[HASH_SIZE])
{
	const float *x;
	size_t n;
	if (m->descriptor == &assay__audio__descriptor) {
		const Assay__Audio *a = (const Assay__Audio *)m;
		*bulk = "samples", x = a->samples, n = a->n_samples;
	} else if (m->descriptor == &assay__tensor__descriptor) {
		const Assay__Tensor *t = (const Assay__Tensor *)m;
		*bulk = "data", x = t->data, n = t->n_data;
	} else {
		return false;
	}
	if (n)
		hash_samples(x, n, hash);
	return n > 0;
}

static void
print_object(struct printer *p, const ProtobufCMessage *m)
{
	const ProtobufCMessageDescriptor *d = m->descriptor;
	uint8_t hash[HASH_SIZE];
	const char *bulk = NULL;
	bool first = true;
	const bool hashed = !p->data && hash_bulk(m, &bulk, hash);
	putc('{', p->f);
	for (unsigned i = 0; i < d->n_fields; i++) {
		const char *name = d->fields[i].name;
		if (!hashed || (strcmp(name, bulk) && strcmp(name, "hash")))
			print_field(p, &d->fields[i], m, &first);
	}
	if (hashed) {
		key(p, "hash", &first);
		putc('"', p->f);
		print_hex(p->f, hash, sizeof hash);
		putc('"', p->f);
	}
	print_unknown(p, m, &first);
	putc('}', p->f);
}

size_t
json_print(FILE *f, const ProtobufCMessage *m, bool data)
{
	struct printer p = {.f = f, .data = data};
	print_object(&p, m);
	return p.bad;
}
