/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bank add: takes go in, many in a transaction while they come fast, and at
 * once when the input idles. A take is passed on when it is safe in the bank.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

enum { BYTES = 64 << 20 }; /* a batch holds no more than about this */

struct batch {
	struct take **t;
	size_t n, bytes;
};

static bool
full(const struct batch *batch)
{
	return batch->n >= (size_t)set.batch || batch->bytes >= BYTES;
}

static void
push(struct batch *batch, struct take *t)
{
	batch->t[batch->n++] = t;
	batch->bytes += t->arena.used;
}

/* The batch goes into the bank, and on. */
static int
store(struct bank *b, struct stage *s, struct batch *batch, struct bank_added *added)
{
	struct err err;
	char first[HASH_HEX], last[HASH_HEX];
	static char before[256] = "";
	if (bank_add(b, batch->t, batch->n, set.audio, added, &err) < 0) {
		talk_error("%s", err.text);
		talk_error("%" PRIu64 " takes were stored%s%s%s; '%s' to '%s' and what came after them were not", s->taken - s->failed,
		    *before ? ", the last of them '" : "", before, *before ? "'" : "", take_label(batch->t[0], first),
		    take_label(batch->t[batch->n - 1], last));
		return -1;
	}
	snprintf(before, sizeof before, "%s", take_label(batch->t[batch->n - 1], last));
	for (size_t i = 0; i < batch->n; i++)
		stage_emit(s, batch->t[i]);
	batch->n = batch->bytes = 0;
	return 0;
}

int
verb_add(int n, char **arg)
{
	if (n)
		return cli_usage(&bank_cli, "add reads takes from standard input or --in, not '%s'", arg[0]);
	if (set.pass && !set.where.out)
		set.where.out = "-";
	struct stage s;
	struct bank_added added = {0};
	struct batch batch = {.t = calloc((size_t)set.batch, sizeof *batch.t)};
	struct bank *b = open_bank(DB_CREATE);
	if (!b || !batch.t || stage_open(&s, &set.where, "stored") < 0)
		return bank_close(b), free(batch.t), EXIT_FAILED;
	bool lost = false;
	for (bool more = true; more && !lost;) {
		struct take *t = stage_next(&s);
		more = t != NULL;
		if (t)
			push(&batch, t);
		if (batch.n && (!more || full(&batch) || set.where.strict || !stage_ready(&s)))
			lost = store(b, &s, &batch, &added) < 0;
	}
	for (size_t i = 0; i < batch.n; i++)
		take_free(batch.t[i]);
	free(batch.t);
	bank_close(b);
	const int status = stage_close(&s);
	if (added.lacking)
		talk_warning("%" PRIu64 " takes were stored without a sound that they play, which is not on this machine", added.lacking);
	talk_verbose("%" PRIu64 " takes and %" PRIu64 " scores were new", added.takes, added.scores);
	return lost ? EXIT_FAILED : status;
}
