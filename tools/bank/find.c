/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank find, show, recall, sql: takes and rows out of the bank. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/sound.h"
#include "feature/summary.h"
#include "listen.h"
#include "wire/crowd_read.h"

/* The vector that takes are held against. */
struct point {
	char name[128];
	float *x;
	size_t n;
};

/* A take's summary: the one asked for, or its first; the mean of its channels. */
static int
point_of_take(struct point *p, const struct take *t, struct err *err)
{
	/* of several summaries the one that this version makes */
	const char *wanted = set.feature ? set.feature : take_tensor(t, SUMMARY_NAME) ? SUMMARY_NAME : NULL;
	for (size_t i = 0; i < t->m->n_features; i++) {
		const Assay__Tensor *f = t->m->features[i];
		if (f->frames != 1 || f->hop != 0 || !f->columns || !f->channels || f->n_data != (size_t)f->channels * f->columns
		    || (wanted && strcmp(wanted, f->name)))
			continue;
		if (!(p->x = calloc(f->columns, sizeof *p->x)))
			return err_set(err, "out of memory");
		bank_text(f->name, p->name, sizeof p->name);
		p->n = f->columns;
		for (size_t k = 0; k < f->n_data; k++)
			p->x[k % f->columns] += f->data[k];
		for (size_t k = 0; k < f->columns; k++)
			p->x[k] /= (float)f->channels;
		return 0;
	}
	return err_set(err, "'%s' has no summary%s%s to compare: pipe it through `assay features`", set.like,
	    set.feature ? " " : "", set.feature ? set.feature : "");
}

static int
point_of_sound(struct point *p, const struct sound *s, struct err *err)
{
	struct analysis *a = analysis_new();
	p->n = SUMMARY_COLUMNS;
	p->x = calloc(p->n, sizeof *p->x);
	snprintf(p->name, sizeof p->name, "%s", SUMMARY_NAME);
	const int status = a && p->x ? summary_of(a, s->x, s->rate, s->channels, s->frames, p->x, err)
	                             : err_set(err, "out of memory");
	analysis_free(a);
	return status;
}

/* What --like means: a sound file, the first take in a stream, or a take of the bank. */
static int
point_of(struct bank *b, struct point *p, struct err *err)
{
	struct err why;
	struct sound sound;
	uint8_t id[HASH_SIZE];
	struct take *t = NULL;
	const bool is_stream = !strcmp(set.like, "-") || strstr(set.like, "://");
	if (!is_stream && access(set.like, F_OK) == 0 && sound_read(set.like, &sound, &why) == 0) {
		const int status = point_of_sound(p, &sound, err);
		sound_free(&sound);
		return status;
	}
	if (is_stream || access(set.like, F_OK) == 0) {
		struct reader *r = reader_open(set.like, err);
		const int got = r ? take_read(r, &t, err) : -1;
		reader_free(r);
		if (got <= 0)
			return err_set(err, "'%s' is neither a sound (%s) nor takes", set.like, is_stream ? "but a stream" : why.text);
	} else if (!b)
		return err_set(err, "'%s' is no sound file", set.like);
	else if (bank_resolve(b, set.like, id, err) < 0 || bank_recall(b, id, &t, err) <= 0)
		return -1;
	const int status = point_of_take(p, t, err);
	take_free(t);
	return status;
}

/* What is asked for by words, or by the sound p. */
static int
ask_of(struct bank *b, struct ask *a, struct point *p, struct err *err)
{
	*a = (struct ask){0};
	if (set.words)
		return words_parse(&a->words, set.words, err);
	if (point_of(b, p, err) < 0)
		return -1;
	if (p->n != SUMMARY_COLUMNS || strcmp(p->name, SUMMARY_NAME))
		return err_set(err, "'%s' has no '%s' to compare: pipe it through `assay features`", set.like, SUMMARY_NAME);
	a->x = p->x;
	return set.whiten && !(a->crowd = crowd_read(set.whiten, NULL, err)) ? -1 : 0;
}

static int
find_near(struct bank *b, struct bank_ids *among, uint64_t limit, struct bank_ids *ids, struct err *err)
{
	struct point p = {.x = NULL};
	struct ask a = {0};
	const bool by_ear = set.words || set.aspect || set.whiten;
	int status = by_ear ? ask_of(b, &a, &p, err) : point_of(b, &p, err);
	if (status == 0 && by_ear)
		status = find_by_ear(b, &a, among, limit, ids, err);
	else if (status == 0)
		status = bank_near(b, p.name, p.x, p.n, among, limit, ids, err);
	if (status == 0 && !by_ear && !strcmp(p.name, SUMMARY_NAME))
		status = summaries_lacking(b, ids->n, err);
	if (by_ear)
		crowd_free(a.crowd);
	free(p.x);
	return status;
}

