/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every algorithm has to hold, whatever it is: the same tells give the same
 * asks, in any order within a generation, killed and loaded at any point;
 * proposals are points of the space; failures, equals and strangers do no harm.
 */
#include "opt/algo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "tap.h"

enum { MIXED = 9, ROUND = 40 };

/* Four reals, an integer, two categories, and two reals of which each matters with one of the second's. */
static const struct dimension mixed[MIXED] = {
    {.kind = DIMENSION_REAL},
    {.kind = DIMENSION_REAL},
    {DIMENSION_CATEGORY, 3, 0, 0, "shape"},
    {.kind = DIMENSION_REAL},
    {DIMENSION_INTEGER, 8, 0, 0, "voices"},
    {DIMENSION_CATEGORY, 2, 0, 0, "filter"},
    {DIMENSION_REAL, 0, 6, 1, "cutoff"},
    {DIMENSION_REAL, 0, 6, 2, "formant"},
    {.kind = DIMENSION_REAL},
};
static const struct space space = {MIXED, mixed};
static const struct measure measures[2] = {{"sum", 0, 3, 10}, {"difference", -1, 1, 10}};

/* A slope, wrong choices dearer; what does not matter does not count. */
static double
worth(const double *x)
{
	double f = 0;
	for (size_t i = 0; i < MIXED; i++)
		if (space_active(&space, x, i))
			f -= (x[i] - 0.3) * (x[i] - 0.3);
	return f;
}

struct trial {
	const struct algo *a;
	struct algo_settings set;
	void *self;
	double x[ROUND][MIXED];
	uint64_t number[ROUND], next;
	int n, wrong; /* out; proposals that are no points of the space, or numbered wrong */
	double start[MIXED];
};

static void
create(struct trial *t, const struct algo *a, uint64_t seed, bool steady)
{
	struct err err = {""};
	*t = (struct trial){.a = a, .next = 1, .set = {.seed = seed, .steady = steady, .budget = 600, .n_starts = 1,
	    .measures = measures, .n_measures = 2, .n_objectives = 2}};
	for (size_t i = 0; i < MIXED; i++)
		t->start[i] = 0.5;
	space_settle(&space, t->start);
	t->set.starts = t->start;
	algo_defaults(a, &t->set);
	if (!(t->self = a->create(&space, &t->set, &err)))
		ok(0, "%s: %s", a->name, err.text);
}

static void
ask(struct trial *t)
{
	double y[MIXED];
	for (t->n = 0; t->n < ROUND && t->a->ask(t->self, &t->number[t->n], t->x[t->n]); t->n++) {
		memcpy(y, t->x[t->n], sizeof y);
		space_settle(&space, y);
		t->wrong += memcmp(y, t->x[t->n], sizeof y) != 0 || t->number[t->n] != t->next++;
	}
}

static void
tell(struct trial *t, int k, double fitness)
{
	const double *x = t->x[k], m[2] = {x[0] + x[1] + x[3], x[0] - x[1]}, o[2] = {-x[0], -x[1]};
	t->a->tell(t->self, &(struct told){t->number[k], fitness, isnan(fitness) ? NULL : m, isnan(fitness) ? NULL : o});
}

static void
reload(struct trial *t)
{
	struct err err = {""};
	struct blob b = {0};
	t->a->save(t->self, &b);
	t->a->free(t->self);
	t->self = t->a->create(&space, &t->set, &err);
	ok(t->a->load(t->self, &b, &err) == 0 && b.at == b.n, "%s: its state of %zu bytes loads", t->a->name, b.n);
	struct blob cut = b;
	cut.at = 0;
	cut.n = b.n / 2;
	void *half = t->a->create(&space, &t->set, &err);
	ok(t->a->load(half, &cut, &err) < 0 && *err.text, "%s: half a state is refused: %s", t->a->name, err.text);
	t->a->free(half);
	blob_free(&b);
}

