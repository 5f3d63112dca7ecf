/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One schema for both databases. Tables have singular names and are append-only;
 * views have plural ones and are for people. Every row of a table belongs to a
 * take by its id; n counts rows in the order in which they came.
 *
 * migrations[] is the history: entry k leads from version k to k + 1, and what
 * stands in it is never changed once it has been released.
 */
#include "bank/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char version_1[] =
    "CREATE TABLE schema_version (version BIGINT NOT NULL, since TEXT NOT NULL);\n"

    /* what a take is: never twice, never changed */
    "CREATE TABLE take (\n"
    "	n %KEY,\n"
    "	id %BLOB NOT NULL UNIQUE,\n"
    "	engine BIGINT NOT NULL, rate BIGINT NOT NULL, seed TEXT NOT NULL, parts BIGINT NOT NULL,\n"
    "	seconds DOUBLE PRECISION NOT NULL,\n"
    "	message %BLOB NOT NULL,\n"
    "	added TEXT NOT NULL);\n"
    "append_only take;\n"

    /* where it was met: once in each run that proposed it */
    "CREATE TABLE origin (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id),\n"
    "	key TEXT NOT NULL, run TEXT NOT NULL, algo TEXT NOT NULL,\n"
    "	generation BIGINT NOT NULL, proposal BIGINT NOT NULL,\n"
    "	file TEXT NOT NULL, error TEXT NOT NULL, added TEXT NOT NULL,\n"
    "	UNIQUE (take, run, generation, proposal, key, error));\n"
    "CREATE INDEX origin_run ON origin (run);\n"
    "append_only origin;\n"

    "CREATE TABLE parent (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id), parent %BLOB NOT NULL,\n"
    "	UNIQUE (take, parent));\n"
    "CREATE INDEX parent_parent ON parent (parent);\n"
    "append_only parent;\n"

    /* what it was worth, to whom */
    "CREATE TABLE fitness (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id), run TEXT NOT NULL,\n"
    "	fitness DOUBLE PRECISION NOT NULL, added TEXT NOT NULL,\n"
    "	UNIQUE (take, run, fitness));\n"
    "CREATE INDEX fitness_run ON fitness (run, fitness);\n"
    "append_only fitness;\n"
    "CREATE TABLE score (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id), run TEXT NOT NULL,\n"
    "	term TEXT NOT NULL, value DOUBLE PRECISION NOT NULL, weight DOUBLE PRECISION NOT NULL,\n"
    "	why TEXT NOT NULL, added TEXT NOT NULL,\n"
    "	UNIQUE (take, run, term, value, weight));\n"
    "append_only score;\n"

    /* what people said of it: events, the last one counts */
    "CREATE TABLE tag (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id), tag TEXT NOT NULL,\n"
    "	given BIGINT NOT NULL CHECK (given IN (0, 1)), who TEXT NOT NULL, added TEXT NOT NULL);\n"
    "CREATE INDEX tag_take ON tag (take, tag, n);\n"
    "CREATE INDEX tag_tag ON tag (tag);\n"
    "append_only tag;\n"
    "CREATE TABLE vote (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id),\n"
    "	vote TEXT NOT NULL CHECK (vote IN ('yes', 'no')), who TEXT NOT NULL, added TEXT NOT NULL);\n"
    "CREATE INDEX vote_take ON vote (take);\n"
    "append_only vote;\n"

    /* what it sounds like: one row one array of little-endian float32 */
    "CREATE TABLE feature (\n"
    "	name TEXT NOT NULL, columns BIGINT NOT NULL, axis TEXT NOT NULL, labels TEXT NOT NULL,\n"
    "	PRIMARY KEY (name, columns));\n"
    "append_only feature;\n"
    "CREATE TABLE summary (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id), name TEXT NOT NULL,\n"
    "	channels BIGINT NOT NULL, columns BIGINT NOT NULL, data %BLOB NOT NULL,\n"
    "	UNIQUE (take, name));\n"
    "append_only summary;\n"
    "CREATE TABLE sound (\n"
    "	n %KEY, take %BLOB NOT NULL REFERENCES take (id), hash %BLOB NOT NULL,\n"
    "	rate BIGINT NOT NULL, channels BIGINT NOT NULL, frames BIGINT NOT NULL,\n"
    "	host TEXT NOT NULL, added TEXT NOT NULL,\n"
    "	UNIQUE (take, hash));\n"
    "append_only sound;\n"
    "CREATE TABLE audio (\n"
    "	n %KEY, take %BLOB NOT NULL UNIQUE REFERENCES take (id),\n"
    "	rate BIGINT NOT NULL, channels BIGINT NOT NULL, frames BIGINT NOT NULL, samples %BLOB NOT NULL);\n"
    "append_only audio;\n"
    "CREATE TABLE loop (\n"
    "	n %KEY, take %BLOB NOT NULL UNIQUE REFERENCES take (id),\n"
    "	tempo DOUBLE PRECISION NOT NULL, confidence DOUBLE PRECISION NOT NULL, beats DOUBLE PRECISION NOT NULL,\n"
    "	slices BIGINT NOT NULL, added TEXT NOT NULL);\n"
    "append_only loop;\n"

    /* experiments: a run that was killed and started again has begun twice */
    "CREATE TABLE run (\n"
    "	n %KEY, name TEXT NOT NULL, event TEXT NOT NULL CHECK (event IN ('begin', 'end')),\n"
    "	command TEXT NOT NULL, settings TEXT NOT NULL, seed TEXT NOT NULL, level %BLOB,\n"
    "	status BIGINT, host TEXT NOT NULL, who TEXT NOT NULL, added TEXT NOT NULL);\n"
    "CREATE INDEX run_name ON run (name);\n"
    "append_only run;\n"

    /* Without statistics (just after a bulk load) PostgreSQL would look for min(n) by
       walking along n until a row of this take turns up. It cannot do so for n + 0,
       and goes by the index on take. */
    "CREATE VIEW tags AS\n"
    "	SELECT lower(substr(hex(t.take), 1, 12)) AS id, t.tag, t.who, t.added, t.take\n"
    "	FROM tag t WHERE t.given = 1\n"
    "	AND t.n = (SELECT max(u.n + 0) FROM tag u WHERE u.take = t.take AND u.tag = t.tag);\n"
    "CREATE VIEW votes AS\n"
    "	SELECT lower(substr(hex(v.take), 1, 12)) AS id, v.vote, v.who, v.added, v.take FROM vote v;\n"
    "CREATE VIEW takes AS\n"
    "	SELECT lower(substr(hex(t.id), 1, 12)) AS id, o.key, o.run, o.algo, o.generation, o.proposal, f.fitness,\n"
    "	t.engine, t.rate, t.seed, t.seconds, s.channels, s.frames, lower(hex(s.hash)) AS sound,\n"
    "	(SELECT group_concat(g.tag, ' ') FROM (SELECT tag FROM tags WHERE take = t.id ORDER BY tag) g) AS tags,\n"
    "	(SELECT count(*) FROM vote v WHERE v.take = t.id AND v.vote = 'yes') AS yes,\n"
    "	(SELECT count(*) FROM vote v WHERE v.take = t.id AND v.vote = 'no') AS no,\n"
    "	o.error, o.file, t.added, t.id AS take\n"
    "	FROM take t\n"
    "	LEFT JOIN origin o ON o.take = t.id AND o.n = (SELECT min(p.n + 0) FROM origin p WHERE p.take = t.id)\n"
    "	LEFT JOIN fitness f ON f.take = t.id AND f.n = (SELECT max(e.n + 0) FROM fitness e WHERE e.take = t.id)\n"
    "	LEFT JOIN sound s ON s.take = t.id AND s.n = (SELECT min(r.n + 0) FROM sound r WHERE r.take = t.id);\n"
    "CREATE VIEW best AS\n"
    "	SELECT run, place, lower(substr(hex(take), 1, 12)) AS id, fitness, added, take FROM (\n"
    "		SELECT run, take, max(fitness) AS fitness, min(added) AS added,\n"
    "		row_number() OVER (PARTITION BY run ORDER BY max(fitness) DESC, min(n)) AS place\n"
    "		FROM fitness GROUP BY run, take) ranked;\n"
    "CREATE VIEW moments AS\n"
    "	SELECT id, tags, fitness, yes, no, key, run, seconds, file, added, take FROM takes WHERE tags IS NOT NULL;\n"
    "CREATE VIEW lineage AS\n"
    "	SELECT lower(substr(hex(p.take), 1, 12)) AS id, lower(substr(hex(p.parent), 1, 12)) AS parent,\n"
    "	o.run, o.algo, o.generation, a.fitness, b.fitness AS parent_fitness, p.take, p.parent AS parent_take\n"
    "	FROM parent p\n"
    "	LEFT JOIN origin o ON o.take = p.take AND o.n = (SELECT min(q.n + 0) FROM origin q WHERE q.take = p.take)\n"
    "	LEFT JOIN fitness a ON a.take = p.take AND a.n = (SELECT max(e.n + 0) FROM fitness e WHERE e.take = p.take)\n"
    "	LEFT JOIN fitness b ON b.take = p.parent AND b.n = (SELECT max(e.n + 0) FROM fitness e WHERE e.take = p.parent);\n"
    "CREATE VIEW runs AS\n"
    "	SELECT r.name AS run, f.command, f.settings, f.seed, r.started,\n"
    "	l.added AS ended, l.status, r.times,\n"
    "	(SELECT count(DISTINCT o.take) FROM origin o WHERE o.run = r.name) AS takes,\n"
    "	(SELECT max(e.fitness) FROM fitness e WHERE e.run = r.name) AS best,\n"
    "	f.host, f.who, f.level\n"
    "	FROM (SELECT name, min(added) AS started, min(n) AS first, max(n) AS last,\n"
    "		count(CASE WHEN event = 'begin' THEN 1 END) AS times FROM run GROUP BY name) r\n"
    "	JOIN run f ON f.n = r.first LEFT JOIN run l ON l.n = r.last AND l.event = 'end';\n"
    "CREATE VIEW levels AS\n"
    "	SELECT lower(substr(hex(l.take), 1, 12)) AS id, o.key, l.tempo, l.beats, l.slices, t.seconds,\n"
    "	(SELECT count(DISTINCT r.name) FROM run r WHERE r.level = l.take) AS runs,\n"
    "	(SELECT max(f.fitness) FROM fitness f WHERE f.run IN (SELECT name FROM run WHERE level = l.take)) AS best,\n"
    "	o.file, l.added, l.take\n"
    "	FROM loop l JOIN take t ON t.id = l.take\n"
    "	LEFT JOIN origin o ON o.take = l.take AND o.n = (SELECT min(p.n + 0) FROM origin p WHERE p.take = l.take);\n"
    "CREATE VIEW alarms AS\n"
    "	SELECT lower(substr(hex(take), 1, 12)) AS id, lower(hex(hash)) AS sound, host, added, take FROM sound\n"
    "	WHERE take IN (SELECT take FROM sound GROUP BY take HAVING count(*) > 1);\n";

