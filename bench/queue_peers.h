/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queues to stand beside, each spoken to over a plain socket in its own protocol:
 * beanstalkd (text), Redis (RESP), gearmand (binary), PostgreSQL (v3, prepared
 * statements). A worker has one job in hand (16, where the name says so) and acknowledges
 * it before it gets the next. "one write": acknowledgement and next request
 * leave together, so that a job costs one round trip and not two.
 */
#ifndef BENCH_QUEUE_PEERS_H
#define BENCH_QUEUE_PEERS_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "server.h"

enum { JOB = 256, BATCH = 16 };

struct peer {
	const char *name, *program;
	pid_t (*start)(const struct peer *p, const char *program);
	int (*dial)(void);
	void (*fill)(const struct peer *p, struct wire *w, size_t jobs, double until);
	/* Until it is killed; calls one() for each job that was acknowledged. */
	void (*work)(const struct peer *p, struct wire *w, int which, void (*one)(void));
	const char *durable; /* what makes it so; NULL: nothing does */
	bool one_write;
	int batch, stop;
};

static int peer_port;

static inline void
job_make(char job[JOB], uint64_t i)
{
	memset(job, 'x', JOB);
	snprintf(job, 17, "%016llx", (unsigned long long)i);
	job[16] = 'x';
}

/* --- beanstalkd ------------------------------------------------------------------- */

static pid_t
beanstalkd_start(const struct peer *p, const char *program)
{
	char listen[120], log[120];
	snprintf(listen, sizeof listen, "unix:%s", bench_path("beanstalkd"));
	snprintf(log, sizeof log, "%s", bench_path("binlog"));
	unlink(bench_path("beanstalkd"));
	if (p->durable && mkdir(log, 0777) < 0 && errno != EEXIST)
		return -1;
	return program_start(NULL, SIGKILL, (char *[]){(char *)program, "-l", listen, p->durable ? "-b" : NULL, log,
	    (char *)p->durable, NULL});
}

static int
beanstalkd_dial(void)
{
	return dial_unix(bench_path("beanstalkd"));
}

static void
beanstalkd_fill(const struct peer *p, struct wire *w, size_t jobs, double until)
{
	char job[JOB], put[JOB + 64], many[64 * sizeof put];
	const size_t batch = p->durable ? 8 : 64;
	for (size_t i = 0; i < jobs && bench_now() < until; i += batch) {
		size_t n = 0;
		for (size_t k = 0; k < batch; k++) {
			job_make(job, i + k);
			n += (size_t)sprintf(many + n, "put 1 0 60 %d\r\n%.*s\r\n", JOB, JOB, job);
		}
		wire_put(w, many, n);
		for (size_t k = 0; k < batch; k++)
			if (!wire_line(w))
				return;
	}
}

static void
beanstalkd_work(const struct peer *p, struct wire *w, int which, void (*one)(void))
{
	(void)which;
	char say[BATCH * 64];
	size_t n = 0;
	for (int i = 0; i < p->batch; i++)
		n += (size_t)sprintf(say + n, "reserve\r\n");
	while (wire_put(w, say, n)) {
		n = 0;
		for (int i = 0; i < p->batch; i++) {
			unsigned long long id;
			const char *line = wire_line(w);
			if (!line || sscanf(line, "RESERVED %llu", &id) != 1 || !wire_take(w, JOB + 2))
				return;
			n += (size_t)sprintf(say + n, "delete %llu\r\n", id);
		}
		for (int i = 0; i < p->batch && p->one_write; i++)
			n += (size_t)sprintf(say + n, "reserve\r\n");
		wire_put(w, say, n);
		for (int i = 0; i < p->batch && wire_line(w); i++)
			one();
		n = p->one_write ? 0 : (size_t)sprintf(say, "reserve\r\n");
	}
}

/* --- Redis ------------------------------------------------------------------------ */

static pid_t
redis_start(const struct peer *p, const char *program)
{
	char path[120];
	snprintf(path, sizeof path, "%s", bench_path("redis"));
	unlink(path);
	return program_start(NULL, SIGKILL, (char *[]){(char *)program, "--port", "0", "--unixsocket", path, "--save", "", "--dir",
	    bench_dir, "--appendonly", p->durable ? "yes" : "no", "--appendfsync", p->durable ? (char *)p->durable : "no", NULL});
}

static int
redis_dial(void)
{
	return dial_unix(bench_path("redis"));
}

