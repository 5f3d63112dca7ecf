/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters that are no ladders: pole mixes, combs, all-passes, vowels, sample-and-hold, by their responses. */
#include "filter_cases.h"
#include "tap.h"

enum { N = FILTER_N };
#define RATE FILTER_RATE

/* --- polemix ------------------------------------------------------------------------------------- */

static void
polemix(void)
{
	for (size_t i = 0; i < FILTER_CLAIMS; i++) {
		const struct filter_claim *c = &filter_claims[i];
		if (strcmp(c->c.module, "polemix"))
			continue;
		const double low = filter_worst(&c->c, 0, 4000), all = fmax(low, filter_worst(&c->c, 4001, 16000));
		ok(low < 0.12 && all < c->within,
		    "%s: within 0.12 dB of the analog curve for cutoffs to 4 kHz (%.4f), %g to 16 kHz (%.4f)", c->name, low,
		    c->within, all);
	}
}

/* --- comb: both signs, both ways --------------------------------------------------------------- */

static void
comb(void)
{
	static const double sets[][2] = {{0.8, 0}, {-0.8, 0}, {0, 1}, {0, -1}, {0.5, 0.5}, {0.7, -0.7}, {-0.6, 0.9}};
	for (int i = 0; i < 7; i++) {
		const double back = sets[i][0], forth = sets[i][1], d = 50; /* frames, whole: the delay itself is exact */
		const struct knob k[] = {{"frequency", RATE / d}, {"feedback", back}, {"feedforward", forth}, {NULL, 0}};
		double complex *h = filter_spectrum("comb", "in", "out", k, 1);
		double worst = 0;
		for (int bin = 15; bin < 7430; bin += 13) {
			const double complex z = cexp(-2 * M_PI * I * d * bin / N);
			const double gain = sqrt((1 - back * back) / (1 + forth * forth + 2 * back * forth));
			const double want = cabs(gain * (1 + forth * z) / (1 - back * z));
			if (want > 1e-2)
				worst = fmax(worst, fabs(rig_db(cabs(h[bin]) / want)));
		}
		ok(worst < 0.1, "comb: feedback %g, feedforward %g: within 0.1 dB of the formula to 10 kHz (%.4f)", back, forth, worst);
		free(h);
	}
}

/* --- allpass: no level, all phase ----------------------------------------------------------------- */

static void
allpass(void)
{
	double level = 0, turn = 0;
	for (int stages = 0; stages < 5; stages++)
		for (double cutoff = 500; cutoff < 13000; cutoff *= 2) {
			const int bin = (int)(cutoff * N / RATE);
			const double exact = bin * RATE / N;
			const struct knob k[] = {{"cutoff", exact}, {"q", 2}, {"stages", stages}, {NULL, 0}};
			double complex *h = filter_spectrum("allpass", "in", "out", k, 1);
			for (int i = 1; i < N / 2; i += 7)
				level = fmax(level, fabs(rig_db(cabs(h[i]))));
			/* each section turns by half a turn at its cutoff: 1, 2, 4, 8, 16 halves */
			turn = fmax(turn, cabs(h[bin] / cabs(h[bin]) - (stages ? 1 : -1)));
			free(h);
		}
	ok(level < 0.001, "allpass: all frequencies pass at their level, within %.5f dB", level);
	ok(turn < 0.01, "allpass: each section turns the phase by 180 degrees at the cutoff (%.4f radians off)", turn);
}

/* --- vowel: formants where they are sung ------------------------------------------------------------ */

static void
vowel(void)
{
	/* tenor: the first two formants of a e i o u */
	static const double formants[5][2] = {{650, 1080}, {400, 1700}, {290, 1870}, {400, 800}, {350, 600}};
	double worst = 0, level = 0;
	for (int v = 0; v < 5; v++) {
		const struct knob k[] = {{"vowel", v}, {"width", 0.5}, {NULL, 0}};
		double complex *h = filter_spectrum("vowel", "in", "out", k, 1);
		for (int j = 0; j < 2; j++) {
			const int from = (int)(formants[v][j] * 0.93 * N / RATE), to = (int)(formants[v][j] * 1.07 * N / RATE);
			int top = from;
			for (int i = from; i <= to; i++)
				top = cabs(h[i]) > cabs(h[top]) ? i : top;
			worst = fmax(worst, fabs(top * RATE / N / formants[v][j] - 1));
			if (j == 0)
				level = fmax(level, fabs(rig_db(cabs(h[top]))));
		}
		free(h);
	}
	ok(worst < 0.015, "vowel: the first two formants of a e i o u stand where they are sung, within %.2f %%", 100 * worst);
	ok(level < 1, "vowel: the first is at 0 dB (%.2f dB)", level);

	/* halfway between a and e, the first formant is at the geometric mean; an octave up it is doubled */
	const struct knob k[] = {{"vowel", 0.5}, {"shift", 12}, {"width", 0.5}, {NULL, 0}};
	double complex *h = filter_spectrum("vowel", "in", "out", k, 1);
	int top = 0;
	for (int i = (int)(700 * N / RATE); i < (int)(1300 * N / RATE); i++)
		top = cabs(h[i]) > cabs(h[top]) ? i : top;
	const double want = 2 * sqrt(650 * 400);
	ok(fabs(top * RATE / N / want - 1) < 0.01, "vowel: between a and e, shifted by an octave: %.0f Hz, not %.0f",
	    top * RATE / N, want);
	free(h);
}

/* --- hold: sin x / x, and a peak at half the cutoff -------------------------------------------------- */

static double
held(double cutoff, double resonance, double hz)
{
	struct rig r = rig("hold");
	float *x = malloc(2 * N * sizeof *x);
	for (int i = 0; i < 2 * N; i++)
		x[i] = (float)sin(2 * M_PI * hz * i / RATE);
	rig_signal(&r, "in", x);
	rig_set(&r, "cutoff", cutoff);
	rig_set(&r, "resonance", resonance);
	rig_run(&r, 2 * N);
	const double a = cabs(rig_partial(rig_out(&r, "out") + N, N, hz / RATE));
	rig_free(&r);
	free(x);
	return a;
}

static void
hold(void)
{
	double flat = 0, rising = 0;
	for (double cutoff = 1000; cutoff < 9000; cutoff *= 1.7)
		for (double part = 0.05; part < 0.46; part += 0.08) {
			const double hz = part * cutoff, r = 0.98 * 0.6, sinc = sin(M_PI * part) / (M_PI * part);
			const double peak = sqrt(1 - r * r) / cabs(1 + r * cexp(-2 * M_PI * I * part));
			flat = fmax(flat, fabs(rig_db(held(cutoff, 0, hz) / sinc)));
			rising = fmax(rising, fabs(rig_db(held(cutoff, 0.6, hz) / (sinc * peak))));
		}
	ok(flat < 0.25, "hold: what passes is sin x / x, within 0.25 dB (%.3f)", flat);
	ok(rising < 0.25, "hold: resonance raises half the cutoff as 1 / (1 + r / z) does, within 0.25 dB (%.3f)", rising);
}

int
main(void)
{
	polemix();
	comb();
	allpass();
	vowel();
	hold();
	return done();
}
