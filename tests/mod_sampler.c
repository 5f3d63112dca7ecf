/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sampler: frames as they are, tuning, what folds back, loops, stretch. */
#include "module_rig.h"
#include "tap.h"

enum { N = 1 << 16, RATE = 44100 };

static float sound[2 * N];

static const struct asset *
sine(double hz, double rate, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sound[i] = (float)(0.5 * sin(2 * M_PI * hz * (double)i / rate));
	return rig_asset(sound, 1, n, (uint32_t)rate, 0);
}

static double
cents(double a, double b)
{
	return 1200 * log2(a / b);
}

static void
as_it_is(void)
{
	for (int i = 0; i < 2 * N; i++)
		sound[i] = (float)sin(i * 1.7) * 0.5f;
	const struct asset *a[2] = {rig_asset(sound, 2, N, RATE, 0), rig_asset(sound, 1, 100, RATE, 0)};
	struct rig r = rig("sampler");
	rig_sounds(&r, a, 2);
	rig_set(&r, "pitch", 60);
	rig_set(&r, "fade", 0);
	rig_run(&r, N + 640);
	int same = 0, silent = 0;
	for (int i = 0; i < N; i++)
		same += rig_out(&r, "left")[i] == sound[i] && rig_out(&r, "right")[i] == sound[N + i];
	for (int i = N; i < N + 640; i++)
		silent += rig_out(&r, "left")[i] == 0 && rig_out(&r, "right")[i] == 0;
	ok(same == N && silent == 640, "at its root a sound comes out to the bit, and then silence (%d, %d)", same, silent);
	rig_set(&r, "start", 0.5);
	rig_set(&r, "length", 0.25);
	rig_run(&r, N);
	same = silent = 0;
	const int from = (int)(0.5f * (N - 1.0f));
	for (int i = 0; i < N / 4; i++)
		same += rig_out(&r, "left")[i] == sound[from + i];
	for (int i = N / 4; i < N; i++)
		silent += rig_out(&r, "left")[i] == 0;
	ok(same == N / 4 && silent == N - N / 4, "a quarter from its middle (%d, %d)", same, silent);
	rig_set(&r, "reverse", 1);
	rig_run(&r, N);
	same = 0;
	for (int i = 0; i < N / 4; i++)
		same += rig_out(&r, "left")[i] == sound[from + N / 4 - 1 - i];
	ok(same == N / 4, "backwards (%d)", same);
	rig_set(&r, "reverse", 0);
	rig_set(&r, "start", 0);
	rig_set(&r, "length", 1);
	rig_set(&r, "which", 3.7);
	rig_run(&r, 640);
	same = 0;
	for (int i = 0; i < 640; i++)
		same += rig_out(&r, "left")[i] == (i < 100 ? sound[i] : 0);
	ok(same == 640, "item 3.7 of two is the second");
	rig_sounds(&r, NULL, 0);
	rig_run(&r, 640);
	ok(rig_peak(rig_out(&r, "left"), 640) == 0, "without a sound it is silent");
	rig_free(&r);
}

static void
tuning(void)
{
	static const struct {
		double rate, pitch, detune;
	} t[] = {{44100, 60, 0}, {48000, 60, 0}, {22050, 67.3, 0}, {44100, 72, 13}, {44100, 41, -50}, {96000, 84, 0}, {44100, 95, 0}};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct asset *a = sine(300, t[i].rate, N);
		struct rig r = rig("sampler");
		rig_sounds(&r, &a, 1);
		rig_set(&r, "pitch", t[i].pitch);
		rig_set(&r, "detune", t[i].detune);
		rig_set(&r, "loop", 2);
		rig_run(&r, 1 << 14);
		const double want = 300 * exp2((t[i].pitch + t[i].detune / 100 - 60) / 12);
		const int n = 1 << (t[i].pitch > 80 ? 11 : 12);
		const double got = RATE * rig_frequency(rig_out(&r, "left") + 512, (size_t)n, want / RATE);
		ok(fabs(cents(got, want)) < 0.05, "a file at %.0f Hz, %.1f and %.0f cents: %.4f cents off", t[i].rate, t[i].pitch - 60,
		    t[i].detune, cents(got, want));
		rig_free(&r);
	}
}

/* Everything but the partial that is meant. */
static double
spurious(const float *x, size_t n, double f)
{
	double *m = rig_spectrum(x, n), most = 0, peak = 0;
	for (size_t k = 1; k < n / 2; k++) {
		const double d = fabs((double)k - f * (double)n);
		peak = d < 9 ? fmax(peak, m[k]) : peak;
		if (d >= 9 && (double)k / (double)n * RATE < 16000)
			most = fmax(most, m[k]);
	}
	free(m);
	return rig_db(most / (f < 0.5 ? peak : 0.5));
}

