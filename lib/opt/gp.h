/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Gaussian process (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006):
 * what is known of a function between the points where it has been measured. The covariance is
 * Matérn's with 5/2, a length for every coordinate:
 *
 *     k = s² ((1 + a + a²/3) e^-a + noise [same point]),  a² = 5 sum_d delta_d² / length_d²
 *
 * where delta_d is a difference, or for choices whether they differ; or, if that makes what was measured e^4 times as likely, a
 * tenth of it and nine of what each coordinate is by itself (Duvenaud, Nickisch, Rasmussen, "Additive Gaussian
 * Processes", NIPS 2011; rational quadratic ones, as only one division each):
 *
 *     0.9 s² mean_d 1 / (1 + 2 dims delta_d² / length_d²)
 *
 * which is sure of what is far in all coordinates if each was seen near. Mean and s² are those of greatest
 * likelihood given the rest (their equation 2.43 with a constant basis; s² = y' K^-1 y / n), lengths and noise of greatest
 * posterior, with a log-normal prior of the lengths that grows with the number of coordinates (after Hvarfner, Hellsten,
 * Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions", ICML 2024; ours is shorter: 0.5 dims^(1/4)).
 *
 * What is known grows by rows of the Cholesky factor; all of it is made anew when the lengths change.
 *
 * Memory: max² + 2 GP_MAX_FIT² + max (2 dims + 20) doubles.
 */
#ifndef OPT_GP_H
#define OPT_GP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "opt/gp_lanes.h"

enum { GP_MAX_FIT = 200 };

struct gp {
	size_t dims, max, n;
	const bool *choice; /* [dims]: coordinates that are equal or not; the caller's, lasts */
	double *x;          /* [max][dims] */
	double *y;          /* [max]; may be changed up to gp_factor */
	double *theta;      /* [dims + 1]: logs of the lengths and of the noise */
	double *theta_other; /* [dims + 1]: the same of the other covariance */
	int apart;          /* which it is: whether coordinates matter mostly by themselves */
	double mean, scale; /* s² */
	/* the rest follows from those */
	struct gp_points points; /* the same x, side by side */
	double *inverse;    /* [dims]: 1 / length² */
	double noise;
	size_t stride, factored; /* rows of L that hold */
	double *L;          /* [max][stride]: Cholesky factor of K / s², rows */
	double *alpha;      /* [max]: (K / s²)^-1 (y - mean) */
	double *fit;        /* scratch of gp_fit */
	double *work;       /* scratch of the rest */
	gp_cover *cover;
	gp_gather *gather;
	gp_dot *dot;
	gp_take *take;
	gp_forward *forward;
	gp_back *back;
	gp_corner *corner;
};

int gp_init(struct gp *g, size_t dims, const bool *choice, size_t max, struct err *err);
void gp_release(struct gp *g);

/* The first n points stay; then up to max of them. */
void gp_keep(struct gp *g, size_t n);
void gp_put(struct gp *g, const double *x, double y);

/* Lengths and noise from `count` of the points, which[count], or the first ones if that is NULL: at most GP_MAX_FIT.
   From where they are, and if `from` says so from the prior's lengths with much noise and with little (a short length for
   everything and noise explain the same, and each is a summit of its own), and with the other covariance; the most
   likely is kept. The other covariance is for 2 to 200 coordinates. */
enum { GP_MUCH_NOISE = 1, GP_LITTLE_NOISE = 2, GP_OTHER = 4 };
void gp_fit(struct gp *g, const size_t *which, size_t count, unsigned from);

/* After the last gp_put: before anything is asked of it. */
void gp_factor(struct gp *g);

/* One more point, of which nothing is known but what is expected there (Ginsbourger et al. 2010,
   "Kriging believer"). */
void gp_believe(struct gp *g, const double *x);

/* Expectation and standard deviation (without noise) at up to GP_LANES points x[count][dims]. */
void gp_at(const struct gp *g, const double *x, size_t count, double *mean, double *deviation);

/* The same at one point, with gradients [dims]; those of choices are 0. */
void gp_slope(const struct gp *g, const double *x, double *mean, double *deviation, double *dmean, double *ddeviation);

/* What is expected at the i-th point itself. */
double gp_smooth(const struct gp *g, size_t i);

/* log E max(f - best, 0) where f is normal (Ament et al., "Unexpected Improvements to Expected Improvement
   for Bayesian Optimization", NeurIPS 2023), and its derivatives by mean and deviation (may be NULL). */
double log_improvement(double mean, double deviation, double best, double *by_mean, double *by_deviation);

#endif