static void
redis_fill(const struct peer *p, struct wire *w, size_t jobs, double until)
{
	(void)p;
	char job[JOB], many[64 * (JOB + 64)];
	for (size_t i = 0; i < jobs && bench_now() < until; i += 64) {
		size_t n = 0;
		for (size_t k = 0; k < 64; k++) {
			job_make(job, i + k);
			n += (size_t)sprintf(many + n, "*3\r\n$5\r\nLPUSH\r\n$4\r\njobs\r\n$%d\r\n%.*s\r\n", JOB, JOB, job);
		}
		wire_put(w, many, n);
		for (size_t k = 0; k < 64; k++)
			if (!wire_line(w))
				return;
	}
}

static void
redis_work(const struct peer *p, struct wire *w, int which, void (*one)(void))
{
	char move[128], say[BATCH * (JOB + 256)];
	size_t n = 0;
	sprintf(move, "*6\r\n$6\r\nBLMOVE\r\n$4\r\njobs\r\n$5\r\nwork%d\r\n$5\r\nRIGHT\r\n$4\r\nLEFT\r\n$1\r\n0\r\n",
	    which % 10);
	for (int i = 0; i < p->batch; i++)
		n += (size_t)sprintf(say + n, "%s", move);
	while (wire_put(w, say, n)) {
		n = 0;
		for (int i = 0; i < p->batch; i++) {
			const char *line = wire_line(w), *job = line && !strcmp(line, "$256") ? wire_take(w, JOB + 2) : NULL;
			if (!job)
				return;
			n += (size_t)sprintf(say + n, "*4\r\n$4\r\nLREM\r\n$5\r\nwork%d\r\n$2\r\n-1\r\n$%d\r\n%.*s\r\n", which % 10, JOB,
			    JOB, job);
		}
		for (int i = 0; i < p->batch && p->one_write; i++)
			n += (size_t)sprintf(say + n, "%s", move);
		wire_put(w, say, n);
		for (int i = 0; i < p->batch; i++) {
			const char *line = wire_line(w);
			if (!line || strcmp(line, ":1") != 0)
				return;
			one();
		}
		n = p->one_write ? 0 : (size_t)sprintf(say, "%s", move);
	}
}

/* --- gearmand --------------------------------------------------------------------- */

enum { CAN_DO = 1, JOB_CREATED = 8, GRAB_JOB = 9, JOB_ASSIGN = 11, WORK_COMPLETE = 13, SUBMIT_JOB_BG = 18 };

static pid_t
gearmand_start(const struct peer *p, const char *program)
{
	char port[12], db[140], pid[120];
	peer_port = free_port();
	snprintf(port, sizeof port, "%d", peer_port);
	snprintf(db, sizeof db, "--libsqlite3-db=%s", bench_path("gearmand.db"));
	snprintf(pid, sizeof pid, "%s", bench_path("gearmand.pid"));
	unlink(bench_path("gearmand.db"));
	return program_start(NULL, SIGKILL, (char *[]){(char *)program, "-L", "127.0.0.1", "-p", port, "-P", pid, "-l", "stderr",
	    p->durable ? "-q" : NULL, (char *)p->durable, db, NULL});
}

static int
gearmand_dial(void)
{
	return dial_tcp(peer_port);
}

static size_t
gearmand_pack(char *to, uint32_t type, const void *data, size_t n)
{
	const uint32_t head[2] = {htonl(type), htonl((uint32_t)n)};
	memcpy(to, "\0REQ", 4);
	memcpy(to + 4, head, 8);
	memcpy(to + 12, data, n);
	return 12 + n;
}

static const char *
gearmand_read(struct wire *w, uint32_t *type, size_t *n)
{
	uint32_t head[3];
	const char *p = wire_take(w, 12);
	if (!p)
		return NULL;
	memcpy(head, p, 12);
	*type = ntohl(head[1]);
	*n = ntohl(head[2]);
	return wire_take(w, *n);
}

static void
gearmand_fill(const struct peer *p, struct wire *w, size_t jobs, double until)
{
	char job[JOB + 32], many[64 * (JOB + 64)];
	const size_t batch = p->durable ? 4 : 64;
	for (size_t i = 0; i < jobs && bench_now() < until; i += batch) {
		size_t n = 0;
		for (size_t k = 0; k < batch; k++) {
			const size_t head = (size_t)sprintf(job, "job%c%zu", 0, i + k) + 1; /* function, unique */
			job_make(job + head, i + k);
			n += gearmand_pack(many + n, SUBMIT_JOB_BG, job, head + JOB);
		}
		wire_put(w, many, n);
		for (size_t k = 0; k < batch; k++) {
			uint32_t type;
			size_t len;
			if (!gearmand_read(w, &type, &len) || type != JOB_CREATED)
				return;
		}
	}
}

