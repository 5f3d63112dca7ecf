/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/talk.h"
#include "synth/open.h"
#include "synth/registry.h"

static const char *const rates[] = {"control", "audio", "fixed"};
static const char *const scales[] = {"linear", "log", "choice"};

static void
print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(o);
}

static json_t *
text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *
names(const char *const *s, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; s && i < n && s[i]; i++)
		json_array_append_new(list, json_string(s[i]));
	return list;
}

/* --- modules ---------------------------------------------------------------------- */

static json_t *
port_json(const struct port *p)
{
	json_t *o = json_pack("{ss ss ss so so}", "name", p->name, "rate", rates[p->rate], "scale", scales[p->scale], "unit",
	    text(p->unit), "help", text(p->help));
	if (p->scale == SCALE_CHOICE)
		json_object_set_new(o, "choices", names(p->choices, (size_t)-1));
	json_object_set_new(o, "min", json_real((double)p->min));
	json_object_set_new(o, "max", json_real((double)p->max));
	if (p->dir == PORT_IN) {
		json_object_set_new(o, "whole", json_boolean(p->whole));
		json_object_set_new(o, "when", text(p->when));
		json_object_set_new(o, "default", json_real((double)p->def));
		json_object_set_new(o, "from", text(p->from));
	}
	return o;
}

static void
module_json(const struct module *m)
{
	json_t *in = json_array(), *out = json_array();
	for (const struct port *p = m->ports; p->dir != PORT_END; p++)
		json_array_append_new(p->dir == PORT_IN ? in : out, port_json(p));
	print_json(json_pack("{ss ss ss so so so}", "name", m->name, "group", m->group, "help", m->help, "inputs", in,
	    "outputs", out, "example", text(m->example)));
}

/* Groups in the order in which a patch is built; a group of another name comes last. */
const char *const list_groups[LIST_GROUPS] = {"oscillator", "filter", "modulator", "shaper", "effect", "routing", "maths"};

static int
group_of(const struct module *m)
{
	int g = 0;
	while (g < LIST_GROUPS && strcmp(list_groups[g], m->group))
		g++;
	return g;
}

static void
load(const char *name, void *user)
{
	struct err err;
	size_t index;
	(void)user;
	if (registry_find(name, &index, &err) < 0)
		talk_warning("%s", err.text);
}

int
list_modules(bool json)
{
	for (const struct module_source *const *s = module_sources; *s; s++)
		(*s)->list(load, NULL);
	for (int g = 0; g <= LIST_GROUPS; g++) {
		bool first = true;
		for (size_t i = 0; i < registry_count(); i++) {
			const struct module *m = registry_at(ISA_SCALAR, i);
			if (group_of(m) != g)
				continue;
			if (json) {
				module_json(m);
				continue;
			}
			if (first)
				printf("%s%s\n", g ? "\n" : "", m->group);
			first = false;
			/* as a patch says it: one's own modules without their version */
			printf("  %-12.*s %s\n", (int)strcspn(m->name, strchr(m->name, ':') ? "" : "@"), m->name, m->help);
		}
	}
	return 0;
}

/* By the name of a recipe, or as a patch would say it: "wobble", "faust:tone.dsp". */
static const struct module *
find_module(const char *name, struct err *err)
{
	static const char *const here[] = {".", NULL};
	const char *colon = strchr(name, ':');
	char word[64];
	size_t index;
	if (registry_find(name, &index, err) == 0)
		return registry_at(ISA_SCALAR, index);
	snprintf(word, sizeof word, "%.*s", colon ? (int)(colon - name) : 0, name);
	struct err why;
	const int status = registry_guest(word, colon ? colon + 1 : name, here, &index, &why);
	if (status == 0)
		return registry_at(ISA_SCALAR, index);
	if (status < 0)
		*err = why;
	else if (!strpbrk(name, ":@")) /* what has one says more */
		err_set(err, "there is no module '%s' ('assay patch --list' shows them all)", name);
	return NULL;
}

int
list_ports(const char *module, bool json, struct err *err)
{
	const struct module *m = find_module(module, err);
	if (!m)
		return -1;
	if (json)
		return module_json(m), 0;
	printf("%s: %s\n", m->name, m->help);
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		char range[64], def[64] = "";
		if (p->scale == SCALE_CHOICE)
			snprintf(range, sizeof range, "choice");
		else
			snprintf(range, sizeof range, "%.6g to %.6g", (double)p->min, (double)p->max);
		if (p->from)
			snprintf(def, sizeof def, "[%s]", p->from);
		else if (p->scale == SCALE_CHOICE)
			snprintf(def, sizeof def, "[%s]", p->choices[(int)p->def]);
		else
			snprintf(def, sizeof def, "[%.6g]", (double)p->def);
		printf("  %-4s %-12s %-20s %-10s %-6s %-14s %s", p->dir == PORT_IN ? "in" : "out", p->name, range,
		    p->unit ? p->unit : "", p->scale == SCALE_LOG ? "log" : p->whole ? "whole" : "", p->dir == PORT_IN ? def : "",
		    p->help ? p->help : "");
		for (const char *const *c = p->choices; c && *c; c++)
			printf("%s%s", c == p->choices ? ": " : ", ", *c);
		if (p->when)
			printf(" (where %s)", p->when);
		putchar('\n');
	}
	if (m->example)
		printf("\n  return %s\n", m->example);
	return 0;
}

