/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/kinds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feature/silhouette.h"

enum { FEWEST = 6, USUAL_LEAST = 8, USUAL_MOST = 12 };
_Static_assert((int)KINDS_MOST <= (int)SILHOUETTE_KINDS, "kinds of sounds");

struct join {
	size_t a, b;
	float height;
	size_t order;
};

static double
square(const float *a, const float *b)
{
	double sum = 0;
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
	return sum;
}

static int
by_height(const void *pa, const void *pb)
{
	const struct join *a = pa, *b = pb;
	return a->height != b->height ? (a->height > b->height) - (a->height < b->height)
	                              : (a->order > b->order) - (a->order < b->order);
}

/* All n-1 joins, lowest first. w[n][n] begins as squared distances and is used up; size[n] and chain[n] are room. */
static void
link_all(float *w, size_t n, size_t *size, size_t *chain, struct join *join)
{
	size_t length = 0, joins = 0;
	for (size_t i = 0; i < n; i++)
		size[i] = 1;
	while (joins + 1 < n) {
		if (!length)
			for (size_t i = 0; i < n && !length; i++)
				if (size[i])
					chain[length++] = i;
		const size_t at = chain[length - 1];
		/* of two that are as near, the one that the chain came from, so that it ends */
		size_t nearest = length > 1 ? chain[length - 2] : n;
		float best = length > 1 ? w[at * n + nearest] : INFINITY;
		for (size_t j = 0; j < n; j++)
			if (j != at && size[j] && w[at * n + j] < best) {
				best = w[at * n + j];
				nearest = j;
			}
		if (length < 2 || nearest != chain[length - 2]) {
			chain[length++] = nearest;
			continue;
		}
		length -= 2;
		const size_t a = at < nearest ? at : nearest, b = at < nearest ? nearest : at;
		join[joins] = (struct join){a, b, best, joins};
		joins++;
		for (size_t k = 0; k < n; k++) {
			if (!size[k] || k == a || k == b)
				continue;
			const double na = (double)size[a], nb = (double)size[b], nk = (double)size[k];
			const double d = ((na + nk) * w[a * n + k] + (nb + nk) * w[b * n + k] - nk * best) / (na + nb + nk);
			w[a * n + k] = w[k * n + a] = (float)d;
		}
		size[a] += size[b];
		size[b] = 0;
	}
	qsort(join, joins, sizeof *join, by_height);
}

static size_t
root(size_t *up, size_t i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

/* The lowest n - kinds joins made: kind[n], numbered as they appear. */
static void
cut(const struct join *join, size_t n, size_t kinds, size_t *up, unsigned *kind)
{
	size_t seen[KINDS_MOST], used = 0;
	for (size_t i = 0; i < n; i++)
		up[i] = i;
	for (size_t j = 0; j + kinds < n; j++)
		up[root(up, join[j].b)] = root(up, join[j].a);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < used && seen[k] != root(up, i))
			k++;
		if (k == used)
			seen[used++] = root(up, i);
		kind[i] = (unsigned)k;
	}
}

/* Sounds beyond the linked ones join the nearest mean; of each kind the nearest to the mean is its exemplar. */
static void
settle(struct kin *k, size_t n, size_t linked, size_t kinds, float (*mean)[SUMMARY_COLUMNS])
{
	size_t size[KINDS_MOST] = {0}, best[KINDS_MOST];
	double nearest[KINDS_MOST];
	memset(mean, 0, kinds * sizeof *mean);
	for (size_t i = 0; i < linked; i++)
		size[k[i].kind]++;
	for (size_t i = 0; i < linked; i++)
		for (int c = 0; c < SUMMARY_COLUMNS; c++)
			mean[k[i].kind][c] += k[i].summary[c] / (float)size[k[i].kind];
	for (size_t i = 0; i < kinds; i++)
		nearest[i] = INFINITY;
	for (size_t i = 0; i < n; i++) {
		double far = INFINITY;
		for (size_t j = 0; j < kinds && i >= linked; j++) {
			const double d = square(k[i].summary, mean[j]);
			if (d < far) {
				far = d;
				k[i].kind = (unsigned)j;
			}
		}
		const double d = square(k[i].summary, mean[k[i].kind]);
		if (d < nearest[k[i].kind]) {
			nearest[k[i].kind] = d;
			best[k[i].kind] = i;
		}
		k[i].exemplar = false;
	}
	for (size_t i = 0; i < kinds; i++)
		k[best[i]].exemplar = true;
}

int
kinds_find(struct kin *k, size_t n, int kinds, struct err *err)
{
	const size_t linked = n < KINDS_LINKED ? n : KINDS_LINKED;
	if (!n)
		return 0;
	size_t wanted = kinds > 0 ? (size_t)kinds : linked < FEWEST ? 1 : 0;
	if (wanted > KINDS_MOST)
		wanted = KINDS_MOST;
	if (wanted > linked)
		wanted = linked;
	float *w = malloc(linked * linked * sizeof *w);
	double *d = malloc(linked * linked * sizeof *d);
	size_t *room = malloc(2 * linked * sizeof *room);
	unsigned *kind = calloc(linked, sizeof *kind);
	struct join *join = malloc(linked * sizeof *join);
	float(*mean)[SUMMARY_COLUMNS] = malloc(KINDS_MOST * sizeof *mean);
	int got = w && d && room && kind && join && mean ? 0 : err_set(err, "out of memory");
	if (got == 0) {
		for (size_t i = 0; i < linked; i++)
			for (size_t j = 0; j < linked; j++) {
				w[i * linked + j] = (float)square(k[i].summary, k[j].summary);
				d[i * linked + j] = sqrtf(w[i * linked + j]);
			}
		link_all(w, linked, room, room + linked, join);
		double best = -INFINITY;
		/* the coarsest cuts often score best, and say least */
		size_t least = 2;
		while (least < USUAL_LEAST && (least + 1) * (least + 1) <= linked)
			least++;
		for (size_t m = least; !wanted && m <= USUAL_MOST && (m == least || m <= linked / 4); m++) {
			cut(join, linked, m, room, kind);
			const double s = silhouette(d, kind, linked, m);
			if (s > best) {
				best = s;
				got = (int)m;
			}
		}
		if (wanted)
			got = (int)wanted;
		cut(join, linked, (size_t)got, room, kind);
		for (size_t i = 0; i < linked; i++)
			k[i].kind = kind[i];
		settle(k, n, linked, (size_t)got, mean);
	}
	free(w);
	free(d);
	free(room);
	free(kind);
	free(join);
	free(mean);
	return got;
}
