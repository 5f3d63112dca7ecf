/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Envelopes and LFO: times, levels, shapes; and the same curve at one value a block as at one a frame. */
#include "module_rig.h"
#include "tap.h"

enum { N = 44100 * 2 };

/* First frame at which y is at least (or, falling, at most) level, from `from` on. */
static int
reaches(const float *y, int from, double level, int falling)
{
	for (int i = from; i < N; i++)
		if (falling ? y[i] <= level : y[i] >= level)
			return i;
	return -1;
}

static void
adsr_times(double attack, double decay, double sustain, double release, double curve)
{
	struct rig r = rig("adsr");
	rig_set(&r, "attack", attack);
	rig_set(&r, "decay", decay);
	rig_set(&r, "sustain", sustain);
	rig_set(&r, "release", release);
	rig_set(&r, "curve", curve);
	r.off = 44100;
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	const int top = reaches(y, 0, 1 - 1e-6, 0), rest = reaches(y, top, sustain + 1e-6, 1),
		  end = reaches(y, r.off, 0, 1);
	const double rate = 44100;
	ok(y[0] == 0 && fabs(top - fmax(attack * rate, 1)) <= 1 && fabs(rest - (attack + decay) * rate) <= 2 &&
		fabs((double)y[44099] - sustain) < 1e-6 && fabs(end - r.off - release * rate) <= 2 && y[N - 1] == 0,
	    "adsr %g %g %g %g, curve %g: full after %d frames, sustains from %d, silent %d after the release", attack,
	    decay, sustain, release, curve, top, rest, end - r.off);
	const double half = y[(int)(attack * rate / 2)];
	const double want = curve < 0.05 ? 0.5 : (1 - pow(2, -curve / 2)) / (1 - pow(2, -curve));
	if (attack > 0.01)
		ok(fabs(half - want) < 5e-3, "adsr, curve %g: half-way up it stands at %.3f (%.3f)", curve, half, want);
	rig_free(&r);
}

/* The release from within the attack goes on from where it stands. */
static void
adsr_early(void)
{
	struct rig r = rig("adsr");
	rig_set(&r, "attack", 0.5);
	rig_set(&r, "curve", 0);
	rig_set(&r, "release", 0.1);
	r.off = 11025;
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	double jump = 0;
	for (int i = 1; i < N; i++)
		jump = fmax(jump, fabs((double)(y[i] - y[i - 1])));
	ok(fabs((double)y[11025] - 0.5) < 0.01 && jump < 1e-3,
	    "adsr: released half-way up, it falls from there without a jump (%.2g)", jump);
	rig_free(&r);
}

/* A gate of the patch's own releases too, and only once. */
static void
adsr_gate(void)
{
	struct rig r = rig("adsr");
	float *gate = malloc((N + 64) * sizeof *gate);
	for (int i = 0; i < N + 64; i++)
		gate[i] = i < 10000 || i > 20000;
	rig_signal(&r, "gate", gate);
	rig_set(&r, "release", 0.05);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	ok(fabsf(y[9999] - 0.7f) < 1e-5f && y[10001] < y[9999] && reaches(y, 10000, 0, 1) <= 10000 + 2206 &&
		y[30000] == 0,
	    "adsr: a wired gate releases it for good");
	free(gate);
	rig_free(&r);
}

/* One value a block must be what one a frame gives at the block's last frame. */
static void
block_rate(const char *module, void (*set)(struct rig *r), double limit)
{
	struct rig a = rig(module), b = rig(module);
	set(&a);
	set(&b);
	a.off = b.off = 30011;
	b.d.once_a_block = 1;
	rig_run(&a, N);
	rig_run(&b, N);
	double worst = 0;
	for (int t = 0; t < N / 64; t++)
		worst = fmax(worst, fabs((double)(rig_out(&a, "out")[t * 64 + 63] - rig_out(&b, "out")[t])));
	ok(worst < limit, "%s: a value a block is the frame-rate curve's (within %.2g)", module, worst);
	rig_free(&a);
	rig_free(&b);
}

static void set_nothing(struct rig *r) { (void)r; }
static void set_random(struct rig *r) { rig_set(r, "shape", 4), rig_set(r, "rate", 37.3); }
static void set_square(struct rig *r) { rig_set(r, "shape", 3), rig_set(r, "rate", 37.3), rig_set(r, "phase", 0.3); }

