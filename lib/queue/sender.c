/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sending side. What the queue lacks is found by beats (their number, in both
 * directions, says which): a beat lists what was handed over before it, and as letters
 * keep their order, a number that the answer gives back is one that the queue does not
 * have, unless it was sent again after that very beat. A take is shown to the transport
 * as the last letter, when nothing else waits to be said.
 */
#include "queue/sender.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "queue/kept.h"

enum {
	NEWS = 16,
	BEAT = 1000000, /* microseconds, until the queue has said */
	SILENT_BEATS = 5,
	BARE_BEATS = 3, /* a worker that was started with the queue needs a moment, too */
	PAUSE_LEAST = 50000, PAUSE_MOST = 2000000, /* microseconds, before takes are sent again */
	LETTERS = 64,                              /* more than that (alarms) are not kept to be sent */
	FIRST_GUESS = 1 << 20,                     /* bytes of a result */
};

struct sender {
	struct sender_settings set;
	struct sender_counts counts;
	struct kept kept;
	struct kept_take *done, **done_last; /* in the order of results, where that is wanted */
	size_t waiting;                      /* takes that are not answered, without audits */
	uint64_t longest;                    /* result so far */

	struct outbox out;       /* all but takes, or the one that is shown */
	struct kept_take *shown;
	bool met, welcome;       /* ever, and now */
	bool silent, bare;       /* a person was told that the queue is, that no worker serves */
	bool refused, left;
	uint64_t epoch, room;    /* room: bytes that the queue will hold of ours */
	uint64_t beats;
	unsigned without, tries; /* answers in a row without workers; connections and epochs since the last result */
	int64_t now, beat, next_beat;
	int64_t asked;           /* since when an answer is due; -1: none is */
	int64_t resume;          /* no take is sent before */
	struct rng jitter;

	char news[NEWS][LETTER_TEXT];
	size_t news_first, n_news;
	struct range ranges[LETTER_RANGES];
};

static void __attribute__((format(printf, 2, 3)))
tell(struct sender *s, const char *fmt, ...)
{
	va_list ap;
	if (s->n_news == NEWS) { /* nobody listens: the oldest goes */
		s->news_first++;
		s->n_news--;
	}
	va_start(ap, fmt);
	vsnprintf(s->news[(s->news_first + s->n_news++) % NEWS], LETTER_TEXT, fmt, ap);
	va_end(ap);
}

/* --- what is said to the queue -------------------------------------------------------- */

static void
say(struct sender *s, const struct letter *l)
{
	if (s->out.n < LETTERS)
		outbox_put(&s->out, l);
}

/* Says what will be answered. While something waits to leave, so does the question: it
   counts as asked, for somebody does not listen. */
static void
ask(struct sender *s, const struct letter *l)
{
	if (!s->out.n)
		say(s, l);
	if (s->asked < 0)
		s->asked = s->now;
	s->next_beat = s->now + s->beat - (int64_t)rng_below(&s->jitter, (uint64_t)s->beat / 8 + 1);
}

static void
hello(struct sender *s)
{
	struct letter l = {.kind = LETTER_HELLO, .role = LETTER_SENDER, .version = LETTER_VERSION, .service = s->set.service,
	    .name = s->set.name, .priority = s->set.priority, .has_session = true};
	memcpy(l.session, s->set.session, sizeof l.session);
	s->welcome = false;
	ask(s, &l);
}

static void
beat(struct sender *s)
{
	const size_t n = kept_list(&s->kept, s->ranges, LETTER_RANGES);
	ask(s, &(struct letter){.kind = LETTER_BEAT, .number = ++s->beats, .ranges = s->ranges, .n_ranges = n});
}

static void
unshow(struct sender *s)
{
	if (s->shown)
		outbox_drop(&s->out);
	s->shown = NULL;
}

const struct mail *
sender_mail(struct sender *s)
{
	if (s->out.first)
		return s->out.first;
	struct kept_take *e = kept_next(&s->kept);
	if (!e || !s->welcome || s->left || s->refused || s->now < s->resume)
		return NULL;
	if (s->kept.handed && (s->kept.handed > s->room || e->take->n > s->room - s->kept.handed))
		return NULL;
	const struct letter l = {.kind = LETTER_TAKE, .number = e->number, .sum = e->sum, .body = e->take,
	    .avoid = e->worker};
	if (outbox_put(&s->out, &l) < 0)
		return NULL;
	s->shown = e;
	return s->out.first;
}

static void
sent(struct sender *s)
{
	if (s->out.first)
		outbox_drop(&s->out);
	if (s->shown) {
		s->counts.resent += s->shown->again;
		kept_hand(&s->kept, s->shown, s->beats);
	}
	s->shown = NULL;
}

/* --- what the queue says ---------------------------------------------------------------- */

/* Takes that were out when the queue or the connection was lost are not sent at once:
   all the other senders would do so, too. */
