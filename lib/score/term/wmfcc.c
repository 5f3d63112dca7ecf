/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wmfcc: a measure of the papers as a term (score/measure.h). */
#include "score/likeness.h"
#include "score/measure.h"

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	return measure_term_score(self, LIKENESS_WMFCC, h, value, why, n_why, err);
}

const struct term term_wmfcc = {
    .name = "wmfcc",
    .help = "how like the nearest golden sound by one measure of the papers: cepstra after time warping",
    .golden = true,
    .create = measure_term_new,
    .score = score,
    .free = measure_term_free,
};
