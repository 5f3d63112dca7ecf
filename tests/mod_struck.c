/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is struck and plucked: partials in Hz, decays in seconds. */
#include "effect_rig.h"

enum { RATE = 48000 };

/* Seconds in which the partial at hz falls by 60 dB, from its level at two times. */
static double
decay_of(const float *x, int n, double hz, double from, double to)
{
	const int a = (int)(from * RATE), b = (int)(to * RATE);
	const double fall = rig_db(cabs(rig_partial(x + a, (size_t)n, hz / RATE)) / cabs(rig_partial(x + b, (size_t)n, hz / RATE)));
	return 60 * (to - from) / fall;
}

static void
test_modal(double stretch)
{
	struct effect e;
	effect_open(&e, "modal", RATE, 2 * RATE);
	effect_set(&e, "pitch", 57); /* 220 Hz */
	effect_set(&e, "decay", 2);
	effect_set(&e, "stretch", stretch);
	effect_set(&e, "damping", 0.5);
	effect_set(&e, "tilt", -6.0206);
	effect_set(&e, "position", 0.5 / 3);
	effect_signal(&e, "in")[0] = 1;
	effect_run(&e);
	const float *y = effect_out(&e, "out");
	double pitch = 0, decay = 0, level = 0;
	for (int k = 1; k <= 8; k++) {
		const double hz = 220 * pow(k, stretch), struck = fabs(sin(TURN / 4 * k / 3));
		if (hz > 0.45 * RATE || struck < 1e-6)
			continue;
		const double got = rig_frequency(y + 4800, 9600, hz / RATE) * RATE;
		pitch = fmax(pitch, fabs(1200 * log2(got / hz)));
		const double t = 2 / sqrt(k);
		decay = fmax(decay, fabs(decay_of(y, 9600, hz, 0.1, 0.6) / t - 1));
		/* the decay under the window, seen from its middle */
		const double want = struck / k * pow(10, -3 * (4800 + 4800) / (t * RATE));
		level = fmax(level, fabs(rig_db(cabs(rig_partial(y + 4800, 9600, hz / RATE)) / want)));
	}
	ok(pitch < 0.1, "modal: stretch %g: partials at 220 k^%g Hz within %.4f cents", stretch, stretch, pitch);
	ok(decay < 0.01, "modal: stretch %g: decays 2 s / sqrt k within %.2f %%", stretch, 100 * decay);
	ok(level < 0.5, "modal: stretch %g: levels fall by 6 dB an octave within %.2f dB", stretch, level);
	effect_close(&e);
}

static void
test_pluck(void)
{
	static const double pitches[] = {28, 45, 60, 76, 91}, brights[] = {0, 0.3, 0.6, 1};
	double worst = 0, off = 0;
	for (size_t p = 0; p < sizeof pitches / sizeof *pitches; p++)
		for (size_t k = 0; k < sizeof brights / sizeof *brights; k++) {
			struct effect e;
			effect_open(&e, "pluck", RATE, 2 * RATE);
			effect_set(&e, "pitch", pitches[p]);
			effect_set(&e, "decay", 2);
			effect_set(&e, "brightness", brights[k]);
			effect_set(&e, "position", 0.13);
			effect_run(&e);
			const float *y = effect_out(&e, "out");
			const double hz = 440 * pow(2, (pitches[p] - 69) / 12);
			const double got = rig_frequency(y + 9600, 19200, hz / RATE) * RATE;
			const double last = cabs(rig_partial(y + RATE, 19200, hz / RATE));
			if (last < 1e-6) { /* too dull to be there after a second */
				effect_close(&e);
				continue;
			}
			worst = fmax(worst, fabs(1200 * log2(got / hz)));
			const double t = decay_of(y, 19200, hz, 0.2, 1.0);
			/* a dull low string cannot be held up for as long */
			off = fmax(off, brights[k] >= 0.6 ? fabs(t / 2 - 1) : t / 2 - 1);
			effect_close(&e);
		}
	ok(worst < 1.3, "pluck: in tune within %.3f cents at five pitches and four brightnesses", worst);
	ok(off < 0.05, "pluck: the fundamental falls by 60 dB in its decay, within %.1f %%", 100 * off);

	struct effect e;
	double ratio[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "pluck", RATE, RATE);
		effect_set(&e, "pitch", 57);
		effect_set(&e, "brightness", k ? 1 : 0.3);
		effect_run(&e);
		const float *y = effect_out(&e, "out") + 9600;
		ratio[k] = rig_db(cabs(rig_partial(y, 9600, 220.0 * 7 / RATE)) / cabs(rig_partial(y, 9600, 220.0 / RATE)));
		effect_close(&e);
	}
	ok(ratio[1] > ratio[0] + 20, "pluck: the seventh partial is at %.0f dB when dull, %.0f dB when bright", ratio[0], ratio[1]);

	effect_open(&e, "pluck", RATE, RATE);
	effect_set(&e, "pitch", 57);
	effect_set(&e, "position", 0.5);
	effect_set(&e, "brightness", 1);
	effect_run(&e);
	const float *y = effect_out(&e, "out") + 9600;
	double even = 0, odd = 0;
	for (int k = 1; k <= 10; k++)
		*(k % 2 ? &odd : &even) += cabs(rig_partial(y, 9600, 220.0 * k / RATE));
	ok(rig_db(even / odd) < -15, "pluck: in the middle even partials are missing: %.0f dB", rig_db(even / odd));
	effect_close(&e);
}

int
main(void)
{
	test_modal(1);
	test_modal(1.7);
	test_modal(0.6);
	test_pluck();
	return done();
}
