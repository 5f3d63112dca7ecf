/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timbre: the spectrum's mean and spread over time, beside the nearest golden sound's (score/sketch.h). */
#include "score/sketch.h"

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	return sketch_term_score(self, sketch_timbre, "timbre", h, value, why, n_why, err);
}

const struct term term_timbre = {
    .name = "timbre",
    .help = "how like the nearest golden sound in its spectrum, whatever it plays and when",
    .golden = true,
    .create = sketch_term_new,
    .prepare = sketch_term_prepare,
    .score = score,
    .free = sketch_term_free,
};
