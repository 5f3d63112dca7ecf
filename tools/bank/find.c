/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank find, show, recall, sql: takes and rows out of the bank. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

/* The summary of a take: the one asked for, or its first. */
static const Assay__Tensor *
summary_of(const struct take *t)
{
	for (size_t i = 0; i < t->m->n_features; i++) {
		const Assay__Tensor *f = t->m->features[i];
		if (f->frames == 1 && f->hop == 0 && f->columns && f->channels
		    && f->n_data == (size_t)f->channels * f->columns && (!set.feature || !strcmp(set.feature, f->name)))
			return f;
	}
	return NULL;
}

/* The take that --like means: one of the bank, or the first of a file of takes. */
static struct take *
like_take(struct bank *b, struct err *err)
{
	uint8_t id[HASH_SIZE];
	struct take *t = NULL;
	if (strcmp(set.like, "-") && access(set.like, R_OK) < 0) {
		if (bank_resolve(b, set.like, id, err) < 0 || bank_recall(b, id, &t, err) <= 0)
			return NULL;
		return t;
	}
	struct reader *r = reader_open(set.like, err);
	const int got = r ? take_read(r, &t, err) : -1;
	if (got == 0)
		err_set(err, "'%s' holds no take", set.like);
	reader_free(r);
	return got > 0 ? t : NULL;
}

static int
find_like(struct bank *b, const struct bank_ids *among, uint64_t limit, struct bank_ids *ids, struct err *err)
{
	struct take *t = like_take(b, err);
	if (!t)
		return -1;
	const Assay__Tensor *f = summary_of(t);
	int status;
	if (!f)
		status = err_set(err, "'%s' has no summary%s%s to compare: pipe it through `assay features`", set.like,
		    set.feature ? " " : "", set.feature ? set.feature : "");
	else {
		float *x = calloc(f->columns, sizeof *x);
		for (size_t i = 0; x && i < f->n_data; i++)
			x[i % f->columns] += f->data[i];
		for (size_t i = 0; x && i < f->columns; i++)
			x[i] /= (float)f->channels; /* the mean of the channels, as the bank's side has it */
		status = x ? bank_near(b, f->name, x, f->columns, among, limit, ids, err) : err_set(err, "out of memory");
		free(x);
	}
	take_free(t);
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

int
verb_find(int n, char **arg)
{
	enum { PAGE = 20 };
	struct err err;
	struct bank_ids ids = {0}, near = {0};
	if (n)
		return cli_usage(&bank_cli, "find takes options only, not '%s'", arg[0]);
	struct bank *b = open_bank(DB_READ);
	if (!b)
		return EXIT_FAILED;
	const bool rank_all = set.like != NULL, people = !set.takes && !set.where.out && !set.json;
	uint64_t limit = set.best ? set.best : set.limit ? set.limit : people ? PAGE : 0;
	const struct bank_filter f = {
	    .tag = set.tag, .run = set.run, .algo = set.algo, .best = set.best != 0 && !rank_all,
	    .min_fitness = isnan(set.min_fitness) ? NULL : &set.min_fitness,
	    .limit = rank_all ? 0 : limit,
	};
	int status = bank_find(b, &f, &ids, &err);
	if (status == 0 && rank_all) {
		const bool any = f.tag || f.run || f.algo || f.min_fitness;
		status = find_like(b, any ? &ids : NULL, limit, &near, &err);
		free(ids.id);
		ids = near;
	}
	if (status == 0 && (set.takes || set.where.out))
		status = write_takes(b, &ids, set.where.out ? set.where.out : "-") < 0 ? -2 : 0;
	else if (status == 0)
		status = print_takes(b, &ids, &err);
	if (status == -1)
		talk_error("%s", err.text);
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
