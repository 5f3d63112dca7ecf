/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters: what is packed comes back, what is garbled or hostile does not. Also a
 * fuzzer, from the root of the source (the check is made right, or nothing would get past it):
 *
 *   clang -DFUZZER -g -fsanitize=fuzzer,address,undefined ... tests/letter.c
 *   ./letter tests/corpus/letter
 */
#include "queue/letter.h"

#include <dirent.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "letter.pb-c.h"
#include "tap.h"

static struct letter_desk *desk;
static size_t read_well, refused;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "letter: %s\n", what);
	abort();
}

static uint8_t *
sealed(const uint8_t *p, size_t n, size_t *total)
{
	uint8_t *head = malloc(n + 10);
	if (n)
		memcpy(head, p, n);
	head[n] = 0x99;
	head[n + 1] = 0x06;
	crypto_shorthash(head + n + 2, head, n, (const uint8_t *)"assay letter v1");
	*total = n + 10;
	return head;
}

static bool
same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool
same(const struct letter *a, const struct letter *b)
{
	return a->kind == b->kind && a->role == b->role && a->version == b->version && a->credits == b->credits
	    && a->priority == b->priority && a->attempt == b->attempt && a->beat == b->beat && a->workers == b->workers
	    && a->number == b->number && a->serial == b->serial && a->epoch == b->epoch && a->room == b->room
	    && a->seconds == b->seconds && a->alone == b->alone && a->has_session == b->has_session
	    && !memcmp(a->session, b->session, LETTER_SESSION) && same_text(a->service, b->service)
	    && same_text(a->name, b->name) && same_text(a->avoid, b->avoid) && same_text(a->text, b->text)
	    && a->n_ranges == b->n_ranges
	    && (!a->n_ranges || !memcmp(a->ranges, b->ranges, a->n_ranges * sizeof *a->ranges));
}

/* Whatever it is: refused with a reason, or read, and then what is packed again says the same. */
static bool
run(const uint8_t *head, size_t n, struct err *err)
{
	static struct letter_desk *other;
	struct letter l, again;
	uint8_t packed[LETTER_HEAD];
	*err = (struct err){""};
	if (!desk)
		desk = letter_desk_new();
	if (!other)
		other = letter_desk_new();
	/* At the end of a block of its own, so that a byte too many is seen. */
	uint8_t *exact = malloc(n ? n : 1);
	if (n)
		memcpy(exact, head, n);
	const int got = letter_unpack(exact, n, NULL, &l, desk, err);
	free(exact);
	if (got < 0) {
		must(*err->text, "refused without a reason");
		refused++;
		return false;
	}
	must(l.service && l.name && l.avoid && l.text, "a string that is not there");
	for (const char *s = l.text; *s; s++)
		must((uint8_t)*s >= 0x20 && *s != 0x7f, "a control character");
	const size_t m = letter_pack(&l, packed);
	must(m <= LETTER_HEAD, "longer than a letter may be");
	must(letter_unpack(packed, m, NULL, &again, other, err) == 0, err->text);
	must(same(&l, &again), "packed again it says something else");
	read_well++;
	return true;
}

#ifdef FUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	size_t n;
	uint8_t *head = sealed(data, size, &n);
	run(head, n, &err);
	run(data, size, &err);
	free(head);
	return 0;
}

#else

/* --- letters that are whole ---------------------------------------------------------------- */

static const struct range three[] = {{1, 4}, {5, 1}, {UINT64_MAX - 7, 7}};

static struct letter
example(void)
{
	return (struct letter){.kind = LETTER_WORK, .role = LETTER_SENDER, .version = 1, .credits = 4, .priority = 9,
	    .attempt = 3, .beat = 1000, .workers = 7, .number = UINT64_MAX, .serial = 77, .epoch = 0x0123456789abcdef,
	    .room = 1 << 30, .seconds = 0.125, .alone = true, .has_session = true, .session = "0123456789abcde",
	    .service = "main", .name = "höst/12", .avoid = "other/3", .text = "why €", .ranges = three, .n_ranges = 3};
}

