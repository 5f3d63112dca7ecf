/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "evolve.h"

/* --- under way, and the best --------------------------------------------------- */

static int
no_memory(struct err *err)
{
	return err_set(err, "out of memory");
}

int
flight_out(struct flight *f, uint64_t number, uint64_t generation, const double *x, struct err *err)
{
	if (f->n_out == f->max_out) {
		const size_t max = 2 * f->max_out + 16;
		struct out *out = realloc(f->out, max * sizeof *out);
		if (!out)
			return no_memory(err);
		memset(out + f->max_out, 0, (max - f->max_out) * sizeof *out);
		f->out = out;
		f->max_out = max;
	}
	struct out *o = &f->out[f->n_out];
	if (!o->x && !(o->x = malloc(f->n_x * sizeof *x)))
		return no_memory(err);
	o->number = number;
	o->generation = generation;
	memcpy(o->x, x, f->n_x * sizeof *x);
	f->n_out++;
	return 0;
}

const double *
flight_back(struct flight *f, uint64_t number)
{
	for (size_t i = 0; i < f->n_out; i++)
		if (f->out[i].number == number) {
			/* the order of the rest stays: it goes out again in the order it was asked */
			const struct out o = f->out[i];
			f->n_out--;
			memmove(f->out + i, f->out + i + 1, (f->n_out - i) * sizeof *f->out);
			f->out[f->n_out] = o;
			return o.x;
		}
	return NULL;
}

/* Better first; of equals the earlier. */
static bool
ahead(const struct best *b, double fitness, uint64_t number)
{
	return b->fitness > fitness || (b->fitness == fitness && b->number < number);
}

static int
keep_message(struct flight *f, double fitness, uint64_t number, uint8_t *message, size_t n, size_t most, struct err *err)
{
	size_t at = f->n_best;
	while (at > 0 && !ahead(&f->best[at - 1], fitness, number))
		at--;
	if (at >= most) {
		free(message);
		return 0;
	}
	if (f->n_best == f->max_best) {
		const size_t max = 2 * f->max_best + 16;
		struct best *best = realloc(f->best, max * sizeof *best);
		if (!best)
			return free(message), no_memory(err);
		f->best = best;
		f->max_best = max;
	}
	memmove(f->best + at + 1, f->best + at, (f->n_best - at) * sizeof *f->best);
	f->best[at] = (struct best){fitness, number, message, n};
	if (++f->n_best > most)
		free(f->best[--f->n_best].message);
	return 0;
}

int
flight_keep(struct flight *f, const struct take *t, size_t most, struct err *err)
{
	const Take *m = t->m;
	if (f->n_best >= most && ahead(&f->best[most - 1], m->fitness, m->origin->index))
		return 0;
	const size_t n = assay__take__get_packed_size(m);
	uint8_t *message = malloc(n);
	if (!message)
		return no_memory(err);
	assay__take__pack(m, message);
	return keep_message(f, m->fitness, m->origin->index, message, n, most, err);
}

int
flight_write_best(const struct flight *f, const char *path, struct err *err)
{
	struct writer *w = writer_open(path, err);
	if (!w)
		return -1;
	int status = 0;
	for (size_t i = 0; i < f->n_best && status == 0; i++)
		status = writer_put(w, f->best[i].message, f->best[i].n, err);
	if (status < 0)
		return writer_close(w, NULL), -1;
	return writer_close(w, err);
}

void
flight_release(struct flight *f)
{
	for (size_t i = 0; i < f->max_out; i++)
		free(f->out[i].x);
	for (size_t i = 0; i < f->n_best; i++)
		free(f->best[i].message);
	free(f->out);
	free(f->best);
	*f = (struct flight){0};
}

/* --- the state file --------------------------------------------------------------- */

static const char MAGIC[16] = "assay evolve 2\n";

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

int
state_save(const char *path, const char *fingerprint, const struct flight *f, const struct report *r,
    const struct algo *algo, const void *self, struct err *err)
{
	struct blob b = {0};
	blob_put(&b, MAGIC, sizeof MAGIC);
	put_bytes(&b, fingerprint, strlen(fingerprint));
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
	report_save(r, &b);
	algo->save(self, &b);

	struct file file;
	int status = b.bad ? err_set(err, "out of memory") : file_create(&file, path, err);
	if (status == 0)
		status = file_finish(&file, fwrite(b.data, 1, b.n, file.stream) == b.n, err);
	blob_free(&b);
	return status < 0 ? err_prefix(err, "cannot save the run") : 0;
}

static int
slurp(const char *path, struct blob *b, struct err *err)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return errno == ENOENT ? 0 : err_errno(err, "cannot open '%s'", path);
	char buf[65536];
	size_t n;
	while ((n = fread(buf, 1, sizeof buf, file)) > 0)
		blob_put(b, buf, n);
	const bool bad = ferror(file) || b->bad;
	fclose(file);
	return bad ? err_errno(err, "cannot read '%s'", path) : 1;
}

static int
parse(struct blob *b, const char *fingerprint, struct flight *f, struct err *err)
{
	char magic[sizeof MAGIC], saved[512] = "";
	blob_get(b, magic, sizeof magic);
	if (b->bad || memcmp(magic, MAGIC, sizeof magic))
		return err_set(err, "it is not the state of a run");
	const uint64_t n = get_u64(b);
	if (n < sizeof saved)
		blob_get(b, saved, n);
	if (strcmp(saved, fingerprint))
		return err_set(err, "it is the state of another run (%s; this is %s): name another file, or remove it", saved,
		    fingerprint);
	f->asked = get_u64(b);
	f->told = get_u64(b);
	f->failed = get_u64(b);
	const uint64_t out = get_u64(b);
	double *x = malloc(f->n_x * sizeof *x);
	for (uint64_t i = 0; x && i < out && !b->bad; i++) {
		const uint64_t number = get_u64(b), generation = get_u64(b);
		blob_get(b, x, f->n_x * sizeof *x);
		if (!b->bad && flight_out(f, number, generation, x, err) < 0)
			return free(x), -1;
	}
	free(x);
	const uint64_t best = get_u64(b);
	for (uint64_t i = 0; i < best && !b->bad; i++) {
		double fitness;
		blob_get(b, &fitness, sizeof fitness);
		const uint64_t number = get_u64(b), size = get_u64(b);
		if (b->bad || size > b->n - b->at)
			break;
		uint8_t *message = malloc(size ? size : 1);
		if (!message)
			return no_memory(err);
		blob_get(b, message, size);
		if (keep_message(f, fitness, number, message, size, best, err) < 0)
			return -1;
	}
	return b->bad || f->n_best != best || f->n_out != out ? err_set(err, "it is damaged") : 0;
}

static int
load(struct blob *b, struct report *r, const struct algo *algo, void *self, struct err *err)
{
	report_load(r, b);
	return b->bad ? err_set(err, "it is damaged") : algo->load(self, b, err);
}

int
state_load(const char *path, const char *fingerprint, struct flight *f, struct report *r, const struct algo *algo,
    void *self, struct err *err)
{
	struct blob b = {0};
	const int found = slurp(path, &b, err);
	int status = found;
	if (found > 0 && (parse(&b, fingerprint, f, err) < 0 || load(&b, r, algo, self, err) < 0))
		status = err_prefix(err, "cannot go on from '%s'", path);
	blob_free(&b);
	return status;
}
