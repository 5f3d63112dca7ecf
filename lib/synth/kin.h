/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far two structures are from one another, which of them are of one species, and what work one is.
 *
 * Nodes are aligned as in NEAT, where genes carry the number of their innovation (K. O. Stanley, R. Miikkulainen:
 * Evolving neural networks through augmenting topologies, Evolutionary Computation 10, 2002): here the names of
 * parameters, which mutations keep, are such marks. What has no name in common is aligned by its module and by
 * where it stands: what feeds the same port of aligned nodes first, then one after the other.
 */
#ifndef SYNTH_KIN_H
#define SYNTH_KIN_H

#include "base/arena.h"
#include "synth/patch.h"

/* twin[i]: the node of b that node i of a is, UINT32_MAX: none. Room for a's nodes. -1: out of memory. */
int patch_align(const struct patch *a, const struct patch *b, uint32_t *twin, struct arena *scratch);

struct kinship {
	size_t modules, wires;     /* in common; the outputs are wires */
	size_t modules_of[2], wires_of[2];
	double distance;           /* 1 - common / (all, the common ones once): 0 the same structure, 1 nothing in common */
};

/* Parts are compared in their order. -1: out of memory. */
int recipe_kinship(const struct recipe *a, const struct recipe *b, struct kinship *k, struct err *err);

/* Work to render, in modules that run at the rate: 4 for a room, 1/8 where there is one value a block or bare
   arithmetic; times the oversampling. */
double recipe_work(const struct recipe *r);

/* Species of n recipes, of[i] being the number of its first member: each is of the first species whose first
   member is no further away than `within`, else it founds one. With most > 0 `within` is chosen: as small as may
   be for there to be no more than so many. distance(i, j, of) is asked for j < i. Returns how many. */
size_t kin_species(size_t n, const double *distance, size_t most, double *within, size_t *of);

#endif
