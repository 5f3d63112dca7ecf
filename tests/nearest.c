/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nearest that trees find beside those that looking at every row finds. */
#include "base/nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/isa.h"
#include "base/rng.h"
#include "tap.h"

enum { MAX_K = 20 };

enum kind { UNIFORM, CLUSTERS, LINE, SORTED, DOUBLES, CONSTANT, FEW_VALUES, HUGE_SPREAD, TINY, OFFSET, KINDS };
static const char *const kinds[] = {"uniform numbers", "clusters", "a line", "rows in order", "rows that come again",
    "one row only", "few values", "spreads from 1e-6 to 1e12", "tiny numbers", "small differences far from zero"};

static void
make(enum kind kind, struct rng *rng, size_t i, float *x, size_t columns)
{
	struct rng again = {.seed = i % 37};
	const double u = rng_uniform(rng);
	const uint64_t cluster = rng_below(rng, 12);
	for (size_t c = 0; c < columns; c++) {
		const double g = rng_normal(rng);
		switch (kind) {
		case UNIFORM: x[c] = (float)rng_uniform(rng); break;
		case CLUSTERS: x[c] = (float)((double)(rng_at(cluster, c) % 16) + g * 0.3 / (1 + (double)c)); break;
		case LINE: x[c] = (float)(u * (double)(rng_at(1, c) % 9) + 0.001 * g); break;
		case SORTED: x[c] = (float)(c ? 0.1 * g : 0.01 * (double)i); break;
		case DOUBLES: x[c] = (float)rng_normal(&again); break;
		case CONSTANT: x[c] = 3; break;
		case FEW_VALUES: x[c] = (float)rng_below(rng, 2); break;
		case HUGE_SPREAD: x[c] = (float)(g * (cluster == 0 ? 1e12 : cluster == 1 ? 1e-6 : 1)); break;
		case TINY: x[c] = (float)(g * 1e-20); break;
		case OFFSET: x[c] = (float)(4096 + g * 0.01); break;
		default: break;
		}
	}
}

/* The definition, written again; rows kept by the test. */
static size_t
truth(const float *rows, const uint32_t *stamp, size_t n, size_t columns, const float *x, size_t k, uint32_t before,
    struct near *out)
{
	size_t found = 0;
	for (size_t r = 0; r < n; r++) {
		float s[16] = {0};
		if (stamp[r] && before && stamp[r] >= before)
			continue;
		for (size_t c = 0; c < columns; c++) {
			const float d = rows[r * columns + c] - x[c];
			s[c % 16] += d * d;
		}
		for (int half = 8; half; half /= 2)
			for (int i = 0; i < half; i++)
				s[i] += s[i + half];
		size_t at = found < k ? found++ : k;
		for (; at && out[at - 1].distance > s[0]; at--)
			if (at < k)
				out[at] = out[at - 1];
		if (at < k)
			out[at] = (struct near){(uint32_t)r, s[0]};
	}
	for (size_t i = 0; i < found; i++)
		out[i].distance = sqrtf(out[i].distance);
	return found;
}

/* Adds n rows, asking on the way; how many answers differ from the truth. */
static int
differences(enum kind kind, size_t columns, size_t n, uint32_t generations)
{
	struct err err;
	struct rng rng = {.seed = 100 * columns + kind};
	struct nearest *nearest = nearest_new(columns, n, &err);
	float *rows = malloc(n * columns * sizeof *rows), x[NEAREST_COLUMNS];
	uint32_t *stamp = malloc(n * sizeof *stamp);
	struct near a[MAX_K], b[MAX_K], c[MAX_K];
	int bad = 0;
	for (size_t i = 0; i < n; i++) {
		make(kind, &rng, i, rows + i * columns, columns);
		stamp[i] = generations ? (uint32_t)rng_below(&rng, generations * (i + n / 4) / n + 1) : 0;
		bad += nearest_add(nearest, rows + i * columns, stamp[i], &err) != 0;
		if (i + 1 != n && rng_below(&rng, 300))
			continue;
		for (int q = 0; q < 3; q++) {
			const size_t k = (size_t[]){1, 5, MAX_K}[q];
			const uint32_t before = generations ? (uint32_t)rng_below(&rng, generations + 1) : 0;
			make(kind, &rng, i + 5, x, columns);
			if (q == 1)
				memcpy(x, rows + rng_below(&rng, i + 1) * columns, columns * sizeof *x);
			const size_t want = truth(rows, stamp, i + 1, columns, x, k, before, a);
			const size_t found = nearest_find(nearest, x, k, before, b), plain = nearest_scan(nearest, x, k, before, c);
			if (found != want || plain != want || memcmp(a, b, want * sizeof *a) || memcmp(a, c, want * sizeof *a)) {
				bad++;
				diag("%zu of %zu rows, k %zu: %zu found of %zu, %u at %g for %u at %g", i + 1, n, k, found, want,
				    b[0].index, b[0].distance, a[0].index, a[0].distance);
			}
		}
	}
	bad += nearest_rows(nearest) != n || memcmp(nearest_row(nearest, (uint32_t)n - 1), rows + (n - 1) * columns, columns * sizeof *rows);
	nearest_free(nearest);
	free(rows);
	free(stamp);
	return bad;
}

