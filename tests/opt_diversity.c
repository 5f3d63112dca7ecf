/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quality-diversity: archives, and how much more of one the algorithms fill than chance does, on a
 * projection of twenty coordinates to two, within 8,000 evaluations; a million cells; memory that runs out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
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

/* As many cells as there are, and points by chance, which fill so many of them as the law says: 1 - exp(-0.4). */
static void
million(void)
{
	enum { SIDE = 1000, ADDS = 400000, COORDINATES = 4 };
	static const struct measure m[2] = {{"first", 0, 1, SIDE}, {"second", 0, 1, SIDE}};
	struct archive a, b;
	struct err err = {""};
	struct rng r = {.seed = 1};
	double x[COORDINATES];
	ok(archive_init(&a, m, 2, COORDINATES, 1, 0, &err) == 0 && archive_init(&b, m, 2, COORDINATES, 1, 0, &err) == 0,
	    "two archives of a million cells");
	bool good = true;
	for (uint64_t k = 1; k <= ADDS; k++) {
		double better, again;
		for (int i = 0; i < COORDINATES; i++)
			x[i] = rng_uniform(&r);
		const struct told told = {k, x[2], x, NULL};
		const int status = archive_judge(&a, &told, &better);
		good &= archive_add(&a, &told, x, &again, &err) == status && again == better;
	}
	ok(good, "what is judged is what comes of it");
	ok(fabs(archive_coverage(&a) - 0.32968) < 0.002, "%d points fill a third of the cells: %.5f", ADDS, archive_coverage(&a));
	ok(a.room <= 2 * a.filled + 64, "with room for twice the elites at most");
	struct blob saved = {0};
	archive_save(&a, &saved);
	ok(saved.n == sizeof(uint64_t) + a.filled * (sizeof(struct elite) + (COORDINATES + 2) * sizeof(double)), "what is saved is its elites alone");
	archive_load(&b, &saved);
	good = !saved.bad && b.filled == a.filled && archive_sum(&b) == archive_sum(&a);
	for (size_t cell = 0; good && cell < a.cells; cell++)
		good = a.at[cell] == b.at[cell];
	ok(good, "and loads, every elite in its cell");
	blob_free(&saved);
	archive_release(&a);
	archive_release(&b);
}

/* Returns whether an algorithm said so when there was no more memory, in a process of its own. */
static bool
says_fault(const char *name)
{
	enum { WIDE = 1000, SIDE = 1000, MOST = 100000, MB = 96 };
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		static const struct measure m[2] = {{"first", 0, 1, SIDE}, {"second", 0, 1, SIDE}};
		static double start[WIDE], x[WIDE];
		struct err err = {""};
		const struct algo *a = algo_find(name);
		struct algo_settings s = {.seed = 1, .starts = start, .n_starts = 1, .measures = m, .n_measures = 2};
		long pages = 0;
		FILE *f = fopen("/proc/self/statm", "r");
		algo_defaults(a, &s);
		void *self = algo_set(a, "first=1000000", &s, &err) == 0 ? a->create(&(struct space){WIDE, NULL}, &s, &err) : NULL;
		if (!self || !f || fscanf(f, "%ld", &pages) != 1)
			_exit(2);
		const rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)MB << 20);
		setrlimit(RLIMIT_AS, &(struct rlimit){most, most});
		for (int k = 0; k < MOST && !a->fault(self, &err); k++) {
			struct told told = {.measures = x, .fitness = 1};
			a->ask(self, &told.number, x);
			a->tell(self, &told);
		}
		_exit(a->fault(self, &err) && strstr(err.text, "out of memory") ? 0 : 1);
	}
	int status = -1;
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int
main(void)
{
	enum { BUDGET = 8000 };
	archives();
	million();
#ifdef __SANITIZE_ADDRESS__
	skip("memory that runs out", "a sanitizer takes more than there is");
#else
	ok(says_fault("mapelites"), "when there is no memory for an elite, mapelites says so");
#endif
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
