/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transcendental functions in double precision that give the same bits on
 * every machine: glibc's do not, because it picks FMA variants at run time.
 * Relative error under 1e-15, tested against long double; the usual
 * limits for infinities and out-of-domain arguments, NaN in gives NaN out.
 * Plain sqrt, floor, fabs, fmin and fmax of libm are exact and may be used.
 */
#ifndef BASE_FMATH_H
#define BASE_FMATH_H

double fm_exp(double x);
double fm_exp2(double x);
double fm_log(double x);
double fm_log2(double x);
double fm_log10(double x);
double fm_pow(double x, double y); /* x > 0, or x == 0 with y > 0; relative error under 1e-14 */
double fm_sin(double x);           /* |x| up to 1e5; beyond, the argument loses bits */
double fm_cos(double x);
double fm_tan(double x);
double fm_atan2(double y, double x);
double fm_tanh(double x);

#endif
