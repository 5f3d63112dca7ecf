/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fundamental frequency from A0 (27.5 Hz) to C7 over 2048 samples about each frame, or where they do not hold two
 * periods, over some 90 ms.
 *   f0       Hz, followed through the sound; 0 where it is not voiced
 *   voicing  probability of a pitch, 0 to 1
 *   yin      Hz, frame for itself, also where there is no pitch: librosa's yin(fmin=C2,
 *            fmax=C7, trough_threshold=0.1)
 * YIN: de Cheveigne and Kawahara, JASA 111 (2002). Following: the candidates of pYIN (Mauch
 * and Dixon, ICASSP 2014: troughs under thresholds of Beta(2, 18), shorter periods
 * first), and the likeliest path through them and through "no pitch", on which a leap
 * costs by its size up to as much as silence between does. Where it goes from "no pitch" to one
 * or back, the frames beside it that have the same pitch as a candidate, however unlikely, count as voiced too: a
 * bowed string has its pitch long before it is sure.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/stft.h"
#include "dsp/sums.h"
#include "feature/analysis.h"

enum { F0, VOICING, YIN, COLUMNS };
enum { STATES = 9, UNVOICED = STATES - 1, BLOCK = 64, SIZE = 2048, MOST_PERIODS = SIZE, MOST_SIZE = 2 * SIZE };
static const char *const labels[] = {"f0", "voicing", "yin", NULL};

#define LOWEST     55.0              /* Hz: A1, by 2048 samples */
#define DEEPEST    27.5              /* A0, by longer ones */
#define LOWEST_YIN 65.40639132514966 /* C2 */
#define HIGHEST    2093.004522404789 /* C7 */
#define DOUBT      2.302585092994046 /* log of 10: noise hardly has troughs, so what has one is believed against these odds */
#define NEAR       (0.4 / 12)        /* octaves */
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
	size_t size, hop;
	double rate;
};

