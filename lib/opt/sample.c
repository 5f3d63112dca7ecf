/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/sample.h"

#include <stdlib.h>
#include <string.h>

void
latin_hypercube(struct rng *r, size_t n, size_t count, double *x)
{
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < count; i++) { /* a shuffled column, built from the inside out */
			const size_t j = rng_below(r, i + 1);
			x[i * n + k] = x[j * n + k];
			x[j * n + k] = (double)i;
		}
		for (size_t i = 0; i < count; i++)
			x[i * n + k] = (x[i * n + k] + rng_uniform(r)) / (double)count;
	}
}

void
first_points(struct rng *r, const struct space *space, const struct algo_settings *set, double sigma, size_t count,
    double *x)
{
	const size_t n = space->n, known = set->n_starts < count ? set->n_starts : count;
	latin_hypercube(r, n, count, x);
	for (size_t i = known; known && sigma > 0 && i < count; i++)
		for (size_t k = 0; k < n; k++)
			x[i * n + k] = space_levels(space, k) ? set->starts[k] : space_fold(set->starts[k] + sigma * rng_normal(r));
	if (known)
		memcpy(x, set->starts, known * n * sizeof *x);
	for (size_t i = 0; i < count; i++)
		space_settle(space, x + i * n);
}

/* --- Sobol --------------------------------------------------------------------------------- */

/* Polynomials over GF(2) as bits, highest first; products modulo p of degree d. */
static uint32_t
times(uint32_t a, uint32_t b, uint32_t p, int d)
{
	uint32_t product = 0;
	for (; b; b >>= 1) {
		if (b & 1)
			product ^= a;
		a <<= 1;
		if (a >> d & 1)
			a ^= p;
	}
	return product;
}

static uint32_t
power_of_x(uint32_t e, uint32_t p, int d)
{
	uint32_t result = 1, square = d == 1 ? 1 : 2;
	for (; e; e >>= 1) {
		if (e & 1)
			result = times(result, square, p, d);
		square = times(square, square, p, d);
	}
	return result;
}

/* Whether the powers of x modulo p are all but 0. */
static bool
primitive(uint32_t p, int d)
{
	const uint32_t order = (1u << d) - 1;
	if (!(p & 1) || power_of_x(order, p, d) != 1)
		return false;
	uint32_t rest = order;
	for (uint32_t q = 2; q * q <= rest; q++)
		if (rest % q == 0) {
			if (power_of_x(order / q, p, d) == 1)
				return false;
			while (rest % q == 0)
				rest /= q;
		}
	return rest == 1 || rest == order || power_of_x(order / rest, p, d) != 1;
}

/* Initial numbers m of coordinates 1 to 20 (0 has none), by the order of their polynomials. */
static const uint8_t initial[20][7] = {{1}, {1, 3}, {1, 3, 1}, {1, 1, 1}, {1, 1, 3, 3}, {1, 3, 5, 13}, {1, 1, 5, 5, 17},
    {1, 1, 5, 5, 5}, {1, 1, 7, 11, 19}, {1, 1, 5, 1, 1}, {1, 1, 1, 3, 11}, {1, 3, 5, 5, 31}, {1, 3, 3, 9, 7, 49},
    {1, 1, 1, 15, 21, 21}, {1, 3, 1, 13, 27, 49}, {1, 1, 1, 15, 7, 5}, {1, 3, 1, 15, 13, 25}, {1, 1, 5, 5, 19, 61},
    {1, 3, 7, 11, 23, 15, 103}, {1, 3, 7, 13, 13, 15, 69}};

/* v_i = m_i 2^(32 - i); m_i = 2 a_1 m_(i-1) ^ 4 a_2 m_(i-2) ^ ... ^ 2^d m_(i-d) ^ m_(i-d) */
static void
directions(size_t k, uint32_t p, int d, uint32_t *v)
{
	for (int i = 0; i < SOBOL_BITS; i++) {
		uint32_t m;
		if (i < d)
			m = k <= 20 ? initial[k - 1][i] : (uint32_t)(rng_at(k, (uint64_t)i) & ((2u << i) - 1)) | 1;
		else {
			m = v[i - d] ^ v[i - d] << d;
			for (int j = 1; j < d; j++)
				if (p >> (d - j) & 1)
					m ^= v[i - j] << j;
		}
		v[i] = m;
	}
	for (int i = 0; i < SOBOL_BITS; i++)
		v[i] <<= SOBOL_BITS - 1 - i;
}

int
sobol_init(struct sobol *s, size_t n, uint64_t seed, struct err *err)
{
	*s = (struct sobol){.n = n, .seed = seed};
	if (n > SOBOL_MAX)
		return err_set(err, "sobol: %zu coordinates are too many (%d)", n, SOBOL_MAX);
	if (!(s->v = malloc((n + 1) * SOBOL_BITS * sizeof *s->v)))
		return err_set(err, "out of memory");
	for (int i = 0; i < SOBOL_BITS; i++)
		s->v[i] = 1u << (SOBOL_BITS - 1 - i);
	size_t k = 1;
	for (int d = 1; k < n; d++)
		for (uint32_t p = (1u << d) | 1; k < n && p < 2u << d; p += 2)
			if (primitive(p, d)) {
				directions(k, p, d, s->v + k * SOBOL_BITS);
				k++;
			}
	return 0;
}

void
sobol_release(struct sobol *s)
{
	free(s->v);
	*s = (struct sobol){0};
}

static uint32_t
reversed(uint32_t x)
{
	x = (x >> 16) | (x << 16);
	x = (x >> 8 & 0x00ff00ffu) | (x & 0x00ff00ffu) << 8;
	x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
	x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
	return (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
}

/* Each bit is turned by a hash of those above it: from the low end each step lets bits act upwards only
   (Laine and Karras 2011), on the reversed number. */
static uint32_t
scramble(uint32_t x, uint64_t seed)
{
	x = reversed(x);
	x += (uint32_t)seed;
	x ^= x * 0x6c50b47cu;
	x ^= x * 0xb82f1e52u;
	x ^= x * 0xc7afe638u;
	x ^= x * 0x8d22f6e6u;
	return reversed(x ^ (uint32_t)(seed >> 32));
}

void
sobol_point(const struct sobol *s, uint32_t index, double *x)
{
	for (size_t k = 0; k < s->n; k++) {
		uint32_t y = 0;
		for (int i = 0; i < SOBOL_BITS && index >> i; i++)
			if (index >> i & 1)
				y ^= s->v[k * SOBOL_BITS + (size_t)i];
		x[k] = (scramble(y, rng_at(s->seed, k)) + 0.5) * 0x1p-32;
	}
}
