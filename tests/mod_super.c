/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Supersaw and unison: one of them is the plain wave; where the others stand in pitch and in the room; level; what folds back. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

static const char *const waves[] = {"saw", "square", "triangle"};

static void
one_is_plain(const char *module, int wave)
{
	struct rig a = rig(waves[wave]), b = rig(module);
	if (wave == 1) {
		rig_set(&a, "width", 0.2);
		rig_set(&b, "pulse", 0.2);
	}
	if (!strcmp(module, "unison"))
		rig_set(&b, "wave", wave);
	rig_set(&b, "count", 1);
	rig_set(&b, "random", 0);
	rig_run(&a, N);
	rig_run(&b, N);
	double worst = 0;
	for (int i = 0; i < N; i++)
		for (int side = 0; side < 2; side++)
			worst = fmax(worst, fabs((double)a.out[0][i] - (double)b.out[side][i]));
	ok(worst < 1e-6, "%s: one of them is %s on both sides (within %.2g)", module, waves[wave], worst);
	rig_free(&a);
	rig_free(&b);
}

/* Each saw alone is loudest where it should be: peaks of the 20th harmonic, which the detuning pulls apart. */
static void
places(void)
{
	static const double jp[7] = {-0.11002313, -0.06288439, -0.01952356, 0, 0.01991221, 0.06216538, 0.10745242};
	double jp_far = 0, off = 0, level = 0, share = 0;
	struct rig r = rig("supersaw");
	rig_set(&r, "count", 7);
	rig_set(&r, "spread", 100);
	rig_set(&r, "width", 1);
	rig_set(&r, "mix", 0.5);
	rig_set(&r, "pitch", 60);
	rig_run(&r, 2 * N + N / 2);
	for (int k = 0; k < 7; k++) {
		const double x = k / 3.0 - 1, bent = x * sqrt(fabs(x)), f = note_hz(60 + bent) * 20 / 44100;
		const double side = k == 1 || k == 5 ? -x : x; /* every other pair is swapped */
		const double left = cabs(rig_partial(r.out[0] + N / 2, N, f)), right = cabs(rig_partial(r.out[1] + N / 2, N, f));
		const double want = (k == 3 ? 1 : 0.5) / sqrt(1 + 6 * 0.25) * 2 / (20 * M_PI);
		level = fmax(level, fabs(rig_db(hypot(left, right) / (want * sqrt(2)))));
		share = fmax(share, fabs((right * right - left * left) / (right * right + left * left) - side));
		const float *loud = r.out[right > left];
		off = fmax(off, fabs(1200 * log2(rig_frequency(loud + N / 2, N, f) / f)));
		jp_far = fmax(jp_far, fabs(bent - jp[k] / 0.11002313));
	}
	ok(off < 0.1, "supersaw: seven at 100 x sqrt |x| cents (within %.2g cent)", off);
	ok(jp_far < 0.04, "supersaw: and these are the JP-8000's within %.3f of the spread", jp_far);
	ok(level < 0.1 && share < 0.01, "supersaw: levels within %.2g dB, places within %.2g of the width", level, share);
	rig_free(&r);
}

/* Power over many seeds is one saw's, for every count, on both sides. */
static void
level(void)
{
	double low = 10, high = -10;
	for (int n = 1; n <= 16; n++) {
		struct rig r = rig("supersaw");
		double sq[2] = {0, 0};
		rig_set(&r, "count", n);
		rig_set(&r, "spread", 200);
		rig_set(&r, "width", n & 1);
		for (r.seed = 1; r.seed <= 16; r.seed++) {
			rig_run(&r, 8192);
			for (int side = 0; side < 2; side++)
				sq[side] += pow(rig_rms(r.out[side], 8192), 2) / 16;
		}
		for (int side = 0; side < 2; side++) {
			const double db = 10 * log10(sq[side] * 3); /* a saw's power is a third */
			low = fmin(low, db);
			high = fmax(high, db);
		}
		rig_free(&r);
	}
	ok(low > -0.9 && high < 0.9, "supersaw: 1 to 16 are as loud as one (%.2f to %.2f dB)", low, high);
}

/* Sixteen without detuning are one pitch: all that is not its harmonic folded back. */
static double
alias(int wave, double note)
{
	static const double fundamental[] = {2 / M_PI, 4 / M_PI, 8 / (M_PI * M_PI)};
	struct rig r = rig("unison");
	rig_set(&r, "wave", wave);
	rig_set(&r, "count", 16);
	rig_set(&r, "spread", 0);
	rig_set(&r, "pitch", note);
	double *power = calloc(N / 2, sizeof *power), worst = 0;
	for (r.seed = 1; r.seed <= 6; r.seed++) {
		rig_run(&r, N + N / 4);
		double *mag = rig_spectrum(rig_out(&r, "left") + N / 4, N);
		for (int bin = 0; bin < N / 2; bin++)
			power[bin] += mag[bin] * mag[bin] / 6;
		free(mag);
	}
	const double f = note_hz(note) / 44100 * N;
	/* the mean over seeds against one wave's fundamental, not against what chance left of it */
	for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++)
		if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
			worst = fmax(worst, power[bin]);
	free(power);
	rig_free(&r);
	return rig_db(sqrt(worst) / fundamental[wave]);
}

static void
chance(void)
{
	struct rig r = rig("supersaw");
	rig_set(&r, "width", 0);
	double mean = 0;
	float first[64];
	int differ = 0;
	for (r.seed = 1; r.seed <= 200; r.seed++) {
		rig_run(&r, 64);
		mean += rig_out(&r, "left")[0] / 200;
		differ += r.seed > 1 && memcmp(first, rig_out(&r, "left"), sizeof first) != 0;
		memcpy(first, rig_out(&r, "left"), sizeof first);
	}
	ok(differ == 199 && fabs(mean) < 0.12, "supersaw: another seed, another start (mean %.3f)", mean);
	float again[64];
	r.seed = 200;
	rig_run(&r, 64);
	memcpy(again, rig_out(&r, "right"), sizeof again);
	ok(!memcmp(first, again, sizeof again), "supersaw: the same seed, the same start; width 0 is the same on both sides");
	rig_free(&r);
}

/* Spread that is wired each frame is the spread that is held. */
static void
wired(void)
{
	struct rig r = rig("supersaw");
	float *x = malloc(N * sizeof *x), *held = malloc(N * sizeof *held);
	for (int i = 0; i < N; i++)
		x[i] = 40;
	rig_set(&r, "spread", 40);
	rig_run(&r, N);
	memcpy(held, rig_out(&r, "left"), N * sizeof *held);
	rig_signal(&r, "spread", x);
	rig_run(&r, N);
	ok(!memcmp(held, rig_out(&r, "left"), N * sizeof *held), "supersaw: a wired spread is followed each frame");
	free(x);
	free(held);
	rig_free(&r);
}

int
main(void)
{
	static const double limits[3][3] = {{-104, -94, -89}, {-104, -94, -90}, {-130, -110, -100}};
	one_is_plain("supersaw", 0);
	for (int wave = 0; wave < 3; wave++)
		one_is_plain("unison", wave);
	places();
	level();
	for (int wave = 0; wave < 3; wave++) {
		const double c6 = alias(wave, 84.03), c8 = alias(wave, 108.03), b8 = alias(wave, 119.03);
		ok(c6 < limits[wave][0] && c8 < limits[wave][1] && b8 < limits[wave][2],
		    "unison of 16, %s: what folds back below 16 kHz: C6 %.1f, C8 %.1f, B8 %.1f dB", waves[wave], c6, c8, b8);
	}
	chance();
	wired();
	return done();
}