static void
hold_back(struct sender *s)
{
	const uint64_t most = s->tries < 5 ? (uint64_t)PAUSE_LEAST << s->tries : PAUSE_MOST;
	s->tries++;
	s->resume = s->now + (int64_t)rng_below(&s->jitter, most);
}

static void
heard_welcome(struct sender *s, const struct letter *l)
{
	const bool anew = s->met && s->epoch != l->epoch;
	if (s->welcome && !anew)
		return;
	if (s->kept.handed)
		hold_back(s);
	if (anew) {
		kept_again(&s->kept, NULL, 0, UINT64_MAX);
		tell(s, "the queue was started anew, and gets what is not done again (%zu)", s->waiting);
	} else if (s->silent)
		tell(s, "the queue is back");
	s->met = s->welcome = true;
	s->silent = false;
	s->without = 0;
	s->epoch = l->epoch;
	s->room = l->room;
	if (l->beat)
		s->beat = (int64_t)l->beat * 1000;
	s->next_beat = s->now; /* what is missing is known after one exchange */
}

static void
heard_beat(struct sender *s, const struct letter *l)
{
	if (!s->welcome)
		return;
	if (l->epoch != s->epoch) {
		hello(s);
		return;
	}
	s->room = l->room;
	s->counts.workers = l->workers;
	if (l->n_ranges)
		kept_again(&s->kept, l->ranges, l->n_ranges, l->number ? l->number : s->beats);
	if (s->silent)
		tell(s, "the queue is back");
	s->silent = false;
	s->without = l->workers ? 0 : s->without + 1;
	if (s->without >= BARE_BEATS && s->waiting && !s->bare) {
		tell(s, "no worker serves '%s'", s->set.service);
		s->bare = true;
	} else if (l->workers && s->bare) {
		tell(s, "%u worker%s '%s' now", l->workers, l->workers == 1 ? " serves" : "s serve", s->set.service);
		s->bare = false;
	}
}

static void
differ(struct sender *s, uint64_t number, const char *first, uint64_t sum, const struct letter *l)
{
	char text[LETTER_TEXT];
	s->counts.differ++;
	snprintf(text, sizeof text, "take %" PRIu64 ": the results of '%s' and '%s' differ (%016" PRIx64 " and %016" PRIx64 ")",
	    number, first, l->name, sum, l->sum);
	tell(s, "%s", text);
	say(s, &(struct letter){.kind = LETTER_ALARM, .number = number, .name = l->name, .text = text});
}

/* The same take to another worker, to see whether the same comes back. */
static void
audit(struct sender *s, const struct kept_take *e, const struct letter *l)
{
	const double dice = (double)(rng_at(s->set.seed, e->number) >> 11) * 0x1p-53;
	if (dice >= s->set.audit || l->kind != LETTER_RESULT)
		return;
	struct kept_take *a = kept_add(&s->kept, e->number | KEPT_AUDIT, parcel_ref(e->take), e->sum);
	if (!a) {
		parcel_unref(e->take);
		return;
	}
	a->worker = strdup(l->name);
	a->first = l->sum;
	s->counts.auditing++;
}

static void
audited(struct sender *s, struct kept_take *e, const struct letter *l)
{
	const uint64_t number = e->number & ~KEPT_AUDIT;
	const char *first = e->worker ? e->worker : "";
	if (l->kind == LETTER_FAILED)
		tell(s, "take %" PRIu64 ": the result of '%s' could not be had again: %s", number, first, l->text);
	else if (l->sum != e->first)
		differ(s, number, first, e->first, l);
	s->counts.audited++;
	s->counts.auditing--;
	kept_drop(&s->kept, e);
}

/* A second result of a take whose first one counts. */
static void
again(struct sender *s, const struct letter *l)
{
	const struct kept_answer *a = kept_recall(&s->kept, l->number);
	s->counts.twice++;
	if (a && a->sum && l->kind == LETTER_RESULT && a->sum != l->sum)
		differ(s, l->number, a->worker, a->sum, l);
}

static void
heard_answer(struct sender *s, const struct letter *l)
{
	const bool good = l->kind == LETTER_RESULT;
	if (good && (!l->body || !letter_body_good(l))) {
		s->counts.garbled++; /* as if it had never come: the next beat finds out */
		return;
	}
	s->tries = 0;
	struct kept_take *e = kept_find(&s->kept, l->number);
	if (!e || e->state == KEPT_DONE) {
		again(s, l);
		return;
	}
	if (e->number & KEPT_AUDIT) {
		audited(s, e, l);
		return;
	}
	kept_remember(&s->kept, e->number, good ? l->sum : 0, l->name);
	kept_done(&s->kept, e, good ? parcel_ref(l->body) : NULL, l->name, l->text);
	e->attempts = l->attempt;
	audit(s, e, l);
	s->waiting--;
	s->counts.done += good;
	s->counts.failed += !good;
	if (good && l->body->n > s->longest)
		s->longest = l->body->n;
	if (s->set.unordered) {
		*s->done_last = e;
		s->done_last = &e->next_done;
	}
}

