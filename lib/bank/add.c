/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adding takes. A batch is one transaction in which takes stand in the order of
 * their ids, so that writers whose batches overlap wait for each other but never
 * in a circle; where a database still gives up, the batch is done again.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/bank.h"
#include "bank/inside.h"
#include "wire/assets.h"
#include "base/talk.h"

enum { ATTEMPTS = 8 };

/* Columns that an index holds are cut at these lengths (PostgreSQL's limit is
   2.7 KB for all of a row's together). */
enum { KEY = 512, NAME = 128, TAG = 128, ERROR = 256, FILE_NAME = 1024, WHY = 1024, LABELS = 16384 };

/* --- may it be stored? ---------------------------------------------------------------- */

static int
known(struct bank *b, const uint8_t *id, struct err *err)
{
	int64_t one;
	return db_number(b->db, "SELECT 1 FROM take WHERE id = ?1", &(struct db_value){.type = DB_BLOB, .p = id, .n = HASH_SIZE},
	    1, &one, err);
}

/* 1 if the take can be stored; 0 if it has been failed; -1. An id is never believed: one
   that lies would keep the true take out for ever. */
static int
admit(struct bank *b, struct take *t, struct err *err)
{
	struct err why;
	uint8_t claimed[HASH_SIZE];
	const size_t n = t->m->id.len;
	if (n && n != HASH_SIZE)
		return take_fail(t, "cannot be stored: its id has %zu bytes, not %d", n, HASH_SIZE), 0;
	if (n)
		memcpy(claimed, t->m->id.data, n);
	if (!t->m->n_parts && !take_has_audio(t)) {
		/* news of a loop that is there already is welcome without its samples */
		const int is = n ? known(b, claimed, err) : 0;
		if (is == 0)
			take_fail(t, "cannot be stored: it has neither patch nor sound");
		return is;
	}
	if (take_identify(t, &why) < 0)
		return take_fail(t, "cannot be stored: %s", why.text), 0;
	if (n && memcmp(claimed, t->m->id.data, n))
		return take_fail(t, "cannot be stored: its id is not that of its %s", t->m->n_parts ? "recipe" : "sound"), 0;
	return 1;
}

/* --- rows ------------------------------------------------------------------------------ */

/* By id, and of one take's two appearances the first first. */
struct place {
	struct take *t;
	size_t at;
};

struct adding {
	struct bank *b;
	struct db *db;
	const struct db_driver *d;
	bool all_audio;
	struct bank_added *added;
	struct err *err;
	char now[32];
};

#define PUT(a, changed, sql, ...)                                                                   \
	({                                                                                          \
		const struct db_value values[] = {__VA_ARGS__};                                     \
		(a)->d->put((a)->db, sql, values, sizeof values / sizeof *values, changed, (a)->err); \
	})

/* The message without what is stored elsewhere or can be made again; what other
   programs put into it stays. */
static void *
essence(const struct take *t, size_t *n)
{
	Take m = *t->m;
	Assay__Audio audio;
	m.n_features = 0;
	m.n_sounds = 0;
	if (m.audio) {
		audio = *m.audio;
		audio.n_samples = 0;
		m.audio = &audio;
	}
	*n = assay__take__get_packed_size(&m);
	void *p = malloc(*n ? *n : 1);
	if (p)
		assay__take__pack(&m, p);
	return p;
}

static double
seconds(const struct take *t)
{
	const Take *m = t->m;
	if (m->n_parts && m->phrase)
		return m->phrase->beats * 60 / m->phrase->tempo + m->phrase->tail;
	return m->audio && m->audio->rate ? (double)m->audio->frames / m->audio->rate : 0;
}

