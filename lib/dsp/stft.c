/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/stft.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft.h"
#include "dsp/fft_plan.h"

struct stft {
	size_t n_fft, hop;
	enum stft_pad pad;
	const struct fft *fft;
	float *window; /* n_fft, zeros around the window proper */
	double *exact; /* the same before rounding */
};

static double
hann(size_t i, size_t n)
{
	const double s = fm_sin(3.14159265358979323846 * (double)i / (double)n);
	return s * s;
}

void
window_hann(float *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w[i] = (float)hann(i, n);
}

struct stft *
stft_new(size_t n_fft, size_t win, size_t hop, enum stft_pad pad, struct err *err)
{
	if (n_fft < 2 || n_fft > 1 << 20 || win < 1 || win > n_fft || hop < 1)
		return err_set(err, "no transform has %zu points, a window of %zu and a hop of %zu", n_fft, win, hop), NULL;
	struct stft *s = malloc(sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	*s = (struct stft){n_fft, hop, pad, fft_real(n_fft), calloc(n_fft, sizeof(float)), calloc(n_fft, sizeof(double))};
	if (!s->fft || !s->window || !s->exact) {
		stft_free(s);
		return err_set(err, "out of memory"), NULL;
	}
	for (size_t i = 0; i < win; i++) {
		const size_t at = (n_fft - win) / 2 + i;
		s->exact[at] = hann(i, win);
		s->window[at] = (float)s->exact[at];
	}
	return s;
}

void
stft_free(struct stft *s)
{
	if (!s)
		return;
	free(s->window);
	free(s->exact);
	free(s);
}

size_t
stft_bins(const struct stft *s)
{
	return s->n_fft / 2 + 1;
}

size_t
stft_frames(const struct stft *s, size_t n)
{
	const size_t whole = s->pad == STFT_NONE ? n : n + s->n_fft / 2 * 2;
	return whole < s->n_fft ? 0 : 1 + (whole - s->n_fft) / s->hop;
}

/* Sample i of x[n], mirrored at the ends as often as it takes. */
static float
mirrored(const float *x, int64_t n, int64_t i)
{
	if (n == 1)
		return x[0];
	if (i > -n && i < 2 * n - 1) /* once does it, mostly */
		return x[i < 0 ? -i : i < n ? i : 2 * (n - 1) - i];
	const int64_t period = 2 * (n - 1);
	i = ((i % period) + period) % period;
	return x[i < n ? i : period - i];
}

static int64_t
start(const struct stft *s, size_t number)
{
	return (int64_t)(number * s->hop) - (s->pad == STFT_NONE ? 0 : (int64_t)(s->n_fft / 2));
}

/* A frame that reaches beyond the ends. */
static void
frame(const struct stft *s, const float *x, size_t n, size_t number, float *out)
{
	/* What lies within x is copied, what does not is zero or mirrored. */
	const int64_t from = start(s, number), end = from + (int64_t)s->n_fft;
	const int64_t first = from < 0 ? 0 : from, last = end < (int64_t)n ? end : (int64_t)n;
	memset(out, 0, s->n_fft * sizeof *out);
	if (first < last)
		memcpy(out + (first - from), x + first, (size_t)(last - first) * sizeof *out);
	if (s->pad != STFT_REFLECT || !n)
		return;
	for (int64_t at = from; at < first && at < end; at++)
		out[at - from] = mirrored(x, (int64_t)n, at);
	for (int64_t at = last > from ? last : from; at < end; at++)
		out[at - from] = mirrored(x, (int64_t)n, at);
}

static const struct fft_kernel *
kernel(size_t count)
{
	return fft_kernels[fft_kernel_for(count)];
}

/* Where the samples of a frame lie: in x, or copied to edge[n_fft] if it reaches beyond the ends. */
static const float *
lie(const struct stft *s, const float *x, size_t n, size_t number, float *edge)
{
	const int64_t at = start(s, number);
	if (at >= 0 && at + (int64_t)s->n_fft <= (int64_t)n)
		return x + at;
	frame(s, x, n, number, edge);
	return edge;
}

int
stft_power(const struct stft *s, const float *x, size_t n, size_t first, size_t count, float *out)
{
	const size_t bins = stft_bins(s), most = kernel(count)->lanes;
	float *work = fft_alloc(fft_work(s->fft) * most), *edge = fft_alloc(s->n_fft * most);
	const int got = work && edge ? 0 : -1;
	for (size_t t = 0, some; got == 0 && t < count; t += some) {
		const struct fft_kernel *k = kernel(count - t);
		const float *from[STFT_LANES];
		some = count - t < k->lanes ? count - t : k->lanes;
		for (size_t l = 0; l < k->lanes; l++)
			from[l] = l < some ? lie(s, x, n, first + t + l, edge + l * s->n_fft) : from[0];
		k->power(s->fft, from, s->window, some, work, out + t * bins);
	}
	fft_release(work);
	fft_release(edge);
	return got;
}

int
stft_magnitude(const struct stft *s, const float *x, size_t n, size_t first, size_t count, float *out)
{
	if (stft_power(s, x, n, first, count, out) < 0)
		return -1;
	for (size_t i = 0; i < count * stft_bins(s); i++)
		out[i] = sqrtf(out[i]);
	return 0;
}

int
stft_room_init(struct stft_room *r, const struct stft *s)
{
	*r = (struct stft_room){.work = fft_alloc(fft_work(s->fft) * STFT_LANES), .edge = fft_alloc(s->n_fft * STFT_LANES)};
	if (r->work && r->edge)
		return 0;
	stft_room_release(r);
	return -1;
}

void
stft_room_release(struct stft_room *r)
{
	fft_release(r->work);
	fft_release(r->edge);
	fft_release(r->precise);
	*r = (struct stft_room){0};
}

size_t
stft_lanes(size_t count, int *set)
{
	*set = fft_kernel_for(count);
	return fft_kernels[*set]->lanes;
}

/* Where the frames of all lanes lie. */
static const struct fft_kernel *
lie_side_by_side(const struct stft *s, struct stft_room *r, const float *x, size_t n, const size_t *number, size_t count,
    const float **from)
{
	const struct fft_kernel *k = kernel(count);
	for (size_t l = 0; l < k->lanes; l++)
		from[l] = l < count ? lie(s, x, n, number[l], r->edge + l * s->n_fft) : from[0];
	return k;
}

void
stft_side_by_side(const struct stft *s, struct stft_room *r, const float *x, size_t n, const size_t *number, size_t count,
    float *power)
{
	const float *from[STFT_LANES];
	lie_side_by_side(s, r, x, n, number, count, from)->spectra(s->fft, from, s->window, r->work, power);
}

int
stft_side_by_side_precise(const struct stft *s, struct stft_room *r, const float *x, size_t n, const size_t *number,
    size_t count, uint32_t faint, float *power)
{
	const float *from[STFT_LANES];
	const struct fft_kernel *k = lie_side_by_side(s, r, x, n, number, count, from);
	const double *table = fft_precise(s->fft);
	if (!r->precise)
		r->precise = fft_alloc(2 * fft_work(s->fft) * STFT_LANES);
	if (!table || !r->precise)
		return -1;
	k->spectra_precise(s->fft, table, from, s->exact, faint, (double *)(void *)r->precise, power);
	return 0;
}

int
signals_power(const float *const *x, size_t n, size_t count, float *out)
{
	const struct fft *f = fft_real(n);
	float *work = f ? fft_alloc(fft_work(f) * kernel(count)->lanes) : NULL;
	for (size_t t = 0, some; work && t < count; t += some) {
		const struct fft_kernel *k = kernel(count - t);
		const float *from[STFT_LANES];
		some = count - t < k->lanes ? count - t : k->lanes;
		for (size_t l = 0; l < k->lanes; l++)
			from[l] = x[t + (l < some ? l : 0)];
		k->power(f, from, NULL, some, work, out + t * (n / 2 + 1));
	}
	fft_release(work);
	return work ? 0 : -1;
}

int
frames_correlate(const float *x, size_t n, size_t size, size_t hop, size_t first, size_t count, size_t lags, float *out)
{
	/* so long that no lag comes round */
	size_t points = 512;
	while (points < size + lags)
		points += points >= 2048 ? 1024 : points;
	const struct fft *fft = fft_real(points);
	const size_t most = kernel(count)->lanes;
	float *work = fft ? fft_alloc(fft_work(fft) * most) : NULL, *spectrum = fft_alloc((points / 2 + 1) * most);
	float *frames = fft_alloc(points * most), *lag = fft_alloc(lags * most);
	const int good = work && spectrum && frames && lag;
	for (size_t t = 0, some; good && t < count; t += some) {
		const struct fft_kernel *k = kernel(count - t);
		const float *from[STFT_LANES];
		some = count - t < k->lanes ? count - t : k->lanes;
		for (size_t l = 0; l < k->lanes; l++) {
			const int64_t at = (int64_t)((first + t + (l < some ? l : 0)) * hop) - (int64_t)(size / 2);
			const int64_t low = at < 0 ? 0 : at, end = at + (int64_t)size, high = end < (int64_t)n ? end : (int64_t)n;
			float *to = frames + l * points;
			memset(to, 0, points * sizeof *to);
			if (low < high)
				memcpy(to + (low - at), x + low, (size_t)(high - low) * sizeof *to);
			from[l] = to;
		}
		k->correlate(fft, from, lags, work, spectrum, lag);
		for (size_t l = 0; l < some; l++)
			for (size_t i = 0; i < lags; i++)
				out[(t + l) * lags + i] = lag[i * k->lanes + l] / (float)points;
	}
	fft_release(work);
	fft_release(spectrum);
	fft_release(frames);
	fft_release(lag);
	return good ? 0 : -1;
}
