/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The linear filters by their responses in dB against the analog curves, and by what wild modulation does to them. */
#include "filter_cases.h"
#include "tap.h"

enum { N = 32768 };
#define RATE 44100.0

/* Over one octave, three octaves or more from the cutoff. */
static void
slope(const char *module, const char *out, int low, double want)
{
	const struct knob k[] = {{"cutoff", low ? 80 : 3200}, {NULL, 0}};
	double complex *h = filter_spectrum(module, "in", out, k, 1e-3);
	const double bin = FILTER_N / FILTER_RATE;
	const double far = rig_db(cabs(h[(int)((low ? 2560 : 200) * bin)])), near = rig_db(cabs(h[(int)((low ? 1280 : 400) * bin)]));
	ok(fabs(far - near - want) < 0.5, "%s %s: %.0f dB an octave (%.2f)", module, out, want, far - near);
	free(h);
}

/* Cutoff and resonance by chance, each frame and each block, at full range. */
static void
wild(const char *module, const char *cutoff, const char *resonance, double limit)
{
	double peak_ = 0, after = 0;
	for (int per_frame = 0; per_frame < 2; per_frame++) {
		struct rig r = rig(module);
		struct rng rng = {3, 0};
		float *x = calloc(N, sizeof *x), *f = malloc(N * sizeof *f), *q = malloc(N * sizeof *q);
		size_t k;
		const struct port *p = port_find(r.m, PORT_IN, cutoff, &k);
		for (int i = 0; i < N; i++) {
			x[i] = i < N / 4 ? (float)(2 * rng_uniform(&rng) - 1) : 0;
			f[i] = (float)(p->min * pow(p->max / p->min, rng_uniform(&rng)));
			q[i] = (float)rng_uniform(&rng) * 0.8f;
		}
		rig_signal(&r, "in", x);
		(per_frame ? rig_signal : rig_control)(&r, cutoff, f);
		if (resonance)
			(per_frame ? rig_signal : rig_control)(&r, resonance, q);
		rig_run(&r, N);
		for (const struct port *o = r.m->ports; o->dir != PORT_END; o++)
			if (o->dir == PORT_OUT) {
				peak_ = fmax(peak_,
				    rig_finite(rig_out(&r, o->name), N) ? rig_peak(rig_out(&r, o->name), N) : INFINITY);
				after = fmax(after, rig_peak(rig_out(&r, o->name) + N - 4096, 4096));
			}
		rig_free(&r);
		free(x);
		free(f);
		free(q);
	}
	ok(peak_ < limit && after < 1e-3, "%s: modulated by noise it stays under %g (%.1f) and dies away (%.1g)", module,
	    limit, peak_, after);
}

/* Peaks where they belong, and as high as theory says; ringing T60 from the feedback. */
static void
comb(void)
{
	double worst = 0, level = 0;
	for (double f0 = 55; f0 < 2000; f0 *= 1.7) {
		struct rig r = rig("comb");
		float *x = calloc(N, sizeof *x);
		x[0] = 1;
		rig_signal(&r, "in", x);
		rig_set(&r, "frequency", f0);
		rig_set(&r, "feedback", 0.9);
		rig_run(&r, N);
		const float *y = rig_out(&r, "out");
		double at[3];
		for (int j = 0; j < 3; j++) {
			const double complex turn = cexp(-2 * M_PI * I * f0 * pow(1.0005, j - 1) / RATE);
			double complex sum = 0, z = 1;
			for (int i = 0; i < N; i++, z *= turn)
				sum += (double)y[i] * z;
			at[j] = cabs(sum);
		}
		/* the top of a parabola through three points, in cents */
		worst = fmax(worst, fabs(0.5 * (at[2] - at[0]) / (2 * at[1] - at[2] - at[0]) * 1200 * log2(1.0005)));
		level = fmax(level, fabs(rig_db(at[1]) - rig_db(sqrt(1 - 0.81) / 0.1)));
		free(x);
		rig_free(&r);
	}
	ok(worst < 0.1 && level < 0.2, "comb: first peak within 0.1 cent (%.3f) and 0.2 dB (%.3f), 55 Hz to 1.7 kHz",
	    worst, level);
}

int
main(void)
{
	for (size_t i = 0; i < FILTER_CLAIMS; i++) {
		const struct filter_claim *c = &filter_claims[i];
		if (strcmp(c->c.module, "svf") && strcmp(c->c.module, "onepole") && strcmp(c->c.module, "multimode"))
			continue;
		const double e = filter_worst(&c->c, 0, 16000);
		ok(e < c->within, "%s: within %g dB of the analog curve to 10 kHz, cutoffs to 16 kHz (%.4f)", c->name, c->within, e);
	}
	double peaks, low, high;
	filter_equaliser(&peaks, &low, &high);
	ok(peaks < 0.1, "eq peaks: within 0.1 dB of the analog curve to 10 kHz (%.4f)", peaks);
	ok(low < 0.1, "eq low shelf: within 0.1 dB (%.4f)", low);
	ok(high < 0.1, "eq high shelf: within 0.1 dB (%.4f)", high);
	slope("svf", "low", 1, -12);
	slope("svf", "high", 0, -12);
	slope("onepole", "low", 1, -6);
	slope("onepole", "high", 0, -6);
	slope("ladder", "low", 1, -24);
	slope("ladder", "low12", 1, -12);
	slope("ladder", "high", 0, -24);
	wild("svf", "cutoff", "resonance", 50);
	wild("onepole", "cutoff", NULL, 10);
	wild("ladder", "cutoff", "resonance", 200); /* `high`, whose gain for the highest frequencies leaps with the cutoff */
	wild("comb", "frequency", NULL, 50);
	comb();
	return done();
}
