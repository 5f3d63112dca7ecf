/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mss: a measure of the papers as a term (score/measure.h). */
#include "score/likeness.h"
#include "score/measure.h"

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	return measure_term_score(self, LIKENESS_MSS, h, value, why, n_why, err);
}

const struct term term_mss = {
    .name = "mss",
    .help = "how like the nearest golden sound by one measure of the papers: mean difference of mel spectra at three scales",
    .golden = true,
    .create = measure_term_new,
    .score = score,
    .free = measure_term_free,
};