/* A completed job is not answered: completion and the next request always leave together. */
static void
gearmand_work(const struct peer *p, struct wire *w, int which, void (*one)(void))
{
	(void)p, (void)which;
	char say[600];
	size_t n = gearmand_pack(say, CAN_DO, "job", 3);
	n += gearmand_pack(say + n, GRAB_JOB, "", 0);
	wire_put(w, say, n);
	for (;;) {
		uint32_t type;
		size_t len;
		const char *data = gearmand_read(w, &type, &len), *handle = data;
		if (!data || type != JOB_ASSIGN || !(data = memchr(data, 0, len)))
			return;
		n = gearmand_pack(say, WORK_COMPLETE, handle, (size_t)(data + 1 - handle));
		n += gearmand_pack(say + n, GRAB_JOB, "", 0);
		if (!wire_put(w, say, n))
			return;
		one();
	}
}

/* --- PostgreSQL ------------------------------------------------------------------- */

static pid_t
postgres_start(const struct peer *p, const char *program)
{
	(void)p;
	char initdb[512], data[120];
	snprintf(initdb, sizeof initdb, "%.*s/initdb", (int)(strrchr(program, '/') - program), program);
	snprintf(data, sizeof data, "%s", bench_path("postgres"));
	if (access(data, F_OK) < 0) {
		const struct passwd *pw = getuid() == 0 ? getpwnam("postgres") : NULL;
		if (pw && (mkdir(data, 0700) < 0 || chown(data, pw->pw_uid, pw->pw_gid) < 0))
			return -1;
		int status = 1;
		const pid_t init = program_start("postgres", SIGKILL, (char *[]){initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E",
		    "UTF8", "--locale=C", "--no-sync", NULL});
		if (waitpid(init, &status, 0) < 0 || status != 0)
			return -1;
	}
	return program_start("postgres", SIGQUIT, (char *[]){(char *)program, "-D", data, "-c", "listen_addresses=", "-k", data,
	    NULL});
}

static size_t
postgres_pack(char *to, char type, const char *data, size_t n)
{
	const uint32_t len = htonl((uint32_t)n + 4);
	*to = type;
	memcpy(to + 1, &len, 4);
	memcpy(to + 5, data, n);
	return 5 + n;
}

/* Reads until the server is ready; the first columns of rows go into ids, as text. False if the server is gone
   or said that something was wrong. */
static bool
postgres_ready(struct wire *w, char *ids, size_t room)
{
	bool good = true;
	size_t at = 0;
	for (;;) {
		uint32_t len;
		const char *p = wire_take(w, 5);
		if (!p)
			return false;
		const char type = *p;
		memcpy(&len, p + 1, 4);
		if (!(p = wire_take(w, ntohl(len) - 4)))
			return false;
		if (type == 'E')
			good = false;
		if (type == 'D' && ids) {
			uint32_t n;
			memcpy(&n, p + 2, 4);
			n = ntohl(n);
			if (at + n + 2 < room)
				at += (size_t)snprintf(ids + at, room - at, "%s%.*s", at ? "," : "", (int)n, p + 6);
		}
		if (type == 'Z') {
			if (ids)
				ids[at] = 0;
			return good;
		}
	}
}

static bool
postgres_query(struct wire *w, const char *sql)
{
	char say[1024];
	return wire_put(w, say, postgres_pack(say, 'Q', sql, strlen(sql) + 1)) && postgres_ready(w, NULL, 0);
}

static int
postgres_dial(void)
{
	static const char hello[] = "\0\0\0\x29\0\3\0\0user\0postgres\0database\0postgres\0";
	const int fd = dial_unix(bench_path("postgres/.s.PGSQL.5432"));
	struct wire w = {.fd = fd};
	if (fd >= 0 && wire_put(&w, hello, sizeof hello) && postgres_ready(&w, NULL, 0))
		return fd;
	close(fd);
	return -1;
}

static void
postgres_fill(const struct peer *p, struct wire *w, size_t jobs, double until)
{
	(void)p, (void)until;
	char sql[256];
	postgres_query(w, "drop table if exists job");
	postgres_query(w, "create table job (id bigserial primary key, body bytea not null)");
	snprintf(sql, sizeof sql, "insert into job (body) select repeat('x', %d)::bytea from generate_series(1, %zu)", JOB, jobs);
	postgres_query(w, sql);
	postgres_query(w, "vacuum analyze job");
}

