/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A head is the protobuf message without its check, then ten bytes: the tag of field
 * 99 and SipHash-2-4 of all before. Nothing is unpacked before the check is
 * right, nothing allocated: what protobuf-c asks for comes from the desk.
 */
#include "queue/letter.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "letter.pb-c.h"

typedef Assay__Letter Letter;

/* Tag of `check` (99 << 3 | 1 as a varint) and eight bytes. */
enum { TAIL = 10 };
static const uint8_t tag[2] = {0x99, 0x06};

/* Against accidents only: anybody may know it. */
static const uint8_t key[crypto_shorthash_KEYBYTES] = "assay letter v1";

_Static_assert((int)LETTER_ALARM == ASSAY__LETTER_KIND__ALARM, "kinds as in letter.proto");
_Static_assert((int)LETTER_WATCHER == ASSAY__LETTER_ROLE__WATCHER, "roles as in letter.proto");
_Static_assert(sizeof(struct range) == 2 * sizeof(uint64_t), "ranges are pairs on the wire");
_Static_assert(LETTER_RANGES * 20 + 4 * (LETTER_TEXT + 8) + 256 < LETTER_HEAD, "whatever is packed fits");

static uint64_t
sip(const void *p, size_t n)
{
	uint8_t h[crypto_shorthash_BYTES];
	uint64_t x = 0;
	crypto_shorthash(h, p, n, key);
	for (int i = 8; i-- > 0;)
		x = x << 8 | h[i];
	return x;
}

/* 0 is left for "no body". */
uint64_t
letter_sum(const void *p, size_t n)
{
	const uint64_t x = sip(p, n);
	return x ? x : 1;
}

void
letter_alias(const uint8_t session[LETTER_SESSION], uint8_t alias[LETTER_SESSION])
{
	struct hash h;
	uint8_t whole[HASH_SIZE];
	hash_init(&h);
	hash_bytes(&h, session, LETTER_SESSION);
	hash_final(&h, whole);
	memcpy(alias, whole, LETTER_SESSION);
}

bool
letter_body_good(const struct letter *l)
{
	return l->body ? l->sum == letter_sum(l->body->bytes, l->body->n) : !l->sum;
}

/* --- text -------------------------------------------------------------------------------- */

/* Bytes of the character at s: 0 if it is no UTF-8, or would steer a terminal (C0, DEL, C1). */
static size_t
character(const uint8_t *s)
{
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	const size_t n = *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
	uint32_t c = *s & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0; /* the NUL too */
		c = c << 6 | (s[i] & 0x3f);
	}
	return n && c >= least[n] && c <= 0x10ffff && c >> 11 != 27 ? n : 0;
}

/* Bytes of s as far as it is clean. */
static size_t
clean(const char *s)
{
	size_t i = 0;
	for (size_t n; s[i] && (n = character((const uint8_t *)s + i)); i += n)
		;
	return i;
}

/* s itself if it is clean and fits, else what can be kept of it, in `to`. */
static char *
fit(const char *s, char *to, size_t room)
{
	size_t k = 0, n;
	if (!s)
		return (char *)protobuf_c_empty_string;
	n = clean(s);
	if (!s[n] && n < room)
		return (char *)s;
	for (; *s; s += n ? n : 1, k += n ? n : 1) {
		n = character((const uint8_t *)s);
		if (k + (n ? n : 1) >= room)
			break;
		if (n)
			memcpy(to + k, s, n);
		else
			to[k] = *s == '\n' || *s == '\t' ? ' ' : '?';
	}
	to[k] = 0;
	return to;
}

/* --- packing ------------------------------------------------------------------------------ */

/* How many of the ranges may go into a letter. */
static size_t
fitting(const struct range *r, size_t n)
{
	uint64_t numbers = 0;
	size_t i = 0;
	for (; i < n && i < LETTER_RANGES && r[i].n <= LETTER_NUMBERS - numbers; i++)
		numbers += r[i].n;
	return i;
}

