/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/words.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/fmath.h"
#include "feature/key.h"
#include "feature/stated.h"
#include "score/vocabulary.h"

const char *const aspect_names[ASPECTS] = {"brightness", "warmth", "punch", "roughness", "noisiness", "width", "movement"};

int
aspect_find(const char *name)
{
	for (int i = 0; i < ASPECTS; i++)
		if (!strcmp(aspect_names[i], name))
			return i;
	return -1;
}

/* A column as it was measured. */
static double
column(const float *summary, int i)
{
	return summary[i] * (double)summary_columns[i].unit + summary_columns[i].mid;
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
	const double fast = 1 - ramp(column(summary, SUMMARY_ATTACK), 0, fm_log2(1 + 100));
	const double flat = ramp(column(summary, SUMMARY_FLATNESS_MEAN), -60, -2),
	             unsteady = ramp(column(summary, SUMMARY_FLUX_MEAN), 0, 0.34);
	out[BRIGHTNESS] = ramp(column(summary, SUMMARY_CENTROID_MEAN), fm_log2(150), fm_log2(9600));
	out[WARMTH] = (ramp(column(summary, SUMMARY_MFCC_MEAN), 40, 220)
	    + 1 - ramp(column(summary, SUMMARY_ROLLOFF_MEAN), fm_log2(150), fm_log2(12000))) / 2;
	out[PUNCH] = fast * ramp(column(summary, SUMMARY_CREST), 4, 22);
	out[ROUGHNESS] = ramp(column(summary, SUMMARY_ROUGHNESS_MEAN), 0, 1);
	/* a bright saw is as flat as dark noise, but steady */
	out[NOISINESS] = flat * unsteady > 0 ? fm_pow(flat * unsteady * unsteady, 1.0 / 3) : 0;
	out[WIDENESS] = ramp(column(summary, SUMMARY_WIDTH), 0, 0.5);
	out[MOVEMENT] = (ramp(column(summary, SUMMARY_CENTROID_STD), 0, 1.2) + ramp(column(summary, SUMMARY_VALLEYS), 0, 0.8)) / 2;
}

static void
quantities_of(const float *summary, double of[QUANTITIES])
{
	aspects_of(summary, of);
	/* twice the time until it is under a tenth, if it is silent after that */
	of[LENGTH] = fmin(column(summary, SUMMARY_DURATION),
	    1 + fm_log2((fm_exp2(column(summary, SUMMARY_DECAY)) + fm_exp2(column(summary, SUMMARY_ATTACK)) - 1) / 1000));
	of[ATTACK] = column(summary, SUMMARY_ATTACK);
	of[DECAY] = column(summary, SUMMARY_DECAY);
	of[SUSTAIN] = column(summary, SUMMARY_SUSTAIN);
	of[WHEN] = column(summary, SUMMARY_TEMPORAL);
	of[CENTRE] = column(summary, SUMMARY_CENTROID_MEAN);
	of[SUB] = column(summary, SUMMARY_SUB);
	of[BOTTOM] = 10 * fm_log10(fm_pow(10, of[SUB] / 10) + fm_pow(10, column(summary, SUMMARY_LOW) / 10));
	of[PRESENCE] = column(summary, SUMMARY_PRESENCE);
	of[AIR] = column(summary, SUMMARY_AIR);
	of[TONAL] = column(summary, SUMMARY_TONAL);
	of[VALLEYS] = column(summary, SUMMARY_VALLEYS);
	of[CREST] = column(summary, SUMMARY_CREST);
}

/* --- words --------------------------------------------------------------------------- */

#define BY_SOUND 0.9 /* at most, of a word that its name does not have */
#define LEAST 1e-6   /* of a tempo or a key that is wrong: the others still count */

/* Whether n letters are the word or a synonym; hyphens do not count, and an s may follow. */
static bool
means(const struct word *w, const char *text, size_t n)
{
	char plain[34] = " ";
	size_t k = 1;
	for (size_t i = 0; i < n; i++)
		if (text[i] != '-') {
			if (k + 3 > sizeof plain)
				return false;
			plain[k++] = (char)tolower((unsigned char)text[i]);
		}
	for (int plural = 0; plural < 2; plural++) {
		plain[k] = 0;
		if (k > 1 && !strcmp(w->name, plain + 1))
			return true;
		plain[k] = ' ';
		plain[k + 1] = 0;
		if (k > 1 && strstr(w->synonyms, plain))
			return true;
		if (k < 4 || plain[k - 1] != 's')
			break;
		k--;
	}
	return false;
}

