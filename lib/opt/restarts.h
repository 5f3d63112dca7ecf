/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a population has settled, and how large the next one is: larger each time (IPOP: Auger and Hansen, "A restart CMA
 * evolution strategy with increasing population size", CEC 2005), or by turns with small ones, so that both have as many
 * evaluations (BIPOP: Hansen, "Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed", GECCO 2009).
 */
#ifndef OPT_RESTARTS_H
#define OPT_RESTARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum restarts_kind { RESTARTS_NONE, RESTARTS_IPOP, RESTARTS_BIPOP };
enum { RESTARTS_HISTORY = 256 };

struct restarts {
	enum restarts_kind kind;
	double growth;    /* of the population */
	double patience;  /* evaluations without a gain that it has settled after, and the part of the best that is none */
	double tolerance;
	size_t first;     /* population */
	struct {
		uint64_t count, large;    /* large: the last large population */
		uint64_t begun, spent[2]; /* asked before this one; by large and by small ones */
		uint64_t small;           /* this one is */
		double best[RESTARTS_HISTORY]; /* best fitness of the last generations, a ring */
	} now;
};

/* Sets out: `asked` were before it. */
void restarts_begin(struct restarts *r, uint64_t asked);
/* Takes note of a generation's best, counted from 1. true: those of the last ones are all the same. */
bool restarts_settled(struct restarts *r, uint64_t generation, size_t lambda, double best);
/* The population of the next one, after one of lambda; restarts_begin comes after. */
size_t restarts_next(struct restarts *r, struct rng *rng, size_t lambda, uint64_t asked);

#endif