static bool
postgres_prepare(struct wire *w, const char *name, const char *sql)
{
	char parse[512], say[600];
	const size_t n = (size_t)snprintf(parse, sizeof parse, "%s%c%s%c%c", name, 0, sql, 0, 0) + 1; /* and no types */
	size_t len = postgres_pack(say, 'P', parse, n);
	len += postgres_pack(say + len, 'S', "", 0);
	return wire_put(w, say, len) && postgres_ready(w, NULL, 0);
}

/* Runs a prepared statement with one text parameter, or none. */
static size_t
postgres_execute(char *to, const char *name, const char *param)
{
	char bind[4096];
	size_t n = (size_t)sprintf(bind, "%c%s", 0, name) + 1;
	memcpy(bind + n, "\0\0\0", 4); /* no formats: text */
	bind[n + 3] = param != NULL;
	n += 4;
	if (param) {
		const uint32_t len = htonl((uint32_t)strlen(param));
		memcpy(bind + n, &len, 4);
		memcpy(bind + n + 4, param, strlen(param));
		n += 4 + strlen(param);
	}
	memcpy(bind + n, "\0", 2);
	n = postgres_pack(to, 'B', bind, n + 2);
	return n + postgres_pack(to + n, 'E', "\0\0\0\0", 5);
}

static void
postgres_work(const struct peer *p, struct wire *w, int which, void (*one)(void))
{
	(void)which;
	char sql[256], ids[1024], list[1100], say[8192];
	snprintf(sql, sizeof sql, "select id, body from job order by id for update skip locked limit %d", p->batch);
	if (!postgres_prepare(w, "get", sql) || !postgres_prepare(w, "ack", "delete from job where id = any ($1::bigint[])") ||
	    !postgres_prepare(w, "begin", "begin") || !postgres_prepare(w, "commit", "commit"))
		return;
	for (;;) {
		size_t n = postgres_execute(say, "begin", NULL);
		n += postgres_execute(say + n, "get", NULL);
		n += postgres_pack(say + n, 'S', "", 0);
		if (!wire_put(w, say, n) || !postgres_ready(w, ids, sizeof ids) || !*ids)
			return;
		snprintf(list, sizeof list, "{%s}", ids);
		n = postgres_execute(say, "ack", list);
		n += postgres_execute(say + n, "commit", NULL);
		n += postgres_pack(say + n, 'S', "", 0);
		if (!wire_put(w, say, n) || !postgres_ready(w, NULL, 0))
			return;
		one();
		for (const char *c = ids; (c = strchr(c, ',')); c++)
			one();
	}
}

#define SPOKEN_TO(x) .start = x##_start, .dial = x##_dial, .fill = x##_fill, .work = x##_work
#define BEANSTALKD .program = "beanstalkd", SPOKEN_TO(beanstalkd), .stop = SIGKILL
#define REDIS .program = "redis-server", SPOKEN_TO(redis), .stop = SIGKILL
#define GEARMAND .program = "gearmand", SPOKEN_TO(gearmand), .stop = SIGKILL
#define POSTGRES .program = "postgres", SPOKEN_TO(postgres), .stop = SIGQUIT

static const struct peer peers[] = {
	{"beanstalkd, memory", BEANSTALKD, .batch = 1},
	{"beanstalkd, memory, one write", BEANSTALKD, .batch = 1, .one_write = true},
	{"beanstalkd, memory, 16 in hand, one write", BEANSTALKD, .batch = 16, .one_write = true},
	{"beanstalkd, log, fsync 50 ms", BEANSTALKD, .batch = 1, .durable = "-f50"},
	{"beanstalkd, log, fsync always", BEANSTALKD, .batch = 1, .durable = "-f0"},
	{"Redis, memory", REDIS, .batch = 1},
	{"Redis, memory, one write", REDIS, .batch = 1, .one_write = true},
	{"Redis, memory, 16 in hand, one write", REDIS, .batch = 16, .one_write = true},
	{"Redis, log, fsync every second", REDIS, .batch = 1, .durable = "everysec"},
	{"Redis, log, fsync always", REDIS, .batch = 1, .durable = "always"},
	{"gearmand, memory", GEARMAND, .batch = 1, .one_write = true},
	{"gearmand, SQLite", GEARMAND, .batch = 1, .durable = "libsqlite3", .one_write = true},
	{"PostgreSQL, one a transaction", POSTGRES, .batch = 1, .durable = "always"},
	{"PostgreSQL, 16 a transaction", POSTGRES, .batch = 16, .durable = "always"},
};
enum { PEERS = sizeof peers / sizeof *peers };

#endif
