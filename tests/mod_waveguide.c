/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings and pipes: pitch over the keyboard, what their partials tell of them, bounds. */
#include "base/rng.h"
#include "effect_rig.h"

enum { RATE = 44100, N = 16384 };

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* Cents by which the loudest line within a tenth of hz is off it; y holds 2 N. */
static double
off(const float *y, double hz)
{
	double *mag = rig_spectrum(y, N);
	int best = (int)(hz * 0.9 / RATE * N);
	for (int k = best; k < hz * 1.1 / RATE * N; k++)
		if (mag[k] > mag[best])
			best = k;
	free(mag);
	double f = rig_frequency(y, N / 4, (double)best / N);
	f = rig_frequency(y, N, f);
	return 1200 * log2(f * RATE / hz);
}

/* One knob at a value, the others as they come: speaks everywhere, and how far off its pitch. */
static void
keyboard(const char *module, const char *knob, double value, double limit)
{
	double worst = 0, soft = 10, loud = 0;
	for (int note = 31; note <= 108; note += 11) {
		struct rig r = rig(module);
		rig_set(&r, "pitch", note);
		if (strcmp(module, "bowed"))
			rig_set(&r, "noise", 0);
		rig_set(&r, knob, value);
		rig_run(&r, 4 * N);
		const float *y = rig_out(&r, "out") + 2 * N;
		worst = fmax(worst, fabs(off(y, note_hz(note))));
		soft = fmin(soft, rig_rms(y, N));
		loud = fmax(loud, rig_peak(rig_out(&r, "out"), 4 * N));
		rig_free(&r);
	}
	ok(worst < limit && soft > 0.05 && loud < 2.5, "%s, %s %g: in tune within %.1f cents from G1 to C8, level over %.2f, peak %.2f",
	    module, knob, value, worst, soft, loud);
}

static double
partial(const float *y, int k, double hz)
{
	return cabs(rig_partial(y, N, k * hz / RATE));
}

static void
characters(void)
{
	struct rig r = rig("reed");
	const double hz = note_hz(48);
	rig_set(&r, "noise", 0);
	rig_set(&r, "pitch", 48);
	rig_run(&r, 4 * N);
	const float *y = rig_out(&r, "out") + 2 * N;
	const double even = rig_db(partial(y, 2, hz) / partial(y, 1, hz)), third = rig_db(partial(y, 3, hz) / partial(y, 1, hz));
	ok(even < -30 && third > -20, "reed: second partial %.0f dB, third %.0f dB: a pipe with one end shut", even, third);
	rig_set(&r, "breath", 0);
	rig_run(&r, 4 * N);
	ok(rig_peak(rig_out(&r, "out"), 4 * N) == 0, "reed: no breath, no sound");
	rig_set(&r, "breath", 0.15);
	rig_run(&r, 4 * N);
	ok(rig_rms(rig_out(&r, "out") + 2 * N, N) < 1e-3, "reed: too little breath does not speak");
	rig_free(&r);

	r = rig("flute");
	rig_set(&r, "noise", 0);
	rig_set(&r, "pitch", 60);
	rig_set(&r, "vibrato", 0.5);
	rig_set(&r, "rate", 6);
	rig_run(&r, 4 * N);
	y = rig_out(&r, "out");
	double level[4 * N / 256], swing[2] = {0, 0};
	for (int i = 0; i < 4 * N / 256; i++)
		level[i] = rig_rms(y + 256 * i, 256);
	for (int k = 0; k < 2; k++) { /* at 6 Hz and at 10 Hz, over a second */
		double complex sum = 0;
		for (int i = 60; i < 60 + 172; i++)
			sum += (level[i] - level[60]) * cexp(-2 * M_PI * I * i * 256 * (k ? 10.0 : 6.0) / RATE);
		swing[k] = cabs(sum);
	}
	ok(swing[0] > 3 * swing[1], "flute: vibrato at 6 Hz is heard in its level (%.2f, beside it %.2f)", swing[0], swing[1]);
	rig_free(&r);

	/* The string under the bow is still where a partial has its knot: every 1 / position-th is weak. */
	r = rig("bowed");
	rig_set(&r, "pitch", 43);
	rig_set(&r, "position", 0.2);
	rig_set(&r, "brightness", 1);
	rig_run(&r, 4 * N);
	y = rig_out(&r, "out") + 2 * N;
	const double knot = rig_db(partial(y, 5, note_hz(43)) / partial(y, 4, note_hz(43)));
	ok(knot < -10, "bowed at a fifth: the fifth partial %.0f dB under the fourth", knot);
	double last = 0;
	int louder = 1;
	for (double speed = 0.2; speed < 1.05; speed += 0.2) {
		rig_set(&r, "speed", speed);
		rig_run(&r, 4 * N);
		louder &= rig_rms(rig_out(&r, "out") + 2 * N, N) > last;
		last = rig_rms(rig_out(&r, "out") + 2 * N, N);
	}
	ok(louder, "bowed: the faster the bow the louder (%.2f at the most)", last);
	rig_free(&r);
}

/* A bright string falls by 60 dB in about its decay up to C7 (higher ones sooner), and is in tune. */
static void
high_strings(void)
{
	double slow = 0, worst = 0;
	for (int note = 60; note <= 96; note += 6) {
		struct rig r = rig("pluck");
		const double f = note_hz(note) / RATE;
		rig_set(&r, "pitch", note);
		rig_set(&r, "decay", 1);
		rig_set(&r, "brightness", 1);
		rig_run(&r, RATE);
		const float *y = rig_out(&r, "out");
		const double fall = rig_db(cabs(rig_partial(y + 4410, 4096, f)) / cabs(rig_partial(y + 4410 + 13230, 4096, f)));
		slow = fmax(slow, fabs(60 * 0.3 / fall - 1));
		worst = fmax(worst, fabs(1200 * log2(rig_frequency(y + 4410, 4096, f) / f)));
		rig_free(&r);
	}
	ok(slow < 0.15 && worst < 0.1, "pluck: C4 to C7: decay within %.1f %%, pitch within %.3f cents", 100 * slow, worst);
}

