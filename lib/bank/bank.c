/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bank: opening, events, finding. add.c writes takes, recall.c reads them. */
#include "bank/bank.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bank/inside.h"
#include "bank/schema.h"

/* --- opening ---------------------------------------------------------------------- */

/* mkdir -p of the folder that a file stands in. */
static int
make_folder(const char *file, struct err *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s", file);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make the folder '%s'", path);
		*slash = '/';
	}
	return 0;
}

/* Where the bank is when nobody says so. */
static int
usual_place(char path[4096], struct err *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	const bool xdg = data && *data == '/';
	if (!xdg && (!home || !*home))
		return err_set(err, "no place for the bank: set ASSAY_BANK, XDG_DATA_HOME or HOME");
	const int n = snprintf(path, 4096, "%s%s/assay/bank.db", xdg ? data : home, xdg ? "" : "/.local/share");
	return n < 4096 ? 0 : err_set(err, "the path of the bank is too long");
}

struct bank *
bank_open(const char *where, enum db_mode mode, struct err *err)
{
	char path[4096];
	if (!where || !*where)
		where = getenv("ASSAY_BANK");
	if (!where || !*where) {
		if (usual_place(path, err) < 0 || (mode == DB_CREATE && make_folder(path, err) < 0))
			return NULL;
		where = path;
	}
	struct bank *b = calloc(1, sizeof *b);
	if (!b)
		return err_set(err, "out of memory"), NULL;
	const struct passwd *pw = getpwuid(geteuid());
	bank_text(pw ? pw->pw_name : "", b->who, sizeof b->who);
	char host[64] = "";
	gethostname(host, sizeof host - 1);
	bank_text(host, b->host, sizeof b->host);
	if (!(b->db = db_open(where, mode, err)) || schema_ready(b->db, mode, err) < 0)
		return bank_close(b), NULL;
	return b;
}

void
bank_close(struct bank *b)
{
	if (!b)
		return;
	db_close(b->db);
	free(b);
}

struct db *
bank_db(struct bank *b)
{
	return b->db;
}

const char *
inside_now(char text[32])
{
	const time_t now = time(NULL);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	return text;
}

/* --- events ------------------------------------------------------------------------ */

/* One statement in a transaction of its own, that outlives a power cut. */
static int
write_one(struct bank *b, const char *sql, const struct db_value *v, size_t n, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	d->durable(b->db, true);
	int status = d->begin(b->db, DB_WRITE, err);
	if (status == 0) {
		status = d->put(b->db, sql, v, n, NULL, err);
		if (status == 0)
			status = d->commit(b->db, err);
		else
			d->rollback(b->db);
	}
	d->durable(b->db, false);
	return status;
}

#define WRITE_ONE(b, err, sql, ...)                                                       \
	({                                                                               \
		const struct db_value values[] = {__VA_ARGS__};                          \
		write_one(b, sql, values, sizeof values / sizeof *values, err);          \
	})

int
bank_tag(struct bank *b, const uint8_t id[HASH_SIZE], const char *tag, bool given, struct err *err)
{
	char now[32], text[128];
	if (!*bank_text(tag, text, sizeof text))
		return err_set(err, "an empty tag");
	return WRITE_ONE(b, err, "INSERT INTO tag (take, tag, given, who, added) VALUES (?1, ?2, ?3, ?4, ?5)",
	    db_blob(id, HASH_SIZE), db_text(text), db_int(given), db_text(b->who), db_text(inside_now(now)));
}

int
bank_vote(struct bank *b, const uint8_t id[HASH_SIZE], bool yes, struct err *err)
{
	char now[32];
	return WRITE_ONE(b, err, "INSERT INTO vote (take, vote, who, added) VALUES (?1, ?2, ?3, ?4)",
	    db_blob(id, HASH_SIZE), db_text(yes ? "yes" : "no"), db_text(b->who), db_text(inside_now(now)));
}

