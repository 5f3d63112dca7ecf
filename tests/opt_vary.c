/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crossover and mutation: where children lie, that only what matters changes, and odds that follow what works. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opt/odds.h"
#include "opt/vary.h"
#include "tap.h"

enum { TRIALS = 20000, N = 8 };

/* A real, a whole number, a choice with settings of its own each, one of which is a choice with a setting. */
static const struct dimension mixed[N] = {
    {.kind = DIMENSION_REAL},
    {DIMENSION_INTEGER, 8, 0, 0, NULL},
    {DIMENSION_CATEGORY, 3, 0, 0, NULL},
    {DIMENSION_REAL, 0, 3, 1, NULL},
    {DIMENSION_REAL, 0, 3, 2 | 4, NULL},
    {DIMENSION_CATEGORY, 2, 3, 2, NULL},
    {DIMENSION_REAL, 0, 6, 2, NULL},
    {.kind = DIMENSION_REAL},
};
static const struct space space = {N, mixed}, line = {1, NULL};

static void
test_numbers(void)
{
	struct rng r = {1, 0};
	struct vary v;
	struct err err;
	vary_init(&v, &line, &r, &err);
	for (int near = 0; near < 2; near++) {
		v.eta = near ? 20 : 2;
		const double a = 0.4, b = 0.6;
		double sum = 0, out = 0, off = 0, far = 0;
		for (int i = 0; i < TRIALS; i++) {
			double x;
			vary_cross(&v, CROSS_SBX, &a, &b, &x);
			sum += x;
			out += x < 0 || x > 1;
			off += x != a;
			far += fabs(x - a) > 0.02 && fabs(x - b) > 0.02;
		}
		ok(out == 0 && fabs(off / TRIALS - 0.5) < 0.02 && fabs(sum / TRIALS - (0.5 * a + 0.5 * 0.5)) < 0.003,
		    "SBX, eta %g: half are the first parent, the rest have their parents' mean", v.eta);
		ok(near ? far / TRIALS < 0.08 : far / TRIALS > 0.2, "%.3f are far from both", far / TRIALS);
		double up = 0, size = 0;
		out = 0;
		for (int i = 0; i < TRIALS; i++) {
			double x = 0.9;
			vary_mutate(&v, MUTATE_POLYNOMIAL, 0, 1, true, &x);
			up += x > 0.9;
			out += x < 0 || x > 1;
			size += fabs(x - 0.9);
		}
		/* each way as often; the mean of a step is its room's part, 1 / (eta + 2) or so */
		ok(out == 0 && fabs(up / TRIALS - 0.5) < 0.02 && (near ? size / TRIALS < 0.04 : size / TRIALS > 0.06),
		    "polynomial, eta %g: up as often as down, %.4f far", v.eta, size / TRIALS);
	}
	const double at = 0.25, wall = 0;
	double x, least = 1, most = 0;
	vary_cross(&v, CROSS_SBX, &wall, &wall, &x);
	ok(x == 0, "equal parents have equal children");
	for (int i = 0; i < TRIALS; i++) {
		vary_cross(&v, CROSS_BLEND, &at, &(double){0.75}, &x);
		least = fmin(least, x);
		most = fmax(most, x);
	}
	ok(fabs(least - 0.1) < 0.01 && fabs(most - 0.9) < 0.01, "BLX goes 0.3 beyond: %.3f to %.3f", least, most);
	double size[2] = {0};
	for (int i = 0; i < TRIALS; i++)
		for (size_t k = 0; k < 2; k++) {
			x = 0.5;
			vary_mutate(&v, MUTATE_STEPS, 4 + 8 * k, 0, true, &x);
			size[k] += fabs(x - 0.5) / TRIALS;
		}
	ok(fabs(size[0] / size[1] / 256 - 1) < 0.1, "steps eight octaves apart: %.5f and %.7f", size[0], size[1]);
	vary_release(&v);
}

