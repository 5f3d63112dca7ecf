/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roughness: how much the loudness of critical bands trembles at 20 to 150 times a
 * second, 0 for a steady tone, 1 for a tone of 1 kHz fully modulated at 70 Hz. With
 * e_b the amplitude of band b every 2.9 ms and h_b what a band-pass at 70 Hz leaves
 * of it, over the 46 ms before a frame's centre and again over the 46 ms after it
 *
 *   R = sum_b w_b k_b² 5 m_b / (4 + m_b)  /  sum_b w_b,  m_b = s (<h_b²> - <h_b>²) / e_b²,
 *                                                        w_b = sqrt(e_b - 0.003 max e)
 *
 * where e_b is its mean, k_b the correlation of h_b with a neighbour's (bands of one
 * voice tremble together, those of noise each for itself), s sets the unit; the lesser
 * of both counts, so that an attack is no roughness. It is 5 at most, of clicks in fast
 * succession. The level does not count.
 * After Daniel and Weber, Acustica 83 (1997): the squared depth of modulation, weighed
 * by its rate and by the bands' correlation, with fewer bands, one weighting of rates
 * for all of them, and a root of the amplitude for loudness.
 */
#include "feature/feat/roughness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft.h"
#include "feature/analysis.h"

enum { BANDS = ROUGH_BANDS };
#define TOP_HZ 12000
#define WINDOW_S 0.0116 /* 512 samples at 44.1 kHz: bins of 86 Hz, trembling to 150 Hz passes */
#define HALF_S 0.0464
#define PEAK_HZ 70
#define PEAK_Q 0.8
#define FLOOR 0.003
#define UNIT 5.6 /* s */

static const char *const labels[] = {"roughness", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return 1;
}

static void
release(void *state)
{
	struct rough *r = state;
	if (!r)
		return;
	stft_free(r->stft);
	stft_room_release(&r->room);
	mel_free(r->bank);
	fft_release(r->power);
	free(r->weights);
	free(r->hop);
	free(r->value);
	free(r->count);
	free(r);
}

/* What one rate needs. */
static int
prepare(struct rough *r, double rate)
{
	size_t window = 16;
	while (window < 2048 && (double)window * 1.5 < WINDOW_S * rate)
		window *= 2;
	r->step = window / 4;
	r->first = window / 2 / r->step;
	r->rate = rate;
	r->stft = stft_new(window, window, r->step, STFT_ZERO, NULL);
	r->bank = mel_new(rate, window, BANDS, 0, fmin(rate / 2, TOP_HZ), MEL_SLANEY, NULL);
	r->power = fft_alloc((window / 2 + 2) * STFT_LANES);
	r->weights = calloc(window + 4, sizeof *r->weights); /* as many as the bank may have */
	if (!r->stft || stft_room_init(&r->room, r->stft) < 0 || !r->bank || !r->power || !r->weights)
		return -1;
	for (size_t b = 0; b < BANDS; b++) {
		const float *w = r->bank->weights + r->bank->at[b];
		float most = 0;
		for (size_t k = 0; k < r->bank->count[b]; k++)
			most = w[k] > most ? w[k] : most;
		for (size_t k = 0; k < r->bank->count[b]; k++)
			r->weights[r->bank->at[b] + k] = w[k] / most;
	}
	/* Bristow-Johnson's band-pass of gain 1 at its peak */
	const double w = 6.283185307179586 * fmin(PEAK_HZ / (rate / (double)r->step), 0.45), alpha = fm_sin(w) / (2 * PEAK_Q);
	r->b = (float)(alpha / (1 + alpha));
	r->a1 = (float)(-2 * fm_cos(w) / (1 + alpha));
	r->a2 = (float)((1 - alpha) / (1 + alpha));
	return 0;
}

static int
begin(struct analysis *a, void **state)
{
	struct rough *r = *state;
	const size_t frames = analysis_frames(a);
	size_t n;
	analysis_samples(a, &n);
	if (!r || r->rate != analysis_rate(a)) {
		release(r);
		*state = r = calloc(1, sizeof *r);
		if (!r || prepare(r, analysis_rate(a)) < 0) {
			release(r);
			*state = NULL;
			return -1;
		}
	}
	r->hop_samples = analysis_framing(a)->hop;
	r->last = n > 4 * r->step ? (n - 2 * r->step) / r->step : 0;
	if (frames > r->frames) {
		free(r->hop);
		free(r->value);
		free(r->count);
		r->hop = malloc(frames * sizeof *r->hop);
		r->value = malloc(frames * sizeof *r->value);
		r->count = malloc(frames * sizeof *r->count);
		r->frames = r->hop && r->value && r->count ? frames : 0;
		if (!r->frames)
			return -1;
	}
	memset(r->hop, 0, frames * sizeof *r->hop);
	memset(r->y1, 0, sizeof r->y1);
	memset(r->y2, 0, sizeof r->y2);
	return 0;
}

