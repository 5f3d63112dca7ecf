/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "say.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "feature/summary.h"

/* JSON knows no NaN. */
static json_t *
number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

/* One column over channels and frames. */
static json_t *
column(const Assay__Tensor *m, size_t c)
{
	double n = 0, mean = 0, square = 0, least = INFINITY, most = -INFINITY;
	const int summary = !strcmp(m->name, SUMMARY_NAME) && m->columns == SUMMARY_COLUMNS;
	for (size_t i = c; i < m->n_data; i += m->columns) {
		const double x = summary ? m->data[i] * (double)summary_columns[c].unit + summary_columns[c].mid : m->data[i];
		if (isnan(x))
			continue;
		n++;
		const double d = x - mean;
		mean += d / n;
		square += d * (x - mean);
		least = fmin(least, x);
		most = fmax(most, x);
	}
	if (n < 1)
		return json_null();
	if (m->frames == 1)
		return number(mean);
	json_t *o = json_object();
	json_object_set_new(o, "mean", number(mean));
	json_object_set_new(o, "std", number(sqrt(square / n)));
	json_object_set_new(o, "min", number(least));
	json_object_set_new(o, "max", number(most));
	return o;
}

static json_t *
tensor(const Assay__Tensor *m)
{
	char label[64];
	json_t *o = json_object();
	for (size_t c = 0; c < m->columns; c++) {
		if (c < m->n_labels)
			snprintf(label, sizeof label, "%s", m->labels[c]);
		else
			snprintf(label, sizeof label, "%s%zu", m->axis, c);
		json_object_set_new(o, label, column(m, c));
	}
	return o;
}

int
say_take(const struct take *t)
{
	const Take *m = t->m;
	char hex[HASH_HEX];
	json_t *o = json_object(), *heard = json_object();
	json_object_set_new(o, "key", json_string(m->key)); /* left out if it is no UTF-8 */
	if (m->id.len)
		json_object_set_new(o, "id", json_string(hash_hex(m->id.data, m->id.len < HASH_SIZE ? m->id.len : HASH_SIZE, hex)));
	if (*m->error)
		json_object_set_new(o, "error", json_string(m->error));
	if (m->audio) {
		json_object_set_new(o, "rate", json_integer(m->audio->rate));
		json_object_set_new(o, "channels", json_integer(m->audio->channels));
		json_object_set_new(o, "frames", json_integer((json_int_t)m->audio->frames));
	}
	for (size_t i = 0; i < m->n_features; i++)
		json_object_set_new(heard, m->features[i]->name, tensor(m->features[i]));
	json_object_set_new(o, "features", heard);
	int got = json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	if (putchar('\n') == EOF || fflush(stdout))
		got = -1;
	return got;
}
