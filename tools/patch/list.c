/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "patch.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/talk.h"
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
		    p->unit ? p->unit : "", p->scale == SCALE_LOG ? "log" : "", p->dir == PORT_IN ? def : "",
		    p->help ? p->help : "");
		for (const char *const *c = p->choices; c && *c; c++)
			printf("%s%s", c == p->choices ? ": " : ", ", *c);
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

void
list_params(const struct recipe *r, bool json)
{
	for (size_t i = 0; i < r->n_parts; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_params; k++) {
			const struct param *q = &r->parts[i].patch.params[k];
			char name[256], value[64], min[64], max[64];
			snprintf(name, sizeof name, "%s%s%s", r->n_parts > 1 ? r->parts[i].name : "", r->n_parts > 1 ? "." : "",
			    q->name);
			value_text(q, q->value, value, sizeof value);
			value_text(q, q->min, min, sizeof min);
			value_text(q, q->max, max, sizeof max);
			if (json)
				print_json(json_pack("{ss ss so sb so so ss so}", "part", r->parts[i].name, "name", q->name, "value",
				    value_json(q, q->value), "open", q->open, "min", value_json(q, q->min), "max",
				    value_json(q, q->max), "scale", scales[q->scale], "choices", names(q->choices, q->n_choices)));
			else
				printf("%-20s %-12s %-7s %s to %s%s\n", name, value, q->open ? "open" : "pinned", min, max,
				    q->scale == SCALE_LOG ? ", log" : "");
		}
}