size_t
letter_pack(const struct letter *l, uint8_t head[LETTER_HEAD])
{
	char service[LETTER_NAME], name[LETTER_NAME], avoid[LETTER_NAME], text[LETTER_TEXT];
	Letter m = ASSAY__LETTER__INIT;
	m.kind = (Assay__LetterKind)l->kind;
	m.role = (Assay__LetterRole)l->role;
	m.version = l->version;
	m.credits = l->credits;
	m.priority = l->priority > 9 ? 9 : l->priority;
	m.attempt = l->attempt;
	m.beat = l->beat;
	m.workers = l->workers;
	m.number = l->number;
	m.serial = l->serial;
	m.epoch = l->epoch;
	m.room = l->room;
	m.seconds = isfinite(l->seconds) && l->seconds > 0 ? l->seconds : 0;
	m.alone = l->alone;
	if (l->has_session)
		m.session = (ProtobufCBinaryData){LETTER_SESSION, (uint8_t *)l->session};
	m.service = fit(l->service, service, sizeof service);
	m.name = fit(l->name, name, sizeof name);
	m.avoid = fit(l->avoid, avoid, sizeof avoid);
	m.text = fit(l->text, text, sizeof text);
	m.ranges = (uint64_t *)l->ranges;
	m.n_ranges = 2 * fitting(l->ranges, l->n_ranges);
	m.sum = l->sum || !l->body ? l->sum : letter_sum(l->body->bytes, l->body->n);

	const size_t n = assay__letter__pack(&m, head);
	const uint64_t check = sip(head, n);
	memcpy(head + n, tag, sizeof tag);
	for (size_t i = 0; i < 8; i++)
		head[n + 2 + i] = (uint8_t)(check >> 8 * i);
	return n + TAIL;
}

/* --- unpacking ---------------------------------------------------------------------------- */

/* Enough for every letter that letter_pack makes, and for some fields of a later version. */
struct letter_desk {
	ProtobufCAllocator allocator;
	size_t used;
	_Alignas(16) uint8_t memory[96 * 1024];
};

static void *
take_room(void *desk, size_t n)
{
	struct letter_desk *d = desk;
	if (n > sizeof d->memory - d->used)
		return NULL;
	void *p = d->memory + d->used;
	d->used += (n + 15) & ~(size_t)15; /* the memory is a multiple of 16 */
	return p;
}

static void
leave_room(void *desk, void *p)
{
	(void)desk, (void)p;
}

struct letter_desk *
letter_desk_new(void)
{
	struct letter_desk *d = malloc(sizeof *d);
	if (d) {
		d->allocator = (ProtobufCAllocator){take_room, leave_room, d};
		d->used = 0;
	}
	return d;
}

void
letter_desk_free(struct letter_desk *d)
{
	free(d);
}

static int
bad_text(const char *s, size_t room, const char *what, struct err *err)
{
	const size_t n = clean(s);
	return n >= room ? err_set(err, "a %s of more than %zu bytes", what, room - 1)
	    : s[n]       ? err_set(err, "a %s with something in it that is no text", what)
	                 : 0;
}

static int
bad_ranges(const struct range *r, size_t n, struct err *err)
{
	uint64_t last = 0, numbers = 0;
	if (n > LETTER_RANGES)
		return err_set(err, "%zu ranges, more than %d", n, LETTER_RANGES);
	for (size_t i = 0; i < n; i++) {
		if (!r[i].n)
			return err_set(err, "an empty range");
		if (r[i].n > LETTER_NUMBERS - numbers)
			return err_set(err, "ranges of more than %d numbers", LETTER_NUMBERS);
		if (r[i].first <= last || r[i].first > UINT64_MAX - r[i].n)
			return err_set(err, "a range at %llu after one up to %llu", (unsigned long long)r[i].first,
			    (unsigned long long)last);
		last = r[i].first + r[i].n - 1;
		numbers += r[i].n;
	}
	return 0;
}

/* What a letter may not say, whoever writes it. */
static int
refuse(const Letter *m, const struct parcel *body, struct err *err)
{
	if ((unsigned)m->kind - 1 >= LETTER_ALARM)
		return err_set(err, "a letter of unknown kind %d", (int)m->kind);
	if ((unsigned)m->role > LETTER_WATCHER)
		return err_set(err, "unknown role %d", (int)m->role);
	if (m->session.len && m->session.len != LETTER_SESSION)
		return err_set(err, "a session of %zu bytes", m->session.len);
	if (m->priority > 9)
		return err_set(err, "priority %u, more than 9", m->priority);
	if (!isfinite(m->seconds) || m->seconds < 0)
		return err_set(err, "seconds that are no number");
	if (m->n_ranges % 2)
		return err_set(err, "half a range");
	if (body && !m->sum)
		return err_set(err, "a body without its sum");
	return bad_text(m->service, LETTER_NAME, "service", err) < 0 || bad_text(m->name, LETTER_NAME, "name", err) < 0
	    || bad_text(m->avoid, LETTER_NAME, "name to avoid", err) < 0 || bad_text(m->text, LETTER_TEXT, "text", err) < 0
	    || bad_ranges((const struct range *)m->ranges, m->n_ranges / 2, err) < 0 ? -1 : 0;
}

