/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the broker share. Nothing that is to be sent is queued as a letter:
 * each peer has flags for what it is owed, each worker a list of leases and each
 * sender a list of results that have not left, and a letter is packed when the transport can
 * take it. So a flood of questions costs nothing but its own answers.
 */
#ifndef QUEUE_BROKER_INSIDE_H
#define QUEUE_BROKER_INSIDE_H

#include "queue/broker.h"

enum {
	COST = 512,         /* bytes that a take or result counts for besides its body */
	RECENT = 15,        /* results whose median says what a take costs */
	COPIES = 3,         /* of one take, leased at a time */
	PRIORITIES = 10,
	TRIES = 8,          /* takes, senders, workers looked at in vain before the others get their turn */
	STRANGERS = 1024,   /* that get an answer at a time */
	IDLE_SERVICES = 64, /* remembered, though nobody is there */
	MISSING = 256,      /* ranges that a sender is asked for at a time */
	SOLO = STRIKES / 2, /* workers that vanished with a take, before it gets one for itself */
	STRIKE_NONE = 0,    /* as if the lease had never been */
	STRIKE_RETURNED = -1, /* the worker was sent it and does not hold it */
	LOG_ROOM = 16384, LOG_LINE = 240, LOG_KEPT = 16, LOG_BURST = 64, LOG_SECOND = 8, /* bytes; lines */
};

/* --- lists and tables ------------------------------------------------------------------- */

struct link {
	struct link *next, *prev; /* NULL: in no list */
};

#define OF(p, type, member) ((type *)(void *)((char *)(p) - offsetof(type, member)))
#define FIRST(list, type, member) ((list)->next == (list) ? NULL : OF((list)->next, type, member))

static inline void
list_init(struct link *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct link *l)
{
	return l->next == l;
}

static inline void
list_out(struct link *k)
{
	if (!k->next)
		return;
	k->next->prev = k->prev;
	k->prev->next = k->next;
	k->next = k->prev = NULL;
}

static inline void
list_after(struct link *at, struct link *k)
{
	list_out(k);
	k->next = at->next;
	k->prev = at;
	at->next->prev = k;
	at->next = k;
}

static inline void
list_last(struct link *l, struct link *k)
{
	list_out(k);
	list_after(l->prev, k);
}

struct node {
	struct node *next;
	uint64_t hash;
};

struct table {
	struct node **slots;
	size_t size, n; /* size: a power of two */
};

int table_init(struct table *t);
void table_put(struct table *t, struct node *k, uint64_t hash);
void table_out(struct table *t, struct node *k);

static inline struct node *
table_same(struct node *k, uint64_t hash)
{
	while (k && k->hash != hash)
		k = k->next;
	return k;
}

/* The nodes of one hash: for (k = table_at(t, h); k; k = table_same(k->next, h)). */
static inline struct node *
table_at(const struct table *t, uint64_t hash)
{
	return table_same(t->slots[hash & (t->size - 1)], hash);
}

/* --- who and what ------------------------------------------------------------------------ */

/* Text that several share. */
struct name {
	unsigned refs;
	char s[];
};

struct name *name_new(const char *s); /* NULL: out of memory, or empty */
struct name *name_ref(struct name *n);
void name_unref(struct name *n);
const char *name_of(const struct name *n);

/* Events a second, over ten seconds. */
struct rate {
	double r;
	int64_t at;
};

void rate_hit(struct rate *r, int64_t now);
double rate_now(const struct rate *r, int64_t now);

struct service {
	struct node node;
	struct link all, changed, idle;
	char name[LETTER_NAME];
	struct link workers, senders;
	struct link hungry[2];          /* hands that want takes, in turn; [1]: after the others, see overdue */
	struct link ring[PRIORITIES];   /* sessions that have takes for them, in turn */
	struct link leased[COPIES + 1]; /* takes by how many hold them, as they were handed out */
	size_t n_ring, n_hungry, n_workers, n_senders;
	uint64_t waiting, n_leased, done, failed, vanished, hedged, poisoned, measured;
	struct rate rate;
	struct job *solo;  /* waits for a worker of its own, or NULL */
	const struct hand *kept; /* gets nothing else until it is empty, or NULL */
	int64_t kept_at;
	double seconds; /* a take costs, in the mean */
	double recent[RECENT], usual; /* what the last ones cost, and the median; negative: to be found */
};

/* A sender, whatever connection it comes by. */
struct session {
	struct node node;
	struct link all;    /* of its service */
	struct link gone;   /* among the sessions without a connection, as they lost it */
	struct link ring;
	uint64_t salt;
	uint8_t id[LETTER_SESSION];
	char name[LETTER_NAME];
	struct service *service;
	struct peer *peer; /* or NULL */
	uint32_t priority;
	int64_t gone_at, asked_at; /* asked_at: when its numbers were looked up last */
	struct link waiting, picky, leased, done; /* takes; picky ones have somebody to avoid */
	uint64_t takes, bytes, bodies, results, result_bytes, n_done, n_failed;
	struct rate rate;
	struct range *missing; /* of the beat to be answered */
	size_t n_missing;
	uint64_t beat;
};

/* A worker, as long as its connection is. */
struct hand {
	struct node node; /* in broker.hands, by self */
	struct link all; /* of its service */
	struct link hungry;
	bool last; /* is hungry after the others */
	uint64_t salt, self; /* self: stands for the process, whatever connection it comes by; 0: it did not say */
	struct name *name;
	struct service *service;
	struct peer *peer;
	uint32_t credits, held, solo; /* solo: leases that want it for themselves */
	uint32_t overdue; /* of those held, what others have done meanwhile, or nobody needs any more */
	uint64_t room, bytes, serial, sent, n_done, n_failed;
	int64_t walked; /* when a beat was held against its leases last */
	struct link leases, unsent; /* by serial */
	struct rate rate;
};

