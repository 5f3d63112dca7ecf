/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wavetables out of files: their partials, how they are cut, morphing, and no click between levels. */
#include "module_rig.h"
#include "synth/wavetable.h"
#include "tap.h"

enum { RATE = 44100, N = 1 << 14 };

/* A cycle with partials 1 to `last`, each k at 1/k and a phase of its own. */
static void
cycle(float *x, size_t n, int last)
{
	for (size_t i = 0; i < n; i++) {
		double y = 0;
		for (int k = 1; k <= last; k++)
			y += sin(2 * M_PI * k * (double)i / (double)n + k * k) / k;
		x[i] = (float)(0.3 * y + 0.1); /* and something constant */
	}
}

static void
partials(size_t n, int last)
{
	float *x = malloc(n * sizeof *x);
	cycle(x, n, last);
	const struct asset *a = rig_asset(x, 1, n, RATE, 0);
	struct rig r = rig("wavetable");
	rig_sounds(&r, &a, 1);
	/* partial k of a note of 86.13 Hz stands in bin 32 k of 16384 */
	rig_set(&r, "pitch", 69 + 12 * log2(32.0 * RATE / N / 440));
	rig_run(&r, 2 * N);
	double *m = rig_spectrum(rig_out(&r, "out") + 2048, N), worst = 0, beyond = 0;
	for (int k = 2; k <= last && 32 * k < N * 16000 / RATE; k++)
		worst = fmax(worst, fabs(rig_db(m[32 * k] / m[32] * k)));
	for (int k = last + 1; 32 * k < N * 16000 / RATE; k++)
		beyond = fmax(beyond, m[32 * k] / m[32]);
	ok(worst < 0.1, "a cycle of %zu points: %d partials within %.3f dB of the file's", n, last, worst);
	ok(m[0] / m[32] < 1e-4 && rig_db(beyond) < -80, "nothing constant, nothing beyond (%.1f dB)", rig_db(beyond));
	ok(fabs(rig_peak(rig_out(&r, "out"), N) - 1) < 0.02, "as loud as those that are built in");
	free(m);
	free(x);
	rig_free(&r);
}

int
main(void)
{
	partials(2048, 100);
	partials(600, 100); /* as the AKWF cycles are */
	partials(337, 60);  /* a prime */

	/* how files are cut */
	static float x[6144];
	for (int f = 0; f < 3; f++)
		cycle(x + 2048 * f, 2048, f + 1);
	const struct asset *serum = rig_asset(x, 1, 6144, RATE, 2048), *bare = rig_asset(x, 1, 6144, RATE, 0),
			   *short_ = rig_asset(x, 1, 6144, RATE, 256), *one = rig_asset(x, 1, 2048, RATE, 0);
	const struct asset *const two[] = {one, serum};
	ok(wavetable_of(&serum, 1)->frames == 3 && wavetable_of(&bare, 1)->frames == 3, "6144 points are three cycles of 2048");
	ok(wavetable_of(&short_, 1)->frames == 24, "or 24 of 256, where the file says so");
	ok(wavetable_of(&one, 1)->frames == 2 && wavetable_of(two, 2)->frames == 4, "files of a folder follow one another");
	ok(wavetable_of(&one, 1) == wavetable_of(&one, 1), "worked out once");

	/* frame f has f + 1 partials: halfway between the first and the second the second partial is at half */
	struct rig r = rig("wavetable");
	rig_sounds(&r, &serum, 1);
	rig_set(&r, "pitch", 69 + 12 * log2(32.0 * RATE / N / 440));
	double second[3];
	for (int i = 0; i < 3; i++) {
		rig_set(&r, "position", 0.25 * i);
		rig_run(&r, N + 2048);
		double *m = rig_spectrum(rig_out(&r, "out") + 2048, N);
		second[i] = m[64] / m[32];
		free(m);
	}
	ok(second[0] < 1e-4 && fabs(second[2] - 0.5) < 0.002 && fabs(second[1] - 0.25) < 0.01,
	    "position morphs: the second partial is at %.4f, %.4f, %.4f of the first", second[0], second[1], second[2]);

	/* a slow sweep over an octave goes through two levels: no step beyond what the wave itself has */
	cycle(x, 2048, 400);
	const struct asset *bright = rig_asset(x, 1, 2048, RATE, 0);
	float pitch[2 * N / 64 + 1];
	for (int i = 0; i <= 2 * N / 64; i++)
		pitch[i] = 84 + 12.0f * (float)i / (2 * N / 64);
	rig_sounds(&r, &bright, 1);
	rig_set(&r, "position", 0);
	rig_control(&r, "pitch", pitch);
	rig_run(&r, 2 * N);
	/* what is above 18 kHz is where levels differ: a click would fill the band below it */
	double *m = rig_spectrum(rig_out(&r, "out"), N), low = 0;
	for (int k = 8; k < 1000 * N / RATE; k++) /* under the sweep's 1047 Hz */
		low = fmax(low, m[k]);
	ok(rig_db(low) < -110, "sweeping through its levels: %.1f dB below the lowest partial", rig_db(low));
	free(m);
	rig_free(&r);
	return done();
}
