/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/portrait.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "score/kernels.h"
#include "score/likeness.h"
#include "score/mss.h"

enum {
	RESOLUTIONS = 3,
	CHUNK = 16,        /* frames transformed at a time */
	HEARD_SCALE = 1,   /* the MSS scale that transport looks at: 25 ms, 64 bands */
	HEARD_BANDS = 64,
	MIN_FRAMES = 1025, /* what mirroring half of 2048 samples takes */
	MAX_CHANNELS = 8,
	ROWS = 8,          /* frames in a block of an outline */
};
#define MAX_SAMPLES    ((uint64_t)1 << 24) /* in one portrait */
#define MAG_FLOOR      1e-4f
#define MAG_FLOOR_LOG2 -13.28771237954945
#define SILENCE        (-100.0f) /* dBFS */
#define ENVELOPE_DEPTH 60.0f     /* dB */

static const struct {
	size_t n_fft, window;
} resolutions[RESOLUTIONS] = {{1024, 600}, {2048, 1200}, {512, 240}};

struct portrait_plan {
	uint32_t rate;
	struct mss_plan mss;
	struct stft *stft[RESOLUTIONS];
};

/* Blocks of ROWS frames and KERNELS_BLOCK columns of values: [channel][row][block]. */
struct outline {
	size_t room[4];
	float *plain;  /* the sum over the block of what counts by its absolute difference */
	float *square; /* or by its square: the sum over the root of the block's size; may be NULL */
	/* [channel][row], plain and square: the distance from silence of this row and all that follow */
	float *tail[2];
};

/* What there is of a sound in the frames after its end. */
struct silence {
	double plain, square;
};

struct portrait {
	uint32_t rate, channels;
	struct mss_image mss;
	size_t frames[RESOLUTIONS], bins[RESOLUTIONS], mag_room[RESOLUTIONS];
	float *mag[RESOLUTIONS]; /* [channel][frame][bin] */
	double norm[RESOLUTIONS][MAX_CHANNELS];
	size_t steps, step_room; /* of 10 ms */
	float *level;            /* [step], dBFS */
	float loudest;
	size_t heard, cdf_room, weight_room; /* frames of cdf and weight */
	float *cdf;               /* [frame][HEARD_BANDS], up to 1 */
	float *weight;            /* [frame], the sum of the frame's amplitudes */
	double rms_db, centroid, length;
	struct outline spectra[RESOLUTIONS], mel[MSS_SCALES];
};

struct portrait_plan *
portrait_plan_new(uint32_t rate, struct err *err)
{
	struct portrait_plan *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(err, "out of memory"), NULL;
	p->rate = rate;
	if (mss_plan_init(&p->mss, rate, true, err) < 0)
		return free(p), NULL;
	for (int r = 0; r < RESOLUTIONS; r++)
		if (!(p->stft[r] = stft_new(resolutions[r].n_fft, resolutions[r].window, resolutions[r].window / 2,
		          STFT_REFLECT, err))) {
			portrait_plan_free(p);
			return NULL;
		}
	return p;
}

void
portrait_plan_free(struct portrait_plan *p)
{
	if (!p)
		return;
	mss_plan_release(&p->mss);
	for (int r = 0; r < RESOLUTIONS; r++)
		stft_free(p->stft[r]);
	free(p);
}

static void
outline_release(struct outline *o)
{
	free(o->plain);
	free(o->square);
	free(o->tail[0]);
	free(o->tail[1]);
}

struct portrait *
portrait_new(void)
{
	return calloc(1, sizeof(struct portrait));
}

void
portrait_free(struct portrait *p)
{
	if (!p)
		return;
	mss_image_release(&p->mss);
	for (int r = 0; r < RESOLUTIONS; r++) {
		free(p->mag[r]);
		outline_release(&p->spectra[r]);
	}
	for (int i = 0; i < MSS_SCALES; i++)
		outline_release(&p->mel[i]);
	free(p->level);
	free(p->cdf);
	free(p->weight);
	free(p);
}

void
portrait_lighten(struct portrait *p)
{
	for (int r = 0; r < RESOLUTIONS; r++) {
		free(p->mag[r]);
		p->mag[r] = NULL;
		p->mag_room[r] = 0;
	}
}