/* A table of takes by their ids. */
static int
print_takes(struct bank *b, const struct bank_ids *ids, struct err *err)
{
	/* a program gets the whole id, a person enough of it */
	char sql[512];
	snprintf(sql, sizeof sql,
	    "SELECT %s, %sfitness, key, run, algo, generation, proposal, seconds, tags, yes, no, added FROM takes "
	    "WHERE take = ?1", set.json ? "lower(hex(take)) AS id" : "id",
	    ids->distance ? "CAST(?2 AS DOUBLE PRECISION) AS distance, " : "");
	struct table *t = table_new(stdout, set.json);
	int status = 0;
	for (size_t i = 0; i < ids->n && status == 0 && !interrupted(); i++) {
		const struct db_value v[] = {db_blob(ids->id[i], HASH_SIZE), db_real(ids->distance ? ids->distance[i] : 0)};
		status = table_query(t, bank_db(b), sql, v, ids->distance ? 2 : 1, false, err);
	}
	table_free(t);
	return status;
}

/* How many to show: what was asked for, else a page for a person and all for a program. */
static int
limit_of(bool people, uint64_t *limit)
{
	enum { PAGE = 20 };
	char *end;
	*limit = set.best ? set.best : people ? PAGE : 0;
	if (!set.limit || set.best)
		return 0;
	*limit = strtoull(set.limit, &end, 10);
	return *set.limit >= '0' && *set.limit <= '9' && !*end ? 0 : -1;
}