static void
test_levels(void)
{
	struct rng r = {2, 0};
	struct vary v;
	struct err err;
	vary_init(&v, &space, &r, &err);
	double changed[N] = {0}, to[3] = {0};
	int still = 0, outside = 0, slept = 0;
	for (int i = 0; i < TRIALS; i++) {
		double x[N] = {0.5, 3.5 / 8, 0.5 / 3, 0.2, 0.3, 0.25, 0.4, 0.6}, was[N], y[N];
		memcpy(was, x, sizeof x);
		vary_mutate(&v, (enum mutation)(i % MUTATE_KINDS), (size_t)i % VARY_SCALES, 1, true, x);
		memcpy(y, x, sizeof y);
		space_settle(&space, y);
		outside += memcmp(x, y, sizeof x) != 0;
		still += !memcmp(x, was, sizeof x);
		for (int k = 0; k < N; k++)
			changed[k] += x[k] != was[k];
		if (x[2] != was[2])
			to[level_of(x[2], 3)]++;
		for (int k = 3; k < 7; k++)
			slept += x[k] != was[k] && !space_active(&space, was, (size_t)k);
	}
	ok(outside == 0, "children are points of the space");
	ok(still == 0, "something has changed each time");
	ok(slept == 0 && changed[6] == 0 && changed[3] > 0, "what does not matter is left alone");
	const double sum = changed[0] + changed[1] + changed[2] + changed[3] + changed[7];
	ok(fabs(changed[2] / sum - 0.2) < 0.02 && fabs(changed[1] / sum - 0.2) < 0.02,
	    "each of the five that matter as often: whole numbers move, choices become another");
	ok(to[0] == 0 && fabs(to[1] / (to[1] + to[2]) - 0.5) < 0.05, "any other choice as often");
	diag("on average %.2f of 5 change", sum / TRIALS);

	/* what wakes takes the values of a good point that has them, all from the same */
	static const double good[3][N] = {{0, 0.5 / 8, 1.5 / 3, 0, 0.11, 0.75, 0.12, 0}, {0, 0.5 / 8, 1.5 / 3, 0, 0.21, 0.75, 0.22, 0},
	    {0, 0.5 / 8, 2.5 / 3, 0, 0.31, 0.25, 0.32, 0}};
	v.good = good[0];
	v.n_good = 3;
	int woken = 0, wrong = 0;
	for (int i = 0; i < TRIALS; i++) {
		double x[N] = {0.5, 3.5 / 8, 0.5 / 3, 0.2, 0.9, 0.25, 0.9, 0.6};
		vary_mutate(&v, MUTATE_ANYWHERE, 0, 0.2, true, x);
		if (level_of(x[2], 3) == 1) {
			woken++;
			wrong += !(x[5] == 0.75 && ((x[4] == 0.11 && x[6] == 0.12) || (x[4] == 0.21 && (x[6] == 0.22 || x[6] == 0.12))
			    || (x[4] == 0.11 && x[6] == 0.22)));
		} else if (level_of(x[2], 3) == 2)
			wrong += x[4] != 0.31;
	}
	ok(woken > 500 && wrong == 0, "settings that wake are those of a good point with the same choice (%d, %d wrong)", woken, wrong);

	/* parents of different choices: settings come along with theirs */
	const double a[N] = {0.1, 0.5 / 8, 0.5 / 3, 0.15, 0.9, 0.25, 0.9, 0.1}, b[N] = {0.3, 2.5 / 8, 1.5 / 3, 0.9, 0.25, 0.75, 0.35, 0.3};
	wrong = 0;
	for (int i = 0; i < TRIALS; i++) {
		double x[N];
		vary_cross(&v, (enum crossover)(1 + i % 3), a, b, x);
		if (level_of(x[2], 3) == 0)
			wrong += x[3] != 0.15 || x[4] != 0.9;
		else
			wrong += x[4] != 0.25 || x[5] != 0.75 || x[6] != 0.35 || x[3] != 0.15;
	}
	ok(wrong == 0, "what matters in one parent alone is that one's");
	vary_release(&v);
}

static void
test_odds(void)
{
	struct odds o;
	struct rng r = {3, 0};
	odds_init(&o, 4, 0.2);
	int late[4] = {0};
	for (int i = 0; i < 4000; i++) {
		const size_t w = odds_pick(&o, &r);
		late[w] += i >= 3000;
		odds_hear(&o, w, w == (i < 2000 ? 1 : 3) && rng_uniform(&r) < 0.5); /* the good way becomes another */
		if (i % 30 == 29)
			odds_learn(&o, 0.9);
	}
	ok(late[3] > 600, "odds follow what works now: %d of the last 1,000", late[3]);
	ok(late[0] > 20 && late[1] > 20 && late[2] > 20, "and give nothing up: %d, %d, %d", late[0], late[1], late[2]);
}

int
main(void)
{
	test_numbers();
	test_levels();
	test_odds();
	return done();
}
