/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several objectives: fronts against brute force, crowding, directions, volumes of known shapes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/front.h"
#include "opt/volume.h"
#include "tap.h"

enum { MANY = 300, M_MAX = 8 };

static int
dominates(const double *a, const double *b, size_t m)
{
	int better = 0;
	for (size_t k = 0; k < m; k++) {
		if (a[k] < b[k])
			return 0;
		better |= a[k] > b[k];
	}
	return better;
}

/* Its rank is one more than the worst of those that dominate it: peeled off front by front. */
static void
peel(const double *f, size_t n, size_t m, uint32_t *rank)
{
	size_t left = n;
	memset(rank, 0xff, n * sizeof *rank);
	for (uint32_t r = 0; left; r++) {
		unsigned char now[MANY] = {0};
		for (size_t i = 0; i < n; i++) {
			size_t j = 0;
			while (j < n && !(rank[j] >= r && dominates(f + j * m, f + i * m, m)))
				j++;
			now[i] = rank[i] > r && j == n;
		}
		for (size_t i = 0; i < n; i++)
			if (now[i]) {
				rank[i] = r;
				left--;
			}
	}
}

static void
test_sort(void)
{
	struct rng r = {3, 0};
	static double f[MANY * M_MAX];
	uint32_t rank[MANY], slow[MANY];
	struct err err;
	for (size_t m = 1; m <= 6; m++)
		for (int coarse = 0; coarse < 2; coarse++) { /* coarse: many equals */
			for (size_t i = 0; i < MANY * m; i++)
				f[i] = coarse ? (double)rng_below(&r, 4) : rng_uniform(&r);
			const int n = front_sort(f, MANY, m, rank, &err);
			peel(f, MANY, m, slow);
			uint32_t most = 0;
			for (size_t i = 0; i < MANY; i++)
				most = slow[i] > most ? slow[i] : most;
			ok(n == (int)most + 1 && !memcmp(rank, slow, sizeof rank), "%zu objectives%s: %d fronts, as brute force has them", m,
			    coarse ? " with equals" : "", n);
		}
	const double odd[] = {1, 1, NAN, NAN, 1, NAN, -INFINITY, 7, INFINITY, 0, 1, 1};
	ok(front_sort(odd, 6, 2, rank, &err) > 0 && rank[0] == 0 && rank[5] == 0 && rank[4] == 0 && rank[3] == 0 && rank[2] == 1
	        && rank[1] == 2, "NaN is the worst there is, equals share a front");

	/* a population of 10,000 and its children, all in one front or in two hundred */
	enum { LARGE = 20000 };
	double *big = malloc(LARGE * 3 * sizeof *big);
	uint32_t *ranks = malloc(LARGE * sizeof *ranks);
	for (size_t i = 0; i < LARGE; i++) {
		const double u = rng_uniform(&r), v = rng_uniform(&r) * (1 - u);
		const double level = (double)rng_below(&r, 2);
		big[3 * i] = u - level;
		big[3 * i + 1] = v - level;
		big[3 * i + 2] = 1 - u - v - level;
	}
	ok(front_sort(big, LARGE, 3, ranks, &err) > 1, "20,000 points of three objectives");
	uint32_t wrong = 0;
	for (size_t i = 0; i < LARGE; i++) {
		const double sum = big[3 * i] + big[3 * i + 1] + big[3 * i + 2];
		wrong += sum > 0 ? ranks[i] != 0 : ranks[i] == 0;
	}
	ok(wrong == 0, "%u of them in the wrong front", wrong);
	free(big);
	free(ranks);
}