/* Room for n floats, what was there is lost. */
static int
room(float **x, size_t *has, size_t n)
{
	if (n <= *has)
		return 0;
	free(*x);
	*x = malloc(n * sizeof **x);
	*has = *x ? n : 0;
	return *x ? 0 : -1;
}

static int
take_magnitudes(struct portrait *p, const struct portrait_plan *plan, const float *x, size_t n)
{
	const struct kernels *k = kernels_best();
	for (int r = 0; r < RESOLUTIONS; r++) {
		const size_t frames = stft_frames(plan->stft[r], n), bins = stft_bins(plan->stft[r]), one = frames * bins;
		p->frames[r] = frames;
		p->bins[r] = bins;
		if (room(&p->mag[r], &p->mag_room[r], p->channels * one) < 0)
			return -1;
		for (uint32_t c = 0; c < p->channels; c++) {
			float *mag = p->mag[r] + c * one;
			for (size_t t = 0; t < frames; t += CHUNK) {
				const size_t count = frames - t < CHUNK ? frames - t : CHUNK;
				if (stft_power(plan->stft[r], x + c * n, n, t, count, mag + t * bins) < 0)
					return -1;
				k->magnitudes(mag + t * bins, count * bins, mag + t * bins);
			}
			p->norm[r][c] = k->sum_self(mag, one);
		}
	}
	return 0;
}

/* Level in steps of 10 ms, power averaged over the channels. */
static int
take_level(struct portrait *p, const struct portrait_plan *plan, const float *x, size_t n)
{
	const struct kernels *k = kernels_best();
	const size_t step = plan->rate / 100;
	size_t got = 0;
	p->steps = (n + step - 1) / step;
	if (room(&p->level, &p->step_room, p->steps) < 0)
		return -1;
	double all = 0;
	for (size_t t = 0; t < p->steps; t++) {
		const size_t from = t * step, count = n - from < step ? n - from : step;
		double power = 0;
		for (uint32_t c = 0; c < p->channels; c++)
			power += k->sum_self(x + c * n + from, count);
		all += power;
		p->level[t] = (float)(power / p->channels / step);
	}
	for (double sum = 0; got < p->steps && sum < 0.95 * all; got++)
		sum += (double)p->level[got] * p->channels * step;
	p->length = (double)got * step / plan->rate;
	p->rms_db = 10 * fm_log10(fmax(all / n / p->channels, 1e-10));
	k->decibels(p->level, p->steps, 0, p->level);
	p->loudest = SILENCE;
	for (size_t t = 0; t < p->steps; t++)
		p->loudest = fmaxf(p->loudest, p->level[t]);
	return 0;
}

/* Centre of a mel band in Hz, on Slaney's scale. */
static double
band_hz(const struct mel *m, size_t band, uint32_t rate)
{
	const size_t n_fft = 2 * (m->bins - 1);
	return (m->first[band] + 0.5 * (m->count[band] - 1.0)) * rate / n_fft;
}

/* What the ear finds where on the mel axis, frame by frame: amplitudes summed over
   the channels, heaped up along the axis. */
static int
take_heard(struct portrait *p, const struct portrait_plan *plan)
{
	const struct kernels *k = kernels_best();
	const struct mss_image *m = &p->mss;
	const size_t frames = m->frames[HEARD_SCALE], one = frames * HEARD_BANDS;
	const bool silent = p->loudest <= SILENCE; /* which MSS shows as flat, not as low */
	if (room(&p->cdf, &p->cdf_room, one) < 0 || room(&p->weight, &p->weight_room, frames) < 0)
		return -1;
	p->heard = frames;
	double hz[HEARD_BANDS], moment = 0, mass = 0;
	for (size_t b = 0; b < HEARD_BANDS; b++)
		hz[b] = band_hz(plan->mss.mel[HEARD_SCALE], b, plan->rate);
	for (size_t t = 0; t < frames; t++) {
		float *cdf = p->cdf + t * HEARD_BANDS, amplitude[HEARD_BANDS];
		memset(cdf, 0, HEARD_BANDS * sizeof *cdf);
		for (uint32_t c = 0; c < p->channels && !silent; c++) {
			k->amplitudes(m->db[HEARD_SCALE] + c * one + t * HEARD_BANDS, HEARD_BANDS, amplitude);
			for (size_t b = 0; b < HEARD_BANDS; b++) /* the floor is silence */
				cdf[b] += amplitude[b] > 1.05e-4f ? amplitude[b] - 1.05e-4f : 0;
		}
		float sum = 0;
		for (size_t b = 0; b < HEARD_BANDS; b++) {
			moment += hz[b] * cdf[b];
			sum = cdf[b] += sum;
		}
		for (size_t b = 0; b < HEARD_BANDS && sum > 0; b++)
			cdf[b] /= sum;
		p->weight[t] = sum;
		mass += sum;
	}
	p->centroid = mass > 0 ? moment / mass : 0;
	return 0;
}

