/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver for SQLite: a file, in WAL mode, so that readers and one writer
 * do not wait for each other, and writers wait for each other in the busy
 * handler. synchronous=NORMAL: a transaction outlives kill -9 of everything,
 * and the last few may be lost (whole, never torn) when the power goes.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bank/db.h"

enum { PATIENCE = 60000 /* ms to wait for other writers */, KEPT = 64 };

struct db_query {
	struct db *db;
	sqlite3_stmt *stmt;
	bool kept;
};

struct db {
	struct db_head head;
	sqlite3 *c;
	char *path;
	struct db_query query[KEPT]; /* statements that were compiled once */
	size_t n_queries;
};

static int
failed(struct db *db, struct err *err)
{
	switch (sqlite3_errcode(db->c)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, "bank '%s': another process has kept it locked for %d s", db->path, PATIENCE / 1000);
	case SQLITE_FULL: return err_set(err, "bank '%s': the disk is full", db->path);
	case SQLITE_READONLY: return err_set(err, "bank '%s' is read-only", db->path);
	case SQLITE_NOTADB: return err_set(err, "'%s' is no bank: it is not an SQLite file", db->path);
	case SQLITE_CORRUPT: return err_set(err, "bank '%s' is damaged: %s", db->path, sqlite3_errmsg(db->c));
	case SQLITE_IOERR: {
		const int e = sqlite3_system_errno(db->c);
		return err_set(err, "bank '%s': cannot be read or written: %s", db->path,
		    e ? strerror(e) : sqlite3_errmsg(db->c));
	}
	default: return err_set(err, "bank '%s': %s", db->path, sqlite3_errmsg(db->c));
	}
}

/* A statement or several, that give nothing or nothing of interest. */
static int
run(struct db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->c, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(db, err);
}

static void
sqlite_close(struct db *db)
{
	for (size_t i = 0; i < db->n_queries; i++)
		sqlite3_finalize(db->query[i].stmt);
	sqlite3_close(db->c);
	free(db->path);
	free(db);
}

/* Turns WAL on, once in a bank's life. Two who make the same bank at once do not
   wait for each other here by themselves. */
