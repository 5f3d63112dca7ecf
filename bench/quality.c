/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How clean the modules are: oscillators (quality_oscillators.h), how far filters are
 * from their curves and their pitch (quality_filters.h), shapers, limiter, graphic equaliser.
 */
#include "quality_filters.h"
#include "quality_oscillators.h"

/* Loudest partial below 16 kHz that the shaper folds back, in dB of its loudest harmonic: 1241 Hz at +24 dB. */
static void
shaper(void)
{
	const double f = 461.0 * N / 16384;
	float *x = malloc(2 * N * sizeof *x);
	const struct port *shape = port_find(module_find("shaper"), PORT_IN, "shape", &(size_t){0});
	for (int i = 0; i < 2 * N; i++)
		x[i] = (float)sin(2 * M_PI * f * i / N);
	for (int k = 0; shape->choices[k]; k++) {
		struct rig r = rig("shaper");
		rig_signal(&r, "in", x);
		rig_set(&r, "shape", k);
		rig_set(&r, "drive", 24);
		rig_run(&r, 2 * N);
		double *mag = rig_spectrum(rig_out(&r, "out") + N, N), wrong = 0, right = 0;
		for (int bin = 8; bin < (int)(16000 / RATE * N); bin++)
			if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
				wrong = fmax(wrong, mag[bin]);
			else
				right = fmax(right, mag[bin]);
		char label[64];
		snprintf(label, sizeof label, "alias/shaper/%s", shape->choices[k]);
		bench_say(label, rig_db(wrong / right), "dB", NULL, 0);
		free(mag);
		rig_free(&r);
	}
	free(x);
}

/* The limiter's true peak over a ceiling of -1 dB, by a windowed sinc of 128 taps at sixteen times the rate. */
static void
limiter(void)
{
	enum { FRAMES = 16384, ZEROS = 64, TIMES = 16 };
	static const char *const names[] = {"noise", "square", "sine-quarter-rate", "signs"};
	static double sinc[TIMES][2 * ZEROS];
	float *x = malloc(FRAMES * sizeof *x);
	for (int p = 0; p < TIMES; p++)
		for (int k = 0; k < 2 * ZEROS; k++) {
			const double t = k - (ZEROS - 1) - (double)p / TIMES, a = M_PI * t / (ZEROS + 1);
			sinc[p][k] = (t == 0 ? 1 : sin(M_PI * t) / (M_PI * t)) * (0.42 + 0.5 * cos(a) + 0.08 * cos(2 * a));
		}
	for (int kind = 0; kind < 4; kind++) {
		for (int i = 0; i < FRAMES; i++) {
			const float noise = (float)((uint32_t)(i + 1) * 2654435761u >> 8) * 0x1p-23f - 1;
			const float s[4] = {4 * noise, i / 3 % 2 ? -2 : 2, (float)(2 * sin(M_PI / 2 * i + M_PI / 4)), noise < 0 ? -2 : 2};
			x[i] = s[kind];
		}
		struct rig r = rig("limiter");
		rig_signal(&r, "left", x);
		rig_set(&r, "ceiling", -1);
		rig_run(&r, FRAMES);
		const float *y = rig_out(&r, "left");
		double peak = 0;
		for (int i = ZEROS; i < FRAMES - ZEROS; i++)
			for (int p = 0; p < TIMES; p++) {
				double sum = 0;
				for (int k = 0; k < 2 * ZEROS && fabsf(y[i]) > 0.4f; k++)
					sum += (double)y[i - (ZEROS - 1) + k] * sinc[p][k];
				peak = fmax(peak, fabs(sum));
			}
		char label[64];
		snprintf(label, sizeof label, "true-peak/limiter/%s", names[kind]);
		bench_say(label, rig_db(peak), "dB", NULL, 0);
		rig_free(&r);
	}
	free(x);
}

/* The graphic equaliser's centres, its sliders up and down in turn: worst error in dB. */
static void
graphic(void)
{
	static const char *const names[] = {"hz31", "hz63", "hz125", "hz250", "hz500", "hz1000", "hz2000", "hz4000", "hz8000", "hz16000"};
	double worst = 0;
	float *x = calloc(N, sizeof *x);
	x[0] = 1;
	struct rig r = rig("graphic");
	rig_signal(&r, "left", x);
	for (int k = 0; k < 10; k++)
		rig_set(&r, names[k], k & 1 ? -12 : 12);
	rig_run(&r, N);
	for (int k = 0; k < 10; k++) {
		double complex sum = 0, z = 1;
		for (int i = 0; i < N; i++, z *= cexp(-2 * M_PI * I * 31.25 * (1 << k) / RATE))
			sum += (double)rig_out(&r, "left")[i] * z;
		worst = fmax(worst, fabs(rig_db(cabs(sum)) - (k & 1 ? -12 : 12)));
	}
	bench_say("response/graphic", worst, "dB", NULL, 0);
	rig_free(&r);
	free(x);
}

int
main(int argc, char **argv)
{
	bench_begin(argc, argv, "quality at 44.1 kHz: alias below 16 kHz over the fundamental, errors at their worst");
	oscillators();
	filters();
	shaper();
	limiter();
	graphic();
	return 0;
}
