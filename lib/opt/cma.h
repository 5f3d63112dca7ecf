/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A normal distribution that adapts: the heart of CMA-ES (Hansen, "The CMA Evolution
 * Strategy: A Tutorial", arXiv 1604.00772 v2), with active update of the covariance,
 * full, diagonal (Ros and Hansen, "A simple modification in CMA-ES achieving linear time
 * and space complexity", PPSN 2008), or diagonal with a few directions (opt/cma_vkd.h). The
 * full covariance, beside which scales may be learnt apart (opt/cma_dd.h), is sampled by its
 * Cholesky factor (Krause, Arbones and Igel, "CMA-ES with optimal covariance update and storage
 * complexity", NeurIPS 2016), which costs a tenth of its eigenvectors and learns as well. Who ranks
 * the samples, and by what, is the caller's.
 *
 * Memory: 2 n² doubles where it is full, O(lambda n) where it is separable, O((lambda + 80) n) with directions.
 */
#ifndef OPT_CMA_H
#define OPT_CMA_H

#include "base/rng.h"
#include "opt/algo.h"
#include "opt/cma_lanes.h"
#include "opt/ziggurat.h"

enum cma_model { CMA_FULL, CMA_SEPARABLE, CMA_VKD };

struct cma {
	size_t n, lambda, mu, stride; /* stride: n, padded for the lanes; what is padded is 0 */
	enum cma_model model;
	double *weight; /* [lambda + 1], the last ones of lambda negative */
	double mueff, cc, cs, c1, cmu, damps, chi;
	double pace;        /* of learning the covariance, a part of the usual */
	bool hurry, scales; /* scales: learnt on their own (opt/cma_dd.h) */
	/* state, with mean to the end of the memory */
	struct {
		double sigma, fade, quiet; /* fade: of the start in ps; quiet: part of ps that does not matter */
		uint64_t generation, last_factor;
		uint64_t vectors, since;        /* of CMA_VKD: how many; generations since there are more */
		double last_sigma, sigma_drift; /* logarithm, and its change a generation */
		double together;                /* of scales: how far coordinates hang together, from 1 */
	} now;
	double *mean, *pc, *ps; /* [stride] */
	double *scale;          /* [stride]: of each coordinate, which stays outside of C (a margin); 1 */
	double *C;              /* [n][stride], the upper triangle; if it is not full: the diagonal, [stride] */
	double *U;              /* [n][stride]: C = U'U; separable: the diagonal's roots; CMA_VKD: D, and more behind it */
	double *rows;           /* [lambda + 1][stride], scratch: steps in units of sigma and scale */
	double *work, *vkd;     /* scratch */
	size_t numbers;         /* of state, from mean on */
	cma_combine *combine, *squares;
	cma_dots *dots;
	struct ziggurat ziggurat;
};

/* lambda samples a generation, at least 4. */
int cma_init(struct cma *c, size_t n, size_t lambda, enum cma_model model, struct err *err);
void cma_release(struct cma *c);
/* After cma_init: there are only tens of evaluations a coordinate to spend, so the step size is to fall fast. */
void cma_hurry(struct cma *c);
/* The covariance is to be learnt at this part of the usual pace. */
void cma_pace(struct cma *c, double pace);
/* After cma_init of CMA_FULL: scales are learnt apart from how coordinates hang together. */
void cma_decode(struct cma *c);
/* 4 + 3 ln n. */
size_t cma_usual_lambda(size_t n);

/* From now on only the first of a generation count, so many, and none counts against: 1 to lambda. */
void cma_parents(struct cma *c, size_t parents);

/* Sets the rates anew, where what they depend on has changed. */
void cma_rates(struct cma *c);

/* A sphere about the mean. */
void cma_begin(struct cma *c, const double *mean, double sigma);

/* y = mean + sigma scale U' z */
void cma_sample(struct cma *c, struct rng *r, double *y);

/* Learns from lambda points, best first. A coordinate that is NaN did not matter there: it moves nothing.
   false: the covariance is no longer sane, begin again. */
bool cma_learn(struct cma *c, const double *const *y);

/* z[stride] = C^-1/2 y, by its factor, y in units of sigma and scale; returns |z|². */
double cma_whiten(struct cma *c, const double *y, double *z);

/* Coordinate i runs the other way from here on, its mean at `mean`. */
void cma_reflect(struct cma *c, size_t i, double mean);

/* The standard deviation of coordinate i, and the largest of all. */
double cma_deviation(const struct cma *c, size_t i);
double cma_spread(const struct cma *c);

void cma_save(const struct cma *c, struct blob *b);
void cma_load(struct cma *c, struct blob *b);

#endif