static double
larger(double a, double b)
{
	return a > b ? a : b;
}

static void
add(struct rough_sums *s, const struct rough_sums *x)
{
	s->n += x->n;
	for (int b = 0; b < BANDS; b++) {
		s->e[b] += x->e[b];
		s->h[b] += x->h[b];
		s->hh[b] += x->hh[b];
		s->cross[b] += x->cross[b];
	}
}

static double
depth(const struct rough_sums *s, int b)
{
	const double e = s->e[b], h = s->h[b], m = UNIT * larger(s->hh[b] * s->n - h * h, 0) / (e * e);
	return 5 * m / (4 + m);
}

static double
roughness(const struct rough_sums *s)
{
	double all = 0, rough = 0, most = 0, together[BANDS + 1] = {0};
	for (int b = 0; b < BANDS; b++)
		most = larger(most, s->e[b]);
	for (int b = 0; b + 1 < BANDS; b++) {
		const double size = (double)s->hh[b] * s->hh[b + 1];
		together[b + 1] = size > 0 ? larger(s->cross[b] / sqrt(size), 0) : 0;
	}
	for (int b = 0; b < BANDS; b++) {
		const double k = larger(together[b], together[b + 1]), w = sqrt(larger(s->e[b] - FLOOR * most, 0));
		all += w;
		if (w > 0)
			rough += w * k * k * depth(s, b);
	}
	return all > 0 ? rough / all : 0;
}

extern const struct feature feature_roughness;

/* The amplitudes of all moments that the sound fills into the sums of their hops. */
static int
take_in(struct rough *r, const float *x, size_t n)
{
	float band[STFT_LANES][BANDS];
	for (size_t i = r->first, some; i < r->last; i += some) {
		size_t number[STFT_LANES];
		int set;
		some = stft_lanes(r->last - i, &set);
		some = some < r->last - i ? some : r->last - i;
		for (size_t k = 0; k < some; k++)
			number[k] = i + k;
		stft_side_by_side(r->stft, &r->room, x, n, number, some, r->power);
		static rough_bands_run *const bands[] = ISA_TABLE(rough_bands);
		bands[set](r, band);
		for (size_t k = 0; k < some; k++) {
			if (i + k == r->first) { /* as if it had always sounded so */
				memcpy(r->x1, band[k], sizeof r->x1);
				memcpy(r->x2, band[k], sizeof r->x2);
			}
			ISA_PICK(rough_take)(r, band[k], &r->hop[(i + k) * r->step / r->hop_samples]);
		}
	}
	return 0;
}

static int
run(struct analysis *a, float *out)
{
	struct rough *r = analysis_state(a, &feature_roughness);
	const size_t frames = analysis_frames(a);
	size_t n;
	const float *x = analysis_samples(a, &n);
	if (take_in(r, x, n) < 0)
		return -1;
	const size_t reach = (size_t)larger(1, floor(HALF_S / analysis_hop(a) + 0.5));
	const size_t gap = (reach + 2) / 4; /* what an attack before it sets ringing */
	const float enough = (float)reach * (float)r->hop_samples / (float)r->step / 2;
	/* What comes after a frame is what came before a later one; only at the start there is less before. */
	for (size_t t = 0; t < frames; t++) {
		struct rough_sums sums = {0};
		for (size_t i = t; i < frames && i < t + reach; i++)
			add(&sums, &r->hop[i]);
		r->value[t] = roughness(&sums);
		r->count[t] = sums.n;
	}
	for (size_t t = 0; t < frames; t++) {
		const size_t back = reach + gap;
		double before = 0, n_before = 0;
		if (t >= back) {
			before = r->value[t - back];
			n_before = r->count[t - back];
		} else if (t > gap) {
			struct rough_sums sums = {0};
			for (size_t i = 0; i + gap < t; i++)
				add(&sums, &r->hop[i]);
			before = roughness(&sums);
			n_before = sums.n;
		}
		const double after = r->value[t];
		/* at an end of the sound there is one side alone */
		out[t] = (float)(n_before >= enough && r->count[t] >= enough ? (before < after ? before : after)
		        : n_before >= enough ? before : r->count[t] >= enough ? after : 0);
	}
	return 0;
}

const struct feature feature_roughness = {
    .name = "roughness",
    .axis = "descriptor",
    .help = "trembling of the critical bands at 20 to 150 Hz (after Daniel and Weber 1997)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .begin = begin,
    .release = release,
};
