/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The working side. What is sent is made when it can leave, not before: a beat
 * that waits for the socket would tell of leases that are long gone. A beat goes ahead of
 * the answers, and until an answer has left its lease counts as held: so the queue never
 * takes back what is on its way.
 *
 * A lease that came by another connection, or from a queue before this one, goes on, and so
 * does its answer, without a serial. Where the queue hands out the same take again, it goes on
 * under the new serial and is not worked on twice.
 */
#include "queue/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/rng.h"

enum {
	BEAT_USUAL = 1000000,  /* microseconds, until the queue has said */
	BEAT_LEAST = 1000,
	BEAT_MOST = 60000000,
	SILENT_BEATS = 5,      /* so many without an answer, and the queue is silent */
	ROOM_USUAL = 256 << 20,
	RESULT_USUAL = 1 << 20, /* bytes of a result, before there was one */
};

enum stand { WAITS, BEGUN, ANSWERED };

struct work {
	TAILQ_ENTRY(work) by_serial, in_line; /* in line to be begun, or for its answer to be sent */
	enum stand stand;
	uint64_t id, serial, number, sum;
	uint8_t session[LETTER_SESSION];
	uint32_t attempt;
	bool alone;
	struct parcel *take; /* the caller's once it is begun: NULL */
	size_t bytes;        /* of the take */
	struct parcel *result;
	uint64_t result_sum;
	char *why;           /* of a failure */
	double seconds;
};

TAILQ_HEAD(works, work);

enum mail_kind { NO_MAIL, MAIL_HELLO, MAIL_BEAT, MAIL_ANSWER, MAIL_BYE };

struct worker {
	char service[LETTER_NAME], name[LETTER_NAME];
	uint32_t credits;
	uint64_t room;
	uint8_t session[LETTER_SESSION]; /* by which the queue knows us on another connection */
	struct rng rng;

	/* The conversation. */
	bool connected;   /* there is a connection */
	bool want_hello;  /* hello is to be said */
	bool asked;       /* it was, on this connection */
	bool met;         /* and the queue has answered */
	bool want_beat;
	bool leaving, left;
	char refused[LETTER_TEXT];
	bool is_refused;
	uint64_t epoch, heard; /* the queue's; its highest serial */
	uint32_t told, most;   /* credits: told last, and at most since it has answered */
	int64_t beat, due, last;
	unsigned missed;       /* beats since the queue was heard */
	bool lost;
	unsigned news;         /* bits of enum news */
	char text[LETTER_TEXT + 64];

	/* The leases: all in the order of their serials; those not begun as they came, and the answered as they were
	   answered. Those that came by another connection have serial 0 and stand first. */
	struct works works, waits, answers;
	size_t n[ANSWERED + 1], n_old;
	uint64_t bytes, unsent, longest, next_id;

	struct outbox out; /* one letter at most */
	enum mail_kind mail;
	struct range ranges[LETTER_RANGES];
};

enum news { NEWS_LOST = 1, NEWS_FOUND = 2, NEWS_REFUSED = 4 };

struct worker *
worker_new(const struct worker_settings *set)
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	snprintf(w->service, sizeof w->service, "%s", set->service ? set->service : "");
	snprintf(w->name, sizeof w->name, "%s", set->name ? set->name : "");
	w->credits = set->credits;
	w->room = set->room ? set->room : ROOM_USUAL;
	w->rng.seed = set->seed;
	const uint64_t self[2] = {rng_at(~set->seed, 0), rng_at(~set->seed, 1)};
	memcpy(w->session, self, sizeof w->session);
	w->beat = BEAT_USUAL;
	TAILQ_INIT(&w->works);
	TAILQ_INIT(&w->waits);
	TAILQ_INIT(&w->answers);
	outbox_init(&w->out);
	return w;
}

/* --- leases ------------------------------------------------------------------------- */

static void
drop(struct worker *w, struct work *k)
{
	TAILQ_REMOVE(&w->works, k, by_serial);
	if (k->stand != BEGUN)
		TAILQ_REMOVE(k->stand == WAITS ? &w->waits : &w->answers, k, in_line);
	w->n[k->stand]--;
	w->n_old -= !k->serial;
	w->bytes -= k->bytes;
	w->unsent -= k->result ? k->result->n : 0;
	parcel_unref(k->take);
	parcel_unref(k->result);
	free(k->why);
	free(k);
}

