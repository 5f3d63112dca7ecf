/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the members of a set are to one another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/talk.h"
#include "feature/alike.h"
#include "feature/gathering.h"
#include "feature/kinds.h"
#include "feature/onsets.h"
#include "golden.h"
#include "score/words.h"
#include "wire/measure.h"

#define COMPARED 30.0 /* seconds of two sounds that are held against each other */

static const float *
summary_of_member(const struct member *m)
{
	return take_summary(m->t);
}

/* --- copies ------------------------------------------------------------------------------------ */

static float *
mono_of(struct set *s, size_t i, const struct settings *how, uint32_t rate, size_t *n, struct err *err)
{
	const struct sound *whole = set_sound(s, i, how, err);
	struct sound part = {0};
	if (!whole)
		return NULL;
	part = *whole;
	part.frames = (uint64_t)fmin((double)whole->frames, COMPARED * whole->rate);
	part.x = onsets_mono(whole->x, whole->channels, part.frames);
	part.channels = 1;
	if (!part.x)
		return err_set(err, "out of memory"), NULL;
	if (part.rate != rate && sound_resample(&part, rate, err) < 0)
		return sound_free(&part), NULL;
	*n = part.frames;
	return part.x;
}

static int
find_copy(struct set *s, size_t i, const struct settings *how, struct err *err)
{
	struct member *m = &s->member[i];
	const Assay__Loop *a = m->t->m->loop;
	const uint32_t rate = m->t->m->audio->rate;
	float *x = NULL;
	size_t n = 0, n_other;
	int got = 0;
	for (size_t j = 0; j < i && got == 0 && m->copy < 0; j++) {
		const struct member *other = &s->member[j];
		const Assay__Loop *b = other->t->m->loop;
		double value = 0;
		if (other->same >= 0 || other->copy >= 0 || !may_be_alike(a->octaves, a->spread, b->octaves, b->spread))
			continue;
		/* a file that is gone by now is found to be so when it is written */
		if (!x && !(x = mono_of(s, i, how, rate, &n, err)))
			return 0;
		float *y = mono_of(s, j, how, rate, &n_other, err);
		if (!y)
			continue;
		got = alike(x, n, y, n_other, rate, &value, err);
		free(y);
		if (got == 0 && value >= ALIKE_SAME)
			m->copy = (ptrdiff_t)j;
		talk_verbose("%s and %s: one recording to %.3f", m->t->m->key, other->t->m->key, value);
	}
	free(x);
	return got;
}

/* --- kinds ------------------------------------------------------------------------------------- */

/* Words that a kind may be called by: what it is, and how it is. */
static const char *const nouns[] = {"kick", "snare", "hat", "tom", "bass", "pad", "pluck"};
static const char *const qualities[] = {
    "dark", "bright", "warm", "cold", "punchy", "soft", "noisy", "clean", "wide", "moving", "steady", "short", "long"};
enum { NOUNS = sizeof nouns / sizeof *nouns, QUALITIES = sizeof qualities / sizeof *qualities };

/* How well a word fits each kind: fit[kinds], and the mean of the whole set. Nothing fits where the word is not known. */
static double
fits(const struct set *s, const char *word, double fit[KINDS_MOST])
{
	struct words w;
	double sum[KINDS_MOST] = {0}, size[KINDS_MOST] = {0}, all = 0;
	const bool known = words_parse(&w, word, NULL) == 0;
	for (size_t i = 0; i < s->n; i++) {
		const Assay__Loop *l = s->member[i].t->m->loop;
		const double f = known ? words_fit(&w, summary_of_member(&s->member[i]), NULL) : 0;
		sum[l->kind] += f;
		size[l->kind]++;
		all += f;
	}
	for (int k = 0; k < s->kinds; k++)
		fit[k] = size[k] > 0 ? sum[k] / size[k] : 0;
	return all / (double)s->n;
}

