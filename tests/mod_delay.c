/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects that are delay lines: times in frames, phases in turns, pitches in cents, levels in dB. */
#include "effect_rig.h"

enum { RATE = 48000 };

static void
test_haas(void)
{
	for (int side = 0; side < 2; side++) {
		struct effect e;
		effect_open(&e, "haas", RATE, 4096);
		effect_set(&e, "ms", 17);
		effect_set(&e, "level", -3);
		effect_set(&e, "side", side);
		effect_signal(&e, "left")[100] = effect_signal(&e, "right")[100] = 1;
		effect_run(&e);
		const float *late = effect_out(&e, side ? "left" : "right"), *early = effect_out(&e, side ? "right" : "left");
		const int lag = first_above(late, 0, 4096, 0.5f) - first_above(early, 0, 4096, 0.5f);
		ok(lag == 816 && early[100] == 1, "haas: %s is late by 17 ms: %d frames", side ? "left" : "right", lag);
		ok(fabs(rig_db(late[916]) + 3) < 1e-3, "haas: by -3 dB: %.4f dB", rig_db(late[916]));
		effect_close(&e);
	}
	struct effect e;
	effect_open(&e, "haas", RATE, 512);
	effect_set(&e, "ms", 0);
	noise_into(effect_signal(&e, "left"), 512, 1);
	noise_into(effect_signal(&e, "right"), 512, 1);
	effect_run(&e);
	ok(!memcmp(effect_out(&e, "left"), effect_out(&e, "right"), 512 * sizeof(float)), "haas: 0 ms leaves the sound as it is");
	effect_close(&e);
}

static double
sum_of(const float *x, int from, int to)
{
	double s = 0;
	for (int i = from; i < to; i++)
		s += x[i];
	return s;
}

static void
test_delay(void)
{
	struct effect e;
	effect_open(&e, "delay", RATE, 96000);
	effect_set(&e, "time", 0.25);
	effect_set(&e, "feedback", 0.5);
	effect_set(&e, "high_cut", 5000);
	effect_set(&e, "low_cut", 300);
	effect_set(&e, "mix", 1);
	effect_signal(&e, "left")[10] = 1;
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	ok(first_above(l, 0, e.frames, 1e-4f) == 12010 && l[12010] == 1, "delay: 0.25 s is 12000 frames, the first echo is the sound");
	/* An echo is the one before, times feedback, through both filters: by their formulas. */
	double worst = 0;
	for (double hz = 50; hz < 16000; hz *= 1.7) {
		const double complex z = cexp(-I * TURN * hz / RATE);
		const double lp = exp(-TURN * 5000 / RATE), hp = exp(-TURN * 300 / RATE);
		const double want = rig_db(0.5 * cabs((1 - lp) / (1 - lp * z) * (1 - (1 - hp) / (1 - hp * z))));
		for (int k = 1; k < 4; k++) {
			double complex sum[2] = {0};
			for (int i = 0; i < 12000; i++)
				for (int j = 0; j < 2; j++)
					sum[j] += l[(k + j) * 12000 + 10 + i] * cexp(-I * TURN * hz * i / RATE);
			worst = fmax(worst, fabs(rig_db(cabs(sum[1] / sum[0])) - want));
		}
	}
	ok(worst < 0.01, "delay: echoes fall by feedback and by both cuts, within %.4f dB from 50 Hz to 16 kHz", worst);
	ok(rig_rms(r, e.frames) == 0, "delay: a side's echoes stay there");
	effect_close(&e);

	effect_open(&e, "delay", RATE, 96000);
	effect_set(&e, "time", 0.125);
	effect_set(&e, "feedback", 0.5);
	effect_set(&e, "high_cut", 20000);
	effect_set(&e, "low_cut", 5);
	effect_set(&e, "mix", 1);
	effect_set(&e, "mode", 1);
	effect_signal(&e, "left")[0] = effect_signal(&e, "right")[0] = 1;
	effect_run(&e);
	l = effect_out(&e, "left"), r = effect_out(&e, "right");
	ok(l[6000] == 1 && fabs(sum_of(r, 11990, 12020) - 0.5) < 0.02 && fabs(sum_of(l, 17990, 18020) - 0.25) < 0.01 &&
	        rig_rms(r, 11000) == 0 && rig_rms(l + 11990, 30) < 1e-4,
	    "delay: ping-pong falls left, right, left, each half as loud");
	effect_close(&e);

	/* A time between two frames keeps the treble: a third of the rate's octaves. */
	effect_open(&e, "delay", RATE, 9600);
	effect_set(&e, "time", 100.5f / RATE);
	effect_set(&e, "feedback", 0);
	effect_set(&e, "mix", 1);
	sine_into(effect_signal(&e, "left"), e.frames, 6000, RATE, 1);
	effect_run(&e);
	const double loss = rig_db(amplitude_at(effect_out(&e, "left") + 1000, 8000, 6000, RATE));
	ok(loss > -0.1 && loss < 0.01, "delay: half a frame costs %.3f dB at 6 kHz", loss);
	effect_close(&e);

	effect_open(&e, "delay", RATE, 4 * RATE);
	effect_set(&e, "feedback", 0.99);
	float *time = effect_signal(&e, "time");
	for (int i = 0; i < e.frames; i++)
		time[i] = 3 * noise_at(5, (uint32_t)i / 777);
	noise_into(effect_signal(&e, "left"), e.frames, 2);
	effect_run(&e);
	ok(rig_finite(effect_out(&e, "left"), e.frames), "delay: stays finite with a wild time");
	effect_close(&e);
}