int
portrait_take(struct portrait *p, const struct portrait_plan *plan, const float *x, uint32_t channels, uint64_t frames,
    int mono, struct err *err)
{
	if (!frames || !channels || channels > MAX_CHANNELS || frames > MAX_SAMPLES / channels)
		return err_set(err, "a sound of %llu frames in %u channels is too %s to compare", (unsigned long long)frames,
		    channels, frames && channels ? "long" : "short");
	const size_t n = frames > MIN_FRAMES ? frames : MIN_FRAMES;
	float *planes = planar(x, channels, frames, mono, n);
	p->rate = plan->rate;
	p->channels = mono ? 1 : channels;
	int got = planes ? mss_image_take(&p->mss, &plan->mss, planes, p->channels, n, err) : -1;
	if (!got)
		got = take_magnitudes(p, plan, planes, n) < 0 || take_level(p, plan, planes, n) < 0
		    || take_heard(p, plan) < 0 ? -1 : 0;
	free(planes);
	return got ? err_set(err, "out of memory") : 0;
}

/* --- outlines ------------------------------------------------------------------------ */

static size_t
up(size_t n, size_t by)
{
	return (n + by - 1) / by;
}

/* Of the last row of frames, and of the last block of columns, there may be less. */
static size_t
part(size_t all, size_t at, size_t whole)
{
	return all - at * whole < whole ? all - at * whole : whole;
}

/* Heaps up, from the end, how far the rows of one channel are from silence. */
static void
outline_tail(struct outline *o, size_t first, size_t frames, size_t columns, const struct silence *silence)
{
	const size_t rows = up(frames, ROWS), across = up(columns, KERNELS_BLOCK);
	double plain = 0, square = 0;
	for (size_t row = rows; row-- > 0;) {
		for (size_t k = 0; k < across; k++) {
			const double n = (double)(part(frames, row, ROWS) * part(columns, k, KERNELS_BLOCK));
			const size_t at = (first + row) * across + k;
			const double d = o->square ? o->square[at] - sqrt(n) * silence->square : 0;
			plain += fabs(o->plain[at] - n * silence->plain);
			square += d * d;
		}
		o->tail[0][first + row] = (float)plain;
		o->tail[1][first + row] = (float)square;
	}
}

/* logs: what counts by its absolute difference is log2 of the values, which count by their square. */
static int
outline(struct outline *o, const float *x, uint32_t channels, size_t frames, size_t columns, bool logs,
    const struct silence *silence)
{
	const struct kernels *k = kernels_best();
	const size_t across = up(columns, KERNELS_BLOCK), rows = up(frames, ROWS), all = channels * rows * across;
	if (room(&o->plain, &o->room[0], all) < 0 || (logs && room(&o->square, &o->room[1], all) < 0)
	    || room(&o->tail[0], &o->room[2], channels * rows) < 0 || room(&o->tail[1], &o->room[3], channels * rows) < 0)
		return -1;
	for (uint32_t c = 0; c < channels; c++) {
		for (size_t row = 0; row < rows; row++) {
			const size_t n = part(frames, row, ROWS), at = (c * rows + row) * across;
			k->blocks(x + (c * frames + row * ROWS) * columns, n, columns, (logs ? o->square : o->plain) + at,
			    logs ? o->plain + at : NULL);
			for (size_t b = 0; b < across && logs; b++)
				o->square[at + b] /= sqrtf((float)(n * part(columns, b, KERNELS_BLOCK)));
		}
		outline_tail(o, c * rows, frames, columns, silence);
	}
	return 0;
}

