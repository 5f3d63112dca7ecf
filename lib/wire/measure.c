/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/measure.h"

#include <stdio.h>
#include <string.h>

#include "feature/summary.h"
#include "score/words.h"

float *
take_summary(const struct take *t)
{
	const Assay__Tensor *s = take_tensor(t, SUMMARY_NAME);
	return s && s->n_data == SUMMARY_COLUMNS ? s->data : NULL;
}

void
measure_find(const char *name, struct measure_source *m)
{
	*m = (struct measure_source){.kind = MEASURE_SCORE};
	snprintf(m->name, sizeof m->name, "%s", name);
	for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
		if (!strcmp(summary_columns[i].label, name)) {
			m->kind = MEASURE_COLUMN;
			m->index = i;
		}
	for (size_t i = 0; i < ASPECTS; i++) /* a column of that name is in another unit: the aspect is meant */
		if (!strcmp(aspect_names[i], name)) {
			m->kind = MEASURE_ASPECT;
			m->index = i;
		}
}

static int
score(const struct measure_source *m, const struct take *t, double *value, struct err *err)
{
	for (size_t i = 0; i < t->m->n_scores; i++)
		if (!strcmp(t->m->scores[i]->term, m->name)) {
			*value = t->m->scores[i]->value;
			return 0;
		}
	return err_set(err, "no score, aspect or column of the summary is called '%s'", m->name);
}

int
measure_read(const struct measure_source *m, const struct take *t, double *value, struct err *err)
{
	if (m->kind == MEASURE_SCORE)
		return score(m, t, value, err);
	const float *s = take_summary(t);
	if (!s)
		return err_set(err, "it has no '%s': put 'assay features' before", SUMMARY_NAME);
	double aspects[ASPECTS];
	if (m->kind == MEASURE_AXIS)
		*value = axes_at(m->axes, m->index, s);
	else if (m->kind == MEASURE_ASPECT) {
		aspects_of(s, aspects);
		*value = aspects[m->index];
	} else
		*value = s[m->index] * (double)summary_columns[m->index].unit + summary_columns[m->index].mid;
	return 0;
}

int
measures_read(const struct measure_source *m, int n, const struct take *t, double *values, struct err *err)
{
	for (int i = 0; i < n; i++)
		if (measure_read(&m[i], t, &values[i], err) < 0)
			return -1;
	return 0;
}
