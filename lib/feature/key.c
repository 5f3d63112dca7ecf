/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chroma of the peaks of long spectra (0.37 s at 44.1 kHz: semitones part from
 * 65 Hz on), each peak counted for the pitches whose harmonic it may be as well
 * (Gómez, "Tonal description of music audio signals", 2006). How far the peaks
 * lie from equal temperament gives the tuning. The key is that of the largest
 * correlation (Krumhansl and Schmuckler) with the profiles of Sha'ath,
 * "Estimation of key in digital music recordings", 2011, which are those of
 * Krumhansl and Kessler, 1982, fitted to popular music; nearly as much counts which
 * triads half seconds are like (templates: Fujishima, ICMC 1999) and how usual
 * these are in the key.
 */
#include "feature/key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/stft.h"

enum { FINE = 20, OCTAVE = 12 * FINE, HARMONICS = 8, CHUNK = 8, MOST_FRAMES = 4096, BLOCK = 3 /* frames */ };
#define WIDTH 0.2      /* semitones off a tuned note that still count */
#define NEXT_PART 0.7  /* what the next harmonic's pitch counts less */
#define DECIDED 14.0   /* how much likelier a triad is that fits better */

/* What has a say, together one: notes and triads, of all that is heard and of the opening. */
#define NOTES 0.42
#define OPENING_NOTES 0.10
#define TRIADS 0.40
#define OPENING_TRIAD 0.08
#define LOWEST 60.0
#define HIGHEST 2200.0

static const double profile[2][12] = {
    {6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4},
    {6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2},
};

/* How usual triads are in C major and in C minor, by their roots: major ones, then minor ones. */
static const double usual[2][24] = {
    {1, 0, 0, 0, 0, 0.8, 0, 0.8, 0, 0, 0, 0, /* minor: */ 0, 0, 0.5, 0, 0.4, 0, 0, 0, 0, 0.6, 0, 0},
    {0, 0, 0, 0.6, 0, 0, 0, 0.6, 0.6, 0, 0.6, 0, /* minor: */ 1, 0, 0, 0, 0, 0.7, 0, 0.5, 0, 0, 0, 0},
};

const char *
key_name(int key)
{
	static const char *const names[KEYS] = {
	    "C major", "C# major", "D major", "Eb major", "E major", "F major", "F# major", "G major", "Ab major",
	    "A major", "Bb major", "B major", "C minor", "C# minor", "D minor", "Eb minor", "E minor", "F minor",
	    "F# minor", "G minor", "Ab minor", "A minor", "Bb minor", "B minor",
	};
	return key >= 0 && key < KEYS ? names[key] : "";
}

/* A pitch in fine steps above C, about which its weight is spread in proportion to two. */
static void
count(double *fine, double steps, double weight)
{
	const double low = floor(steps), part = steps - low, at = low - OCTAVE * floor(low / OCTAVE);
	const size_t i = (size_t)at % OCTAVE;
	fine[i] += weight * (1 - part);
	fine[(i + 1) % OCTAVE] += weight * part;
}

/* Adds the peaks of one spectrum. Loud frames count for more, but by the square root:
   a quiet chord is as much of the key as a loud one. */
static void
add_frame(const float *mag, size_t bins, double hz, double *fine)
{
	const size_t first = (size_t)fmax(2, ceil(LOWEST / hz)), end = (size_t)fmin((double)bins - 1, HIGHEST / hz);
	float most = 0;
	for (size_t k = first; k < end; k++)
		most = mag[k] > most ? mag[k] : most;
	if (!(most > 1e-6f))
		return;
	for (size_t k = first; k < end; k++) {
		if (!(mag[k] >= 0.01f * most && mag[k] > mag[k - 1] && mag[k] >= mag[k + 1]))
			continue;
		/* the top of a parabola through three logarithms (of 0: a floor) */
		const double l = fm_log(mag[k - 1] + 1e-9), m = fm_log(mag[k] + 1e-9), r = fm_log(mag[k + 1] + 1e-9);
		const double bend = l - 2 * m + r, off = bend < 0 ? 0.5 * (l - r) / bend : 0;
		const double steps = OCTAVE * (fm_log2(((double)k + off) * hz / 440) + 0.75);
		double weight = sqrt(mag[k] / most) * sqrt(sqrt(most));
		for (int h = 1; h <= HARMONICS; h++, weight *= NEXT_PART)
			count(fine, steps - OCTAVE * fm_log2(h), weight);
	}
}

/* What of a frame is as strong in those before and after it, within a bin: notes, not drums (as Fitzgerald, "Harmonic/
   percussive separation using median filtering", 2010, with a minimum). */
