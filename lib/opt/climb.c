/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/climb.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double
dot(const double *a, const double *b, size_t n)
{
	double s = 0;
	for (size_t i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

static bool
held(const struct climb *c, const double *x, const double *g, size_t i)
{
	return c->low[i] >= c->high[i] || (x[i] <= c->low[i] && g[i] <= 0) || (x[i] >= c->high[i] && g[i] >= 0);
}

/* The last steps and what the gradient did, newest at (count - 1) % CLIMB_MEMORY. */
struct memory {
	double *s, *y; /* [CLIMB_MEMORY][n] */
	size_t count;
};

/* The direction up from g, which has zeros where a wall holds. */
static void
direction(const struct memory *m, const double *g, double *d, size_t n)
{
	double a[CLIMB_MEMORY];
	const size_t kept = m->count < CLIMB_MEMORY ? m->count : CLIMB_MEMORY;
	memcpy(d, g, n * sizeof *d);
	for (size_t k = 0; k < kept; k++) {
		const size_t at = (m->count - 1 - k) % CLIMB_MEMORY;
		const double *s = m->s + at * n, *y = m->y + at * n;
		a[k] = dot(s, d, n) / dot(s, y, n);
		for (size_t i = 0; i < n; i++)
			d[i] -= a[k] * y[i];
	}
	const double *s = m->s + (m->count - 1) % CLIMB_MEMORY * n, *y = m->y + (m->count - 1) % CLIMB_MEMORY * n;
	const double scale = kept ? dot(s, y, n) / dot(y, y, n) : 1;
	for (size_t i = 0; i < n; i++)
		d[i] *= scale;
	for (size_t k = kept; k-- > 0;) {
		const size_t at = (m->count - 1 - k) % CLIMB_MEMORY;
		const double b = dot(m->y + at * n, d, n) / dot(m->s + at * n, m->y + at * n, n);
		for (size_t i = 0; i < n; i++)
			d[i] += (a[k] - b) * m->s[at * n + i];
	}
}

double
climb_from(const struct climb *c, double *x, double *work)
{
	const size_t n = c->n;
	double *g = work, *free_g = g + n, *d = free_g + n, *next = d + n, *next_g = next + n;
	struct memory m = {next_g + n, next_g + n + CLIMB_MEMORY * n, 0};
	double f = c->f(c->of, x, g);
	for (int step = 0; step < c->steps && isfinite(f); step++) {
		for (size_t i = 0; i < n; i++)
			free_g[i] = held(c, x, g, i) ? 0 : g[i];
		const double steep = sqrt(dot(free_g, free_g, n));
		if (!(steep > 1e-9))
			break;
		direction(&m, free_g, d, n);
		for (size_t i = 0; i < n; i++)
			if (free_g[i] == 0)
				d[i] = 0;
		if (!(dot(d, free_g, n) > 0)) {
			memcpy(d, free_g, n * sizeof *d);
			m.count = 0;
		}
		double t = m.count ? 1 : c->first_step / steep, value = -INFINITY, gain = 0;
		int tries = 0;
		for (; tries < 12; tries++, t *= 0.3) {
			gain = 0;
			for (size_t i = 0; i < n; i++) {
				next[i] = fmin(fmax(x[i] + t * d[i], c->low[i]), c->high[i]);
				gain += (next[i] - x[i]) * g[i];
			}
			value = c->f(c->of, next, next_g);
			if (value >= f + 1e-4 * gain && isfinite(value))
				break;
		}
		if (tries == 12) {
			if (!m.count)
				break;
			m.count = 0; /* once more, straight up */
			continue;
		}
		/* of -f, which is to be convex: s.y > 0 */
		double *s = m.s + m.count % CLIMB_MEMORY * n, *y = m.y + m.count % CLIMB_MEMORY * n;
		for (size_t i = 0; i < n; i++) {
			s[i] = next[i] - x[i];
			y[i] = g[i] - next_g[i];
		}
		const double sy = dot(s, y, n);
		if (sy > 1e-12 * sqrt(dot(s, s, n) * dot(y, y, n)) && sy > 0)
			m.count++;
		const double least = (c->enough > 0 ? c->enough : 1e-7) * (1 + fabs(f));
		const bool done = value - f < least && gain < 10 * least;
		memcpy(x, next, n * sizeof *x);
		memcpy(g, next_g, n * sizeof *g);
		f = value;
		if (done)
			break;
	}
	return f;
}