static int
put_take(struct adding *a, const struct take *t, struct db_value id)
{
	const Take *m = t->m;
	char seed[24];
	size_t n;
	void *message = essence(t, &n);
	if (!message)
		return err_set(a->err, "out of memory");
	snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->seed);
	const uint32_t rate = m->n_parts ? m->rate : m->audio ? m->audio->rate : 0;
	const int status = PUT(a, &a->added->takes,
	    "INSERT INTO take (id, engine, rate, seed, parts, seconds, message, added) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
	    id, db_int(m->engine), db_int(rate), db_text(seed), db_int((int64_t)m->n_parts), db_real(seconds(t)),
	    db_blob(message, n), db_text(a->now));
	free(message);
	return status;
}

static int
put_origin(struct adding *a, const Take *m, struct db_value id, const char *run)
{
	static const Assay__Origin none = ASSAY__ORIGIN__INIT;
	const Assay__Origin *o = m->origin ? m->origin : &none;
	char key[KEY], algo[NAME], file[FILE_NAME], error[ERROR];
	if (PUT(a, NULL,
	        "INSERT INTO origin (take, key, run, algo, generation, proposal, file, error, added) "
	        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
	        id, db_text(bank_text(m->key, key, sizeof key)), db_text(run),
	        db_text(bank_text(o->algo, algo, sizeof algo)), db_int(o->generation), db_int((int64_t)o->index),
	        db_text(bank_text(o->file, file, sizeof file)), db_text(bank_text(m->error, error, sizeof error)),
	        db_text(a->now)) < 0)
		return -1;
	for (size_t i = 0; i < o->n_parents; i++)
		if (o->parents[i].len == HASH_SIZE
		    && PUT(a, NULL, "INSERT INTO parent (take, parent) VALUES (?1, ?2) ON CONFLICT DO NOTHING", id,
		           db_blob(o->parents[i].data, HASH_SIZE)) < 0)
			return -1;
	return 0;
}

static int
put_scores(struct adding *a, const struct take *t, struct db_value id, const char *run)
{
	const Take *m = t->m;
	char term[NAME], why[WHY], label[HASH_HEX];
	if (!m->n_scores || *m->error)
		return 0;
	if (!isfinite(m->fitness))
		return talk_warning("%s: its fitness is not a number and is not stored", take_label(t, label)), 0;
	if (PUT(a, NULL,
	        "INSERT INTO fitness (take, run, fitness, added) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING", id,
	        db_text(run), db_real(m->fitness), db_text(a->now)) < 0)
		return -1;
	for (size_t i = 0; i < m->n_scores; i++) {
		const Assay__Score *s = m->scores[i];
		if (!isfinite(s->value) || !isfinite(s->weight))
			continue;
		if (PUT(a, &a->added->scores,
		        "INSERT INTO score (take, run, term, value, weight, why, added) "
		        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
		        id, db_text(run), db_text(bank_text(s->term, term, sizeof term)), db_real(s->value),
		        db_real(s->weight), db_text(bank_text(s->why, why, sizeof why)), db_text(a->now)) < 0)
			return -1;
	}
	return 0;
}

/* Tags that came with the take; one that it has is not given again. */
static int
put_tags(struct adding *a, const Take *m, struct db_value id)
{
	char tag[TAG];
	for (size_t i = 0; i < m->n_tags; i++)
		if (PUT(a, NULL,
		        "INSERT INTO tag (take, tag, given, who, added) "
		        "SELECT id, CAST(?2 AS TEXT), 1, CAST(?3 AS TEXT), CAST(?4 AS TEXT) FROM take "
		        "WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM tag WHERE take = ?1 AND tag = CAST(?2 AS TEXT))",
		        id, db_text(bank_text(m->tags[i], tag, sizeof tag)), db_text(a->b->who), db_text(a->now)) < 0)
			return -1;
	return 0;
}

static bool
is_summary(const Assay__Tensor *f)
{
	return f->frames == 1 && f->hop == 0 && f->columns && f->columns <= 65536 && f->channels <= 64
	    && f->n_data == (size_t)f->channels * f->columns;
}