static void
hold(const float *before, const float *mag, const float *after, size_t bins, float *held)
{
	held[0] = held[bins - 1] = 0;
	for (size_t k = 1; k + 1 < bins; k++) {
		const float a = fmaxf(before[k], fmaxf(before[k - 1], before[k + 1]));
		const float b = fmaxf(after[k], fmaxf(after[k - 1], after[k + 1]));
		held[k] = fminf(mag[k], fminf(a, b));
	}
}

static void
gather(const double (*block)[OCTAVE], size_t blocks, double fine[OCTAVE])
{
	memset(fine, 0, OCTAVE * sizeof *fine);
	for (size_t b = 0; b < blocks; b++)
		for (int i = 0; i < OCTAVE; i++)
			fine[i] += block[b][i];
}

/* Cents by which peaks lie above the semitones: where their mean on the circle points. */
static double
tuning_of(const double *fine)
{
	double x = 0, y = 0;
	for (int i = 0; i < OCTAVE; i++) {
		const double turn = 6.28318530717958647692 * (i % FINE) / FINE;
		x += fine[i] * fm_cos(turn);
		y += fine[i] * fm_sin(turn);
	}
	return x * x + y * y > 0 ? 100 * fm_atan2(y, x) / 6.28318530717958647692 : 0;
}

/* Classes under a cosine window about each tuned note: what lies between them is drums' as a rule. */
static void
fold(const double *fine, double tuning, double chroma[12])
{
	double most = 0;
	for (int c = 0; c < 12; c++) {
		chroma[c] = 0;
		for (int i = 0; i < OCTAVE; i++) {
			double d = (double)i / FINE - c - tuning / 100;
			d -= 12 * floor(d / 12 + 0.5);
			if (fabs(d) < WIDTH)
				chroma[c] += fine[i] * (0.5 + 0.5 * fm_cos(3.14159265358979323846 / WIDTH * d));
		}
		most = fmax(most, chroma[c]);
	}
	for (int c = 0; c < 12 && most > 0; c++)
		chroma[c] /= most;
}

static double
correlation(const double *chroma, const double *shape, int tonic)
{
	double a = 0, b = 0, ab = 0, aa = 0, bb = 0;
	for (int c = 0; c < 12; c++) {
		a += chroma[c] / 12;
		b += shape[c] / 12;
	}
	for (int c = 0; c < 12; c++) {
		const double u = chroma[(c + tonic) % 12] - a, v = shape[c] - b;
		ab += u * v;
		aa += u * u;
		bb += v * v;
	}
	return aa > 0 ? ab / sqrt(aa * bb) : 0;
}

/* How likely each triad is what is heard, together one. */
static void
triads(const double *chroma, double likely[KEYS])
{
	static const double shape[2][12] = {{1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0}, {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0}};
	double most = -1, sum = 0;
	for (int i = 0; i < KEYS; i++) {
		likely[i] = correlation(chroma, shape[i / 12], i % 12);
		most = fmax(most, likely[i]);
	}
	for (int i = 0; i < KEYS; i++)
		sum += likely[i] = fm_exp(DECIDED * (likely[i] - most));
	for (int i = 0; i < KEYS; i++)
		likely[i] /= sum;
}

/* How often each triad is heard, in all blocks and their successors. */
static void
progression(const double (*block)[OCTAVE], size_t blocks, double tuning, double often[KEYS])
{
	double fine[OCTAVE], chroma[12], likely[KEYS], heard = 0;
	memset(often, 0, KEYS * sizeof *often);
	for (size_t b = 0; b < blocks; b++) {
		double sum = 0;
		for (int i = 0; i < OCTAVE; i++)
			sum += fine[i] = block[b][i] + (b + 1 < blocks ? block[b + 1][i] : 0);
		if (!(sum > 0))
			continue;
		fold(fine, tuning, chroma);
		triads(chroma, likely);
		for (int i = 0; i < KEYS; i++)
			often[i] += likely[i];
		heard++;
	}
	for (int i = 0; i < KEYS && heard > 0; i++)
		often[i] /= heard;
}

