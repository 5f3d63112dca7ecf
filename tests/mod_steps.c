/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stepping modulators: steps, walk, sample and hold, slew; a value a block is on the curve of a value a frame. */
#include "module_rig.h"
#include "tap.h"

enum { N = 44100 * 2 }; /* two seconds: four beats at 120 a minute, 8 steps a second of 5512.5 frames */

static struct rig
sequence(int count, int order, double glide)
{
	struct rig r = rig("steps");
	for (int k = 0; k < 16; k++) {
		char name[8];
		snprintf(name, sizeof name, "step%d", k + 1);
		rig_set(&r, name, 10 + k);
	}
	rig_set(&r, "count", count);
	rig_set(&r, "order", order);
	rig_set(&r, "glide", glide);
	rig_set(&r, "rate", 4); /* a beat */
	return r;
}

static void
orders(void)
{
	static const int want[3][16] = {{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0},
	    {4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 4}, {0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1}};
	static const char *const names[] = {"forward", "backward", "ping-pong"};
	for (int order = 0; order < 3; order++) {
		struct rig r = sequence(5, order, 0);
		rig_run(&r, N);
		const float *y = rig_out(&r, "out");
		int wrong = 0, changes = 0, late = 0;
		for (int k = 0; k < 16; k++)
			wrong += y[(int)((k + 0.5) * 5512.5)] != (float)(10 + want[order][k]);
		for (int i = 1; i < N; i++)
			if (y[i] != y[i - 1]) {
				const double beats = i / 22050.0 * 4;
				changes++;
				late += fabs(beats - floor(beats + 0.5)) * 5512.5 > 0.51;
			}
		ok(!wrong && changes == 15 && !late, "steps: five of them %s, four to the beat, each on its frame (%d changes)",
		    names[order], changes);
		rig_free(&r);
	}
}

static void
chance(void)
{
	struct rig r = sequence(16, 3, 0);
	rig_set(&r, "rate", 100);
	int seen[16] = {0}, total = 0;
	for (r.seed = 1; r.seed <= 8; r.seed++) {
		rig_run(&r, N);
		for (int k = 0; k < 400; k++, total++) {
			const float v = rig_out(&r, "out")[(int)((k + 0.5) * 220.5)];
			if (v >= 10 && v < 26 && v == floorf(v))
				seen[(int)v - 10]++;
		}
	}
	double chi = 0;
	for (int k = 0; k < 16; k++)
		chi += pow(seen[k] - total / 16.0, 2) / (total / 16.0);
	ok(chi < 37.7, "steps: in random order all sixteen come as often (chi squared %.1f of 15)", chi); /* 1 in 1000 */
	rig_free(&r);

	r = sequence(4, 0, 0.5);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	ok(y[100] == 10 && fabs(y[(int)(1.25 * 5512.5)] - 10.5) < 1e-3 && y[(int)(1.6 * 5512.5)] == 11 &&
	        fabs(y[(int)(4.25 * 5512.5)] - 11.5) < 1e-3,
	    "steps: glides over half of a step from the one before, from the last to the first too");
	rig_set(&r, "per", 0);
	rig_set(&r, "rate", 3);
	rig_run(&r, N);
	y = rig_out(&r, "out");
	ok(y[14699] == 10 && y[14701] > 10 && y[44099] == 12, "steps: or three a second");
	rig_free(&r);
}

static void
walk(void)
{
	struct rig r = rig("walk");
	rig_set(&r, "rate", 50);
	rig_set(&r, "stride", 0.2);
	double mean = 0, far = 0, jump = 0, sq = 0;
	for (r.seed = 1; r.seed <= 24; r.seed++) {
		rig_run(&r, N);
		const float *y = rig_out(&r, "out");
		for (int i = 1; i < N; i++) {
			jump = fmax(jump, fabs((double)(y[i] - y[i - 1])));
			mean += y[i] / (24.0 * N);
			sq += (double)y[i] * (double)y[i] / (24.0 * N);
			if (i >= 882)
				far = fmax(far, fabs((double)(y[i] - y[i - 882])));
		}
		if (rig_peak(y, N) > 1)
			mean = NAN;
	}
	/* steepest slope of 3 x^2 - 2 x^3 is 1.5 */
	ok(jump < 1.5 * 0.2 / 882 * 1.01 && far < 0.4 && far > 0.15, "walk: strides up to 0.2 over 20 ms, without a jump (%.2g a frame, %.3f)",
	    jump, far);
	ok(fabs(mean) < 0.15 && fabs(sq - 1.0 / 3) < 0.1, "walk: stays within 1, wanders everywhere (mean %.2f, power %.2f)", mean, sq);
	r.seed = 5;
	rig_set(&r, "smooth", 0);
	rig_set(&r, "stride", 2);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	int changes = 0;
	for (int i = 1; i < N; i++)
		changes += y[i] != y[i - 1];
	ok(abs(changes - 100) <= 1, "walk: not smooth, it jumps %d times in a hundred turns", changes);
	rig_free(&r);
}