/* The delay of a copy at every frame, read off a ramp: in = slope n. */
static void
test_chorus(void)
{
	struct effect e;
	effect_open(&e, "chorus", RATE, RATE);
	effect_set(&e, "rate", 2);
	effect_set(&e, "depth", 3);
	effect_set(&e, "delay", 10);
	effect_set(&e, "mix", 1);
	effect_set(&e, "voices", 0);
	effect_set(&e, "spread", 0.25);
	const double worst = effect_swing_error(&e, RATE, 10, 3, 2);
	ok(worst < 0.01, "chorus: copies swing by 10 +- 3 ms at 2 Hz, right a quarter turn ahead, within %.4f ms", worst);
	effect_close(&e);

	effect_open(&e, "chorus", RATE, RATE);
	effect_set(&e, "mix", 1);
	effect_set(&e, "voices", 3);
	noise_into(effect_signal(&e, "left"), e.frames, 3);
	noise_into(effect_signal(&e, "right"), e.frames, 3);
	effect_run(&e);
	const double level = rig_db(rig_rms(effect_out(&e, "left") + 4800, 40000) / rig_rms(effect_signal(&e, "left"), 40000));
	ok(fabs(level) < 1, "chorus: four copies are as loud as the sound: %.2f dB", level);
	double dot = 0;
	for (int i = 4800; i < 44800; i++)
		dot += (double)effect_out(&e, "left")[i] * effect_out(&e, "right")[i];
	dot /= 40000 * rig_rms(effect_out(&e, "left") + 4800, 40000) * rig_rms(effect_out(&e, "right") + 4800, 40000);
	ok(fabs(dot) < 0.5, "chorus: makes a mono sound wide: correlation %.2f", dot);
	effect_close(&e);

	/* A flanger: one still copy, feedback. Comb peaks at 1 / (1 - g), dips at 1 / (1 + g). */
	double peak_dip[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "chorus", RATE, RATE);
		effect_set(&e, "depth", 0);
		effect_set(&e, "delay", 1);
		effect_set(&e, "feedback", 0.8);
		effect_set(&e, "mix", 1);
		effect_set(&e, "voices", 0);
		sine_into(effect_signal(&e, "left"), e.frames, 1000 + 500 * k, RATE, 1);
		effect_run(&e);
		peak_dip[k] = rig_db(amplitude_at(effect_out(&e, "left") + 8000, 32000, 1000 + 500 * k, RATE));
		effect_close(&e);
	}
	ok(fabs(peak_dip[0] - rig_db(1 / 0.2)) < 0.1 && fabs(peak_dip[1] - rig_db(1 / 1.8)) < 0.1,
	    "chorus: as a flanger peaks %.2f dB and dips %.2f dB", peak_dip[0], peak_dip[1]);
}