static void
test_round(void)
{
	uint8_t head[LETTER_HEAD];
	struct err err = {""};
	struct letter l = example(), back;
	struct parcel *body = parcel_new("a take", 6), *other = parcel_new("a tale", 6);
	l.body = body;
	size_t n = letter_pack(&l, head);
	ok(letter_unpack(head, n, body, &back, desk, &err) == 0 && same(&l, &back), "a letter with everything comes back %s", err.text);
	ok(back.sum == letter_sum("a take", 6) && letter_body_good(&back), "and knows its body");
	ok(body->refs == 1, "of which it takes no reference");
	back.body = other;
	ok(!letter_body_good(&back), "a body with one bit changed is not good");
	back.body = NULL;
	ok(!letter_body_good(&back), "nor one that is missing");
	l.sum = 5;
	n = letter_pack(&l, head);
	ok(letter_unpack(head, n, body, &back, desk, &err) == 0 && back.sum == 5 && !letter_body_good(&back),
	    "a sum that is there is passed on, not made right");
	l.body = NULL;
	l.sum = 0;
	n = letter_pack(&l, head);
	ok(letter_unpack(head, n, NULL, &back, desk, &err) == 0 && letter_body_good(&back), "no body and no sum is good");
	ok(letter_unpack(head, n, body, &back, desk, &err) < 0, "a body that no sum guards is refused: %s", err.text);

	const struct letter least = {.kind = LETTER_BYE};
	n = letter_pack(&least, head);
	ok(n == 12 && letter_unpack(head, n, NULL, &back, desk, &err) == 0 && same(&least, &back), "BYE has 12 bytes");
	parcel_unref(body);
	parcel_unref(other);

	bool all = true;
	for (int k = 1; k <= LETTER_ALARM; k++)
		for (int r = 0; r <= LETTER_WATCHER; r++) {
			const struct letter x = {.kind = (enum letter_kind)k, .role = (enum letter_role)r};
			n = letter_pack(&x, head);
			all &= letter_unpack(head, n, NULL, &back, desk, &err) == 0 && same(&x, &back)
			    && strcmp(letter_kind_name(x.kind), "UNKNOWN") && strcmp(letter_role_name(x.role), "stranger");
		}
	ok(all, "every kind and role comes back and has a name");
	ok(!strcmp(letter_kind_name(LETTER_RESULT), "RESULT") && !strcmp(letter_role_name(LETTER_WORKER), "worker")
	    && !strcmp(letter_kind_name((enum letter_kind)99), "UNKNOWN"), "RESULT, worker");
}

