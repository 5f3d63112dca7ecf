/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The working side's state machine, told what happens letter by letter. */
#include "queue/worker.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

enum { BEAT = 100000 }; /* microseconds */

static struct letter_desk *desk;
static int64_t now = 1000000;
static const uint8_t session[LETTER_SESSION] = "sixteen bytes..";

static struct worker *
start(uint32_t credits, uint64_t room)
{
	return worker_new(&(struct worker_settings){.service = "main", .name = "host/1", .credits = credits, .room = room, .seed = 7});
}

static void
step(struct worker *w, enum worker_what what)
{
	worker_step(w, &(struct worker_event){.what = what}, now);
}

static void
hear(struct worker *w, struct letter l)
{
	l.service = l.name = l.avoid = "";
	l.text = l.text ? l.text : "";
	worker_step(w, &(struct worker_event){.what = WORKER_LETTER, .letter = &l}, now);
}

static void
welcome(struct worker *w, uint64_t epoch)
{
	hear(w, (struct letter){.kind = LETTER_WELCOME, .epoch = epoch, .beat = BEAT / 1000});
}

static void
work(struct worker *w, uint64_t serial, uint64_t number, const char *take, bool garbled, bool alone)
{
	struct parcel *p = parcel_new(take, strlen(take));
	struct letter l = {.kind = LETTER_WORK, .serial = serial, .number = number, .attempt = 1, .has_session = true,
	    .alone = alone, .body = p, .sum = letter_sum(p->bytes, p->n) + garbled};
	memcpy(l.session, session, sizeof session);
	hear(w, l);
	parcel_unref(p);
}

/* The next letter to be sent, read back; it leaves. NOTHING: there is none. The body is *body, to be unref'd. */
static struct letter
sent(struct worker *w, struct parcel **body)
{
	struct letter l = {0};
	struct err err;
	const struct mail *m = worker_mail(w);
	if (body)
		*body = m ? parcel_ref(m->body) : NULL;
	if (!m)
		return l;
	if (letter_unpack(m->head, m->n, m->body, &l, desk, &err) < 0)
		diag("%s", err.text);
	if (!letter_body_good(&l))
		l.kind = LETTER_NOTHING;
	l.body = NULL;
	step(w, WORKER_SENT);
	return l;
}

static bool
says(struct worker *w, enum letter_kind kind)
{
	return sent(w, NULL).kind == kind;
}

static void
pass_beat(struct worker *w)
{
	now += BEAT;
	step(w, WORKER_TICK);
}

/* The worker at work, known to a queue of this epoch. */
static struct worker *
met(uint32_t credits, uint64_t room)
{
	struct worker *w = start(credits, room);
	step(w, WORKER_CONNECTED);
	says(w, LETTER_HELLO);
	welcome(w, 5);
	return w;
}

static struct parcel *
text(const char *s)
{
	return parcel_new(s, strlen(s));
}

static bool
holds(const struct letter *l, const char *want)
{
	char got[256] = "";
	for (size_t i = 0; i < l->n_ranges; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%llu+%llu", i ? " " : "",
		    (unsigned long long)l->ranges[i].first, (unsigned long long)l->ranges[i].n);
	if (strcmp(got, want))
		diag("holds %s, not %s", got, want);
	return !strcmp(got, want);
}

static uint64_t
begin(struct worker *w)
{
	struct lease l;
	if (!worker_next(w, &l))
		return 0;
	parcel_unref(l.take);
	return l.id;
}

/* --- subjects ------------------------------------------------------------------------- */

