/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * belong: whether it would pass as one of the golden set, like no one of them in
 * particular: 3 / (3 + d), d the mean of the Fréchet and the kernel distance of
 * its summary to those of the set, each over what is usual for the set's own
 * members (score/crowd.h). So a member is worth about 0.75. It counts only as far as
 * the sound is as valid as they are on average: summaries do not hear DC.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/crowd.h"
#include "score/hearing.h"

struct belong {
	struct crowd *crowd;
	size_t columns;
	double validity; /* of the set, on average */
};

static void
destroy(void *self)
{
	struct belong *s = self;
	if (!s)
		return;
	crowd_free(s->crowd);
	free(s);
}

static int
check(const struct belong *s, const struct heard *h, struct err *err)
{
	if (!h->summary || h->n_summary != s->columns)
		return err_set(err, "belong: '%s' has a summary of %zu columns, not %zu", h->name, h->summary ? h->n_summary : 0,
		    s->columns);
	for (size_t i = 0; i < h->n_summary; i++)
		if (!isfinite(h->summary[i]))
			return err_set(err, "belong: column %zu of the summary of '%s' is not finite", i, h->name);
	return 0;
}

static void *
create(const struct heard *golden, size_t n, struct err *err)
{
	if (n < 2)
		return err_set(err, "belong: a set of golden sounds is two at least, not %zu", n), NULL;
	struct belong *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	s->columns = golden->n_summary;
	float *rows = malloc(n * s->columns * sizeof *rows + 1);
	int got = rows ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; i < n && !got; i++) {
		const struct validity *v = heard_validity(&golden[i], err);
		got = v ? check(s, &golden[i], err) : -1;
		if (got)
			break;
		s->validity += v->value / (double)n;
		memcpy(rows + i * s->columns, golden[i].summary, s->columns * sizeof *rows);
	}
	if (!got && !(s->crowd = crowd_new(rows, n, s->columns, err)))
		got = err_prefix(err, "belong");
	free(rows);
	if (!got)
		return s;
	destroy(s);
	return NULL;
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	const struct belong *s = self;
	if (check(s, h, err) < 0)
		return -1;
	const double frechet = crowd_frechet_one(s->crowd, h->summary), kernel = crowd_kernel_one(s->crowd, h->summary);
	const struct validity *v = heard_validity(h, err);
	if (!v)
		return -1;
	*value = validity_beside(s->validity, v->value) * 3 / (3 + (frechet + kernel) / 2);
	if (why)
		snprintf(why, n_why, "%.2f (Frechet) and %.2f (kernel) times as far from the set as one of its own", frechet, kernel);
	return 0;
}

const struct term term_belong = {
    .name = "belong",
    .help = "whether it would pass as one of the golden set: Frechet and kernel distance of its summary",
    .summary = true,
    .golden = true,
    .create = create,
    .score = score,
    .free = destroy,
};
