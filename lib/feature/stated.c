/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/stated.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "feature/key.h"

enum { MOST_WORDS = 64, WORD = 32 };
#define SLOWEST 30.0
#define FASTEST 400.0

/* Lower case but for what the flags say of the first letter and of the last: words of letters and #, and words of
   digits and a point within. */
struct word {
	char text[WORD];
	bool upper, upper_end, number;
};

/* Instruments whose number could be a tempo. */
static const struct {
	const char *word, *number;
} machines[] = {
    {"juno", "60"}, {"juno", "106"}, {"sh", "101"}, {"cz", "101"}, {"cr", "78"}, {"tr", "66"}, {"tr", "77"}, {"mpc", "60"},
    {"cs", "60"}, {"cs", "70"}, {"cs", "80"}, {"dx", "100"}, {"dr", "110"}, {"tx", "81"}, {"ms", "100"}, {"mt", "70"},
};
/* What a number before these is, and after those, is no tempo: "90s", "96 kHz", "take 101". */
static const char *const units[] = {"s", "th", "hz", "khz", "k", "kbps", "kbit", "ms", "bit", "db", "percent", "semitones", "cents"};
static const char *const counters[] = {"vol", "volume", "no", "nr", "take", "track", "part", "version"};

static bool
of_number(const char *p)
{
	return isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1]));
}

static bool
of_word(const char *p)
{
	return isalpha((unsigned char)*p) || *p == '#';
}

/* Splits at all other characters, and where digits meet letters. */
static size_t
split(const char *p, const char *end, struct word *words)
{
	size_t n = 0;
	while (p < end && n < MOST_WORDS) {
		struct word w = {.number = isdigit((unsigned char)*p), .upper = isupper((unsigned char)*p)};
		size_t length = 0;
		if (!w.number && !of_word(p)) {
			p++;
			continue;
		}
		for (; p < end && (w.number ? of_number(p) : of_word(p)); p++, w.upper_end = isupper((unsigned char)p[-1]))
			if (length + 1 < WORD)
				w.text[length++] = (char)tolower((unsigned char)*p);
		words[n++] = w;
	}
	return n;
}

static double
bpm_of(const struct word *w, double low, double high)
{
	const double bpm = w->number && *w->text != '0' ? strtod(w->text, NULL) : 0;
	return bpm >= low && bpm <= high ? bpm : 0;
}

static bool
among(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(text, list[i]))
			return true;
	return false;
}

/* Whether the number of word i counts something else than beats. */
static bool
counts_else(const struct word *w, size_t n, size_t i)
{
	for (size_t k = 0; i > 0 && k < sizeof machines / sizeof *machines; k++)
		if (!strcmp(w[i - 1].text, machines[k].word) && !strcmp(w[i].text, machines[k].number))
			return true;
	return (i + 1 < n && among(w[i + 1].text, units, sizeof units / sizeof *units))
	    || (i > 0 && among(w[i - 1].text, counters, sizeof counters / sizeof *counters));
}

/* Sets bpm. The index of its number, or n. */
static size_t
find_tempo(const struct word *w, size_t n, double *bpm)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(w[i].text, "bpm") != 0)
			continue;
		if (i > 0 && (*bpm = bpm_of(&w[i - 1], SLOWEST, FASTEST)) > 0)
			return i - 1;
		if (i + 1 < n && (*bpm = bpm_of(&w[i + 1], SLOWEST, FASTEST)) > 0)
			return i + 1;
	}
	size_t at = n;
	for (size_t i = 0; i < n; i++) {
		const double one = bpm_of(&w[i], 60, 200);
		if (!(one > 0) || counts_else(w, n, i))
			continue;
		if (at < n) /* two that could be: neither is believed */
			return *bpm = 0, n;
		at = i;
		*bpm = one;
	}
	return at;
}

/* 0 major, 1 minor, -1 neither. */
static int
mode_of(const char *text)
{
	if (!strcmp(text, "maj") || !strcmp(text, "major"))
		return 0;
	return !strcmp(text, "m") || !strcmp(text, "min") || !strcmp(text, "minor") ? 1 : -1;
}

/* A key out of word i and, where it is only the letter, the words after it. */
static bool
key_at(const struct word *w, size_t n, size_t i, size_t tempo, struct stated *s)
{
	static const int white[] = {9, 11, 0, 2, 4, 5, 7};
	const char *p = w[i].text;
	if (w[i].number || *p < 'a' || *p > 'g')
		return false;
	int tonic = white[*p++ - 'a'], accidental = 0;
	if (*p == '#')
		accidental = 1;
	else if (*p == 'b' && w[i].upper)
		accidental = -1;
	p += accidental != 0;
	if (!strncmp(p, "sharp", 5) || !strncmp(p, "flat", 4)) {
		accidental = *p == 's' ? 1 : -1;
		p += *p == 's' ? 5 : 4;
	}
	size_t next = i + 1;
	if (!*p && !accidental && next < n && (!strcmp(w[next].text, "sharp") || !strcmp(w[next].text, "flat")))
		accidental = *w[next++].text == 's' ? 1 : -1;
	int mode = mode_of(p);
	if (*p && mode < 0)
		return false;
	if (!*p && next < n && strlen(w[next].text) > 1)
		mode = mode_of(w[next].text);
	const bool near = tempo < n && (i + 1 == tempo || i == tempo + 1 || (i == tempo + 2 && !strcmp(w[i - 1].text, "bpm")));
	const bool called = i > 0 && (!strcmp(w[i - 1].text, "key") || (i > 1 && !strcmp(w[i - 1].text, "of") && !strcmp(w[i - 2].text, "key")));
	/* "am" is a word and "a" another, "FM" a way to make sounds: a letter with m alone is believed in "Am", after #, or
	   in lower case beside the tempo; a letter alone beside the tempo or after "key" */
	const bool m_alone = !strcmp(p, "m") && !accidental;
	bool sure = accidental || called || (*p && !m_alone) || (!*p && (mode >= 0 || near));
	if (m_alone)
		sure |= w[i].upper ? !w[i].upper_end : near && w[i].text[0] != 'f';
	if (!sure)
		return false;
	if (!strcmp(p, "m") && w[i].upper_end)
		mode = 0; /* F#M */
	s->tonic = (tonic + accidental + 12) % 12;
	s->mode = mode;
	return true;
}

struct stated
stated_in(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
	const char *dot = strrchr(name, '.'), *end = dot && dot != name && !isdigit((unsigned char)dot[1]) ? dot : name + strlen(name);
	struct word words[MOST_WORDS] = {0};
	const size_t n = split(name, end, words);
	struct stated s = {0, -1, -1};
	const size_t tempo = find_tempo(words, n, &s.bpm);
	for (size_t i = 0; i < n; i++)
		if (key_at(words, n, i, tempo, &s))
			break;
	return s;
}

const char *
stated_key(const struct stated *s)
{
	static const char *const tonics[] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
	if (s->tonic < 0)
		return "";
	return s->mode < 0 ? tonics[s->tonic] : key_name(s->tonic + 12 * s->mode);
}
