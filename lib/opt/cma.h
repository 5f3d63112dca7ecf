/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A normal distribution that adapts: the heart of CMA-ES (Hansen, "The CMA Evolution
 * Strategy: A Tutorial", arXiv 1604.00772 v2), with active update of the covariance,
 * full or diagonal (Ros and Hansen, "A simple modification in CMA-ES achieving linear time
 * and space complexity", PPSN 2008). Who ranks the samples, and by what, is the caller's.
 *
 * Memory: 3 n² doubles where it is full, O(n) where it is separable.
 */
#ifndef OPT_CMA_H
#define OPT_CMA_H

#include "base/rng.h"
#include "opt/algo.h"

enum cma_model { CMA_FULL, CMA_SEPARABLE };

struct cma {
	size_t n, lambda, mu;
	enum cma_model model;
	double *weight; /* [lambda], the last ones negative */
	double mueff, cc, cs, c1, cmu, damps, chi;
	/* state, with mean to the end of the memory */
	struct {
		double sigma;
		uint64_t generation, last_eigen;
	} now;
	double *mean, *pc, *ps; /* [n] */
	double *D;              /* [n]: roots of C's eigenvalues, or of its diagonal */
	double *C, *B, *T;      /* [n][n]: covariance, its eigenvectors as columns, as rows; separable: C is [n] */
	double *work;           /* [4 n], scratch */
	size_t numbers;         /* of state, from mean on */
};

/* lambda samples a generation, at least 4. */
int cma_init(struct cma *c, size_t n, size_t lambda, enum cma_model model, struct err *err);
void cma_release(struct cma *c);
/* 4 + 3 ln n. */
size_t cma_usual_lambda(size_t n);

/* From now on only the first of a generation count, so many, and none counts against: 1 to lambda. */
void cma_parents(struct cma *c, size_t parents);

/* A sphere about the mean. */
void cma_begin(struct cma *c, const double *mean, double sigma);

/* y = mean + sigma B D z */
void cma_sample(struct cma *c, struct rng *r, double *y);

/* Learns from lambda points, best first. false: the covariance is no longer sane, begin again. */
bool cma_learn(struct cma *c, const double *const *y);

/* The largest standard deviation of a coordinate. */
double cma_spread(const struct cma *c);

void cma_save(const struct cma *c, struct blob *b);
void cma_load(struct cma *c, struct blob *b);

#endif