/* --- parameters ------------------------------------------------------------------- */

static void
value_text(const struct param *q, float x, char *buf, size_t n)
{
	if (q->scale == SCALE_CHOICE && x >= 0 && x < (float)q->n_choices)
		snprintf(buf, n, "%s", q->choices[(int)x]);
	else
		snprintf(buf, n, "%.6g", (double)x);
}

static json_t *
value_json(const struct param *q, float x)
{
	if (q->scale == SCALE_CHOICE && x >= 0 && x < (float)q->n_choices)
		return json_string(q->choices[(int)x]);
	return json_real((double)x);
}

/* The levels of a parent at which another is heard, as words: "ladder or band". */
static void
levels_text(const struct param *parent, uint64_t when, char *buf, size_t n)
{
	const uint32_t levels = open_levels(parent);
	uint32_t first = levels, last = 0, count = 0;
	for (uint32_t k = 0; k < levels; k++)
		if (when >> (k < 63 ? k : 63) & 1) {
			first = k < first ? k : first;
			last = k;
			count++;
		}
	*buf = 0;
	if (parent->scale != SCALE_CHOICE && count > 2 && last - first + 1 == count) {
		snprintf(buf, n, "%.6g to %.6g", (double)open_value(parent, (first + 0.5) / levels),
		    (double)open_value(parent, (last + 0.5) / levels));
		return;
	}
	for (uint32_t k = 0; k < levels; k++) {
		char value[64];
		if (!(when >> (k < 63 ? k : 63) & 1))
			continue;
		value_text(parent, open_value(parent, (k + 0.5) / levels), value, sizeof value);
		const size_t at = strlen(buf);
		snprintf(buf + at, n - at, "%s%s", at ? " or " : "", value);
	}
}

/* Its name and values for people, and as they stand in takes: which of the part's parameters, and numbers. */
static json_t *
where_json(const struct part *part, const struct param *parent, uint64_t when)
{
	json_t *is = json_array(), *values = json_array();
	const uint32_t levels = open_levels(parent);
	for (uint32_t k = 0; k < levels; k++)
		if (when >> (k < 63 ? k : 63) & 1) {
			const float x = open_value(parent, (k + 0.5) / levels);
			json_array_append_new(is, value_json(parent, x));
			json_array_append_new(values, json_real((double)x));
		}
	return json_pack("{ss so si so}", "name", parent->name, "is", is, "param", (int)(parent - part->patch.params), "values",
	    values);
}

static void
list_param(const struct part *part, bool several, const struct param *q, const struct param *parent, uint64_t when, bool json)
{
	char name[256], value[64], min[64], max[64], step[64], at[512];
	if (json) {
		json_t *o = json_pack("{ss ss so sb so so ss sf so}", "part", part->name, "name", q->name, "value", value_json(q, q->value),
		    "open", q->open, "min", value_json(q, q->min), "max", value_json(q, q->max), "scale", scales[q->scale], "step",
		    (double)q->step, "choices", names(q->choices, q->n_choices));
		if (parent)
			json_object_set_new(o, "where", where_json(part, parent, when));
		print_json(o);
		return;
	}
	snprintf(name, sizeof name, "%s%s%s", several ? part->name : "", several ? "." : "", q->name);
	value_text(q, q->value, value, sizeof value);
	value_text(q, q->min, min, sizeof min);
	value_text(q, q->max, max, sizeof max);
	printf("%-20s %-12s %-7s %s to %s", name, value, q->open ? "open" : "pinned", min, max);
	snprintf(step, sizeof step, ", step %.6g", (double)q->step);
	fputs(q->scale == SCALE_LOG ? ", log" : q->step > 0 ? step : "", stdout);
	if (parent) {
		levels_text(parent, when, at, sizeof at);
		printf(", where %s is %s", parent->name, at);
	}
	putchar('\n');
}

int
list_params(const struct recipe *r, bool json, struct err *err)
{
	const size_t n = open_params(r, NULL, 0);
	struct param **open = malloc((n + 1) * sizeof *open);
	struct open_when *when = malloc((n + 1) * sizeof *when);
	int got = open && when ? 0 : err_set(err, "out of memory");
	if (got == 0) {
		open_params(r, open, n);
		got = open_conditions(r, open, n, when, err);
	}
	size_t at = 0;
	for (size_t i = 0; got == 0 && i < r->n_parts; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_params; k++) {
			const struct param *q = &r->parts[i].patch.params[k];
			const struct open_when *w = at < n && open[at] == q ? &when[at++] : NULL;
			list_param(&r->parts[i], r->n_parts > 1, q, w && w->of_1 ? open[w->of_1 - 1] : NULL, w ? w->when : 0, json);
		}
	free(open);
	free(when);
	return got;
}
