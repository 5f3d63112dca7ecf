/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Argument reduction after Cody and Waite (Software Manual for the Elementary
 * Functions, 1980), then Taylor series by Horner's rule; at these ranges they
 * are as short as minimax polynomials to within a term or two.
 */
#include "base/fmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ln 2 and pi/2 in pieces: all but the last have zeros at the end, so that
   small integers times them are exact. */
static const double LN2_HI = 0x1.62e42fee00000p-1, LN2_LO = 0x1.a39ef35793c76p-33;
static const double PIO2_1 = 0x1.921fb54400000p+0, PIO2_2 = 0x1.0b4611a600000p-34,
                    PIO2_3 = 0x1.3198a2e037073p-69;

/* x * 2^k for results that may be subnormal. */
static double
scale2(double x, int k)
{
	for (; k > 1000; k -= 1000)
		x *= 0x1p+1000;
	for (; k < -1000; k += 1000)
		x *= 0x1p-1000;
	const uint64_t u = (uint64_t)(k + 1023) << 52;
	double s;
	memcpy(&s, &u, sizeof s);
	return x * s;
}

/* exp(r) - 1 for |r| <= 1. */
static double
expm1_small(double r)
{
	double p = 1.0 / 20;
	for (int i = 19; i >= 2; i--)
		p = (1 + r * p) / i;
	return r + r * r * p;
}

double
fm_exp(double x)
{
	if (x != x)
		return x;
	if (x > 709.8)
		return INFINITY;
	if (x < -745.2)
		return 0;
	const double k = floor(x * 1.4426950408889634 + 0.5);
	const double hi = x - k * LN2_HI, lo = k * LN2_LO, r = hi - lo;
	/* the rounding of r itself is put back to first order */
	const double e = expm1_small(r);
	return scale2(1 + (e + ((hi - r) - lo)), (int)k);
}

double
fm_exp2(double x)
{
	if (x != x)
		return x;
	if (x >= 1024)
		return INFINITY;
	if (x < -1075)
		return 0;
	const double k = floor(x + 0.5), f = x - k;
	/* f ln 2 in two pieces */
	const double hi = f * LN2_HI, r = hi + f * LN2_LO;
	const double split = 134217729.0 * f, fh = split - (split - f), fl = f - fh;
	const double lo = (fh * LN2_HI - hi) + fl * LN2_HI + f * LN2_LO;
	const double e = expm1_small(r);
	return scale2(1 + (e + ((hi - r) + lo)), (int)k);
}

/* x = 2^k m with m in [sqrt(1/2), sqrt(2)); returns log m. */
static double
log_reduced(double x, int *k)
{
	*k = 0;
	if (x < 0x1p-1022) {
		x *= 0x1p+54;
		*k = -54;
	}
	uint64_t u;
	memcpy(&u, &x, sizeof u);
	*k += (int)(u >> 52) - 1023;
	u = (u & 0xfffffffffffffu) | 0x3ff0000000000000u;
	double m;
	memcpy(&m, &u, sizeof m);
	if (m > 1.4142135623730951) {
		m *= 0.5;
		++*k;
	}
	/* log(1+f) = f - f²/2 + s (f²/2 + R), s = f / (2+f), R = 2 (s²/3 + s⁴/5 + ...) */
	const double f = m - 1, s = f / (2 + f), z = s * s, h = 0.5 * f * f;
	double p = 0;
	for (int i = 25; i >= 3; i -= 2)
		p = z * (2.0 / i + p);
	return f - (h - s * (h + p));
}

static int
log_special(double x, double *y)
{
	if (x > 0 && x < INFINITY)
		return 0;
	*y = x == 0 ? -INFINITY : x > 0 ? INFINITY : NAN;
	return 1;
}

double
fm_log(double x)
{
	double y;
	int k;
	if (log_special(x, &y))
		return y;
	const double l = log_reduced(x, &k);
	return k * LN2_HI + (l + k * LN2_LO);
}

double
fm_log2(double x)
{
	double y;
	int k;
	if (log_special(x, &y))
		return y;
	const double l = log_reduced(x, &k);
	return k + l * 1.4426950408889634;
}

double
fm_log10(double x)
{
	double y;
	int k;
	if (log_special(x, &y))
		return y;
	const double l = log_reduced(x, &k);
	return k * 0.30102999566398120 + l * 0.43429448190325183;
}

double
fm_pow(double x, double y)
{
	if (y == 0 || x == 1)
		return 1;
	if (x == 0)
		return y > 0 ? 0 : INFINITY;
	return fm_exp2(y * fm_log2(x));
}

/* sin and cos of the rest after taking off the nearest multiple of pi/2. */
static int
quadrant(double x, double *s, double *c)
{
	if (!(fabs(x) < 0x1p+30)) {
		*s = *c = NAN;
		return 0;
	}
	const double k = floor(x * 0.63661977236758134 + 0.5);
	const double r = ((x - k * PIO2_1) - k * PIO2_2) - k * PIO2_3, z = r * r;
	double ps = 0, pc = 0;
	for (int i = 19; i >= 3; i -= 2)
		ps = -z / (i * (i - 1)) * (1 + ps);
	for (int i = 20; i >= 2; i -= 2)
		pc = -z / (i * (i - 1)) * (1 + pc);
	*s = r + r * ps;
	*c = 1 + pc;
	return (int)((int64_t)k & 3);
}

double
fm_sin(double x)
{
	double s, c;
	switch (quadrant(x, &s, &c)) {
	case 0: return s;
	case 1: return c;
	case 2: return -s;
	default: return -c;
	}
}

double
fm_cos(double x)
{
	double s, c;
	switch (quadrant(x, &s, &c)) {
	case 0: return c;
	case 1: return -s;
	case 2: return -c;
	default: return s;
	}
}

double
fm_tan(double x)
{
	double s, c;
	return quadrant(x, &s, &c) & 1 ? -c / s : s / c;
}

/* atan(x) for 0 <= x <= 1 */
static double
atan_unit(double x)
{
	const int far = x > 0.41421356237309503;
	const double t = far ? (x - 1) / (x + 1) : x, z = t * t;
	double p = 0;
	for (int i = 45; i >= 3; i -= 2)
		p = -z * (1.0 / i + p);
	const double a = t + t * p;
	return far ? 0.78539816339744828 + (a + 3.061616997868383e-17) : a;
}

double
fm_atan2(double y, double x)
{
	if (x != x || y != y)
		return NAN;
	const double ax = fabs(x), ay = fabs(y);
	double a;
	if (ax == 0 && ay == 0)
		a = 0;
	else if (ax == ay)
		a = 0.78539816339744828;
	else
		a = ay < ax ? atan_unit(ay / ax) : 1.5707963267948966 - (atan_unit(ax / ay) - 6.123233995736766e-17);
	if (signbit(x))
		a = 3.1415926535897931 - (a - 1.2246467991473532e-16);
	return signbit(y) ? -a : a;
}

double
fm_tanh(double x)
{
	const double a = fabs(x);
	double t;
	if (a > 22)
		t = 1;
	else if (a < 0.5) {
		const double e = expm1_small(2 * a);
		t = e / (e + 2);
	} else
		t = 1 - 2 / (fm_exp(2 * a) + 1);
	return x < 0 ? -t : x != x ? x : t;
}
