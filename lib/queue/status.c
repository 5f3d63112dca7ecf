/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue/status.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* A Status lists at most 1,000 peers a kind, with names under 128 bytes. Empty messages cost
   two bytes on the wire and over a hundred here. */
enum { LONGEST = 4 << 20, BUDGET = 64 << 20 };

static void *
from_arena(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void
to_arena(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

/* Length of the character at s (RFC 3629), 0 if it is none or steers a terminal (C0, DEL, C1). */
static size_t
printable(const unsigned char *s)
{
	const unsigned char a = s[0];
	if (a < 0x80)
		return a >= 0x20 && a != 0x7f;
	const size_t n = a >= 0xc2 && a < 0xe0 ? 2 : a >= 0xe0 && a < 0xf0 ? 3 : a >= 0xf0 && a < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0; /* a NUL ends the loop too */
	if ((a == 0xe0 && s[1] < 0xa0) || (a == 0xed && s[1] > 0x9f) || (a == 0xf0 && s[1] < 0x90)
	    || (a == 0xf4 && s[1] > 0x8f) || (a == 0xc2 && s[1] < 0xa0))
		return 0;
	return n;
}

static void
clean_text(char *text)
{
	for (unsigned char *s = (unsigned char *)text; *s;) {
		const size_t n = printable(s);
		if (!n)
			*s = '?';
		s += n ? n : 1;
	}
}

#define FIELD(m, f, Type) ((Type *)((char *)(m) + (f)->offset))
#define COUNT(m, f)       ((f)->label == PROTOBUF_C_LABEL_REPEATED ? *(size_t *)((char *)(m) + (f)->quantifier_offset) : 1)

/* Item i of a repeated field of pointers, or the one there is. */
static void *
pointer_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED ? (*FIELD(m, f, void **))[i] : *FIELD(m, f, void *);
}

static void
clean(ProtobufCMessage *m)
{
	for (unsigned k = 0; k < m->descriptor->n_fields; k++) {
		const ProtobufCFieldDescriptor *f = m->descriptor->fields + k;
		if (f->type == PROTOBUF_C_TYPE_DOUBLE && !isfinite(*FIELD(m, f, double)))
			*FIELD(m, f, double) = 0;
		if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		for (size_t i = 0; i < COUNT(m, f); i++) {
			char *p = pointer_at(m, f, i);
			if (f->type == PROTOBUF_C_TYPE_MESSAGE)
				clean((ProtobufCMessage *)p);
			else if (p != f->default_value && p != protobuf_c_empty_string)
				clean_text(p);
		}
	}
}

struct status *
status_unpack(const uint8_t *p, size_t n, struct err *err)
{
	if (n > LONGEST)
		return err_set(err, "a status of %zu bytes: none is longer than %d", n, LONGEST), NULL;
	struct status *s = malloc(sizeof *s);
	if (!s)
		return err_set(err, "out of memory for a status"), NULL;
	arena_init(&s->arena, BUDGET);
	ProtobufCAllocator a = {from_arena, to_arena, &s->arena};
	if (!(s->m = assay__status__unpack(&a, n, p))) {
		status_free(s);
		return err_set(err, "a status that cannot be read"), NULL;
	}
	clean(&s->m->base);
	return s;
}

void
status_free(struct status *s)
{
	if (!s)
		return;
	arena_release(&s->arena);
	free(s);
}

/* --- JSON ---------------------------------------------------------------------------- */

static void
json_text(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

static void json_object(FILE *out, const ProtobufCMessage *m);

static void
json_value(FILE *out, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_MESSAGE: json_object(out, pointer_at(m, f, i)); break;
	case PROTOBUF_C_TYPE_STRING: json_text(out, pointer_at(m, f, i)); break;
	case PROTOBUF_C_TYPE_DOUBLE: fprintf(out, "%.15g", *FIELD(m, f, double)); break;
	case PROTOBUF_C_TYPE_UINT32: fprintf(out, "%" PRIu32, *FIELD(m, f, uint32_t)); break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64: {
		const uint64_t x = *FIELD(m, f, uint64_t);
		fprintf(out, x <= UINT64_C(1) << 53 ? "%" PRIu64 : "\"%" PRIu64 "\"", x);
		break;
	}
	default: fputs("null", out); /* the schema has no others */
	}
}

static void
json_object(FILE *out, const ProtobufCMessage *m)
{
	for (unsigned k = 0; k < m->descriptor->n_fields; k++) {
		const ProtobufCFieldDescriptor *f = m->descriptor->fields + k;
		const bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
		fprintf(out, "%c\"%s\":%s", k ? ',' : '{', f->name, list ? "[" : "");
		for (size_t i = 0; i < COUNT(m, f); i++) {
			if (i)
				putc(',', out);
			json_value(out, m, f, i);
		}
		if (list)
			putc(']', out);
	}
	putc('}', out);
}

void
status_json(FILE *f, const struct status *s)
{
	json_object(f, &s->m->base);
	putc('\n', f);
}

/* --- Prometheus ---------------------------------------------------------------------- */

enum number { U32, U64, REAL };

struct metric {
	const char *name, *type, *help;
	enum number number;
	size_t offset;
};

#define AT(field) offsetof(Assay__ServiceStatus, field)
static const struct metric service_metrics[] = {
    {"waiting", "gauge", "Takes that wait for a worker", U64, AT(waiting)},
    {"leased", "gauge", "Takes that workers have", U64, AT(leased)},
    {"done_total", "counter", "Takes done", U64, AT(done)},
    {"failed_total", "counter", "Attempts that failed", U64, AT(failed)},
    {"vanished_total", "counter", "Leases taken back from workers that vanished", U64, AT(vanished)},
    {"hedged_total", "counter", "Takes given to a second worker because the first was slow", U64, AT(hedged)},
    {"poisoned_total", "counter", "Takes given up", U64, AT(poisoned)},
    {"results_per_second", "gauge", "Results a second, over the last ten seconds or so", REAL, AT(rate)},
    {"take_seconds", "gauge", "Mean seconds that a take costs a worker", REAL, AT(seconds)},
    {"workers", "gauge", "Workers that are there", U32, AT(workers)},
    {"senders", "gauge", "Senders that are there", U32, AT(senders)},
};
#undef AT
#define AT(field) offsetof(Assay__Status, field)
static const struct metric queue_metrics[] = {
    {"uptime_seconds", "gauge", "Seconds since the queue was started", REAL, AT(uptime)},
    {"bytes", "gauge", "Bytes of takes and results that the queue holds", U64, AT(bytes)},
    {"bytes_limit", "gauge", "Bytes of takes and results that it may hold", U64, AT(room)},
    {"bad_letters_total", "counter", "Letters that were none, or came from nobody", U64, AT(bad_letters)},
    {"refused_peers_total", "counter", "Peers that were not let in", U64, AT(refused_peers)},
    {"duplicates_total", "counter", "Results that came a second time", U64, AT(twice)},
    {"alarms_total", "counter", "Results of one take that were not the same bytes", U64, AT(alarms)},
    {"dropped_total", "counter", "Results that their sender did not fetch: worked on again", U64, AT(dropped)},
};
#undef AT
#define LENGTH(a) (sizeof(a) / sizeof *(a))

static void
metric_head(FILE *f, const struct metric *k)
{
	fprintf(f, "# HELP assay_queue_%s %s.\n# TYPE assay_queue_%s %s\n", k->name, k->help, k->name, k->type);
}

static void
metric_value(FILE *f, const struct metric *k, const void *m)
{
	const void *at = (const char *)m + k->offset;
	switch (k->number) {
	case U32: fprintf(f, " %" PRIu32 "\n", *(const uint32_t *)at); break;
	case U64: fprintf(f, " %" PRIu64 "\n", *(const uint64_t *)at); break;
	case REAL: fprintf(f, " %.9g\n", *(const double *)at); break;
	}
}

/* A label's text escapes \, " and newline; the last was cleaned away. */
void
status_prometheus(FILE *f, const struct status *s)
{
	for (size_t k = 0; k < LENGTH(queue_metrics); k++) {
		metric_head(f, queue_metrics + k);
		fprintf(f, "assay_queue_%s", queue_metrics[k].name);
		metric_value(f, queue_metrics + k, s->m);
	}
	for (size_t k = 0; k < LENGTH(service_metrics); k++) {
		metric_head(f, service_metrics + k);
		for (size_t i = 0; i < s->m->n_services; i++) {
			fprintf(f, "assay_queue_%s{service=", service_metrics[k].name);
			json_text(f, s->m->services[i]->name);
			putc('}', f);
			metric_value(f, service_metrics + k, s->m->services[i]);
		}
	}
}