/* A ramp as the sound: what comes out says how far behind it is, in frames. */
static void
ramp_into(float *x, int n)
{
	for (int i = 0; i < n; i++)
		x[i] = (float)i / RATE;
}

static double
behind(const float *y, int i)
{
	return i - (double)y[i] * RATE;
}

static void
test_notes(void)
{
	static const struct { int note; double beats; } notes[] = {{1, 0.125}, {2, 1 / 6.0}, {6, 0.5}, {8, 0.75}, {9, 1}, {12, 2}, {14, 4}};
	double worst = 0;
	for (size_t k = 0; k < sizeof notes / sizeof *notes; k++)
		for (int tempo = 60; tempo <= 180; tempo += 40) {
			struct effect e;
			effect_open(&e, "delay", RATE, 3 * RATE);
			effect_set(&e, "sync", notes[k].note);
			effect_set(&e, "feedback", 0);
			effect_set(&e, "mix", 1);
			e.r.tempo = (float)tempo;
			ramp_into(effect_signal(&e, "left"), e.frames);
			effect_run(&e);
			double seconds = notes[k].beats * 60 / tempo;
			while (seconds > 2)
				seconds /= 2;
			worst = fmax(worst, fabs(behind(effect_out(&e, "left"), 3 * RATE - 1) - seconds * RATE));
			effect_close(&e);
		}
	ok(worst < 0.05, "delay: seven notes at four tempos, within %.3f frames", worst);

	/* A fraction of a frame is a phase. */
	double off = 0;
	for (int part = 0; part < 8; part++) {
		struct effect e;
		effect_open(&e, "delay", RATE, 16384 + 1024);
		effect_set(&e, "time", (480 + part / 8.0) / RATE);
		effect_set(&e, "feedback", 0);
		effect_set(&e, "mix", 1);
		sine_into(effect_signal(&e, "left"), e.frames, 3000, RATE, 1);
		effect_run(&e);
		const double complex y = rig_partial(effect_out(&e, "left") + 1024, 16384, 3000.0 / RATE);
		const double complex x = rig_partial(effect_signal(&e, "left") + 1024, 16384, 3000.0 / RATE);
		off = fmax(off, fabs(carg(y / x * cexp(I * TURN * 3000 * (480 + part / 8.0) / RATE))) / TURN * RATE / 3000);
		effect_close(&e);
	}
	ok(off < 0.005, "delay: eighths of a frame by their phase at 3 kHz, within %.4f frames", off);

	/* A new time is reached by e in `glide`, and then exactly. */
	struct effect e;
	effect_open(&e, "delay", RATE, 4 * RATE);
	float *time = calloc((size_t)e.frames / 64, sizeof *time);
	for (int i = 0; i < e.frames / 64; i++)
		time[i] = i < RATE / 64 ? 0.25f : 0.3f;
	rig_control(&e.r, "time", time);
	effect_set(&e, "glide", 0.1);
	effect_set(&e, "feedback", 0);
	effect_set(&e, "mix", 1);
	ramp_into(effect_signal(&e, "left"), e.frames);
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	const double part = (behind(y, RATE + 4800 - 1) - 12000) / 2400;
	ok(fabs(part - (1 - exp(-1))) < 0.01 && fabs(behind(y, e.frames - 1) - 14400) < 0.05,
	    "delay: a new time: %.3f of the way after 0.1 s, in the end %.2f frames of 14400", part, behind(y, e.frames - 1));
	/* 2400 frames by e in 4800: half speed at first */
	const double bent = ((double)y[RATE + 64 + 480] - y[RATE + 64]) * RATE / 480;
	ok(fabs(bent - (1 - 0.5 * exp(-0.055))) < 0.03, "delay: and on its way the pitch is bent by %.2f", bent);
	free(time);
	effect_close(&e);
}

