/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Uphill within walls: limited-memory BFGS (Liu and Nocedal 1989, two-loop recursion) on the
 * coordinates that are not held by a wall (projected as in Bertsekas 1982), with backtracking.
 */
#ifndef OPT_CLIMB_H
#define OPT_CLIMB_H

#include <stddef.h>

enum { CLIMB_MEMORY = 6 };

/* A function to be made large: its value at x[n] and its gradient. -INFINITY or NaN: not to be entered. */
struct climb {
	size_t n;
	double (*f)(void *of, const double *x, double *gradient);
	void *of;
	const double *low, *high; /* [n] */
	double first_step;        /* length of the first step */
	int steps;                /* at most; each takes one to about eight values */
	double enough;            /* the end where a step gains less than this part of the value; 0: 1e-7 */
};

/* Numbers of scratch for climb_from. */
static inline size_t
climb_work(size_t n)
{
	return (2 * CLIMB_MEMORY + 5) * n;
}

/* From x[n], where it ends too; returns the value there. */
double climb_from(const struct climb *c, double *x, double *work);

#endif