/* What it asks after some rounds, as one number. One of each round fails. */
static double
trace(struct trial *t, int rounds, bool backwards, int save_at)
{
	for (int g = 0; g < rounds; g++) {
		ask(t);
		if (g == save_at)
			reload(t);
		for (int i = 0; i < t->n; i++) {
			const int k = backwards ? t->n - 1 - i : i;
			tell(t, k, k == 3 ? NAN : worth(t->x[k]));
			if (g == save_at && i == t->n / 2)
				reload(t); /* with half of them told */
		}
	}
	ask(t);
	double sum = t->n ? 0 : NAN;
	for (int i = 0; t->n && i < MIXED; i++)
		sum += (2 * i + 1) * t->x[0][i];
	t->a->free(t->self);
	return sum;
}

static void
conform(const struct algo *a)
{
	struct trial t;
	create(&t, a, 7, false);
	const double plain = trace(&t, 12, false, -1);
	ok(t.wrong == 0 && isfinite(plain), "%s: proposals are points of the space, numbered in order", a->name);
	create(&t, a, 7, false);
	ok(plain == trace(&t, 12, false, -1), "%s: the same seed asks the same", a->name);
	create(&t, a, 7, false);
	ok(plain == trace(&t, 12, false, 5), "%s: saved and loaded, it goes on the same", a->name);
	if (a->generation) {
		create(&t, a, 7, false);
		ok(plain == trace(&t, 12, true, -1), "%s: the order of the tells does not matter", a->name);
	}
	create(&t, a, 8, false);
	ok(plain != trace(&t, 12, false, -1), "%s: another seed asks something else", a->name);

	/* nothing works, all is equal, all is infinite */
	static const double odd[] = {NAN, 0, INFINITY, -INFINITY, 1e308};
	for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
		create(&t, a, 3, false);
		int asked = 0;
		for (int g = 0; g < 12; g++) {
			ask(&t);
			asked += t.n;
			for (int i = 0; i < t.n; i++)
				tell(&t, i, odd[k]);
		}
		ok(t.wrong == 0 && asked >= 12, "%s: if all are worth %g, it goes on (%d asked)", a->name, odd[k], asked);
		a->free(t.self);
	}

	/* steady: never waits, hears late or never, and no strangers */
	create(&t, a, 3, true);
	int asked = 0;
	for (int g = 0; g < 12; g++) {
		ask(&t);
		asked += t.n;
		for (int i = t.n - 1; i >= 0; i -= 2)
			tell(&t, i, worth(t.x[i]));
		a->tell(t.self, &(struct told){.number = 999999, .fitness = 5});
		a->tell(t.self, &(struct told){.number = 0, .fitness = 5});
		tell(&t, t.n - 1, 7); /* told before */
	}
	ok(asked == 12 * ROUND && t.wrong == 0, "%s: steady, it never waits and stays in the space", a->name);
	a->free(t.self);
	a->free(NULL);
}

int
main(int argc, char **argv)
{
	struct err err = {""};
	ok(space_check(&space, &err) == 0, "the space is sane");
	const struct dimension odd[2] = {{.kind = DIMENSION_REAL}, {DIMENSION_REAL, 0, 1, 1, NULL}};
	ok(space_check(&(struct space){2, odd}, &err) < 0, "not so: %s", err.text);
	double x[MIXED] = {-1, 2, 0.9, NAN, 0.99, 0.1, 0, 0, 0};
	space_settle(&space, x);
	ok(x[0] == 0 && x[1] == 1 && x[2] == 2.5 / 3 && x[3] == 0.5 && x[4] == 7.5 / 8, "what is beyond is taken to the nearest");
	ok(space_active(&space, x, 6) && !space_active(&space, x, 7), "of two settings the one of the chosen filter matters");

	for (const struct algo *const *a = algos; *a; a++)
		if (argc < 2 || !strcmp(argv[1], (*a)->name))
			conform(*a);
	return done();
}
