/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rms: a measure of the papers as a term (score/measure.h). */
#include "score/likeness.h"
#include "score/measure.h"

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	return measure_term_score(self, LIKENESS_RMS, h, value, why, n_why, err);
}

const struct term term_rms = {
    .name = "rms",
    .help = "how like the nearest golden sound by one measure of the papers: cosine of the level's envelopes",
    .golden = true,
    .create = measure_term_new,
    .score = score,
    .free = measure_term_free,
};
