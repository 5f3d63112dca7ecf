/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Envelope of points: levels, times and bends; the loop in time after a hundred turns, and out of it at the gate. */
#include "module_rig.h"
#include "tap.h"

enum { N = 44100 * 3, POINTS = 5 };

static const double level[POINTS + 1] = {0.2, 1, -0.5, 0.4, 0.8, -1}, length[POINTS + 1] = {0, 0.1, 0.25, 0.05, 0.3, 0.2},
                    curve[POINTS + 1] = {0, 3, -4, 8, 0.5, -1};

static double
bent(double x, double c)
{
	x = fmin(fmax(x, 0), 1);
	return (1 - exp2(-c * x)) / (1 - exp2(-c));
}

/* The level at a time: segments follow each other, from loop_to to loop_from again until `off`. */
static double
theory(double t, int from, int to, double off)
{
	double began = 0;
	int last = 0, k = 1;
	while (k <= POINTS && t >= began + length[k]) {
		began += length[k];
		last = k;
		k = k == to && began < off ? from + 1 : k + 1;
	}
	return k > POINTS ? level[POINTS] : level[last] + (level[k] - level[last]) * bent((t - began) / length[k], curve[k]);
}

static struct rig
drawn(void)
{
	struct rig r = rig("mseg");
	rig_set(&r, "start", level[0]);
	rig_set(&r, "count", POINTS);
	for (int k = 1; k <= POINTS; k++) {
		char name[8];
		snprintf(name, sizeof name, "level%d", k);
		rig_set(&r, name, level[k]);
		snprintf(name, sizeof name, "time%d", k);
		rig_set(&r, name, length[k]);
		snprintf(name, sizeof name, "curve%d", k);
		rig_set(&r, name, curve[k]);
	}
	return r;
}

static void
follows(int from, int to, int off, const char *what)
{
	struct rig r = drawn(), slow = drawn();
	float *gate = malloc(N * sizeof *gate), *blocks = malloc(N / 64 * sizeof *blocks + 64);
	for (int i = 0; i < N; i++)
		gate[i] = i < off;
	for (int t = 0; t < N / 64 + 1; t++)
		blocks[t] = t * 64 + 63 < off;
	rig_set(&r, "loop_from", from);
	rig_set(&r, "loop_to", to);
	rig_signal(&r, "gate", gate);
	rig_run(&r, N - 64);
	const float *y = rig_out(&r, "out");
	double worst = 0;
	for (int i = 0; i < N - 64; i++) {
		/* within a frame */
		double low = 9, high = -9;
		for (int k = -1; k <= 1; k++) {
			const double x = theory((i + k * 0.6) / 44100, from, to, off / 44100.0);
			low = fmin(low, i + k < 0 ? level[0] : x);
			high = fmax(high, x);
		}
		worst = fmax(worst, fmax(low - y[i], y[i] - high));
	}
	ok(worst < 1e-4, "mseg: %s: on the drawn curve to the frame (%.1g)", what, worst);
	rig_set(&slow, "loop_from", from);
	rig_set(&slow, "loop_to", to);
	rig_control(&slow, "gate", blocks);
	slow.d.once_a_block = 1;
	rig_run(&slow, N - 64);
	worst = 0;
	for (int t = 0; t < N / 64 - 1; t++)
		worst = fmax(worst, fabs((double)(y[t * 64 + 63] - rig_out(&slow, "out")[t])));
	ok(worst < 1e-6, "mseg: %s: a value a block is on the same curve (%.1g)", what, worst);
	free(gate);
	free(blocks);
	rig_free(&r);
	rig_free(&slow);
}

int
main(void)
{
	follows(0, 0, N, "once");
	follows(1, 3, N, "looped");
	follows(0, 5, N, "looped from end to start");
	follows(1, 3, 50000, "looped until the release");
	follows(2, 4, 100, "released before the loop");

	/* a loop of 7.3 frames is in time after ten thousand turns */
	struct rig r = rig("mseg");
	rig_set(&r, "time1", 3.1 / 44100);
	rig_set(&r, "time2", 4.2 / 44100);
	rig_set(&r, "loop_to", 2);
	rig_run(&r, 73000 + 64);
	const float *y = rig_out(&r, "out");
	double worst = 0;
	for (int i = 0; i < 64; i++)
		worst = fmax(worst, fabs((double)(y[i + 365] - y[i + 73000])));
	ok(worst < 0.02, "mseg: a loop of 7.3 frames is in time after ten thousand turns (%.2g)", worst);
	rig_set(&r, "loop_to", 0);
	rig_set(&r, "count", 1);
	rig_set(&r, "level1", -0.75);
	rig_set(&r, "time1", 0);
	rig_run(&r, N);
	y = rig_out(&r, "out");
	ok(y[0] == 0 && y[1] == -0.75f && y[N - 1] == -0.75f, "mseg: one point without time is reached at once, and kept");
	rig_free(&r);
	return done();
}
