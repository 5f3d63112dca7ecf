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
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "feature/analysis.h"

enum { BANDS = 16, CHUNK = 128 };
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

/* What is summed over one hop of the frames. */
struct sums {
	float n, e[BANDS], h[BANDS], hh[BANDS], cross[BANDS]; /* cross: of h with the next band's */
};

struct rough {
	struct stft *stft;
	struct mel *bank;
	float *power, *band;         /* [CHUNK][bins], [CHUNK][BANDS] */
	float scale[BANDS];          /* makes a triangle 1 at its peak */
	struct sums *hop;            /* [frames] */
	size_t step, first, last;    /* samples between amplitudes; those that the sound fills */
	size_t hop_samples;          /* between frames */
	float b, a1, a2;             /* the band-pass */
	float x1[BANDS], x2[BANDS], y1[BANDS], y2[BANDS];
};

static int
prepare(struct rough *r, const struct analysis *a)
{
	const double rate = analysis_rate(a);
	size_t n, window = 16;
	analysis_samples(a, &n);
	r->hop_samples = (size_t)(analysis_hop(a) * rate + 0.5);
	while (window < 2048 && (double)window * 1.5 < WINDOW_S * rate)
		window *= 2;
	r->step = window / 4;
	r->first = window / 2 / r->step;
	r->last = n > window ? (n - window / 2) / r->step : 0;
	r->stft = stft_new(window, window, r->step, STFT_ZERO, NULL);
	r->bank = mel_new(rate, window, BANDS, 0, fmin(rate / 2, TOP_HZ), MEL_SLANEY, NULL);
	r->power = malloc(CHUNK * (window / 2 + 1) * sizeof *r->power);
	r->band = malloc(CHUNK * BANDS * sizeof *r->band);
	r->hop = calloc(analysis_frames(a), sizeof *r->hop);
	if (!r->stft || !r->bank || !r->power || !r->band || !r->hop)
		return -1;
	for (size_t b = 0; b < BANDS; b++) {
		float most = 0;
		for (size_t k = 0; k < r->bank->count[b]; k++)
			most = fmaxf(most, r->bank->weights[r->bank->at[b] + k]);
		r->scale[b] = most > 0 ? 1 / most : 0;
	}
	/* Bristow-Johnson's band-pass of gain 1 at its peak */
	const double w = 6.283185307179586 * fmin(PEAK_HZ / (rate / (double)r->step), 0.45), alpha = fm_sin(w) / (2 * PEAK_Q);
	r->b = (float)(alpha / (1 + alpha));
	r->a1 = (float)(-2 * fm_cos(w) / (1 + alpha));
	r->a2 = (float)((1 - alpha) / (1 + alpha));
	return 0;
}

/* The bands' powers at one moment into the sums of a hop. */
static void
take_in(struct rough *r, const float *power, int begins, struct sums *s)
{
	float e[BANDS], h[BANDS];
	for (int b = 0; b < BANDS; b++)
		e[b] = sqrtf(power[b] * r->scale[b]);
	if (begins) { /* as if it had always sounded so */
		memcpy(r->x1, e, sizeof e);
		memcpy(r->x2, e, sizeof e);
	}
	for (int b = 0; b < BANDS; b++) {
		h[b] = r->b * (e[b] - r->x2[b]) - r->a1 * r->y1[b] - r->a2 * r->y2[b];
		r->x2[b] = r->x1[b];
		r->x1[b] = e[b];
		r->y2[b] = r->y1[b];
		r->y1[b] = h[b];
		s->e[b] += e[b];
		s->h[b] += h[b];
		s->hh[b] += h[b] * h[b];
	}
	for (int b = 0; b + 1 < BANDS; b++)
		s->cross[b] += h[b] * h[b + 1];
	s->n++;
}

static void
add(struct sums *s, const struct sums *x)
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
depth(const struct sums *s, int b)
{
	const double e = s->e[b], h = s->h[b], m = UNIT * fmax(s->hh[b] * s->n - h * h, 0) / (e * e);
	return 5 * m / (4 + m);
}

static double
roughness(const struct sums *s)
{
	double all = 0, rough = 0, most = 0, together[BANDS + 1] = {0};
	for (int b = 0; b < BANDS; b++)
		most = fmax(most, s->e[b]);
	for (int b = 0; b + 1 < BANDS; b++) {
		const double size = (double)s->hh[b] * s->hh[b + 1];
		together[b + 1] = size > 0 ? fmax(s->cross[b] / sqrt(size), 0) : 0;
	}
	for (int b = 0; b < BANDS; b++) {
		const double k = fmax(together[b], together[b + 1]), w = sqrt(fmax(s->e[b] - FLOOR * most, 0));
		all += w;
		if (w > 0)
			rough += w * k * k * depth(s, b);
	}
	return all > 0 ? rough / all : 0;
}

static int
run(struct analysis *a, float *out)
{
	struct rough r = {0};
	const size_t frames = analysis_frames(a);
	size_t n;
	const float *x = analysis_samples(a, &n);
	int got = prepare(&r, a);
	for (size_t i = r.first; got == 0 && i < r.last; i += CHUNK) {
		const size_t count = r.last - i < CHUNK ? r.last - i : CHUNK;
		if ((got = stft_power(r.stft, x, n, i, count, r.power)) < 0)
			break;
		mel_apply(r.bank, r.power, count, r.band);
		for (size_t k = 0; k < count; k++)
			take_in(&r, r.band + k * BANDS, i + k == r.first, &r.hop[(i + k) * r.step / r.hop_samples]);
	}
	const size_t reach = (size_t)fmax(1, floor(HALF_S / analysis_hop(a) + 0.5));
	const size_t gap = (reach + 2) / 4; /* what an attack before it sets ringing */
	const float enough = got == 0 ? (float)reach * (float)r.hop_samples / (float)r.step / 2 : 0;
	for (size_t t = 0; got == 0 && t < frames; t++) {
		struct sums before = {0}, after = {0};
		for (size_t i = t < reach + gap ? 0 : t - reach - gap; i + gap < t; i++)
			add(&before, &r.hop[i]);
		for (size_t i = t; i < frames && i < t + reach; i++)
			add(&after, &r.hop[i]);
		const double rb = roughness(&before), ra = roughness(&after);
		/* at an end of the sound there is one side alone */
		out[t] = (float)(before.n >= enough && after.n >= enough ? fmin(rb, ra)
		        : before.n >= enough ? rb : after.n >= enough ? ra : 0);
	}
	stft_free(r.stft);
	mel_free(r.bank);
	free(r.power);
	free(r.band);
	free(r.hop);
	return got;
}

const struct feature feature_roughness = {
    .name = "roughness",
    .axis = "descriptor",
    .help = "trembling of the critical bands at 20 to 150 Hz (after Daniel and Weber 1997)",
    .columns = columns,
    .labels = labels,
    .run = run,
};