static void
test_tape(void)
{
	/* Wow and flutter by the speed of a ramp. */
	for (int k = 0; k < 2; k++) {
		struct effect e;
		effect_open(&e, "tape", RATE, 4 * RATE);
		effect_set(&e, k ? "flutter" : "wow", 30);
		effect_set(&e, k ? "wow" : "flutter", 0);
		effect_set(&e, "drive", -24);
		effect_set(&e, "feedback", 0);
		effect_set(&e, "mix", 1);
		ramp_into(effect_signal(&e, "left"), e.frames);
		for (int i = 0; i < e.frames; i++)
			effect_signal(&e, "left")[i] *= 1e-3f; /* far below saturation */
		effect_run(&e);
		const float *y = effect_out(&e, "left");
		double fast = 0, slow = 9;
		for (int i = RATE; i + 128 < e.frames; i += 64) {
			const double speed = ((double)y[i + 128] - y[i]) * 1e3 * RATE / 128;
			fast = fmax(fast, speed), slow = fmin(slow, speed);
		}
		const double up = 1200 * log2(fast), down = 1200 * log2(slow);
		ok(fabs(up - 30) < 1 && fabs(down + 30) < 1, "tape: 30 cents of %s are %.1f up and %.1f down", k ? "flutter" : "wow", up, down);
		effect_close(&e);
	}

	/* Quiet sounds come back as they were; loud ones stop at the ceiling. */
	struct effect e;
	double level[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "tape", RATE, RATE);
		effect_set(&e, "time", 0.1);
		effect_set(&e, "feedback", 0);
		effect_set(&e, "wow", 0);
		effect_set(&e, "flutter", 0);
		effect_set(&e, "drive", 12);
		effect_set(&e, "mix", 1);
		sine_into(effect_signal(&e, "left"), e.frames, 500, RATE, k ? 4 : 0.001);
		effect_run(&e);
		level[k] = k ? rig_db(rig_peak(effect_out(&e, "left"), (size_t)e.frames))
		             : rig_db(amplitude_at(effect_out(&e, "left") + 9600, 9600, 500, RATE) / 0.001);
		effect_close(&e);
	}
	ok(fabs(level[0]) < 0.01 && level[1] < -11.99 && level[1] > -12.5, "tape: quiet: %.3f dB; at 12 dB of drive never over %.2f dB",
	    level[0], level[1]);

	/* Feedback over 1 howls and is bounded, below 1 it dies. */
	double end[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "tape", RATE, 20 * RATE);
		effect_set(&e, "time", 0.05);
		effect_set(&e, "feedback", k ? 1.2 : 0.9);
		effect_set(&e, "drive", 6);
		effect_set(&e, "mix", 1);
		noise_into(effect_signal(&e, "left"), 4800, 5);
		effect_run(&e);
		end[k] = rig_peak(effect_out(&e, "left") + 19 * RATE, RATE);
		effect_close(&e);
	}
	ok(end[0] < 1e-12 && end[1] > 0.1 && end[1] < 0.502, "tape: feedback 0.9 dies (%.1e), 1.2 howls at %.2f", end[0], end[1]);
}

static void
test_vibrato(void)
{
	struct effect e;
	effect_open(&e, "vibrato", RATE, RATE);
	effect_set(&e, "rate", 6);
	effect_set(&e, "depth", 50);
	effect_set(&e, "spread", 0.5);
	for (int side = 0; side < 2; side++)
		ramp_into(effect_signal(&e, side ? "right" : "left"), e.frames);
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	double fast = 0, against = 0;
	for (int i = RATE / 2; i < RATE - 256; i += 64) {
		const double a = ((double)l[i + 128] - l[i]) * RATE / 128, b = ((double)r[i + 128] - r[i]) * RATE / 128;
		fast = fmax(fast, a);
		against = fmax(against, fabs(a + b - 2));
	}
	ok(fabs(1200 * log2(fast) - 50) < 1 && against < 1e-3, "vibrato: 50 cents up are %.1f; half a turn apart the sides bend against each other",
	    1200 * log2(fast));
	effect_close(&e);
}

