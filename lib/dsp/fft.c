/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/fft.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft_plan.h"

#define V       float
#define T       float
#define K(name) name##_single
#include "dsp/fft_one.h"
#undef V
#undef T
#undef K
#define V       double
#define T       double
#define K(name) name##_double
#include "dsp/fft_one.h"

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;
static struct fft *plans;

float *
fft_alloc(size_t n)
{
	return aligned_alloc(64, ((n ? n : 1) * sizeof(float) + 63) / 64 * 64);
}

void
fft_release(float *p)
{
	free(p);
}

/* cos and sin of 2 pi k / n, from the first eighth of the circle. */
static void
circle(uint64_t k, uint64_t n, double *c, double *s)
{
	k %= n;
	const uint64_t quarter = 4 * k / n, rest = 4 * k % n; /* of 4 n parts */
	const int far = 2 * rest > n;
	const double a = 1.57079632679489661923 * (double)(far ? n - rest : rest) / (double)n;
	const double near_c = fm_cos(a), near_s = fm_sin(a), x = far ? near_s : near_c, y = far ? near_c : near_s;
	*c = quarter == 0 ? x : quarter == 1 ? -y : quarter == 2 ? -x : y;
	*s = quarter == 0 ? y : quarter == 1 ? x : quarter == 2 ? -y : -x;
}

/* The factors of h: odd ones first, then a 2 if there must be one, then 4s. 0, or -1 with a chirp. */
static int
factors(struct fft *f, size_t h)
{
	int twos = 0;
	size_t size = 1, rest = h;
	f->levels = 0;
	for (; rest % 2 == 0; rest /= 2)
		twos++;
	for (unsigned p = 3; rest > 1 && p <= FFT_MAX_RADIX; p += 2)
		for (; rest % p == 0; rest /= p, size *= p)
			f->level[f->levels++] = (struct fft_level){.radix = p, .size = size};
	if (rest > 1)
		return -1;
	for (int i = twos % 2 ? -1 : 0; i < twos / 2; i++) {
		const unsigned p = i < 0 ? 2 : 4;
		f->level[f->levels++] = (struct fft_level){.radix = p, .size = size};
		size *= p;
	}
	return 0;
}

/* Where everything is in the table. */
static void
lay_out(struct fft *f)
{
	size_t at = 0;
	for (int i = 0; i < f->levels; i++) {
		struct fft_level *l = &f->level[i];
		l->turn = at;
		at += 2 * l->size * (l->radix - 1);
		l->root = at;
		at += l->radix % 2 ? 2 * l->radix : 0;
	}
	f->half = at;
	at += f->n % 2 ? 0 : 2 * (f->h / 2 + 1);
	if (f->points != f->h) {
		f->chirp = at;
		at += 2 * f->h;
		f->filter = at;
		at += 2 * f->points;
	}
	f->numbers = at;
}

static void
put(double *to, uint64_t k, uint64_t n, double sign)
{
	circle(k, n, &to[0], &to[1]);
	to[1] *= sign;
}

static double *
numbers(const struct fft *f)
{
	double *t = calloc(f->numbers + 1, sizeof *t), *z = f->chirp ? calloc(2 * f->points, sizeof *z) : NULL;
	if (!t || (f->chirp && !z)) {
		free(t);
		free(z);
		return NULL;
	}
	for (int i = 0; i < f->levels; i++) {
		const struct fft_level *l = &f->level[i];
		double *to = t + l->turn;
		for (size_t k = 0; k < l->size; k++)
			for (unsigned j = 1; j < l->radix; j++, to += 2)
				put(to, j * k, l->radix * l->size, -1);
		for (unsigned q = 0; l->radix % 2 && q < l->radix; q++)
			put(t + l->root + 2 * q, q, l->radix, 1);
	}
	for (size_t k = 0; f->n % 2 == 0 && k <= f->h / 2; k++)
		put(t + f->half + 2 * k, k, f->n, -1);
	if (!f->chirp)
		return t;
	for (uint64_t i = 0; i < f->h; i++) {
		double *c = t + f->chirp + 2 * i;
		put(c, i * i, 2 * f->h, -1);
		const size_t at[2] = {f->place[i], f->place[(f->points - i) % f->points]};
		for (int k = 0; k < 2; k++) {
			z[2 * at[k]] = c[0] / (double)f->points;
			z[2 * at[k] + 1] = -c[1] / (double)f->points;
		}
	}
	levels_double(f, f->levels - 1, z, f->points, t);
	memcpy(t + f->filter, z, 2 * f->points * sizeof *z);
	free(z);
	return t;
}

static void
plan_free(struct fft *f)
{
	if (!f)
		return;
	if (f->in != f->place)
		free(f->in);
	free(f->place);
	free(f->table);
	free(f);
}

static struct fft *
plan(size_t n)
{
	struct fft *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->n = n;
	f->h = f->points = n % 2 ? n : n / 2;
	if (factors(f, f->h) < 0) {
		for (f->points = 1; f->points < 2 * f->h - 1;)
			f->points *= 2;
		factors(f, f->points);
	}
	lay_out(f);
	f->place = malloc(f->points * sizeof *f->place);
	f->in = f->chirp ? malloc(f->h * sizeof *f->in) : f->place;
	f->table = malloc((f->numbers + 1) * sizeof *f->table);
	if (!f->place || !f->in || !f->table)
		return plan_free(f), NULL;
	for (size_t i = 0; i < f->points; i++) {
		size_t at = 0, rest = i;
		for (int l = f->levels - 1; l >= 0; l--) {
			at += rest % f->level[l].radix * f->level[l].size;
			rest /= f->level[l].radix;
		}
		f->place[i] = (uint32_t)at;
	}
	for (size_t i = 0; f->chirp && i < f->h; i++)
		f->in[i] = (uint32_t)i;
	double *t = numbers(f);
	if (!t)
		return plan_free(f), NULL;
	for (size_t i = 0; i < f->numbers; i++)
		f->table[i] = (float)t[i];
	free(t);
	return f;
}

const struct fft *
fft_real(size_t n)
{
	if (n < 1 || n > 1 << 28)
		return NULL;
	pthread_mutex_lock(&planner);
	struct fft *f = plans;
	while (f && f->n != n)
		f = f->next;
	if (!f && (f = plan(n))) {
		f->next = plans;
		plans = f;
	}
	pthread_mutex_unlock(&planner);
	return f;
}

int
fft_forward(const struct fft *f, const float *x, float *X)
{
	return forward_single(f, f->table, x, X);
}

int
fft_backward(const struct fft *f, const float *X, float *x)
{
	return backward_single(f, f->table, X, x);
}

const double *
fft_precise(const struct fft *f)
{
	pthread_mutex_lock(&planner);
	if (!f->precise)
		((struct fft *)f)->precise = numbers(f);
	const double *t = f->precise;
	pthread_mutex_unlock(&planner);
	return t;
}

int
fft_forward_double(const struct fft *f, const double *x, double *X)
{
	const double *t = fft_precise(f);
	return t ? forward_double(f, t, x, X) : -1;
}

const struct fft_kernel *const fft_kernels[] = {
    &fft_kernel_scalar, &fft_kernel_sse, &fft_kernel_avx2, &fft_kernel_avx512};

int
fft_kernel_for(size_t count)
{
	const int best = isa_best() - ISA_SCALAR;
	int i = 0;
	while (i < best && fft_kernels[i]->lanes < count)
		i++;
	return i;
}
