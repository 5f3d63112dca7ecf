/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is out and what came back, beside a plain table of all numbers. */
#include "opt/batch.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "tap.h"

enum { SIZE = 50, ASKS = 200000 };

static char state[ASKS + 2]; /* by number: 0 never asked, 'o' out, 't' told */

/* Whether what is out is just what the table says, in order, each with its own coordinates. */
static bool
agrees(const struct batch *b)
{
	size_t at = 0;
	for (uint64_t k = 1; k <= b->asked; k++)
		if (state[k] == 'o') {
			const struct point *p = &b->out[at++];
			if (at > b->n_out || p->number != k || p->x[0] != (double)k || p->x[1] != -(double)k)
				return false;
		}
	return at == b->n_out && b->n_rows == b->max_out - b->n_out;
}

static void
reload(struct batch *b, const struct algo_settings *set)
{
	struct err err;
	struct blob blob = {0};
	batch_save(b, &blob);
	const size_t size = b->size;
	batch_release(b);
	ok(batch_init(b, 2, size, set, &err) == 0, "a batch of %zu", size);
	batch_load(b, &blob);
	ok(!blob.bad && blob.at == blob.n && agrees(b), "saved and loaded, %zu are out as they were", b->n_out);
	blob_free(&blob);
}

/* Tells in an order by chance, now and then a stranger or one that has been told. */
static void
play(bool steady, double haste)
{
	struct err err;
	struct batch b;
	const struct algo_settings set = {.steady = steady};
	struct rng r = {steady, 5};
	size_t told = 0, filled = 0, wrong = 0;
	memset(state, 0, sizeof state);
	ok(batch_init(&b, 2, SIZE, &set, &err) == 0, "a batch of %d", SIZE);
	while (b.asked < ASKS) {
		if (batch_may_ask(&b) && (!b.n_out || rng_uniform(&r) < haste)) {
			const double k = (double)(b.asked + 1);
			state[batch_ask(&b, (double[]){k, -k})] = 'o';
			continue;
		}
		uint64_t number = rng_below(&r, b.asked + 2);
		if (b.n_out && rng_uniform(&r) < 0.9)
			number = b.out[rng_uniform(&r) < 0.5 ? 0 : rng_below(&r, b.n_out)].number;
		const size_t before = b.n_told;
		const bool full = batch_tell(&b, &(struct told){.number = number, .fitness = (double)number}), was_out = state[number] == 'o';
		if (b.n_told != before + was_out || (was_out && b.told[before].x[1] != -(double)number))
			wrong++;
		if (was_out)
			state[number] = 't', told++;
		if (full) {
			filled++;
			batch_clear(&b);
		}
		if (told % 9973 == 0 && was_out && !agrees(&b))
			wrong++;
	}
	ok(wrong == 0 && agrees(&b) && told == filled * SIZE + b.n_told, "%s: %zu told in any order, %zu out", steady ? "steady" : "in generations", told,
	    b.n_out);
	reload(&b, &set);
	batch_release(&b);
}

int
main(void)
{
	play(false, 0.5);
	play(true, 0.52); /* asks run ahead of tells */

	struct err err;
	struct batch b;
	const struct algo_settings set = {.steady = true};
	memset(state, 0, sizeof state);
	batch_init(&b, 2, 1, &set, &err);
	while (batch_may_ask(&b)) {
		const double k = (double)(b.asked + 1);
		state[batch_ask(&b, (double[]){k, -k})] = 'o';
	}
	ok(b.n_out == ALGO_MAX_OUT && agrees(&b), "as many as may be out");
	batch_tell(&b, &(struct told){.number = 3});
	state[3] = 't';
	ok(batch_may_ask(&b) && agrees(&b), "one comes back, one may go");

	struct blob blob = {0};
	batch_save(&b, &blob);
	memcpy(blob.data + 24, &(uint64_t){1u << 30}, 8); /* another number of the first that is out: the order is lost */
	batch_load(&b, &blob);
	ok(blob.bad, "a state out of order is refused");
	blob_free(&blob);
	batch_release(&b);
	return done();
}