/* Partial k of a stiff string: its phase round the loop, all-passes and low-pass and line, is k turns. */
static void
stiffness(void)
{
	for (int s = 0; s < 3; s++) {
		const double stiff = s * 0.4, hz = 110, period = RATE / hz, d = fmax(stiff * 0.1 * period, 1), a = (1 - d) / (1 + d);
		struct rig r = rig("pluck");
		rig_set(&r, "pitch", 45);
		rig_set(&r, "decay", 20);
		rig_set(&r, "brightness", 1);
		rig_set(&r, "stiffness", stiff);
		rig_run(&r, 4 * N);
		const float *y = rig_out(&r, "out") + N;
		double worst = 0, sharp = 0;
		const double p = 1 - exp(-2 * M_PI * fmin(hz * 128, 0.45 * RATE) / RATE), q = 1 - p;
		/* phase in turns of what is in the loop but the line */
		double phase1 = 0;
		for (int k = 1; k <= 10; k++) {
			double f = k * hz;
			for (int i = 0; i < 60; i++) { /* the frequency where the loop is k turns, by relaxation */
				double phase[2];
				for (int j = 0; j < 2; j++) {
					const double complex z = cexp(-2 * M_PI * I * (j ? f : hz) / RATE);
					phase[j] = -carg(1 / (1 - q * z)) / (2 * M_PI) -
						   (stiff > 0 ? 4 * carg((a + z) / (1 + a * z)) / (2 * M_PI) : 0);
					if (stiff > 0) /* unwrapped: from 0 to 2 turns */
						phase[j] += phase[j] < 0 ? 4 : 0;
				}
				phase1 = phase[0];
				const double line = (1 - phase1) * period; /* frames */
				f += 0.5 * ((k - phase[1]) * RATE / line - f);
			}
			const double got = rig_frequency(y, N, f / RATE) * RATE;
			worst = fmax(worst, fabs(1200 * log2(got / f)));
			sharp = 1200 * log2(got / (k * hz));
		}
		ok(worst < 1 && fabs(off(y, hz)) < 0.1 && (s ? sharp > 5 : fabs(sharp) < 3),
		    "pluck: stiffness %.1f: ten partials within %.2f cents of theory, the tenth %.0f cents sharp, the first %.3f", stiff, worst,
		    sharp, off(y, hz));
		rig_free(&r);
	}
}

/* Any settings, held or jumping, and bounds. */
static void
bounded(const char *module, double limit)
{
	struct rng rng = {7, 7};
	double top = 0;
	int finite = 1;
	for (int t = 0; t < 40; t++) {
		static float blocks[DRIVE_PORTS][N / 64 + 1], noise[N];
		struct rig r = rig(module);
		size_t k = 0;
		for (const struct port *p = r.m->ports; p->dir != PORT_END; p++, k += p[-1].dir == PORT_IN) {
			if (p->dir != PORT_IN)
				continue;
			const int jumping = p->rate == RATE_CONTROL && rng_below(&rng, 3) == 0;
			for (int i = 0; i <= N / 64; i++) {
				const double u = (double)rng_below(&rng, 5) / 4;
				if (i == 0 || jumping)
					r.value[k] = (float)(p->scale == SCALE_LOG ? p->min * pow(p->max / p->min, u) : p->min + (p->max - p->min) * u);
				blocks[k][i] = r.value[k];
			}
			r.control[k] = blocks[k];
			if (p->rate == RATE_AUDIO) {
				noise_into(noise, N, (uint32_t)t);
				r.signal[k] = noise;
			}
		}
		rig_run(&r, N);
		finite &= rig_finite(rig_out(&r, "out"), N);
		top = fmax(top, rig_peak(rig_out(&r, "out"), N));
		rig_free(&r);
	}
	ok(finite && top < limit, "%s: finite at any settings, and under %g (%.1f)", module, limit, top);
}

int
main(void)
{
	static const struct {
		const char *module, *knob;
		double value, cents;
	} settings[] = {{"reed", "breath", 0.4, 5}, {"reed", "breath", 0.7, 5}, {"reed", "breath", 1, 5}, {"reed", "stiffness", 0, 9},
	    {"reed", "stiffness", 1, 2}, {"reed", "brightness", 0, 2}, {"reed", "brightness", 1, 6}, {"flute", "breath", 0.3, 2},
	    {"flute", "breath", 0.6, 5}, {"flute", "breath", 1, 6}, {"flute", "brightness", 0, 2}, {"flute", "brightness", 1, 6},
	    {"bowed", "speed", 0.5, 7}, {"bowed", "speed", 1, 7}, {"bowed", "pressure", 0.3, 7}, {"bowed", "pressure", 1, 7},
	    {"bowed", "position", 0.08, 7}, {"bowed", "brightness", 0, 7}, {"bowed", "brightness", 1, 7}};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		keyboard(settings[i].module, settings[i].knob, settings[i].value, settings[i].cents);
	characters();
	stiffness();
	high_strings();
	bounded("reed", 8);
	bounded("flute", 8);
	bounded("bowed", 8);
	bounded("pluck", 50);
	bounded("modal", 2000);
	return done();
}