static const struct silence no_magnitude = {MAG_FLOOR_LOG2, MAG_FLOOR}, no_level = {MSS_FLOOR, 0};

int
portrait_outline(struct portrait *p, struct err *err)
{
	int got = 0;
	for (int r = 0; r < RESOLUTIONS && !got; r++)
		got = outline(&p->spectra[r], p->mag[r], p->channels, p->frames[r], p->bins[r], true, &no_magnitude);
	for (int i = 0; i < MSS_SCALES && !got; i++)
		got = outline(&p->mel[i], p->mss.db[i], p->channels, p->mss.frames[i], p->mss.bands[i], false, &no_level);
	return got ? err_set(err, "out of memory") : 0;
}

/* --- comparison ---------------------------------------------------------------------- */

/* The rest of a sound against silence. */
static void
against_silence(const float *mag, size_t n, double *squares, double *logs)
{
	const struct kernels *k = kernels_best();
	float quiet[256];
	for (int i = 0; i < 256; i++)
		quiet[i] = MAG_FLOOR;
	for (size_t i = 0; i < n; i += 256)
		k->spectral(mag + i, quiet, n - i < 256 ? n - i : 256, squares, logs);
}

static double
mrstft(const struct portrait *a, const struct portrait *b)
{
	const struct kernels *k = kernels_best();
	double mean = 0;
	for (int r = 0; r < RESOLUTIONS; r++) {
		const struct portrait *longer = a->frames[r] > b->frames[r] ? a : b;
		const size_t bins = a->bins[r], all = longer->frames[r], both = (longer == a ? b : a)->frames[r];
		for (uint32_t c = 0; c < a->channels; c++) {
			const float *rest = longer->mag[r] + (c * all + both) * bins;
			double squares = 0, logs = 0;
			k->spectral(a->mag[r] + c * a->frames[r] * bins, b->mag[r] + c * b->frames[r] * bins, both * bins,
			    &squares, &logs);
			against_silence(rest, (all - both) * bins, &squares, &logs);
			mean += sqrt(squares / a->norm[r][c]) + logs / ((double)all * bins);
		}
	}
	return mean / (RESOLUTIONS * a->channels);
}

static double
envelope(const struct portrait *a, const struct portrait *b)
{
	const float floor = fmaxf(a->loudest - ENVELOPE_DEPTH, SILENCE);
	const size_t n = a->steps > b->steps ? a->steps : b->steps;
	double sum = 0;
	for (size_t t = 0; t < n; t++) {
		const float x = t < a->steps ? a->level[t] : SILENCE, y = t < b->steps ? b->level[t] : SILENCE;
		sum += fabsf((x > floor ? x : floor) - (y > floor ? y : floor));
	}
	return sum / n;
}

static double
transport(const struct portrait *a, const struct portrait *b)
{
	const struct kernels *k = kernels_best();
	static const float nothing[HEARD_BANDS];
	const size_t n = a->heard > b->heard ? a->heard : b->heard;
	double sum = 0, weights = 0;
	for (size_t t = 0; t < n; t++) {
		const double w = fmax(t < a->heard ? a->weight[t] : 0, t < b->heard ? b->weight[t] : 0);
		weights += w;
		if (w > 0)
			sum += w / HEARD_BANDS * k->sum_abs(t < a->heard ? a->cdf + t * HEARD_BANDS : nothing,
			    t < b->heard ? b->cdf + t * HEARD_BANDS : nothing, HEARD_BANDS);
	}
	return weights > 0 ? sum / weights : 0;
}

/* One channel of an outline. */
struct side {
	const float *plain, *square, *tail[2];
	size_t frames;
};

static struct side
side(const struct outline *o, uint32_t c, size_t frames, size_t columns)
{
	const size_t rows = up(frames, ROWS), at = c * rows * up(columns, KERNELS_BLOCK);
	return (struct side){o->plain + at, o->square ? o->square + at : NULL, {o->tail[0] + c * rows, o->tail[1] + c * rows},
	    frames};
}

/* A block of a row that the sound ends in, had the row `rows` frames. */
static double
filled(const struct side *a, const float *of, size_t at, size_t had, size_t rows, size_t n, double rest)
{
	const double own = had ? of[at] * (of == a->square ? sqrt((double)(had * n)) : 1) : 0;
	return own + (double)((rows - had) * n) * rest;
}

