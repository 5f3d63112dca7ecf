/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/mel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft.h"
/* four lanes are every machine's; decibels need no more */
#define LANES 4
#include "dsp/lmath.h"

#define LOG_STEP 0.06875177742094912 /* ln(6.4) / 27 */

static double
to_mel(double hz, enum mel_scale scale)
{
	if (scale == MEL_HTK)
		return 2595 * fm_log10(1 + hz / 700);
	return hz < 1000 ? hz * 3 / 200 : 15 + fm_log(hz / 1000) / LOG_STEP;
}

static double
to_hz(double mel, enum mel_scale scale)
{
	if (scale == MEL_HTK)
		return 700 * (fm_pow(10, mel / 2595) - 1);
	return mel < 15 ? mel * 200 / 3 : 1000 * fm_exp(LOG_STEP * (mel - 15));
}

/* A bin's weight in the triangle lo, mid, hi; rounded as librosa rounds it. */
static float
weight(double f, double lo, double mid, double hi)
{
	const double up = (f - lo) / (mid - lo), down = (hi - f) / (hi - mid);
	const float w = (float)fmax(0, fmin(up, down));
	return (float)(w * (2 / (hi - lo)));
}

static void
fill(struct mel *m, double rate, size_t n_fft, double lo_mel, double step, enum mel_scale scale)
{
	size_t used = 0;
	for (size_t b = 0; b < m->bands; b++) {
		const double lo = to_hz(lo_mel + step * (double)b, scale), mid = to_hz(lo_mel + step * (double)(b + 1), scale),
		             hi = to_hz(lo_mel + step * (double)(b + 2), scale);
		m->at[b] = used;
		m->middle[b] = mid;
		m->first[b] = 0;
		m->count[b] = 0;
		for (size_t k = 0; k < m->bins; k++) {
			const float w = weight((double)k * rate / (double)n_fft, lo, mid, hi);
			if (w < 1e-12f) /* outside, or on its very edge */
				continue;
			if (!m->count[b]++)
				m->first[b] = k;
			m->weights[used++] = w;
		}
	}
}

struct mel *
mel_new(double rate, size_t n_fft, size_t bands, double fmin, double fmax, enum mel_scale scale, struct err *err)
{
	if (fmax <= 0)
		fmax = rate / 2;
	if (!(rate > 0) || !(fmin >= 0 && fmin < fmax) || bands < 1 || bands > 4096 || n_fft < 2 || n_fft > 1 << 20)
		return err_set(err, "no mel bank has %zu bands from %g to %g Hz", bands, fmin, fmax), NULL;
	struct mel *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(err, "out of memory"), NULL;
	m->bands = bands;
	m->bins = n_fft / 2 + 1;
	m->first = calloc(3 * bands, sizeof *m->first);
	m->weights = calloc(2 * m->bins + 2, sizeof *m->weights); /* a bin lies in at most two triangles */
	m->middle = calloc(bands, sizeof *m->middle);
	if (!m->first || !m->weights || !m->middle) {
		mel_free(m);
		return err_set(err, "out of memory"), NULL;
	}
	m->count = m->first + bands;
	m->at = m->count + bands;
	const double lo = to_mel(fmin, scale), hi = to_mel(fmax, scale);
	fill(m, rate, n_fft, lo, (hi - lo) / (double)(bands + 1), scale);
	return m;
}

void
mel_free(struct mel *m)
{
	if (!m)
		return;
	free(m->first);
	free(m->weights);
	free(m->middle);
	free(m);
}

/* Eight sums side by side: one addition need not wait for the last. */
static float
dot(const float *a, const float *b, size_t n)
{
	vf s = splat(0), t = splat(0), x[2], y[2];
	size_t i = 0;
	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		memcpy(x, a + i, sizeof x);
		memcpy(y, b + i, sizeof y);
		s += x[0] * y[0];
		t += x[1] * y[1];
	}
	if (i + LANES <= n) {
		memcpy(x, a + i, sizeof *x);
		memcpy(y, b + i, sizeof *y);
		s += x[0] * y[0];
		i += LANES;
	}
	s += t;
	float sum = (lane_get(s, 0) + lane_get(s, 1)) + (lane_get(s, 2) + lane_get(s, 3));
	for (; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

void
mel_apply(const struct mel *m, const float *power, size_t frames, float *out)
{
	for (size_t t = 0; t < frames; t++, power += m->bins)
		for (size_t b = 0; b < m->bands; b++)
			*out++ = dot(power + m->first[b], m->weights + m->at[b], m->count[b]);
}

int
mel_power(const struct mel *m, const struct stft *s, const float *x, size_t n, float *out)
{
	static mel_beside_run *const beside[] = ISA_TABLE(mel_beside);
	const size_t frames = stft_frames(s, n);
	struct stft_room room;
	float *power = fft_alloc(STFT_LANES * (stft_bins(s) + 1)); /* and their sums */
	const int got = stft_room_init(&room, s) < 0 || !power ? -1 : 0;
	for (size_t t = 0, some; got == 0 && t < frames; t += some) {
		int set;
		size_t number[STFT_LANES];
		const size_t lanes = stft_lanes(frames - t, &set);
		some = frames - t < lanes ? frames - t : lanes;
		for (size_t i = 0; i < some; i++)
			number[i] = t + i;
		stft_side_by_side(s, &room, x, n, number, some, power);
		beside[set](m, power, some, out + t * m->bands);
	}
	stft_room_release(&room);
	fft_release(power);
	return got;
}

static inline vf
decibels(const float *x, float low, float zero, size_t some)
{
	vf v = splat(low);
	memcpy(&v, x, some * sizeof *x);
	return lm_log2(vmax(v, splat(low))) * 3.010299956639812f - zero;
}

void
power_to_db(const float *x, size_t n, float ref, float top_db, float *out)
{
	const float low = 1e-10f, zero = (float)(10 * fm_log10(fmax(low, ref)));
	vf v, top = splat(-INFINITY);
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		v = decibels(x + i, low, zero, LANES);
		memcpy(out + i, &v, sizeof v);
		top = vmax(v, top);
	}
	if (i < n) { /* what fills the end is no louder than anything */
		v = decibels(x + i, low, zero, n - i);
		memcpy(out + i, &v, (n - i) * sizeof *out);
		top = vmax(v, top);
	}
	float floor_db = lane_get(top, 0);
	for (int l = 1; l < LANES; l++)
		floor_db = lane_get(top, l) > floor_db ? lane_get(top, l) : floor_db;
	floor_db -= top_db;
	for (i = 0; top_db > 0 && i + LANES <= n; i += LANES) {
		memcpy(&v, out + i, sizeof v);
		v = vmax(v, splat(floor_db));
		memcpy(out + i, &v, sizeof v);
	}
	for (; top_db > 0 && i < n; i++)
		out[i] = out[i] < floor_db ? floor_db : out[i];
}

void
dct_matrix(float *m, size_t rows, size_t n)
{
	for (size_t k = 0; k < rows; k++)
		for (size_t i = 0; i < n; i++)
			m[k * n + i] = (float)(sqrt((k ? 2.0 : 1.0) / (double)n)
			    * fm_cos(3.14159265358979323846 * (double)k * (2 * (double)i + 1) / (2 * (double)n)));
}

void
dct_apply(const float *m, size_t rows, size_t n, const float *x, size_t frames, float *out)
{
	for (size_t t = 0; t < frames; t++)
		for (size_t k = 0; k < rows; k++)
			*out++ = dot(x + t * n, m + k * n, n);
}
