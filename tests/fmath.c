/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our own transcendental functions against long double ones. */
#include "base/fmath.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "tap.h"

static double worst;

static void
compare(double got, long double want)
{
	const double e = (double)fabsl((got - want) / (want == 0 ? 1 : want));
	if (!(e <= worst))
		worst = e;
}

#define CHECK(name, limit, lo, hi, got, want)                                             \
	do {                                                                              \
		struct rng r = {1, 0};                                                    \
		worst = 0;                                                                \
		for (int i = 0; i < 100000; i++) {                                        \
			const double x = (lo) + ((hi) - (lo)) * rng_uniform(&r);          \
			compare(got, want);                                               \
		}                                                                         \
		ok(worst < (limit), "%s: worst relative error %.3g", name, worst);        \
	} while (0)

int
main(void)
{
	CHECK("exp", 1e-15, -700, 700, fm_exp(x), expl(x));
	CHECK("exp near 0", 1e-15, -1, 1, fm_exp(x), expl(x));
	CHECK("exp2", 1e-15, -1000, 1000, fm_exp2(x), exp2l(x));
	CHECK("log", 1e-15, 1e-300, 10, fm_log(x), logl(x));
	CHECK("log near 1", 1e-15, 0.5, 2, fm_log(x), logl(x));
	CHECK("log2", 2e-15, 0.01, 100, fm_log2(x), log2l(x));
	CHECK("log10", 2e-15, 1e-10, 1e10, fm_log10(x), log10l(x));
	CHECK("pow", 1e-14, 0, 8, fm_pow(x, 3.3), powl(x, 3.3));
	CHECK("sin", 1e-13, -100, 100, fm_sin(x), sinl(x));
	CHECK("sin within a turn", 1e-15, -1.5, 1.5, fm_sin(x), sinl(x));
	CHECK("cos", 1e-13, -100, 100, fm_cos(x), cosl(x));
	CHECK("tan", 1e-15, -0.78, 0.78, fm_tan(x), tanl(x));
	CHECK("atan2", 1e-15, -10, 10, fm_atan2(x, 1.3), atan2l(x, 1.3L + 0 * x));
	CHECK("tanh", 1e-15, -30, 30, fm_tanh(x), tanhl(x));
	CHECK("tanh near 0", 1e-15, -0.6, 0.6, fm_tanh(x), tanhl(x));
	ok(fm_exp(-1000) == 0 && isinf(fm_exp(1000)) && isinf(fm_log(0)) && isnan(fm_log(-1)), "limits");
	ok(fm_exp2(10) == 1024 && fm_log2(1024) == 10 && fm_sin(0) == 0 && fm_cos(0) == 1, "exact cases");
	ok(isnan(fm_exp(NAN)) && isnan(fm_sin(NAN)) && isnan(fm_tanh(NAN)) && isnan(fm_log(NAN)), "NaN stays NaN");

	struct rng r = {7, 0};
	double m = 0, v = 0;
	for (int i = 0; i < 200000; i++) {
		const double x = rng_normal(&r);
		m += x;
		v += x * x;
	}
	ok(fabs(m / 200000) < 0.01 && fabs(v / 200000 - 1) < 0.02, "normal: mean %.4f variance %.4f", m / 200000, v / 200000);
	return done();
}