static void
aliases(void)
{
	static const struct {
		double hz, semitones, limit;
	} t[] = {{1000, 7, -80}, {5000, 7, -80}, {5000, -7, -80}, {12000, -12, -70}, {9000, 24, -75}, {12000, 12, -75}, {14000, 9.5, -75},
	    {11000, 31, -75}, {20000, 1, -75}};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct asset *a = sine(t[i].hz, RATE, N);
		struct rig r = rig("sampler");
		rig_sounds(&r, &a, 1);
		rig_set(&r, "pitch", 60 + t[i].semitones);
		rig_run(&r, 1 << 14);
		const double f = t[i].hz * exp2(t[i].semitones / 12) / RATE;
		const size_t n = t[i].semitones > 12 ? 1 << 12 : 1 << 13;
		const double db = spurious(rig_out(&r, "left") + 1024, n, f);
		ok(db < t[i].limit, "%g Hz, %+g semitones: what does not belong there below 16 kHz is at %.1f dB", t[i].hz,
		    t[i].semitones, db);
		rig_free(&r);
	}
}

static void
loops(void)
{
	/* a loop of 100 periods, cross-faded, sounds as if it never ended */
	const struct asset *a = sine(441, RATE, 22050);
	struct rig r = rig("sampler");
	rig_sounds(&r, &a, 1);
	rig_set(&r, "loop", 1);
	rig_set(&r, "loop_start", 0.5);
	rig_set(&r, "crossfade", 0.1);
	rig_set(&r, "length", 0.75);
	rig_run(&r, 1 << 17);
	double most = 0;
	for (size_t i = 1000; i + 1 < 1 << 17; i++)
		most = fmax(most, fabs((double)rig_out(&r, "left")[i] - rig_out(&r, "left")[i - 1]));
	ok(most < 1.2 * 0.5 * 2 * M_PI * 441 / RATE, "a cross-faded loop has no steps (%.4f a frame, the sine %.4f)", most,
	    0.5 * 2 * M_PI * 441 / RATE);
	ok(rig_rms(rig_out(&r, "left") + (1 << 16), 1 << 15) > 0.2, "and goes on");
	rig_set(&r, "loop", 2);
	rig_set(&r, "length", 1);
	rig_set(&r, "loop_start", 0);
	rig_run(&r, 50000);
	const float *y = rig_out(&r, "left");
	int same = 0;
	for (int i = 100; i < 22000; i++)
		same += fabsf(y[44100 - i] - y[i]) < 1e-6f;
	ok(same == 21900, "a ping-pong loop comes back the way it went (%d)", same);
	rig_free(&r);
}

static void
stretch(void)
{
	static const double speeds[] = {0.5, 0.71, 1.6, 2};
	for (int i = 0; i < 4; i++) {
		const struct asset *a = sine(440, RATE, N);
		struct rig r = rig("sampler");
		rig_sounds(&r, &a, 1);
		rig_set(&r, "mode", 1);
		rig_set(&r, "speed", speeds[i]);
		rig_run(&r, 3 * N);
		const float *y = rig_out(&r, "left");
		size_t end = 3 * N;
		while (end && fabsf(y[end - 1]) < 1e-3f)
			end--;
		const double got = RATE * rig_frequency(y + 4096, 8192, 440.0 / RATE), length = N / speeds[i];
		ok(fabs(cents(got, 440)) < 1 && fabs((double)end / length - 1) < 0.01,
		    "speed %g: 440 Hz stays (%.3f cents), %.4f of the length it should have", speeds[i], cents(got, 440), (double)end / length);
		const double level = rig_rms(y + 4096, 16384) * M_SQRT2;
		ok(fabs(rig_db(level / 0.5)) < 0.2, "and its level (%.2f dB)", rig_db(level / 0.5));
		rig_set(&r, "pitch", 67);
		rig_run(&r, N);
		const double up = RATE * rig_frequency(rig_out(&r, "left") + 4096, 8192, 440 * exp2(7 / 12.0) / RATE);
		ok(fabs(cents(up, 440 * exp2(7 / 12.0))) < 1, "pitch apart from it: a fifth up is %.3f cents off", cents(up, 440 * exp2(7 / 12.0)));
		rig_free(&r);
	}
}

static void
beats(void)
{
	const struct asset *a = sine(440, RATE, N);
	for (int mode = 0; mode < 2; mode++) {
		struct rig r = rig("sampler");
		rig_sounds(&r, &a, 1);
		rig_set(&r, "mode", mode);
		rig_set(&r, "beats", 4);
		r.tempo = 150;
		rig_run(&r, 2 * N);
		const float *y = rig_out(&r, "left");
		size_t end = 2 * N;
		while (end && fabsf(y[end - 1]) < 1e-3f)
			end--;
		ok(fabs((double)end / (4 * 60.0 / 150 * RATE) - 1) < (mode ? 0.005 : 0.001), "%s: four beats at 150 a minute are %zu frames", mode ? "stretch" : "tape", end);
		rig_free(&r);
	}
}

int
main(void)
{
	as_it_is();
	tuning();
	aliases();
	loops();
	stretch();
	beats();
	return done();
}