static void
greeting(void)
{
	struct worker *w = start(3, 1000);
	step(w, WORKER_TICK);
	ok(!worker_mail(w) && !worker_connected(w), "without a connection it says nothing");
	step(w, WORKER_CONNECTED);
	const struct letter l = sent(w, NULL);
	ok(l.kind == LETTER_HELLO && l.version == LETTER_VERSION && l.role == LETTER_WORKER && l.credits == 3 && l.room == 1000
	    && !strcmp(l.service, "main") && !strcmp(l.name, "host/1"), "hello: who it is, credits, room");
	ok(!worker_mail(w) && !worker_connected(w), "once");
	pass_beat(w);
	ok(worker_mail(w) == NULL, "before the queue has told its beat, the usual one counts");
	now += 1000000;
	step(w, WORKER_TICK);
	ok(says(w, LETTER_HELLO), "and again with the next beat: the first may have been garbled");
	hear(w, (struct letter){.kind = LETTER_WHO});
	ok(!worker_mail(w), "who? of a letter before it is no new reason");
	work(w, 1, 1, "take", false, false);
	ok(!worker_waiting(w), "no work before the welcome");
	welcome(w, 5);
	ok(worker_connected(w) && !worker_mail(w), "welcome");
	int beats = 0;
	for (int i = 0; i < 10; i++) {
		now = worker_due(w);
		step(w, WORKER_TICK);
		beats += says(w, LETTER_BEAT);
		hear(w, (struct letter){.kind = LETTER_BEAT, .epoch = 5});
	}
	ok(beats == 10, "a beat each time that one is due (%d of 10)", beats);
	hear(w, (struct letter){.kind = LETTER_WHO});
	ok(says(w, LETTER_HELLO) && !worker_connected(w), "who? later: hello");
	welcome(w, 6);
	hear(w, (struct letter){.kind = LETTER_BEAT, .epoch = 7});
	ok(says(w, LETTER_HELLO), "another epoch: hello");
	worker_free(w);

	w = start(1, 0);
	step(w, WORKER_CONNECTED);
	says(w, LETTER_HELLO);
	hear(w, (struct letter){.kind = LETTER_REFUSED, .text = "version 9 is wanted"});
	const char *news = worker_news(w);
	ok(worker_refused(w) && news && strstr(news, "version 9 is wanted") && !worker_news(w) && !worker_mail(w),
	    "refused: for good, with the reason");
	worker_free(w);
}

static void
working(void)
{
	struct worker *w = met(4, 0);
	struct lease a, b;
	struct parcel *body;
	work(w, 1, 11, "one", false, false);
	work(w, 2, 12, "two", false, true);
	work(w, 3, 13, "three", true, false);
	ok(worker_waiting(w) == 2 && worker_held(w) == 2, "a garbled take is dropped");
	struct letter l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.serial == 3 && l.credits == 4 && holds(&l, "1+2"), "and said at once not to be held");
	ok(worker_next(w, &a) && worker_next(w, &b) && !worker_next(w, &b), "two leases to be begun");
	ok(!a.alone && b.alone && a.id != b.id && a.take->n == 3 && !memcmp(a.take->bytes, "one", 3), "in the order they came");
	parcel_unref(a.take);
	parcel_unref(b.take);
	worker_done(w, b.id, text("TWO"), 0.5);
	worker_failed(w, a.id, "render was killed");
	pass_beat(w);
	l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && holds(&l, "1+2"), "until an answer has left, its lease is held");
	l = sent(w, &body);
	ok(l.kind == LETTER_RESULT && l.number == 12 && l.serial == 2 && l.seconds == 0.5 && l.has_session
	    && !memcmp(l.session, session, sizeof session) && body && body->n == 3 && !memcmp(body->bytes, "TWO", 3), "the result");
	parcel_unref(body);
	l = sent(w, NULL);
	ok(l.kind == LETTER_FAILED && l.number == 11 && l.serial == 1 && !strcmp(l.text, "render was killed"), "the failure");
	ok(worker_held(w) == 0 && !worker_mail(w), "then nothing is held");
	pass_beat(w);
	l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.serial == 3 && !l.n_ranges, "which the next beat says");
	worker_done(w, b.id, text("again"), 0);
	worker_done(w, 999, text("unknown"), 0);
	ok(!worker_mail(w), "what is answered twice, or was never leased, is nothing");
	hear(w, (struct letter){.kind = LETTER_BEAT, .epoch = 5, .serial = 5});
	l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.serial == 5 && !l.n_ranges, "what the queue has sent and never arrived is said at once");
	work(w, 4, 14, "late", false, false);
	ok(worker_held(w) == 0, "a serial that was given up is not taken");
	worker_free(w);
}

