/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMA-ES with active covariance update (Hansen, "The CMA Evolution Strategy: A
 * Tutorial", arXiv 1604.00772 v2; equation numbers below are its), restarted
 * with a doubled population when it has settled (IPOP: Auger and Hansen 2005).
 * The cube's walls are mirrors: the search space is unbounded, and a coordinate
 * is folded into [0, 1] on its way out, so nothing piles up at an edge.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/algo.h"
#include "opt/batch.h"
#include "base/eigen.h"

enum { HISTORY = 256 };

enum { POPULATION, SIGMA };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in the first generation; 0: 4 + 3 ln n", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range", 0.25, 1e-6, 1, NULL},
    {0},
};

struct cmaes {
	struct space space;
	size_t n;
	bool steady;
	double sigma0;
	double *start;
	/* strategy parameters, which follow from n and the population */
	size_t lambda, mu;
	double *weight; /* [lambda], the last ones negative */
	double mueff, cc, cs, c1, cmu, damps, chi;
	/* state: what is saved, with mean to B and the batch */
	struct {
		struct rng rng;
		double sigma;
		uint64_t generation, last_eigen, restarts;
		double best[HISTORY]; /* best fitness of the last generations, a ring */
	} now;
	double *mean, *pc, *ps; /* [n] */
	double *C, *B, *D;      /* covariance, its eigenvectors (columns) and the roots of its eigenvalues */
	struct batch batch;
	double *y, *z, *work; /* scratch: [n] */
};

static void
cmaes_free(void *self)
{
	struct cmaes *s = self;
	if (!s)
		return;
	batch_release(&s->batch);
	space_release(&s->space);
	free(s->start);
	free(s->weight);
	free(s->mean);
	free(s);
}

/* (49) to (58) */
static void
set_strategy(struct cmaes *s)
{
	const double n = (double)s->n, lambda = (double)s->lambda;
	double sum = 0, sum2 = 0, neg = 0, neg2 = 0;
	s->mu = s->lambda / 2;
	for (size_t i = 0; i < s->lambda; i++) {
		const double w = fm_log((lambda + 1) / 2) - fm_log((double)i + 1);
		s->weight[i] = w;
		if (i < s->mu) {
			sum += w;
			sum2 += w * w;
		} else {
			neg += w;
			neg2 += w * w;
		}
	}
	s->mueff = sum * sum / sum2;
	const double mueff_neg = neg * neg / neg2;
	s->cc = (4 + s->mueff / n) / (n + 4 + 2 * s->mueff / n);
	s->cs = (s->mueff + 2) / (n + s->mueff + 5);
	s->c1 = 2 / ((n + 1.3) * (n + 1.3) + s->mueff);
	s->cmu = fmin(1 - s->c1, 2 * (0.25 + s->mueff + 1 / s->mueff - 2) / ((n + 2) * (n + 2) + s->mueff));
	s->damps = 1 + 2 * fmax(0, sqrt((s->mueff - 1) / (n + 1)) - 1) + s->cs;
	s->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
	const double a = fmin(1 + s->c1 / s->cmu,
	    fmin(1 + 2 * mueff_neg / (s->mueff + 2), (1 - s->c1 - s->cmu) / (n * s->cmu)));
	for (size_t i = 0; i < s->lambda; i++)
		s->weight[i] = i < s->mu ? s->weight[i] / sum : a * s->weight[i] / -neg;
}

static void
begin(struct cmaes *s)
{
	const size_t n = s->n;
	set_strategy(s);
	s->now.sigma = s->sigma0;
	s->now.generation = s->now.last_eigen = 0;
	memset(s->pc, 0, n * sizeof *s->pc);
	memset(s->ps, 0, n * sizeof *s->ps);
	memset(s->C, 0, n * n * sizeof *s->C);
	memset(s->B, 0, n * n * sizeof *s->B);
	for (size_t i = 0; i < n; i++) {
		s->C[i * n + i] = s->B[i * n + i] = s->D[i] = 1;
		s->mean[i] = s->now.restarts ? rng_uniform(&s->now.rng) : s->start[i];
	}
}

