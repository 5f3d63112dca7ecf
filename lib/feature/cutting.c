/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/cutting.h"

#include <math.h>
#include <stdlib.h>

#include "dsp/sums.h"

#define RISE 8.0 /* 9 dB */

int
cut_at_beats(const float *x, size_t n, double rate, double bpm, double first, struct slice **list, size_t *count,
    struct err *err)
{
	*list = NULL;
	*count = 0;
	const struct sums_kernel *sums = sums_best();
	const float all = sums->largest(x, n);
	if (all < 1e-5f)
		return 0;
	struct slice *s = calloc(SLICES_MAX, sizeof *s);
	if (!s)
		return err_set(err, "out of memory");
	const double beat = bpm > 0 ? 60 * rate / bpm : 2.0 * (double)n;
	const double begin = bpm > 0 ? fmax(first, 0) * rate : 0;
	size_t used = 0;
	if (begin > 0.1 * beat)
		used = 1; /* what comes before: from 0 on */
	/* the last beat may be a little over, as the tempo is rounded: less than a tenth is none */
	for (size_t k = 0; used < SLICES_MAX && begin + (double)k * beat < (double)n - 0.1 * beat; k++) {
		s[used].start = used ? (size_t)(begin + (double)k * beat + 0.5) : 0;
		used++;
	}
	if (!used)
		used = 1;
	for (size_t i = 0; i < used; i++) {
		s[i].length = (i + 1 < used ? s[i + 1].start : n) - s[i].start;
		s[i].peak = sums->largest(x + s[i].start, s[i].length);
	}
	*list = s;
	*count = used;
	return 0;
}

static double
roughness(const float *x, size_t from, size_t to)
{
	double sum = 0;
	for (size_t i = from + 1; i < to; i++) {
		const double d = (double)x[i] - x[i - 1];
		sum += d * d;
	}
	return to > from + 1 ? sum / (double)(to - from - 1) : 0;
}

/* The roughest 3 ms of the 15 ms from the onset on against the 20 ms before. */
static int
is_transient(const float *x, size_t n, double rate, const struct slice *s)
{
	const size_t part = (size_t)(0.003 * rate) + 2, step = (size_t)(0.001 * rate) + 1, before = (size_t)(0.020 * rate);
	const size_t from = s->start > before ? s->start - before : 0, to = s->start + (size_t)(0.015 * rate);
	double after = 0;
	for (size_t at = s->start; at < to && at + part <= n; at += step)
		after = fmax(after, roughness(x, at, at + part));
	/* 50 dB below its own peak is silence: out of it, too, a swell is no blow */
	const double silence = 1e-5 * (double)s->peak * s->peak;
	return after > RISE * (s->start ? roughness(x, from, s->start) : 0) + silence;
}

size_t
keep_transients(const float *x, size_t n, double rate, struct slice *list, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (kept && !is_transient(x, n, rate, &list[i])) {
			list[kept - 1].length += list[i].length;
			list[kept - 1].peak = fmaxf(list[kept - 1].peak, list[i].peak);
		} else {
			list[kept++] = list[i];
		}
	}
	return kept;
}