/* Relative keys share their notes: music mostly begins with the tonic's chord, so its opening has a say as well. */
static void
judge(struct key *k, const double *opening, const double often[KEYS], double share)
{
	double best = -2, second = -2, first[KEYS];
	triads(opening, first);
	for (int i = 0; i < KEYS; i++) {
		const int tonic = i % 12;
		double typical = 0;
		for (int c = 0; c < 12; c++) {
			typical += often[(tonic + c) % 12] * usual[i / 12][c];
			typical += often[12 + (tonic + c) % 12] * usual[i / 12][12 + c];
		}
		k->fit[i] = NOTES * correlation(k->chroma, profile[i / 12], tonic)
		    + OPENING_NOTES * correlation(opening, profile[i / 12], tonic) + TRIADS * typical + OPENING_TRIAD * first[i];
		if (k->fit[i] > best) {
			second = best;
			best = k->fit[i];
			k->key = i;
		} else {
			second = fmax(second, k->fit[i]);
		}
	}
	/* from roots back to amplitudes */
	for (int c = 0; c < 12; c++)
		k->chroma[c] = fm_pow(k->chroma[c], 1.6);
	/* the classes of what has no pitch are all alike */
	double sum = 0, square = 0;
	for (int c = 0; c < 12; c++) {
		sum += k->chroma[c] / 12;
		square += k->chroma[c] * k->chroma[c] / 12;
	}
	const double varied = sqrt(fmax(square - sum * sum, 0)) / sum;
	/* drums have pitches as well, but hold them for less than half of what is heard */
	const double notes = fmin(fmax((share - 0.35) / 0.25, 0), 1);
	k->confidence = fmax(best, 0) * fmin((best - second) / 0.1, 1) * fmin(varied / 0.48, 1) * notes;
}

bool
key_believe(struct key *k, int tonic, int mode)
{
	if (tonic < 0 || k->key == KEY_NONE)
		return true;
	int stated = mode == 1 ? tonic + 12 : tonic;
	if (mode < 0 && k->fit[tonic + 12] > k->fit[tonic])
		stated = tonic + 12;
	if (k->fit[stated] < k->fit[k->key] - 0.2)
		return false;
	k->key = stated;
	return true;
}

int
key_find(const float *x, size_t n, double rate, struct key *k, struct err *err)
{
	size_t n_fft = 64;
	while ((double)n_fft * 1.42 < 0.372 * rate && n_fft < 1 << 17)
		n_fft *= 2;
	const size_t hop = n / n_fft * 4 < MOST_FRAMES ? n_fft / 4 : n / MOST_FRAMES;
	*k = (struct key){.key = KEY_NONE};
	struct stft *s = stft_new(n_fft, n_fft, hop, STFT_ZERO, err);
	if (!s)
		return -1;
	const size_t bins = stft_bins(s), frames = stft_frames(s, n);
	/* the last two of the frames before, then a chunk, then what of a frame is held */
	float *mag = calloc((CHUNK + 3) * bins, sizeof *mag), *held = mag ? mag + (CHUNK + 2) * bins : NULL;
	const size_t blocks = frames / BLOCK + 1;
	double(*block)[OCTAVE] = calloc(blocks, sizeof *block);
	/* the opening: an eighth of the sound, 2 s at most, a frame at least */
	const size_t opens = (size_t)fmax(1, fmin((double)frames / 8, 2 * rate / (double)hop));
	double fine[OCTAVE] = {0}, first[OCTAVE] = {0}, opening[12], often[KEYS], sum = 0, all = 0, long_ones = 0;
	const size_t low = (size_t)(100 * (double)n_fft / rate), high = (size_t)fmin((double)bins, HIGHEST * (double)n_fft / rate);
	int got = mag && block ? 0 : -1;
	for (size_t t = 0; got == 0 && t < frames; t += CHUNK) {
		const size_t some = frames - t < CHUNK ? frames - t : CHUNK;
		got = stft_magnitude(s, x, n, t, some, mag + 2 * bins);
		for (size_t i = 0; got == 0 && i < some; i++) {
			const float *now = mag + (i + 2) * bins;
			if (frames >= 3)
				hold(now - 2 * bins, now - bins, now, bins, held);
			for (size_t b = low; b < high; b++) {
				all += now[b];
				long_ones += frames >= 3 ? held[b] : now[b];
			}
			add_frame(frames >= 3 ? held : now, bins, rate / (double)n_fft, block[(t + i) / BLOCK]);
			/* the frame that is held is the one before */
			if (t + i == (frames >= 3 ? opens : opens - 1))
				gather(block, blocks, first);
		}
		memmove(mag, mag + some * bins, 2 * bins * sizeof *mag);
	}
	free(mag);
	stft_free(s);
	if (got < 0) {
		free(block);
		return err_set(err, "out of memory");
	}
	gather(block, blocks, fine);
	for (int i = 0; i < OCTAVE; i++)
		sum += fine[i];
	if (sum > 0) {
		k->tuning = tuning_of(fine);
		fold(fine, k->tuning, k->chroma);
		fold(first, k->tuning, opening);
		progression(block, blocks, k->tuning, often);
		judge(k, opening, often, all > 0 ? long_ones / all : 0);
	}
	free(block);
	return 0;
}
