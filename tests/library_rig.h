/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library's patches with random settings, for tests and benches. */
#ifndef TESTS_LIBRARY_RIG_H
#define TESTS_LIBRARY_RIG_H

#include "base/arena.h"
#include "base/rng.h"
#include "synth/open.h"
#include "synth/patch.h"

/* The recipe with its open parameters drawn anew, number i of them; 0: as it stands.
   Parameters belong to a recipe, so every draw has its own copy of them. */
static inline struct recipe
library_draw(const struct recipe *r, struct arena *a, uint64_t i)
{
	struct recipe d = *r;
	struct rng rng = {.seed = rng_at(7, i)};
	d.parts = arena_memdup(a, r->parts, r->n_parts * sizeof *d.parts);
	for (size_t p = 0; p < r->n_parts; p++) {
		struct patch *patch = &d.parts[p].patch;
		patch->params = arena_memdup(a, patch->params, patch->n_params * sizeof *patch->params);
		for (size_t k = 0; i && k < patch->n_params; k++)
			if (patch->params[k].open)
				patch->params[k].value = open_value(&patch->params[k], rng_uniform(&rng));
	}
	return d;
}

#endif
