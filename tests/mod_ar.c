/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ar, macro and what an LFO can do beside its shapes: times in frames, levels, one value a block as one a frame. */
#include "module_rig.h"
#include "tap.h"

enum { N = 44100 * 2 };

static int
first(const float *y, int from, double level, int falling)
{
	for (int i = from; i < N; i++)
		if (falling ? y[i] <= level : y[i] >= level)
			return i;
	return -1;
}

/* The note's own gate, in each mode. */
static void
test_modes(void)
{
	static const char *const names[] = {"gate", "trigger", "loop"};
	for (int mode = 0; mode < 3; mode++) {
		struct rig r = rig("ar"), block = rig("ar");
		rig_set(&r, "attack", 0.1);
		rig_set(&r, "release", 0.2);
		rig_set(&r, "attack_curve", -3);
		rig_set(&r, "mode", mode);
		r.off = 44100 + 4410 / 2;
		float *gate = malloc((N + 64) * sizeof *gate);
		for (int i = 0; i < N + 64; i++)
			gate[i] = i < r.off;
		rig_signal(&r, "gate", gate);
		rig_run(&r, N);
		const float *y = rig_out(&r, "out");
		const int top = first(y, 0, 1 - 1e-6, 0), down = first(y, top + 1, 1 - 1e-5, 1), end = first(y, top, 1e-6, 1);
		int turns = 0;
		for (int i = 1; i < N; i++)
			turns += y[i] >= 0.999f && y[i - 1] < 0.999f;
		const double half = (1 - exp2(1.5)) / (1 - exp2(3));
		ok(y[0] == 0 && abs(top - 4410) <= 1 && fabs(y[2205] - half) < 2e-3, "ar, %s: up in %d frames, half-way at %.3f (%.3f)",
		    names[mode], top, y[2205], half);
		if (mode == 0)
			ok(abs(down - r.off) <= 2 && abs(end - r.off - 8820) <= 2, "ar: stays up for the gate, and is down %d frames later",
			    end - r.off);
		else if (mode == 1)
			ok(abs(end - 4410 - 8820) <= 2 && y[N - 1] == 0 && turns == 1, "ar, trigger: down at once, whole, in %d frames",
			    end - 4410);
		else /* tops every 13230 frames; the gate falls half-way up the fourth rise */
			ok(turns == 4 && fabs(y[4410 + 13230] - 1) < 1e-3 && y[N - 1] == 0 && y[r.off + 8825] == 0,
			    "ar, loop: up and down %d times, then down for good", turns);

		/* once a block */
		rig_set(&block, "attack", 0.1);
		rig_set(&block, "release", 0.2);
		rig_set(&block, "attack_curve", -3);
		rig_set(&block, "mode", mode);
		float *blocks = malloc((N / 64 + 2) * sizeof *blocks);
		for (int t = 0; t < N / 64 + 2; t++)
			blocks[t] = t * 64 + 63 < r.off;
		rig_control(&block, "gate", blocks);
		block.off = r.off;
		block.d.once_a_block = 1;
		rig_run(&block, N);
		double worst = 0;
		for (int t = 0; t < N / 64; t++)
			worst = fmax(worst, fabs((double)(y[t * 64 + 63] - rig_out(&block, "out")[t])));
		ok(worst < 1e-5, "ar, %s: a value a block is the frame-rate curve's (within %.2g)", names[mode], worst);
		rig_free(&r);
		rig_free(&block);
		free(gate);
		free(blocks);
	}
}

/* A rhythm for a gate: it sets out again from where it stands, without a jump. */
static void
test_rhythm(void)
{
	struct rig r = rig("ar");
	float *gate = malloc((N + 64) * sizeof *gate);
	for (int i = 0; i < N + 64; i++)
		gate[i] = i % 11025 < 2205;
	rig_signal(&r, "gate", gate);
	rig_set(&r, "attack", 0.02);
	rig_set(&r, "release", 0.5);
	rig_set(&r, "release_curve", 0);
	rig_run(&r, N);
	const float *y = rig_out(&r, "out");
	double jump = 0;
	int rises = 0;
	for (int i = 1; i < N; i++) {
		jump = fmax(jump, fabs((double)(y[i] - y[i - 1])));
		rises += y[i] == 1 && y[i - 1] < 1;
	}
	/* in release for 8820 of 22050 frames when the gate rises again; curve 0 is all but straight */
	ok(rises == 8 && fabs(y[11024] - (1 - 8820.0 / 22050)) < 5e-3 && jump < 5e-3, "ar: a gate that rises eight times; from %.3f, no jump (%.4f)",
	    y[11024], jump);
	free(gate);
	rig_free(&r);
}

