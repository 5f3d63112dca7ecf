/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noises: slopes in dB an octave, power, correlation; the 8-bit counter against its equation. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

static double
octave_power(const double *power, double hz)
{
	double s = 0;
	int n = 0;
	for (int k = (int)(hz / 44100 * N); k < (int)(2 * hz / 44100 * N); k++, n++)
		s += power[k];
	return 10 * log10(s / n);
}

/* Mean power of bins over twelve seeds; *sq: mean square. */
static double *
spectrum(struct rig *r, double *mean, double *sq)
{
	double *power = calloc(N / 2, sizeof *power);
	*mean = *sq = 0;
	for (r->seed = 1; r->seed <= 12; r->seed++) {
		rig_run(r, 2 * N);
		const float *y = rig_out(r, "out") + N;
		double *mag = rig_spectrum(y, N);
		for (int k = 0; k < N / 2; k++)
			power[k] += mag[k] * mag[k] / 12;
		for (int i = 0; i < N; i++) {
			*mean += y[i] / (12.0 * N);
			*sq += (double)y[i] * (double)y[i] / (12.0 * N);
		}
		free(mag);
	}
	return power;
}

static void
colour(const char *name, double number, double slope, double want)
{
	struct rig r = rig("noise");
	double mean, sq, worst = 0;
	rig_set(&r, "colour", number);
	rig_set(&r, "slope", slope);
	double *power = spectrum(&r, &mean, &sq);
	const double ref = octave_power(power, 1280);
	for (int o = -4; o <= 3; o++)
		worst = fmax(worst, fabs(octave_power(power, 1280 * pow(2, o)) - ref - want * o));
	ok(worst < 0.9 && fabs(mean) < 0.05 && fabs(sq * 3 - 1) < 0.15,
	    "noise: %s: %.2f dB an octave within %.2f dB over eight octaves, mean %.3f, power * 3 %.2f", name, want, worst, mean, sq * 3);
	free(power);
	rig_free(&r);
}

/* The numbers held in the middle of each turn. */
static void
sampled(double correlation)
{
	struct rig r = rig("shnoise");
	const double f = note_hz(84) / 44100;
	double sq = 0, product = 0, flat = 0;
	int turns = 0;
	rig_set(&r, "pitch", 84);
	rig_set(&r, "correlation", correlation);
	for (r.seed = 1; r.seed <= 8; r.seed++) {
		rig_run(&r, N);
		const float *y = rig_out(&r, "out");
		double was = 0;
		for (int k = 10; k < (int)(N * f) - 1; k++, turns++) {
			const int i = (int)((k + 0.5) / f);
			const double x = y[i];
			flat = fmax(flat, fabs((double)(y[i + 8] - y[i - 8]))); /* the turn is 42 frames long */
			sq += x * x;
			product += x * was;
			was = x;
		}
	}
	ok(fabs(3 * sq / turns - 1) < 0.1 && fabs(product / sq - correlation) < 0.05 && flat < 0.01,
	    "shnoise: correlation %g is %.3f, power * 3 %.2f, held within %.4f", correlation, product / sq, 3 * sq / turns, flat);
	rig_free(&r);
}

/* A staircase has no power at whole multiples of its rate, unless it folds back there. */
static double
in_the_gap(const float *y, double f)
{
	double *mag = rig_spectrum(y, N), power = 0;
	for (int bin = (int)(f * N) - 1; bin <= (int)(f * N) + 2; bin++)
		power += mag[bin] * mag[bin] / 4;
	free(mag);
	return power;
}

static void
band_limited(void)
{
	struct rig r = rig("shnoise");
	const double f = note_hz(108.03) / 44100;
	double mended = 0, plain = 0, low = 0;
	float *stairs = malloc(N * sizeof *stairs);
	rig_set(&r, "pitch", 108.03);
	for (r.seed = 1; r.seed <= 8; r.seed++) {
		rig_run(&r, 2 * N);
		mended += in_the_gap(rig_out(&r, "out") + N / 2, f);
		low += in_the_gap(rig_out(&r, "out") + N / 2, f / 8);
		uint32_t x = r.seed * 2654435761u;
		long turn = -1;
		for (int i = 0; i < N; i++) {
			if ((long)floor(i * f) != turn)
				x = x * 1664525u + 1013904223u;
			turn = (long)floor(i * f);
			stairs[i] = (float)((int32_t)x * 0x1p-31);
		}
		plain += in_the_gap(stairs, f);
	}
	ok(rig_db(sqrt(mended / low)) < -50 && plain > mended * 1e2,
	    "shnoise: at its own pitch of 4193 Hz %.0f dB of what is below; by plain holding %.0f dB", rig_db(sqrt(mended / low)),
	    rig_db(sqrt(plain / low)));
	free(stairs);
	rig_free(&r);
}

static void
counter(int shape, double wrap, int mask, int threshold, int bits)
{
	struct rig r = rig("alias");
	const double f = note_hz(45) / 44100;
	int off = 0;
	double slow = 0;
	rig_set(&r, "pitch", 45);
	rig_set(&r, "shape", shape);
	rig_set(&r, "wrap", wrap);
	rig_set(&r, "mask", mask);
	rig_set(&r, "threshold", threshold);
	rig_set(&r, "bits", bits);
	rig_run(&r, 8192);
	const float *y = rig_out(&r, "out");
	for (int i = 0; i < 8192; i++) {
		int c = (int)(256 * (f * i - floor(f * i)));
		c = ((int)(c * wrap) & 255) ^ mask;
		c = c >= threshold ? 255 - c : c;
		if (shape == 1)
			c = (int)(128 + 127.5 * sin(2 * M_PI * (c + 0.5) / 256));
		if (shape == 2)
			c = c >= 128 ? 255 : 0;
		c >>= 8 - bits;
		const double x = c * 2.0 / ((1 << bits) - 1) - 1;
		off += fabs(y[i] - (x - slow)) > 0.009; /* a step, where rounding tips it over */
		slow += 2 * M_PI * 10 / 44100 * (x - slow);
	}
	ok(off < 60, "alias: shape %d, wrap %g, mask %d, threshold %d, %d bits: its equation, but for %d of 8192 frames", shape, wrap,
	    mask, threshold, bits, off);
	rig_free(&r);
}

int
main(void)
{
	colour("white", 0, 0, 0);
	colour("pink", 1, 0, -3.0103);
	colour("brown", 2, 0, -6.0206);
	colour("blue", 3, 0, 3.0103);
	colour("violet", 4, 0, 6.0206);
	colour("tilted", 5, -4.5, -4.5 * 1.00343);
	colour("tilted", 5, 1.5, 1.5 * 1.00343);
	sampled(0);
	sampled(0.8);
	sampled(-0.7);
	band_limited();
	counter(0, 1, 0, 256, 8);
	counter(0, 1, 0, 128, 8);
	counter(0, 2.7, 40, 200, 8);
	counter(1, 1.37, 17, 256, 8);
	counter(1, 1, 0, 256, 3);
	counter(2, 3, 85, 100, 8);
	return done();
}
