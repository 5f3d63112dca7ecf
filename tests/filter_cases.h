/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each filter claims: its analog transfer function, s in units of the cutoff, and within how many dB of it it is. */
#ifndef TESTS_FILTER_CASES_H
#define TESTS_FILTER_CASES_H

#include "filter_rig.h"

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

static double complex four(double complex s, double k) { return (1 + k / 2) / (cpow(1 + s, 4) + k); }
static double complex four_low12(double complex s, double k) { return four(s, k) * (1 + s) * (1 + s); }
static double complex four_band(double complex s, double k) { return four(s, k) * 4 * s * s; }
static double complex four_high(double complex s, double k) { return four(s, k) * cpow(s, 4); }

static double complex
three(double complex s, double k)
{
	return (1 + k / 4) / (cpow(1 + sqrt(3) * s, 3) + k); /* the stages stand at cutoff / sqrt 3 */
}
static double complex three_band(double complex s, double k) { return three(s, k) * sqrt(3) * s; }
static double complex three_high(double complex s, double k) { return three(s, k) * cpow(sqrt(3) * s, 3); }
static double complex
diode(double complex s, double k)
{
	const double complex t = sqrt(2) * s + 2;
	return (1 + k / 4) / (t * t * t * t / 2 - 2 * t * t + 1 + k);
}
static double complex key_low(double complex s, double k) { return 1 / (s * s + (2 - k) * s + 1); }
static double complex key_high(double complex s, double k) { return s * s / (s * s + (2 - k) * s + 1); }

static double complex mix_low24(double complex s, double k) { return (1 + k / 2) / (cpow(1 + s, 4) + k); }
static double complex mix_low6(double complex s, double k) { return mix_low24(s, k) * cpow(1 + s, 3); }
static double complex mix_low12(double complex s, double k) { return mix_low24(s, k) * cpow(1 + s, 2); }
static double complex mix_low18(double complex s, double k) { return mix_low24(s, k) * (1 + s); }
static double complex mix_high6(double complex s, double k) { return mix_low24(s, k) * s * cpow(1 + s, 3); }
static double complex mix_high12(double complex s, double k) { return mix_low24(s, k) * s * s * cpow(1 + s, 2); }
static double complex mix_high18(double complex s, double k) { return mix_low24(s, k) * s * s * s * (1 + s); }
static double complex mix_band12(double complex s, double k) { return mix_low24(s, k) * 2 * s * cpow(1 + s, 2); }
static double complex mix_band24(double complex s, double k) { return mix_low24(s, k) * 4 * s * s; }
static double complex mix_notch(double complex s, double k) { return mix_low24(s, k) * (1 + s * s) * cpow(1 + s, 2); }
static double complex mix_notchlow(double complex s, double k) { return mix_low24(s, k) * (1 + s * s) * (1 + s); }
static double complex mix_phase(double complex s, double k) { return mix_low24(s, k) * cpow(1 - s, 3) * (1 + s); }