/* For each kind the word that fits it well, and better than it fits the others; "" if none fits by nearly half. */
static void
choose(const struct set *s, const char *const *word, size_t n, const char *best[KINDS_MOST])
{
	double most[KINDS_MOST], fit[KINDS_MOST];
	for (int k = 0; k < s->kinds; k++) {
		best[k] = "";
		most[k] = 0;
	}
	for (size_t w = 0; w < n; w++) {
		const double usual = fits(s, word[w], fit);
		for (int k = 0; k < s->kinds; k++) {
			const double score = fit[k] / 2 + (s->kinds > 1 ? fit[k] - usual : 0);
			if (fit[k] > 0.45 && score > most[k]) {
				most[k] = score;
				best[k] = word[w];
			}
		}
	}
}

/* A kind's name, of its own: a number where another is called so already. The nouns are for single sounds. */
static char *
name_of_kind(const struct set *s, struct arena *a, unsigned k, const char *quality, const char *noun)
{
	double loops = 0, all = 0, seconds = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->member[i].t->m->loop->kind == k) {
			loops += s->member[i].t->m->loop->loopness;
			seconds += (double)s->member[i].t->m->audio->frames / s->member[i].t->m->audio->rate;
			all++;
		}
	const bool single = seconds < 1.5 * all || !strcmp(noun, "bass") || !strcmp(noun, "pad");
	char *name = arena_printf(a, "%s%s%s", quality, *quality ? " " : "", loops > all / 2 ? "loops" : *noun && single ? noun : "sounds");
	int number = 1;
	for (unsigned j = 0; name && j < k; j++)
		number += s->words[j] && !strncmp(s->words[j], name, strlen(name));
	return name && number > 1 ? arena_printf(a, "%s %d", name, number) : name;
}

static int
find_kinds(struct set *s, int kinds, struct err *err)
{
	struct kin *kin = calloc(s->n + 1, sizeof *kin);
	const char *noun[KINDS_MOST], *quality[KINDS_MOST];
	size_t n = 0;
	if (!kin)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < s->n; i++)
		if (s->member[i].same < 0 && s->member[i].copy < 0)
			memcpy(kin[n++].summary, summary_of_member(&s->member[i]), sizeof kin->summary);
	s->kinds = kinds_find(kin, n, kinds, err);
	n = 0;
	for (size_t i = 0; i < s->n && s->kinds > 0; i++) {
		const struct member *m = &s->member[i];
		Assay__Loop *l = m->t->m->loop;
		const ptrdiff_t first = m->same >= 0 ? m->same : m->copy;
		l->kind = first >= 0 ? s->member[first].t->m->loop->kind : kin[n].kind;
		l->exemplar = first < 0 && kin[n].exemplar;
		n += first < 0;
	}
	free(kin);
	if (s->kinds <= 0)
		return s->kinds;
	choose(s, nouns, NOUNS, noun);
	choose(s, qualities, QUALITIES, quality);
	for (size_t i = 0; i < s->n; i++) {
		struct take *t = s->member[i].t;
		const unsigned k = t->m->loop->kind;
		t->m->loop->words = s->words[k] ? s->words[k] : name_of_kind(s, &t->arena, k, quality[k], noun[k]);
		if (!t->m->loop->words)
			return err_set(err, "out of memory");
		s->words[k] = t->m->loop->words;
	}
	return 0;
}

int
judge(struct set *s, const struct settings *how, int kinds, struct err *err)
{
	struct gathered *g = calloc(s->n + 1, sizeof *g);
	int got = g ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; got == 0 && i < s->n; i++) {
		memcpy(g[i].id, s->member[i].t->m->id.data, HASH_SIZE);
		memcpy(g[i].summary, summary_of_member(&s->member[i]), sizeof g->summary);
	}
	if (got == 0)
		got = gathering_judge(g, s->n, err);
	for (size_t i = 0; got == 0 && i < s->n; i++) {
		struct member *m = &s->member[i];
		m->same = g[i].same;
		m->nearest = g[i].nearest;
		m->distance = g[i].distance;
		m->twin = g[i].twin;
		m->outlier = g[i].outlier;
		if (m->same < 0 && !interrupted() && find_copy(s, i, how, err) < 0)
			got = -1;
	}
	free(g);
	return got == 0 ? find_kinds(s, kinds, err) : got;
}