static int
wal(struct db *db, struct err *err)
{
	for (int waited = 0;; waited += 20) {
		const int rc = sqlite3_exec(db->c, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			return 0;
		if (rc != SQLITE_BUSY || waited >= PATIENCE)
			return failed(db, err);
		sqlite3_sleep(20);
	}
}

/* A bank on a medium that cannot be written has no place for the WAL's index:
   it is read as a file that nobody changes. */
static int
open_immutable(struct db *db)
{
	char *uri = sqlite3_mprintf("file:%s?immutable=1", db->path);
	if (!uri || strpbrk(db->path, "?#%"))
		return sqlite3_free(uri), -1;
	sqlite3_close(db->c);
	const int rc = sqlite3_open_v2(uri, &db->c, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	sqlite3_free(uri);
	return rc == SQLITE_OK && sqlite3_exec(db->c, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

static struct db *
sqlite_open(const char *where, enum db_mode mode, struct err *err)
{
	static const int flags[] = {
	    [DB_READ] = SQLITE_OPEN_READONLY,
	    [DB_WRITE] = SQLITE_OPEN_READWRITE,
	    [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	struct db *db = calloc(1, sizeof *db);
	if (!db || !(db->path = strdup(where)))
		return free(db), err_set(err, "out of memory"), NULL;
	db->head.driver = &db_sqlite;
	if (mode != DB_CREATE && access(where, F_OK) < 0) {
		if (errno == ENOENT)
			err_set(err, "there is no bank at '%s' yet: `assay bank add` makes one", where);
		else
			err_errno(err, "cannot open bank '%s'", where);
		return sqlite_close(db), NULL;
	}
	if (sqlite3_open_v2(where, &db->c, flags[mode], NULL) != SQLITE_OK) {
		const int e = db->c ? sqlite3_system_errno(db->c) : ENOMEM;
		err_set(err, "cannot open bank '%s': %s", where, e ? strerror(e) : sqlite3_errmsg(db->c));
		return sqlite_close(db), NULL;
	}
	sqlite3_busy_timeout(db->c, PATIENCE);
	sqlite3_extended_result_codes(db->c, 0);
	int rc = sqlite3_exec(db->c, "SELECT 1 FROM sqlite_master", NULL, NULL, NULL);
	if (mode == DB_READ && (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY) && open_immutable(db) == 0)
		rc = SQLITE_OK;
	if (rc != SQLITE_OK || (mode == DB_CREATE && wal(db, err) < 0)
	    || run(db, "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; PRAGMA foreign_keys=ON; "
	               "PRAGMA recursive_triggers=ON; PRAGMA case_sensitive_like=ON",
	           err) < 0) {
		failed(db, err);
		return sqlite_close(db), NULL;
	}
	return db;
}

static int
sqlite_script(struct db *db, const char *sql, struct err *err)
{
	static const struct db_word words[] = {{"KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"}, {"BLOB", "BLOB"}, {0}};
	static const char append_only[] =
	    "CREATE TRIGGER @_no_update BEFORE UPDATE ON @ BEGIN SELECT RAISE(ABORT, '@ is append-only'); END;\n"
	    "CREATE TRIGGER @_no_delete BEFORE DELETE ON @ BEGIN SELECT RAISE(ABORT, '@ is append-only'); END;\n";
	char *text = db_translate(sql, words, append_only);
	if (!text)
		return err_set(err, "out of memory");
	const int status = run(db, text, err);
	free(text);
	return status;
}

static int
compile(struct db *db, const char *sql, sqlite3_stmt **stmt, struct err *err)
{
	const char *rest = "";
	if (sqlite3_prepare_v2(db->c, sql, -1, stmt, &rest) != SQLITE_OK)
		return failed(db, err);
	if (!*stmt)
		return err_set(err, "an empty statement");
	if (rest[strspn(rest, " \t\r\n;")]) {
		sqlite3_finalize(*stmt);
		return err_set(err, "more than one statement");
	}
	return 0;
}

static void
sqlite_end(struct db_query *q)
{
	if (!q)
		return;
	if (q->kept) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
		return;
	}
	sqlite3_finalize(q->stmt);
	free(q);
}

static int
bind(struct db_query *q, const struct db_value *v, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const int k = (int)i + 1;
		int rc = SQLITE_OK;
		switch (v[i].type) {
		case DB_NULL: rc = sqlite3_bind_null(q->stmt, k); break;
		case DB_INT: rc = sqlite3_bind_int64(q->stmt, k, v[i].i); break;
		case DB_REAL: rc = sqlite3_bind_double(q->stmt, k, v[i].d); break;
		case DB_TEXT: rc = sqlite3_bind_text64(q->stmt, k, v[i].p, v[i].n, SQLITE_STATIC, SQLITE_UTF8); break;
		case DB_BLOB: rc = sqlite3_bind_blob64(q->stmt, k, v[i].n ? v[i].p : "", v[i].n, SQLITE_STATIC); break;
		}
		if (rc != SQLITE_OK)
			return failed(q->db, err);
	}
	return 0;
}

static struct db_query *
sqlite_query(struct db *db, const char *sql, const struct db_value *v, size_t n, bool loose, struct err *err)
{
	struct db_query *q = NULL;
	for (size_t i = 0; i < db->n_queries && !loose && !q; i++)
		if (!strcmp(sqlite3_sql(db->query[i].stmt), sql))
			q = &db->query[i];
	if (!q) {
		sqlite3_stmt *stmt;
		if (compile(db, sql, &stmt, err) < 0)
			return NULL;
		const bool keep = !loose && db->n_queries < KEPT;
		q = keep ? &db->query[db->n_queries++] : malloc(sizeof *q);
		if (!q)
			return sqlite3_finalize(stmt), err_set(err, "out of memory"), NULL;
		*q = (struct db_query){db, stmt, keep};
	}
	if (bind(q, v, n, err) < 0)
		return sqlite_end(q), NULL;
	return q;
}

static int
sqlite_step(struct db_query *q, struct err *err)
{
	switch (sqlite3_step(q->stmt)) {
	case SQLITE_ROW: return 1;
	case SQLITE_DONE: return 0;
	default: return failed(q->db, err);
	}
}

static int
sqlite_columns(const struct db_query *q)
{
	return sqlite3_column_count(q->stmt);
}

static const char *
sqlite_column_name(const struct db_query *q, int i)
{
	return sqlite3_column_name(q->stmt, i);
}

static struct db_value
sqlite_column(const struct db_query *q, int i)
{
	switch (sqlite3_column_type(q->stmt, i)) {
	case SQLITE_INTEGER: return db_int(sqlite3_column_int64(q->stmt, i));
	case SQLITE_FLOAT: return db_real(sqlite3_column_double(q->stmt, i));
	case SQLITE_TEXT: {
		const void *p = sqlite3_column_text(q->stmt, i);
		return (struct db_value){.type = DB_TEXT, .p = p ? p : "", .n = (size_t)sqlite3_column_bytes(q->stmt, i)};
	}
	case SQLITE_BLOB: {
		const void *p = sqlite3_column_blob(q->stmt, i);
		return db_blob(p ? p : "", (size_t)sqlite3_column_bytes(q->stmt, i));
	}
	default: return (struct db_value){.type = DB_NULL};
	}
}

static int
sqlite_put(struct db *db, const char *sql, const struct db_value *v, size_t n, uint64_t *changed, struct err *err)
{
	struct db_query *q = sqlite_query(db, sql, v, n, false, err);
	if (!q)
		return -1;
	const int got = sqlite_step(q, err);
	if (got == 0 && changed)
		*changed += (uint64_t)sqlite3_changes64(db->c);
	sqlite_end(q);
	return got < 0 ? -1 : 0;
}

static int
sqlite_begin(struct db *db, enum db_mode mode, struct err *err)
{
	return run(db, mode == DB_READ ? "BEGIN" : "BEGIN IMMEDIATE", err);
}

static int
sqlite_commit(struct db *db, struct err *err)
{
	if (run(db, "COMMIT", err) == 0)
		return 0;
	sqlite3_exec(db->c, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

static void
sqlite_rollback(struct db *db)
{
	/* the worst failures (disk full) have rolled back already */
	if (!sqlite3_get_autocommit(db->c))
		sqlite3_exec(db->c, "ROLLBACK", NULL, NULL, NULL);
}

static int
sqlite_lock_schema(struct db *db, bool lock, struct err *err)
{
	(void)db; /* BEGIN IMMEDIATE locks it all */
	(void)lock;
	(void)err;
	return 0;
}

static int
sqlite_has_table(struct db *db, const char *name, struct err *err)
{
	const struct db_value v[] = {db_text(name)};
	int64_t one;
	return db_number(db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", v, 1, &one, err);
}

static void
sqlite_durable(struct db *db, bool yes)
{
	sqlite3_exec(db->c, yes ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
}

static bool
sqlite_again(const struct db *db)
{
	(void)db; /* who waited a minute for a lock has waited enough */
	return false;
}

const struct db_driver db_sqlite = {
    "sqlite", sqlite_open, sqlite_close, sqlite_script, sqlite_query, sqlite_step, sqlite_columns,
    sqlite_column_name, sqlite_column, sqlite_end, sqlite_put, sqlite_begin, sqlite_commit, sqlite_rollback,
    sqlite_lock_schema, sqlite_has_table, sqlite_durable, sqlite_again,
};
