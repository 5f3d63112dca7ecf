/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The circular autocorrelation of the envelope is that of the loop repeated for
 * ever. Evidence for a beat of L frames is its mean at L, 2L and 4L, and its pulse at L and L/2, relative to
 * lag 0. The free estimate, for what is no loop, maximises much the same over all
 * tempi, of the plain autocorrelation, under a log-normal prior about 120 BPM
 * (Ellis, "Beat tracking by dynamic programming", 2007), and is refined by the
 * peaks of ever more beats.
 */
#include "feature/tempo.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft.h"

enum { STEPS = 24, COARSE = 8 /* frames a beat, at rates of a few hundred Hz: nothing to refine */ };
#define LOW 60.0
#define HIGH 200.0
#define SHORT (12.0 / 60)
#define NEAR 0.01 /* names round */
#define SPARSE 1.12 /* rises a beat */
#define SAID 4.0  /* what a name says is as much likelier than what is usual */

/* r[size/2+1] of v[n], zeros after it up to size; r[0] is 1. NULL when out of memory. */
static float *
autocorrelation(const float *v, size_t n, size_t size)
{
	const struct fft *f = fft_real(size);
	float *x = fft_alloc(size), *X = fft_alloc(2 * (size / 2 + 1));
	if (!f || !x || !X) {
		fft_release(x);
		fft_release(X);
		return NULL;
	}
	double mean = 0;
	for (size_t i = 0; i < n; i++)
		mean += v[i];
	mean /= (double)n;
	memset(x, 0, size * sizeof *x);
	/* three frames' smoothing: played onsets are never quite in time */
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(0.5 * v[i] + 0.25 * (v[(i + n - 1) % n] + v[(i + 1) % n]) - mean);
	int got = fft_forward(f, x, X);
	for (size_t k = 0; k <= size / 2; k++) {
		X[2 * k] = X[2 * k] * X[2 * k] + X[2 * k + 1] * X[2 * k + 1];
		X[2 * k + 1] = 0;
	}
	if (!got)
		got = fft_backward(f, X, x);
	fft_release(X);
	if (got)
		return fft_release(x), NULL;
	const float zero = x[0];
	for (size_t i = 0; i <= size / 2; i++)
		x[i] = zero > 0 ? x[i] / zero : 0;
	return x;
}

/* The largest of r about a lag, which wraps at `size` if the correlation is circular. */
static double
at_lag(const float *r, size_t size, double lag)
{
	double most = -1;
	for (int d = -2; d <= 2; d++) {
		double l = fabs(floor(lag + 0.5) + d);
		l -= (double)size * floor(l / (double)size);
		if (l > (double)size / 2)
			l = (double)size - l;
		most = fmax(most, r[(size_t)l]);
	}
	return most;
}

/* How well what is heard repeats after one beat, two and four; lags up to `limit`. In music of any length
   after eight beats too, and after half a beat, where three halves of a beat would be one as well. */
static double
evidence(const float *r, size_t size, double lag, double limit, int any_length)
{
	static const double weight[] = {1, 1, 0.7, 0.7};
	double sum = any_length ? 0.5 * at_lag(r, size, lag / 2) : 0, all = any_length ? 0.5 : 0;
	if (lag > limit)
		return 0;
	for (int i = 0; i < (any_length ? 4 : 3) && lag * (1 << i) <= limit; i++) {
		sum += weight[i] * at_lag(r, size, lag * (1 << i));
		all += weight[i];
	}
	return fmax(0, sum / all);
}

/* How well it repeats after one beat and after half a beat: what repeats after a bar alone may have been divided wrong. */
static double
pulse(const float *r, size_t size, double lag)
{
	return fmax(0, at_lag(r, size, lag) + 0.6 * fmax(0, at_lag(r, size, lag / 2)));
}

/* The same after every number of beats up to `beats`, at the very lag. */
static double
comb(const float *r, double lag, int beats)
{
	double sum = 0;
	for (int i = 1; i <= beats; i++) {
		const double at = floor(i * lag), part = i * lag - at;
		sum += (1 - part) * r[(size_t)at] + part * r[(size_t)at + 1];
	}
	return sum / beats;
}

/* The lag of a beat to within a frame of what is `limit` away: first the best within three percent, by few
   beats, then ever nearer, by twice as many. */