/* Drops those that were not begun, or all. */
static void
give_back(struct worker *w, bool all)
{
	for (struct work *k = TAILQ_FIRST(&w->works), *next; k; k = next) {
		next = TAILQ_NEXT(k, by_serial);
		if (all || k->stand == WAITS)
			drop(w, k);
	}
}

/* The queue does not know these any more, or will not by these numbers. */
static void
make_old(struct worker *w)
{
	struct work *k;
	TAILQ_FOREACH(k, &w->works, by_serial)
		k->serial = 0;
	w->n_old = w->n[WAITS] + w->n[BEGUN] + w->n[ANSWERED];
	w->heard = 0;
}

static struct work *
find_old(const struct worker *w, const struct letter *l)
{
	struct work *k;
	if (!w->n_old)
		return NULL;
	TAILQ_FOREACH(k, &w->works, by_serial)
		if (!k->serial && k->number == l->number && k->sum == l->sum && !memcmp(k->session, l->session, LETTER_SESSION)
		    && (k->alone >= l->alone || k->stand == WAITS))
			return k;
	return NULL;
}

static struct work *
find(const struct worker *w, uint64_t id)
{
	struct work *k;
	TAILQ_FOREACH(k, &w->works, by_serial)
		if (k->id == id && k->stand == BEGUN)
			return k;
	return NULL;
}

/* Credits that may be used by new leases as well: what is still at work for an older connection takes its own. */
static uint32_t
credits_now(const struct worker *w)
{
	return w->leaving || w->n_old >= w->credits ? 0 : w->credits - (uint32_t)w->n_old;
}

/* More is told at once, so that nobody idles; less has time until the next beat. */
static void
credits_changed(struct worker *w)
{
	if (w->met && credits_now(w) > w->told)
		w->want_beat = true;
}

static void
receive_work(struct worker *w, const struct letter *l)
{
	if (l->serial <= w->heard)
		return;
	w->heard = l->serial;
	const size_t current = w->n[WAITS] + w->n[BEGUN] + w->n[ANSWERED] - w->n_old, n = l->body ? l->body->n : 0;
	struct work *k = find_old(w, l);
	/* What is not kept is not listed in the next beat, and goes back. */
	if (!l->body || !n || !l->has_session || !letter_body_good(l) || w->leaving
	    || (!k && (current >= w->most || (current && w->bytes + n > 2 * w->room)))) {
		w->want_beat = true;
		return;
	}
	if (k) {
		TAILQ_REMOVE(&w->works, k, by_serial);
		w->n_old--;
	} else if ((k = calloc(1, sizeof *k))) {
		k->id = ++w->next_id;
		k->number = l->number;
		k->sum = l->sum;
		memcpy(k->session, l->session, LETTER_SESSION);
		k->take = parcel_ref(l->body);
		k->bytes = n;
		w->bytes += n;
		w->n[WAITS]++;
		TAILQ_INSERT_TAIL(&w->waits, k, in_line);
	} else {
		w->want_beat = true;
		return;
	}
	k->serial = l->serial;
	k->attempt = l->attempt;
	k->alone |= l->alone;
	TAILQ_INSERT_TAIL(&w->works, k, by_serial);
}

/* --- steps -------------------------------------------------------------------------- */

/* What has not left is told anew, as things are then. */
static void
forget_mail(struct worker *w)
{
	if (w->mail)
		outbox_drop(&w->out);
	w->mail = NO_MAIL;
}

static void
say_hello_again(struct worker *w)
{
	w->met = w->want_beat = false;
	w->want_hello = true;
	make_old(w);
}

static void
step_letter(struct worker *w, const struct letter *l, int64_t now)
{
	w->missed = 0;
	w->last = now;
	switch (l->kind) {
	case LETTER_WELCOME:
		if (!w->asked)
			break; /* meant for the connection before */
		w->met = true;
		w->want_hello = false;
		w->want_beat = false;
		w->epoch = l->epoch;
		w->most = w->told;
		make_old(w);
		if (l->beat) {
			const int64_t beat = (int64_t)l->beat * 1000;
			w->beat = beat < BEAT_LEAST ? BEAT_LEAST : beat > BEAT_MOST ? BEAT_MOST : beat;
			/* the first falls anywhere, so that a thousand workers do not speak at once */
			w->due = now + (int64_t)(rng_uniform(&w->rng) * (double)w->beat);
		}
		if (w->lost)
			w->news |= NEWS_FOUND;
		w->lost = false;
		credits_changed(w);
		break;
	case LETTER_WHO:
		if (w->met)
			say_hello_again(w);
		break;
	case LETTER_REFUSED:
		w->is_refused = true;
		snprintf(w->refused, sizeof w->refused, "%s", *l->text ? l->text : "no reason was given");
		w->news = NEWS_REFUSED; /* nothing else matters any more */
		break;
	case LETTER_WORK:
		if (w->met)
			receive_work(w, l);
		break;
	case LETTER_BEAT:
		if (w->met && l->epoch != w->epoch) {
			say_hello_again(w);
		} else if (w->met && l->serial > w->heard) {
			w->heard = l->serial; /* something did not arrive: say so */
			w->want_beat = true;
		}
		break;
	default:
		break;
	}
}