static void
exactness(void)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		ok(!differences(kind, 61, 3000, 0), "exact: %s", kinds[kind]);
	const size_t columns[] = {1, 2, 4, 5, 10, 16, 17, 33, NEAREST_COLUMNS};
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		ok(!differences(CLUSTERS, columns[i], columns[i] > 100 ? 1500 : 4000, 0), "exact: %zu columns", columns[i]);
	ok(!differences(CLUSTERS, 61, 6000, 9), "exact: generations");
	ok(!differences(CLUSTERS, 3, 20000, 3), "exact: across many rebuilds");
}

/* Everything that trees answer, as a hash. */
static void
digest(const char *isa, uint8_t out[HASH_SIZE])
{
	struct err err;
	struct hash h;
	struct rng rng = {.seed = 7};
	setenv("ASSAY_ISA", isa, 1);
	hash_init(&h);
	for (size_t columns = 3; columns < 70; columns += 29) {
		struct nearest *nearest = nearest_new(columns, 1 << 20, &err);
		float x[NEAREST_COLUMNS];
		struct near near[MAX_K];
		for (size_t i = 0; i < 5000; i++) {
			make(CLUSTERS, &rng, i, x, columns);
			nearest_add(nearest, x, 0, &err);
		}
		for (size_t i = 0; i < 50; i++) {
			make(CLUSTERS, &rng, i, x, columns);
			hash_bytes(&h, near, nearest_find(nearest, x, MAX_K, 0, near) * sizeof *near);
		}
		nearest_free(nearest);
	}
	hash_final(&h, out);
	unsetenv("ASSAY_ISA");
}

static void
widths(void)
{
	uint8_t want[HASH_SIZE], got[HASH_SIZE];
	digest("scalar", want);
	for (enum isa isa = ISA_SSE; isa <= ISA_AVX512; isa++) {
		if (!isa_machine_has(isa)) {
			skip(isa_name(isa), "this machine has it not");
			continue;
		}
		digest(isa_name(isa), got);
		ok(!memcmp(want, got, sizeof want), "%s finds what plain C finds", isa_name(isa));
	}
}

static void
refusals(void)
{
	struct err err;
	struct near near[MAX_K];
	float x[] = {1, 2}, nan[] = {1, NAN}, infinite[] = {INFINITY, 1}, large[] = {1, 1e16f};
	ok(!nearest_new(0, 10, &err) && !nearest_new(NEAREST_COLUMNS + 1, 10, &err) && !nearest_new(2, 0, &err),
	    "no columns, too many, no rows: %s", err.text);
	struct nearest *n = nearest_new(2, 3, &err);
	ok(nearest_find(n, x, 5, 0, near) == 0, "nothing is near where there is nothing");
	ok(nearest_add(n, nan, 0, &err) < 0 && nearest_add(n, infinite, 0, &err) < 0 && nearest_add(n, large, 0, &err) < 0,
	    "no row that is not finite: %s", err.text);
	for (int i = 0; i < 3; i++)
		nearest_add(n, x, 0, &err);
	ok(nearest_add(n, x, 0, &err) < 0 && strstr(err.text, "full"), "no row more than was said: %s", err.text);
	ok(nearest_find(n, nan, 5, 0, near) == 0 && nearest_find(n, x, 0, 0, near) == 0, "nothing is near to NaN, and no 0 nearest");
	ok(nearest_find(n, x, 5, 0, near) == 3 && near[0].index == 0 && near[1].index == 1 && near[2].index == 2
	    && near[2].distance == 0, "k beyond the rows gives them all, ties by who came first");
	nearest_free(n);
	nearest_free(NULL);
}

/* What it is for: most leaves are passed over, and memory is what the header says. */
static void
economy(enum kind kind, size_t columns, double most, double bytes)
{
	enum { N = 20000, LOOKS = 100 };
	struct err err;
	struct rng rng = {.seed = 3};
	struct nearest *n = nearest_new(columns, N, &err);
	struct near near[5];
	float x[NEAREST_COLUMNS];
	double looks = 0;
	for (size_t i = 0; i < N; i++) {
		make(kind, &rng, i, x, columns);
		nearest_add(n, x, 0, &err);
	}
	for (size_t i = 0; i < LOOKS; i++) {
		make(kind, &rng, i, x, columns);
		nearest_find(n, x, 5, 0, near);
		looks += (double)nearest_opened(n) / LOOKS;
	}
	const double a_row = (double)nearest_bytes(n) / N;
	ok(looks < most, "%s, %zu columns: %.0f of %d rows are looked at", kinds[kind], columns, looks, N);
	ok(a_row < bytes, "a row of %zu columns takes %.0f bytes", columns, a_row);
	nearest_free(n);
}

int
main(void)
{
	exactness();
	widths();
	refusals();
	economy(CLUSTERS, 61, 1500, 400);
	economy(UNIFORM, 2, 400, 40);
	economy(UNIFORM, 10, 9000, 115);
	return done();
}