/* What our own side says wrong or at too great length is made fit, never sent as what nobody reads. */
static void
test_fit(void)
{
	uint8_t head[LETTER_HEAD];
	struct err err = {""};
	struct letter back;
	char name[4000], text[4000];
	for (size_t i = 0; i < sizeof name; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	name[sizeof name - 1] = 0;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	static struct range many[5000];
	for (size_t i = 0; i < 5000; i++)
		many[i] = (struct range){UINT64_MAX / 5000 * (i + 1) - 100, 2};
	struct letter l = {.kind = LETTER_FAILED, .service = name, .name = name, .avoid = name, .text = text, .ranges = many,
	    .n_ranges = 5000, .seconds = NAN, .priority = 77, .has_session = true, .number = UINT64_MAX,
	    .serial = UINT64_MAX, .epoch = UINT64_MAX, .room = UINT64_MAX, .sum = UINT64_MAX};
	size_t n = letter_pack(&l, head);
	ok(n <= LETTER_HEAD && letter_unpack(head, n, NULL, &back, desk, &err) == 0, "the longest letter: %zu bytes %s", n, err.text);
	ok(strlen(back.name) == 126 && strlen(back.text) == LETTER_TEXT - 1 && back.n_ranges == LETTER_RANGES
	    && !memcmp(back.ranges, many, LETTER_RANGES * sizeof *many), "names are cut between characters, text and ranges are cut");
	ok(back.seconds == 0 && back.priority == 9, "no NaN, no priority beyond 9");

	l = (struct letter){.kind = LETTER_FAILED, .name = "a\033[31mb\xff\xc2\x85\xe2\x82", .text = "one\ntwo\tthree\r\x7f\xed\xa0\x80 €"};
	n = letter_pack(&l, head);
	const int got = letter_unpack(head, n, NULL, &back, desk, &err);
	ok(got == 0 && !strcmp(back.name, "a?[31mb?????") && !strcmp(back.text, "one two three????? €"), "what steers a terminal is left out: '%s' '%s' %s", back.name, back.text, err.text);

	const struct range wide[] = {{1, LETTER_NUMBERS}, {LETTER_NUMBERS + 2, 1}};
	l = (struct letter){.kind = LETTER_BEAT, .ranges = wide, .n_ranges = 2};
	n = letter_pack(&l, head);
	ok(letter_unpack(head, n, NULL, &back, desk, &err) == 0 && back.n_ranges == 1, "numbers beyond the limit are left out");
}

/* --- letters that are none ------------------------------------------------------------------ */

static void
refuses(const char *what, const void *p, size_t n, const char *why)
{
	struct err err;
	size_t total;
	uint8_t *head = sealed(p, n, &total);
	const bool good = run(head, total, &err);
	ok(!good && strstr(err.text, why), "%s: %s", what, good ? "was taken" : err.text);
	free(head);
}

static size_t
packed(const Assay__Letter *m, uint8_t *p)
{
	return assay__letter__pack(m, p);
}

#define REFUSES(what, why, ...)                                  \
	do {                                                     \
		static uint8_t bytes[1 << 17];                   \
		Assay__Letter m = ASSAY__LETTER__INIT;           \
		m.kind = ASSAY__LETTER_KIND__BEAT;               \
		__VA_ARGS__;                                     \
		refuses(what, bytes, packed(&m, bytes), why);    \
	} while (0)

#define LIST(...)                                                \
	uint64_t list[] = {__VA_ARGS__};                         \
	m.ranges = list;                                         \
	m.n_ranges = sizeof list / sizeof *list

static void
test_hostile(void)
{
	uint8_t head[LETTER_HEAD + 1] = {0};
	struct err err;
	struct letter l = example();
	const size_t n = letter_pack(&l, head);
	size_t slipped = 0;
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			head[i] ^= (uint8_t)(1 << bit);
			slipped += run(head, n, &err);
			head[i] ^= (uint8_t)(1 << bit);
		}
	for (size_t i = 0; i < n; i++)
		slipped += run(head, i, &err);
	ok(!slipped, "not one of %zu letters with a bit turned, and no shortened one, is taken", 8 * n);
	head[n] = 0;
	ok(run(head, n, &err) && !run(head, n + 1, &err), "a byte too many: %s", err.text);
	ok(!run(head, 0, &err) && !run(head, LETTER_HEAD + 1, &err), "empty, or over the limit: %s", err.text);

	refuses("nothing but a check", "", 0, "letter of 10 bytes");
	REFUSES("no kind", "unknown kind 0", m.kind = 0; m.number = 1);
	REFUSES("a later kind", "unknown kind 13", m.kind = 13);
	REFUSES("a negative kind", "unknown kind -1", m.kind = -1);
	REFUSES("a later role", "unknown role 4", m.role = 4);
	REFUSES("a negative role", "unknown role", m.role = -5);
	REFUSES("a short session", "session of 15", m.session.len = 15; m.session.data = head);
	REFUSES("a long session", "session of 17", m.session.len = 17; m.session.data = head);
	REFUSES("a priority", "priority 10", m.priority = 10);
	REFUSES("NaN seconds", "seconds", m.seconds = NAN);
	REFUSES("infinite seconds", "seconds", m.seconds = INFINITY);
	REFUSES("negative seconds", "seconds", m.seconds = -1);
	REFUSES("half a range", "half", LIST(1, 1, 3));
	REFUSES("an empty range", "empty range", LIST(1, 0));
	REFUSES("a range from nothing", "range at 0", LIST(0, 1));
	REFUSES("ranges that overlap", "after one up to 4", LIST(1, 4, 4, 2));
	REFUSES("ranges that run backwards", "after one up to 8", LIST(8, 1, 2, 1));
	REFUSES("a range past the end", "range at", LIST(UINT64_MAX - 1, 2));
	REFUSES("an endless range", "ranges of more", LIST(1, UINT64_MAX));
	REFUSES("too many numbers", "ranges of more", LIST(1, 1 << 19, 1 << 20, 1 << 19, 1 << 21, 1));
	REFUSES("an escape in a name", "no text", m.name = (char *)"a\033[2J");
	REFUSES("a newline in text", "no text", m.text = (char *)"a\nassay queue: error");
	REFUSES("C1 in text", "no text", m.text = (char *)"\xc2\x9b" "2J");
	REFUSES("no UTF-8", "no text", m.avoid = (char *)"\xc0\xaf");
	char word[LETTER_TEXT + 1];
	memset(word, 'w', sizeof word);
	word[LETTER_TEXT] = 0;
	REFUSES("a long text", "more than 1023", m.text = word);
	word[LETTER_NAME] = 0;
	REFUSES("a long service", "more than 127", m.service = word);
	uint64_t lots[2 * LETTER_RANGES + 2];
	for (size_t i = 0; i < 2 * LETTER_RANGES + 2; i += 2)
		lots[i] = i + 1, lots[i + 1] = 1;
	REFUSES("many ranges", "2049 ranges", m.ranges = lots; m.n_ranges = 2 * LETTER_RANGES + 2);

	refuses("a NUL in a string", "\x08\x09\x2a\x03" "a\0b", 7, "hides");
	refuses("a field twice", "\x08\x09\x08\x09", 4, "twice");
	refuses("a number in too many bytes", "\x08\x89\x00", 3, "twice");
	refuses("an explicit nothing", "\x08\x09\x10\x00", 4, "twice");
	refuses("a field of another type", "\x0d\x09\x00\x00\x00", 5, "");
	refuses("a string that ends too late", "\x08\x09\x2a\x7f" "a", 5, "cannot be read");
	refuses("a check before the check", "\x08\x09\x99\x06" "12345678", 12, "twice");

	static uint8_t unknown[LETTER_HEAD - 10];
	unknown[0] = 0x08, unknown[1] = 0x09;
	for (size_t i = 2; i < sizeof unknown; i += 2)
		unknown[i] = 0x78 + 0x80, unknown[i + 1] = 0x06; /* cut into tags of two bytes without values, and worse */
	refuses("fields of a later version without end", unknown, sizeof unknown, "cannot be read");
	size_t total;
	for (size_t i = 2; i + 3 <= sizeof unknown; i += 3)
		memcpy(unknown + i, "\xc0\x06\x01", 3); /* field 104, varint 1 */
	uint8_t *head2 = sealed(unknown, 2 + 3 * 40, &total);
	ok(run(head2, total, &err), "forty fields of a later version are read over %s", err.text);
	free(head2);
	refuses("twenty thousand are not", unknown, 2 + (sizeof unknown - 2) / 3 * 3, "too much");

	/* The order of fields is the writer's, but the check is last. */
	const uint8_t order[] = {0x38, 7, 0x08, 9};
	head2 = sealed(order, sizeof order, &total);
	ok(run(head2, total, &err), "fields in another order are read");
	uint8_t moved[14];
	memcpy(moved, head2 + 4, 10);
	memcpy(moved + 10, head2, 4);
	ok(!run(moved, sizeof moved, &err), "a check that is not last is none: %s", err.text);
	free(head2);
}

