/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * like: how like the nearest golden sound it is, 1 / (1 + d), where d is the mean
 * of four distances (score/portrait.h), each over the size that it has for a fair
 * imitation, weighted 35 to mss, 40 to mrstft, 10 to envelope and 15 to transport.
 * Means of absolute differences grow steadily from the target to the far end of
 * the space, and 1 / (1 + d) never goes flat, so a search has a slope wherever it
 * begins. No cheap sound does well in all four: silence and a quieter copy fail in
 * envelope and mrstft, noise in mss and transport, a late copy in all of them. DC and
 * clipping hide from most: so all of it counts only as far as the sound is as valid
 * as the golden one (score/validity.h).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "score/hearing.h"

/* Weight over size. Of the weights that were tried, CMA-ES came with these to the
   best mss, mrstft and RMS at once, over five hits and as many patches. */
#define PER_MSS       (0.35 / 10.0) /* dB */
#define PER_MRSTFT    (0.40 / 2.0)
#define PER_ENVELOPE  (0.10 / 6.0) /* dB */
#define PER_TRANSPORT (0.15 / 0.06)

/* Of a large set only the first keep all of their portraits, the others take them again when
   there is a need: half a millisecond for a second of sound. */
#define KEEP_SAMPLES (48u << 20) /* a GB of portraits */

struct like {
	const struct heard *golden;
	struct rank {
		size_t at;            /* of golden */
		double least, mrstft; /* that its distance may be, and a part of it */
	} *rank;
	size_t n, kept;
};

static void
destroy(void *self)
{
	struct like *s = self;
	if (!s)
		return;
	free(s->rank);
	free(s);
}

/* Of a set, outlines say which are worth a look; of one there is no question. */
static unsigned
outlined(const struct like *s)
{
	return s->n > 1 ? HEARD_OUTLINED : 0;
}

static const struct portrait *
portrait_of(const struct like *s, size_t i, unsigned how, struct err *err)
{
	const struct portrait *p = heard_portrait(&s->golden[i], how | outlined(s), err);
	if (p && how & HEARD_LIGHT && i >= s->kept)
		heard_lighten(&s->golden[i], how);
	return p;
}

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	if (!n_golden)
		return err_set(err, "like: nothing is given to be like"), NULL;
	struct like *s = calloc(1, sizeof *s);
	if (!s || !(s->rank = calloc(n_golden, sizeof *s->rank)))
		return destroy(s), err_set(err, "out of memory"), NULL;
	s->golden = golden;
	s->n = n_golden;
	for (uint64_t samples = 0; s->kept < s->n; s->kept++)
		if ((samples += golden[s->kept].frames * golden[s->kept].channels) > KEEP_SAMPLES && s->kept)
			break;
	for (size_t i = 0; i < n_golden; i++) {
		if (golden[i].rate != golden->rate)
			err_set(err, "like: '%s' has a rate of %u Hz, the golden sounds before it %u", golden[i].name, golden[i].rate,
			    golden->rate);
		else if (portrait_of(s, i, HEARD_LIGHT, err))
			continue;
		destroy(s);
		return NULL;
	}
	return s;
}

static double
sum(const struct portrait_distance *d)
{
	return d->mss * PER_MSS + d->mrstft * PER_MRSTFT + d->envelope * PER_ENVELOPE + d->transport * PER_TRANSPORT;
}

static void
words(const struct heard *g, const struct portrait *target, const struct portrait *it,
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
nearest_first(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	return x->least != y->least ? (x->least > y->least) - (x->least < y->least) : (x->at > y->at) - (x->at < y->at);
}

/* Sounds with as many channels are compared as they are, others in mono. */
static unsigned
facing(const struct like *s, size_t i, const struct heard *h)
{
	return s->golden[i].channels == h->channels ? 0 : HEARD_MONO;
}

static int
prepare(const void *self, const struct heard *h, struct err *err)
{
	const struct like *s = self;
	bool taken[2] = {false, false};
	if (h->rate != s->golden->rate)
		return 0; /* score says so */
	for (size_t i = 0; i < s->n; i++) {
		const unsigned how = facing(s, i, h);
		if (!taken[how == HEARD_MONO] && !heard_portrait(h, how | outlined(s), err))
			return -1;
		taken[how == HEARD_MONO] = true;
	}
	return heard_validity(h, err) ? 0 : -1;
}

/* The nearest of all: what cannot be nearer than the best so far, is not looked at. The same
   as comparing with all of them. */
static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	struct like *s = self;
	const struct portrait *golden, *it;
	struct portrait_distance d;
	double best = INFINITY;
	size_t nearest = 0;
	if (h->rate != s->golden->rate)
		return err_set(err, "like: a sound of %u Hz cannot be held against one of %u Hz", h->rate, s->golden->rate);
	for (size_t i = 0; i < s->n; i++) {
		const unsigned how = facing(s, i, h);
		s->rank[i] = (struct rank){.at = i};
		if (s->n == 1)
			continue;
		if (!(golden = portrait_of(s, i, how | HEARD_LIGHT, err)) || !(it = heard_portrait(h, how | HEARD_OUTLINED, err)))
			return -1;
		portrait_least(golden, it, &d);
		s->rank[i].least = sum(&d);
		s->rank[i].mrstft = d.mrstft;
	}
	qsort(s->rank, s->n, sizeof *s->rank, nearest_first);
	for (size_t k = 0; k < s->n && s->rank[k].least <= best; k++) {
		const size_t i = s->rank[k].at;
		const unsigned how = facing(s, i, h);
		if (!(golden = portrait_of(s, i, how | HEARD_LIGHT, err)) || !(it = heard_portrait(h, how, err)))
			return -1;
		portrait_compare_rest(golden, it, &d);
		d.mrstft = s->rank[k].mrstft;
		if (sum(&d) > best)
			continue;
		if (!(golden = portrait_of(s, i, how, err)))
			return -1;
		portrait_compare_spectra(golden, it, &d);
		if (i >= s->kept)
			heard_lighten(&s->golden[i], how);
		if (sum(&d) > best || (sum(&d) == best && i > nearest))
			continue;
		best = sum(&d);
		nearest = i;
		if (why)
			words(&s->golden[i], golden, it, &d, why, n_why);
	}
	const struct validity *of_golden = heard_validity(&s->golden[nearest], err), *of_it = heard_validity(h, err);
	if (!of_golden || !of_it)
		return -1;
	*value = validity_beside(of_golden->value, of_it->value) / (1 + best);
	return 0;
}

const struct term term_like = {
    .name = "like",
    .help = "how like the nearest golden sound it is: mel and linear spectra, envelope, level",
    .golden = true,
    .create = create,
    .prepare = prepare,
    .score = score,
    .free = destroy,
};