/* Sounds that patches play, under what is in them: a take names them in its message. */
static const char version_2[] =
    "CREATE TABLE asset (\n"
    "	n %KEY, hash %BLOB NOT NULL UNIQUE, name TEXT NOT NULL,\n"
    "	rate BIGINT NOT NULL, channels BIGINT NOT NULL, cycle BIGINT NOT NULL, frames BIGINT NOT NULL,\n"
    "	samples %BLOB NOT NULL, added TEXT NOT NULL);\n"
    "append_only asset;\n";

static const char *const migrations[] = {version_1, version_2};
enum { VERSION = sizeof migrations / sizeof *migrations };

static int
version(struct db *db, int64_t *v, struct err *err)
{
	*v = 0;
	const int has = db_driver(db)->has_table(db, "schema_version", err);
	return has <= 0 ? has : db_number(db, "SELECT max(version) FROM schema_version", NULL, 0, v, err);
}

static int
migrate(struct db *db, int64_t from, struct err *err)
{
	char since[32], note[128];
	const time_t now = time(NULL);
	strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	for (int64_t v = from; v < VERSION; v++) {
		snprintf(note, sizeof note, "INSERT INTO schema_version VALUES (%" PRId64 ", '%s')", v + 1, since);
		if (db_driver(db)->script(db, migrations[v], err) < 0 || db_driver(db)->script(db, note, err) < 0)
			return err_prefix(err, "making version %" PRId64 " of the schema", v + 1);
	}
	return 0;
}

int
schema_ready(struct db *db, enum db_mode mode, struct err *err)
{
	const struct db_driver *d = db_driver(db);
	int64_t v;
	if (version(db, &v, err) < 0)
		return -1;
	if (v < VERSION && mode == DB_READ)
		return v ? err_set(err, "the bank has version %" PRId64 " of the schema, this program has %d: "
		                        "`assay bank add </dev/null` brings it up to date", v, (int)VERSION)
		         : err_set(err, "the database holds no bank yet: `assay bank add` makes one");
	if (v < VERSION) {
		if (d->lock_schema(db, true, err) < 0 || d->begin(db, DB_WRITE, err) < 0)
			return -1;
		/* somebody else may have been faster */
		if (version(db, &v, err) < 0 || (v < VERSION && migrate(db, v, err) < 0))
			return d->rollback(db), -1;
		if (d->commit(db, err) < 0 || d->lock_schema(db, false, err) < 0)
			return -1;
	}
	if (v > VERSION)
		return err_set(err, "the bank has version %" PRId64 " of the schema, this program knows %d: "
		                    "it was used by a newer assay, and only that can read it", v, (int)VERSION);
	return 0;
}