/* --- mutations ------------------------------------------------------------------------------- */

enum { MOST = 64, ROOM = 1 << 13 };
static struct entry {
	uint8_t data[ROOM];
	size_t n;
	char name[64];
} corpus[MOST];

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static size_t
load(const char *folder)
{
	size_t n = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; d && n < MOST && (e = readdir(d));) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		FILE *f = strstr(e->d_name, ".letter") ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		snprintf(corpus[n].name, sizeof corpus[n].name, "%.60s", e->d_name);
		corpus[n].n = fread(corpus[n].data, 1, ROOM / 2, f);
		fclose(f);
		n++;
	}
	if (d)
		closedir(d);
	qsort(corpus, n, sizeof *corpus, by_name);
	return n;
}

static size_t
mutate(struct rng *r, uint8_t *p, size_t n, const struct entry *other)
{
	static const uint8_t extreme[] = {0, 1, 0x7f, 0x80, 0xff, 0x9a, 0x08, 0x2a};
	for (uint64_t k = 1 + rng_below(r, 4); k; k--) {
		const size_t at = n ? rng_below(r, n) : 0;
		switch (rng_below(r, 6)) {
		case 0: p[at] ^= (uint8_t)(1 << rng_below(r, 8)); break;
		case 1: p[at] = extreme[rng_below(r, sizeof extreme)]; break;
		case 2: n = at; break;
		case 3:
			if (n < ROOM) {
				memmove(p + at + 1, p + at, n - at);
				n++;
			}
			break;
		case 4:
			if (n) {
				memmove(p + at, p + at + 1, n - at - 1);
				n--;
			}
			break;
		default: {
			const size_t from = rng_below(r, other->n), left = other->n - from, room = ROOM - at;
			size_t m = rng_below(r, left < 64 ? left : 64) + 1;
			m = m < room ? m : room;
			memcpy(p + at, other->data + from, m);
			n = at + m > n ? at + m : n;
		}
		}
	}
	return n;
}