static void
limits(void)
{
	struct worker *w = met(2, 100);
	for (uint64_t i = 1; i <= 5; i++)
		work(w, i, i, "take", false, false);
	ok(worker_held(w) == 2, "no more leases than credits");
	struct letter l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.serial == 5 && holds(&l, "1+2"), "the rest goes back");
	worker_credits(w, 4);
	l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.credits == 4, "more credits are told at once");
	worker_credits(w, 3);
	ok(!worker_mail(w), "fewer with the next beat");
	pass_beat(w);
	ok(sent(w, NULL).credits == 3, "which it is");
	char big[300];
	memset(big, 'x', sizeof big);
	big[299] = 0;
	work(w, 6, 6, big, false, false);
	ok(worker_held(w) == 2, "nor more bytes than there is room for");
	worker_free(w);

	/* results take room too */
	w = met(8, 100);
	for (uint64_t i = 1; i <= 8; i++)
		work(w, i, i, "t", false, false);
	const uint64_t id = begin(w);
	ok(id && !begin(w), "before the first result one at a time, if there is room for few");
	worker_done(w, id, text("0123456789012345678901234567890123456789"), 0);
	ok(begin(w) && !begin(w), "40 bytes unsent and 40 to come: not 40 more");
	says(w, LETTER_RESULT);
	ok(begin(w) && !begin(w), "when the first has left, one more");
	worker_free(w);
}

static void
reconnecting(void)
{
	struct worker *w = met(3, 0);
	struct parcel *body;
	struct lease a;
	work(w, 1, 1, "one", false, false);
	work(w, 2, 2, "two", false, false);
	worker_next(w, &a);
	parcel_unref(a.take);
	step(w, WORKER_CONNECTED);
	struct letter l = sent(w, NULL);
	ok(l.kind == LETTER_HELLO && l.credits == 1, "a new connection: hello, with the credits that are left");
	worker_done(w, a.id, text("ONE"), 1);
	ok(!worker_mail(w), "answers wait for the welcome");
	welcome(w, 5);
	l = sent(w, &body);
	ok(l.kind == LETTER_RESULT && l.number == 1 && l.serial == 0 && body && body->n == 3, "an older lease is answered without a serial");
	parcel_unref(body);
	l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.n_ranges == 0, "and not listed");
	ok(l.credits == 2, "which gives credits back (%u)", l.credits);
	ok(worker_waiting(w) == 1, "what was not begun still waits");
	work(w, 1, 2, "two", false, false);
	ok(worker_waiting(w) == 1 && worker_held(w) == 1, "the same take again is the same lease");
	pass_beat(w);
	l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && holds(&l, "1+1") && l.credits == 3, "under its new serial");
	const uint64_t id = begin(w);
	step(w, WORKER_CONNECTED);
	says(w, LETTER_HELLO);
	welcome(w, 9);
	work(w, 1, 2, "other", false, false);
	ok(worker_waiting(w) == 1 && worker_held(w) == 2, "another take of that number is another");
	worker_done(w, id, text("TWO"), 1);
	l = sent(w, NULL);
	ok(l.kind == LETTER_RESULT && l.serial == 0 && l.number == 2, "each with its own answer");
	/* an answer that stands ready when the connection goes */
	worker_done(w, begin(w), text("OTHER"), 1);
	while (worker_mail(w) && l.kind != LETTER_NOTHING && worker_held(w) && says(w, LETTER_BEAT))
		;
	step(w, WORKER_CONNECTED);
	ok(says(w, LETTER_HELLO), "hello goes before what was ready");
	welcome(w, 9);
	while ((l = sent(w, NULL)).kind == LETTER_BEAT)
		;
	ok(l.kind == LETTER_NOTHING || l.kind == LETTER_RESULT, "and the answer after it");
	worker_free(w);
}

