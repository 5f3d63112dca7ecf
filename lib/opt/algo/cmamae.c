/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMA-MAE (Fontaine and Nikolaidis, "Covariance Matrix Adaptation MAP-Annealing", GECCO 2023):
 * a cell's threshold follows its results slowly, and emitters go where results are over it by the
 * most: between optimising alone and exploring alone, and better than either.
 */
#include "opt/emitter.h"

enum { EMITTERS, BATCH, SIGMA, RATE, FLOOR };
static const struct knob knobs[] = {
    [EMITTERS] = {"emitters", "distributions side by side", 15, 1, 1000, NULL},
    [BATCH] = {"batch", "samples of each in a generation", 36, 4, 10000, NULL},
    [SIGMA] = {"sigma", "how far they reach at first, as a part of each range", 0.1, 1e-6, 1, NULL},
    [RATE] = {"rate", "of a cell's threshold: 0 seeks the best alone, 1 explores like CMA-ME", 0.01, 0, 1, NULL},
    [FLOOR] = {"floor", "threshold of an empty cell: what no good result is below", 0, -1e9, 1e9, NULL},
    {0},
};

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	const struct emitter_settings e = {.emitters = (size_t)s->knobs[EMITTERS], .batch = (size_t)s->knobs[BATCH], .sigma = s->knobs[SIGMA],
	    .rate = s->knobs[RATE], .floor = s->knobs[FLOOR]};
	return emitters_new(space, s, &e, err);
}

const struct algo algo_cmamae = {
    .name = "cmamae",
    .help = "the same with thresholds that rise slowly: between optimising and exploring",
    .knobs = knobs,
    .needs = ALGO_MEASURES,
    .create = create,
    .ask = emitters_ask,
    .tell = emitters_tell,
    .save = emitters_save,
    .load = emitters_load,
    .free = emitters_free,
    .generation = emitters_generation,
    .words = emitters_words,
    .fault = emitters_fault,
};
