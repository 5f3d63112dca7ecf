/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of several ways to go on with: probability matching (Goldberg 1990; Thierens 2005, with
 * its floor, so that none is given up). Each way's odds follow how often it has done well lately.
 */
#ifndef OPT_ODDS_H
#define OPT_ODDS_H

#include <stddef.h>

#include "base/rng.h"

enum { ODDS_MAX = 24 };

struct odds {
	size_t n;
	double least;                             /* no way's odds are less */
	double used[ODDS_MAX], credit[ODDS_MAX]; /* lately */
	double p[ODDS_MAX];                       /* they sum up to 1 */
};

/* All alike. floor: the part of the odds that is shared out evenly for ever. */
void odds_init(struct odds *o, size_t n, double floor);
size_t odds_pick(const struct odds *o, struct rng *r);
void odds_hear(struct odds *o, size_t way, double credit); /* another way than there is: nothing */
/* Now and then: what has been heard becomes odds; what was before counts `keep` of what it did. */
void odds_learn(struct odds *o, double keep);

#endif