static void
silence(void)
{
	struct worker *w = met(1, 0);
	for (int i = 0; i < 5; i++) {
		pass_beat(w);
		says(w, LETTER_BEAT);
	}
	ok(!worker_silent(w, now) && worker_connected(w), "four or five beats without an answer are none");
	for (int i = 0; i < 9; i++) {
		step(w, WORKER_STIRS);
		pass_beat(w);
		says(w, LETTER_BEAT);
	}
	ok(!worker_silent(w, now) && worker_connected(w), "nor any number while a long letter is under way");
	for (int i = 0; i < 4; i++)
		pass_beat(w);
	pass_beat(w);
	pass_beat(w);
	const char *news = worker_news(w);
	ok(worker_silent(w, now) && !worker_connected(w) && news && strstr(news, "nothing is heard") && !worker_news(w),
	    "then the queue is silent, which is said once");
	step(w, WORKER_CONNECTED);
	ok(!worker_silent(w, now), "a new connection is not silent");
	says(w, LETTER_HELLO);
	welcome(w, 8);
	news = worker_news(w);
	ok(news && worker_connected(w) && !worker_news(w), "and it is back");
	/* stopped for an hour: one beat was missed, not thousands */
	now += 3600000000;
	step(w, WORKER_TICK);
	ok(!worker_silent(w, now), "after a long sleep it asks first");
	worker_free(w);

	w = start(1, 0);
	for (int i = 0; i < 10; i++) {
		now += 1000000;
		step(w, WORKER_TICK);
	}
	ok(worker_news(w) && !worker_news(w) && !worker_silent(w, now), "no connection at all: said once, and waited for");
	worker_free(w);
}

static void
leaving(void)
{
	struct worker *w = met(3, 0);
	for (uint64_t i = 1; i <= 3; i++)
		work(w, i, i, "take", false, false);
	const uint64_t id = begin(w);
	worker_leave(w, false);
	struct letter l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.credits == 0 && l.serial == 3 && holds(&l, "1+1"), "leaving: what was not begun goes back");
	work(w, 4, 4, "late", false, false);
	ok(!begin(w) && says(w, LETTER_BEAT) && !worker_mail(w) && !worker_left(w), "what comes now too; the rest is waited for");
	worker_done(w, id, text("done"), 1);
	ok(says(w, LETTER_RESULT) && !worker_left(w), "answered");
	ok(says(w, LETTER_BYE) && worker_left(w) && !worker_mail(w), "bye");
	worker_free(w);

	w = met(3, 0);
	work(w, 1, 1, "take", false, false);
	const uint64_t other = begin(w);
	worker_leave(w, true);
	ok(says(w, LETTER_BYE) && worker_left(w), "at once: bye, and nothing else");
	worker_done(w, other, text("too late"), 1);
	ok(!worker_mail(w) && worker_held(w) == 0, "what comes after is nothing");
	worker_free(w);

	w = start(3, 0);
	worker_leave(w, false);
	ok(worker_left(w), "who never met a queue has left");
	worker_free(w);
	worker_free(NULL);
}

/* More leases in more pieces than a beat has room for: what is not listed is not spoken of. */
static void
pieces(void)
{
	enum { N = 3 * LETTER_RANGES };
	struct worker *w = met(N, (uint64_t)1 << 40);
	uint64_t *ids = calloc(N, sizeof *ids);
	for (uint64_t i = 1; i <= N; i++)
		work(w, i, i, "t", false, false);
	for (size_t i = 0; i < N; i++)
		ids[i] = begin(w);
	for (size_t i = 0; i < N; i += 2)
		worker_failed(w, ids[i], "no");
	for (size_t i = 0; i < N && worker_held(w) > N / 2; i++)
		sent(w, NULL);
	pass_beat(w);
	const struct letter l = sent(w, NULL);
	ok(l.kind == LETTER_BEAT && l.n_ranges <= LETTER_RANGES && l.n_ranges > 100 && l.serial >= l.ranges[l.n_ranges - 1].first
	    && l.serial < 2 * l.n_ranges + 2, "a beat speaks of as many as it lists (%zu, up to %llu)", l.n_ranges,
	    (unsigned long long)l.serial);
	free(ids);
	worker_free(w);
}

int
main(void)
{
	desk = letter_desk_new();
	greeting();
	working();
	limits();
	reconnecting();
	silence();
	leaving();
	pieces();
	letter_desk_free(desk);
	return done();
}
