/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three signals that tests/reference/librosa_*.csv were computed from: 44.1 kHz mono. */
#ifndef TESTS_SIGNALS_H
#define TESTS_SIGNALS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

/* "chirpclick" (66150 samples), "tone220", "lcgnoise" (44100 each); the caller frees. */
static inline float *
signal_new(const char *name, size_t *n)
{
	const double tau = 6.28318530717958647692;
	*n = strcmp(name, "chirpclick") ? 44100 : 66150;
	float *x = malloc(*n * sizeof *x);
	uint32_t s = 1;
	for (size_t i = 0; x && i < *n; i++) {
		const double t = (double)i / 44100;
		double v = 0;
		if (!strcmp(name, "lcgnoise")) {
			s = 1664525u * s + 1013904223u;
			v = 0.25 * (s / 2147483648.0 - 1);
		} else if (!strcmp(name, "tone220")) {
			for (int k = 1; k <= 10; k++)
				v += 0.3 / k * fm_sin(tau * 220 * k * t);
		} else if (i < 44100) {
			v = 0.5 * fm_sin(tau * (100 * t + 0.5 * 7900 * t * t));
		} else {
			v = (i - 44100) % 4410 == 2205 ? 0.9 : 0;
		}
		x[i] = (float)v;
	}
	return x;
}

#endif
