/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A database as the bank needs it, with two drivers behind one table of
 * functions, so that all SQL is written once. Statements are written in what
 * both understand; values are bound as ?1 ?2 ... (a driver that wants $1 $2
 * rewrites them), integers are BIGINT, numbers DOUBLE PRECISION, and in the
 * schema two words stand for what the two spell differently:
 *
 *   %KEY     a row number that counts up by itself and is the primary key
 *   %BLOB    the type of bytes
 *
 * and lines "append_only TABLE;" become triggers that refuse UPDATE and DELETE.
 * Both have lower, substr, coalesce, window functions, ON CONFLICT DO NOTHING,
 * and hex and group_concat (ours, in PostgreSQL).
 */
#ifndef BANK_DB_H
#define BANK_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB };

/* Bytes of text and blobs are the caller's when bound (they stay until the query
   has ended), and the query's until its next step when read. Text that was read
   ends in a 0. */
struct db_value {
	enum db_type type;
	int64_t i;
	double d;
	const void *p;
	size_t n;
};

static inline struct db_value
db_int(int64_t x)
{
	return (struct db_value){.type = DB_INT, .i = x};
}

static inline struct db_value
db_real(double x)
{
	return (struct db_value){.type = DB_REAL, .d = x};
}

static inline struct db_value
db_text(const char *s)
{
	return (struct db_value){.type = DB_TEXT, .p = s, .n = strlen(s)};
}

static inline struct db_value
db_blob(const void *p, size_t n)
{
	return (struct db_value){.type = DB_BLOB, .p = p, .n = n};
}

enum db_mode {
	DB_READ,  /* must exist; writes are refused */
	DB_WRITE, /* must exist */
	DB_CREATE,
};

struct db;       /* a connection */
struct db_query; /* a statement under way */

struct db_driver {
	const char *name;
	struct db *(*open)(const char *where, enum db_mode mode, struct err *err);
	void (*close)(struct db *db);

	/* Many statements without values, in the words of the schema. */
	int (*script)(struct db *db, const char *sql, struct err *err);

	/* Starts a statement. One that has been seen before (by its text) is not
	   compiled again, so each text serves one query at a time. loose: any
	   types may come back (a person's own statement), and nothing is kept. */
	struct db_query *(*query)(struct db *db, const char *sql, const struct db_value *v, size_t n, bool loose,
	    struct err *err);
	int (*step)(struct db_query *q, struct err *err); /* 1 a row, 0 no more, -1 */
	int (*columns)(const struct db_query *q);
	const char *(*column_name)(const struct db_query *q, int i);
	struct db_value (*column)(const struct db_query *q, int i);
	void (*end)(struct db_query *q); /* NULL is legal */

	/* A statement for its effect alone. It may be queued: a failure then shows
	   at the next call that waits, at the latest in commit, and only then has
	   the number of rows it wrote been added to *changed (may be NULL). */
	int (*put)(struct db *db, const char *sql, const struct db_value *v, size_t n, uint64_t *changed,
	    struct err *err);

	/* begin takes the write lock (waiting for it); commit failed: all is undone. */
	int (*begin)(struct db *db, enum db_mode mode, struct err *err);
	int (*commit)(struct db *db, struct err *err);
	void (*rollback)(struct db *db);

	/* Before a transaction (which then sees what others have done): holds off others
	   who would change the schema, until it is given up or the connection closed. */
	int (*lock_schema)(struct db *db, bool lock, struct err *err);
	int (*has_table)(struct db *db, const char *name, struct err *err); /* 1, 0, -1 */

	/* What was written now outlives a power cut (slow), or a crash of the program (usual). */
	void (*durable)(struct db *db, bool yes);

	/* Whether the last failure may pass if the whole transaction is done again:
	   somebody else was writing the same. */
	bool (*again)(const struct db *db);
};

/* In every struct db, first. */
struct db_head {
	const struct db_driver *driver;
};

extern const struct db_driver db_sqlite, db_postgres;

/* By the look of where: postgresql:// or postgres:// or a file. */
struct db *db_open(const char *where, enum db_mode mode, struct err *err);
void db_close(struct db *db);
const struct db_driver *db_driver(const struct db *db);

/* The one number that a query gives: 1, 0 if it gives no row or NULL, -1. */
int db_number(struct db *db, const char *sql, const struct db_value *v, size_t n, int64_t *x, struct err *err);

/* For drivers: text with every %WORD and "append_only TABLE;" replaced (malloc'ed). */
struct db_word {
	const char *word, *text;
};
char *db_translate(const char *sql, const struct db_word *words, const char *append_only);

#endif
