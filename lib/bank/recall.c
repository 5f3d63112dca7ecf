/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A take out of the bank: its message, and what was learnt of it since. */
#include "bank/bank.h"
#include "bank/inside.h"
#include "wire/assets.h"

static struct db_query *
ask(struct bank *b, const char *sql, const uint8_t *id, struct err *err)
{
	const struct db_value v[] = {db_blob(id, HASH_SIZE)};
	return db_driver(b->db)->query(b->db, sql, v, 1, false, err);
}

static int
recall_message(struct bank *b, const uint8_t *id, struct take **t, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = ask(b, "SELECT message FROM take WHERE id = ?1", id, err);
	int got = q ? d->step(q, err) : -1;
	if (got > 0) {
		const struct db_value m = d->column(q, 0);
		if (!(*t = take_unpack(m.p, m.n, err)))
			got = err_prefix(err, "a damaged row of the bank");
	}
	d->end(q);
	if (got > 0 && !((*t)->m->id.data = arena_memdup(&(*t)->arena, id, HASH_SIZE))) {
		take_free(*t);
		return err_set(err, "out of memory");
	}
	if (got > 0)
		(*t)->m->id.len = HASH_SIZE;
	return got;
}

static int
recall_audio(struct bank *b, const uint8_t *id, struct take *t, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = ask(b, "SELECT rate, channels, frames, samples FROM audio WHERE take = ?1", id, err);
	int got = q ? d->step(q, err) : -1;
	if (got > 0) {
		const int64_t rate = d->column(q, 0).i, channels = d->column(q, 1).i, frames = d->column(q, 2).i;
		const struct db_value s = d->column(q, 3);
		const bool inexact = t->m->audio && t->m->audio->inexact;
		/* the caller's alignment is not the database's: the copy is made by memcpy */
		if (rate <= 0 || channels <= 0 || frames <= 0 || channels > 1024
		    || s.n / sizeof(float) / (size_t)channels != (size_t)frames)
			got = err_set(err, "a damaged row of the bank: %zu bytes of samples", s.n);
		else
			got = take_set_audio(t, s.p, (uint32_t)rate, (uint32_t)channels, (uint64_t)frames, NULL, err);
		if (got == 0)
			t->m->audio->inexact = inexact;
	}
	d->end(q);
	return got < 0 ? -1 : 0;
}

static int
recall_summaries(struct bank *b, const uint8_t *id, struct take *t, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = ask(b,
	    "SELECT s.name, s.channels, s.columns, s.data, f.axis, f.labels FROM summary s "
	    "LEFT JOIN feature f ON f.name = s.name AND f.columns = s.columns WHERE s.take = ?1 ORDER BY s.n", id, err);
	int got = -1;
	while (q && (got = d->step(q, err)) > 0) {
		const struct db_value data = d->column(q, 3), axis = d->column(q, 4), labels = d->column(q, 5);
		const uint32_t channels = (uint32_t)d->column(q, 1).i, columns = (uint32_t)d->column(q, 2).i;
		if ((size_t)channels * columns * sizeof(float) != data.n)
			continue;
		Assay__Tensor *f = take_add_tensor(t, d->column(q, 0).p, channels, 1, columns, err);
		if (!f)
			break;
		memcpy(f->data, data.p, data.n);
		if (axis.type == DB_TEXT && axis.n)
			f->axis = arena_strdup(&t->arena, axis.p);
		if (labels.type != DB_TEXT || !labels.n || !(f->labels = arena_array(&t->arena, columns, sizeof *f->labels)))
			continue;
		char *words = arena_strdup(&t->arena, labels.p), *rest;
		for (char *w = words ? strtok_r(words, " ", &rest) : NULL; w && f->n_labels < columns; w = strtok_r(NULL, " ", &rest))
			f->labels[f->n_labels++] = w;
	}
	d->end(q);
	return got;
}

static int
recall_tags(struct bank *b, const uint8_t *id, struct take *t, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = ask(b, "SELECT tag FROM tags WHERE take = ?1 ORDER BY tag", id, err);
	int got = -1;
	char **tags = NULL;
	size_t n = 0;
	while (q && (got = d->step(q, err)) > 0) {
		if ((n & (n + 1)) == 0) {
			char **more = arena_array(&t->arena, 2 * n + 1, sizeof *more);
			if (!more)
				break;
			if (n)
				memcpy(more, tags, n * sizeof *more);
			tags = more;
		}
		tags[n] = arena_strdup(&t->arena, d->column(q, 0).p);
		n += tags[n] != NULL;
	}
	d->end(q);
	t->m->tags = tags;
	t->m->n_tags = n;
	return got > 0 ? err_set(err, "out of memory") : got;
}