enum { OWES_REFUSED = 1, OWES_WHO = 2, OWES_WELCOME = 4, OWES_BEAT = 8, OWES_STATUS = 16 };

struct peer {
	struct node node;
	uint64_t id;
	enum letter_role role; /* NOBODY: is forgotten once it has its answer */
	unsigned owed;
	bool stalled;
	const char *refusal;
	int64_t heard;
	struct link by_heard; /* among those of its kind, longest silent first */
	struct link mail;     /* among those with something to be sent, or the stalled */
	struct session *session;
	struct hand *hand;
};

enum job_state { WAITING, LEASED, DONE };

/* A take; once it is DONE, its result, until that has left. */
struct job {
	struct node node;
	struct link in_session, in_service;
	struct session *session;
	struct lease *copies;
	struct parcel *body;
	struct name *avoid, *by; /* by: who did it, or failed it last */
	char *why;
	uint64_t number, sum;
	uint64_t doubt; /* the worker that vanished with it last: a strike, unless it has come back by the next time */
	int64_t since; /* waits, or was handed out last */
	double seconds;
	enum job_state state;
	bool good, known; /* once done: a result; in the table */
	uint32_t attempts, strikes, returns, lost, n_copies; /* lost: strikes of workers that vanished with it */
};

struct lease {
	struct node node;
	struct link in_hand, unsent;
	struct lease *next; /* of the same take */
	struct hand *hand;
	struct job *job; /* NULL: done by another, or forgotten; still the worker's credit */
	uint64_t serial, number, bytes;
	uint8_t session[LETTER_SESSION];
	int64_t at;
	bool sent, solo, overdue;
};

struct broker {
	struct broker_settings set;
	uint64_t epoch, secret;
	int64_t now, began, ticked, dealt, probed;
	unsigned probes; /* to be made */
	struct table peers, sessions, names, takes, leases, hands; /* names: services by theirs */
	struct link heard[LETTER_WATCHER + 1], gone, ready, stalled, services, changed, idle;
	size_t n_peers, n_strangers, n_gone, n_idle, n_active, n_services;
	uint64_t depth, take_bytes, result_bytes;
	uint64_t bad, refused, twice, alarms, dropped;

	/* What broker_mail shows. */
	struct mail *mail;
	struct peer *shown;
	unsigned shown_owed;
	struct lease *shown_lease;
	struct job *shown_job;
	bool showing;

	struct parcel *status;
	int64_t status_at;
	char log[LOG_ROOM];
	size_t log_n;
	bool log_read;
	uint64_t log_left_out;
	double log_tokens;
	int64_t log_at;
	char kept[LOG_KEPT][LOG_LINE];
	size_t n_kept;
};

/* --- broker.c ------------------------------------------------------------------------------ */

void broker_at(struct broker *b, int64_t now);

/* --- broker_peer.c ------------------------------------------------------------------------ */

uint64_t key_hash(const struct broker *b, const void *session);
struct peer *peer_find(const struct broker *b, uint64_t id);
struct peer *peer_new(struct broker *b, uint64_t id); /* a stranger; NULL: too many */
void peer_free(struct broker *b, struct peer *p);
void peer_owe(struct broker *b, struct peer *p, unsigned what);
void peer_ready(struct broker *b, struct peer *p); /* has something to be sent */
void peer_role(struct broker *b, struct peer *p, enum letter_role role);
struct session *session_find(const struct broker *b, const uint8_t *session);
void session_forget(struct broker *b, struct session *s);
void session_lost(struct broker *b, struct session *s); /* its connection: has a while to come back */
void hand_end(struct broker *b, struct hand *w, bool vanished);
void broker_hello(struct broker *b, struct peer *p, uint64_t id, const struct letter *l);

/* --- broker_job.c ------------------------------------------------------------------------- */

struct job *job_find(const struct broker *b, const struct session *s, uint64_t number);
void job_accept(struct broker *b, struct session *s, const struct letter *l);
void job_free(struct broker *b, struct job *t);
struct lease *lease_find(const struct broker *b, const struct hand *w, uint64_t serial);
bool lease_new(struct broker *b, struct hand *w, struct job *t);
void lease_sent(struct lease *l);
/* The lease ends without a result. strike: STRIKE_... */
void lease_return(struct broker *b, struct lease *l, int strike, const char *why);
void lease_free(struct broker *b, struct lease *l);
void result_accept(struct broker *b, struct hand *w, const struct letter *l);
void failure_accept(struct broker *b, struct hand *w, const struct letter *l);

/* It may bring down its worker, and what else is there. */
static inline bool
job_solo(const struct job *t)
{
	return t->lost >= SOLO;
}

/* --- broker_deal.c ------------------------------------------------------------------------ */

/* Bytes of takes, and of results, that it may have here; the room that it is told of. */
uint64_t session_share(const struct broker *b, const struct session *s);
uint64_t session_room(const struct broker *b, const struct session *s);
/* Keep the lists of who gives and who wants right, after whatever may have changed it. */
void session_changed(struct broker *b, struct session *s);
void hand_changed(struct broker *b, struct hand *w);
void broker_deal(struct broker *b, bool all); /* all: look at every service and worker */

/* --- broker_mail.c ------------------------------------------------------------------------ */

void broker_sent(struct broker *b);
void broker_stalled(struct broker *b);

/* --- broker_status.c ---------------------------------------------------------------------- */

void broker_say(struct broker *b, bool wrong, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