static void
test_ensemble(void)
{
	struct effect e;
	effect_open(&e, "ensemble", RATE, 2 * RATE);
	effect_set(&e, "slow", 0.6);
	effect_set(&e, "fast", 6);
	effect_set(&e, "tone", 20000);
	effect_set(&e, "mix", 1);
	for (int side = 0; side < 2; side++)
		ramp_into(effect_signal(&e, side ? "right" : "left"), e.frames);
	effect_run(&e);
	const double p = 1 - exp(-TURN * 20000 / RATE), soft = 2 * (1 - p) / p, sum = 1 + M_SQRT1_2;
	double worst = 0;
	for (int i = 4000; i < e.frames; i++) {
		const double t = (i + 1.0) / RATE;
		double lag[3];
		for (int k = 0; k < 3; k++)
			lag[k] = soft + RATE * 1e-3 * (8 + 1.8 * sin(TURN * (0.6 * t + k / 3.0)) + 0.15 * sin(TURN * (6 * t + k / 3.0)));
		const double got = i - (double)effect_out(&e, "left")[i] / (sqrt(2 / 3.0) * sum) * RATE;
		const double got_r = i - (double)effect_out(&e, "right")[i] / (sqrt(2 / 3.0) * sum) * RATE;
		worst = fmax(worst, fabs(got - (lag[0] + M_SQRT1_2 * lag[1]) / sum));
		worst = fmax(worst, fabs(got_r - (lag[2] + M_SQRT1_2 * lag[1]) / sum));
	}
	ok(worst < 0.5, "ensemble: three lines a third of a turn apart, each swinging twice, within %.2f frames", worst);
	effect_close(&e);

	effect_open(&e, "ensemble", RATE, 2 * RATE);
	effect_set(&e, "mix", 1);
	effect_set(&e, "tone", 20000);
	noise_into(effect_signal(&e, "left"), e.frames, 3);
	noise_into(effect_signal(&e, "right"), e.frames, 3);
	effect_run(&e);
	const float *l = effect_out(&e, "left") + RATE, *r = effect_out(&e, "right") + RATE;
	float *mono = calloc(RATE, sizeof *mono);
	for (int i = 0; i < RATE; i++)
		mono[i] = 0.5f * (l[i] + r[i]);
	const double in = rig_rms(effect_signal(&e, "left"), RATE);
	const double loud = rig_db(rig_rms(l, RATE) / in), folded = rig_db(rig_rms(mono, RATE) / in);
	ok(fabs(loud) < 2.5 && folded > -4, "ensemble: noise is %.1f dB, and %.1f dB in mono", loud, folded);
	free(mono);
	effect_close(&e);
}

