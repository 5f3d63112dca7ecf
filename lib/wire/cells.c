/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
measure_parse(char *text, const struct axes *axes, struct measure *m, struct measure_source *from, struct err *err)
{
	char *range = strchr(text, '='), *cells = strchr(range ? range : text, '/');
	if (range)
		*range++ = '\0';
	if (cells)
		*cells++ = '\0';
	measure_find(text, from);
	*m = (struct measure){.name = from->name, .min = 0, .max = 1, .cells = 20};
	if (!strncmp(text, "pc", 2) && text[2] >= '1' && text[2] < '1' + AXES && !text[3]) {
		if (!axes)
			return err_set(err, "'%s' is an axis that is learned: say from which takes", text);
		from->kind = MEASURE_AXIS;
		from->index = (size_t)(text[2] - '1');
		from->axes = axes;
		axes_range(axes, from->index, &m->min, &m->max);
		if (!range && !(m->max > m->min))
			return err_set(err, "the takes that '%s' is learned from do not differ along it", text);
	}
	if (range) {
		char *low = NULL, *high = NULL, *dots = strstr(range, "..");
		if (dots) {
			*dots = '\0'; /* before strtod: "0..1" begins with the number "0." */
			m->min = strtod(range, &low);
			m->max = strtod(dots + 2, &high);
		}
		if (!dots || low == range || *low || high == dots + 2 || *high || !(m->max > m->min))
			return err_set(err, "the range of '%s' is not MIN..MAX", text);
	} else if (from->kind == MEASURE_COLUMN)
		return err_set(err, "'%s' is a column of the summary: say its range, as %s=MIN..MAX", text, text);
	if (cells) {
		char *end;
		const unsigned long n = strtoul(cells, &end, 10);
		if (*end || end == cells || n < 1 || n > 1 << 20)
			return err_set(err, "'%s' is no number of cells", cells);
		m->cells = (uint32_t)n;
	}
	return 0;
}

/* Calls for each part of a list; returns how many. */
static int
each(const char *text, size_t most, const char *what, int (*one)(char *part, size_t i, void *to, struct err *err), void *to,
    struct err *err)
{
	char part[128];
	int count = 0;
	while (*text) {
		const size_t n = strcspn(text, ",");
		if (!n || n >= 64)
			return err_set(err, "'%.40s' is no list of %s", text, what);
		if ((size_t)count == most)
			return err_set(err, "more than %zu %s", most, what);
		memcpy(part, text, n);
		part[n] = '\0';
		text += n + (text[n] == ',');
		if (one(part, (size_t)count++, to, err) < 0)
			return -1;
	}
	return count;
}

struct measures {
	const struct axes *axes;
	struct measure *m;
	struct measure_source *from;
};

static int
one_measure(char *part, size_t i, void *to, struct err *err)
{
	const struct measures *t = to;
	return measure_parse(part, t->axes, &t->m[i], &t->from[i], err);
}

static int
one_objective(char *part, size_t i, void *to, struct err *err)
{
	(void)err;
	measure_find(part, (struct measure_source *)to + i);
	return 0;
}

int
measures_parse(const char *text, const struct axes *axes, struct measure m[ALGO_MAX_MEASURES],
    struct measure_source from[ALGO_MAX_MEASURES], struct err *err)
{
	return each(text, ALGO_MAX_MEASURES, "measures", one_measure, &(struct measures){axes, m, from}, err);
}

int
objectives_parse(const char *text, struct measure_source from[ALGO_MAX_OBJECTIVES], struct err *err)
{
	return each(text, ALGO_MAX_OBJECTIVES, "objectives", one_objective, from, err);
}

/* --- takes in cells ------------------------------------------------------------------------------- */

int
take_archive_init(struct take_archive *a, const char *text, const char *axes_from, struct err *err)
{
	*a = (struct take_archive){0};
	if (axes_from && !(a->axes = axes_learn(axes_from, err)))
		return -1;
	a->n = measures_parse(text, a->axes, a->measures, a->from, err);
	if (a->n < 0 || archive_init(&a->archive, a->measures, (size_t)a->n, 0, 1, 0, err) < 0)
		return take_archive_release(a), -1;
	return 0;
}

void
take_archive_release(struct take_archive *a)
{
	archive_release(&a->archive);
	axes_free(a->axes);
	a->axes = NULL;
}

int
take_archive_add(struct take_archive *a, const struct take *t, size_t *place, struct err *err)
{
	double values[ALGO_MAX_MEASURES];
	const struct told told = {a->added++, t->m->fitness, values, NULL};
	if (*t->m->error || !t->m->n_scores || isnan(t->m->fitness))
		return 0;
	if (measures_read(a->from, a->n, t, values, err) < 0)
		return -1;
	const int status = archive_add(&a->archive, &told, NULL, NULL, err);
	if (status > 0 && place)
		*place = a->archive.at[archive_cell(&a->archive, values)] - 1;
	return status;
}

/* --- takes of others ------------------------------------------------------------------------------- */

int
takes_measured(const char *path, const char *but, const struct measure_source *from, int n, double **where, double **worth, size_t *count,
    struct err *err)
{
	struct reader *in = reader_open(path, err);
	struct take *t;
	size_t room = 0;
	int got = in ? 0 : -1;
	*where = *worth = NULL;
	*count = 0;
	while (in && (got = take_read(in, &t, err)) > 0) {
		double values[ALGO_MAX_MEASURES];
		const bool own = but && t->m->origin && !strcmp(t->m->origin->run, but);
		bool good = !own && !*t->m->error && t->m->n_scores && !isnan(t->m->fitness) && measures_read(from, n, t, values, NULL) == 0;
		for (int i = 0; good && i < n; i++)
			good = isfinite(values[i]);
		if (good && *count == room) {
			room = 2 * room + 256;
			double *w = realloc(*where, room * (size_t)n * sizeof *w), *f = realloc(*worth, room * sizeof *f);
			*where = w ? w : *where;
			*worth = f ? f : *worth;
			if (!w || !f)
				got = err_set(err, "out of memory for %zu takes", room);
		}
		if (good && got > 0) {
			memcpy(*where + *count * (size_t)n, values, (size_t)n * sizeof *values);
			(*worth)[(*count)++] = t->m->fitness;
		}
		take_free(t);
		if (got < 0)
			break;
	}
	reader_free(in);
	return got < 0 ? -1 : 0;
}