/* Another population: points that are still out are forgotten. */
static int
resize(struct cmaes *s, size_t lambda, struct err *err)
{
	double *weight = calloc(lambda, sizeof *weight);
	struct batch batch;
	if (!weight)
		return err_set(err, "out of memory for a population of %zu", lambda);
	if (batch_init(&batch, s->n, lambda, s->steady, err) < 0)
		return free(weight), -1;
	batch.asked = s->batch.asked;
	if (s->batch.generation)
		batch.generation = s->batch.generation;
	batch_release(&s->batch);
	free(s->weight);
	s->batch = batch;
	s->weight = weight;
	s->lambda = lambda;
	return 0;
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	const size_t n = space->n;
	if (n == 0)
		return err_set(err, "cmaes: nothing is open"), NULL;
	if (n > 2000)
		return err_set(err, "cmaes: %zu open parameters are too many for a full covariance matrix (2000)", n), NULL;
	struct cmaes *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	*s = (struct cmaes){.n = n, .steady = set->steady, .sigma0 = set->knobs[SIGMA], .now.rng.seed = set->seed};
	s->start = calloc(n, sizeof *s->start);
	double *m = s->mean = calloc(7 * n + 2 * n * n, sizeof *m);
	if (!s->start || !m)
		return err_set(err, "out of memory for %zu parameters", n), cmaes_free(s), NULL;
	if (space_copy(&s->space, space, err) < 0)
		return cmaes_free(s), NULL;
	s->pc = m + n;
	s->ps = m + 2 * n;
	s->D = m + 3 * n;
	s->y = m + 4 * n;
	s->z = m + 5 * n;
	s->work = m + 6 * n;
	s->C = m + 7 * n;
	s->B = s->C + n * n;
	for (size_t i = 0; i < n; i++)
		s->start[i] = set->n_starts ? set->starts[i] : 0.5;
	const size_t usual = 4 + (size_t)(3 * fm_log((double)n) + 1e-9);
	if (resize(s, set->knobs[POPULATION] >= 4 ? (size_t)set->knobs[POPULATION] : usual, err) < 0)
		return cmaes_free(s), NULL;
	begin(s);
	return s;
}

/* x = mean + sigma B D z */
static bool
ask(void *self, uint64_t *number, double *x)
{
	struct cmaes *s = self;
	const size_t n = s->n;
	if (!batch_may_ask(&s->batch))
		return false;
	for (size_t i = 0; i < n; i++)
		s->z[i] = s->D[i] * rng_normal(&s->now.rng);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		for (size_t k = 0; k < n; k++)
			sum += s->B[i * n + k] * s->z[k];
		s->y[i] = s->mean[i] + s->now.sigma * sum;
	}
	*number = batch_ask(&s->batch, s->y);
	for (size_t i = 0; i < n; i++)
		x[i] = space_fold(s->y[i]);
	space_settle(&s->space, x);
	return true;
}

/* z = D^-1 B' y; returns |z|² = y' C^-1 y. */
static double
whiten(const struct cmaes *s, const double *y, double *z)
{
	const size_t n = s->n;
	double norm = 0;
	memset(z, 0, n * sizeof *z);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			z[k] += s->B[i * n + k] * y[i];
	for (size_t k = 0; k < n; k++) {
		z[k] /= s->D[k];
		norm += z[k] * z[k];
	}
	return norm;
}

/* C += w y y' on the lower triangle. */
static void
rank_one(struct cmaes *s, double w, const double *y)
{
	for (size_t i = 0; i < s->n; i++) {
		const double f = w * y[i];
		for (size_t k = 0; k <= i; k++)
			s->C[i * s->n + k] += f * y[k];
	}
}

static void
learn(struct cmaes *s)
{
	const size_t n = s->n;
	const struct point *p = s->batch.told;
	double *step = s->work; /* <y>_w */
	s->now.generation++;

	/* (38), (39): where the better half went */
	memset(step, 0, n * sizeof *step);
	for (size_t i = 0; i < s->mu; i++)
		for (size_t k = 0; k < n; k++)
			step[k] += s->weight[i] * (p[i].x[k] - s->mean[k]) / s->now.sigma;

	/* (40), (41): the path of the step size */
	whiten(s, step, s->z);
	const double f = sqrt(s->cs * (2 - s->cs) * s->mueff);
	double norm = 0;
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		for (size_t k = 0; k < n; k++)
			sum += s->B[i * n + k] * s->z[k];
		s->ps[i] = (1 - s->cs) * s->ps[i] + f * sum;
		norm += s->ps[i] * s->ps[i];
	}
	norm = sqrt(norm);
	const double settled = sqrt(1 - fm_pow(1 - s->cs, 2.0 * (double)s->now.generation));
	const bool hs = norm / settled < (1.4 + 2 / ((double)n + 1)) * s->chi;

	/* (42): the path of the covariance */
	const double g = hs ? sqrt(s->cc * (2 - s->cc) * s->mueff) : 0;
	for (size_t i = 0; i < n; i++)
		s->pc[i] = (1 - s->cc) * s->pc[i] + g * step[i];

	/* (46), (47): covariance; negative weights are scaled so that it stays positive definite */
	double sum = 0;
	for (size_t i = 0; i < s->lambda; i++)
		sum += s->weight[i];
	const double keep = 1 + (hs ? 0 : s->c1 * s->cc * (2 - s->cc)) - s->c1 - s->cmu * sum;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= i; k++)
			s->C[i * n + k] *= keep;
	rank_one(s, s->c1, s->pc);
	for (size_t i = 0; i < s->lambda; i++) {
		double w = s->weight[i];
		for (size_t k = 0; k < n; k++)
			s->y[k] = (p[i].x[k] - s->mean[k]) / s->now.sigma;
		if (w < 0)
			w *= (double)n / fmax(whiten(s, s->y, s->z), 1e-30);
		rank_one(s, s->cmu * w, s->y);
	}
	for (size_t i = 0; i < n; i++)
		s->mean[i] += s->now.sigma * step[i];
	s->now.sigma *= fm_exp(fmin(1, s->cs / s->damps * (norm / s->chi - 1)));

	/* between mirrors one apart, a spread much over a half explores nothing new */
	double widest = 0;
	for (size_t i = 0; i < n; i++)
		widest = fmax(widest, s->C[i * n + i]);
	s->now.sigma = fmin(s->now.sigma, 0.7 / sqrt(fmax(widest, 1e-300)));
}

