/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The linear filters by their responses in dB against the analog curves, and by what wild modulation does to them. */
#include "filter_rig.h"
#include "tap.h"

enum { N = 32768 };
#define RATE 44100.0

static double complex svf_low(double complex s, double k) { return 1 / (s * s + k * s + 1); }
static double complex svf_band(double complex s, double k) { return s / (s * s + k * s + 1); }
static double complex svf_high(double complex s, double k) { return s * s / (s * s + k * s + 1); }
static double complex svf_notch(double complex s, double k) { return (s * s + 1) / (s * s + k * s + 1); }
static double complex one_low(double complex s, double k) { (void)k; return 1 / (1 + s); }
static double complex one_high(double complex s, double k) { (void)k; return s / (1 + s); }

/* Butterworth's, 12 and 24 dB; k is the resonance. */
static double damp12(double r) { return sqrt(2) + (0.02 - sqrt(2)) * r; }
static double damp24(double r) { return 0.7653668647 + (0.02 - 0.7653668647) * r; }
#define CALM 1.8477590650
static double complex mm_low12(double complex s, double r) { return svf_low(s, damp12(r)); }
static double complex mm_high12(double complex s, double r) { return svf_high(s, damp12(r)); }
static double complex mm_band12(double complex s, double r) { return damp12(r) * svf_band(s, damp12(r)); }
static double complex mm_notch12(double complex s, double r) { return svf_notch(s, damp12(r)); }
static double complex mm_low24(double complex s, double r) { return svf_low(s, CALM) * svf_low(s, damp24(r)); }
static double complex mm_high24(double complex s, double r) { return svf_high(s, CALM) * svf_high(s, damp24(r)); }
static double complex
mm_band24(double complex s, double r)
{
	return CALM * svf_band(s, CALM) * damp24(r) * svf_band(s, damp24(r));
}
static double complex mm_notch24(double complex s, double r) { return svf_notch(s, CALM) * svf_notch(s, damp24(r)); }

static const struct filter_case cases[] = {
    {"svf", "in", "low", {{0}}, svf_low, 2, -1.98, 1, 1},
    {"svf", "in", "band", {{0}}, svf_band, 2, -1.98, 1, 1},
    {"svf", "in", "high", {{0}}, svf_high, 2, -1.98, 1, 1},
    {"svf", "in", "notch", {{0}}, svf_notch, 2, -1.98, 1, 1},
    {"onepole", "in", "low", {{0}}, one_low, 0, 0, 1, 1},
    {"onepole", "in", "high", {{0}}, one_high, 0, 0, 1, 1},
    {"multimode", "in", "out", {{"mode", 0}, {"slope", 0}}, mm_low12, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 1}, {"slope", 0}}, mm_high12, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 2}, {"slope", 0}}, mm_band12, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 3}, {"slope", 0}}, mm_notch12, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 0}, {"slope", 1}}, mm_low24, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 1}, {"slope", 1}}, mm_high24, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 2}, {"slope", 1}}, mm_band24, 0, 1, 1, 1},
    {"multimode", "in", "out", {{"mode", 3}, {"slope", 1}}, mm_notch24, 0, 1, 1, 1},
};

/* The equaliser against the cookbook's analog prototypes. */
static double eq_a;
static double complex
peak(double complex s, double q)
{
	return (s * s + s * eq_a / q + 1) / (s * s + s / (q * eq_a) + 1);
}

static double complex
low_shelf(double complex s, double q)
{
	const double a = eq_a, r = sqrt(a) / q;
	return a * (s * s + r * s + a) / (a * s * s + r * s + 1);
}

static double complex
high_shelf(double complex s, double q)
{
	const double a = eq_a, r = sqrt(a) / q;
	return a * (a * s * s + r * s + 1) / (s * s + r * s + a);
}

static void
equaliser(void)
{
	static const double places[] = {50, 200, 700, 2000, 5000, 8000, 12000, 16000};
	static const double gains[] = {-24, -9, -3, 3, 9, 24}, qs[] = {0.1, 0.4, 1, 4, 20};
	double peaks = 0, low = 0, high = 0;
	for (int f = 0; f < 8; f++)
		for (int g = 0; g < 6; g++) {
			double complex *h;
			eq_a = pow(10, gains[g] / 40);
			for (int q = 0; q < 5; q++) {
				if (places[f] < 500 && qs[q] > 4)
					continue;
				const struct knob k[] = {
				    {"peak1", places[f]}, {"peak1_gain", gains[g]}, {"peak1_q", qs[q]}, {NULL, 0}};
				h = filter_spectrum("eq", "left", "left", k, 1);
				peaks = fmax(peaks, filter_error(h, peak, places[f], qs[q]));
				free(h);
			}
			if (places[f] <= 1000) {
				const struct knob k[] = {{"low", places[f]}, {"low_gain", gains[g]}, {NULL, 0}};
				h = filter_spectrum("eq", "left", "left", k, 1);
				low = fmax(low, filter_error(h, low_shelf, places[f], sqrt(0.5)));
				free(h);
			}
			if (places[f] >= 500) {
				const struct knob k[] = {{"high", places[f]}, {"high_gain", gains[g]}, {NULL, 0}};
				h = filter_spectrum("eq", "left", "left", k, 1);
				high = fmax(high, filter_error(h, high_shelf, places[f], sqrt(0.5)));
				free(h);
			}
		}
	ok(peaks < 0.1, "eq peaks: within 0.1 dB of the analog curve to 10 kHz (%.4f)", peaks);
	ok(low < 0.1, "eq low shelf: within 0.1 dB (%.4f)", low);
	ok(high < 0.1, "eq high shelf: within 0.1 dB (%.4f)", high);
}

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
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const double e = filter_worst(&cases[i], 0, 16000);
		char mode[64] = "";
		for (int j = 0; j < 2 && cases[i].choice[j].port; j++)
			snprintf(mode + strlen(mode), sizeof mode - strlen(mode), ", %s %g", cases[i].choice[j].port,
			    cases[i].choice[j].value);
		ok(e < 0.1, "%s %s%s: within 0.1 dB of the analog curve to 10 kHz, cutoffs to 16 kHz (%.4f)", cases[i].module,
		    cases[i].out, mode, e);
	}
	equaliser();
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
