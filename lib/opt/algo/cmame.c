/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMA-ME with improvement emitters (Fontaine, Togelius, Nikolaidis, Hoover, "Covariance
 * Matrix Adaptation for the Rapid Illumination of Behavior Space", GECCO 2020): an
 * emitter goes where cells are filled first and bettered second, and begins again at
 * an elite when none of its samples enters the archive.
 */
#include "opt/emitter.h"

enum { EMITTERS, BATCH, SIGMA };
static const struct knob knobs[] = {
    [EMITTERS] = {"emitters", "distributions side by side", 15, 1, 1000, NULL},
    [BATCH] = {"batch", "samples of each in a generation", 36, 4, 10000, NULL},
    [SIGMA] = {"sigma", "how far they reach at first, as a part of each range", 0.1, 1e-6, 1, NULL},
    {0},
};

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	const struct emitter_settings e = {.emitters = (size_t)s->knobs[EMITTERS], .batch = (size_t)s->knobs[BATCH], .sigma = s->knobs[SIGMA],
	    .rate = 1, .fill_first = true};
	return emitters_new(space, s, &e, err);
}

const struct algo algo_cmame = {
    .name = "cmame",
    .help = "distributions that go where the archive of elites grows (improvement emitters)",
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