static double
refine(const float *r, double lag, double limit)
{
	const int most = (int)(limit / (1.04 * lag));
	const double near = 0.03 * lag;
	double width = near;
	if (lag < COARSE)
		return lag;
	for (int beats = most < 4 ? most : 4; beats > 0; beats = beats < most && beats * 2 > most ? most : beats * 2) {
		double best = -2, found = lag;
		for (int i = -STEPS; i <= STEPS; i++) {
			const double at = lag + width * i / STEPS, sum = comb(r, at, beats);
			if (sum > best) {
				best = sum;
				found = at;
			}
		}
		lag = found;
		width = fmin(2.0 / beats, near);
		if (beats >= most)
			break;
	}
	return lag;
}

static double
usual_tempo(double bpm)
{
	/* flat over the octave that producers name tempi in, steep at its ends */
	const double out = bpm < 90 ? fm_log2(90 / bpm) : bpm > 180 ? fm_log2(bpm / 180) : 0;
	return fm_exp(-0.5 * (out / 0.04) * (out / 0.04)) + 1e-6;
}

/* Three bars are rarer than two or four, but what repeats well after one beat, two and
   four is believed. */
static double
usual_beats(int beats, double proof)
{
	int odd = beats;
	while (odd % 2 == 0)
		odd /= 2;
	const double sure = fmin(fmax((proof - 0.5) / 0.3, 0), 1);
	return odd == 1 ? 1 : odd == 3 ? 0.35 + 0.45 * sure : odd == 5 || odd == 7 ? 0.2 + 0.2 * sure : 0.08;
}

/* How many peaks the envelope has. */
static size_t
peaks(const struct envelope *e)
{
	const size_t near = (size_t)(0.04 * e->rate / (double)e->hop);
	size_t n = 0;
	for (size_t i = 0; i < e->n; i++) {
		bool top = e->v[i] > 0.1f;
		for (size_t k = i > near ? i - near : 0; top && k <= i + near && k < e->n; k++)
			top = k < i ? e->v[k] < e->v[i] : e->v[k] <= e->v[i];
		n += top;
	}
	return n;
}

static int
silent(const struct envelope *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i] > 0)
			return 0;
	return 1;
}

/* The best tempo of any length. Returns the evidence for it. */
static double
free_tempo(const float *r, size_t size, size_t n, double frames_a_minute, double *bpm)
{
	double best = 0, found = 0;
	*bpm = 120;
	for (double b = LOW; b <= HIGH; b *= 1.002) {
		const double off = fm_log2(b / 120) / 1.4, e = evidence(r, size, frames_a_minute / b, 0.75 * (double)n, 1);
		const double score = e * fm_exp(-0.5 * off * off) * (b < 90 || b > 180 ? 0.8 : 1);
		if (score > best) {
			best = score;
			found = e;
			*bpm = b;
		}
	}
	if (found > 0)
		*bpm = frames_a_minute / refine(r, frames_a_minute / *bpm, 0.75 * (double)n);
	return found;
}

/* Whether two tempi are the same but for the octave or a triplet. */
static int
related(double a, double b)
{
	static const double ratio[] = {1, 2, 0.5, 3, 1.0 / 3, 1.5, 2.0 / 3, 4, 0.25};
	for (size_t i = 0; i < sizeof ratio / sizeof *ratio; i++)
		if (fabs(a / b / ratio[i] - 1) < 0.04)
			return 1;
	return 0;
}

/* How well what is heard repeats at a tempo, over as many beats as are known of the other. */
static double
repeats_at(const float *r, size_t n, double frames_a_minute, double bpm, double other)
{
	const double lag = frames_a_minute / bpm, longer = frames_a_minute / fmin(bpm, other);
	const int beats = (int)(0.75 * (double)n / longer * longer / lag);
	return beats > 0 ? comb(r, lag, beats) : 0;
}

/* Of short sounds the length is mostly right: only what repeats far better counts, and next to the length's own
   tempo it would have to be the only one. */
static bool
overruled(double bpm, double proof, double free_bpm, double free_proof)
{
	return free_proof > 0.3 && proof < (fabs(bpm / free_bpm - 1) < 0.05 ? 0.3 : 0.75) * free_proof;
}

/* Whether a loop's tempo is rather half of that: hardly anything happens on most of its beats. `rises` a minute. */
static bool
sparse(const struct tempo *t, double rises)
{
	return t->whole && fmod(t->beats, 2) == 0 && t->bpm >= 2 * LOW && rises < SPARSE * t->bpm;
}