static int
put_summaries(struct adding *a, const Take *m, struct db_value id)
{
	char name[NAME];
	for (size_t i = 0; i < m->n_features; i++) {
		const Assay__Tensor *f = m->features[i];
		if (is_summary(f)
		    && PUT(a, NULL,
		           "INSERT INTO summary (take, name, channels, columns, data) VALUES (?1, ?2, ?3, ?4, ?5) "
		           "ON CONFLICT DO NOTHING",
		           id, db_text(bank_text(f->name, name, sizeof name)), db_int(f->channels), db_int(f->columns),
		           db_blob(f->data, f->n_data * sizeof(float))) < 0)
			return -1;
	}
	return 0;
}

static int
put_sound(struct adding *a, const struct take *t, struct db_value id)
{
	const Take *m = t->m;
	const Assay__Audio *s = m->audio;
	uint8_t hash[HASH_SIZE];
	if (!s || *m->error)
		return 0;
	const bool keep = take_has_audio(t) && (!m->n_parts || m->n_tags || s->inexact || a->all_audio);
	if (keep)
		hash_samples(s->samples, s->n_samples, hash);
	else if (s->hash.len == HASH_SIZE)
		memcpy(hash, s->hash.data, HASH_SIZE);
	else
		return 0;
	/* of a sound that comes out otherwise each time the first counts; another one is no alarm */
	int64_t one;
	const int heard = s->inexact ? db_number(a->db, "SELECT 1 FROM sound WHERE take = ?1", &id, 1, &one, a->err) : 0;
	if (heard < 0)
		return -1;
	if (!heard && PUT(a, NULL,
	        "INSERT INTO sound (take, hash, rate, channels, frames, host, added) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
	        "ON CONFLICT DO NOTHING",
	        id, db_blob(hash, HASH_SIZE), db_int(s->rate), db_int(s->channels), db_int((int64_t)s->frames),
	        db_text(a->b->host), db_text(a->now)) < 0)
		return -1;
	return keep ? inside_put_audio(a->b, id, s->samples, s->rate, s->channels, s->frames, a->err) : 0;
}

/* The sounds that its patches name, each once in the bank. One that is nowhere to be found is counted:
   the take is worth keeping all the same, and may find it elsewhere. */
static int
put_assets(struct adding *a, struct take *t)
{
	struct recipe r;
	struct err why;
	char name[NAME];
	bool lacking = false;
	if (!take_names_sounds(t) || take_recipe(t, &r, &why) < 0)
		return 0;
	for (size_t p = 0; p < r.n_parts; p++)
		for (size_t i = 0; i < r.parts[p].patch.n_nodes; i++)
			for (size_t k = 0; k < r.parts[p].patch.nodes[i].n_sounds; k++) {
				const struct asset_ref *ref = &r.parts[p].patch.nodes[i].sounds[k];
				const struct db_value hash = db_blob(ref->hash, HASH_SIZE);
				int64_t n;
				const int has = db_number(a->db, "SELECT n FROM asset WHERE hash = ?1", &hash, 1, &n, a->err);
				if (has < 0)
					return -1;
				const struct asset *s = has ? NULL : asset_find(ref->hash, ref->name, &why);
				lacking = lacking || (!has && !s);
				if (s && PUT(a, NULL,
				        "INSERT INTO asset (hash, name, rate, channels, cycle, frames, samples, added) "
				        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
				        hash, db_text(bank_text(ref->name ? ref->name : "", name, sizeof name)), db_int(s->rate),
				        db_int(s->channels), db_int(s->cycle), db_int((int64_t)s->frames),
				        db_blob(s->x, s->frames * s->channels * sizeof *s->x), db_text(a->now)) < 0)
					return -1;
			}
	a->added->lacking += lacking;
	return 0;
}

