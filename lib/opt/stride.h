/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Normal steps about one point, the best so far, whose size and shape follow what succeeds: the elitist CMA-ES of one parent
 * (Igel, Hansen and Roth 2007), which keeps a factor of the covariance (Suttorp, Hansen and Igel 2009), and learns from
 * what failed badly (Arnold and Hansen 2010). It moves the real coordinates alone.
 *
 * Memory: 16 r² bytes for r real coordinates; a step and what is learnt of it take r² steps each.
 */
#ifndef OPT_STRIDE_H
#define OPT_STRIDE_H

#include "base/rng.h"
#include "opt/algo.h"

struct stride {
	const struct space *space;
	size_t r;            /* real coordinates */
	size_t *real;        /* [r]: which they are */
	struct {
		double size, success; /* of a step; how often one has succeeded lately */
	} now;
	double *path, *to, *back; /* [r], [r][r], its inverse: a step is size to z */
	double *z, *y, *sum;      /* scratch: [r] */
};

/* size: of the first steps. Where there are more than `most` real coordinates, r is 0. */
int stride_init(struct stride *s, const struct space *space, double size, size_t most, struct err *err);
void stride_release(struct stride *s);

/* x, a step from `from`. */
void stride_step(struct stride *s, struct rng *r, const double *from, double *x);

/* Whether a step did well, one of about `beside` that were taken at a time. */
void stride_hear(struct stride *s, bool success, double beside);

/* That a step from `from` to x was the best of its time, or (away) was very bad. */
void stride_follow(struct stride *s, const double *from, const double *x, bool away);

void stride_save(const struct stride *s, struct blob *b);
void stride_load(struct stride *s, struct blob *b);

#endif
