/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quality-diversity: archives, and how much more of one the algorithms fill than chance does, on a
 * projection of twenty coordinates to two, within 8,000 evaluations.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opt/archive.h"
#include "tap.h"

enum { N = 20, CELLS = 20 };
static const struct measure two[2] = {{"first", 0, 1, CELLS}, {"second", 0, 1, CELLS}};

/* Measures are means of many coordinates, so points by chance lie in the middle; best at 0.4. */
static double
projected(const double *x, double m[2])
{
	double f = 1;
	m[0] = m[1] = 0;
	for (size_t i = 0; i < N; i++) {
		m[i >= N / 2] += x[i] / (N / 2);
		f -= (x[i] - 0.4) * (x[i] - 0.4) / N;
	}
	return f;
}

/* An archive of all that it asks; the last measures, too. */
static void
explore(const char *name, const char *set, uint64_t budget, struct archive *found)
{
	struct err err = {""};
	double start[N], x[N], m[2];
	const struct space space = {N, NULL};
	const struct algo *a = algo_find(name);
	struct algo_settings s = {.seed = 3, .starts = start, .n_starts = 1, .measures = two, .n_measures = 2, .budget = budget};
	for (size_t i = 0; i < N; i++)
		start[i] = 0.5;
	algo_defaults(a, &s);
	void *self = algo_set(a, set, &s, &err) == 0 ? a->create(&space, &s, &err) : NULL;
	ok(self && archive_init(found, two, 2, 0, 1, 0, &err) == 0, "%s %s: %s", name, set, self ? "begins" : err.text);
	for (uint64_t k = 0; self && k < budget; k++) {
		struct told told = {.measures = m};
		if (!a->ask(self, &told.number, x))
			break;
		told.fitness = projected(x, m);
		archive_add(found, &told, NULL, NULL, &err);
		a->tell(self, &told);
	}
	a->free(self);
}

static void
archives(void)
{
	struct err err = {""};
	struct archive a, b;
	const struct measure m[2] = {{"x", -1, 1, 4}, {"y", 0, 10, 5}};
	double better;
	ok(archive_init(&a, m, 2, 1, 1, 0, &err) == 0 && a.cells == 20, "an archive of 4 times 5 cells");
	ok(archive_cell(&a, (double[]){-5, -5}) == 0 && archive_cell(&a, (double[]){7, 70}) == 19, "what is beyond is at the end");
	ok(archive_add(&a, &(struct told){1, 3, (double[]){0.1, 1}, NULL}, (double[]){0.5}, &better, &err) == 2 && better == 3,
	    "the first of a cell fills it");
	ok(archive_add(&a, &(struct told){2, 3, (double[]){0.2, 1}, NULL}, (double[]){0.6}, &better, &err) == 0, "an equal does not take it");
	ok(archive_add(&a, &(struct told){3, 5, (double[]){0.2, 1}, NULL}, (double[]){0.7}, &better, &err) == 1 && better == 2,
	    "a better one does");
	ok(archive_add(&a, &(struct told){4, NAN, (double[]){0, 5}, NULL}, (double[]){0}, NULL, &err) == 0
	        && archive_add(&a, &(struct told){5, 1, (double[]){NAN, 5}, NULL}, (double[]){0}, NULL, &err) == 0
	        && archive_add(&a, &(struct told){6, 1, NULL, NULL}, (double[]){0}, NULL, &err) == 0,
	    "what failed or was not measured is no elite");
	ok(a.filled == 1 && archive_sum(&a) == 5 && archive_coverage(&a) == 0.05 && archive_x(&a, 0)[0] == 0.7, "one elite, of 5");
	struct blob saved = {0};
	archive_save(&a, &saved);
	ok(archive_init(&b, m, 2, 1, 1, 0, &err) == 0, "another");
	archive_load(&b, &saved);
	ok(!saved.bad && b.filled == 1 && archive_elite(&b, archive_cell(&b, (double[]){0.2, 1}))->number == 3, "it loads");
	archive_release(&b);
	blob_free(&saved);
	archive_release(&a);

	ok(archive_init(&a, m, 2, 0, 0.5, 0, &err) == 0, "with thresholds that rise by half");
	archive_add(&a, &(struct told){1, 4, (double[]){0, 0}, NULL}, NULL, &better, &err);
	ok(better == 4 && archive_add(&a, &(struct told){2, 3, (double[]){0, 0}, NULL}, NULL, &better, &err) == 1 && better == 1,
	    "4 raises it to 2, which 3 is over");
	archive_release(&a);
	ok(archive_init(&a, (struct measure[]){{"x", 0, 1, 1 << 20}, {"y", 0, 1, 1 << 20}}, 2, 0, 1, 0, &err) < 0,
	    "too many cells are refused: %s", err.text);
}

int
main(void)
{
	enum { BUDGET = 8000 };
	archives();
	struct archive chance, a;
	explore("random", "", BUDGET, &chance);
	const double plain = archive_coverage(&chance), sum = archive_sum(&chance);
	diag("random: %.3f of the cells, %.1f", plain, sum);
	static const struct {
		const char *algo, *set;
		double times; /* the cells and the sum of chance */
	} all[] = {{"mapelites", "", 2.3}, {"cmame", "emitters=5,batch=12", 1.8}, {"cmamae", "emitters=5,batch=12,rate=0.1", 2.1},
	    {"novelty", "", 2}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		explore(all[i].algo, all[i].set, BUDGET, &a);
		ok(archive_coverage(&a) > all[i].times * plain && archive_sum(&a) > all[i].times * sum,
		    "%s fills more than %g times the cells that chance does: %.3f, %.1f", all[i].algo, all[i].times, archive_coverage(&a),
		    archive_sum(&a));
		archive_release(&a);
	}
	archive_release(&chance);
	return done();
}