static int
find_files(uint64_t limit)
{
	struct err err;
	struct point p = {.x = NULL};
	struct ask a = {0};
	int status = ask_of(NULL, &a, &p, &err);
	if (status == 0)
		status = find_samples(set.samples, &a, limit, &err);
	if (status < 0)
		talk_error("%s", err.text);
	crowd_free(a.crowd);
	free(p.x);
	return status < 0 ? EXIT_FAILED : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* NULL, or what is wrong with how find is asked to listen. */
static const char *
misheard(void)
{
	if (set.words && set.like)
		return "find looks for --words or --like, not both";
	if (set.aspect && !set.like)
		return "--aspect says in what --like compares, and needs it";
	if (set.aspect && !aspect_known(set.aspect))
		return "--aspect is timbre, rhythm, harmony, envelope, or brightness, warmth and so on";
	if (set.whiten && (!set.like || set.aspect))
		return "--whiten is about how --like compares, in all aspects";
	if (set.samples && !set.words && !set.like)
		return "--samples needs --words or --like";
	if (set.samples && (set.tag || set.run || set.algo || set.best || set.takes || set.where.out || !isnan(set.min_fitness)))
		return "--samples lists files, which have no tags, runs or fitness and are no takes";
	return NULL;
}

int
verb_find(int n, char **arg)
{
	struct err err;
	struct bank_ids ids = {0}, near = {0};
	uint64_t limit;
	const bool people = !set.takes && !set.where.out && !set.json;
	if (n)
		return cli_usage(&bank_cli, "find takes options only, not '%s'", arg[0]);
	if (limit_of(people, &limit) < 0)
		return cli_usage(&bank_cli, "--limit '%s': not a whole number", set.limit);
	if (misheard())
		return cli_usage(&bank_cli, "%s", misheard());
	if (set.samples)
		return find_files(limit);
	struct bank *b = open_bank(DB_READ);
	if (!b)
		return EXIT_FAILED;
	const bool near_to = set.like || set.words;
	const struct bank_filter f = {
	    .tag = set.tag, .run = set.run, .algo = set.algo, .best = set.best != 0 && !near_to,
	    .min_fitness = isnan(set.min_fitness) ? NULL : &set.min_fitness,
	    .limit = near_to ? 0 : limit,
	};
	const bool any = f.tag || f.run || f.algo || f.min_fitness;
	int status = !near_to || any ? bank_find(b, &f, &ids, &err) : 0;
	if (status == 0 && near_to) {
		status = find_near(b, any ? &ids : NULL, limit, &near, &err);
		free(ids.id);
		ids = near;
	}
	if (status == 0 && (set.takes || set.where.out))
		status = write_takes(b, &ids, set.where.out ? set.where.out : "-") < 0 ? -2 : 0;
	else if (status == 0)
		status = print_takes(b, &ids, &err);
	if (status == -1)
		talk_error("%s", err.text);
	if (status == 0 && people && !set.limit && !set.best && ids.n == limit)
		talk_verbose("the newest %zu; --limit 0 shows all", ids.n);
	free(ids.id);
	free(ids.distance);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* What show prints of a take, part by part. */
static const struct {
	const char *name, *sql;
} parts[] = {
    {"origins", "SELECT key, run, algo, generation, proposal, file, error, added FROM origin WHERE take = ?1 ORDER BY n"},
    {"fitness", "SELECT run, fitness, added FROM fitness WHERE take = ?1 ORDER BY n"},
    {"scores", "SELECT run, term, value, weight, why, added FROM score WHERE take = ?1 ORDER BY n"},
    {"tags", "SELECT tag, who, added FROM tags WHERE take = ?1 ORDER BY tag"},
    {"votes", "SELECT vote, who, added FROM votes WHERE take = ?1 ORDER BY added"},
    {"parents", "SELECT parent AS id, parent_fitness AS fitness FROM lineage WHERE take = ?1 ORDER BY parent"},
    {"children", "SELECT id, fitness FROM lineage WHERE parent_take = ?1 ORDER BY id"},
    {"sounds", "SELECT hash, rate, channels, frames, host, added FROM sound WHERE take = ?1 ORDER BY n"},
    {"kept", "SELECT rate, channels, frames FROM audio WHERE take = ?1"},
    {"loop", "SELECT tempo, confidence, beats, slices FROM loop WHERE take = ?1"},
    {"summaries", "SELECT name, channels, columns FROM summary WHERE take = ?1 ORDER BY n"},
};
static const char show_sql[] =
    "SELECT take AS id, key, run, algo, generation, proposal, fitness, tags, yes, no, engine, rate, seed, seconds, "
    "channels, frames, sound, file, error, added FROM takes WHERE take = ?1";

static int
show_json(struct db *db, const struct db_value *id, struct err *err)
{
	printf("{\"take\":");
	int status = json_query(stdout, db, show_sql, id, 1, false, err);
	for (size_t i = 0; i < sizeof parts / sizeof *parts && status == 0; i++) {
		printf(",\"%s\":", parts[i].name);
		status = json_query(stdout, db, parts[i].sql, id, 1, true, err);
	}
	puts("}");
	return status;
}

static int
show_text(struct db *db, const struct db_value *id, struct err *err)
{
	const struct db_driver *d = db_driver(db);
	struct table *t = table_new(stdout, false);
	char hex[HASH_HEX];
	table_column(t, "id");
	table_column(t, hash_hex(id->p, HASH_SIZE, hex));
	struct db_query *q = d->query(db, show_sql, id, 1, false, err);
	int status = q ? d->step(q, err) : -1;
	for (int i = 1; status > 0 && i < d->columns(q); i++) {
		const struct db_value v = d->column(q, i);
		if (v.type == DB_NULL || (v.type == DB_TEXT && !v.n))
			continue;
		char text[32];
		if (v.type == DB_INT)
			snprintf(text, sizeof text, "%lld", (long long)v.i);
		else
			snprintf(text, sizeof text, "%.9g", v.d);
		table_cell(t, db_text(d->column_name(q, i)));
		table_cell(t, v.type == DB_INT || v.type == DB_REAL ? db_text(text) : v);
	}
	d->end(q);
	table_free(t);
	for (size_t i = 0; i < sizeof parts / sizeof *parts && status >= 0; i++) {
		int64_t any;
		char sql[512];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s) rows_of", parts[i].sql);
		if ((status = db_number(db, sql, id, 1, &any, err)) < 0 || !any)
			continue;
		printf("\n%s\n", parts[i].name);
		t = table_new(stdout, false);
		status = table_query(t, db, parts[i].sql, id, 1, false, err);
		table_free(t);
	}
	return status < 0 ? -1 : 0;
}

int
verb_show(int n, char **arg)
{
	struct err err;
	struct bank_ids ids;
	if (!n)
		return cli_usage(&bank_cli, "show needs the id of a take");
	struct bank *b = open_bank(DB_READ);
	if (!b || resolve_all(b, n, arg, &ids) < 0)
		return bank_close(b), EXIT_FAILED;
	int status = 0;
	for (size_t i = 0; i < ids.n && status == 0; i++) {
		const struct db_value id = db_blob(ids.id[i], HASH_SIZE);
		if (i && !set.json)
			puts("");
		status = (set.json ? show_json : show_text)(bank_db(b), &id, &err);
	}
	if (status < 0)
		talk_error("%s", err.text);
	free(ids.id);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
verb_recall(int n, char **arg)
{
	struct bank_ids ids;
	if (!n)
		return cli_usage(&bank_cli, "recall needs the id of a take");
	struct bank *b = open_bank(DB_READ);
	if (!b || resolve_all(b, n, arg, &ids) < 0)
		return bank_close(b), EXIT_FAILED;
	const int status = write_takes(b, &ids, set.where.out ? set.where.out : "-");
	free(ids.id);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

int
verb_sql(int n, char **arg)
{
	struct err err;
	if (n != 1)
		return cli_usage(&bank_cli, "sql needs one statement, in quotes");
	struct bank *b = open_bank(DB_READ);
	if (!b)
		return EXIT_FAILED;
	struct table *t = table_new(stdout, set.json);
	const int status = table_query(t, bank_db(b), arg[0], NULL, 0, true, &err);
	table_free(t);
	if (status < 0)
		talk_error("%s", err.text);
	bank_close(b);
	return status < 0 ? EXIT_FAILED : EXIT_DONE;
}
