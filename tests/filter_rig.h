/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters by their responses: what an impulse leaves, in dB, against the transfer
 * function of the analog filter, and what wild modulation does to them.
 */
#ifndef TESTS_FILTER_RIG_H
#define TESTS_FILTER_RIG_H

#include "base/rng.h"
#include "module_rig.h"

enum { FILTER_N = 32768 };
#define FILTER_RATE 44100.0

/* One knob of a case. */
struct knob {
	const char *port;
	double value;
};

/* Spectrum (bins of FILTER_RATE / FILTER_N) of the answer to an impulse of a small size. Allocated. */
static inline double complex *
filter_spectrum(const char *module, const char *in, const char *out, const struct knob *knobs, double size)
{
	double complex *h = malloc(FILTER_N * sizeof *h);
	float *x = calloc(FILTER_N, sizeof *x);
	struct rig r = rig(module);
	x[0] = (float)size;
	rig_signal(&r, in, x);
	for (const struct knob *k = knobs; k->port; k++)
		rig_set(&r, k->port, k->value);
	rig_run(&r, FILTER_N);
	for (int i = 0; i < FILTER_N; i++)
		h[i] = (double)rig_out(&r, out)[i] / size;
	rig_fft(h, FILTER_N);
	rig_free(&r);
	free(x);
	return h;
}

/* Of an analog filter at i hz / cutoff; k as the module derives it from the resonance. */
typedef double complex analog_fn(double complex s, double k);

/* Worst difference in dB from the analog curve, 20 Hz to 10 kHz, where that is above -60 dB. */
static inline double
filter_error(const double complex *h, analog_fn *curve, double cutoff, double k)
{
	double worst = 0;
	for (double hz = 20; hz < 10000; hz *= 1.06) {
		const int bin = (int)floor(hz * FILTER_N / FILTER_RATE + 0.5);
		const double want = cabs(curve(I * bin * FILTER_RATE / FILTER_N / cutoff, k));
		if (want > 1e-3)
			worst = fmax(worst, fabs(rig_db(cabs(h[bin]) / want)));
	}
	return worst;
}

/* A filter's output as it is claimed: the damping or feedback at resonance 0 and what 1 adds,
   choices that select it, the size of impulse at which it is linear. */
struct filter_case {
	const char *module, *in, *out;
	struct knob choice[2];
	analog_fn *curve;
	double k0, k1, size;
	double top; /* highest resonance asked for */
};

/* Worst over cutoffs and resonances. A long ringing at a low cutoff would be cut off: left out. */
static inline double
filter_worst(const struct filter_case *c, double lowest, double highest)
{
	static const double cutoffs[] = {40, 100, 300, 1000, 2000, 3000, 4500, 7000, 10000, 12000, 16000};
	static const double resonances[] = {0, 0.3, 0.6, 0.9, 1};
	double worst = 0;
	for (size_t i = 0; i < sizeof cutoffs / sizeof *cutoffs && cutoffs[i] <= highest; i++)
		for (int q = 0; q < (c->k1 != 0 ? 5 : 1); q++) {
			const double r = resonances[q] * c->top, cutoff = cutoffs[i];
			if (cutoff < lowest || (cutoff < 1000 && q > 2))
				continue;
			struct knob knobs[5] = {{"cutoff", cutoff}};
			int n = 1;
			for (int j = 0; j < 2 && c->choice[j].port; j++)
				knobs[n++] = c->choice[j];
			if (c->k1 != 0)
				knobs[n++] = (struct knob){"resonance", r};
			double complex *h = filter_spectrum(c->module, c->in, c->out, knobs, c->size);
			const double e = filter_error(h, c->curve, cutoff, c->k0 + c->k1 * r);
			worst = fmax(worst, e);
			if (getenv("FILTER_TABLE"))
				printf("# %s %s: %6.0f Hz, resonance %.2f: %.4f dB\n", c->module, c->out, cutoff, r, e);
			free(h);
		}
	return worst;
}

/* Cents by which a filter, kicked once at full resonance, misses its cutoff; *lowest, *highest: its level. */
static inline double
filter_detuned(const char *module, const char *out, struct knob choice, double cutoff, double *level)
{
	struct rig r = rig(module);
	float *x = calloc(4 * FILTER_N, sizeof *x);
	x[0] = 1;
	rig_signal(&r, "in", x);
	rig_set(&r, "cutoff", cutoff);
	rig_set(&r, "resonance", 1);
	if (choice.port)
		rig_set(&r, choice.port, choice.value);
	rig_run(&r, 4 * FILTER_N);
	const float *y = rig_out(&r, out) + 2 * FILTER_N;
	const double f = rig_frequency(y, FILTER_N, cutoff / FILTER_RATE) * FILTER_RATE;
	*level = rig_peak(y, FILTER_N);
	free(x);
	rig_free(&r);
	return fabs(1200 * log2(f / cutoff));
}

#endif