/* Resonances of what oscillates stay below that. within: dB to 10 kHz, for cutoffs to 16 kHz. */
static const struct filter_claim {
	const char *name;
	struct filter_case c;
	double within;
} filter_claims[] = {
    {"svf/low", {"svf", "in", "low", {{0}}, svf_low, 2, -1.98, 1, 1}, 0.1},
    {"svf/band", {"svf", "in", "band", {{0}}, svf_band, 2, -1.98, 1, 1}, 0.1},
    {"svf/high", {"svf", "in", "high", {{0}}, svf_high, 2, -1.98, 1, 1}, 0.1},
    {"svf/notch", {"svf", "in", "notch", {{0}}, svf_notch, 2, -1.98, 1, 1}, 0.1},
    {"onepole/low", {"onepole", "in", "low", {{0}}, one_low, 0, 0, 1, 1}, 0.1},
    {"onepole/high", {"onepole", "in", "high", {{0}}, one_high, 0, 0, 1, 1}, 0.1},
    {"multimode/low12", {"multimode", "in", "out", {{"mode", 0}, {"slope", 0}}, mm_low12, 0, 1, 1, 1}, 0.1},
    {"multimode/high12", {"multimode", "in", "out", {{"mode", 1}, {"slope", 0}}, mm_high12, 0, 1, 1, 1}, 0.1},
    {"multimode/band12", {"multimode", "in", "out", {{"mode", 2}, {"slope", 0}}, mm_band12, 0, 1, 1, 1}, 0.1},
    {"multimode/notch12", {"multimode", "in", "out", {{"mode", 3}, {"slope", 0}}, mm_notch12, 0, 1, 1, 1}, 0.1},
    {"multimode/low24", {"multimode", "in", "out", {{"mode", 0}, {"slope", 1}}, mm_low24, 0, 1, 1, 1}, 0.1},
    {"multimode/high24", {"multimode", "in", "out", {{"mode", 1}, {"slope", 1}}, mm_high24, 0, 1, 1, 1}, 0.1},
    {"multimode/band24", {"multimode", "in", "out", {{"mode", 2}, {"slope", 1}}, mm_band24, 0, 1, 1, 1}, 0.1},
    {"multimode/notch24", {"multimode", "in", "out", {{"mode", 3}, {"slope", 1}}, mm_notch24, 0, 1, 1, 1}, 0.1},
    {"ladder/low", {"ladder", "in", "low", {{0}}, four, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"ladder/low12", {"ladder", "in", "low12", {{0}}, four_low12, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"ladder/band", {"ladder", "in", "band", {{0}}, four_band, 0, 4.4, 1e-3, 0.89}, 0.2},
    {"ladder/high", {"ladder", "in", "high", {{0}}, four_high, 0, 4.4, 1e-3, 0.89}, 0.15},
    {"tripole/low", {"tripole", "in", "low", {{0}}, three, 0, 8.8, 1e-3, 0.89}, 0.1},
    {"tripole/band", {"tripole", "in", "band", {{0}}, three_band, 0, 8.8, 1e-3, 0.89}, 0.1},
    {"tripole/high", {"tripole", "in", "high", {{0}}, three_high, 0, 8.8, 1e-3, 0.89}, 0.1},
    {"diode", {"diode", "in", "out", {{0}}, diode, 0, 18.4, 1e-3, 0.91}, 0.1},
    {"sallenkey/low", {"sallenkey", "in", "out", {{"mode", 0}}, key_low, 0, 2.08, 1e-3, 0.95}, 0.1},
    {"sallenkey/high", {"sallenkey", "in", "out", {{"mode", 1}}, key_high, 0, 2.08, 1e-3, 0.95}, 0.1},
    {"polemix/low6", {"polemix", "in", "out", {{"mode", 0}}, mix_low6, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"polemix/low12", {"polemix", "in", "out", {{"mode", 1}}, mix_low12, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"polemix/low18", {"polemix", "in", "out", {{"mode", 2}}, mix_low18, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"polemix/low24", {"polemix", "in", "out", {{"mode", 3}}, mix_low24, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"polemix/high6", {"polemix", "in", "out", {{"mode", 4}}, mix_high6, 0, 4.4, 1e-3, 0.89}, 0.12},
    {"polemix/high12", {"polemix", "in", "out", {{"mode", 5}}, mix_high12, 0, 4.4, 1e-3, 0.89}, 0.15},
    {"polemix/high18", {"polemix", "in", "out", {{"mode", 6}}, mix_high18, 0, 4.4, 1e-3, 0.89}, 0.3},
    {"polemix/band12", {"polemix", "in", "out", {{"mode", 7}}, mix_band12, 0, 4.4, 1e-3, 0.89}, 0.1},
    {"polemix/band24", {"polemix", "in", "out", {{"mode", 8}}, mix_band24, 0, 4.4, 1e-3, 0.89}, 0.2},
    {"polemix/notch", {"polemix", "in", "out", {{"mode", 9}}, mix_notch, 0, 4.4, 1e-3, 0.89}, 0.3},
    {"polemix/notchlow", {"polemix", "in", "out", {{"mode", 10}}, mix_notchlow, 0, 4.4, 1e-3, 0.89}, 0.4},
    {"polemix/phase", {"polemix", "in", "out", {{"mode", 11}}, mix_phase, 0, 4.4, 1e-3, 0.89}, 0.12},
};
#define FILTER_CLAIMS (sizeof filter_claims / sizeof *filter_claims)

/* What oscillates at its cutoff, within a cent up to `highest` Hz. */
static const struct filter_tuned {
	const char *name, *module, *out;
	struct knob choice;
	double highest;
} filter_tuned[] = {
    {"ladder", "ladder", "low", {0}, 16000},
    {"tripole", "tripole", "low", {0}, 16000},
    {"diode", "diode", "out", {0}, 16000},
    {"sallenkey/low", "sallenkey", "out", {"mode", 0}, 16000},
    {"sallenkey/high", "sallenkey", "out", {"mode", 1}, 16000},
    {"polemix", "polemix", "out", {"mode", 3}, 16000},
};
#define FILTER_TUNED (sizeof filter_tuned / sizeof *filter_tuned)

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

/* Worst of the peaks, the low and the high shelf, in dB. */
static inline void
filter_equaliser(double *peaks_, double *low_, double *high_)
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
	*peaks_ = peaks;
	*low_ = low;
	*high_ = high;
}

#endif
