/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/words.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fmath.h"

const char *const aspect_names[ASPECTS] = {"brightness", "warmth", "punch", "noisiness", "width", "movement"};

/* A column as it was measured, by its label. */
static double
column(const float *summary, const char *label)
{
	for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
		if (!strcmp(summary_columns[i].label, label))
			return summary[i] * (double)summary_columns[i].unit + summary_columns[i].mid;
	abort(); /* the labels below are ours; tests ask for all of them */
}

/* 0 at lo, 1 at hi, linear between. */
static double
ramp(double x, double lo, double hi)
{
	return fmin(fmax((x - lo) / (hi - lo), 0), 1);
}

void
aspects_of(const float summary[SUMMARY_COLUMNS], double out[ASPECTS])
{
	const double fast = 1 - ramp(column(summary, "attack"), 0, fm_log2(1 + 100));
	out[BRIGHTNESS] = ramp(column(summary, "centroid_mean"), fm_log2(150), fm_log2(9600));
	out[WARMTH] = (ramp(column(summary, "mfcc1_mean"), 40, 220)
	    + 1 - ramp(column(summary, "rolloff_mean"), fm_log2(150), fm_log2(12000))) / 2;
	out[PUNCH] = fast * ramp(column(summary, "crest"), 4, 22);
	out[NOISINESS] = ramp(column(summary, "flatness_mean"), -60, -2);
	out[WIDENESS] = ramp(column(summary, "width"), 0, 0.5);
	out[MOVEMENT] = (ramp(column(summary, "centroid_std"), 0, 1.2) + ramp(column(summary, "flux_std"), 0, 0.3)) / 2;
}

/* --- words --------------------------------------------------------------------------- */

/* What words speak of: the aspects, and */
enum { LENGTH = ASPECTS, ATTACK, SUSTAIN, CENTRE, QUANTITIES }; /* s and ms as log2, part, log2 Hz */

/* A word fits wholly from `from` to `to`, and not at all `slack` beyond. */
struct wish {
	int of;
	double from, to, slack;
};
enum { WISHES = 4, FAR = 100 };
#define BY_SOUND 0.9 /* at most, of a word that its name does not have */

struct word {
	const char *name;
	const char *synonyms; /* one blank between, and around */
	size_t n;
	struct wish wish[WISHES];
};

static const struct word vocabulary[] = {
    {"dark", " dull muffled ", 1, {{BRIGHTNESS, 0, 0.3, 0.3}}},
    {"bright", " shiny brilliant crisp ", 1, {{BRIGHTNESS, 0.7, 1, 0.3}}},
    {"warm", " mellow round ", 2, {{WARMTH, 0.55, 1, 0.35}, {NOISINESS, 0, 0.3, 0.3}}},
    {"cold", " thin icy ", 1, {{WARMTH, 0, 0.3, 0.3}}},
    {"punchy", " hard tight snappy ", 1, {{PUNCH, 0.45, 1, 0.35}}},
    {"soft", " gentle smooth ", 1, {{PUNCH, 0, 0.2, 0.3}}},
    {"noisy", " hissy dirty airy ", 1, {{NOISINESS, 0.6, 1, 0.4}}},
    {"clean", " pure tonal ", 1, {{NOISINESS, 0, 0.2, 0.3}}},
    {"wide", " stereo spacious ", 1, {{WIDENESS, 0.4, 1, 0.4}}},
    {"mono", " narrow centred ", 1, {{WIDENESS, 0, 0.02, 0.2}}},
    {"moving", " evolving lively changing ", 1, {{MOVEMENT, 0.5, 1, 0.3}}},
    {"steady", " static still even ", 1, {{MOVEMENT, 0, 0.2, 0.3}}},
    {"short", " brief ", 1, {{LENGTH, -FAR, -1, 1.5}}},
    {"long", " lengthy ", 1, {{LENGTH, 1.5, FAR, 2}}},
    {"kick", " bassdrum bd ", 4, {{CENTRE, 0, 9.6, 1.2}, {LENGTH, -FAR, 0, 1}, {PUNCH, 0.2, 1, 0.2}, {ATTACK, -FAR, 4, 2}}},
    {"snare", " sn clap rimshot ", 4, {{CENTRE, 10.8, 12.6, 0.7}, {LENGTH, -FAR, 0, 1}, {NOISINESS, 0.45, 0.95, 0.3}, {ATTACK, -FAR, 4, 2}}},
    {"hat", " hihat cymbal shaker ", 3, {{CENTRE, 12.6, FAR, 0.8}, {NOISINESS, 0.5, 1, 0.3}, {ATTACK, -FAR, 4, 2}}},
    {"tom", " conga bongo ", 4, {{CENTRE, 8.5, 11, 1}, {LENGTH, -2, 1, 1}, {NOISINESS, 0, 0.3, 0.3}, {ATTACK, -FAR, 4, 2}}},
    {"bass", " sub low ", 3, {{CENTRE, 0, 9.6, 1.4}, {NOISINESS, 0, 0.2, 0.3}, {SUSTAIN, 0.4, 1, 0.3}}},
    {"pad", " drone ambient atmosphere ", 3, {{LENGTH, 1.5, FAR, 1.5}, {SUSTAIN, 0.6, 1, 0.3}, {PUNCH, 0, 0.25, 0.25}}},
    {"pluck", " plucked bell ", 3, {{NOISINESS, 0, 0.3, 0.3}, {ATTACK, -FAR, 5, 2}, {SUSTAIN, 0, 0.6, 0.3}}},
    {"loop", " beat groove ", 2, {{LENGTH, 0.5, FAR, 1}, {MOVEMENT, 0.3, 1, 0.3}}},
    {"vinyl", " crackle scratch dusty ", 3, {{NOISINESS, 0.3, 1, 0.3}, {MOVEMENT, 0.3, 1, 0.3}, {CENTRE, 10.5, FAR, 1.5}}},
};
enum { VOCABULARY = sizeof vocabulary / sizeof *vocabulary };

