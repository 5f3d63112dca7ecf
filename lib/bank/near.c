/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nearest neighbours by looking at all of them: a flat matrix is read at the
 * speed of memory, and there is no index to build or to be wrong. Sums run in
 * 16 columns side by side and are added up in one fixed order, so that every
 * machine gives the same distances. Summaries are made to be compared so: their
 * columns have units that weigh what they should (feature/summary.h).
 */
#include <math.h>
#include <stdlib.h>

#include "bank/bank.h"
#include "bank/inside.h"

enum { WIDE = 16 };
typedef float wide __attribute__((vector_size(WIDE * sizeof(float)), aligned(4)));

static inline float
sum(wide v)
{
	float t[WIDE];
	memcpy(t, &v, sizeof t);
	for (int step = WIDE / 2; step; step /= 2)
		for (int i = 0; i < step; i++)
			t[i] += t[i + step];
	return t[0];
}

static inline float
squared(const float *row, const float *x, size_t dim)
{
	wide total = {0};
	size_t i = 0;
	for (; i + WIDE <= dim; i += WIDE) {
		const wide d = *(const wide *)(row + i) - *(const wide *)(x + i);
		total += d * d;
	}
	float rest = 0;
	for (; i < dim; i++) {
		const float d = row[i] - x[i];
		rest += d * d;
	}
	return sum(total) + rest;
}

#ifdef __SANITIZE_ADDRESS__
#define CLONES
#else
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif

/* A list that stays sorted: k is small, and few rows get in. */
CLONES size_t
near_scan(const float *rows, size_t n, size_t dim, const float *x, size_t k, size_t *index, float *distance)
{
	size_t found = 0;
	float worst = INFINITY;
	for (size_t r = 0; r < n && k; r++) {
		const float d = squared(rows + r * dim, x, dim);
		if (!(d < worst) && (found == k || isnan(d)))
			continue;
		size_t at = found < k ? found++ : k - 1;
		for (; at && distance[at - 1] > d; at--) {
			distance[at] = distance[at - 1];
			index[at] = index[at - 1];
		}
		distance[at] = d;
		index[at] = r;
		if (found == k)
			worst = distance[k - 1];
	}
	for (size_t i = 0; i < found; i++)
		distance[i] = sqrtf(distance[i]);
	return found;
}

/* Summaries of one name, channels averaged, row after row. */
struct matrix {
	float *x;
	size_t n, room, dim;
	struct bank_ids ids;
};

static int
compare_id(const void *a, const void *b)
{
	return memcmp(a, b, HASH_SIZE);
}

static int
add_row(struct matrix *m, const uint8_t *id, size_t channels, const uint8_t *data, struct err *err)
{
	if (m->n == m->room) {
		const size_t room = m->room ? 2 * m->room : 1024;
		float *x = realloc(m->x, room * m->dim * sizeof *x);
		if (x)
			m->x = x;
		void *ids = realloc(m->ids.id, room * HASH_SIZE);
		if (ids)
			m->ids.id = ids;
		if (!x || !ids)
			return err_set(err, "out of memory for %zu summaries", room);
		m->room = room;
	}
	float *row = m->x + m->n * m->dim;
	for (size_t i = 0; i < m->dim; i++) {
		float total = 0;
		for (size_t c = 0; c < channels; c++) {
			float v;
			memcpy(&v, data + (c * m->dim + i) * sizeof v, sizeof v);
			total += v;
		}
		if (!isfinite(row[i] = total / (float)channels))
			return 0;
	}
	memcpy(m->ids.id[m->n++], id, HASH_SIZE);
	return 0;
}

/* In pages, so that a driver never holds more than one. */
static int
load(struct bank *b, const char *name, const struct bank_ids *sorted, struct matrix *m, struct err *err)
{
	enum { PAGE = 16384 };
	const struct db_driver *d = db_driver(b->db);
	int64_t after = 0;
	for (int rows = PAGE; rows == PAGE;) {
		const struct db_value v[] = {db_text(name), db_int((int64_t)m->dim), db_int(after), db_int(PAGE)};
		struct db_query *q = d->query(b->db,
		    "SELECT n, take, channels, data FROM summary WHERE name = ?1 AND columns = ?2 AND n > ?3 ORDER BY n LIMIT ?4",
		    v, 4, false, err);
		int got = -1;
		for (rows = 0; q && (got = d->step(q, err)) > 0; rows++) {
			const struct db_value id = d->column(q, 1), data = d->column(q, 3);
			const size_t channels = (size_t)d->column(q, 2).i;
			after = d->column(q, 0).i;
			if (id.n != HASH_SIZE || !channels || data.n != channels * m->dim * sizeof(float))
				continue;
			if (sorted && !bsearch(id.p, sorted->id, sorted->n, HASH_SIZE, compare_id))
				continue;
			if (add_row(m, id.p, channels, data.p, err) < 0)
				break;
		}
		d->end(q);
		if (got != 0)
			return -1;
	}
	return 0;
}

int
bank_near(struct bank *b, const char *name, const float *x, size_t n, const struct bank_ids *among, uint64_t limit,
    struct bank_ids *ids, struct err *err)
{
	struct matrix m = {.dim = n};
	struct bank_ids sorted = {0};
	*ids = (struct bank_ids){0};
	if (!n)
		return err_set(err, "an empty summary");
	if (among) {
		if (!(sorted.id = malloc((among->n ? among->n : 1) * HASH_SIZE)))
			return err_set(err, "out of memory for %zu ids", among->n);
		sorted.n = among->n;
		if (among->n)
			memcpy(sorted.id, among->id, among->n * HASH_SIZE);
		qsort(sorted.id, sorted.n, HASH_SIZE, compare_id);
	}
	int status = load(b, name, among ? &sorted : NULL, &m, err);
	const size_t k = status < 0 ? 0 : limit && limit < m.n ? (size_t)limit : m.n;
	size_t *index = calloc(k + 1, sizeof *index);
	ids->distance = calloc(k + 1, sizeof *ids->distance);
	ids->id = calloc(k + 1, HASH_SIZE);
	if (!index || !ids->distance || !ids->id)
		status = err_set(err, "out of memory for %zu neighbours", k);
	if (status == 0 && m.n) {
		ids->n = near_scan(m.x, m.n, n, x, k, index, ids->distance);
		for (size_t i = 0; i < ids->n; i++)
			memcpy(ids->id[i], m.ids.id[index[i]], HASH_SIZE);
	}
	free(index);
	free(m.x);
	free(m.ids.id);
	free(sorted.id);
	return status;
}