static void
hold(void)
{
	struct rig r = rig("sah");
	float *x = calloc(N + 64, sizeof *x), *trigger = calloc(N + 64, sizeof *trigger);
	for (int i = 0; i < N; i++) {
		x[i] = (float)i / N;
		trigger[i] = i % 10000 >= 7000 ? 1 : 0;
	}
	rig_signal(&r, "in", x);
	rig_set(&r, "rate", 10);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	int wrong = 0;
	for (int i = 0; i < N; i++) {
		const int turn = i / 4410;
		if (i % 4410 > 1 && i % 4410 < 4408)
			wrong += fabs((double)y[i] - turn * 4410.0 / N) > 1.5 / N;
	}
	ok(!wrong, "sah: ten values a second, each that of its frame");
	rig_set(&r, "rate", 0);
	rig_signal(&r, "trigger", trigger);
	rig_run(&r, N);
	y = rig_out(&r, "out");
	ok(y[6999] == x[0] && y[7000] == x[7000] && y[16999] == x[7000] && y[17000] == x[17000],
	    "sah: by the trigger alone, where it rises");
	free(x);
	free(trigger);
	rig_free(&r);
}

static void
slew(void)
{
	struct rig r = rig("slew");
	float *x = calloc(N + 64, sizeof *x);
	for (int i = 0; i < N; i++)
		x[i] = i >= 1000 && i < 50000 ? 2 : 0;
	rig_signal(&r, "in", x);
	rig_set(&r, "rise", 0.25);
	rig_set(&r, "fall", 0.1);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	int top = 0, bottom = 50000;
	while (y[top] < 2)
		top++;
	while (y[bottom] > 0)
		bottom++;
	ok(y[999] == 0 && abs(top - 1000 - 22050) <= 3 && abs(bottom - 50000 - 8820) <= 3 &&
	        fabs((double)y[1000 + 11025] - 1) < 1e-3,
	    "slew: up by 2 in %d frames, down in %d", top - 1000, bottom - 50000);
	rig_set(&r, "shape", 1);
	rig_run(&r, N);
	y = rig_out(&r, "out");
	ok(fabs((double)y[999 + 11025] - 2 * (1 - exp(-1))) < 1e-3 && fabs((double)y[49999 + 4410] / (double)y[49999] - exp(-1)) < 1e-3,
	    "slew: exponential, 63 %% of the way in its time, up and down");
	rig_set(&r, "rise", 0);
	rig_set(&r, "fall", 0);
	rig_set(&r, "shape", 0);
	rig_run(&r, N);
	ok(!memcmp(rig_out(&r, "out"), x, N * sizeof *x), "slew: without time it is its input");
	for (int i = 0; i < N; i++)
		x[i] = i < 100 ? 60 : 61;
	rig_signal(&r, "in", x);
	rig_set(&r, "rise", 8);
	rig_run(&r, N);
	ok(fabs((double)rig_out(&r, "out")[N - 1] - 60 - (N - 100) / (8 * 44100.0)) < 1e-5, "slew: a semitone in eight seconds, on time");
	free(x);
	rig_free(&r);
}

static void
block_rate(const char *module, void (*set)(struct rig *r), double limit)
{
	static float control[N / 64 + 1];
	struct rig a = rig(module), b = rig(module);
	set(&a);
	set(&b);
	b.d.once_a_block = 1;
	if (!strcmp(module, "slew")) {
		for (int t = 0; t < N / 64; t++)
			control[t] = (float)(t / 50 % 3);
		rig_control(&a, "in", control);
		rig_control(&b, "in", control);
	}
	rig_run(&a, N);
	rig_run(&b, N);
	double worst = 0, moves = 0;
	for (int t = 0; t < N / 64; t++) {
		worst = fmax(worst, fabs((double)(a.out[0][t * 64 + 63] - b.out[0][t])));
		moves = fmax(moves, fabs((double)(b.out[0][t] - b.out[0][0])));
	}
	ok(worst < limit && moves > 0.1, "%s: a value a block is on the frame-rate curve (within %.2g)", module, worst);
	rig_free(&a);
	rig_free(&b);
}

static void set_nothing(struct rig *r) { (void)r; }
static void set_fast(struct rig *r) { rig_set(r, "rate", 187.3); }
static void set_random(struct rig *r)
{
	rig_set(r, "order", 3), rig_set(r, "glide", 0.7), rig_set(r, "step3", 1), rig_set(r, "step5", -1);
}
static void set_exponential(struct rig *r) { rig_set(r, "shape", 1); }

int
main(void)
{
	orders();
	chance();
	walk();
	hold();
	slew();
	block_rate("steps", set_random, 1e-5);
	block_rate("walk", set_nothing, 1e-6);
	block_rate("walk", set_fast, 1e-6);
	block_rate("slew", set_nothing, 1e-5);
	block_rate("slew", set_exponential, 1e-4);
	return done();
}
