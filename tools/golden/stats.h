/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a set covers: numbers over all members that are no copies of others. */
#ifndef GOLDEN_STATS_H
#define GOLDEN_STATS_H

#include "feature/occupancy.h"
#include "feature/rhythm.h"
#include "golden.h"

enum { EDGES = 7 };
struct axis {
	const char *name, *unit;
	double (*of)(const struct member *m);
	double edge[EDGES]; /* below the first, between two, from the last on */
};
enum { AXES = 5 };
extern const struct axis axes[AXES];

struct stats {
	size_t sounds, same, copies, twins, outliers, loops; /* loops: of loop-ness 0.5 and more */
	size_t cover[AXES][EDGES + 1];
	size_t key[25]; /* as key_name counts them; the last: none */
	size_t rhythms; /* with a pattern: of loop-ness 0.5 and more, with a tempo */
	double step[RHYTHM_STEPS]; /* mean over these */
	double swing8, swing16;    /* median of those that have one, 0: none */
	double octave[OCTAVES];    /* mean part of the energy */
};
void stats_of(const struct set *s, struct stats *x);

/* An even spread is a tenth in each octave: twice as much is crowded, a quarter of it free. */
enum { FREE = -1, USUAL = 0, CROWDED = 1 };
int octave_is(double part);

/* Whether a member is the first of its copies. */
static inline bool
counts(const struct member *m)
{
	return m->same < 0 && m->copy < 0;
}

#endif
