/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * To the bottom of a valley, by asking and telling: limited-memory BFGS (Liu and Nocedal 1989) whose slopes and
 * curvatures come from a probe on either side of each number that matters. Probes are as far apart as the steps
 * were long, never infinitesimal, so that noise and small ripples mislead it little. A round is all probes, then four
 * points along the direction; within a round results may come in any order. Whole numbers are probed
 * a level or more away; choices stay.
 *
 * Memory: 23 doubles a coordinate.
 */
#ifndef OPT_QUENCH_H
#define OPT_QUENCH_H

#include "opt/algo.h"

enum { QUENCH_PAIRS = 10, QUENCH_LINE = 4 };

struct quench {
	struct space space; /* the caller's */
	size_t *at;         /* [m]: the coordinates that move, now.m of them */
	double *x, *memory; /* x: the best point, at the beginning of memory[size] */
	double *h, *slope, *curve, *was, *was_slope, *up, *down, *way, *line, *move, *turn;
	size_t size;
	struct {
		uint64_t on, along;          /* at work; the probes are told, now along the line */
		uint64_t m, round, asked, told, heard, pairs, failed, seen;
		double f, begun, gained[QUENCH_LINE], rho[QUENCH_PAIRS];
	} now;
};

int quench_init(struct quench *q, const struct space *space, struct err *err);
void quench_release(struct quench *q);

/* From x, which is worth f (higher is better); width: how far to probe, of each coordinate. */
void quench_begin(struct quench *q, const double *x, double f, const double *width);

/* A point, and by what names it is told; false: none before more is told. */
bool quench_ask(struct quench *q, double *x, double *round, double *slot);
void quench_tell(struct quench *q, double round, double slot, double f);

/* After other results have been heard: what is still out after more than `patience` of them is given up. */
void quench_wait(struct quench *q, uint64_t heard, uint64_t patience);

void quench_save(const struct quench *q, struct blob *b);
void quench_load(struct quench *q, struct blob *b);

#endif
