/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DAHDSR: times within a frame or two, both bends of the curves, the release from anywhere. */
#include "module_rig.h"
#include "tap.h"

enum { N = 44100 * 2 };

/* The whole envelope, written out. */
static double
bent(double x, double curve)
{
	x = fmin(fmax(x, 0), 1);
	return fabs(curve) < 0.05 ? x : (1 - exp2(-curve * x)) / (1 - exp2(-curve));
}

struct shape {
	double delay, attack, hold, decay, sustain, release, bend[3];
	int off;
};

static double
held(const struct shape *e, double t)
{
	if (t < e->delay)
		return 0;
	if (t < e->delay + e->attack)
		return bent((t - e->delay) / e->attack, e->bend[0]);
	t -= e->delay + e->attack + e->hold;
	return t < 0 ? 1 : 1 + (e->sustain - 1) * bent(t / e->decay, e->bend[1]);
}

static double
theory(const struct shape *e, int frame)
{
	const double t = frame / 44100.0, off = e->off / 44100.0;
	return frame < e->off ? held(e, t) : held(e, off) * (1 - bent((t - off) / e->release, e->bend[2]));
}

static struct rig
set(const struct shape *e)
{
	static const char *const names[9] = {"delay", "attack", "hold", "decay", "sustain", "release", "attack_curve",
	    "decay_curve", "release_curve"};
	const double values[9] = {e->delay, e->attack, e->hold, e->decay, e->sustain, e->release, e->bend[0], e->bend[1], e->bend[2]};
	struct rig r = rig("dahdsr");
	for (int k = 0; k < 9; k++)
		rig_set(&r, names[k], values[k]);
	r.off = e->off;
	return r;
}

static void
shape(struct shape e, const char *what)
{
	struct rig r = set(&e);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	double worst = 0, sum = 0;
	for (int i = 0; i < N; i++) {
		/* an edge may lie a frame off */
		const double a = theory(&e, i - 1), b = theory(&e, i), c = theory(&e, i + 1);
		const double low = fmin(a, fmin(b, c)), high = fmax(a, fmax(b, c));
		worst = fmax(worst, fmax(low - y[i], y[i] - high));
		sum += fabs(y[i] - b) / N;
	}
	ok(worst < 1e-4 && sum < 1e-4, "dahdsr: %s: the curve of its equation, a frame off at most (%.1g, mean %.1g)", what, worst,
	    sum);

	struct rig slow = set(&e);
	slow.d.once_a_block = 1;
	rig_run(&slow, N);
	worst = 0;
	for (int t = 0; t < N / 64; t++)
		worst = fmax(worst, fabs((double)(y[t * 64 + 63] - rig_out(&slow, "out")[t])));
	ok(worst < 2e-5, "dahdsr: %s: a value a block is on the same curve (%.1g)", what, worst);
	rig_free(&slow);
	rig_free(&r);
}

static int
first(const float *y, int from, double level, int falling)
{
	for (int i = from; i < N; i++)
		if (falling ? y[i] <= level : y[i] >= level)
			return i;
	return -1;
}

static void
times(void)
{
	const struct shape e = {0.1, 0.2, 0.15, 0.3, 0.4, 0.25, {0, 0, 0}, 44100};
	struct rig r = set(&e);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	const int start = first(y, 0, 1e-5, 0), top = first(y, 0, 1 - 1e-5, 0), fall = first(y, top, 1 - 2e-5, 1),
	          rest = first(y, fall, 0.4 + 1e-5, 1), end = first(y, 44100, 1e-6, 1);
	ok(abs(start - 4410) <= 1 && abs(top - 13230) <= 1 && abs(fall - 19845) <= 1 && abs(rest - 33075) <= 2 &&
	        abs(end - 55125) <= 2,
	    "dahdsr: starts at %d, full at %d, falls from %d, sustains from %d, silent at %d", start, top, fall, rest, end);
	double jump = 0;
	for (int i = 1; i < N; i++)
		jump = fmax(jump, fabs((double)(y[i] - y[i - 1])));
	ok(jump < 2e-4, "dahdsr: no step is higher than the steepest slope (%.2g)", jump);

	float *gate = calloc(N + 64, sizeof *gate);
	for (int i = 0; i < N; i++)
		gate[i] = i < 8000 || i > 30000;
	rig_signal(&r, "gate", gate);
	rig_run(&r, N);
	y = rig_out(&r, "out");
	ok(y[8001] < y[8000] && fabs(y[8000] - 0.407) < 5e-3 && abs(first(y, 8000, 0, 1) - 19025) <= 2 && y[40000] == 0,
	    "dahdsr: a wired gate releases it within the attack, for good");
	free(gate);
	rig_free(&r);
}

int
main(void)
{
	times();
	shape((struct shape){0, 0.01, 0, 0.3, 0.5, 0.2, {2, 4, 4}, 44100}, "plain");
	shape((struct shape){0.05, 0.4, 0.1, 0.5, 0.2, 0.6, {-6, 3, -3}, 60000}, "bent both ways");
	shape((struct shape){0.2, 0.3, 0.2, 0.1, 0, 0.1, {8, -12, 0}, 5000}, "released while it waits");
	shape((struct shape){0.013, 0.3, 0.5, 0.1, 0.9, 0.3, {-2, 1, 7}, 20000}, "released while it holds");
	return done();
}