static int
put_loop(struct adding *a, const Take *m, struct db_value id)
{
	const Assay__Loop *l = m->loop;
	if (!l || !isfinite(l->tempo) || !isfinite(l->beats) || !isfinite(l->confidence))
		return 0;
	return PUT(a, NULL,
	    "INSERT INTO loop (take, tempo, confidence, beats, slices, added) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
	    "ON CONFLICT DO NOTHING",
	    id, db_real(l->tempo), db_real(l->confidence), db_real(l->beats), db_int((int64_t)l->n_slices),
	    db_text(a->now));
}

/* What the columns of the summaries count, before any take: here too writers
   must not wait in a circle. */
static int
put_features(struct adding *a, const struct place *t, size_t n)
{
	const char *last = NULL;
	uint32_t last_columns = 0;
	char name[NAME], axis[NAME];
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < t[i].t->m->n_features; k++) {
			const Assay__Tensor *f = t[i].t->m->features[k];
			if (!is_summary(f) || (last && !strcmp(last, f->name) && last_columns == f->columns))
				continue;
			last = f->name;
			last_columns = f->columns;
			char *labels = malloc(LABELS);
			if (!labels)
				return err_set(a->err, "out of memory");
			size_t used = *labels = 0;
			for (size_t j = 0; j < f->n_labels && used + 256 < LABELS; j++) {
				char label[128];
				used += (size_t)snprintf(labels + used, LABELS - used, "%s%s", j ? " " : "",
				    bank_text(f->labels[j], label, sizeof label));
			}
			const int status = PUT(a, NULL,
			    "INSERT INTO feature (name, columns, axis, labels) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
			    db_text(bank_text(f->name, name, sizeof name)), db_int(f->columns),
			    db_text(bank_text(f->axis, axis, sizeof axis)), db_text(labels));
			free(labels);
			if (status < 0)
				return -1;
		}
	return 0;
}

static int
by_id(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	const int order = memcmp(a->t->m->id.data, b->t->m->id.data, HASH_SIZE);
	return order ? order : (a->at > b->at) - (a->at < b->at);
}

static int
put_all(struct adding *a, const struct place *t, size_t n)
{
	char run[NAME];
	if (put_features(a, t, n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const Take *m = t[i].t->m;
		const struct db_value id = db_blob(m->id.data, HASH_SIZE);
		bank_text(m->origin ? m->origin->run : "", run, sizeof run);
		if (put_take(a, t[i].t, id) < 0 || put_origin(a, m, id, run) < 0 || put_scores(a, t[i].t, id, run) < 0
		    || put_tags(a, m, id) < 0 || put_summaries(a, m, id) < 0 || put_sound(a, t[i].t, id) < 0
		    || put_loop(a, m, id) < 0 || put_assets(a, t[i].t) < 0)
			return -1;
	}
	return 0;
}

int
bank_add(struct bank *b, struct take *const *takes, size_t n, bool all_audio, struct bank_added *added,
    struct err *err)
{
	struct place *t = malloc((n ? n : 1) * sizeof *t);
	size_t good = 0;
	if (!t)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const int may = admit(b, takes[i], err);
		if (may < 0)
			return free(t), -1;
		if (may)
			t[good++] = (struct place){takes[i], i};
	}
	qsort(t, good, sizeof *t, by_id);

	const struct db_driver *d = db_driver(b->db);
	int status = good ? -1 : 0;
	for (int attempt = 0; status < 0 && attempt < ATTEMPTS; attempt++) {
		struct bank_added fresh = {0};
		struct adding a = {b, b->db, d, all_audio, &fresh, err, ""};
		inside_now(a.now);
		if (d->begin(b->db, DB_WRITE, err) < 0)
			break;
		if (put_all(&a, t, good) < 0)
			d->rollback(b->db);
		else
			status = d->commit(b->db, err);
		if (status == 0) {
			added->takes += fresh.takes;
			added->scores += fresh.scores;
			added->lacking += fresh.lacking;
		} else if (!d->again(b->db))
			break;
	}
	free(t);
	return status;
}
