/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of assay bank, and what they share. */
#ifndef TOOLS_BANK_VERBS_H
#define TOOLS_BANK_VERBS_H

#include <stdio.h>

#include "bank/bank.h"
#include "base/cli.h"
#include "base/talk.h"
#include "score/words.h"
#include "wire/renderer.h"
#include "wire/stage.h"

/* The options, as given. */
struct settings {
	const char *bank;
	struct stage_where where;
	bool json;
	bool pass, audio;                                            /* add */
	int batch;
	const char *like, *feature, *tag, *run, *algo;               /* find */
	const char *words, *aspect, *samples, *whiten;
	double min_fitness;
	uint64_t best;
	const char *limit;
	bool takes;
	bool remove;                                                 /* tag */
	bool wav, flac, lua;                                         /* export */
	bool all;                                                    /* verify */
	const char *name, *command, *settings, *seed, *level;        /* run */
	int status;
};
extern struct settings set;
extern const struct cli bank_cli;

/* Each takes its operands and returns the exit status. */
int verb_add(int n, char **arg);
int verb_find(int n, char **arg);
int verb_show(int n, char **arg);
int verb_tag(int n, char **arg);
int verb_vote(int n, char **arg);
int verb_recall(int n, char **arg);
int verb_export(int n, char **arg);
int verb_verify(int n, char **arg);
int verb_sql(int n, char **arg);
int verb_run(int n, char **arg);

/* --- what they share ------------------------------------------------------------------ */

/* Opens the bank, or says why not and returns NULL. */
struct bank *open_bank(enum db_mode mode);

/* Ids from the beginnings of ids. Says what is wrong; -1. free(ids->id). */
int resolve_all(struct bank *b, int n, char **arg, struct bank_ids *ids);

/* Recalls takes one after another and writes them. -1 after saying why. */
int write_takes(struct bank *b, const struct bank_ids *ids, const char *where);

/* Renders the takes that have a recipe; ids, samples and hashes of takes become
   those of the render. A take that cannot be rendered is failed. -1: nothing could. At most renderer_batch takes. */
int render_takes(struct renderer *r, struct take **t, size_t n, struct err *err);

/* Says what is wrong and returns NULL. threads 0: one a core. */
struct renderer *open_renderer(int threads);

/* --- by ear (listen.c, folder.c) --------------------------------------------------------- */

/* What is looked for: what is near x in set.aspect, or as the crowd has it; or, where x is NULL, words. */
struct ask {
	struct words words;
	const float *x; /* [SUMMARY_COLUMNS] */
	struct crowd *crowd; /* NULL: columns as they are */
};
bool aspect_known(const char *name);

/* The takes (of `among`, which is sorted; NULL: all) that come nearest. -1 with the reason. */
int find_by_ear(struct bank *b, const struct ask *a, struct bank_ids *among, uint64_t limit, struct bank_ids *ids,
    struct err *err);
/* Prints the files of a folder and those below it, nearest first. */
int find_samples(const char *folder, const struct ask *a, uint64_t limit, struct err *err);

/* --- tables (table.c) -------------------------------------------------------------------- */

/* Rows for a person (aligned, long cells cut) or, with --json, one object a line. */
struct table;
struct table *table_new(FILE *f, bool json);
void table_column(struct table *t, const char *name);
void table_cell(struct table *t, struct db_value v); /* one after another, row by row */
size_t table_rows(const struct table *t);
void table_free(struct table *t); /* prints what is not yet printed */

/* All rows of a query become rows of the table. -1 with the reason. */
int table_query(struct table *t, struct db *db, const char *sql, const struct db_value *v, size_t n, bool loose,
    struct err *err);

/* A JSON object of one row, or an array of objects, for nesting by hand. */
int json_query(FILE *f, struct db *db, const char *sql, const struct db_value *v, size_t n, bool array,
    struct err *err);

#endif