/* The corpus holds letters without their checks. */
static void
test_mutations(void)
{
	enum { MUTATIONS = 20000 };
	struct err err;
	const size_t n = load("tests/corpus/letter");
	if (!ok(n >= 8, "%zu letters in the corpus", n))
		return;
	read_well = refused = 0;
	static uint8_t bytes[ROOM + 1];
	for (size_t k = 0; k < MUTATIONS + n; k++) {
		const size_t i = k % n;
		struct rng r = {rng_at(99, k), 0};
		size_t size = corpus[i].n, total;
		memcpy(bytes, corpus[i].data, size);
		if (k >= n)
			size = mutate(&r, bytes, size, &corpus[rng_below(&r, n)]);
		uint8_t *head = sealed(bytes, size, &total);
		run(head, total, &err);
		free(head);
	}
	ok(read_well > MUTATIONS / 20 && refused > MUTATIONS / 20, "%d mutations with a check made right: %zu read, %zu refused", MUTATIONS,
	    read_well, refused);
}

/* --- outbox, ranges, speed --------------------------------------------------------------------- */

static void
test_outbox(void)
{
	struct outbox o;
	struct letter back, l = {.kind = LETTER_TAKE, .number = 1};
	struct err err;
	outbox_init(&o);
	outbox_drop(&o);
	struct parcel *body = parcel_new("0123456789", 10);
	bool good = true;
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 1; i <= 5; i++) {
			l.number = i;
			l.body = i % 2 ? body : NULL;
			good &= outbox_put(&o, &l) == 0;
		}
		good &= o.n == 5 && o.bytes == 30 && body->refs == 4;
		for (uint64_t i = 1; i <= 5; i++) {
			good &= letter_unpack(o.first->head, o.first->n, o.first->body, &back, desk, &err) == 0 && back.number == i
			    && letter_body_good(&back) && (back.body != NULL) == (i % 2);
			outbox_drop(&o);
		}
		good &= !o.n && !o.bytes && !o.first && body->refs == 1;
	}
	ok(good, "an outbox gives letters in order, counts them and lets go of their bodies");
	l.body = body;
	outbox_put(&o, &l);
	outbox_put(&o, &l);
	outbox_release(&o);
	outbox_release(&o);
	ok(body->refs == 1 && !o.n && !o.bytes, "released with letters in it");
	parcel_unref(body);
}

static void
test_ranges(void)
{
	struct range r[40];
	size_t n = 0;
	bool in[400] = {false}, good = true;
	for (uint64_t i = 1; i < 400; i++)
		if (rng_at(5, i) % 8 && ranges_add(r, &n, 40, i))
			in[i] = true;
		else if (n == 40)
			break;
	for (uint64_t i = 0; i < 400; i++)
		good &= ranges_have(r, n, i) == in[i];
	ok(good && n > 20, "%zu ranges have what was added and nothing else", n);
	ok(!ranges_have(r, 0, 1), "no ranges have nothing");
	n = 0;
	ok(ranges_add(r, &n, 1, 5) && ranges_add(r, &n, 1, 6) && !ranges_add(r, &n, 1, 8) && n == 1 && r[0].first == 5 && r[0].n == 2,
	    "no room for a second, but for more of the first");
}

static double
cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Said, not asserted: nothing may depend on how fast this machine is today. */
static void
test_speed(void)
{
	enum { N = 50000 };
	uint8_t head[LETTER_HEAD];
	struct err err;
	struct letter back, l = {.kind = LETTER_WORK, .number = 123456, .serial = 12345, .attempt = 1, .has_session = true, .sum = 99,
	    .service = "main", .name = "host.example.org/12345"};
	size_t good = 0;
	const double t = cpu();
	for (size_t i = 0; i < N; i++) {
		l.number++;
		const size_t n = letter_pack(&l, head);
		good += letter_unpack(head, n, NULL, &back, desk, &err) == 0;
	}
	const double each = (cpu() - t) / N;
	ok(good == N, "%d letters packed and unpacked", N);
	diag("%.2f us each: %.0f a second on one core", 1e6 * each, 1 / each);
}

int
main(void)
{
	desk = letter_desk_new();
	test_round();
	test_fit();
	test_hostile();
	test_mutations();
	test_outbox();
	test_ranges();
	test_speed();
	letter_desk_free(NULL);
	letter_desk_free(desk);
	return done();
}

#endif