static void
step_tick(struct worker *w, int64_t now)
{
	if (now < w->due)
		return;
	/* a little early, never late */
	w->due = now + (int64_t)((0.75 + 0.25 * rng_uniform(&w->rng)) * (double)w->beat);
	w->missed += w->missed < 1000;
	if (w->missed > SILENT_BEATS && !w->lost) {
		w->lost = true;
		w->news = (w->news & ~(unsigned)NEWS_FOUND) | NEWS_LOST;
	}
	w->want_beat = w->met;
	w->want_hello = w->connected && !w->met;
}

/* What it told is told. */
static void
step_sent(struct worker *w)
{
	if (w->mail == MAIL_ANSWER)
		drop(w, TAILQ_FIRST(&w->answers));
	if (w->mail == MAIL_HELLO) {
		w->want_hello = false;
		w->asked = true;
	}
	if (w->mail == MAIL_BEAT)
		w->want_beat = false;
	if (w->mail == MAIL_BYE)
		w->left = true;
	forget_mail(w);
	credits_changed(w);
}

void
worker_step(struct worker *w, const struct worker_event *e, int64_t now)
{
	if (e->what != WORKER_SENT && e->what != WORKER_STIRS)
		forget_mail(w);
	switch (e->what) {
	case WORKER_LETTER:
		step_letter(w, e->letter, now);
		break;
	case WORKER_CONNECTED:
		w->connected = true;
		w->asked = false;
		w->missed = 0;
		w->last = now;
		say_hello_again(w);
		break;
	case WORKER_TICK:
		step_tick(w, now);
		break;
	case WORKER_STIRS:
		w->missed = 0;
		w->last = now;
		break;
	case WORKER_SENT:
		step_sent(w);
		break;
	}
}

/* --- mail --------------------------------------------------------------------------- */

static int
put_hello(struct worker *w)
{
	struct letter l = {.kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_WORKER, .service = w->service,
	    .name = w->name, .credits = w->told = credits_now(w), .room = w->room, .has_session = true};
	memcpy(l.session, w->session, sizeof l.session);
	return outbox_put(&w->out, &l);
}

/* Where there are more than a letter has room for, it speaks only of those it lists. */
static int
put_beat(struct worker *w)
{
	struct work *k;
	struct letter l = {.kind = LETTER_BEAT, .serial = w->heard, .ranges = w->ranges};
	TAILQ_FOREACH(k, &w->works, by_serial) {
		if (!k->serial)
			continue;
		if (!ranges_add(w->ranges, &l.n_ranges, LETTER_RANGES, k->serial)) {
			l.serial = k->serial - 1;
			break;
		}
	}
	l.credits = w->told = credits_now(w);
	w->most = w->told > w->most ? w->told : w->most;
	return outbox_put(&w->out, &l);
}

static int
put_answer(struct worker *w)
{
	const struct work *k = TAILQ_FIRST(&w->answers);
	struct letter l = {.kind = k->result ? LETTER_RESULT : LETTER_FAILED, .number = k->number, .serial = k->serial,
	    .has_session = true, .seconds = k->seconds, .sum = k->result_sum,
	    .body = k->result, .text = k->why};
	memcpy(l.session, k->session, LETTER_SESSION);
	return outbox_put(&w->out, &l);
}

static int
put(struct worker *w, enum mail_kind kind)
{
	switch (kind) {
	case MAIL_HELLO:
		return put_hello(w);
	case MAIL_BEAT:
		return put_beat(w);
	case MAIL_ANSWER:
		return put_answer(w);
	case MAIL_BYE:
		return outbox_put(&w->out, &(struct letter){.kind = LETTER_BYE});
	default:
		return -1;
	}
}

