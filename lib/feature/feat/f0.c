/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fundamental frequency from A1 (55 Hz) to C7 over 2048 samples about each frame.
 *   f0       Hz, followed through the sound; 0 where it is not voiced
 *   voicing  probability of a pitch, 0 to 1
 *   yin      Hz, frame for itself, also where there is no pitch: librosa's yin(fmin=C2,
 *            fmax=C7, trough_threshold=0.1)
 * YIN: de Cheveigne and Kawahara, JASA 111 (2002). Following: the candidates of pYIN (Mauch
 * and Dixon, ICASSP 2014: troughs under thresholds of Beta(2, 18), shorter periods
 * first), and the likeliest path through them and through "no pitch", on which a leap
 * costs by its size up to as much as silence between does.
 */
#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "dsp/stft.h"
#include "feature/analysis.h"

enum { F0, VOICING, YIN, COLUMNS };
enum { STATES = 9, UNVOICED = STATES - 1, BLOCK = 64, SIZE = 2048 };
static const char *const labels[] = {"f0", "voicing", "yin", NULL};

#define LOWEST     55.0              /* Hz: A1 */
#define LOWEST_YIN 65.40639132514966 /* C2 */
#define HIGHEST    2093.004522404789 /* C7 */
#define SWITCH  (-4.605170185988091) /* log of 1/100: from voiced to not and back */

/* What one frame may be: pitches, and their log-probabilities. */
struct candidates {
	float octave[UNVOICED], hz[UNVOICED], likely[STATES];
	unsigned char from[STATES]; /* the best state before */
	int n;
};

struct periods {
	size_t low, high; /* samples; librosa's end at yin_high */
	size_t yin_high;
	double rate;
	size_t hop; /* samples between frames */
};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Where the parabola through v[i-1 .. i+1] is least, beside i. */
static double
vertex(const double *v, size_t i, size_t n)
{
	if (i == 0 || i + 1 >= n)
		return 0;
	const double curve = v[i + 1] + v[i - 1] - 2 * v[i], slope = (v[i + 1] - v[i - 1]) / 2;
	return fabs(slope) < fabs(curve) ? -slope / curve : 0;
}

static int
trough(const double *v, size_t i, size_t n)
{
	if (i == 0)
		return v[0] < v[1];
	return v[i] < v[i - 1] && (i + 1 == n || v[i] <= v[i + 1]);
}

static double
yin(const double *v, size_t n, const struct periods *p)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i] < v[at])
			at = i;
	for (size_t i = 0; i < n; i++)
		if (v[i] < 0.1 && trough(v, i, n)) {
			at = i;
			break;
		}
	return p->rate / ((double)(p->low + at) + vertex(v, at, n));
}

/* The part of thresholds under x: the distribution of Beta(2, 18). */
static double
under(double x)
{
	const double y = 1 - fmin(1, fmax(0, x)), y2 = y * y, y4 = y2 * y2, y8 = y4 * y4;
	return 1 - y8 * y8 * y2 * (1 + 18 * (1 - y));
}

