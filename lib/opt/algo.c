/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/algo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct algo *
algo_find(const char *name)
{
	for (const struct algo *const *a = algos; *a; a++)
		if (!strcmp((*a)->name, name))
			return *a;
	return NULL;
}

const struct knob *
algo_knob(const struct algo *a, const char *name)
{
	const struct knob *k = a->knobs;
	while (k && k->name && strcmp(k->name, name))
		k++;
	return k && k->name ? k : NULL;
}

void
algo_defaults(const struct algo *a, struct algo_settings *s)
{
	for (size_t i = 0; a->knobs && a->knobs[i].name; i++)
		s->knobs[i] = a->knobs[i].standard;
}

/* The names of choices, or of all settings, as a sentence goes on. */
static int
none_of(struct err *err, const struct algo *a, const struct knob *k, const char *text)
{
	char names[400] = "";
	for (size_t i = 0; k ? k->choices[i] != NULL : a->knobs && a->knobs[i].name; i++) {
		const size_t at = strlen(names);
		snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", k ? k->choices[i] : a->knobs[i].name);
	}
	if (k)
		return err_set(err, "%s: '%s' is no %s: one of %s", a->name, text, k->name, names);
	return err_set(err, "%s has no setting '%s'%s%s", a->name, text, *names ? ": it has " : ", nor any", names);
}

static int
knob_value(const struct algo *a, const struct knob *k, const char *text, double *value, struct err *err)
{
	char *end;
	for (int i = 0; k->choices && k->choices[i]; i++)
		if (!strcmp(k->choices[i], text)) {
			*value = i;
			return 0;
		}
	*value = strtod(text, &end);
	if (k->choices || end == text || *end || !(*value >= k->min && *value <= k->max))
		return k->choices ? none_of(err, a, k, text)
		                  : err_set(err, "%s: %s is a number from %g to %g, not '%s'", a->name, k->name, k->min, k->max, text);
	return 0;
}

int
algo_set(const struct algo *a, const char *text, struct algo_settings *s, struct err *err)
{
	char pair[128];
	while (*text) {
		const size_t n = strcspn(text, ",");
		if (n >= sizeof pair)
			return err_set(err, "'%.40s...' is too long for a setting", text);
		memcpy(pair, text, n);
		pair[n] = '\0';
		text += n + (text[n] == ',');
		char *value = strchr(pair, '=');
		if (!value)
			return err_set(err, "'%s' is not NAME=VALUE", pair);
		*value++ = '\0';
		const struct knob *k = algo_knob(a, pair);
		if (!k)
			return none_of(err, a, NULL, pair);
		if (knob_value(a, k, value, &s->knobs[k - a->knobs], err) < 0)
			return -1;
	}
	return 0;
}

void
blob_put(struct blob *b, const void *p, size_t n)
{
	if (b->bad || !n)
		return;
	if (b->size - b->n < n) {
		const size_t size = 2 * b->size + n + 256;
		uint8_t *data = realloc(b->data, size);
		if (!data) {
			b->bad = true;
			return;
		}
		b->data = data;
		b->size = size;
	}
	memcpy(b->data + b->n, p, n);
	b->n += n;
}

void
blob_get(struct blob *b, void *p, size_t n)
{
	if (b->bad || b->n - b->at < n) {
		b->bad = true;
		if (n)
			memset(p, 0, n);
		return;
	}
	if (n)
		memcpy(p, b->data + b->at, n);
	b->at += n;
}

int
blob_done(const struct blob *b, struct err *err)
{
	return b->bad ? err_set(err, "the saved state is cut short") : 0;
}

void
blob_free(struct blob *b)
{
	free(b->data);
	*b = (struct blob){0};
}
