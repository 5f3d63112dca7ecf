/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/open.h"

/* The text before "=" and after it; the latter may be NULL. */
struct edit {
	char name[256];
	const char *value;
	const char *option;
};

typedef int edit_fn(const struct patch *p, size_t param, const struct edit *e, struct err *err);

static bool
matches(const struct part *part, const struct param *q, const char *name)
{
	char full[512];
	snprintf(full, sizeof full, "%s.%s", part->name, q->name);
	return !fnmatch(name, q->name, 0) || !fnmatch(name, full, 0);
}

static int
each(struct recipe *r, const char *option, const struct cli_list *list, edit_fn *edit, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *item = list->item[i], *eq = strchr(item, '=');
		struct edit e = {.value = eq ? eq + 1 : NULL, .option = option};
		snprintf(e.name, sizeof e.name, "%.*s", eq ? (int)(eq - item) : (int)strlen(item), item);
		bool found = false;
		for (size_t p = 0; p < r->n_parts; p++)
			for (size_t k = 0; k < r->parts[p].patch.n_params; k++) {
				if (!matches(&r->parts[p], &r->parts[p].patch.params[k], e.name))
					continue;
				found = true;
				if (edit(&r->parts[p].patch, k, &e, err) < 0)
					return err_prefix(err, "--%s %s", option, item);
			}
		if (!found)
			return err_set(err, "--%s %s: the patch has no parameter '%s' (--params shows them)", option, item, e.name);
	}
	return 0;
}

/* Whether a value may go to every port that the parameter feeds. */
static int
fits(const struct patch *p, size_t param, float x, struct err *err)
{
	for (size_t i = 0; i < p->n_nodes; i++)
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			if (in->from != FROM_PARAM || in->param != param)
				continue;
			const struct port *port = port_find(module_find(p->nodes[i].module), PORT_IN, in->port, NULL);
			if (!(x >= port->min && x <= port->max))
				return err_set(err, "%.9g is not within %.9g to %.9g, the range of port '%s' of %s", (double)x,
				    (double)port->min, (double)port->max, port->name, p->nodes[i].module);
		}
	return 0;
}

/* A number or the name of a choice; *end is where it stopped. */
static int
parse(const struct param *q, const char *s, const char *stop, float *x, const char **end, struct err *err)
{
	const size_t n = strcspn(s, stop);
	for (size_t i = 0; q->scale == SCALE_CHOICE && i < q->n_choices; i++)
		if (strlen(q->choices[i]) == n && !memcmp(q->choices[i], s, n))
			return *x = (float)i, *end = s + n, 0;
	char *after;
	*x = strtof(s, &after);
	if (q->scale == SCALE_CHOICE)
		return err_set(err, "'%.*s' is not one of the choices", (int)n, s);
	if (after == s || after != s + n || !isfinite(*x))
		return err_set(err, "'%.*s' is not a number", (int)n, s);
	*end = after;
	return 0;
}

static int
set_value(const struct patch *p, size_t param, const char *text, struct err *err)
{
	struct param *q = &p->params[param];
	const char *end;
	float x;
	if (parse(q, text, "", &x, &end, err) < 0)
		return -1;
	if (q->open && !(x >= q->min && x <= q->max))
		return err_set(err, "%.9g is not within %.9g to %.9g (--open widens the range)", (double)x, (double)q->min,
		    (double)q->max);
	if (q->open && q->step > 0 && fabsf(open_value(q, open_unit(q, x)) - x) > 1e-4f * q->step)
		return err_set(err, "%.9g is no step of %.9g from %.9g (--pin takes any value)", (double)x, (double)q->step, (double)q->min);
	if (fits(p, param, x, err) < 0)
		return -1;
	q->value = x;
	return 0;
}

static int
set_one(const struct patch *p, size_t param, const struct edit *e, struct err *err)
{
	if (!e->value)
		return err_set(err, "needs a value: %s=VALUE", e->name);
	return set_value(p, param, e->value, err);
}

static int
pin_one(const struct patch *p, size_t param, const struct edit *e, struct err *err)
{
	p->params[param].open = false;
	return e->value ? set_value(p, param, e->value, err) : 0;
}

static int
open_one(const struct patch *p, size_t param, const struct edit *e, struct err *err)
{
	struct param *q = &p->params[param];
	if (e->value) {
		const char *end;
		float min, max;
		if (parse(q, e->value, ",", &min, &end, err) < 0)
			return -1;
		if (*end != ',')
			return err_set(err, "a range is MIN,MAX");
		if (parse(q, end + 1, "", &max, &end, err) < 0)
			return -1;
		if (min > max)
			return err_set(err, "the range is empty");
		if (q->scale == SCALE_LOG && !(min > 0))
			return err_set(err, "a logarithmic range starts above 0");
		if (fits(p, param, min, err) < 0 || fits(p, param, max, err) < 0)
			return -1;
		q->min = min;
		q->max = max;
	}
	q->open = true;
	q->value = q->step > 0 ? open_value(q, open_unit(q, q->value)) : fminf(fmaxf(q->value, q->min), q->max);
	return 0;
}

int
edit_set(struct recipe *r, const struct cli_list *set, struct err *err)
{
	return each(r, "set", set, set_one, err);
}

int
edit_pin(struct recipe *r, const struct cli_list *pin, struct err *err)
{
	return each(r, "pin", pin, pin_one, err);
}

int
edit_open(struct recipe *r, const struct cli_list *open, struct err *err)
{
	return each(r, "open", open, open_one, err);
}
