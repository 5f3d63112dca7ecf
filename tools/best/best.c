/* SPDX-License-Identifier: GPL-3.0-or-later */
/* best: the takes of a stream with the highest fitness, best first. */
#include <math.h>
#include <stdlib.h>

#include "wire/stage.h"

static struct stage_where where = {"-", "-", false};
static int count = 1;

static const struct cli_option options[] = {
    {'n', "count", CLI_INT, &count, "N", 1, 1000000, .help = "how many"},
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

/* Takes without a score come last; of equals the earlier comes first. */
static double
fitness(const struct take *t)
{
	return *t->m->error || !t->m->n_scores || isnan(t->m->fitness) ? -INFINITY : t->m->fitness;
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 0)
		return cli_usage(&cli, "unexpected operand '%s'", argv[1]);
	struct stage s;
	if (stage_open(&s, &where, "kept") < 0)
		return EXIT_FAILED;
	struct take **kept = calloc((size_t)count + 1, sizeof *kept), *t;
	if (!kept)
		die(EXIT_FAILED, "out of memory for %d takes", count);
	int have = 0;
	while ((t = stage_next(&s))) {
		int at = have;
		while (at > 0 && fitness(kept[at - 1]) < fitness(t)) {
			kept[at] = kept[at - 1];
			at--;
		}
		kept[at] = t;
		if (++have > count)
			take_free(kept[--have]);
	}
	for (int i = 0; i < have; i++)
		stage_emit(&s, kept[i]);
	free(kept);
	return stage_close(&s);
}
