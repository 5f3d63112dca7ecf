/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The five nearest among rows that keep coming (base/nearest.h), beside a look at
 * every row in the same run: rows as sounds leave them, numbers without any
 * structure, and archives of few columns.
 *
 * Rows like sounds: sixteen patches of different reach, each a centre and a smooth map
 * of ten knobs to 61 columns, in directions that are partly those of all patches and
 * of falling weight, and a little noise in each column. They are made to be like the
 * summaries of 24,000 sounds of sixteen of our patches at random: the first 1, 4 and 16
 * principal components hold 26, 65 and 90 % of the variance (those sounds: 26, 65, 87), the
 * five nearest among 22,000 are 1.53 away on average (1.64), any two 7.2 (6.6).
 * A file of such rows (floats, 61 a row, in no order) can be named in their place:
 * bench/novel [--json] FILE asks for its last 300 among the others.
 */
#include <stdlib.h>

#include "base/nearest.h"
#include "base/rng.h"
#include "bench.h"

enum { COLUMNS = 61, PATCHES = 16, KNOBS = 10, HIDDEN = 20, K = 5, LOOKS = 300, SCANS = 5, PAGE = 1000 };

/* Sum of three uniform numbers: about normal, deviation 1. */
static float
noise(struct rng *rng)
{
	return (float)(2 * (rng_uniform(rng) + rng_uniform(rng) + rng_uniform(rng)) - 3);
}

struct patch {
	float reach, centre[COLUMNS], turn[KNOBS][HIDDEN], weigh[HIDDEN][COLUMNS];
};

static struct patch patches[PATCHES];

static void
make_patches(void)
{
	struct rng rng = {.seed = 1};
	float all[HIDDEN][COLUMNS], reach = 0.45f;
	for (int h = 0; h < HIDDEN; h++)
		for (int c = 0; c < COLUMNS; c++)
			all[h][c] = noise(&rng);
	for (struct patch *p = patches; p < patches + PATCHES; p++, reach *= 1.097f) { /* to 1.8 */
		p->reach = reach;
		for (int c = 0; c < COLUMNS; c++)
			p->centre[c] = 2.1f * noise(&rng) / (1 + 0.4f * (float)c);
		for (int k = 0; k < KNOBS; k++)
			for (int h = 0; h < HIDDEN; h++)
				p->turn[k][h] = noise(&rng);
		for (int h = 0; h < HIDDEN; h++) {
			const float weight = 0.43f * reach / (1 + 0.6f * (float)h), shared = fabsf(noise(&rng));
			for (int c = 0; c < COLUMNS; c++)
				p->weigh[h][c] = weight * (shared * all[h][c] + 0.5f * noise(&rng));
		}
	}
}

static void
like_a_sound(struct rng *rng, float *x, int columns)
{
	const struct patch *p = &patches[rng_below(rng, PATCHES)];
	float hidden[HIDDEN] = {0};
	for (int k = 0; k < KNOBS; k++) {
		const float knob = (float)(2 * rng_uniform(rng) - 1);
		for (int h = 0; h < HIDDEN; h++)
			hidden[h] += knob * p->turn[k][h];
	}
	for (int c = 0; c < columns; c++)
		x[c] = p->centre[c] + 0.12f * p->reach * noise(rng);
	for (int h = 0; h < HIDDEN; h++) {
		const float s = hidden[h] / (1 + fabsf(hidden[h]));
		for (int c = 0; c < columns; c++)
			x[c] += s * p->weigh[h][c];
	}
}

static void
without_structure(struct rng *rng, float *x, int columns)
{
	for (int c = 0; c < columns; c++)
		x[c] = (float)rng_uniform(rng);
}

static void
fail(const struct err *err)
{
	fprintf(stderr, "bench/novel: %s\n", err->text);
	exit(1);
}