/* The sound at a lower rate, for long periods; made when first needed. */
struct deep {
	struct periods p;
	size_t factor, hop, n; /* the hop is that of the sound as it is */
	float *x;
	double below; /* Hz: what is higher is heard better without */
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

/* vertex of librosa's difference over its mean, v. The correlation r is some 3e-7 of its first value off: where that may
   be seen in the pitch, what the three values need of it is summed once more in double. over[i]: what a difference is
   divided by. */
static double
beside(const double *v, size_t i, size_t n, const double *over, const float *in, const float *r, const struct periods *p)
{
	const double found = vertex(v, i, n);
	if (i == 0 || i + 1 >= n)
		return found;
	const double curve = fabs(v[i + 1] + v[i - 1] - 2 * v[i]), off = 4 * 3e-7 * fabs((double)r[0] / over[i]);
	if (off < 2e-5 * curve * (double)(p->low + i))
		return found;
	const double all = sums_best()->energy(in, p->size);
	double better[3];
	for (size_t j = 0; j < 3; j++) {
		const size_t k = p->low + i - 1 + j;
		double sum[3] = {0};
		sums_best()->products(in, in + k, p->size - k, sum);
		better[j] = v[i - 1 + j] + 2 * ((all - r[0]) - (sum[2] - r[k])) / over[i - 1 + j];
	}
	return vertex(better, 1, 3);
}

static double
yin(const double *v, size_t n, const double *over, const float *in, const float *r, const struct periods *p)
{
	size_t at = 0;
	for (; at < n; at++)
		if (v[at] < 0.1 && trough(v, at, n))
			break;
	if (at == n) { /* the least of all */
		double least = v[at = 0];
		for (size_t i = 1; i < n; i++)
			if (v[i] < least) {
				least = v[i];
				at = i;
			}
	}
	return p->rate / ((double)(p->low + at) + beside(v, at, n, over, in, r, p));
}

/* The part of thresholds under x: the distribution of Beta(2, 18). */
static double
under(double x)
{
	const double y = 1 - fmin(1, fmax(0, x)), y2 = y * y, y4 = y2 * y2, y8 = y4 * y4;
	return 1 - y8 * y8 * y2 * (1 + 18 * (1 - y));
}

static float
unvoiced(double voicing)
{
	return (float)(fm_log(fmax(1 - voicing, 1e-6)) - DOUBT);
}

/* The troughs of one frame by how likely each is the period. */
static double
candidates(const double *v, size_t n, const struct periods *p, struct candidates *c)
{
	enum { MANY = 24 };
	size_t at[MANY];
	double chance[MANY] = {0}, sum = 0, fall = 1;
	int many = 0, order[MANY];
	for (size_t i = 0; i + 1 < n && many < MANY; i++) /* what falls to the end has its trough beyond */
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
		fall *= 0.1353352832366127;
		double share = 0.8646647167633873 / (1 - fall) * (high - low);
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
	c->likely[UNVOICED] = unvoiced(sum);
	return sum;
}

/* A frame's samples: in x, or copied to edge[size], zeros beyond the ends. */
static const float *
samples(const float *x, size_t n, size_t frame, const struct periods *p, float *edge)
{
	const ptrdiff_t from = (ptrdiff_t)(frame * p->hop) - (ptrdiff_t)(p->size / 2), end = from + (ptrdiff_t)p->size;
	if (from >= 0 && end <= (ptrdiff_t)n)
		return x + from;
	const ptrdiff_t low = from < 0 ? 0 : from, high = end < (ptrdiff_t)n ? end : (ptrdiff_t)n;
	memset(edge, 0, p->size * sizeof *edge);
	if (low < high)
		memcpy(edge + (low - from), x + low, (size_t)(high - low) * sizeof *edge);
	return edge;
}

/* Difference functions over their running mean, from the samples and their correlation r: the plain one, and librosa's,
   which leaves one end's energy in; if that is asked for, and what its differences were divided by. */
static void
differences(const float *in, const float *r, const struct periods *p, double *plain, double *theirs, double *over)
{
	double by[MOST_PERIODS];
	double head = 0, tail = 0, sum = 0, sum_theirs = 0;
	for (size_t k = 1; k <= p->high; k++) {
		const double a = in[k - 1], b = in[p->size - k];
		head += a * a;
		tail += b * b;
		const double d = 2 * ((double)r[0] - r[k]), w = d - head, both = w - tail, v = both > 0 ? both : 0;
		sum += v;
		sum_theirs += w;
		if (k < p->low)
			continue;
		const size_t at = k - p->low;
		plain[at] = sum > 0 ? v * (double)k : 1;
		by[at] = sum > 0 ? sum : 1;
		if (theirs) {
			theirs[at] = sum_theirs != 0 ? w : 0;
			over[at] = sum_theirs != 0 ? sum_theirs / (double)k : 1;
		}
	}
	const size_t count = p->high - p->low + 1;
	sums_best()->divide(plain, by, count);
	if (theirs)
		sums_best()->divide(theirs, over, count);
}

/* Half the rate: what would come back below a quarter of it is 1 4 6 4 1 / 16 away. */
static void
halve(const float *x, size_t n, float *out)
{
	for (size_t i = 0; i < (n + 1) / 2; i++) {
		const size_t at = 2 * i;
		const float l2 = at >= 2 ? x[at - 2] : 0, l1 = at >= 1 ? x[at - 1] : 0;
		const float r1 = at + 1 < n ? x[at + 1] : 0, r2 = at + 2 < n ? x[at + 2] : 0;
		out[i] = 0.375f * x[at] + 0.25f * (l1 + r1) + 0.0625f * (l2 + r2);
	}
}

/* 0, or -1 out of memory. */
static int
deep_make(struct deep *d, const float *x, size_t n)
{
	if (d->x)
		return 0;
	if (!(d->x = malloc(n * sizeof *d->x)))
		return -1;
	memcpy(d->x, x, n * sizeof *d->x);
	d->n = n;
	for (size_t f = d->factor; f > 1; f /= 2) {
		float *half = malloc((d->n + 1) / 2 * sizeof *half);
		if (!half)
			return -1;
		halve(d->x, d->n, half);
		free(d->x);
		d->x = half;
		d->n = (d->n + 1) / 2;
	}
	return 0;
}

static void
deep_init(struct deep *d, double rate, size_t hop)
{
	*d = (struct deep){.factor = 1, .hop = hop, .below = fmax(57, 2.1 * rate / SIZE)};
	while (rate / (double)(2 * d->factor) >= 5500)
		d->factor *= 2;
	const double r = rate / (double)d->factor;
	const size_t size = ((size_t)(2.2 * r / DEEPEST) + 127) / 128 * 128;
	d->p = (struct periods){(size_t)fmax(1, r / 250), (size_t)ceil(r / DEEPEST), 0, size, size, r};
}

/* The frames [first, first + count), rounded to samples of the lower rate, one after the other from half of one on. */
static void
deep_frames(const struct deep *d, size_t first, size_t count, float *out)
{
	const size_t size = d->p.size;
	for (size_t t = 0; t < count; t++, out += size) {
		const ptrdiff_t at = (ptrdiff_t)(((first + t) * d->hop + d->factor / 2) / d->factor) - (ptrdiff_t)(size / 2);
		const ptrdiff_t end = at + (ptrdiff_t)size, low = at < 0 ? 0 : at, high = end < (ptrdiff_t)d->n ? end : (ptrdiff_t)d->n;
		memset(out, 0, size * sizeof *out);
		if (low < high)
			memcpy(out + (low - at), d->x + low, (size_t)(high - low) * sizeof *out);
	}
}

/* Looks for long periods in frames [first, first + count), whose shorter ones are not likely. 0, or -1 out of memory. */
static int
deep_look(struct deep *d, const float *x, size_t n, size_t first, size_t count, struct candidates *c, float *voicing)
{
	const size_t lags = d->p.high + 1, periods = d->p.high - d->p.low + 1;
	double v[MOST_PERIODS];
	/* a row of frames, each after the last: half a frame of nothing, so that the first is centred on a whole one */
	const size_t half = d->p.size / 2, room = half + count * d->p.size;
	float *r = malloc((count * lags + room) * sizeof *r), *row = r ? r + count * lags : NULL;
	int got = r ? deep_make(d, x, n) : -1;
	if (got == 0) {
		memset(row, 0, half * sizeof *row);
		deep_frames(d, first, count, row + half);
		got = frames_correlate(row, room, d->p.size, d->p.size, 1, count, lags, r);
	}
	for (size_t i = 0; got == 0 && i < count; i++) {
		struct candidates low, *to = &c[i];
		if (r[i * lags] <= 1e-9f * (float)d->p.size)
			continue;
		float edge[MOST_SIZE];
		differences(samples(row, room, 1 + i, &d->p, edge), r + i * lags, &d->p, v, NULL, NULL);
		candidates(v, periods, &d->p, &low);
		const double rest = 1 - voicing[i * COLUMNS];
		double sum = 0;
		for (int k = 0; k < low.n && to->n < UNVOICED; k++) {
			if (low.hz[k] >= d->below)
				continue;
			to->hz[to->n] = low.hz[k];
			to->octave[to->n] = low.octave[k];
			to->likely[to->n] = (float)(low.likely[k] + fm_log(rest));
			to->n++;
			sum += fm_exp(low.likely[k]);
		}
		voicing[i * COLUMNS] += (float)(rest * fmin(1, sum));
		to->likely[UNVOICED] = unvoiced(voicing[i * COLUMNS]);
	}
	free(r);
	return got;
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

/* A frame without a pitch takes that of the one beside it, if it is among its candidates. */
static void
join_on(const struct candidates *c, const float *beside, float *out)
{
	if (out[F0] > 0 || beside[F0] <= 0)
		return;
	const double octave = fm_log2(beside[F0]);
	double least = NEAR;
	for (int i = 0; i < c->n; i++)
		if (fabs(c->octave[i] - octave) < least) {
			least = fabs(c->octave[i] - octave);
			out[F0] = c->hz[i];
		}
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	const double rate = analysis_rate(a);
	const struct periods p = {(size_t)fmax(1, floor(rate / HIGHEST)), (size_t)fmin(SIZE - 1, ceil(rate / LOWEST) + 1),
	    (size_t)fmin(SIZE - 1, ceil(rate / LOWEST_YIN)), SIZE, analysis_framing(a)->hop, rate};
	size_t n;
	const float *x = analysis_samples(a, &n);
	for (size_t i = 0; i < frames * COLUMNS; i++)
		out[i] = 0;
	if (p.yin_high < p.low + 2)
		return 0; /* no period fits the rate */
	struct deep deep;
	deep_init(&deep, rate, p.hop);
	const size_t lags = p.high + 1, count = p.high - p.low + 1;
	struct candidates *c = calloc(frames, sizeof *c);
	float *r = malloc(BLOCK * lags * sizeof *r);
	double v[MOST_PERIODS], theirs[MOST_PERIODS], over[MOST_PERIODS];
	float edge[SIZE];
	int got = c && r ? 0 : -1;
	for (size_t t = 0; got == 0 && t < frames; t += BLOCK) {
		const size_t some = frames - t < BLOCK ? frames - t : BLOCK;
		unsigned char doubtful[BLOCK] = {0};
		got = frames_correlate(x, n, SIZE, p.hop, t, some, lags, r);
		for (size_t i = 0; got == 0 && i < some; i++) {
			float *to = out + (t + i) * COLUMNS;
			const float *in = samples(x, n, t + i, &p, edge);
			differences(in, r + i * lags, &p, v, theirs, over);
			to[YIN] = (float)yin(theirs, p.yin_high - p.low + 1, over, in, r + i * lags, &p);
			/* under -90 dB there is nothing to follow */
			const int sounds = r[i * lags] > 1e-9f * SIZE;
			if (sounds)
				to[VOICING] = (float)candidates(v, count, &p, &c[t + i]);
			doubtful[i] = sounds && to[VOICING] < 0.5f;
		}
		for (size_t i = 0, alike; got == 0 && i < some; i += alike) {
			for (alike = 1; i + alike < some && doubtful[i + alike] == doubtful[i];)
				alike++;
			if (doubtful[i])
				got = deep_look(&deep, x, n, t + i, alike, &c[t + i], out + (t + i) * COLUMNS + VOICING);
		}
	}
	if (got == 0)
		follow(c, frames, out);
	for (size_t t = 1; got == 0 && t < frames; t++)
		join_on(&c[t], out + (t - 1) * COLUMNS, out + t * COLUMNS);
	for (size_t t = frames - 1; got == 0 && t-- > 0;)
		join_on(&c[t], out + (t + 1) * COLUMNS, out + t * COLUMNS);
	free(c);
	free(r);
	free(deep.x);
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
