/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/tuning.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/share.h"

/* --- lines ------------------------------------------------------------------------------ */

struct lines {
	const char *name, *at, *end;
	int number;
	char text[256]; /* of this line, without what ends it */
	struct err *err;
};

static int
wrong(const struct lines *l, const char *what)
{
	return err_set(l->err, "%s:%d: %s", l->name, l->number, what);
}

/* The next line that is no comment. 1, 0 at the end, -1. */
static int
next_line(struct lines *l)
{
	while (l->at < l->end) {
		const char *stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
		const char *from = l->at;
		size_t n = (size_t)((stop ? stop : l->end) - from);
		l->at = stop ? stop + 1 : l->end;
		l->number++;
		if (memchr(from, 0, n))
			return wrong(l, "a zero byte: this is no text");
		if (n && from[n - 1] == '\r')
			n--;
		if (n && *from == '!')
			continue;
		/* Of what follows a number nothing is read, so a long remark may be cut. */
		n = n < sizeof l->text ? n : sizeof l->text - 1;
		memcpy(l->text, from, n);
		l->text[n] = 0;
		return 1;
	}
	return 0;
}

static const char *
skip_space(const char *s)
{
	return s + strspn(s, " \t");
}

/* A number stands alone in its line, or before white space. */
static bool
ends(const char *s)
{
	return !*s || *s == ' ' || *s == '\t';
}

static int
whole_line(struct lines *l, const char *what, long low, long high, long *x)
{
	const int got = next_line(l);
	if (got < 0)
		return -1;
	if (!got)
		return err_set(l->err, "%s:%d: the file ends before the %s", l->name, l->number, what);
	char *end;
	const char *s = skip_space(l->text);
	errno = 0;
	*x = strtol(s, &end, 10);
	if (end == s || !ends(end) || errno || *x < low || *x > high)
		return err_set(l->err, "%s:%d: the %s is a whole number from %ld to %ld", l->name, l->number, what, low, high);
	return 0;
}

/* --- the scale --------------------------------------------------------------------------- */

/* "701.955" is cents, for it has a point; "3/2" and "2" are ratios. */
static int
pitch(const struct lines *l, double *cents)
{
	const char *s = skip_space(l->text);
	const size_t sign = *s == '-' || *s == '+', n = strspn(s + sign, "0123456789");
	char *end;
	if (s[sign + n] == '.') {
		const size_t fraction = strspn(s + sign + n + 1, "0123456789");
		*cents = strtod(s, &end);
		if ((!n && !fraction) || end != s + sign + n + 1 + fraction || !ends(end))
			return wrong(l, "not a number of cents");
		if (!(fabs(*cents) <= 1e6))
			return wrong(l, "more than 1000000 cents");
		return 0;
	}
	if (!n || !(ends(s + sign + n) || s[sign + n] == '/'))
		return wrong(l, "neither a ratio (3/2) nor cents (701.955)");
	const double over = strtod(s, &end);
	double under = 1;
	if (*end == '/') {
		const char *low = end + 1;
		const size_t digits = strspn(low, "0123456789");
		under = strtod(low, &end);
		if (!digits || end != low + digits || !ends(end))
			return wrong(l, "not a ratio of whole numbers");
	}
	if (!(over > 0) || !(under > 0))
		return wrong(l, "a ratio is above 0");
	if (!(over < 0x1p63) || !(under < 0x1p63))
		return wrong(l, "a ratio of numbers beyond 2^63");
	*cents = 1200 * (fm_log2(over) - fm_log2(under));
	return 0;
}

static int
parse_scale(struct tuning *t, struct lines *l)
{
	long n;
	int got = next_line(l); /* the description */
	if (got <= 0)
		return got < 0 ? -1 : err_set(l->err, "%s: an empty file", l->name);
	if (whole_line(l, "number of notes", 1, TUNING_NOTES, &n) < 0)
		return -1;
	t->n = (size_t)n;
	t->cents[0] = 0;
	for (size_t i = 1; i <= t->n; i++) {
		if ((got = next_line(l)) < 0)
			return -1;
		if (!got)
			return err_set(l->err, "%s:%d: the file ends after %zu of %zu notes", l->name, l->number, i - 1, t->n);
		if (pitch(l, &t->cents[i]) < 0)
			return -1;
	}
	return 0;
}

/* --- the map ----------------------------------------------------------------------------- */

static int
parse_map(struct tuning *t, struct lines *l)
{
	long size, first, last, middle, reference, repeat;
	if (whole_line(l, "size of the map", 0, TUNING_KEYS, &size) < 0 || whole_line(l, "first key", 0, 127, &first) < 0
	    || whole_line(l, "last key", 0, 127, &last) < 0 || whole_line(l, "middle key", 0, 127, &middle) < 0
	    || whole_line(l, "reference key", 0, 127, &reference) < 0)
		return -1;
	int got = next_line(l);
	if (got < 0)
		return -1;
	char *end;
	const char *s = skip_space(l->text);
	t->hz = got ? strtod(s, &end) : 0;
	if (!got || strspn(s, "0123456789.eE+-") != (size_t)(end - s) || !ends(end) || !(t->hz >= 0.001 && t->hz <= 1e6))
		return wrong(l, "the reference frequency is a number from 0.001 to 1000000 Hz");
	if (whole_line(l, "degree of the octave", 0, TUNING_NOTES * 16, &repeat) < 0)
		return -1;
	if (last < first)
		return wrong(l, "the last key lies before the first");
	if (size && !repeat)
		return wrong(l, "the degree of the octave is 0: the map cannot begin again");
	t->size = (size_t)size;
	t->first = (int)first;
	t->last = (int)last;
	t->middle = (int)middle;
	t->reference = (int)reference;
	t->repeat = (int)repeat;
	for (size_t i = 0; i < t->size; i++)
		t->degree[i] = INT32_MAX; /* what is left out at the end is not mapped */
	for (size_t i = 0; i < t->size; i++) {
		if ((got = next_line(l)) <= 0)
			return got;
		s = skip_space(l->text);
		if ((*s == 'x' || *s == 'X') && ends(s + 1))
			continue;
		const long degree = strtol(s, &end, 10);
		if (end == s || !ends(end) || degree < -TUNING_NOTES * 16 || degree > TUNING_NOTES * 16)
			return wrong(l, "neither the number of a degree nor 'x'");
		t->degree[i] = (int32_t)degree;
	}
	return 0;
}