static void
test_rotary(void)
{
	/* A sine in the horn's band: level and pitch swing 6.7 times a second; by the geometry. */
	struct effect e;
	effect_open(&e, "rotary", RATE, 2 * RATE);
	effect_set(&e, "balance", 1);
	effect_set(&e, "crossover", 200);
	effect_set(&e, "distance", 0.5);
	effect_set(&e, "spread", 0);
	for (int side = 0; side < 2; side++)
		sine_into(effect_signal(&e, side ? "right" : "left"), e.frames, 2000, RATE, 1);
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	double near = 0, far = 9, sharp = 0, flat = 9;
	for (int i = RATE; i + 960 < e.frames; i += 48) {
		const double level = amplitude_at(y + i, 480, 2000, RATE), f = RATE * rig_frequency(y + i, 480, 2000.0 / RATE);
		near = fmax(near, level), far = fmin(far, level);
		sharp = fmax(sharp, f / 2000), flat = fmin(flat, f / 2000);
	}
	/* nearest 0.31 m, farthest 0.69 m, facing away 1/3 as loud, and 3 kHz against 12 */
	const double lp_far = 1 - exp(-TURN * 3000 / RATE), lp_near = 1 - exp(-TURN * 12000 / RATE);
	const double complex z = cexp(-I * TURN * 2000 / RATE);
	const double want = rig_db((0.69 / 0.31) * 3 * cabs((lp_near / (1 - (1 - lp_near) * z)) / (lp_far / (1 - (1 - lp_far) * z))));
	ok(fabs(rig_db(near / far) - want) < 0.7, "rotary: the horn is %.1f dB louder in front than behind, %.1f by its formula", rig_db(near / far), want);
	/* the way changes at most by 2 pi 6.7 r where the mic stands on the tangent */
	const double speed = TURN * 6.7 * 0.19 / 343;
	ok(fabs(sharp - 1 - speed) < 0.15 * speed && fabs(1 - flat - speed) < 0.15 * speed, "rotary: Doppler: +%.1f and -%.1f cents, %.1f by its formula",
	    1200 * log2(sharp), -1200 * log2(flat), 1200 * log2(1 + speed));
	ok(!memcmp(y, effect_out(&e, "right"), (size_t)e.frames * sizeof *y), "rotary: microphones in one place hear the same");
	effect_close(&e);

	/* Inertia: turns counted from slow to fast. */
	effect_open(&e, "rotary", RATE, 4 * RATE);
	float *speed_in = calloc((size_t)e.frames / 64, sizeof *speed_in);
	for (int i = RATE / 64; i < e.frames / 64; i++)
		speed_in[i] = 1;
	rig_control(&e.r, "speed", speed_in);
	effect_set(&e, "inertia", 0.7);
	effect_set(&e, "balance", 1);
	effect_set(&e, "crossover", 200);
	for (int side = 0; side < 2; side++)
		sine_into(effect_signal(&e, side ? "right" : "left"), e.frames, 2000, RATE, 1);
	effect_run(&e);
	/* levels at a period of 10 ms; peaks between 1 s and 4 s */
	int peaks = 0;
	double before = 0, here = 0;
	for (int i = RATE; i + 480 < e.frames; i += 240) {
		const double next = amplitude_at(effect_out(&e, "left") + i, 480, 2000, RATE);
		peaks += here > before && here >= next && here > 0.8;
		before = here, here = next;
	}
	const double turns = 6.7 * 3 - (6.7 - 0.8) * 0.7 * (1 - exp(-3 / 0.7));
	ok(fabs(peaks - turns) <= 1.5, "rotary: from slow to fast in 3 s by e in 0.7 s: %d turns, %.1f by its formula", peaks, turns);
	free(speed_in);
	effect_close(&e);
}

/* After a tenth of a second of noise: silent, and no denormal number on the way. */
static void
test_silence(void)
{
	static const struct { const char *name, *port; double value; } list[] = {{"delay", "feedback", 0.9}, {"tape", "feedback", 0.9},
	    {"chorus", "feedback", 0.95}, {"flanger", "feedback", -0.95}, {"ensemble", "mix", 1}, {"vibrato", "depth", 100}, {"rotary", "speed", 1},
	    {"hall", "decay", 0.3}, {"plate", "decay", 0.3}, {"spring", "decay", 0.5}};
	for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
		struct effect e;
		effect_open(&e, list[k].name, RATE, 8 * RATE);
		if (port_find(e.r.m, PORT_IN, "time", &(size_t){0}))
			effect_set(&e, "time", 0.03);
		effect_set(&e, list[k].port, list[k].value);
		noise_into(effect_signal(&e, "left"), 4800, 1);
		noise_into(effect_signal(&e, "right"), 4800, 2);
		effect_run(&e);
		const float *y = effect_out(&e, "left");
		int denormal = 0;
		for (int i = 0; i < e.frames; i++)
			denormal += fpclassify(y[i]) == FP_SUBNORMAL;
		const double left = rig_peak(y + 7 * RATE, RATE);
		ok(left < 1e-9 && !denormal && rig_peak(y, RATE) > 0.01, "%s: silent at last: %.1e", list[k].name, left);
		effect_close(&e);
	}
}

/* Rings are read in four ways, whichever is fastest for how the lanes stand; all must agree to the bit, and
   long after the rings' ends have been passed. Lane l of any width against the scalar build. */