int
tempo_find(const struct envelope *e, size_t n, double stated, struct tempo *t, struct err *err)
{
	const double minutes = (double)n / e->rate / 60, frames_a_minute = 60 * e->rate / (double)e->hop;
	*t = (struct tempo){0};
	if (n == 0 || silent(e))
		return 0;
	/* the envelope of one turn: its last frame is the first of the next */
	const size_t turn = (size_t)fmax(1, floor((double)n / (double)e->hop + 0.5)), frames = turn < e->n ? turn : e->n;
	size_t size = 64;
	while (size < 2 * frames)
		size *= 2;
	float *round = autocorrelation(e->v, frames, frames), *plain = autocorrelation(e->v, frames, size);
	if (!round || !plain) {
		fft_release(round);
		fft_release(plain);
		return err_set(err, "out of memory");
	}
	double best = 0, second = 0, free_bpm, best_evidence = 0;
	for (int beats = 1; beats <= 4096; beats++) {
		const double bpm = beats / minutes;
		const int said = stated > 0 && fabs(bpm / stated - 1) < NEAR;
		if (!said && (bpm < LOW || bpm > HIGH))
			continue;
		const double proof = evidence(round, frames, (double)frames / beats, (double)frames / 2 + 2, 0);
		const double score = usual_beats(beats, proof) * (said ? SAID : usual_tempo(bpm)) * (0.25 + 0.6 * proof + pulse(round, frames, (double)frames / beats));
		if (score > best) {
			if (!related(bpm, t->bpm))
				second = best;
			best = score;
			best_evidence = proof;
			t->bpm = bpm;
			t->beats = beats;
		} else if (score > second && !related(bpm, t->bpm)) {
			second = score;
		}
	}
	const double free_evidence = free_tempo(plain, size, frames, frames_a_minute, &free_bpm);
	const double stated_evidence = stated > 0 ? evidence(plain, size, frames_a_minute / stated, 0.75 * (double)frames, 1) : 0;
	const int apart = best > 0 && free_evidence > 0.2
	    && repeats_at(plain, frames, frames_a_minute, t->bpm, free_bpm)
	        < 0.7 * repeats_at(plain, frames, frames_a_minute, free_bpm, free_bpm);
	fft_release(round);
	fft_release(plain);
	t->whole = best > 0;
	/* what the length says is overruled where nothing repeats at it and something else does */
	const int agree = t->whole && related(free_bpm, t->bpm), said = t->whole && stated > 0 && fabs(t->bpm / stated - 1) < NEAR;
	if (stated > 0 && !said && stated_evidence > 0.3 && stated_evidence >= 0.8 * free_evidence) {
		t->bpm = stated;
		t->beats = stated * minutes;
		t->whole = 0;
		t->confidence = fmin(1, stated_evidence);
	} else if (!t->whole || (!said && apart && (minutes > SHORT || overruled(t->bpm, best_evidence, free_bpm, free_evidence)))) {
		t->bpm = free_bpm;
		t->beats = free_bpm * minutes;
		t->whole = 0;
		t->confidence = 0.5 * fmin(1, free_evidence);
	} else {
		t->confidence = fmin(1, (best - second) / best * (agree ? 1 : 0.6) + 0.2 * best_evidence);
	}
	if (!(stated > 0) && sparse(t, (double)peaks(e) / minutes)) {
		t->bpm /= 2;
		t->beats /= 2;
	}
	return 0;
}

/* A comb of the beat over the envelope, its teeth widened by a frame. Of loops, which begin on a beat as a
   rule, frame 0 is taken where it is nearly as good. */
double
tempo_phase(const struct envelope *e, const struct tempo *t)
{
	const double beat = t->bpm > 0 ? 60 * e->rate / (double)e->hop / t->bpm : 0;
	double best = 0, zero = 0, found = 0;
	for (double at = 0; at < beat; at++) {
		double sum = 0;
		size_t teeth = 0;
		for (double tooth = at; tooth < (double)e->n; tooth += beat, teeth++) {
			const size_t i = (size_t)tooth;
			sum += 0.5 * e->v[i] + 0.25 * ((i ? e->v[i - 1] : 0) + (i + 1 < e->n ? e->v[i + 1] : 0));
		}
		sum /= (double)(teeth ? teeth : 1);
		if (at <= 3)
			zero = fmax(zero, sum);
		if (sum > best) {
			best = sum;
			found = at;
		}
	}
	if (t->whole && zero > 0.8 * best)
		return 0;
	return found * (double)e->hop / e->rate;
}
