/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/importance.h"

enum { KEEP = 1 << 14, KEEP_BYTES = 32 << 20, FRONT = 10000 };

/* --- what is kept ------------------------------------------------------------------------------ */

int
report_init(struct report *r, size_t n_x, const struct measure *m, size_t n_measures, size_t n_objectives, struct err *err)
{
	*r = (struct report){.history = {.n_x = n_x}};
	struct history *h = &r->history;
	h->max = KEEP_BYTES / (n_x * sizeof *h->x + 16);
	h->max = h->max < KEEP ? h->max : KEEP;
	h->x = malloc(h->max * n_x * sizeof *h->x);
	h->fitness = malloc(h->max * sizeof *h->fitness);
	h->number = malloc(h->max * sizeof *h->number);
	if (!h->x || !h->fitness || !h->number)
		return err_set(err, "out of memory");
	const size_t front = KEEP_BYTES / (16 + 8 * (n_x + n_objectives));
	front_init(&r->front, n_x, n_objectives, front < FRONT ? front : FRONT);
	return n_measures ? archive_init(&r->archive, m, n_measures, n_x, 1, 0, err) : 0;
}

void
report_release(struct report *r)
{
	free(r->history.x);
	free(r->history.fitness);
	free(r->history.number);
	free(r->steps);
	archive_release(&r->archive);
	front_release(&r->front);
	*r = (struct report){0};
}

static bool
stays(const struct history *h, uint64_t number)
{
	return !(rng_at(1, number) & ((1ull << h->halved) - 1));
}

static void
history_put(struct history *h, size_t i, uint64_t number, double fitness, const float *x)
{
	h->number[i] = number;
	h->fitness[i] = fitness;
	memmove(h->x + i * h->n_x, x, h->n_x * sizeof *x);
}

static void
history_add(struct history *h, uint64_t number, double fitness, const double *x)
{
	while (stays(h, number) && h->n == h->max) {
		h->halved++;
		size_t n = 0;
		for (size_t i = 0; i < h->n; i++)
			if (stays(h, h->number[i]))
				history_put(h, n++, h->number[i], h->fitness[i], h->x + i * h->n_x);
		h->n = n;
	}
	if (!stays(h, number))
		return;
	h->number[h->n] = number;
	h->fitness[h->n] = fitness;
	for (size_t k = 0; k < h->n_x; k++)
		h->x[h->n * h->n_x + k] = (float)x[k];
	h->n++;
}

int
report_hear(struct report *r, const struct told *told, const double *x, uint64_t count, double best, struct err *err)
{
	history_add(&r->history, told->number, told->fitness, x);
	if (r->archive.cells && archive_add(&r->archive, told, x, NULL, err) < 0)
		return -1;
	if (r->front.m && front_add(&r->front, told, x, err) < 0)
		return -1;
	if (!isfinite(best) || (r->n_steps && r->steps[r->n_steps - 1].best == best))
		return 0;
	if (r->n_steps == r->max_steps) {
		const size_t max = 2 * r->max_steps + 64;
		struct step *steps = realloc(r->steps, max * sizeof *steps);
		if (!steps)
			return err_set(err, "out of memory");
		r->steps = steps;
		r->max_steps = max;
	}
	r->steps[r->n_steps++] = (struct step){count, best};
	return 0;
}

void
report_save(const struct report *r, struct blob *b)
{
	const struct history *h = &r->history;
	const uint64_t n[3] = {h->n, (uint64_t)h->halved, r->n_steps};
	blob_put(b, n, sizeof n);
	blob_put(b, h->number, h->n * sizeof *h->number);
	blob_put(b, h->fitness, h->n * sizeof *h->fitness);
	blob_put(b, h->x, h->n * h->n_x * sizeof *h->x);
	blob_put(b, r->steps, r->n_steps * sizeof *r->steps);
	if (r->archive.cells)
		archive_save(&r->archive, b);
	if (r->front.m)
		front_save(&r->front, b);
}

