/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What loudness, peaks and levels are made of: with every instruction set the same bytes, and what the plain loop gives.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/isa.h"
#include "base/rng.h"
#include "dsp/kweight.h"
#include "dsp/kweight_plan.h"
#include "dsp/sums.h"
#include "dsp/true_peak_plan.h"
#include "tap.h"

enum { MOST = 20000, ROWS = 256 };

static const struct {
	enum isa isa;
	const struct sums_kernel *sums;
	const struct kweight_kernel *kweight;
	const struct true_peak_kernel *peak;
} sets[] = {
    {ISA_SCALAR, &sums_scalar, &kweight_kernel_scalar, &true_peak_kernel_scalar},
    {ISA_SSE, &sums_sse, &kweight_kernel_sse, &true_peak_kernel_sse},
    {ISA_AVX2, &sums_avx2, &kweight_kernel_avx2, &true_peak_kernel_avx2},
    {ISA_AVX512, &sums_avx512, &kweight_kernel_avx512, &true_peak_kernel_avx512},
};
enum { SETS = sizeof sets / sizeof *sets };

static float x[MOST + 1], y[MOST];

static int
near(double a, double b)
{
	return fabs(a - b) <= 1e-12 * fabs(b);
}

static void
sums(void)
{
	static const size_t lengths[] = {0, 1, 15, 16, 17, 44, 512, 1023, 1040, MOST};
	for (size_t i = 0; i < 10; i++) {
		const size_t n = lengths[i];
		double energy = 0, moment = 0, product = 0, other = 0, first[8] = {0};
		float most = 0;
		size_t changed = 0;
		for (size_t k = 0; k < n; k++) {
			const double v = x[k + 1];
			energy += v * v;
			moment += (double)k * v * v;
			product += v * y[k];
			other += (double)y[k] * y[k];
			most = fmaxf(most, fabsf(x[k + 1]));
			changed += (x[k + 1] < -1e-10f) != (x[k] < -1e-10f);
		}
		for (int s = 0; s < SETS; s++) {
			if (!isa_machine_has(sets[s].isa))
				continue;
			const struct sums_kernel *k = sets[s].sums;
			double got[8] = {k->energy(x + 1, n)};
			k->moments(x + 1, n, &got[1], &got[2]);
			k->products(x + 1, y, n, got + 3);
			got[6] = k->largest(x + 1, n);
			got[7] = (double)k->changes(x + 1, n);
			if (s == 0)
				memcpy(first, got, sizeof got);
			ok(!memcmp(first, got, sizeof got) && near(got[0], energy) && near(got[1], energy)
			        && fabs(got[2] - moment) <= 1e-10 * fabs(moment) && near(got[3], energy) && near(got[4], other)
			        && fabs(got[5] - product) <= 1e-12 * (energy + other) && got[6] == most && got[7] == (double)changed,
			    "%s: sums over %zu samples", isa_name(sets[s].isa), n);
		}
	}
}

static void
pieces_and_gaps(void)
{
	static float rows[SETS][ROWS][KWEIGHT_PIECES];
	const struct kweight w = {-1.7, 0.75, -1.69, 0.73, -1.99, 0.9901, 1};
	struct true_peak_taps taps = {.pairs = 6, .quarters = 1};
	for (size_t k = 0; k < 6; k++) {
		taps.even[k] = y[k];
		taps.sum[k] = y[k + 6];
		taps.difference[k] = y[k + 12];
	}
	const float *from[KWEIGHT_PIECES];
	for (size_t p = 0; p < KWEIGHT_PIECES; p++)
		from[p] = x + 700 * p;
	double state[SETS][KWEIGHT_STATES][KWEIGHT_PIECES] = {{{0}}}, sum[SETS][KWEIGHT_PIECES] = {{0}};
	float peak[SETS] = {0};
	for (int s = 0; s < SETS; s++) {
		if (!isa_machine_has(sets[s].isa))
			continue;
		sets[s].kweight->turn(from, ROWS, rows[s]);
		sets[s].kweight->warm(&w, (const kweight_row *)rows[s], 57, state[s]);
		sets[s].kweight->run(&w, (const kweight_row *)rows[s] + 57, ROWS - 57, state[s], sum[s]);
		peak[s] = sets[s].peak->between(&taps, x, MOST / 32 * 16);
		ok(!memcmp(rows[0], rows[s], sizeof rows[s]) && !memcmp(state[0], state[s], sizeof state[s])
		        && !memcmp(sum[0], sum[s], sizeof sum[s]) && !memcmp(&peak[0], &peak[s], sizeof *peak),
		    "%s: sixteen pieces and the gaps between samples", isa_name(sets[s].isa));
	}
	int turned = 1;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t p = 0; p < KWEIGHT_PIECES; p++)
			turned &= rows[0][i][p] == from[p][i];
	ok(turned, "each piece is in its column");
}

/* The filters sample after sample, as BS.1770 has them for 48 kHz. */
static void
plain(const float *in, size_t n, size_t hop, double *out)
{
	double v1 = 0, v2 = 0, y1 = 0, y2 = 0, z1 = 0, z2 = 0;
	for (size_t i = 0; i < n; i++) {
		const double v = in[i], yy = 1.53512485958697 * v - 2.69169618940638 * v1 + 1.19839281085285 * v2
		    + 1.69065929318241 * y1 - 0.73248077421585 * y2;
		const double z = yy - 2 * y1 + y2 + 1.99004745483398 * z1 - 0.99007225036621 * z2;
		v2 = v1, v1 = v, y2 = y1, y1 = yy, z2 = z1, z1 = z;
		out[i / hop] = (i % hop ? out[i / hop] : 0) + z * z;
	}
}

static void
k_weighting(void)
{
	static const size_t lengths[] = {1, 2, 127, 128, 129, 2048, 2049, 9999, MOST};
	static double got[MOST], want[MOST];
	double worst = 0;
	for (size_t i = 0; i < 9; i++) {
		const size_t n = lengths[i], hop = i == 7 ? 77 : 128;
		kweight_power(x, n, 48000, hop, got);
		plain(x, n, hop, want);
		for (size_t h = 0; h * hop < n; h++)
			worst = fmax(worst, fabs(got[h] - want[h]) / want[h]);
	}
	ok(worst < 1e-7, "power of hops, of 1 to %d samples, is that of the table in BS.1770: within %.2g", MOST, worst);
	/* a tone that stops: what rings on in the next piece is not lost, and dies away */
	float *t = calloc(MOST, sizeof *t);
	for (int i = 0; i < 2560; i++)
		t[i] = (float)fm_sin(i * 0.01);
	kweight_power(t, MOST, 48000, 128, got);
	plain(t, MOST, 128, want);
	worst = 0;
	for (size_t h = 0; h < 40; h++)
		worst = fmax(worst, fabs(got[h] - want[h]) / want[h]);
	ok(worst < 1e-5 && want[21] > 1e-3 && got[150] >= 0 && got[150] < 1e-12, "a tone rings on across pieces: within %.2g", worst);
	free(t);
}

int
main(void)
{
	struct rng r = {3, 0};
	for (int i = 0; i <= MOST; i++)
		x[i] = (float)(rng_uniform(&r) - 0.4);
	for (int i = 0; i < MOST; i++)
		y[i] = (float)(rng_uniform(&r) - 0.5);
	sums();
	pieces_and_gaps();
	k_weighting();
	return done();
}