static int
run_event(struct bank *b, const struct bank_run *r, bool begin, struct err *err)
{
	enum { LONG = 65536 };
	char now[32], name[128], seed[64];
	const struct db_value none = {.type = DB_NULL};
	if (!*bank_text(r->name, name, sizeof name))
		return err_set(err, "a run needs a name");
	char *command = malloc(2 * LONG), *settings = command ? command + LONG : NULL;
	if (!command)
		return err_set(err, "out of memory");
	const int status = WRITE_ONE(b, err,
	    "INSERT INTO run (name, event, command, settings, seed, level, status, host, who, added) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	    db_text(name), db_text(begin ? "begin" : "end"), db_text(bank_text(r->command, command, LONG)),
	    db_text(bank_text(r->settings, settings, LONG)), db_text(bank_text(r->seed, seed, sizeof seed)),
	    r->level ? db_blob(r->level, HASH_SIZE) : none, begin ? none : db_int(r->status), db_text(b->host),
	    db_text(b->who), db_text(inside_now(now)));
	free(command);
	return status;
}

int
bank_run_begin(struct bank *b, const struct bank_run *r, struct err *err)
{
	return run_event(b, r, true, err);
}

int
bank_run_end(struct bank *b, const struct bank_run *r, struct err *err)
{
	return run_event(b, r, false, err);
}

int
inside_put_audio(struct bank *b, struct db_value id, const float *samples, uint32_t rate, uint32_t channels,
    uint64_t frames, struct err *err)
{
	const struct db_value v[] = {id, db_int(rate), db_int(channels), db_int((int64_t)frames),
	    db_blob(samples, (size_t)frames * channels * sizeof *samples)};
	return db_driver(b->db)->put(b->db,
	    "INSERT INTO audio (take, rate, channels, frames, samples) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
	    v, 5, NULL, err);
}

int
bank_keep_audio(struct bank *b, const uint8_t id[HASH_SIZE], const float *samples, uint32_t rate,
    uint32_t channels, uint64_t frames, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	if (d->begin(b->db, DB_WRITE, err) < 0)
		return -1;
	if (inside_put_audio(b, db_blob(id, HASH_SIZE), samples, rate, channels, frames, err) < 0)
		return d->rollback(b->db), -1;
	return d->commit(b->db, err);
}

/* --- finding ------------------------------------------------------------------------ */

int
bank_resolve(struct bank *b, const char *digits, uint8_t id[HASH_SIZE], struct err *err)
{
	enum { SHOWN = 8 };
	uint8_t low[HASH_SIZE] = {0}, high[HASH_SIZE];
	char hex[HASH_HEX], list[SHOWN * (BANK_DIGITS + 3) + 16] = "";
	const size_t n = strlen(digits);
	if (n < 4 || n > 2 * HASH_SIZE || hash_parse(digits, low) < 0)
		return err_set(err, "'%.80s' is no id: at least four hexadecimal digits", digits);
	memset(high, 0xff, sizeof high);
	memcpy(high, low, (n + 1) / 2);
	if (n % 2)
		high[n / 2] |= 0x0f;
	const struct db_value v[] = {db_blob(low, HASH_SIZE), db_blob(high, HASH_SIZE)};
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = d->query(b->db, "SELECT id FROM take WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT 9", v, 2,
	    false, err);
	if (!q)
		return -1;
	int found = 0, got;
	while ((got = d->step(q, err)) > 0) {
		const struct db_value c = d->column(q, 0);
		if (c.n != HASH_SIZE)
			continue;
		if (found++ == 0)
			memcpy(id, c.p, HASH_SIZE);
		if (found <= SHOWN)
			snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.*s", found > 1 ? ", " : "", BANK_DIGITS,
			    hash_hex(c.p, HASH_SIZE, hex));
	}
	d->end(q);
	if (got < 0)
		return -1;
	if (!found)
		return err_set(err, "the bank has no take '%s'", digits);
	if (found > 1)
		return err_set(err, "'%s' is the beginning of several ids: %s%s", digits, list, found > SHOWN ? ", ..." : "");
	return 0;
}

