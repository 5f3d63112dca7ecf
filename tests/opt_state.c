/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * States that are not what an algorithm saved: cut at any length they are refused; with other bytes in them they
 * are refused or do no harm: proposals stay points of the space, memory and time stay bounded.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "opt/algo.h"
#include "tap.h"

enum { N = 5, OUT = 12 };

static const struct dimension dimensions[N] = {
    {.kind = DIMENSION_REAL},
    {DIMENSION_INTEGER, 8, 0, 0, NULL},
    {DIMENSION_CATEGORY, 3, 0, 0, NULL},
    {DIMENSION_REAL, 0, 3, 1, NULL},
    {.kind = DIMENSION_REAL},
};
static const struct space space = {N, dimensions};
static const struct measure measures[2] = {{"a", 0, 1, 6}, {"b", 0, 1, 6}};
static const double start[N] = {0.5, 0.5625, 0.5, 0.5, 0.5};

static void *
create(const struct algo *a)
{
	struct err err = {""};
	struct algo_settings set = {.seed = 5, .budget = 200, .starts = start, .n_starts = 1, .measures = measures,
	    .n_measures = 2, .n_objectives = 2};
	algo_defaults(a, &set);
	return a->create(&space, &set, &err);
}

/* Asks and tells; how many proposals were no points of the space. Some stay out: their numbers. */
struct left {
	uint64_t number[OUT];
	int n;
};

static int
go(const struct algo *a, void *self, int rounds, struct left *left)
{
	int wrong = 0;
	left->n = 0;
	for (int g = 0; g < rounds; g++) {
		double x[OUT][N], y[N];
		uint64_t number[OUT];
		int n = 0;
		while (n < OUT && a->ask(self, &number[n], x[n]))
			n++;
		for (int i = 0; i < n; i++) {
			memcpy(y, x[i], sizeof y);
			space_settle(&space, y);
			wrong += memcmp(y, x[i], sizeof y) != 0;
			const double m[2] = {x[i][0], x[i][4]}, f = i == 3 ? NAN : -x[i][0] * x[i][4];
			if (g < rounds - 1 || i % 2)
				a->tell(self, &(struct told){number[i], f, m, m});
			else
				left->number[left->n++] = number[i];
		}
	}
	return wrong;
}

/* Bytes as a bad disk or a bad person would have them. */
static void
spoil(struct blob *b, struct rng *r)
{
	static const double odd[] = {INFINITY, -INFINITY, NAN, 1e308, -1, 0, 1e-320};
	static const uint64_t large[] = {0, 1, 2, 1000, 1u << 31, 1ull << 32, 1ull << 63, UINT64_MAX};
	for (uint64_t times = 1 + rng_below(r, 3); times > 0 && b->n >= 8; times--) {
		const size_t at = rng_below(r, b->n - 7);
		const size_t aligned = at & ~(size_t)7;
		switch (rng_below(r, 4)) {
		case 0: b->data[at] ^= (uint8_t)(1 << rng_below(r, 8)); break;
		case 1: memcpy(b->data + aligned, &odd[rng_below(r, sizeof odd / sizeof *odd)], 8); break;
		case 2: memcpy(b->data + aligned, &large[rng_below(r, sizeof large / sizeof *large)], 8); break;
		default: memset(b->data + at, (int)rng_below(r, 256), 1 + rng_below(r, 8)); break;
		}
	}
}

static void
hostile(const struct algo *a, int times)
{
	struct err err = {""};
	struct blob whole = {0};
	struct rng r = {.seed = 11};
	struct left left, others;
	int cut = 0, refused = 0, wrong = 0;
	void *self = create(a);
	go(a, self, 9, &left);
	a->save(self, &whole);
	a->free(self);
	uint8_t *copy = malloc(whole.n + 8);
	int cuts = 0;
	for (size_t n = 0; n < whole.n; n += 1 + whole.n / 50, cuts++) {
		struct blob b = {.data = memcpy(copy, whole.data, n), .n = n, .size = n};
		self = create(a);
		cut += a->load(self, &b, &err) < 0;
		a->free(self);
	}
	ok(cut == cuts, "%s: cut short, %d of %d states of up to %zu bytes are refused", a->name, cut, cuts, whole.n);
	for (int i = 0; i < times; i++) {
		struct blob b = {.data = memcpy(copy, whole.data, whole.n), .n = whole.n, .size = whole.n};
		spoil(&b, &r);
		self = create(a);
		alarm(20);
		if (a->load(self, &b, &err) < 0)
			refused++;
		else {
			for (int k = 0; k < left.n; k++)
				a->tell(self, &(struct told){left.number[k], k == 1 ? NAN : 0.1 * k, (const double[2]){0.5, 0.5}, (const double[2]){0.5, 0.5}});
			wrong += go(a, self, 3, &others);
		}
		a->free(self);
		alarm(0);
	}
	ok(wrong == 0, "%s: of %d spoilt ones %d are refused, the others do no harm (%d wrong)", a->name, times, refused, wrong);
	free(copy);
	blob_free(&whole);
}

int
main(int argc, char **argv)
{
	for (const struct algo *const *a = algos; *a; a++)
		if (argc < 2 || !strcmp(argv[1], (*a)->name))
			hostile(*a, argc > 2 ? atoi(argv[2]) : 30);
	return done();
}