const struct mail *
worker_mail(struct worker *w)
{
	if (!w->mail && !w->is_refused && !w->left && w->connected) {
		const enum mail_kind kind = w->leaving && !worker_held(w) && w->asked ? MAIL_BYE
		    : w->want_hello                                                  ? MAIL_HELLO
		    : !w->met                                                        ? NO_MAIL
		    : w->want_beat                                                   ? MAIL_BEAT
		    : !TAILQ_EMPTY(&w->answers)                                      ? MAIL_ANSWER
		                                                                     : NO_MAIL;
		if (kind && put(w, kind) == 0)
			w->mail = kind;
	}
	return w->mail ? w->out.first : NULL;
}

int64_t
worker_due(const struct worker *w)
{
	return w->due;
}

bool
worker_silent(const struct worker *w, int64_t now)
{
	return w->connected && w->missed > SILENT_BEATS && now - w->last >= SILENT_BEATS * w->beat;
}

bool
worker_refused(const struct worker *w)
{
	return w->is_refused;
}

bool
worker_connected(const struct worker *w)
{
	return w->met && w->missed <= SILENT_BEATS;
}

const char *
worker_news(struct worker *w)
{
	if (w->news & NEWS_LOST) {
		w->news &= ~(unsigned)NEWS_LOST;
		return "nothing is heard from the queue; trying on";
	}
	if (w->news & NEWS_FOUND) {
		w->news &= ~(unsigned)NEWS_FOUND;
		return "the queue is there";
	}
	if (w->news & NEWS_REFUSED) {
		w->news &= ~(unsigned)NEWS_REFUSED;
		snprintf(w->text, sizeof w->text, "the queue does not let us in: %s", w->refused);
		return w->text;
	}
	return NULL;
}

/* --- work --------------------------------------------------------------------------- */

/* Results take memory too: nothing is begun whose result might not have room, but one at a time. */
static bool
has_room(const struct worker *w)
{
	if (!w->n[BEGUN] && !w->unsent)
		return true;
	const uint64_t each = w->longest ? w->longest : RESULT_USUAL;
	return w->unsent + each * (w->n[BEGUN] + 1) <= w->room;
}

bool
worker_next(struct worker *w, struct lease *l)
{
	struct work *k = TAILQ_FIRST(&w->waits);
	if (!k || !has_room(w))
		return false;
	TAILQ_REMOVE(&w->waits, k, in_line);
	*l = (struct lease){.id = k->id, .attempt = k->attempt, .alone = k->alone, .take = k->take};
	k->take = NULL;
	k->stand = BEGUN;
	w->n[WAITS]--;
	w->n[BEGUN]++;
	return true;
}

size_t
worker_waiting(const struct worker *w)
{
	return w->n[WAITS];
}

size_t
worker_held(const struct worker *w)
{
	return w->n[WAITS] + w->n[BEGUN] + w->n[ANSWERED];
}

static struct work *
answer(struct worker *w, uint64_t id)
{
	struct work *k = find(w, id);
	if (!k)
		return NULL;
	k->stand = ANSWERED;
	w->n[BEGUN]--;
	w->n[ANSWERED]++;
	w->bytes -= k->bytes;
	k->bytes = 0;
	TAILQ_INSERT_TAIL(&w->answers, k, in_line);
	return k;
}

void
worker_done(struct worker *w, uint64_t id, struct parcel *result, double seconds)
{
	struct work *k = answer(w, id);
	if (!k) {
		parcel_unref(result);
		return;
	}
	k->result = result;
	k->result_sum = letter_sum(result->bytes, result->n);
	k->seconds = seconds;
	w->unsent += result->n;
	/* the longest lately */
	w->longest -= w->longest / 16;
	w->longest = result->n > w->longest ? result->n : w->longest;
}

void
worker_failed(struct worker *w, uint64_t id, const char *why)
{
	struct work *k = answer(w, id);
	if (k)
		k->why = strdup(why);
}

void
worker_credits(struct worker *w, uint32_t credits)
{
	if (w->credits == credits)
		return;
	w->credits = credits;
	forget_mail(w);
	credits_changed(w);
}

void
worker_leave(struct worker *w, bool at_once)
{
	forget_mail(w);
	give_back(w, at_once);
	w->want_beat = w->met; /* others have them at once */
	w->leaving = true;
}

bool
worker_left(const struct worker *w)
{
	return w->left || (w->leaving && !w->asked && !worker_held(w));
}

void
worker_free(struct worker *w)
{
	if (!w)
		return;
	give_back(w, true);
	outbox_release(&w->out);
	free(w);
}