static void
test_select(void)
{
	enum { N = 60, KEEP = 21 };
	struct rng r = {5, 0};
	double f[N * 2], apart[N];
	uint32_t order[N], rank[N];
	struct err err;
	const struct selection to = {order, rank, apart};
	for (size_t i = 0; i < N; i++) { /* a dense end and a thin one, and a few behind */
		const double u = pow(rng_uniform(&r), 3);
		f[2 * i] = u - (i >= 50);
		f[2 * i + 1] = 1 - u - (i >= 50);
	}
	f[0] = 0, f[1] = 1;
	f[2] = 1, f[3] = 0;
	ok(front_select(f, N, 2, KEEP, NULL, NULL, &to, &err) == 0, "21 of 60 are chosen");
	double at[KEEP], narrowest = 2;
	int ends = 0, behind = 0;
	for (int i = 0; i < KEEP; i++) {
		at[i] = f[2 * order[i]];
		ends += order[i] < 2;
		behind += order[i] >= 50;
		for (int k = i; k > 0 && at[k] < at[k - 1]; k--) {
			const double t = at[k];
			at[k] = at[k - 1];
			at[k - 1] = t;
		}
	}
	for (int i = 1; i + 1 < KEEP; i++)
		narrowest = fmin(narrowest, at[i + 1] - at[i - 1]);
	ok(ends == 2 && behind == 0 && isinf(apart[0]) && isinf(apart[1]), "both ends are, and none that is dominated");
	ok(narrowest > 0.05, "neighbours of neighbours are at least %.4f apart, where an even front has 0.1", narrowest);
	ok(front_select(f, N, 2, 55, NULL, NULL, &to, &err) == 0 && rank[order[49]] == 0 && rank[order[50]] == 1,
	    "of 55, ten fronts' worth: the first front whole, then of the second");
	for (size_t i = 0; i < 2 * N; i++)
		f[i] = 4;
	ok(front_select(f, N, 2, 3, NULL, NULL, &to, &err) == 0 && order[0] == 0 && order[2] == 2, "of equals the earliest stay");
}

static void
test_niches(void)
{
	struct niches s;
	struct err err;
	struct rng r = {9, 0};
	ok(niches_init(&s, 3, 100, &err) == 0 && s.n == 91, "91 directions for 3 objectives and 100 points (lattice of 12)");
	enum { N = 400, KEEP = 91 };
	static double f[N * 3], apart[N];
	uint32_t order[N], rank[N];
	/* a sphere's eighth, its axes of different scales, with exactly one point near each direction and a crowd in a corner */
	for (size_t i = 0; i < N; i++) {
		double z[3], norm = 0;
		for (int k = 0; k < 3; k++) {
			z[k] = i < KEEP ? s.d[i * 3 + k] + 1e-4 * rng_uniform(&r) : k == 0 ? 1 : 0.1 * rng_uniform(&r);
			norm += z[k] * z[k];
		}
		for (int k = 0; k < 3; k++)
			f[i * 3 + k] = -z[k] / sqrt(norm) * (k == 1 ? 1000 : k == 2 ? 1e-3 : 1);
	}
	ok(front_select(f, N, 3, KEEP, &s, &r, &(struct selection){order, rank, apart}, &err) == 0, "91 of 400 by direction");
	int right = 0, alone = 0;
	for (int i = 0; i < KEEP; i++) {
		right += order[i] < KEEP || f[order[i] * 3] < -0.99;
		alone += apart[i] == -1;
	}
	ok(right == KEEP && alone == KEEP, "one for each direction (%d right, %d alone)", right, alone);
	niches_release(&s);
	ok(niches_init(&s, 8, 100, &err) == 0 && s.n == 72, "8 objectives: 36 directions on the rim and 36 within");
	double norm = 0;
	for (int k = 0; k < 8; k++)
		norm += s.d[71 * 8 + k] * s.d[71 * 8 + k];
	ok(fabs(norm - 1) < 1e-12, "of length 1");
	niches_release(&s);
}

