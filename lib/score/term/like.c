/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * like: how like the nearest golden sound it is, 1 / (1 + d), where d is the mean
 * of four distances (score/portrait.h), each over the size that it has for a fair
 * imitation, weighted 35 to mss, 40 to mrstft, 10 to envelope and 15 to transport.
 * Means of absolute differences grow steadily from the target to the far end of
 * the space, and 1 / (1 + d) never goes flat, so a search has a slope wherever it
 * begins. No cheap sound does well in all four: silence, DC and a quieter copy
 * fail in envelope and mrstft, noise and clipping in mss and transport, a late
 * copy in all of them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "score/portrait.h"
#include "score/term.h"

/* Weight over size. Of the weights that were tried, CMA-ES came with these to the
   best mss, mrstft and RMS at once, over five hits and as many patches. */
#define PER_MSS       (0.35 / 10.0) /* dB */
#define PER_MRSTFT    (0.40 / 2.0)
#define PER_ENVELOPE  (0.10 / 6.0) /* dB */
#define PER_TRANSPORT (0.15 / 0.06)

struct golden {
	char name[48];
	uint32_t channels;
	float *x; /* kept while its mono portrait may still be asked for */
	uint64_t frames;
	struct portrait *as_is, *mono; /* mono is taken when a candidate needs it */
};

struct like {
	uint32_t rate;
	struct portrait_plan *plan;
	struct golden *golden;
	size_t n;
	struct portrait *candidate[2]; /* as it is, mono */
};

static void
destroy(void *self)
{
	struct like *s = self;
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->golden[i].x);
		portrait_free(s->golden[i].as_is);
		portrait_free(s->golden[i].mono);
	}
	free(s->golden);
	portrait_free(s->candidate[0]);
	portrait_free(s->candidate[1]);
	portrait_plan_free(s->plan);
	free(s);
}

static int
set(struct like *s, struct golden *g, const struct heard *h, struct err *err)
{
	const size_t n = h->frames * h->channels;
	if (h->rate != s->rate)
		return err_set(err, "like: '%s' has a rate of %u Hz, the golden sounds before it %u", h->name, h->rate, s->rate);
	snprintf(g->name, sizeof g->name, "%s", h->name);
	g->channels = h->channels;
	g->frames = h->frames;
	g->as_is = portrait_new();
	if (h->channels > 1 && (g->x = malloc(n * sizeof *g->x)))
		memcpy(g->x, h->samples, n * sizeof *g->x);
	if (!g->as_is || (h->channels > 1 && !g->x))
		return err_set(err, "out of memory");
	return portrait_take(g->as_is, s->plan, h->samples, h->channels, h->frames, 0, err);
}

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	if (!n_golden)
		return err_set(err, "like: nothing is given to be like"), NULL;
	struct like *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	s->rate = golden->rate;
	s->golden = calloc(n_golden, sizeof *s->golden);
	s->candidate[0] = portrait_new();
	s->candidate[1] = portrait_new();
	if (!s->golden || !s->candidate[0] || !s->candidate[1])
		err_set(err, "out of memory");
	else if ((s->plan = portrait_plan_new(s->rate, err))) {
		int got = 0;
		for (; s->n < n_golden && !got; s->n++)
			got = set(s, &s->golden[s->n], &golden[s->n], err);
		if (!got)
			return s;
	}
	destroy(s);
	return NULL;
}

/* The golden sound's portrait with as many channels as the candidate's. */
static const struct portrait *
facing(struct like *s, struct golden *g, int mono, struct err *err)
{
	if (!mono || g->channels == 1)
		return g->as_is;
	if (!g->mono) {
		g->mono = portrait_new();
		if (!g->mono)
			return err_set(err, "out of memory"), NULL;
		if (portrait_take(g->mono, s->plan, g->x, g->channels, g->frames, 1, err) < 0)
			return NULL;
		free(g->x);
		g->x = NULL;
	}
	return g->mono;
}

static double
sum(const struct portrait_distance *d)
{
	return d->mss * PER_MSS + d->mrstft * PER_MRSTFT + d->envelope * PER_ENVELOPE + d->transport * PER_TRANSPORT;
}

static void
words(const struct golden *g, const struct portrait *target, const struct portrait *it,
    const struct portrait_distance *d, char *why, size_t n)
{
	const double louder = portrait_level(it) - portrait_level(target);
	const double brighter = portrait_centroid(it) - portrait_centroid(target);
	const double longer = portrait_length(it) - portrait_length(target);
	int at = snprintf(why, n, "MSS %.1f dB from %s, spectral %.2f, envelope %.1f dB, transport %.3f", d->mss, g->name,
	    d->mrstft, d->envelope, d->transport);
	const char *join = "; ";
	if (at < (int)n && portrait_level(it) <= -99) {
		snprintf(why + at, n - at, "; silent");
		return;
	}
	if (at < (int)n && fabs(louder) >= 1) {
		at += snprintf(why + at, n - at, "%s%s by %.0f dB", join, louder > 0 ? "louder" : "quieter", fabs(louder));
		join = ", ";
	}
	if (at < (int)n && fabs(brighter) >= 0.1 * portrait_centroid(target)) {
		at += snprintf(why + at, n - at, "%s%s by %.0f Hz", join, brighter > 0 ? "brighter" : "duller", fabs(brighter));
		join = ", ";
	}
	if (at < (int)n && fabs(longer) >= 0.1 * portrait_length(target))
		snprintf(why + at, n - at, "%s%s by %.0f ms", join, longer > 0 ? "longer" : "shorter", 1000 * fabs(longer));
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	struct like *s = self;
	int taken[2] = {0};
	double best = INFINITY;
	if (h->rate != s->rate)
		return err_set(err, "like: a sound of %u Hz cannot be held against one of %u Hz", h->rate, s->rate);
	for (size_t i = 0; i < s->n; i++) {
		struct golden *g = &s->golden[i];
		const int mono = g->channels != h->channels && h->channels > 1;
		const struct portrait *target = facing(s, g, g->channels != h->channels, err);
		struct portrait *it = s->candidate[mono];
		struct portrait_distance d;
		if (!target || (!taken[mono] && portrait_take(it, s->plan, h->samples, h->channels, h->frames, mono, err) < 0))
			return -1;
		taken[mono] = 1;
		portrait_compare(target, it, &d);
		if (sum(&d) >= best)
			continue;
		best = sum(&d);
		if (why)
			words(g, target, it, &d, why, n_why);
	}
	*value = 1 / (1 + best);
	return 0;
}

const struct term term_like = {
    .name = "like",
    .help = "how like the nearest golden sound it is: mel and linear spectra, envelope, level",
    .golden = true,
    .create = create,
    .score = score,
    .free = destroy,
};
