/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What algorithms share: the archive of elites, and which coordinates mattered. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/archive.h"
#include "opt/importance.h"
#include "opt/sample.h"
#include "tap.h"

static int
add(struct archive *a, uint64_t number, double f, double m0, double m1, double *improvement)
{
	struct err err;
	const double m[2] = {m0, m1}, x[3] = {f, m0, m1};
	return archive_add(a, &(struct told){.number = number, .fitness = f, .measures = m}, x, improvement, &err);
}

static void
test_archive(void)
{
	struct err err;
	struct archive a, b;
	const struct measure m[2] = {{"x", 0, 1, 10}, {"y", -1, 1, 20}};
	double better;
	ok(archive_init(&a, m, 2, 3, 1, 0, &err) == 0 && a.cells == 200, "ten by twenty cells");
	ok(add(&a, 1, 0.5, 0.05, -0.97, NULL) == 2 && archive_elite(&a, 0)->number == 1, "the first takes the corner");
	ok(add(&a, 2, 0.4, 0.09, -0.91, &better) == 0 && fabs(better + 0.1) < 1e-12, "a worse one does not");
	ok(add(&a, 3, 0.5, 0.09, -0.91, NULL) == 0, "nor an equal one");
	ok(add(&a, 4, 0.75, 0, -1, &better) == 1 && fabs(better - 0.25) < 1e-12 && archive_elite(&a, 0)->number == 4
	        && archive_x(&a, 0)[0] == 0.75, "a better one does, and is kept whole");
	ok(add(&a, 5, 1, 7, 7, NULL) == 2 && archive_cell(&a, (double[]){7, 7}) == 199, "what is beyond is in the last cell");
	ok(add(&a, 6, NAN, 0.5, 0, NULL) == 0 && add(&a, 7, 1, NAN, 0, NULL) == 0
	        && archive_add(&a, &(struct told){.number = 8, .fitness = 1}, NULL, NULL, &err) == 0 && a.filled == 2,
	    "what failed, or is nowhere, is in no cell");
	ok(fabs(archive_coverage(&a) - 0.01) < 1e-15 && archive_sum(&a) == 1.75, "coverage and sum");
	struct rng r = {1, 0};
	for (int i = 0; i < 2000; i++)
		add(&a, 10 + (uint64_t)i, rng_uniform(&r), rng_uniform(&r), 2 * rng_uniform(&r) - 1, NULL);
	ok(archive_coverage(&a) > 0.99, "2,000 results fill it");
	struct blob blob = {0};
	archive_save(&a, &blob);
	archive_init(&b, m, 2, 3, 1, 0, &err);
	archive_load(&b, &blob);
	int same = !blob.bad && blob.at == blob.n && a.filled == b.filled && !memcmp(a.at, b.at, a.cells * sizeof *a.at);
	ok(same && archive_sum(&a) == archive_sum(&b), "saved and loaded it is the same");
	archive_release(&b);
	archive_init(&b, m, 1, 3, 1, 0, &err);
	blob.at = 0;
	archive_load(&b, &blob);
	ok(blob.bad, "into a smaller one it does not load");
	archive_release(&b);
	blob_free(&blob);
	archive_release(&a);

	archive_init(&a, m, 2, 0, 0.1, 0, &err);
	add(&a, 1, 1, 0, 0, &better);
	ok(better == 1, "with a learning rate an empty cell's threshold is the floor");
	ok(add(&a, 2, 0.5, 0, 0, &better) == 1 && fabs(better - 0.4) < 1e-12, "a worse one over the threshold improves still");
	ok(add(&a, 3, 0.13, 0, 0, &better) == 0, "not so one below it");
	archive_release(&a);
	ok(archive_init(&a, (struct measure[]){{"x", 1, 1, 4}}, 1, 0, 1, 0, &err) < 0, "refused: %s", err.text);
	ok(archive_init(&a, (struct measure[]){{"x", 0, 1, 9000}, {"y", 0, 1, 9000}}, 2, 0, 1, 0, &err) < 0, "refused: %s", err.text);
}

