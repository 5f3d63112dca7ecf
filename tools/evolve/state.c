/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state file: what a run has to know to go on after it was killed. It ends in a hash of all before
 * it, so that what is damaged is known before anything in it counts. It is locked while the run lasts: two
 * runs that save over each other would lose both.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evolve.h"
#include "version.h"

static const char MAGIC[16] = "assay evolve 3\n";

/* --- the file --------------------------------------------------------------------------------- */

/* The file that has this name, made if there is none, locked. */
static int
lock(const char *path, struct err *err)
{
	for (;;) {
		struct stat mine, there;
		const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
		if (fd < 0)
			return err_errno(err, "cannot open '%s'", path);
		if (fstat(fd, &mine) < 0 || !S_ISREG(mine.st_mode))
			return close(fd), err_set(err, "'%s' is no plain file", path);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			const int why = errno;
			close(fd);
			errno = why;
			return why == EWOULDBLOCK ? err_set(err, "another run is at work on '%s'", path)
			                          : err_errno(err, "cannot lock '%s'", path);
		}
		if (stat(path, &there) == 0 && there.st_ino == mine.st_ino && there.st_dev == mine.st_dev)
			return fd;
		close(fd); /* a run that has just ended put another in its place */
	}
}

static int
slurp(int fd, const char *path, struct blob *b, struct err *err)
{
	char buf[65536];
	ssize_t n;
	while ((n = read(fd, buf, sizeof buf)) > 0)
		blob_put(b, buf, (size_t)n);
	return n < 0 ? err_errno(err, "cannot read '%s'", path) : b->bad ? err_set(err, "out of memory for '%s'", path) : 0;
}

static void
seal(const void *p, size_t n, uint8_t id[HASH_SIZE])
{
	struct hash h;
	hash_init(&h);
	hash_bytes(&h, p, n);
	hash_final(&h, id);
}

static int
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		const ssize_t k = write(fd, p, n);
		if (k < 0 && errno != EINTR)
			return -1;
		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	return 0;
}

/* Writes it beside and puts it in its place; the lock goes over to what is there then. What a kill leaves beside
   has one name, so that the next to be written takes its place. */
static int
put(struct state *s, const struct blob *b, struct err *err)
{
	struct stat st;
	const int fd = open(s->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, "cannot write '%s'", s->beside);
	if (fstat(s->lock, &st) < 0 || fchmod(fd, st.st_mode & 0777) < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0
	    || write_all(fd, b->data, b->n) < 0 || fdatasync(fd) < 0 || rename(s->beside, s->file) < 0) {
		err_errno(err, "cannot write '%s'", s->path);
		unlink(s->beside);
		close(fd);
		return -1;
	}
	close(s->lock);
	s->lock = fd;
	return 0;
}

/* --- what stands in it ------------------------------------------------------------------------ */

static void
put_u64(struct blob *b, uint64_t x)
{
	blob_put(b, &x, sizeof x);
}

static uint64_t
get_u64(struct blob *b)
{
	uint64_t x;
	blob_get(b, &x, sizeof x);
	return x;
}

static void
put_bytes(struct blob *b, const void *p, size_t n)
{
	put_u64(b, n);
	blob_put(b, p, n);
}

/* Text of at most `size` with its end, or -1. */
static int
get_text(struct blob *b, char *text, size_t size)
{
	const uint64_t n = get_u64(b);
	if (b->bad || n >= size)
		return -1;
	blob_get(b, text, n);
	text[n] = '\0';
	return b->bad ? -1 : 0;
}

static int
damaged(struct err *err)
{
	return err_set(err, "it is damaged");
}

/* Names the first line in which the settings of two runs differ. */
static int
another(const char *saved, const char *this, struct err *err)
{
	for (;;) {
		const size_t n = strcspn(saved, "\n"), m = strcspn(this, "\n");
		if (n != m || memcmp(saved, this, n) || !saved[n])
			return err_set(err, "it is the state of another run (%.*s; this has %.*s): name another file, or remove it",
			    (int)(n < 160 ? n : 160), saved, (int)(m < 160 ? m : 160), this);
		saved += n + 1;
		this += m + 1;
	}
}

static int
head(struct state *s, const char *fingerprint, struct err *err)
{
	struct blob *b = &s->blob;
	uint8_t id[HASH_SIZE];
	char version[128], saved[2048];
	if (b->n < sizeof MAGIC || memcmp(b->data, MAGIC, sizeof MAGIC))
		return err_set(err, "it is not the state of a run");
	if (b->n < sizeof MAGIC + HASH_SIZE)
		return damaged(err);
	b->n -= HASH_SIZE;
	seal(b->data, b->n, id);
	if (memcmp(b->data + b->n, id, HASH_SIZE))
		return damaged(err);
	b->at = sizeof MAGIC;
	if (get_text(b, version, sizeof version) < 0 || get_text(b, saved, sizeof saved) < 0)
		return damaged(err);
	if (strcmp(version, ASSAY_VERSION))
		return err_set(err, "assay %s saved it, this is %s: end the run with that one, or begin another with --from its best takes",
		    version, ASSAY_VERSION);
	if (strcmp(saved, fingerprint))
		return another(saved, fingerprint, err);
	s->budget = get_u64(b);
	blob_get(b, &s->seconds, sizeof s->seconds);
	s->keep = get_u64(b);
	return b->bad ? damaged(err) : 1;
}