static void
heard(struct sender *s, const struct letter *l)
{
	s->asked = -1;
	switch (l->kind) {
	case LETTER_WELCOME:
		heard_welcome(s, l);
		break;
	case LETTER_WHO:
		if (s->welcome) /* else we have said so, and what was on its way before is answered, too */
			hello(s);
		break;
	case LETTER_REFUSED:
		if (!s->refused)
			tell(s, "the queue does not let us in: %s", l->text);
		s->refused = true;
		break;
	case LETTER_BEAT:
		heard_beat(s, l);
		break;
	case LETTER_RESULT:
	case LETTER_FAILED:
		heard_answer(s, l);
		break;
	default:
		s->counts.garbled++;
	}
}

void
sender_step(struct sender *s, const struct sender_event *e, int64_t now)
{
	s->now = now;
	if (e->what == SENDER_SENT) {
		sent(s);
		return;
	}
	if (e->what == SENDER_STIRS) {
		s->asked = s->asked < 0 ? -1 : now;
		return;
	}
	unshow(s); /* it may have been answered by now */
	if (e->what == SENDER_LETTER)
		heard(s, e->letter);
	if (s->left || s->refused)
		return;
	if (e->what == SENDER_CONNECTED) {
		while (s->out.first)
			outbox_drop(&s->out);
		s->asked = -1;
		hello(s);
	} else if (now >= s->next_beat && s->welcome)
		beat(s);
	else if (now >= s->next_beat)
		hello(s);
	if (s->met && !s->silent && sender_silent(s, now)) {
		tell(s, "the queue has been silent for %.1f s", (double)(now - s->asked) * 1e-6);
		s->silent = true;
	}
}

bool
sender_silent(const struct sender *s, int64_t now)
{
	return s->asked >= 0 && now - s->asked >= SILENT_BEATS * s->beat;
}

int64_t
sender_due(const struct sender *s)
{
	const int64_t due = s->next_beat < s->now + s->beat && !s->left && !s->refused ? s->next_beat : s->now + s->beat;
	return s->resume > s->now && s->resume < due ? s->resume : due;
}

/* --- what the caller puts and gets ------------------------------------------------------ */

struct sender *
sender_new(const struct sender_settings *set)
{
	struct sender *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->set = *set;
	s->set.service = strdup(set->service ? set->service : "");
	s->set.name = strdup(set->name ? set->name : "");
	if (!s->set.window)
		s->set.window = 256 << 20;
	if (!s->set.takes)
		s->set.takes = 65536;
	s->done_last = &s->done;
	s->beat = BEAT;
	s->asked = -1;
	s->next_beat = INT64_MAX;
	s->jitter.seed = rng_at(set->seed, 0);
	outbox_init(&s->out);
	if (!s->set.service || !s->set.name)
		return sender_free(s), NULL;
	return s;
}

void
sender_free(struct sender *s)
{
	if (!s)
		return;
	kept_release(&s->kept);
	outbox_release(&s->out);
	free((char *)s->set.service);
	free((char *)s->set.name);
	free(s);
}

bool
sender_room(const struct sender *s, size_t n)
{
	if (!s->kept.n)
		return true;
	const uint64_t to_come = (s->waiting + 1) * (s->longest ? s->longest : FIRST_GUESS);
	return s->waiting < s->set.takes && s->kept.bytes + kept_cost(n) + to_come <= s->set.window;
}

int
sender_put(struct sender *s, struct parcel *take)
{
	if (!kept_add(&s->kept, s->counts.put + 1, take, letter_sum(take->bytes, take->n)))
		return -1;
	s->counts.put++;
	s->waiting++;
	return 0;
}

bool
sender_result(struct sender *s, struct sender_result *r)
{
	struct kept_take *e = s->set.unordered ? s->done : s->kept.takes.first;
	while (s->left && e && e->state != KEPT_DONE)
		e = e->next;
	if (!e || e->state != KEPT_DONE)
		return false;
	if (s->set.unordered && !(s->done = e->next_done))
		s->done_last = &s->done;
	*r = (struct sender_result){.number = e->number, .take = parcel_ref(e->take), .result = parcel_ref(e->result),
	    .attempts = e->attempts};
	snprintf(r->worker, sizeof r->worker, "%s", e->worker ? e->worker : "");
	snprintf(r->error, sizeof r->error, "%s", e->error ? e->error : "");
	kept_drop(&s->kept, e);
	return true;
}

void
sender_counts(const struct sender *s, struct sender_counts *c)
{
	*c = s->counts;
	c->bytes = s->kept.bytes;
	c->connected = s->welcome && !sender_silent(s, s->now);
}

const char *
sender_news(struct sender *s)
{
	if (!s->n_news)
		return NULL;
	s->n_news--;
	return s->news[s->news_first++ % NEWS];
}

bool
sender_refused(const struct sender *s)
{
	return s->refused;
}

void
sender_leave(struct sender *s)
{
	unshow(s);
	if (!s->left)
		say(s, &(struct letter){.kind = LETTER_BYE});
	s->left = true;
}
