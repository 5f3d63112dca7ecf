/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/eigen.h"

#include <math.h>
#include <string.h>

/* Reduces v (symmetric) to tridiagonal form: diagonal d, subdiagonal e[1..n-1].
   On return v holds the orthogonal matrix of the reduction. */
static void
tridiagonal(size_t n, double *v, double *d, double *e)
{
	for (size_t i = n - 1; i > 0; i--) {
		double *u = v + i * n; /* row i left of the diagonal becomes the Householder vector */
		double scale = 0, h = 0;
		for (size_t k = 0; k < i; k++)
			scale += fabs(u[k]);
		if (i == 1 || scale == 0) {
			e[i] = u[i - 1];
			d[i] = 0;
			continue;
		}
		for (size_t k = 0; k < i; k++) {
			u[k] /= scale;
			h += u[k] * u[k];
		}
		const double f = u[i - 1], g = f >= 0 ? -sqrt(h) : sqrt(h);
		e[i] = scale * g;
		h -= f * g;
		u[i - 1] = f - g;
		/* p = A u / h into e[0..i), K = u'p / 2h, then A -= u q' + q u' with q = p - K u */
		double kk = 0;
		for (size_t j = 0; j < i; j++) {
			v[j * n + i] = u[j] / h;
			double s = 0;
			for (size_t k = 0; k <= j; k++)
				s += v[j * n + k] * u[k];
			for (size_t k = j + 1; k < i; k++)
				s += v[k * n + j] * u[k];
			e[j] = s / h;
			kk += e[j] * u[j];
		}
		kk /= h + h;
		for (size_t j = 0; j < i; j++) {
			const double uj = u[j], q = e[j] - kk * uj;
			e[j] = q;
			for (size_t k = 0; k <= j; k++)
				v[j * n + k] -= uj * e[k] + q * u[k];
		}
		d[i] = h;
	}
	/* Gather the product of the reflections. */
	d[0] = 0;
	for (size_t i = 0; i < n; i++) {
		if (d[i] != 0)
			for (size_t j = 0; j < i; j++) {
				double g = 0;
				for (size_t k = 0; k < i; k++)
					g += v[i * n + k] * v[k * n + j];
				for (size_t k = 0; k < i; k++)
					v[k * n + j] -= g * v[k * n + i];
			}
		d[i] = v[i * n + i];
		v[i * n + i] = 1;
		for (size_t j = 0; j < i; j++)
			v[i * n + j] = v[j * n + i] = 0;
	}
	for (size_t i = 1; i < n; i++)
		e[i - 1] = e[i];
	e[n - 1] = 0;
}

static int
ql_implicit(size_t n, double *d, double *e, double *v)
{
	for (size_t l = 0; l < n; l++)
		for (int round = 0;; round++) {
			size_t m = l;
			for (; m + 1 < n; m++) {
				const double size = fabs(d[m]) + fabs(d[m + 1]);
				if (fabs(e[m]) <= 0x1p-52 * size)
					break;
			}
			if (m == l)
				break;
			if (round == 60)
				return -1;
			double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt(g * g + 1);
			g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
			double s = 1, c = 1, p = 0;
			size_t i = m;
			while (i-- > l) {
				const double f = s * e[i], b = c * e[i];
				e[i + 1] = r = sqrt(f * f + g * g);
				if (r == 0) {
					d[i + 1] -= p;
					e[m] = 0;
					break;
				}
				s = f / r;
				c = g / r;
				g = d[i + 1] - p;
				r = (d[i] - g) * s + 2 * c * b;
				p = s * r;
				d[i + 1] = g + p;
				g = c * r - b;
				for (size_t k = 0; k < n; k++) {
					double *row = v + k * n;
					const double w = row[i + 1];
					row[i + 1] = s * row[i] + c * w;
					row[i] = c * row[i] - s * w;
				}
			}
			if (r == 0 && i + 1 > l)
				continue;
			d[l] -= p;
			e[l] = g;
			e[m] = 0;
		}
	return 0;
}

int
eigen_symmetric(size_t n, const double *a, double *d, double *v, double *work)
{
	if (v != a)
		memcpy(v, a, n * n * sizeof *v);
	for (size_t i = 0; i < n * n; i++)
		if (!isfinite(v[i]))
			return -1;
	tridiagonal(n, v, d, work);
	return ql_implicit(n, d, work, v);
}
