/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a normal distribution lacks for coordinates that are not real.
 *
 * Integers: a margin (Hamano, Saito, Nomura and Shirakawa, "CMA-ES with Margin", GECCO 2022):
 * mean and scale are moved so that both neighbouring levels keep a probability.
 *
 * Categories: each has a probability a level, learnt by the natural gradient of the ranked
 * samples with a step that adapts to how much of it is signal (Akimoto, Shirakawa, Yoshinari,
 * Uchida, Saito and Nishida, "Adaptive Stochastic Natural Gradient Method for One-Shot Neural
 * Architecture Search", ICML 2019), and a margin below which none falls (Hamano et al.,
 * "CatCMA", GECCO 2024).
 */
#ifndef OPT_DISCRETE_H
#define OPT_DISCRETE_H

#include "opt/cma.h"
#include "opt/kinds.h"

/* Coordinate i of c, an integer of `levels` in [0, 1], keeps a probability of about alpha to leave its level. */
void discrete_margin(struct cma *c, size_t i, uint32_t levels, double alpha);

struct categories {
	size_t n, total; /* of all levels */
	uint32_t *levels; /* [n] */
	double sure;      /* chance that no category leaves its level for what the margin alone gives others */
	struct {
		double delta, gamma; /* step, and what has come into `path` of one */
	} now;
	double *p, *path; /* [total]: probabilities; where the gradient has gone */
	double *gradient; /* [total], scratch */
};

int categories_init(struct categories *c, const struct kinds *kinds, struct err *err);
void categories_release(struct categories *c);
/* All levels alike. */
void categories_begin(struct categories *c);
/* Adds weight to levels that are known to be good: one row of n levels, NaN where it does not matter. */
void categories_favour(struct categories *c, const double *level, double weight);

/* A level of each. */
void categories_sample(const struct categories *c, struct rng *r, double *level);
/* From the mu best rows of levels, best first; NaN: it did not matter there. */
void categories_learn(struct categories *c, const double *const *rows, size_t from, const double *weight, size_t mu);

void categories_save(const struct categories *c, struct blob *b);
void categories_load(struct categories *c, struct blob *b);

#endif