static bool
means(const struct word *w, const char *text, size_t n)
{
	char padded[34];
	if (strlen(w->name) == n && !strncasecmp(w->name, text, n))
		return true;
	if (n + 3 > sizeof padded)
		return false;
	snprintf(padded, sizeof padded, " %.*s ", (int)n, text);
	for (char *p = padded; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return strstr(w->synonyms, padded);
}

int
words_parse(struct words *w, const char *text, struct err *err)
{
	*w = (struct words){0};
	for (const char *p = text + strspn(text, " ,"); *p; p += strspn(p, " ,")) {
		const size_t n = strcspn(p, " ,");
		const struct word *found = NULL;
		for (size_t i = 0; i < VOCABULARY && !found; i++)
			if (means(&vocabulary[i], p, n))
				found = &vocabulary[i];
		if (!found) {
			char all[400] = "";
			for (size_t i = 0; i < VOCABULARY; i++)
				snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", vocabulary[i].name);
			return err_set(err, "the word '%.*s' says nothing here; these do: %s", n < 32 ? (int)n : 32, p, all);
		}
		if (w->n == WORDS_MAX)
			return err_set(err, "more than %d words", WORDS_MAX);
		w->word[w->n++] = found;
		p += n;
	}
	return w->n ? 0 : err_set(err, "no word is given");
}

/* Whether a name has the word, or a synonym, as a word of its own: "bd_haus.flac". */
static bool
named(const struct word *w, const char *name)
{
	while (*name) {
		size_t n = 0;
		while (isalpha((unsigned char)name[n]))
			n++;
		if (n && means(w, name, n))
			return true;
		name += n ? n : 1;
	}
	return false;
}

double
words_fit(const struct words *w, const float summary[SUMMARY_COLUMNS], const char *name)
{
	double of[QUANTITIES], sum = 0;
	aspects_of(summary, of);
	of[LENGTH] = column(summary, "duration");
	of[ATTACK] = column(summary, "attack");
	of[SUSTAIN] = column(summary, "sustain");
	of[CENTRE] = column(summary, "centroid_mean");
	for (size_t i = 0; i < w->n; i++) {
		double fit = 1;
		for (size_t k = 0; k < w->word[i]->n; k++) {
			const struct wish *x = &w->word[i]->wish[k];
			const double beyond = fmax(fmax(x->from - of[x->of], of[x->of] - x->to), 0);
			fit *= fmax(1 - beyond / x->slack, 0);
		}
		sum += name && named(w->word[i], name) ? 1 : BY_SOUND * fit;
	}
	return w->n ? sum / (double)w->n : 0;
}
