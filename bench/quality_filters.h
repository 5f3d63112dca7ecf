/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far filters are from the analog circuits: worst error in dB to 10 kHz where the curve is above
 * -60 dB, for cutoffs to 16 kHz and all resonances; and from their pitch where they oscillate. The peer of
 * a response is the same filter by the plain bilinear transform, tuned at its cutoff.
 */
#ifndef BENCH_QUALITY_FILTERS_H
#define BENCH_QUALITY_FILTERS_H

#include "bench.h"

#include "../tests/filter_cases.h"

/* What the bilinear transform would make of it, by its formula. */
static double
bilinear_worst(const struct filter_case *c)
{
	double worst = 0;
	for (double cutoff = 40; cutoff < 16001; cutoff *= pow(400, 1.0 / 12))
		for (int q = 0; q < 5; q++) {
			const double k = c->k0 + c->k1 * c->top * q / 4;
			for (double hz = 20; hz < 10000; hz *= 1.06) {
				const double want = cabs(c->curve(I * hz / cutoff, k));
				const double got = cabs(c->curve(I * tan(M_PI * hz / FILTER_RATE) / tan(M_PI * cutoff / FILTER_RATE), k));
				if (want > 1e-3)
					worst = fmax(worst, fabs(rig_db(got / want)));
			}
		}
	return worst;
}

static void
filters(void)
{
	char label[64];
	for (size_t i = 0; i < FILTER_CLAIMS; i++) {
		snprintf(label, sizeof label, "response/%s", filter_claims[i].name);
		bench_say(label, filter_worst(&filter_claims[i].c, 0, 16000), "dB", "plain bilinear", bilinear_worst(&filter_claims[i].c));
	}
	double peaks, low, high;
	filter_equaliser(&peaks, &low, &high);
	bench_say("response/eq/peaks", peaks, "dB", NULL, 0);
	bench_say("response/eq/low", low, "dB", NULL, 0);
	bench_say("response/eq/high", high, "dB", NULL, 0);
	for (size_t i = 0; i < FILTER_TUNED; i++) {
		const struct filter_tuned *t = &filter_tuned[i];
		double worst = 0, level;
		for (int j = 0; j < 8; j++)
			worst = fmax(worst, filter_detuned(t->module, t->out, t->choice, 40 * pow(t->highest / 40, j / 7.0), &level));
		snprintf(label, sizeof label, "oscillation/%s", t->name);
		bench_say(label, worst, "cent", NULL, 0);
	}
}

#endif