void
report_load(struct report *r, struct blob *b)
{
	struct history *h = &r->history;
	uint64_t n[3];
	blob_get(b, n, sizeof n);
	if (n[0] > h->max || n[1] > 63 || n[2] > (b->n - b->at) / sizeof *r->steps
	    || !(r->steps = malloc((n[2] + 1) * sizeof *r->steps))) {
		b->bad = true;
		return;
	}
	h->n = n[0];
	h->halved = (int)n[1];
	r->n_steps = n[2];
	r->max_steps = n[2] + 1;
	blob_get(b, h->number, h->n * sizeof *h->number);
	blob_get(b, h->fitness, h->n * sizeof *h->fitness);
	blob_get(b, h->x, h->n * h->n_x * sizeof *h->x);
	blob_get(b, r->steps, r->n_steps * sizeof *r->steps);
	if (r->archive.cells)
		archive_load(&r->archive, b);
	if (r->front.m)
		front_load(&r->front, b);
}

/* --- what is said ------------------------------------------------------------------------------- */

void
report_plot(const struct report *r, uint64_t told, int width, FILE *to)
{
	enum { ROWS = 8, WIDEST = 200 };
	if (!r->n_steps || !told)
		return;
	const int columns = width < 20 ? 20 : width > WIDEST ? WIDEST : width;
	const double lo = r->steps[0].best, hi = r->steps[r->n_steps - 1].best;
	unsigned char dots[ROWS][WIDEST] = {{0}};
	static const unsigned char bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	size_t k = 0;
	int before = -1;
	for (int i = 0; i < 2 * columns; i++) {
		const double now = (double)told * (i + 1) / (2 * columns);
		while (k + 1 < r->n_steps && (double)r->steps[k + 1].told <= now)
			k++;
		if ((double)r->steps[k].told > now)
			continue;
		const int y = hi > lo ? (int)((r->steps[k].best - lo) / (hi - lo) * (4 * ROWS - 1) + 0.5) : 0;
		for (int at = before < 0 ? y : before; at <= y; at++) { /* what rises is joined */
			const int row = 4 * ROWS - 1 - at;
			dots[row / 4][i / 2] |= bit[row % 4][i % 2];
		}
		before = y;
	}
	for (int row = 0; row < ROWS; row++) {
		if (row == 0)
			fprintf(to, "%10.4g ", hi);
		else if (row == ROWS - 1)
			fprintf(to, "%10.4g ", lo);
		else
			fprintf(to, "%10s ", "");
		for (int i = 0; i < columns; i++) /* U+2800 and the dots */
			fprintf(to, "\xe2%c%c", 0xa0 | dots[row][i] >> 6, 0x80 | (dots[row][i] & 0x3f));
		fputc('\n', to);
	}
	fprintf(to, "%10s 1%*llu takes\n", "best", columns - 7, (unsigned long long)told);
}

static int
heavier(const void *pa, const void *pb)
{
	const struct weight *a = pa, *b = pb;
	if (a->share != b->share)
		return a->share < b->share ? 1 : -1;
	return a->i < b->i ? -1 : a->i > b->i;
}

int
report_importance(const struct report *r, const struct space *space, struct weight **weights, struct err *err)
{
	const struct history *h = &r->history;
	double *share = malloc((space->n + 1) * sizeof *share);
	struct weight *by = malloc((space->n + 1) * sizeof *by);
	int n = !share || !by ? err_set(err, "out of memory") : importance(space, h->x, h->fitness, h->n, share, err);
	for (size_t i = 0; n >= 0 && i < space->n; i++)
		if (share[i] > 0)
			by[n++] = (struct weight){space->dimension[i].name, share[i], i};
	if (n > 0)
		qsort(by, (size_t)n, sizeof *by, heavier);
	free(share);
	*weights = by;
	return n;
}