/* The troughs of one frame by how likely each is the period. */
static double
candidates(const double *v, size_t n, const struct periods *p, struct candidates *c)
{
	enum { MANY = 24 };
	size_t at[MANY];
	double chance[MANY] = {0}, sum = 0;
	int many = 0, order[MANY];
	for (size_t i = 0; i < n && many < MANY; i++)
		if (v[i] < 0.8 && trough(v, i, n))
			at[many++] = i;
	for (int i = 0; i < many; i++) { /* by depth */
		int k = i;
		for (; k > 0 && v[at[order[k - 1]]] > v[at[i]]; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	/* thresholds between the depths of two troughs admit the same ones: the chance falls by e^-2 from
	   one to the next longer period */
	for (int k = 0; k < many; k++) {
		const double low = under(v[at[order[k]]]), high = k + 1 < many ? under(v[at[order[k + 1]]]) : 1;
		double share = 0.8646647167633873 / (1 - fm_exp(-2.0 * (k + 1))) * (high - low);
		for (int i = 0; i < many; i++)
			if (v[at[i]] <= v[at[order[k]]]) {
				chance[i] += share;
				share *= 0.1353352832366127;
			}
		if (k == 0)
			chance[order[0]] += 0.01 * low;
	}
	c->n = 0;
	for (int k = 0; k < many; k++)
		sum += chance[k];
	for (; c->n < UNVOICED; c->n++) {
		int best = -1;
		for (int i = 0; i < many; i++)
			if (chance[i] > 1e-6 && (best < 0 || chance[i] > chance[best]))
				best = i;
		if (best < 0)
			break;
		const double hz = p->rate / ((double)(p->low + at[best]) + vertex(v, at[best], n));
		c->hz[c->n] = (float)hz;
		c->octave[c->n] = (float)fm_log2(hz);
		c->likely[c->n] = (float)fm_log(chance[best]);
		chance[best] = 0;
	}
	sum = fmin(1, sum);
	c->likely[UNVOICED] = (float)fm_log(fmax(1 - sum, 1e-6));
	return sum;
}

/* Difference functions over their running mean, from the correlation r: the plain one, and librosa's, which
   leaves one end's energy in. */
static void
differences(const float *x, size_t n, size_t frame, const float *r, const struct periods *p, double *plain, double *theirs)
{
	const ptrdiff_t from = (ptrdiff_t)(frame * p->hop) - SIZE / 2, end = from + SIZE;
	double head = 0, tail = 0, sum = 0, sum_theirs = 0;
	for (size_t k = 1; k <= p->high; k++) {
		const ptrdiff_t i = from + (ptrdiff_t)k - 1, j = end - (ptrdiff_t)k;
		const double a = i >= 0 && i < (ptrdiff_t)n ? x[i] : 0, b = j >= 0 && j < (ptrdiff_t)n ? x[j] : 0;
		head += a * a;
		tail += b * b;
		const double d = 2 * ((double)r[0] - r[k]), v = fmax(0, d - head - tail), w = d - head;
		sum += v;
		sum_theirs += w;
		if (k >= p->low) {
			plain[k - p->low] = sum > 0 ? v * (double)k / sum : 1;
			theirs[k - p->low] = sum_theirs != 0 ? w * (double)k / sum_theirs : 0;
		}
	}
}

static double
step(const struct candidates *c, int i, const struct candidates *before, int j)
{
	if (i == UNVOICED || j == UNVOICED)
		return i == j ? 0 : SWITCH;
	return fmax(-8 * fabs((double)c->octave[i] - before->octave[j]), 1.5 * SWITCH);
}

/* The likeliest path, out from its end. */
static void
follow(struct candidates *c, size_t frames, float *out)
{
	for (size_t t = 1; t < frames; t++) {
		double top = -1e30;
		for (int i = 0; i < STATES; i++) {
			double best = -1e30;
			if (i >= c[t].n && i != UNVOICED)
				continue;
			for (int j = 0; j < STATES; j++) {
				if (j >= c[t - 1].n && j != UNVOICED)
					continue;
				const double v = c[t - 1].likely[j] + step(&c[t], i, &c[t - 1], j);
				if (v > best) {
					best = v;
					c[t].from[i] = (unsigned char)j;
				}
			}
			c[t].likely[i] = (float)(c[t].likely[i] + best);
			top = fmax(top, c[t].likely[i]);
		}
		for (int i = 0; i < STATES; i++) /* only differences count: long sounds keep their precision */
			c[t].likely[i] -= i < c[t].n || i == UNVOICED ? (float)top : 0;
	}
	int at = UNVOICED;
	for (int i = 0; i < c[frames - 1].n; i++)
		if (c[frames - 1].likely[i] > c[frames - 1].likely[at])
			at = i;
	for (size_t t = frames; t-- > 0; at = c[t].from[at])
		out[t * COLUMNS + F0] = at == UNVOICED ? 0 : c[t].hz[at];
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	const double rate = analysis_rate(a);
	const struct periods p = {(size_t)fmax(1, floor(rate / HIGHEST)), (size_t)fmin(SIZE - 1, ceil(rate / LOWEST)),
	    (size_t)fmin(SIZE - 1, ceil(rate / LOWEST_YIN)), rate, analysis_framing(a)->hop};
	size_t n;
	const float *x = analysis_samples(a, &n);
	for (size_t i = 0; i < frames * COLUMNS; i++)
		out[i] = 0;
	if (p.yin_high < p.low + 2)
		return 0; /* no period fits the rate */
	const size_t lags = p.high + 1, count = p.high - p.low + 1;
	struct candidates *c = calloc(frames, sizeof *c);
	float *r = malloc(BLOCK * lags * sizeof *r);
	double *v = malloc(2 * count * sizeof *v);
	int got = c && r && v ? 0 : -1;
	for (size_t t = 0; got == 0 && t < frames; t += BLOCK) {
		const size_t some = frames - t < BLOCK ? frames - t : BLOCK;
		got = frames_correlate(x, n, SIZE, p.hop, t, some, lags, r);
		for (size_t i = 0; got == 0 && i < some; i++) {
			differences(x, n, t + i, r + i * lags, &p, v, v + count);
			out[(t + i) * COLUMNS + YIN] = (float)yin(v + count, p.yin_high - p.low + 1, &p);
			/* under -90 dB there is nothing to follow */
			if (r[i * lags] > 1e-9f * SIZE)
				out[(t + i) * COLUMNS + VOICING] = (float)candidates(v, count, &p, &c[t + i]);
		}
	}
	if (got == 0)
		follow(c, frames, out);
	free(c);
	free(r);
	free(v);
	return got;
}

const struct feature feature_f0 = {
    .name = "f0",
    .axis = "descriptor",
    .help = "fundamental frequency and voicing (after pYIN), and librosa's yin",
    .columns = columns,
    .labels = labels,
    .run = run,
};