/* Decomposes C when it has changed enough to matter (lazy: O(n²) a proposal). false: C is no longer sane. */
static bool
decompose(struct cmaes *s)
{
	const size_t n = s->n;
	if ((double)(s->now.generation - s->now.last_eigen) < 1 / ((s->c1 + s->cmu) * (double)n * 10))
		return true;
	s->now.last_eigen = s->now.generation;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			s->C[k * n + i] = s->C[i * n + k];
	if (eigen_symmetric(n, s->C, s->D, s->B, s->work) < 0)
		return false;
	double least = INFINITY, most = 0;
	for (size_t i = 0; i < n; i++) {
		least = fmin(least, s->D[i]);
		most = fmax(most, s->D[i]);
		s->D[i] = sqrt(s->D[i]);
	}
	return least > 0 && most < 1e14 * least;
}

/* It has settled when steps are below what a float parameter can tell apart, or
   the best of the last generations are all the same. */
static bool
stalled(struct cmaes *s)
{
	s->now.best[s->now.generation % HISTORY] = s->batch.told[0].fitness;
	double widest = 0;
	for (size_t i = 0; i < s->n; i++)
		widest = fmax(widest, s->C[i * s->n + i]);
	if (s->now.sigma * sqrt(widest) < 1e-9)
		return true;
	uint64_t span = 10 + (uint64_t)ceil(30.0 * (double)s->n / (double)s->lambda);
	if (span > HISTORY)
		span = HISTORY;
	if (s->now.generation < span)
		return false;
	double lo = INFINITY, hi = -INFINITY;
	for (uint64_t g = 0; g < span; g++) {
		const double b = s->now.best[(s->now.generation - g) % HISTORY];
		lo = fmin(lo, b);
		hi = fmax(hi, b);
	}
	return lo == hi || hi - lo < 1e-13 * fabs(hi);
}

static void
tell(void *self, const struct told *told)
{
	struct cmaes *s = self;
	if (!batch_tell(&s->batch, told->number, told->fitness))
		return;
	batch_sort(&s->batch);
	learn(s);
	const bool again = stalled(s) || !decompose(s);
	batch_clear(&s->batch);
	if (again) {
		s->now.restarts++;
		if (s->lambda < 1024) /* out of memory: go on with the size there is */
			resize(s, 2 * s->lambda, NULL);
		begin(s);
	}
}

static void
save(const void *self, struct blob *b)
{
	const struct cmaes *s = self;
	const uint64_t lambda = s->lambda;
	blob_put(b, &lambda, sizeof lambda);
	blob_put(b, &s->now, sizeof s->now);
	blob_put(b, s->mean, (7 * s->n + 2 * s->n * s->n) * sizeof *s->mean);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct cmaes *s = self;
	uint64_t lambda;
	blob_get(b, &lambda, sizeof lambda);
	if (b->bad || lambda < 4 || lambda > 1 << 20)
		return err_set(err, "the saved state is not one of cmaes");
	if (lambda != s->lambda && resize(s, lambda, err) < 0)
		return -1;
	set_strategy(s);
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, s->mean, (7 * s->n + 2 * s->n * s->n) * sizeof *s->mean);
	batch_load(&s->batch, b);
	return b->bad ? err_set(err, "the saved state is cut short") : 0;
}

static uint64_t
generation(const void *self)
{
	const struct cmaes *s = self;
	return s->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct cmaes *s = self;
	snprintf(text, n, "sigma %.2g, restart %llu", s->now.sigma, (unsigned long long)s->now.restarts);
}

const struct algo algo_cmaes = {
    .name = "cmaes",
    .help = "covariance matrix adaptation, active, with restarts",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = cmaes_free,
    .generation = generation,
    .words = words,
};
