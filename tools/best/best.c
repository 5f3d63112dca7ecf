/* SPDX-License-Identifier: GPL-3.0-or-later */
/* best: the takes of a stream with the highest fitness, best first. */
#include <math.h>
#include <stdlib.h>

#include "feature/summary.h"
#include "wire/cells.h"
#include "wire/stage.h"

static struct stage_where where = {"-", "-", false};
static int count;
static double apart;
static const char *cells, *axes;
static bool drop_failed;

static const struct cli_option options[] = {
    {'n', "count", CLI_INT, &count, "N", 0, 1000000, .help = "how many; 0: one, or with --cells all"},
    {'a', "apart", CLI_DOUBLE, &apart, "D", 0, 1000, .help = "none nearer than this to a better one, by their summaries"},
    {0, "cells", CLI_STRING, &cells, "NAME[=MIN..MAX][/CELLS],...", .help = "the best of each cell of these measures, as in evolve"},
    {0, "axes", CLI_STRING, &axes, "TAKES", .help = "learn the measures pc1 to pc8 from these"},
    {0, "drop-failed", CLI_FLAG, &drop_failed, .help = "leave takes out that failed, which are passed on otherwise"},
    STAGE_OPTIONS(&where),
    {0},
};

static const struct cli cli = {
    .tool = "best",
    .summary = "keep the takes with the highest fitness",
    .usage = "[options] <scored >best",
    .example = "cat kick.takes snare.takes | assay best -n 3 | assay play\n",
    .options = options,
};

struct ranked {
	struct take *take;
	double fitness;  /* -INFINITY for takes without a score */
	uint64_t number; /* in the stream: of equals the earlier comes first */
};

static int
better_first(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;
	if (a->fitness != b->fitness)
		return a->fitness < b->fitness ? 1 : -1;
	return a->number < b->number ? -1 : 1;
}

/* Whether a take is at least so far from all that were chosen before it. */
static bool
stands_apart(const struct take *t, const struct ranked *chosen, size_t n)
{
	const Assay__Tensor *x = take_tensor(t, SUMMARY_NAME);
	for (size_t i = 0; i < n; i++) {
		const Assay__Tensor *y = take_tensor(chosen[i].take, SUMMARY_NAME);
		double sum = 0;
		for (size_t k = 0; k < x->n_data && k < y->n_data; k++)
			sum += ((double)x->data[k] - y->data[k]) * ((double)x->data[k] - y->data[k]);
		if (sqrt(sum) < apart)
			return false;
	}
	return true;
}

/* Sorts, and lets go of what cannot be among the best. Takes that have to stand
   apart may be needed down to the last. */
static size_t
prune(struct ranked *r, size_t n)
{
	size_t kept = 0;
	if (n)
		qsort(r, n, sizeof *r, better_first);
	for (size_t i = 0; i < n; i++) {
		if (kept < (size_t)count && (apart <= 0 || stands_apart(r[i].take, r, kept)))
			r[kept++] = r[i];
		else
			take_free(r[i].take);
	}
	return kept;
}

static void
pass_failed(struct stage *s, struct take *t)
{
	drop_failed ? take_free(t) : (void)stage_emit(s, t);
}

/* Only the elites are held. */
static int
best_of_cells(struct stage *s)
{
	struct take_archive a;
	struct err err;
	struct ranked *r = NULL;
	struct take *t;
	size_t room = 0, place;
	if (take_archive_init(&a, cells, axes, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	for (uint64_t number = 0; (t = stage_next(s)); number++) {
		const int status = take_archive_add(&a, t, &place, &err);
		if (status < 0)
			take_fail(t, "%s", err.text);
		if (*t->m->error) {
			pass_failed(s, t);
			continue;
		}
		if (status == 2 && place == room) {
			room = 2 * room + 256;
			if (!(r = realloc(r, room * sizeof *r)))
				die(EXIT_FAILED, "out of memory for %zu takes", room);
		}
		if (status == 1)
			take_free(r[place].take);
		if (status > 0)
			r[place] = (struct ranked){t, t->m->fitness, number};
		else
			take_free(t);
	}
	count = count ? count : 1000000;
	const size_t n = prune(r, a.archive.filled);
	for (size_t i = 0; i < n; i++)
		stage_emit(s, r[i].take);
	free(r);
	talk_verbose("%zu of %zu cells are filled, the sum of their fitness is %.9g", a.archive.filled, a.archive.cells,
	    archive_sum(&a.archive));
	take_archive_release(&a);
	return stage_close(s);
}

int
main(int argc, char **argv)
{
	int status;
	const int operands = cli_parse(&cli, argc, argv, &status);
	if (operands < 0)
		return status;
	if (operands > 0)
		return cli_usage(&cli, "unexpected operand '%s'", argv[1]);
	if (axes && !cells)
		return cli_usage(&cli, "--axes are for --cells");
	if (apart > 0 && cells)
		return cli_usage(&cli, "--cells keep takes apart by themselves, without --apart");
	struct stage s;
	if (stage_open(&s, &where, "kept") < 0)
		return EXIT_FAILED;
	if (cells)
		return best_of_cells(&s);
	count = count ? count : 1;
	struct ranked *r = NULL;
	struct take *t;
	size_t n = 0, room = 0;
	for (uint64_t number = 0; (t = stage_next(&s)); number++) {
		if (apart > 0 && !take_tensor(t, SUMMARY_NAME)) {
			if (!*t->m->error)
				take_fail(t, "it has no summary to stand apart by: put 'assay features' before");
			pass_failed(&s, t);
			continue;
		}
		if (drop_failed && *t->m->error) {
			take_free(t);
			continue;
		}
		if (n == room && apart <= 0 && n > (size_t)count)
			n = prune(r, n);
		if (n == room) {
			room = room ? 2 * room : 256;
			if (!(r = realloc(r, room * sizeof *r)))
				die(EXIT_FAILED, "out of memory for %zu takes", room);
		}
		const bool scored = !*t->m->error && t->m->n_scores && !isnan(t->m->fitness);
		r[n++] = (struct ranked){t, scored ? t->m->fitness : -INFINITY, number};
	}
	n = prune(r, n);
	for (size_t i = 0; i < n; i++)
		stage_emit(&s, r[i].take);
	free(r);
	return stage_close(&s);
}