/* --- keys to pitches ---------------------------------------------------------------------- */

/* Whole number division towards the lower. */
static long
floor_div(long a, long b)
{
	return a / b - (a % b < 0);
}

static double
degree_cents(const struct tuning *t, long degree)
{
	const long n = (long)t->n, round = floor_div(degree, n);
	return (double)round * t->cents[n] + t->cents[degree - round * n];
}

static int
key_cents(const struct tuning *t, long key, double *cents)
{
	const long up = key - t->middle, size = (long)t->size;
	if (!size) {
		*cents = degree_cents(t, up);
		return 0;
	}
	const long round = floor_div(up, size), at = up - round * size;
	if (t->degree[at] == INT32_MAX)
		return -1;
	*cents = (double)round * degree_cents(t, t->repeat) + degree_cents(t, t->degree[at]);
	return 0;
}

int
tuning_pitch(const struct tuning *t, double key, double *at)
{
	double cents, zero;
	if (!(key >= -128 && key <= 256))
		return -1;
	const double nearest = floor(key + 0.5);
	*at = key;
	if (nearest < t->first || nearest > t->last)
		return 0;
	if (key_cents(t, (long)nearest, &cents) < 0 || key_cents(t, t->reference, &zero) < 0)
		return -1;
	*at = 69 + 12 * (fm_log2(t->hz) - fm_log2(440)) + (cents - zero) / 100 + (key - nearest);
	return *at >= -128 && *at <= 256 ? 0 : -1;
}

size_t
tuning_notes(const struct tuning *t, struct note *notes, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		double at;
		if (tuning_pitch(t, (double)notes[i].pitch, &at) < 0)
			continue;
		notes[kept] = notes[i];
		notes[kept++].pitch = (float)at;
	}
	return kept;
}

/* --- files ------------------------------------------------------------------------------ */

int
tuning_parse(struct tuning *t, const char *scl, size_t n_scl, const char *scl_name, const char *kbm, size_t n_kbm,
    const char *kbm_name, struct err *err)
{
	struct lines scale = {.name = scl_name, .at = scl, .end = scl + n_scl, .err = err};
	double cents;
	*t = (struct tuning){.first = -128, .last = 256, .middle = 60, .reference = 60, .hz = 440 * fm_exp2(-0.75)};
	if (parse_scale(t, &scale) < 0)
		return -1;
	if (!kbm)
		return 0;
	struct lines map = {.name = kbm_name, .at = kbm, .end = kbm + n_kbm, .err = err};
	if (parse_map(t, &map) < 0)
		return -1;
	if (key_cents(t, t->reference, &cents) < 0)
		return err_set(err, "%s: the reference key %d is not mapped", kbm_name, t->reference);
	return 0;
}

/* A whole file, to be freed. */
static char *
slurp(const char *path, size_t *n, struct err *err)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_errno(err, "cannot open '%s'", path), NULL;
	char *text = malloc(TUNING_BYTES + 1);
	*n = text ? fread(text, 1, TUNING_BYTES + 1, f) : 0;
	const bool bad = ferror(f);
	if (!text)
		err_set(err, "out of memory");
	else if (bad)
		err_errno(err, "cannot read '%s'", path);
	else if (*n > TUNING_BYTES)
		err_set(err, "'%s' is larger than a tuning may be, %d bytes", path, TUNING_BYTES);
	fclose(f);
	if (text && (bad || *n > TUNING_BYTES)) {
		free(text);
		text = NULL;
	}
	return text;
}

int
tuning_read(struct tuning *t, const char *scl, const char *kbm, struct err *err)
{
	size_t n_scl = 0, n_kbm = 0;
	char *scale = slurp(scl, &n_scl, err), *map = NULL;
	int status = -1;
	if (scale && (!kbm || (map = slurp(kbm, &n_kbm, err))))
		status = tuning_parse(t, scale, n_scl, scl, map, n_kbm, kbm, err);
	free(scale);
	free(map);
	return status;
}

int
tuning_named(struct tuning *t, const char *name, struct err *err)
{
	char scl[4096], kbm[4096], found[2][4096];
	const char *comma = strchr(name, ','), *path[2] = {scl, comma ? kbm : NULL};
	snprintf(scl, sizeof scl, "%.*s", (int)(comma ? comma - name : (ptrdiff_t)strlen(name)), name);
	snprintf(kbm, sizeof kbm, "%s", comma ? comma + 1 : "");
	for (int i = 0; i < 2 && path[i]; i++) {
		char own[4200];
		snprintf(own, sizeof own, "patches/tunings/%s.%s", path[i], i ? "kbm" : "scl");
		if (!strpbrk(path[i], "/.") && !(path[i] = share_find(own, found[i], sizeof found[i])))
			return err_set(err, "there is no tuning '%s' in the library; a file of your own has a '/' or a '.' in its name",
			    i ? kbm : scl);
	}
	return tuning_read(t, path[0], path[1], err);
}