/* Milliseconds a look, in what way there is; the answers must be the same. */
static void
looks(struct nearest *n, const float *x, int columns, const char *what)
{
	struct near found[LOOKS][K], plain[K];
	char name[64];
	double t = bench_cpu(), scan = 1e9;
	for (int i = 0; i < LOOKS; i++)
		nearest_find(n, x + i * columns, K, 0, found[i]);
	t = (bench_cpu() - t) / LOOKS;
	for (int i = 0; i < SCANS; i++) {
		const double from = bench_cpu();
		nearest_scan(n, x + i * columns, K, 0, plain);
		scan = fmin(scan, bench_cpu() - from);
		if (memcmp(plain, found[i], sizeof plain)) {
			fprintf(stderr, "bench/novel: the nearest are not those of the scan\n");
			exit(1);
		}
	}
	snprintf(name, sizeof name, "%s, %zu", what, nearest_rows(n));
	bench_say(name, 1e3 * t, "ms/look", "a look at every row", 1e3 * scan);
}

/* Adds rows up to `most`, with looks at every power of ten from `least`. */
static void
grow(const char *what, void (*make)(struct rng *, float *, int), int columns, size_t least, size_t most, size_t bytes)
{
	struct err err;
	struct rng rng = {.seed = 2};
	struct nearest *n = nearest_new((size_t)columns, most, &err);
	float *x = malloc(LOOKS * (size_t)columns * sizeof *x), *page = malloc(PAGE * (size_t)columns * sizeof *page);
	double adding = 0, longest = 0;
	for (int i = 0; i < LOOKS; i++)
		make(&rng, x + i * columns, columns);
	for (size_t rows = 0, next = least; rows < most;) {
		for (int i = 0; i < PAGE; i++)
			make(&rng, page + i * columns, columns);
		const double from = bench_cpu();
		for (int i = 0; i < PAGE; i++)
			if (nearest_add(n, page + i * columns, 0, &err) < 0)
				fail(&err);
		adding += bench_cpu() - from;
		longest = fmax(longest, bench_cpu() - from);
		if ((rows += PAGE) == next) {
			looks(n, x, columns, what);
			next *= 10;
		}
	}
	if (bytes) {
		char name[64];
		snprintf(name, sizeof name, "%s, adding one of %zu", what, most);
		bench_say(name, 1e6 * adding / (double)most, "us/row", NULL, 0);
		bench_say("  the longest that 1,000 rows took", 1e3 * longest, "ms", NULL, 0);
		bench_say("  memory", (double)nearest_bytes(n) / (double)most, "bytes/row", NULL, 0);
	}
	nearest_free(n);
	free(x);
	free(page);
}

/* Rows of a file. */
static void
measured(const char *path)
{
	struct err err;
	FILE *f = fopen(path, "rb");
	float x[LOOKS][COLUMNS], row[COLUMNS];
	struct nearest *n = nearest_new(COLUMNS, UINT32_MAX, &err);
	for (size_t i = 0; f && fread(row, sizeof row, 1, f) == 1; i++) {
		if (i >= LOOKS && nearest_add(n, x[i % LOOKS], 0, &err) < 0)
			fail(&err);
		memcpy(x[i % LOOKS], row, sizeof row);
	}
	if (!f || nearest_rows(n) < LOOKS)
		fail((err_set(&err, "%s: fewer than %d rows", path, 2 * LOOKS), &err));
	fclose(f);
	looks(n, *x, COLUMNS, "rows of the file");
	nearest_free(n);
}

int
main(int argc, char **argv)
{
	bench_begin(argc, argv, "the five nearest among rows that keep coming, one core");
	if (argc > 1 && argv[argc - 1][0] != '-')
		return measured(argv[argc - 1]), 0;
	make_patches();
	grow("like sounds", like_a_sound, COLUMNS, 1000, 1000000, 1);
	grow("no structure, 61 columns", without_structure, COLUMNS, 100000, 100000, 0);
	grow("no structure, 2 columns", without_structure, 2, 100000, 100000, 0);
	grow("no structure, 4 columns", without_structure, 4, 100000, 100000, 0);
	grow("no structure, 10 columns", without_structure, 10, 100000, 100000, 0);
	return 0;
}
