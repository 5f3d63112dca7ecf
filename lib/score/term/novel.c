/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * novel: how far a sound is from what has been heard already (Lehman and
 * Stanley, "Abandoning objectives", 2011): the mean distance d of its summary
 * vector to the k = 5 nearest among the golden set and the sounds of this run,
 * as d / (d + 3); two sounds of no kinship are about 5 apart.
 *
 *   distance  Euclidean: the columns of the summary are scaled for that. Exact
 *             (base/nearest.h).
 *   order     a sound is held against earlier generations only, never against
 *             its own, so that the scores of a generation are the same in whatever
 *             order its sounds arrive. Sounds without a generation are held against
 *             all that came before.
 *   memory    MAX_ROWS sounds, about 340 bytes each, taken as they come. When it is
 *             full, sounds are held against what is there and no longer kept.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/rng.h"
#include "score/term.h"

enum { K = 5, MAX_ROWS = 1 << 22 };
#define HALF 3.0 /* the distance that is worth one half */

struct row {
	uint64_t proposal; /* a hash of its id and generation; 0: none */
	char name[24];     /* the start of it, for words */
};

struct novel {
	size_t columns;
	struct nearest *heard;
	struct row *row; /* [rows of heard] */
	size_t size;
	uint32_t *known; /* row + 1 by its proposal, from proposal mod slots onwards; 0: free */
	size_t slots;    /* a power of two, at least twice size */
};

static void
destroy(void *self)
{
	struct novel *s = self;
	if (!s)
		return;
	nearest_free(s->heard);
	free(s->row);
	free(s->known);
	free(s);
}

static int
check(struct novel *s, const struct heard *h, struct err *err)
{
	if (!h->summary)
		return err_set(err, "novel: '%s' has no summary vector", h->name);
	if (!s->heard && !(s->heard = nearest_new(h->n_summary, MAX_ROWS, err)))
		return err_prefix(err, "novel");
	if (!s->columns)
		s->columns = h->n_summary;
	if (h->n_summary != s->columns)
		return err_set(err, "novel: '%s' has a summary of %zu columns, the sounds before it %zu", h->name,
		    h->n_summary, s->columns);
	for (size_t i = 0; i < h->n_summary; i++)
		if (!isfinite(h->summary[i]))
			return err_set(err, "novel: column %zu of the summary of '%s' is not finite", i, h->name);
	return 0;
}

/* --- proposals that are known ------------------------------------------------------------ */

static uint64_t
proposal_of(const struct heard *h)
{
	uint64_t id;
	if (!h->id || !h->generation)
		return 0;
	memcpy(&id, h->id, sizeof id);
	return rng_at(id, h->generation);
}

/* Where in known a proposal is, or would be. */
static size_t
slot_of(const struct novel *s, uint64_t proposal)
{
	size_t at = proposal & (s->slots - 1);
	while (s->known[at] && s->row[s->known[at] - 1].proposal != proposal)
		at = (at + 1) & (s->slots - 1);
	return at;
}

static int
grow(struct novel *s, struct err *err)
{
	const size_t size = s->size ? 2 * s->size : 256;
	uint32_t *known = calloc(2 * size, sizeof *known);
	struct row *row = realloc(s->row, size * sizeof *row);
	if (row)
		s->row = row;
	if (!known || !row) {
		free(known);
		return err_set(err, "novel: out of memory for %zu sounds", size);
	}
	free(s->known);
	s->known = known;
	s->slots = 2 * size;
	s->size = size;
	for (size_t i = 0; i < nearest_rows(s->heard); i++)
		if (row[i].proposal)
			known[slot_of(s, row[i].proposal)] = (uint32_t)i + 1;
	return 0;
}

/* Keeps h, unless this very proposal is there already: a search that was killed proposes
   its last generation again, and nothing is to be heard twice for it. */
static int
keep(struct novel *s, const struct heard *h, struct err *err)
{
	const size_t rows = nearest_rows(s->heard);
	const uint64_t proposal = proposal_of(h);
	if (rows == s->size && rows < MAX_ROWS && grow(s, err) < 0)
		return -1;
	const size_t slot = proposal ? slot_of(s, proposal) : 0;
	if (rows == MAX_ROWS || (proposal && s->known[slot]))
		return 0;
	if (nearest_add(s->heard, h->summary, h->generation, err) < 0)
		return err_prefix(err, "novel: '%s'", h->name);
	s->row[rows].proposal = proposal;
	snprintf(s->row[rows].name, sizeof s->row[rows].name, "%s", h->name);
	if (proposal)
		s->known[slot] = (uint32_t)rows + 1;
	return 0;
}

/* --- the term -------------------------------------------------------------------------------- */

static int
remember(void *self, const struct heard *h, struct err *err)
{
	return check(self, h, err) < 0 ? -1 : keep(self, h, err);
}

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	struct novel *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < n_golden; i++) {
		struct heard h = golden[i];
		h.generation = 0;
		if (remember(s, &h, err) < 0) {
			destroy(s);
			return NULL;
		}
	}
	return s;
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	struct novel *s = self;
	struct near near[K];
	double mean = 0;
	if (check(s, h, err) < 0)
		return -1;
	const size_t n = nearest_find(s->heard, h->summary, K, h->generation, near);
	for (size_t i = 0; i < n; i++)
		mean += (double)near[i].distance / (double)n;
	*value = n ? mean / (mean + HALF) : 1;
	if (why && n)
		snprintf(why, n_why, "%.2f from the %zu nearest of %zu heard, %.2f from %s", mean, n, nearest_rows(s->heard),
		    near[0].distance, s->row[near[0].index].name);
	else if (why)
		snprintf(why, n_why, "the first of all");
	return keep(s, h, err);
}

const struct term term_novel = {
    .name = "novel",
    .help = "how far it is from the five nearest of the golden set and all heard before",
    .summary = true,
    .create = create,
    .score = score,
    .remember = remember,
    .free = destroy,
};