static void
test_widths(void)
{
	static const char *const names[] = {"delay", "tape", "chorus", "flanger", "haas", "vibrato", "ensemble", "rotary", "hall", "plate", "spring"};
	enum { BLOCKS = 1700, WIDE = 16 };
	static float in[DRIVE_PORTS][BLOCKS * WIDE], narrow[DRIVE_PORTS][BLOCKS * WIDE];
	static float sound[BLOCKS * 64 * WIDE], got[2][BLOCKS * 64 * WIDE], want[2][BLOCKS * 64 * WIDE];
	for (size_t m = 0; m < sizeof names / sizeof *names; m++)
		for (int alike_lanes = 0; alike_lanes < 2; alike_lanes++) {
			struct rig r = rig(names[m]);
			float fixed[DRIVE_PORTS] = {0}, facts[WIDE];
			uint32_t seed[WIDE];
			int32_t off[WIDE] = {0};
			struct drive d = r.d;
			d.rate = 22050;
			d.blocks = BLOCKS;
			size_t k = 0;
			for (const struct port *p = r.m->ports; p->dir != PORT_END; p++) {
				if (p->dir != PORT_IN)
					continue;
				fixed[k] = p->def;
				for (int t = 0; t < BLOCKS; t++)
					for (int l = 0; l < WIDE; l++) { /* held for some blocks, then elsewhere, in each lane or in all */
						const uint32_t at = (uint32_t)(t / 97) * 64 + (uint32_t)k;
						const double u = 0.5 + 0.5 * noise_at(alike_lanes ? 7 : (uint32_t)l + 7, at);
						double v = p->scale == SCALE_LOG ? p->min * pow(p->max / p->min, u) : p->min + (p->max - p->min) * u;
						if (p->scale == SCALE_CHOICE)
							v = floor(v + 0.5);
						in[k][t * WIDE + l] = (float)fmin(fmax(v, p->min), p->max);
					}
				d.stride[k] = p->rate == RATE_AUDIO;
				k++;
			}
			for (int i = 0; i < BLOCKS * 64 * WIDE; i++)
				sound[i] = noise_at(3, (uint32_t)(i / WIDE)) * (i / WIDE % 3000 < 700);
			for (int l = 0; l < WIDE; l++)
				seed[l] = (uint32_t)l, facts[l] = (float)(100 + l);
			int same = 1;
			static const int firsts[4] = {0, 4, 8, 0};
			for (int w = 1; w < 4; w++) {
				if (!drive_isa_runs(&drive_isas[w]))
					continue;
				const int lanes = drive_isas[w].lanes, first = firsts[w], probe = lanes - 2;
				for (int pass = 0; pass < 2; pass++) { /* the lanes together, then one of them alone */
					const int n = pass ? 1 : lanes, from = pass ? first + probe : first;
					for (size_t j = 0; j < k; j++) {
						for (int t = 0; t < BLOCKS; t++)
							memcpy(narrow[j] + t * n, in[j] + t * WIDE + from, (size_t)n * sizeof(float));
						d.in[j] = d.stride[j] ? sound : narrow[j];
					}
					/* all lanes hear the same: rows of n */
					for (int i = 0; i < BLOCKS * 64 * n; i++)
						sound[i] = noise_at(3, (uint32_t)(i / n)) * (i / n % 3000 < 700);
					d.fixed = fixed;
					d.seed = seed + from, d.tempo = facts + from, d.pitch = d.velocity = d.random = facts + from, d.off = off;
					d.out[0] = pass ? want[0] : got[0], d.out[1] = pass ? want[1] : got[1];
					if ((pass ? drive_isas[0].drive : drive_isas[w].drive)(&d) < 0)
						exit(1);
				}
				for (int side = 0; side < 2; side++)
					for (int i = 0; i < BLOCKS * 64 && same; i++)
						if (memcmp(&want[side][i], &got[side][i * lanes + probe], sizeof(float))) {
							diag("%s: %s, frame %d", names[m], drive_isas[w].name, i);
							same = 0;
						}
			}
			ok(same && rig_finite(want[0], BLOCKS * 64) && rig_peak(want[0], BLOCKS * 64) > 0, "%s: five seconds of knobs turned in %s: the same bits at every width",
			    names[m], alike_lanes ? "all lanes alike" : "each lane");
		}
}

int
main(void)
{
	test_haas();
	test_delay();
	test_notes();
	test_tape();
	test_chorus();
	test_vibrato();
	test_ensemble();
	test_rotary();
	test_silence();
	test_widths();
	return done();
}
