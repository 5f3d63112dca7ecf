/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/measure.h"

#include <stdio.h>
#include <stdlib.h>

#include "score/hearing.h"
#include "score/likeness.h"

struct measure_term {
	const struct heard *golden;
	size_t n;
};

void
measure_term_free(void *self)
{
	free(self);
}

void *
measure_term_new(const struct heard *golden, size_t n, struct err *err)
{
	if (!n)
		return err_set(err, "nothing is given to be like"), NULL;
	struct measure_term *s = malloc(sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	*s = (struct measure_term){golden, n};
	return s;
}

/* As measures want it. */
static struct sound
sound_of(const struct heard *h)
{
	return (struct sound){(float *)h->samples, h->rate, h->channels, h->frames};
}

/* The distance, and the size that a fair imitation has. */
static double
distance(unsigned which, const struct likeness *l, double *size)
{
	switch (which) {
	case LIKENESS_MSS: *size = 10; return l->mss;
	case LIKENESS_WMFCC: *size = 10; return l->wmfcc;
	case LIKENESS_SOT: *size = 0.1; return l->sot;
	case LIKENESS_RMS: *size = 0.2; return 1 - l->rms;
	case LIKENESS_MRSTFT: *size = 2; return l->mrstft;
	case LIKENESS_LSD: *size = 20; return l->lsd_frame;
	default: *size = 10; return l->mfccd;
	}
}

int
measure_term_score(void *self, unsigned which, const struct heard *h, double *value, char *why, size_t n_why,
    struct err *err)
{
	const struct measure_term *s = self;
	const struct sound it = sound_of(h);
	const struct sketch *sketch = heard_sketch(h, err), *of_golden;
	*value = 0;
	if (why)
		snprintf(why, n_why, "silent, or nothing like any of them");
	for (size_t i = 0; i < s->n && sketch; i++) {
		const struct sound target = sound_of(&s->golden[i]);
		struct likeness l;
		double size;
		if (!(of_golden = heard_sketch(&s->golden[i], err)))
			return -1;
		const double together = sketch_envelope(of_golden, sketch);
		if (together <= *value) /* which is the most that it can be worth */
			continue;
		if (likeness_some(&target, &it, which, &l, err) < 0)
			return -1;
		const double d = distance(which, &l, &size), v = together / (1 + d / size);
		if (v <= *value)
			continue;
		*value = v;
		if (why)
			snprintf(why, n_why, "%.4g from %s; levels agree by %.2f", which == LIKENESS_RMS ? 1 - d : d,
			    s->golden[i].name, together);
	}
	return sketch ? 0 : -1;
}
