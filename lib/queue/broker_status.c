/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the broker says of itself: rates, lines for the log, the Status. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "letter.pb-c.h"
#include "queue/broker_inside.h"

enum { LISTED = 1000 };

/* --- rates: each event counts 1/10 a second, and less the longer ago it is --------------- */

static const double span = 10; /* seconds */

double
rate_now(const struct rate *r, int64_t now)
{
	return r->r * fm_exp((double)(r->at - now) * 1e-6 / span);
}

void
rate_hit(struct rate *r, int64_t now)
{
	if (now - r->at > 100000) { /* fading once in 0.1 s is enough */
		r->r = rate_now(r, now);
		r->at = now;
	}
	r->r += 1 / span;
}

/* --- the log -------------------------------------------------------------------------------- */

static void
put_line(struct broker *b, const char *line)
{
	if (b->log_read)
		b->log_n = 0;
	b->log_read = false;
	b->log_n += (size_t)snprintf(b->log + b->log_n, sizeof b->log - b->log_n, "%s%s", b->log_n ? "\n" : "", line);
}

/* Nobody fills a disk by what he does: so many lines at once, so many a second. */
void
broker_say(struct broker *b, bool wrong, const char *fmt, ...)
{
	char line[LOG_LINE];
	va_list ap;
	b->log_tokens += (double)(b->now - b->log_at) * 1e-6 * LOG_SECOND;
	b->log_at = b->now;
	if (b->log_tokens > LOG_BURST)
		b->log_tokens = LOG_BURST;
	const size_t n = b->log_read ? 0 : b->log_n;
	if (b->log_tokens < 1 || n + 2 * LOG_LINE > sizeof b->log) {
		b->log_left_out++;
		return;
	}
	b->log_tokens--;
	if (b->log_left_out) {
		snprintf(line, sizeof line, "(%llu lines are left out)", (unsigned long long)b->log_left_out);
		put_line(b, line);
		b->log_left_out = 0;
	}
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	put_line(b, line);
	if (!wrong)
		return;
	if (b->n_kept == LOG_KEPT)
		memmove(b->kept[0], b->kept[1], sizeof b->kept - sizeof b->kept[0]);
	else
		b->n_kept++;
	memcpy(b->kept[b->n_kept - 1], line, sizeof line);
}

const char *
broker_log(struct broker *b)
{
	if (b->log_read || !b->log_n)
		return NULL;
	b->log_read = true;
	return b->log;
}

/* --- the Status ------------------------------------------------------------------------------ */

struct listed {
	uint64_t held;
	size_t at;
	const struct peer *peer;
};

static int
most_first(const void *pa, const void *pb)
{
	const struct listed *x = pa, *y = pb;
	return x->held != y->held ? (x->held < y->held) - (x->held > y->held) : (x->at > y->at) - (x->at < y->at);
}

/* Those with most to do; NULL: out of memory, or nobody is there. */
static struct listed *
list_peers(const struct link *all, size_t *n)
{
	size_t count = 0;
	for (const struct link *k = all->next; k != all; k = k->next)
		count++;
	struct listed *list = count ? malloc(count * sizeof *list) : NULL;
	*n = 0;
	if (!list)
		return NULL;
	for (const struct link *k = all->next; k != all; k = k->next) {
		const struct peer *p = OF(k, struct peer, by_heard);
		list[*n] = (struct listed){p->hand ? p->hand->held : p->session ? p->session->takes : 0, *n, p};
		++*n;
	}
	if (count > LISTED) {
		qsort(list, count, sizeof *list, most_first);
		*n = LISTED;
	}
	return list;
}

static void
fill_peer(const struct broker *b, const struct peer *p, Assay__PeerStatus *m)
{
	assay__peer_status__init(m);
	m->silent = (double)(b->now - p->heard) * 1e-6;
	if (p->hand) {
		const struct hand *w = p->hand;
		m->name = w->name->s;
		m->service = w->service->name;
		m->held = w->held;
		m->credits = w->credits;
		m->done = w->n_done;
		m->failed = w->n_failed;
		m->rate = rate_now(&w->rate, b->now);
		m->bytes = w->bytes;
	} else if (p->session) {
		struct session *s = p->session;
		m->name = s->name;
		m->service = s->service->name;
		m->held = s->takes;
		m->done = s->n_done;
		m->failed = s->n_failed;
		m->rate = rate_now(&s->rate, b->now);
		m->priority = s->priority;
		m->bytes = s->bytes + s->result_bytes;
	}
}

static void
fill_service(const struct broker *b, struct service *v, Assay__ServiceStatus *m)
{
	assay__service_status__init(m);
	m->name = v->name;
	m->waiting = v->waiting;
	m->leased = v->n_leased;
	m->done = v->done;
	m->failed = v->failed;
	m->vanished = v->vanished;
	m->hedged = v->hedged;
	m->poisoned = v->poisoned;
	m->rate = rate_now(&v->rate, b->now);
	m->seconds = v->seconds;
	m->workers = (uint32_t)v->n_workers;
	m->senders = (uint32_t)v->n_senders;
}

/* n messages and an array of pointers to them, in one piece. */
static void **
messages(size_t n, size_t size)
{
	void **list = calloc(n ? n : 1, sizeof *list + size);
	for (size_t i = 0; list && i < n; i++)
		list[i] = (char *)(list + n) + i * size;
	return list;
}

static Assay__PeerStatus **
fill_peers(const struct broker *b, const struct link *all, size_t *n)
{
	struct listed *list = list_peers(all, n);
	Assay__PeerStatus **m = (Assay__PeerStatus **)messages(*n, sizeof **m);
	for (size_t i = 0; m && i < *n; i++)
		fill_peer(b, list[i].peer, m[i]);
	free(list);
	return m;
}

struct parcel *
broker_status(struct broker *b, int64_t now)
{
	Assay__Status m = ASSAY__STATUS__INIT;
	char *kept[LOG_KEPT];
	struct parcel *status = NULL;
	broker_at(b, now);
	m.epoch = b->epoch;
	m.uptime = (double)(b->now - b->began) * 1e-6;
	m.bytes = b->take_bytes + b->result_bytes;
	m.room = 2 * b->set.limit;
	m.bad_letters = b->bad;
	m.refused_peers = b->refused;
	m.twice = b->twice;
	m.alarms = b->alarms;
	m.dropped = b->dropped;
	m.n_log = b->n_kept;
	m.log = kept;
	for (size_t i = 0; i < b->n_kept; i++)
		kept[i] = b->kept[i];

	const size_t n = b->n_services < LISTED ? b->n_services : LISTED;
	m.services = (Assay__ServiceStatus **)messages(n, sizeof **m.services);
	for (struct link *k = b->services.next; m.services && m.n_services < n; k = k->next)
		fill_service(b, OF(k, struct service, all), m.services[m.n_services++]);
	m.workers = fill_peers(b, &b->heard[LETTER_WORKER], &m.n_workers);
	m.senders = fill_peers(b, &b->heard[LETTER_SENDER], &m.n_senders);
	const size_t size = m.services && m.workers && m.senders ? assay__status__get_packed_size(&m) : 0;
	uint8_t *p = size ? malloc(size) : NULL;
	if (p) {
		assay__status__pack(&m, p);
		status = parcel_new(p, size);
	}
	free(p);
	free(m.services);
	free(m.workers);
	free(m.senders);
	return status;
}
