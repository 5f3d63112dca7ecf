/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters that saturate in a loop: small signals against the analog curves, oscillation in cents, drive, wild modulation. */
#include "filter_cases.h"
#include "tap.h"

enum { N = 32768 };
#define RATE FILTER_RATE

static void
oscillation(const struct filter_tuned *t)
{
	double worst = 0, lowest = 10, highest = 0;
	for (int i = 0; i < 8; i++) {
		double level;
		worst = fmax(worst, filter_detuned(t->module, t->out, t->choice, 40 * pow(t->highest / 40, i / 7.0), &level));
		lowest = fmin(lowest, level);
		highest = fmax(highest, level);
	}
	ok(worst < 1 && lowest > 0.05 && highest < 2,
	    "%s: oscillates in tune within 1 cent, 40 Hz to %.0f Hz (%.2f), at %.2f to %.2f", t->name, t->highest, worst,
	    lowest, highest);
}

/* A sine at 100 Hz, well below the cutoff: harmonics and level by drive. */
static void
saturation(const char *module, const char *out)
{
	struct rig r = rig(module);
	float *x = malloc(N * sizeof *x);
	double rest[2], peak[2];
	for (int i = 0; i < N; i++)
		x[i] = (float)sin(2 * M_PI * 100 * i / RATE);
	rig_signal(&r, "in", x);
	rig_set(&r, "cutoff", 12000);
	for (int hard = 0; hard < 2; hard++) {
		rig_set(&r, "drive", hard ? 24 : -24);
		rig_run(&r, N);
		const float *y = rig_out(&r, out) + N / 2;
		double sum = 0;
		const double first = cabs(rig_partial(y, N / 2, 100 / RATE));
		for (int k = 2; k < 8; k++)
			sum += pow(cabs(rig_partial(y, N / 2, 100 * k / RATE)), 2);
		rest[hard] = rig_db(sqrt(sum) / first);
		peak[hard] = rig_peak(y, N / 2);
	}
	ok(rest[0] < -50 && rest[1] > -16 && peak[1] < 4 * peak[0] && peak[1] < 2,
	    "%s: drive adds harmonics (%.0f dB at -24 dB, %.0f dB at 24 dB) and holds the level (%.2f, %.2f)", module, rest[0],
	    rest[1], peak[0], peak[1]);
	free(x);
	rig_free(&r);
}

/* The cutoff swept over its whole range by noise and by a 5 kHz sine, full resonance, full drive, loud in. */
static void
storm(const char *module, const char *in, double limit)
{
	double peak = 0;
	for (int kind = 0; kind < 2; kind++) {
		struct rig r = rig(module);
		struct rng rng = {7, 0};
		float *x = malloc(N * sizeof *x), *f = malloc(N * sizeof *f);
		const struct port *p = port_find(r.m, PORT_IN, "cutoff", NULL);
		for (int i = 0; i < N; i++) {
			const double swing = kind ? 0.5 + 0.5 * sin(2 * M_PI * 5000 * i / RATE) : rng_uniform(&rng);
			x[i] = (float)(2 * rng_uniform(&rng) - 1);
			f[i] = (float)(p->min * pow(p->max / p->min, swing));
		}
		rig_signal(&r, in, x);
		rig_signal(&r, "cutoff", f);
		for (const struct port *k = r.m->ports; k->dir != PORT_END; k++)
			if (k->dir == PORT_IN && (!strcmp(k->name, "resonance") || !strcmp(k->name, "drive")))
				rig_set(&r, k->name, k->max);
		rig_run(&r, N);
		for (const struct port *o = r.m->ports; o->dir != PORT_END; o++)
			if (o->dir == PORT_OUT)
				peak = fmax(peak, rig_finite(rig_out(&r, o->name), N) ? rig_peak(rig_out(&r, o->name), N) : INFINITY);
		rig_free(&r);
		free(x);
		free(f);
	}
	ok(peak < limit, "%s: swept by noise and at 5 kHz, full resonance and drive: under %g (%.1f)", module, limit, peak);
}

/* Silence in, silence out, to the bit. */
static void
silence(const char *module)
{
	struct rig r = rig(module);
	double first = 0;
	rig_run(&r, 4096);
	for (const struct port *o = r.m->ports; o->dir != PORT_END; o++)
		if (o->dir == PORT_OUT)
			first = fmax(first, rig_peak(rig_out(&r, o->name), 4096));
	ok(first == 0, "%s: silence stays silence", module);
	rig_free(&r);
}

static const struct {
	const char *module, *out;
	double limit; /* of any output, in a storm */
} driven[] = {
    {"ladder", "low", 100},
    {"tripole", "low", 100},
    {"diode", "out", 100},
    {"sallenkey", "out", 100},
    {"polemix", "out", 100},
};

int
main(void)
{
	for (size_t i = 0; i < FILTER_CLAIMS; i++) {
		const struct filter_claim *c = &filter_claims[i];
		if (c->c.size == 1 || !strcmp(c->c.module, "polemix"))
			continue;
		const double e = filter_worst(&c->c, 0, 16000);
		ok(e < c->within, "%s: small signals within %g dB of the analog curve to 10 kHz, cutoffs to 16 kHz (%.4f)", c->name, c->within, e);
	}
	for (size_t i = 0; i < FILTER_TUNED; i++)
		oscillation(&filter_tuned[i]);
	for (size_t i = 0; i < sizeof driven / sizeof *driven; i++) {
		if (strcmp(driven[i].module, "polemix")) /* the same loop as ladder's */
			saturation(driven[i].module, driven[i].out);
		storm(driven[i].module, "in", driven[i].limit);
		silence(driven[i].module);
	}
	storm("hold", "in", 10);
	storm("allpass", "in", 100);
	storm("multimode", "in", 100);
	storm("svf", "in", 100);
	return done();
}
