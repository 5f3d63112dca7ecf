/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum { ANSWERS = 65536, TABLE = 256 };

static struct kept_chain *
chain_of(struct kept *k, uint64_t number)
{
	return number & KEPT_AUDIT ? &k->audits : &k->takes;
}

static uint64_t
bytes_of(const struct kept_take *e)
{
	return kept_cost(e->take->n) + (e->result ? e->result->n : 0);
}

uint64_t
kept_cost(size_t n)
{
	return sizeof(struct kept_take) + n;
}

/* --- by number ----------------------------------------------------------------------- */

static struct kept_take **
place(const struct kept *k, uint64_t number)
{
	struct kept_take **p = &k->table[rng_mix(number) & (k->table_size - 1)];
	while (*p && (*p)->number != number)
		p = &(*p)->same_hash;
	return p;
}

struct kept_take *
kept_find(const struct kept *k, uint64_t number)
{
	return k->table_size ? *place(k, number) : NULL;
}

static int
grow(struct kept *k)
{
	const size_t old = k->table_size, size = old ? 2 * old : TABLE;
	struct kept_take **was = k->table, **table = calloc(size, sizeof *table);
	if (!table)
		return -1;
	k->table = table;
	k->table_size = size;
	for (size_t i = 0; i < old; i++)
		for (struct kept_take *e = was[i], *next; e; e = next) {
			next = e->same_hash;
			e->same_hash = NULL;
			*place(k, e->number) = e;
		}
	free(was);
	return 0;
}

/* --- chains ------------------------------------------------------------------------------ */

struct kept_take *
kept_add(struct kept *k, uint64_t number, struct parcel *take, uint64_t sum)
{
	struct kept_take *e = k->n == k->table_size && grow(k) < 0 ? NULL : malloc(sizeof *e);
	if (!e)
		return NULL;
	*e = (struct kept_take){.number = number, .sum = sum, .take = take};
	struct kept_chain *c = chain_of(k, number);
	/* audits come as their results do; a beat lists numbers that ascend */
	for (e->prev = c->last; e->prev && e->prev->number > number;)
		e->prev = e->prev->prev;
	struct kept_take **to = e->prev ? &e->prev->next : &c->first;
	e->next = *to;
	*to = e;
	*(e->next ? &e->next->prev : &c->last) = e;
	if (!c->cursor || c->cursor->number > number)
		c->cursor = e;
	*place(k, number) = e;
	k->n++;
	k->bytes += bytes_of(e);
	return e;
}

void
kept_drop(struct kept *k, struct kept_take *e)
{
	struct kept_chain *c = chain_of(k, e->number);
	*place(k, e->number) = e->same_hash;
	if (c->cursor == e)
		c->cursor = e->next;
	*(e->prev ? &e->prev->next : &c->first) = e->next;
	*(e->next ? &e->next->prev : &c->last) = e->prev;
	k->n--;
	k->bytes -= bytes_of(e);
	if (e->state == KEPT_OUT)
		k->handed -= e->take->n;
	parcel_unref(e->take);
	parcel_unref(e->result);
	free(e->worker);
	free(e->error);
	free(e);
}

void
kept_release(struct kept *k)
{
	while (k->takes.first)
		kept_drop(k, k->takes.first);
	while (k->audits.first)
		kept_drop(k, k->audits.first);
	free(k->table);
	free(k->answers);
}

static struct kept_take *
next_queued(struct kept_chain *c)
{
	while (c->cursor && c->cursor->state != KEPT_QUEUED)
		c->cursor = c->cursor->next;
	return c->cursor;
}

struct kept_take *
kept_next(struct kept *k)
{
	struct kept_take *e = next_queued(&k->takes);
	return e ? e : next_queued(&k->audits);
}

void
kept_hand(struct kept *k, struct kept_take *e, uint64_t beat)
{
	e->state = KEPT_OUT;
	e->again = true;
	e->beat = beat;
	k->handed += e->take->n;
}

void
kept_done(struct kept *k, struct kept_take *e, struct parcel *result, const char *worker, const char *error)
{
	if (e->state == KEPT_OUT)
		k->handed -= e->take->n;
	e->state = KEPT_DONE;
	e->result = result;
	e->worker = strdup(worker);
	e->error = result ? NULL : strdup(error);
	k->bytes += result ? result->n : 0;
}

/* From the last to the first, so that the cursor ends at the first that is QUEUED. */
static void
chain_again(struct kept *k, struct kept_chain *c, const struct range *lack, size_t n, uint64_t beat)
{
	for (struct kept_take *e = c->last; e; e = e->prev) {
		if (e->state == KEPT_OUT && e->beat < beat && (!lack || ranges_have(lack, n, e->number))) {
			e->state = KEPT_QUEUED;
			k->handed -= e->take->n;
		}
		if (e->state == KEPT_QUEUED)
			c->cursor = e;
	}
}

void
kept_again(struct kept *k, const struct range *lack, size_t n, uint64_t beat)
{
	chain_again(k, &k->takes, lack, n, beat);
	chain_again(k, &k->audits, lack, n, beat);
}

size_t
kept_list(const struct kept *k, struct range *ranges, size_t room)
{
	size_t n = 0;
	for (int i = 0; i < 2; i++)
		for (const struct kept_take *e = i ? k->audits.first : k->takes.first; e; e = e->next)
			if (e->state == KEPT_OUT && !ranges_add(ranges, &n, room, e->number))
				return n;
	return n;
}

/* --- what was answered ------------------------------------------------------------------ */

void
kept_remember(struct kept *k, uint64_t number, uint64_t sum, const char *worker)
{
	if (!k->answers && !(k->answers = calloc(ANSWERS, sizeof *k->answers)))
		return; /* a second result will not be compared */
	struct kept_answer *a = &k->answers[number % ANSWERS];
	a->number = number;
	a->sum = sum;
	snprintf(a->worker, sizeof a->worker, "%s", worker);
}

const struct kept_answer *
kept_recall(const struct kept *k, uint64_t number)
{
	const struct kept_answer *a = k->answers ? &k->answers[number % ANSWERS] : NULL;
	return a && a->number == number ? a : NULL;
}