/* The scores of the run in which it was scored last. */
static int
recall_scores(struct bank *b, const uint8_t *id, struct take *t, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = ask(b, "SELECT fitness FROM fitness WHERE take = ?1 ORDER BY n DESC LIMIT 1", id, err);
	int got = q ? d->step(q, err) : -1;
	if (got > 0) {
		t->m->fitness = d->column(q, 0).d;
		t->m->n_scores = 0;
	}
	d->end(q);
	if (got <= 0)
		return got;
	q = ask(b,
	    "SELECT term, value, weight, why FROM score s WHERE take = ?1 "
	    "AND run = (SELECT run FROM fitness WHERE take = ?1 ORDER BY n DESC LIMIT 1) "
	    "AND n = (SELECT max(z.n + 0) FROM score z WHERE z.take = s.take AND z.run = s.run AND z.term = s.term) ORDER BY n",
	    id, err);
	got = -1;
	while (q && (got = d->step(q, err)) > 0)
		if (take_set_score(t, d->column(q, 0).p, d->column(q, 1).d, d->column(q, 2).d, d->column(q, 3).p, err) < 0)
			break;
	d->end(q);
	return got > 0 ? -1 : got;
}

/* One sound that the take plays, back to where render looks for it. What the bank has not got may
   be found elsewhere: render says so if not. */
static int
recall_asset(struct bank *b, const struct asset_ref *ref, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	if (asset_known(ref->hash) ? asset_saved(ref->hash) : asset_find(ref->hash, ref->name, err) != NULL)
		return 0;
	struct db_query *q = ask(b, "SELECT rate, channels, cycle, frames, samples FROM asset WHERE hash = ?1", ref->hash, err);
	int got = q ? d->step(q, err) : -1;
	if (got > 0) {
		const int64_t rate = d->column(q, 0).i, channels = d->column(q, 1).i, cycle = d->column(q, 2).i,
			      frames = d->column(q, 3).i;
		const struct db_value x = d->column(q, 4);
		struct asset *a = NULL;
		if (rate > 0 && rate <= ASSET_RATE && channels > 0 && channels <= ASSET_CHANNELS && cycle >= 0 && cycle <= ASSET_CYCLE
		    && frames > 0 && x.n == (uint64_t)frames * (uint64_t)channels * sizeof(float))
			a = asset_new((uint32_t)rate, (uint32_t)channels, (uint64_t)frames, (uint32_t)cycle, err);
		if (a)
			memcpy(a->x, x.p, x.n);
		const struct asset *kept = a ? asset_keep(a, err) : NULL;
		if (!kept || memcmp(kept->hash, ref->hash, HASH_SIZE))
			got = err_set(err, "a damaged row of the bank: the sound '%s'", ref->name ? ref->name : "");
		else
			got = asset_save_again(kept, err);
	}
	d->end(q);
	return got < 0 ? -1 : 0;
}

static int
recall_assets(struct bank *b, struct take *t, struct err *err)
{
	struct recipe r;
	struct err why;
	/* a take of another engine comes back as it is */
	if (!take_names_sounds(t) || take_recipe(t, &r, &why) < 0)
		return 0;
	for (size_t p = 0; p < r.n_parts; p++)
		for (size_t i = 0; i < r.parts[p].patch.n_nodes; i++)
			for (size_t k = 0; k < r.parts[p].patch.nodes[i].n_sounds; k++)
				if (recall_asset(b, &r.parts[p].patch.nodes[i].sounds[k], err) < 0)
					return -1;
	return 0;
}

int
bank_recall(struct bank *b, const uint8_t id[HASH_SIZE], struct take **t, struct err *err)
{
	const int got = recall_message(b, id, t, err);
	if (got <= 0)
		return got;
	if (recall_audio(b, id, *t, err) == 0 && recall_summaries(b, id, *t, err) == 0 && recall_tags(b, id, *t, err) == 0
	    && recall_scores(b, id, *t, err) == 0 && recall_assets(b, *t, err) == 0)
		return 1;
	take_free(*t);
	*t = NULL;
	return -1;
}

int
bank_sounds(struct bank *b, const uint8_t id[HASH_SIZE], uint8_t (*hash)[HASH_SIZE], size_t max, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = ask(b, "SELECT hash FROM sound WHERE take = ?1 ORDER BY n", id, err);
	size_t n = 0;
	int got = -1;
	while (q && (got = d->step(q, err)) > 0) {
		const struct db_value h = d->column(q, 0);
		if (h.n == HASH_SIZE && n < max)
			memcpy(hash[n++], h.p, HASH_SIZE);
	}
	d->end(q);
	return got < 0 ? -1 : (int)n;
}