static void
decay(void)
{
	struct rig r = rig("decay");
	rig_set(&r, "attack", 0.01);
	rig_set(&r, "hold", 0.05);
	rig_set(&r, "decay", 0.4);
	rig_set(&r, "curve", 10);
	r.off = 100;
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	const int top = reaches(y, 0, 1, 0), fall = reaches(y, top, 1 - 1e-6, 1), end = reaches(y, fall, 0, 1);
	/* ten octaves in 0.4 s: half-way through the decay it is at 2^-5, but for what brings it to nothing */
	const double half = y[(int)(0.26 * 44100)], want = (pow(2, -5) - pow(2, -10)) / (1 - pow(2, -10));
	ok(abs(top - 441) <= 1 && abs(fall - 2646) <= 2 && abs(end - 20286) <= 2,
	    "decay: full at %d, falls from %d, silent at %d", top, fall, end);
	ok(fabs(half / want - 1) < 0.01, "decay: exponential (%.4f, not %.4f, half-way)", half, want);
	rig_free(&r);
}

static double shape_sine(double p) { return sin(2 * M_PI * p); }
static double shape_triangle(double p) { return p < 0.25 ? 4 * p : p < 0.75 ? 2 - 4 * p : 4 * p - 4; }
static double shape_saw(double p) { return 2 * p - 1; }
static double shape_square(double p) { return p < 0.5 ? 1 : -1; }

static void
lfo_shapes(void)
{
	static double (*const shape[4])(double) = {shape_sine, shape_triangle, shape_saw, shape_square};
	static const char *const name[4] = {"sine", "triangle", "saw", "square"};
	for (int k = 0; k < 4; k++) {
		struct rig r = rig("lfo");
		rig_set(&r, "shape", k);
		rig_set(&r, "rate", 3);
		rig_set(&r, "phase", 0.2);
		rig_run(&r, N);
		const float *y = rig_out(&r, "out");
		double worst = 0;
		for (int i = 0; i < N; i++) {
			const double p = 3.0 * i / 44100 + 0.2, edge = fabs(p * 2 - floor(p * 2 + 0.5));
			if (k < 2 || edge > 1e-3)
				worst = fmax(worst, fabs((double)y[i] - shape[k](p - floor(p))));
		}
		ok(worst < 1e-4, "lfo: 3 Hz %s within %.2g over two seconds", name[k], worst);
		rig_free(&r);
	}
	struct rig r = rig("lfo");
	rig_set(&r, "shape", 4);
	rig_set(&r, "rate", 100);
	rig_set(&r, "fade", 0);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	int changes = 0;
	double sum = 0, sq = 0;
	for (int i = 1; i < N; i++) {
		changes += y[i] != y[i - 1];
		sum += y[i];
		sq += (double)y[i] * (double)y[i];
	}
	ok(abs(changes - 200) <= 1 && fabs(sum / N) < 0.15 && fabs(sq / N - 1.0 / 3) < 0.08,
	    "lfo: random takes %d values in 200 turns, mean %.2f, power %.2f", changes, sum / N, sq / N);
	rig_set(&r, "shape", 3);
	rig_set(&r, "fade", 1);
	rig_run(&r, N);
	y = rig_out(&r, "out");
	ok(y[0] < 1e-4f && fabs(fabs((double)y[22050]) - 0.5) < 1e-3 && fabsf(y[60000]) == 1,
	    "lfo: fades in over a second");
	rig_free(&r);
}

int
main(void)
{
	adsr_times(0.1, 0.2, 0.5, 0.3, 4);
	adsr_times(0.25, 0.01, 0.9, 0.7, 0);
	adsr_times(0, 0.5, 0.1, 0.001, 10);
	adsr_early();
	adsr_gate();
	block_rate("adsr", set_nothing, 1e-5);
	block_rate("decay", set_nothing, 1e-5);
	block_rate("lfo", set_nothing, 1e-6);
	block_rate("lfo", set_random, 1e-9);
	block_rate("lfo", set_square, 1e-9);
	decay();
	lfo_shapes();
	return done();
}
