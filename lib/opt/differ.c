/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/differ.h"

#include <math.h>

#include "base/fmath.h"

enum { WALK = 256 };
#define TWO  5.0 /* CR of sparse is up to this over n: one coordinate surely, and a fourth of this */
#define STAY 0.3 /* of CR, for choices in dense trials */
#define ANY  0.1 /* of the choices that cross over in sparse trials */

void
differ_forget(struct differ_history *h)
{
	for (size_t i = 0; i < DIFFER_HISTORY; i++)
		h->f[i] = h->cr[i] = 0.5;
}

/* Cauchy about m, in (0, 1]. */
static double
draw_f(struct rng *r, double m)
{
	for (int i = 0; i < 100; i++) {
		const double angle = 3.141592653589793 * (rng_uniform(r) - 0.5);
		const double f = m + 0.1 * fm_sin(angle) / fm_cos(angle);
		if (f > 0)
			return fmin(f, 1);
	}
	return 0.5;
}

void
differ_draw(const struct differ_history *h, int way, size_t n, struct rng *r, double *f, double *cr)
{
	const size_t slot = rng_below(r, DIFFER_HISTORY);
	*f = draw_f(r, h->f[slot]);
	*cr = way == DIFFER_SPARSE ? fmin(1, TWO / (double)n) * rng_uniform(r) * rng_uniform(r)
	    : h->cr[slot] < 0 ? 0 : fmin(fmax(h->cr[slot] + 0.1 * rng_normal(r), 0), 1);
}

void
differ_gain(struct differ_gains *g, double w, double f, double cr)
{
	g->w += w;
	g->f += w * f;
	g->f2 += w * f * f;
	g->cr += w * cr;
	g->cr2 += w * cr * cr;
}

/* Weighted Lehmer means; a CR of which nothing but 0 worked stays (below) 0. */
void
differ_learn(struct differ_history *h, const struct differ_gains *g)
{
	if (!(g->w > 0))
		return;
	const size_t k = h->turn++ % DIFFER_HISTORY;
	h->f[k] = g->f2 / g->f;
	h->cr[k] = h->cr[k] >= 0 && g->cr > 0 ? g->cr2 / g->cr : -1;
}

/* Rows of which a trial is made; best has rank `top`. */
struct parents {
	const double *x, *best, *a, *b, *c;
	size_t top;
};

/* A row in which coordinate k matters: this one, else the first that is found from a rank on; else this one, in which it
   is what it was when it mattered last. */
static const double *
awake(const struct differ *d, size_t k, const double *row, size_t from)
{
	for (size_t t = 0; t < d->size && t < WALK && !space_active(d->space, row, k); t++) {
		const double *other = d->x + d->rank[(from + t) % d->size] * d->space->n;
		if (space_active(d->space, other, k))
			return other;
	}
	return row;
}

/* The same where coordinate k matters. */
static struct parents
awake_parents(const struct differ *d, size_t k, const struct parents *p)
{
	const size_t from = rng_below(d->rng, d->size);
	return (struct parents){p->x, awake(d, k, p->best, p->top), awake(d, k, p->a, from), awake(d, k, p->b, from + 1),
	    awake(d, k, p->c, from + 2), p->top};
}

/* Where x would go; within [0, 1], half way to the wall at most. */
static double
number(const struct differ *d, const struct parents *p, int way, double f, size_t k)
{
	struct rng *r = d->rng;
	const double x = p->x[k];
	double v = way == DIFFER_SPARSE ? p->a[k] + f * (p->b[k] - p->c[k]) : x + f * (p->best[k] - x) + f * (p->a[k] - p->b[k]);
	v = v < 0 ? x / 2 : v > 1 ? (x + 1) / 2 : v;
	const uint32_t levels = space_levels(d->space, k);
	/* a step too small for a whole number: seldom to any */
	if (levels && level_of(v, levels) == level_of(x, levels) && rng_uniform(r) < 1.0 / (double)d->space->n)
		return rng_uniform(r);
	return v;
}

static double
choice(const struct differ *d, const struct parents *p, int way, size_t k)
{
	struct rng *r = d->rng;
	const uint32_t levels = space_levels(d->space, k);
	const double any = way == DIFFER_SPARSE ? ANY : 1 / (1 + (double)d->space->n), u = rng_uniform(r);
	return u < any ? level_at((uint32_t)rng_below(r, levels), levels) : u < 0.5 + any / 2 ? p->best[k] : p->a[k];
}

static struct parents
pick(const struct differ *d, size_t i)
{
	struct rng *r = d->rng;
	const size_t n = d->space->n;
	size_t a = i, b = i;
	for (int k = 0; k < 50 && a == i; k++)
		a = rng_below(r, d->size);
	for (int k = 0; k < 50 && (b == i || b == a); k++)
		b = rng_below(r, d->size + d->n_gone);
	const size_t c = rng_below(r, d->size), top = rng_below(r, d->top);
	return (struct parents){.x = d->x + i * n, .best = d->x + d->rank[top] * n, .a = d->x + a * n,
	    .b = b < d->size ? d->x + b * n : d->gone + (b - d->size) * n, .c = d->x + c * n, .top = top};
}

void
differ_cross(const struct differ *d, size_t i, int way, double f, double cr, double *u)
{
	struct rng *r = d->rng;
	const size_t n = d->space->n;
	const struct parents all = pick(d, i);
	struct parents some = {0};
	size_t surely = n ? rng_below(r, n) : 0;
	for (int k = 0; k < 50 && n && !space_active(d->space, all.x, surely); k++)
		surely = rng_below(r, n);
	const struct dimension none = {0}, *last = &none;
	for (size_t k = 0; k < n; k++) { /* what k depends on stands before it */
		const struct dimension *of = d->space->dimension ? &d->space->dimension[k] : &none;
		u[k] = all.x[k];
		if (of->of_1 && !space_active(d->space, u, k))
			continue;
		if (of->of_1 && (of->of_1 != last->of_1 || of->when != last->when)) { /* settings of one choice come from the same */
			some = awake_parents(d, k, &all);
			last = of;
		}
		const bool category = space_category(d->space, k);
		const uint32_t levels = space_levels(d->space, k);
		if (k == surely || rng_uniform(r) < (category && way == DIFFER_DENSE ? STAY * cr : cr)) {
			const struct parents *p = of->of_1 ? &some : &all;
			u[k] = category ? choice(d, p, way, k) : number(d, p, way, f, k);
			if (levels) /* what follows may depend on it */
				u[k] = level_at(level_of(u[k], levels), levels);
		}
	}
	space_settle(d->space, u);
}