static void
test_macro(void)
{
	struct rig r = rig("macro");
	rig_set(&r, "in", 0.5);
	rig_set(&r, "a_from", 100);
	rig_set(&r, "a_to", 6400);
	rig_set(&r, "a_law", 1);
	rig_set(&r, "b_from", 10);
	rig_set(&r, "b_to", -10);
	rig_set(&r, "c_to", 3);
	rig_set(&r, "d_from", -1);
	rig_set(&r, "d_to", 8);
	rig_set(&r, "d_law", 1); /* from below 0: no factor leads there */
	rig_run(&r, 1);
	ok(fabs(rig_out(&r, "a")[0] - 800) < 1e-2 && rig_out(&r, "b")[0] == 0 && rig_out(&r, "c")[0] == 1.5f &&
		rig_out(&r, "d")[0] == 3.5f,
	    "macro: half-way: %g of 100 to 6400 by factors, %g of 10 to -10, %g of 0 to 3, %g of -1 to 8", rig_out(&r, "a")[0],
	    rig_out(&r, "b")[0], rig_out(&r, "c")[0], rig_out(&r, "d")[0]);
	rig_set(&r, "in", 7);
	rig_run(&r, 1);
	ok(fabs(rig_out(&r, "a")[0] - 6400) < 1e-1 && rig_out(&r, "b")[0] == -10, "macro: beyond 1 it stays at the end");
	rig_free(&r);
}

static struct rig
lfo(int shape, double rate)
{
	struct rig r = rig("lfo");
	rig_set(&r, "shape", shape);
	rig_set(&r, "rate", rate);
	return r;
}

static void
test_lfo(void)
{
	struct rig r = lfo(5, 2); /* saw-down */
	rig_run(&r, N);
	double worst = 0;
	for (int i = 0; i < N; i++) {
		const double x = fmod(2.0 * i / 44100, 1);
		if (x > 1e-3 && x < 1 - 1e-3)
			worst = fmax(worst, fabs(rig_out(&r, "out")[i] - (1 - 2 * x)));
	}
	ok(worst < 1e-4, "lfo: saw-down within %.2g", worst);
	rig_free(&r);

	r = lfo(6, 4); /* smooth */
	rig_run(&r, N);
	struct rig hold = lfo(4, 4);
	rig_run(&hold, N);
	double jump = 0, off = 0;
	for (int i = 1; i < N; i++)
		jump = fmax(jump, fabs((double)(rig_out(&r, "out")[i] - rig_out(&r, "out")[i - 1])));
	for (int k = 1; k < 7; k++)
		off = fmax(off, fabs((double)(rig_out(&r, "out")[k * 11025 + 2] - rig_out(&hold, "out")[k * 11025 + 2])));
	ok(jump < 4e-4 && off < 1e-4, "lfo: smooth goes through the random values (%.1e), no step over %.1e", off, jump);
	rig_free(&r);
	rig_free(&hold);

	r = lfo(7, 2); /* decay */
	rig_run(&r, N);
	const double want = (exp2(-4) - exp2(-8)) * 2 / (1 - exp2(-8)) - 1;
	ok(rig_out(&r, "out")[0] == 1 && fabs(rig_out(&r, "out")[11025] - want) < 1e-4 && rig_out(&r, "out")[22040] < -0.998f,
	    "lfo: decay is down to %.4f half-way (%.4f)", rig_out(&r, "out")[11025], want);
	rig_free(&r);

	r = lfo(3, 2);
	rig_set(&r, "width", 0.2);
	rig_set(&r, "polarity", 1);
	rig_run(&r, N);
	double up = 0;
	for (int i = 0; i < N; i++)
		up += rig_out(&r, "out")[i];
	ok(fabs(up / N - 0.2) < 1e-3 && rig_out(&r, "out")[10000] == 0, "lfo: a unipolar square of width 0.2 is up %.4f of the time", up / N);
	rig_free(&r);

	r = lfo(2, 0.5); /* by the beat, at 90 a minute: 0.75 Hz */
	r.tempo = 90;
	rig_set(&r, "per", 1);
	rig_run(&r, N);
	const int wrap = first(rig_out(&r, "out"), 100, -0.999, 1);
	ok(abs(wrap - 58800) <= 1, "lfo: half a turn a beat at 90 beats a minute takes %d frames (58800)", wrap);
	rig_free(&r);

	for (int block = 0; block < 2; block++) {
		r = lfo(2, 4); /* once, after a delay */
		rig_set(&r, "mode", 1);
		rig_set(&r, "delay", 0.3);
		rig_set(&r, "polarity", 1);
		struct rig a = lfo(2, 4);
		rig_set(&a, "mode", 1);
		rig_set(&a, "delay", 0.3);
		rig_set(&a, "polarity", 1);
		r.d.once_a_block = block;
		rig_run(&r, N);
		rig_run(&a, N);
		const float *y = rig_out(&r, "out"), *z = rig_out(&a, "out");
		double far = 0;
		if (block)
			for (int t = 0; t < N / 64; t++)
				far = fmax(far, fabs((double)(y[t] - z[t * 64 + 63])));
		else
			far = fabs(y[13229]) + fabs(y[13230 + 5512] - 0.5 * 5512 / 5512.5) + fabs(y[13230 + 11030] - 1) + fabs(y[N - 1] - 1);
		ok(far < 1e-4, block ? "lfo: once, at one value a block (%.1e)" : "lfo: once, 0.3 s late: up, and it stays (%.1e)", far);
		rig_free(&r);
		rig_free(&a);
	}
}

int
main(void)
{
	test_modes();
	test_rhythm();
	test_macro();
	test_lfo();
	return done();
}