int
state_open(struct state *s, const char *path, const char *fingerprint, struct err *err)
{
	*s = (struct state){.path = path};
	if ((s->lock = lock(path, err)) < 0)
		return -1;
	if (!(s->file = realpath(path, NULL)) || asprintf(&s->beside, "%s.new", s->file) < 0)
		return s->beside = NULL, err_errno(err, "cannot write '%s'", path);
	if (slurp(s->lock, path, &s->blob, err) < 0)
		return -1;
	if (!s->blob.n) /* it was made just now, or never came to be written */
		return 0;
	return head(s, fingerprint, err) < 0 ? err_prefix(err, "cannot go on from '%s'", path) : 1;
}

static int
get_out(struct blob *b, struct flight *f, struct err *err)
{
	double *x = malloc(f->n_x * sizeof *x);
	int status = x ? 0 : err_set(err, "out of memory");
	for (uint64_t n = get_u64(b); status == 0 && n > 0; n--) {
		const uint64_t number = get_u64(b), generation = get_u64(b);
		blob_get(b, x, f->n_x * sizeof *x);
		status = b->bad ? damaged(err) : flight_out(f, number, generation, x, err);
	}
	free(x);
	return status;
}

static int
get_best(struct blob *b, struct flight *f, size_t keep, struct err *err)
{
	for (uint64_t n = get_u64(b); n > 0; n--) {
		double fitness;
		blob_get(b, &fitness, sizeof fitness);
		const uint64_t number = get_u64(b), size = get_u64(b);
		if (b->bad || size > b->n - b->at)
			return damaged(err);
		uint8_t *message = malloc(size ? size : 1);
		if (!message)
			return err_set(err, "out of memory");
		blob_get(b, message, size);
		if (flight_keep_message(f, fitness, number, message, size, keep, err) < 0)
			return -1;
	}
	return 0;
}

static int
body(struct blob *b, struct flight *f, size_t keep, struct report *r, const struct algo *algo, void *self, struct err *err)
{
	f->asked = get_u64(b);
	f->told = get_u64(b);
	f->failed = get_u64(b);
	if (get_out(b, f, err) < 0 || get_best(b, f, keep, err) < 0)
		return -1;
	f->last = get_u64(b);
	report_load(r, b);
	if (b->bad)
		return damaged(err);
	if (algo->load(self, b, err) < 0)
		return -1;
	return b->at == b->n ? 0 : damaged(err);
}

int
state_load(struct state *s, struct flight *f, size_t keep, struct report *r, const struct algo *algo, void *self,
    struct err *err)
{
	const int status = body(&s->blob, f, keep, r, algo, self, err);
	blob_free(&s->blob);
	return status < 0 ? err_prefix(err, "cannot go on from '%s'", s->path) : 0;
}

int
state_save(struct state *s, const char *fingerprint, const struct flight *f, const struct report *r,
    const struct algo *algo, const void *self, struct err *err)
{
	struct blob b = {0};
	blob_put(&b, MAGIC, sizeof MAGIC);
	put_bytes(&b, ASSAY_VERSION, strlen(ASSAY_VERSION));
	put_bytes(&b, fingerprint, strlen(fingerprint));
	put_u64(&b, s->budget);
	blob_put(&b, &s->seconds, sizeof s->seconds);
	put_u64(&b, s->keep);
	put_u64(&b, f->asked);
	put_u64(&b, f->told);
	put_u64(&b, f->failed);
	put_u64(&b, f->n_out);
	for (size_t i = 0; i < f->n_out; i++) {
		put_u64(&b, f->out[i].number);
		put_u64(&b, f->out[i].generation);
		blob_put(&b, f->out[i].x, f->n_x * sizeof(double));
	}
	put_u64(&b, f->n_best);
	for (size_t i = 0; i < f->n_best; i++) {
		blob_put(&b, &f->best[i].fitness, sizeof f->best[i].fitness);
		put_u64(&b, f->best[i].number);
		put_bytes(&b, f->best[i].message, f->best[i].n);
	}
	put_u64(&b, f->last);
	report_save(r, &b);
	algo->save(self, &b);
	uint8_t id[HASH_SIZE];
	seal(b.data, b.n, id);
	blob_put(&b, id, sizeof id);
	const int status = b.bad ? err_set(err, "out of memory") : put(s, &b, err);
	blob_free(&b);
	return status < 0 ? err_prefix(err, "cannot save the run") : 0;
}

void
state_release(struct state *s)
{
	blob_free(&s->blob);
	if (s->path && s->lock >= 0)
		close(s->lock);
	free(s->file);
	free(s->beside);
	*s = (struct state){.lock = -1};
}