static int
append(struct bank_ids *ids, const void *id, struct err *err)
{
	if ((ids->n & (ids->n + 1)) == 0) { /* full at 0, 1, 3, 7, ... */
		void *more = realloc(ids->id, (2 * ids->n + 1) * HASH_SIZE);
		if (!more)
			return err_set(err, "out of memory for %zu ids", ids->n);
		ids->id = more;
	}
	memcpy(ids->id[ids->n++], id, HASH_SIZE);
	return 0;
}

/* Runs a query whose first column is an id. */
static int
collect(struct bank *b, const char *sql, const struct db_value *v, size_t n, struct bank_ids *ids, struct err *err)
{
	const struct db_driver *d = db_driver(b->db);
	struct db_query *q = d->query(b->db, sql, v, n, true, err);
	int got = -1;
	*ids = (struct bank_ids){0};
	while (q && (got = d->step(q, err)) > 0) {
		const struct db_value id = d->column(q, 0);
		if (id.n == HASH_SIZE && append(ids, id.p, err) < 0)
			break;
	}
	d->end(q);
	return got == 0 ? 0 : -1;
}

/* What "column = ?k" should be for this run: '%' is the only wild card. */
static struct db_value
run_pattern(const char *run, char text[512], const char **operator)
{
	char plain[128];
	bank_text(run, plain, sizeof plain);
	*operator = strchr(plain, '%') ? "LIKE" : "=";
	char *to = text;
	for (const char *s = plain; *s; s++) {
		if (**operator == 'L' && (*s == '_' || *s == '\\'))
			*to++ = '\\';
		*to++ = *s;
	}
	*to = 0;
	return db_text(text);
}

int
bank_find(struct bank *b, const struct bank_filter *f, struct bank_ids *ids, struct err *err)
{
	char sql[2048], tag[128], run[512], algo[128];
	const char *is = "=", *escape = "";
	struct db_value v[8];
	size_t n = 0, at = 0;
#define ADD(...) at += (size_t)snprintf(sql + at, sizeof sql - at, __VA_ARGS__)
	/* a take's fitness: the last one, or the highest one in the runs that are asked for */
	if (f->run) {
		v[n++] = run_pattern(f->run, run, &is);
		escape = *is == 'L' ? " ESCAPE '\\'" : "";
	}
	ADD("SELECT t.id FROM take t");
	if (f->best || f->min_fitness) {
		if (f->run)
			ADD(" JOIN (SELECT take, max(fitness) AS fitness FROM fitness WHERE run %s ?1%s GROUP BY take) f"
			    " ON f.take = t.id", is, escape);
		else
			ADD(" JOIN fitness f ON f.take = t.id AND f.n = (SELECT max(e.n + 0) FROM fitness e WHERE e.take = t.id)");
	}
	ADD(" WHERE 1 = 1");
	if (f->run)
		ADD(" AND t.id IN (SELECT o.take FROM origin o WHERE o.run %s ?1%s)", is, escape);
	if (f->algo) {
		ADD(" AND EXISTS (SELECT 1 FROM origin o WHERE o.take = t.id AND o.algo = ?%zu)", n + 1);
		v[n++] = db_text(bank_text(f->algo, algo, sizeof algo));
	}
	if (f->tag) {
		ADD(" AND t.id IN (SELECT g.take FROM tags g WHERE g.tag = ?%zu)", n + 1);
		v[n++] = db_text(bank_text(f->tag, tag, sizeof tag));
	}
	if (f->min_fitness) {
		ADD(" AND f.fitness >= ?%zu", n + 1);
		v[n++] = db_real(*f->min_fitness);
	}
	ADD(f->best ? " ORDER BY f.fitness DESC, t.n" : " ORDER BY t.n DESC");
	if (f->limit) {
		ADD(" LIMIT ?%zu", n + 1);
		v[n++] = db_int((int64_t)(f->limit < INT64_MAX ? f->limit : INT64_MAX));
	}
#undef ADD
	return collect(b, sql, v, n, ids, err);
}