static bool
is_one_of(const char *list, const char *text, size_t n)
{
	char padded[16];
	if (n + 3 > sizeof padded)
		return false;
	snprintf(padded, sizeof padded, " %.*s ", (int)n, text);
	for (char *p = padded; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return strstr(list, padded);
}

/* Whether it is a part of a tempo or a key, which stated_in reads. */
static bool
is_stated(const char *p, size_t n)
{
	const size_t digits = strspn(p, "0123456789.");
	if (digits && (digits >= n || is_one_of(" bpm ", p + digits, n - digits)))
		return true;
	if (is_one_of(" bpm minor major min maj sharp flat ", p, n))
		return true;
	if (!strchr("ABCDEFGabcdefg", *p))
		return false;
	const size_t at = 1 + (n > 1 && (p[1] == '#' || p[1] == 'b'));
	return at == n || is_one_of(" m min minor maj major sharp flat ", p + at, n - at);
}

static int
unknown(const char *p, size_t n, struct err *err)
{
	char all[800] = "";
	for (size_t i = 0; i < vocabulary_size; i++)
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", vocabulary[i].name);
	return err_set(err, "the word '%.*s' says nothing here; these do: %s", n < 32 ? (int)n : 32, p, all);
}

int
words_parse(struct words *w, const char *text, struct err *err)
{
	static const char filler[] = " a an the in at of and with some sound sounds sample samples ";
	const struct stated s = stated_in(text);
	*w = (struct words){.bpm = s.bpm, .tonic = s.tonic, .mode = s.tonic < 0 ? -1 : s.mode};
	for (const char *p = text + strspn(text, " ,"); *p; p += strspn(p, " ,")) {
		const size_t n = strcspn(p, " ,");
		const struct word *found = NULL;
		for (size_t i = 0; i < vocabulary_size && !found; i++)
			if (means(&vocabulary[i], p, n))
				found = &vocabulary[i];
		if (!found && !is_one_of(filler, p, n) && !((s.bpm > 0 || s.tonic >= 0) && is_stated(p, n)))
			return unknown(p, n, err);
		if (found && w->n == WORDS_MAX)
			return err_set(err, "more than %d words", WORDS_MAX);
		if (found)
			w->word[w->n++] = found;
		p += n;
	}
	return w->n || w->bpm > 0 || w->tonic >= 0 ? 0 : err_set(err, "no word is given");
}

/* Whether a name has the word, or a synonym, as a word of its own: "bd_haus.flac". */
static bool
named(const struct word *w, const char *name)
{
	while (*name) {
		size_t n = 0, joined, letters = 0;
		while (isalnum((unsigned char)name[n]))
			n++;
		for (joined = n; n && (isalnum((unsigned char)name[joined]) || name[joined] == '-');)
			joined++;
		while (letters < n && !isdigit((unsigned char)name[letters]))
			letters++; /* "kick03" */
		if (n && (means(w, name, n) || means(w, name, joined) || means(w, name, letters)))
			return true;
		name += n ? n : 1;
	}
	return false;
}

static double
fit_of(const struct word *w, const double of[QUANTITIES])
{
	double beyond = 0;
	for (size_t k = 0; k < w->n; k++) {
		const struct wish *x = &w->wish[k];
		const double d = fmax(fmax(x->from - of[x->of], of[x->of] - x->to), 0) / x->slack;
		beyond += d * d;
	}
	return BY_SOUND / ((1 + beyond) * (1 + beyond));
}

/* The right tempo is within 4 %; half or double of it is half right. */
static double
fit_tempo(double want, double bpm)
{
	if (!(bpm > 0))
		return 0;
	const double octaves = fabs(fm_log2(bpm / want));
	return fmax(1 - octaves / 0.057, 0.5 * fmax(1 - fabs(octaves - 1) / 0.057, 0));
}

/* The right key; the relative one has the same notes and is half right. */
static double
fit_key(const struct words *w, int key)
{
	if (key < 0)
		return 0;
	const int tonic = key % 12, mode = key / 12;
	if (tonic == w->tonic && (w->mode < 0 || mode == w->mode))
		return 1;
	const int relative = (tonic + (mode ? 3 : 9)) % 12;
	return w->mode >= 0 && mode != w->mode && relative == w->tonic ? 0.5 : 0;
}

static __attribute__((format(printf, 3, 4))) void
append(char *text, size_t n, const char *fmt, ...)
{
	const size_t at = text ? strlen(text) : 0;
	va_list ap;
	va_start(ap, fmt);
	if (text && at + 1 < n)
		vsnprintf(text + at, n - at, fmt, ap);
	va_end(ap);
}

double
words_judge(const struct words *w, const float summary[SUMMARY_COLUMNS], const struct said *told, char *why, size_t n_why)
{
	double of[QUANTITIES], sum = 0;
	size_t n = w->n;
	if (why)
		*why = 0;
	quantities_of(summary, of);
	for (size_t i = 0; i < w->n; i++) {
		const bool in_name = told->name && named(w->word[i], told->name);
		const double fit = in_name ? 1 : fit_of(w->word[i], of);
		append(why, n_why, in_name ? "%s%s in the name" : "%s%s %.2f", i ? ", " : "", w->word[i]->name, fit);
		sum += fm_log(fmax(fit, LEAST));
	}
	if (w->bpm > 0) {
		const double fit = fit_tempo(w->bpm, told->bpm);
		append(why, n_why, told->bpm > 0 ? "%s%.5g BPM" : "%sno tempo", n++ ? ", " : "", told->bpm);
		sum += fm_log(fmax(fit, LEAST));
	}
	if (w->tonic >= 0) {
		const double fit = fit_key(w, told->key);
		append(why, n_why, "%s%s", n++ ? ", " : "", told->key >= 0 ? key_name(told->key) : "no key");
		sum += fm_log(fmax(fit, LEAST));
	}
	return n ? fm_exp(sum / (double)n) : 0;
}

double
words_fit(const struct words *w, const float summary[SUMMARY_COLUMNS], const char *name)
{
	return words_judge(w, summary, &(struct said){name, 0, KEY_NONE}, NULL, 0);
}
