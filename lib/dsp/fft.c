/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/fft.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

struct fft {
	size_t n;
	fftwf_plan forward, backward;
	fftw_plan precise;
	struct fft *next;
};

/* FFTW's planner is not thread-safe; executing a plan on new arrays is. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;
static struct fft *plans;

float *
fft_alloc(size_t n)
{
	return fftwf_alloc_real(n ? n : 1);
}

void
fft_release(float *p)
{
	fftwf_free(p);
}

static struct fft *
plan(size_t n)
{
	struct fft *f = calloc(1, sizeof *f);
	float *x = fft_alloc(n), *X = fft_alloc(2 * (n / 2 + 1));
	if (f && x && X) {
		f->n = n;
		f->forward = fftwf_plan_dft_r2c_1d((int)n, x, (fftwf_complex *)X, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
		f->backward = fftwf_plan_dft_c2r_1d((int)n, (fftwf_complex *)X, x, FFTW_ESTIMATE);
	}
	double *d = fftw_alloc_real(n), *D = fftw_alloc_real(2 * (n / 2 + 1));
	if (f && d && D)
		f->precise = fftw_plan_dft_r2c_1d((int)n, d, (fftw_complex *)D, FFTW_ESTIMATE | FFTW_UNALIGNED);
	fftw_free(d);
	fftw_free(D);
	fft_release(x);
	fft_release(X);
	if (f && f->forward && f->backward && f->precise)
		return f;
	free(f);
	return NULL;
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

void
fft_forward(const struct fft *f, const float *x, float *X)
{
	fftwf_execute_dft_r2c(f->forward, (float *)x, (fftwf_complex *)X);
}

void
fft_backward(const struct fft *f, float *X, float *x)
{
	fftwf_execute_dft_c2r(f->backward, (fftwf_complex *)X, x);
}

void
fft_forward_double(const struct fft *f, double *x, double *X)
{
	fftw_execute_dft_r2c(f->precise, x, (fftw_complex *)X);
}