/* The first coordinate decides, the third a little where the second, a choice, is 1; the fourth does nothing. */
static void
test_importance(void)
{
	enum { N = 2000, D = 4 };
	static float x[N * D];
	static double f[N];
	double out[D];
	struct err err;
	const struct dimension d[D] = {{.kind = DIMENSION_REAL}, {DIMENSION_CATEGORY, 2, 0, 0, NULL}, {DIMENSION_REAL, 0, 2, 2, NULL},
	    {.kind = DIMENSION_REAL}};
	const struct space space = {D, d};
	struct rng r = {5, 0};
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < D; k++)
			x[i * D + k] = (float)rng_uniform(&r);
		x[i * D + 1] = x[i * D + 1] < 0.5 ? 0.25f : 0.75f;
		f[i] = -fabs(x[i * D] - 0.7) - (x[i * D + 1] > 0.5 ? 0.2 * fabs(x[i * D + 2] - 0.5) : 0);
	}
	f[3] = NAN;
	const int got = importance(&space, x, f, N, out, &err);
	ok(got == 0 && out[0] > 0.7 && out[2] > 2 * out[3] && out[3] < 0.02,
	    "what decides is found: %.2f %.2f %.2f %.2f", out[0], out[1], out[2], out[3]);
	ok(fabs(out[0] + out[1] + out[2] + out[3] - 1) < 1e-12, "they sum to 1");
	ok(importance(&space, x, f, 10, out, &err) == 0 && out[0] == 0, "of ten points nothing is told");
	for (int i = 0; i < N; i++) { /* as of a search that soon found the best there is */
		x[i * D] = i % 20 ? 0 : x[i * D];
		f[i] = -x[i * D];
	}
	const int most = importance(&space, x, f, N, out, &err);
	ok(most == 0 && out[0] > 0.95, "where most are the best, too: %.3f", out[0]);
	memset(f, 0, sizeof f);
	ok(importance(&space, x, f, N, out, &err) == 0 && out[0] == 0, "nor of equals");
}

/* Of 2^m points each elementary interval of one coordinate has one, of two coordinates few. */
static void
test_sample(void)
{
	enum { N = 1024, D = 24, GRID = 16 };
	static double x[N][D];
	struct err err;
	struct sobol s, t;
	ok(sobol_init(&s, D, 1, &err) == 0 && sobol_init(&t, D, 2, &err) == 0, "a Sobol sequence of %d coordinates", D);
	for (uint32_t i = 0; i < N; i++)
		sobol_point(&s, i, x[i]);
	int once = 1, inside = 1;
	for (size_t k = 0; k < D; k++) {
		char taken[N] = {0};
		for (int i = 0; i < N; i++) {
			inside &= x[i][k] > 0 && x[i][k] < 1;
			once &= !taken[(int)(x[i][k] * N)]++;
		}
	}
	ok(once && inside, "of %d points each of as many slices of every coordinate has one", N);
	/* 16 by 16 cells have 4 each if a pair of coordinates is perfect; chance leaves some empty */
	int worst = 0, most = 0;
	for (size_t a = 0; a < 21; a++)
		for (size_t b = 0; b < a; b++) {
			int count[GRID * GRID] = {0};
			for (int i = 0; i < N; i++)
				count[(int)(x[i][a] * GRID) * GRID + (int)(x[i][b] * GRID)]++;
			int even = 1;
			for (int c = 0; c < GRID * GRID; c++) {
				even &= count[c] == 4;
				most = count[c] > most ? count[c] : most;
			}
			worst += !even;
		}
	ok(worst <= 40 && most <= 8, "of 210 pairs of the first 21 all but %d fill 16 by 16 cells with four each (at most %d)", worst, most);
	double y[D];
	sobol_point(&t, 5, y);
	ok(memcmp(y, x[5], sizeof y) != 0, "another seed is scrambled otherwise");
	sobol_release(&s);
	sobol_release(&t);
	ok(sobol_init(&s, SOBOL_MAX, 1, &err) == 0, "%d coordinates", SOBOL_MAX);
	sobol_release(&s);
	ok(sobol_init(&s, SOBOL_MAX + 1, 1, &err) < 0, "one more is refused: %s", err.text);

	struct rng r = {3, 0};
	latin_hypercube(&r, D, 100, &x[0][0]);
	once = 1;
	for (size_t k = 0; k < D; k++) {
		char taken[100] = {0};
		for (int i = 0; i < 100; i++)
			once &= !taken[(int)(x[i][k] * 100)]++;
	}
	ok(once, "a Latin hypercube takes each slice once");
}

int
main(void)
{
	test_sample();
	test_archive();
	test_importance();
	return done();
}