/* The sum over blocks of |difference|, which is at most that over all values, and of its square
   over the block's size, which is at most that of the squares. */
static void
apart(const struct side *a, const struct side *b, size_t columns, const struct silence *silence, double *plain,
    double *square)
{
	const struct kernels *k = kernels_best();
	const struct side *longer = a->frames > b->frames ? a : b, *shorter = longer == a ? b : a;
	const size_t across = up(columns, KERNELS_BLOCK), whole = shorter->frames / ROWS, had = shorter->frames % ROWS;
	*plain = k->sum_abs(a->plain, b->plain, whole * across);
	*square = a->square ? k->sum_squares(a->square, b->square, whole * across) : 0;
	size_t after = whole;
	if (had) {
		const size_t rows = part(longer->frames, whole, ROWS);
		for (size_t i = 0; i < across; i++) {
			const size_t n = part(columns, i, KERNELS_BLOCK), at = whole * across + i;
			*plain += fabs(filled(longer, longer->plain, at, rows, rows, n, 0)
			    - filled(shorter, shorter->plain, at, had, rows, n, silence->plain));
			if (!a->square)
				continue;
			const double d = filled(longer, longer->square, at, rows, rows, n, 0)
			    - filled(shorter, shorter->square, at, had, rows, n, silence->square);
			*square += d * d / (double)(rows * n);
		}
		after++;
	}
	if (after < up(longer->frames, ROWS)) {
		*plain += longer->tail[0][after];
		*square += longer->tail[1][after];
	}
}

static double
least_mrstft(const struct portrait *a, const struct portrait *b)
{
	double mean = 0;
	for (int r = 0; r < RESOLUTIONS; r++) {
		const size_t bins = a->bins[r], all = a->frames[r] > b->frames[r] ? a->frames[r] : b->frames[r];
		for (uint32_t c = 0; c < a->channels; c++) {
			const struct side x = side(&a->spectra[r], c, a->frames[r], bins), y = side(&b->spectra[r], c, b->frames[r], bins);
			double logs, squares;
			apart(&x, &y, bins, &no_magnitude, &logs, &squares);
			mean += sqrt(squares / a->norm[r][c]) + logs * 0.6931471805599453 / ((double)all * (double)bins);
		}
	}
	return mean / (RESOLUTIONS * a->channels);
}

static double
least_mss(const struct portrait *a, const struct portrait *b)
{
	double mean = 0;
	for (int i = 0; i < MSS_SCALES; i++) {
		const size_t bands = a->mss.bands[i], fa = a->mss.frames[i], fb = b->mss.frames[i];
		double sum = 0;
		for (uint32_t c = 0; c < a->channels; c++) {
			const struct side x = side(&a->mel[i], c, fa, bands), y = side(&b->mel[i], c, fb, bands);
			double decibels, ignored;
			apart(&x, &y, bands, &no_level, &decibels, &ignored);
			sum += decibels;
		}
		mean += sum / ((double)a->channels * (double)(fa > fb ? fa : fb) * (double)bands) / MSS_SCALES;
	}
	return mean;
}

void
portrait_least(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d)
{
	/* sums are rounded: a little off makes up for it */
	d->mss = fmax(least_mss(target, candidate) * (1 - 1e-4) - 1e-3, 0);
	d->mrstft = fmax(least_mrstft(target, candidate) * (1 - 1e-4) - 1e-4, 0);
	d->envelope = envelope(target, candidate);
	d->transport = 0;
}

void
portrait_compare_spectra(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d)
{
	d->mrstft = mrstft(target, candidate);
}

void
portrait_compare_rest(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d)
{
	d->mss = mss_distance(&target->mss, &candidate->mss);
	d->envelope = envelope(target, candidate);
	d->transport = transport(target, candidate);
}

void
portrait_compare(const struct portrait *target, const struct portrait *candidate, struct portrait_distance *d)
{
	portrait_compare_spectra(target, candidate, d);
	portrait_compare_rest(target, candidate, d);
}

double
portrait_level(const struct portrait *p)
{
	return p->rms_db;
}

double
portrait_centroid(const struct portrait *p)
{
	return p->centroid;
}

double
portrait_length(const struct portrait *p)
{
	return p->length;
}