static void
test_kept(void)
{
	enum { N = 2000 };
	static double f[N * 3];
	struct rng r = {11, 0};
	struct front a, b;
	struct err err;
	uint32_t rank[N];
	for (size_t i = 0; i < N * 3; i++)
		f[i] = (double)rng_below(&r, 30);
	front_sort(f, N, 3, rank, &err);
	front_init(&a, 1, 3, 1000);
	front_init(&b, 1, 3, 1000);
	for (size_t i = 0; i < N; i++) {
		const size_t j = N - 1 - i;
		front_add(&a, &(struct told){i + 1, 0, NULL, f + 3 * i}, (double[]){(double)i}, &err);
		front_add(&b, &(struct told){j + 1, 0, NULL, f + 3 * j}, (double[]){(double)j}, &err);
	}
	uint64_t sum[2] = {0}, want = 0;
	size_t first = 0;
	for (size_t i = 0; i < N; i++) {
		size_t j = 0;
		while (memcmp(f + 3 * i, f + 3 * j, 3 * sizeof *f))
			j++;
		if (rank[i] == 0 && i == j) { /* the first of equals */
			first++;
			want += (i + 1) * (i + 1);
		}
	}
	for (size_t i = 0; i < a.n; i++)
		sum[0] += a.number[i] * a.number[i];
	for (size_t i = 0; i < b.n; i++)
		sum[1] += b.number[i] * b.number[i];
	ok(a.n == first && b.n == first && sum[0] == want && sum[1] == want, "a front of %zu, told forwards or backwards", a.n);
	ok(front_add(&a, &(struct told){9999, 1, NULL, NULL}, NULL, &err) == 0
	        && front_add(&a, &(struct told){9999, 1, NULL, (double[]){99, NAN, 99}}, NULL, &err) == 0, "what failed is not in it");
	struct blob blob = {0};
	front_save(&a, &blob);
	front_release(&b);
	front_init(&b, 1, 3, 1000);
	front_load(&b, &blob);
	ok(!blob.bad && blob.at == blob.n && a.n == b.n && !memcmp(a.f, b.f, a.n * 3 * sizeof *a.f) && !memcmp(a.x, b.x, a.n * sizeof *a.x),
	    "saved and loaded it is the same");
	front_release(&b);
	front_init(&b, 1, 3, 3);
	blob.at = 0;
	front_load(&b, &blob);
	ok(blob.bad, "into a smaller one it does not load");
	blob_free(&blob);
	front_release(&a);
	front_release(&b);
	front_init(&a, 1, 2, 50);
	for (int i = 0; i < 1000; i++) {
		const double u = rng_uniform(&r);
		front_add(&a, &(struct told){(uint64_t)i, 0, NULL, (double[]){u, 1 - u}}, &u, &err);
	}
	double low = 1, high = 0;
	for (size_t i = 0; i < a.n; i++) {
		low = fmin(low, a.f[2 * i]);
		high = fmax(high, a.f[2 * i]);
	}
	ok(a.n >= 40 && a.n <= 50 && low < 0.01 && high > 0.99, "a thousand are thinned to %zu, the ends kept", a.n);
	front_release(&a);
}

static void
test_volume(void)
{
	struct rng r = {13, 0};
	struct err err;
	static double f[MANY * M_MAX];
	static const double zero[M_MAX];
	ok(volume((double[]){3, 1, 2, 2, 1, 3, 1, 1, -1, 9}, 5, 2, zero, &err) == 6, "three stairs are 6");
	ok(volume((double[]){1, 2, 3, 4, 5, 6, 7, 8}, 1, 8, zero, &err) == 40320, "one box of 8 dimensions");
	ok(volume(f, 0, 3, zero, &err) == 0 && isnan(volume(f, 1, 9, zero, &err)), "nothing is 0; nine objectives are too many");
	/* spokes: box k is 2 wide in objective k and 1 in the others: the cube and an arm each */
	for (size_t m = 2; m <= M_MAX; m++) {
		for (size_t i = 0; i < m * m; i++)
			f[i] = i % (m + 1) ? 1 : 2;
		ok(volume(f, m, m, zero, &err) == (double)(m + 1), "%zu spokes are %zu", m, m + 1);
	}
	/* the eighth of a ball, by many points on it: from below within the step, and by Monte Carlo */
	for (size_t m = 3; m <= 6; m++) {
		const size_t n = m < 5 ? MANY : 60;
		for (size_t i = 0; i < n; i++) {
			double norm = 0;
			for (size_t k = 0; k < m; k++) {
				f[i * m + k] = fabs(rng_normal(&r));
				norm += f[i * m + k] * f[i * m + k];
			}
			for (size_t k = 0; k < m; k++)
				f[i * m + k] /= sqrt(norm);
		}
		const double v = volume(f, n, m, zero, &err);
		enum { DARTS = 20000 };
		int hit = 0;
		for (int d = 0; d < DARTS; d++) {
			double p[M_MAX];
			for (size_t k = 0; k < m; k++)
				p[k] = rng_uniform(&r);
			size_t i = 0, k = 0;
			for (; i < n && k < m; i++)
				for (k = 0; k < m && p[k] <= f[i * m + k]; k++)
					;
			hit += k == m;
		}
		const double guess = (double)hit / DARTS;
		ok(fabs(v - guess) < 4 * sqrt(v * (1 - v) / DARTS), "%zu objectives: %.5f, by darts %.5f", m, v, guess);
	}
}

int
main(void)
{
	test_sort();
	test_select();
	test_niches();
	test_kept();
	test_volume();
	return done();
}
