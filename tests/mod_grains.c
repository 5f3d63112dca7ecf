/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grains: how many, from where, at which pitch, how loud. */
#include "module_rig.h"
#include "tap.h"

enum { N = 4 * 44100, RATE = 44100 };
static float sound[N];

static struct rig
even(const struct asset *const *a)
{
	struct rig r = rig("grains");
	rig_sounds(&r, a, 1);
	rig_set(&r, "spray", 0);
	rig_set(&r, "jitter", 0);
	rig_set(&r, "pitch_spread", 0);
	rig_set(&r, "pan_spread", 0);
	return r;
}

int
main(void)
{
	/* a sound whose value says where it is */
	for (int i = 0; i < N; i++)
		sound[i] = (float)i / N;
	const struct asset *ramp = rig_asset(sound, 1, N, RATE, 0);
	for (int i = 0; i < N; i++)
		sound[i] = (float)(0.5 * sin(2 * M_PI * 440 * i / RATE));
	const struct asset *sine = rig_asset(sound, 1, N, RATE, 0);

	struct rig r = even(&ramp);
	rig_set(&r, "density", 10);
	rig_set(&r, "size", 0.02);
	rig_set(&r, "position", 0.5);
	rig_run(&r, 10 * RATE);
	const float *y = rig_out(&r, "left");
	int grains = 0, wrong = 0;
	for (int i = 1; i < 10 * RATE; i++)
		if (y[i] != 0 && y[i - 1] == 0) {
			grains++;
			const double peak = rig_peak(y + i, 882);
			wrong += fabs(peak - (0.5 + 441.0 / N)) > 0.0005;
		}
	ok(grains == 100, "10 a second: %d in 10 s", grains);
	ok(!wrong, "all from the middle of the sound (%d are not)", wrong);
	rig_set(&r, "jitter", 1);
	rig_run(&r, 10 * RATE);
	y = rig_out(&r, "left");
	for (grains = 0, wrong = 1; wrong < 10 * RATE; wrong++)
		grains += y[wrong] != 0 && y[wrong - 1] == 0;
	ok(grains > 70 && grains < 130, "about as many where they come unevenly: %d", grains);
	rig_set(&r, "jitter", 0);
	rig_set(&r, "spray", 0.5);
	rig_run(&r, 10 * RATE);
	y = rig_out(&r, "left");
	double low = 1, high = 0;
	for (int i = 0; i + 4410 <= 10 * RATE; i += 4410) {
		const double peak = rig_peak(y + i, 882);
		low = fmin(low, peak);
		high = fmax(high, peak);
	}
	ok(low > 0.37 && low < 0.41 && high > 0.59 && high < 0.635, "spray of 0.5 s around 2 s of 4: from %.3f to %.3f", low, high);
	rig_set(&r, "spray", 0);
	rig_set(&r, "position", 0);
	rig_set(&r, "scan", 2);
	rig_run(&r, RATE);
	const double there = rig_peak(rig_out(&r, "left") + 9 * 4410, 882);
	ok(fabs(there - 0.45) < 0.01, "scan 2: after 0.9 s of 4 it is at %.3f", there);
	float *wired = malloc(RATE * sizeof *wired);
	for (int i = 0; i < RATE; i++)
		wired[i] = (float)(i / 4410) / 10;
	rig_set(&r, "scan", 0);
	rig_signal(&r, "position", wired);
	rig_run(&r, RATE - 64);
	wrong = 0;
	for (int i = 1; i < 9; i++)
		wrong += fabs(rig_peak(rig_out(&r, "left") + i * 4410 + 64, 882) - i / 10.0) > 0.11;
	ok(!wrong, "a position that is an audio signal is followed");
	free(wired);
	rig_free(&r);

	r = even(&sine);
	rig_set(&r, "pitch", 67);
	rig_set(&r, "density", 20);
	rig_set(&r, "size", 0.1);
	rig_set(&r, "scan", 1.4983070768766815); /* as fast as the pitch: grains go on with one another */
	rig_set(&r, "position", 0);
	rig_run(&r, RATE);
	const double want = 440 * exp2(7 / 12.0), got = RATE * rig_frequency(rig_out(&r, "left") + 8192, 8192, want / RATE);
	ok(fabs(1200 * log2(got / want)) < 0.5, "a fifth up: %.3f cents off", 1200 * log2(got / want));
	ok(memcmp(rig_out(&r, "left"), rig_out(&r, "right"), RATE * sizeof(float)) == 0, "in the middle both sides are one");
	rig_set(&r, "pan_spread", 1);
	rig_run(&r, RATE);
	const double left = rig_rms(rig_out(&r, "left"), RATE), right = rig_rms(rig_out(&r, "right"), RATE);
	ok(memcmp(rig_out(&r, "left"), rig_out(&r, "right"), RATE * sizeof(float)) && fabs(rig_db(left / right)) < 3,
	    "spread, they differ, and neither leads (%.2f dB)", rig_db(left / right));
	double most = 0, least = 1e9;
	for (int d = 5; d <= 160; d *= 2) {
		rig_set(&r, "density", d);
		rig_set(&r, "spray", 0.3);
		rig_set(&r, "jitter", 1);
		rig_run(&r, 2 * RATE);
		const double level = rig_rms(rig_out(&r, "left"), 2 * RATE);
		most = fmax(most, level);
		least = fmin(least, level);
	}
	ok(rig_db(most / least) < 8, "5 to 160 grains a second stay within %.1f dB", rig_db(most / least));
	rig_free(&r);
	return done();
}