int
letter_unpack(const uint8_t *head, size_t n, struct parcel *body, struct letter *l, struct letter_desk *d, struct err *err)
{
	if (n <= TAIL || n > LETTER_HEAD)
		return err_set(err, "a letter of %zu bytes", n);
	const uint64_t check = sip(head, n - TAIL);
	uint64_t said = 0;
	for (size_t i = 8; i-- > 0;)
		said = said << 8 | head[n - 8 + i];
	if (memcmp(head + n - TAIL, tag, sizeof tag) || check != said)
		return err_set(err, "a garbled letter: its check is wrong");

	d->used = 0;
	const Letter *m = assay__letter__unpack(&d->allocator, n, head);
	if (!m)
		return err_set(err, "a letter that cannot be read, or with too much in it");
	/* There is one shortest way to write a letter. Whatever differs from it (a NUL in a string, a
	   field given twice, a number in too many bytes) is longer. */
	if (assay__letter__get_packed_size(m) != n)
		return err_set(err, "a letter that says things twice, or hides some");
	if (refuse(m, body, err) < 0)
		return -1;
	*l = (struct letter){
	    .kind = (enum letter_kind)m->kind,
	    .role = (enum letter_role)m->role,
	    .version = m->version,
	    .credits = m->credits,
	    .priority = m->priority,
	    .attempt = m->attempt,
	    .beat = m->beat,
	    .workers = m->workers,
	    .number = m->number,
	    .serial = m->serial,
	    .epoch = m->epoch,
	    .room = m->room,
	    .sum = m->sum,
	    .seconds = m->seconds,
	    .alone = m->alone,
	    .has_session = m->session.len,
	    .service = m->service,
	    .name = m->name,
	    .avoid = m->avoid,
	    .text = m->text,
	    .ranges = (const struct range *)m->ranges,
	    .n_ranges = m->n_ranges / 2,
	    .body = body,
	};
	if (l->has_session)
		memcpy(l->session, m->session.data, LETTER_SESSION);
	return 0;
}

/* --- names --------------------------------------------------------------------------------- */

const char *
letter_role_name(enum letter_role r)
{
	static const char *const names[] = {"nobody", "sender", "worker", "watcher"};
	return (unsigned)r < sizeof names / sizeof *names ? names[r] : "stranger";
}

const char *
letter_kind_name(enum letter_kind k)
{
	static const char *const names[] = {"NOTHING", "HELLO", "WELCOME", "WHO", "REFUSED", "TAKE", "WORK", "RESULT",
	    "FAILED", "BEAT", "BYE", "STATUS", "ALARM"};
	return (unsigned)k < sizeof names / sizeof *names ? names[k] : "UNKNOWN";
}

/* --- letters to be sent ------------------------------------------------------------------------ */

void
outbox_init(struct outbox *o)
{
	*o = (struct outbox){.last = &o->first};
}

void
outbox_release(struct outbox *o)
{
	while (o->first)
		outbox_drop(o);
}

int
outbox_put(struct outbox *o, const struct letter *l)
{
	uint8_t head[LETTER_HEAD];
	const size_t n = letter_pack(l, head);
	struct mail *m = malloc(sizeof *m + n);
	if (!m)
		return -1;
	m->next = NULL;
	m->body = parcel_ref(l->body);
	m->n = n;
	memcpy(m->head, head, n);
	*o->last = m;
	o->last = &m->next;
	o->n++;
	o->bytes += m->body ? m->body->n : 0;
	return 0;
}

void
outbox_drop(struct outbox *o)
{
	struct mail *m = o->first;
	if (!m)
		return;
	if (!(o->first = m->next))
		o->last = &o->first;
	o->n--;
	o->bytes -= m->body ? m->body->n : 0;
	parcel_unref(m->body);
	free(m);
}

/* --- sets of numbers ------------------------------------------------------------------------------ */

bool
ranges_add(struct range *ranges, size_t *n, size_t room, uint64_t number)
{
	struct range *last = *n ? &ranges[*n - 1] : NULL;
	if (last && last->first + last->n == number) {
		last->n++;
		return true;
	}
	if (*n == room)
		return false;
	ranges[(*n)++] = (struct range){number, 1};
	return true;
}

bool
ranges_have(const struct range *ranges, size_t n, uint64_t number)
{
	size_t low = 0;
	while (low < n) { /* in [low, n) is the last that begins at or before the number, if it is any */
		const size_t middle = low + (n - low) / 2;
		if (number < ranges[middle].first)
			n = middle;
		else if (number - ranges[middle].first < ranges[middle].n)
			return true;
		else
			low = middle + 1;
	}
	return false;
}
