/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/lua/patch_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "synth/arc.h"
#include "synth/open.h"

/* Lua allows 200 locals in a function; beyond, they go into a table. */
enum { MAX_LOCALS = 150 };

struct text {
	FILE *f;
	const struct patch *p;
	const char *declare, *prefix; /* "local " and "", or "" and "n." */
};

static void
quote(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < ' ' || *s > '~')
			fprintf(f, "\\%03u", (unsigned char)*s);
		else
			putc(*s, f);
	putc('"', f);
}

/* --- parameters --------------------------------------------------------------------- */

/* The names that a choice parameter counts: its own, or those of the port that it feeds. */
static const char *const *
choices_of(const struct patch *p, size_t param, size_t *n)
{
	const struct param *q = &p->params[param];
	*n = q->n_choices;
	if (q->value < (float)q->n_choices && q->max < (float)q->n_choices)
		return q->choices;
	for (size_t i = 0; i < p->n_nodes; i++)
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			if (in->from != FROM_PARAM || in->param != param)
				continue;
			const struct port *port = port_find(module_find(p->nodes[i].module), PORT_IN, in->port, NULL);
			for (*n = 0; port->choices && port->choices[*n];)
				++*n;
			return port->choices;
		}
	return NULL;
}

/* Whether it feeds a port that makes steps of its own where nothing is said. */
static bool
counts(const struct patch *p, size_t param)
{
	for (size_t i = 0; i < p->n_nodes; i++)
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			if (in->from == FROM_PARAM && in->param == param && port_find(module_find(p->nodes[i].module), PORT_IN, in->port, NULL)->whole)
				return true;
		}
	return false;
}

/* A name that no earlier parameter has. */
static void
write_name(FILE *f, const struct patch *p, size_t i)
{
	const char *name = p->params[i].name ? p->params[i].name : "";
	bool taken = !*name || strlen(name) > 150;
	for (size_t k = 0; k < i && !taken; k++)
		taken = p->params[k].name && !strcmp(p->params[k].name, name);
	char own[200];
	snprintf(own, sizeof own, "%.150s#%zu", name, i + 1);
	fprintf(f, "name = ");
	quote(f, taken ? own : name);
}

static int
write_param(const struct text *t, size_t i, struct err *err)
{
	const struct param *q = &t->p->params[i];
	FILE *f = t->f;
	fprintf(f, "%s%sp%zu = ", t->declare, t->prefix, i + 1);
	if (q->scale == SCALE_CHOICE) {
		size_t n;
		const char *const *choices = choices_of(t->p, i, &n);
		if (!choices || q->value < 0 || q->value >= (float)n)
			return err_set(err, "param '%s': its choices have no names", q->name);
		const float low = q->min < 0 ? 0 : q->min, high = q->max >= (float)n ? (float)(n - 1) : q->max;
		if (q->open)
			fprintf(f, "open{");
		else {
			fprintf(f, "pin(");
			quote(f, choices[(int)q->value]);
			fprintf(f, ", {");
		}
		/* a pinned value may lie outside its range, which is then lost */
		if (q->value >= low && q->value <= high)
			for (int k = (int)low; k <= (int)high; k++) {
				quote(f, choices[k]);
				fprintf(f, ", ");
			}
		write_name(f, t->p, i);
		if (q->open) {
			fprintf(f, ", value = ");
			quote(f, choices[(int)q->value]);
		}
		fprintf(f, q->open ? "}\n" : "})\n");
		return 0;
	}
	if (q->open)
		fprintf(f, "open{%.9g, %.9g, value = %.9g, ", (double)q->min, (double)q->max, (double)q->value);
	else
		fprintf(f, "pin(%.9g, {%.9g, %.9g, ", (double)q->value, (double)q->min, (double)q->max);
	write_name(f, t->p, i);
	/* a value between two steps goes before them */
	const bool between = q->open && fabsf(open_value(q, open_unit(q, q->value)) - q->value) > 1e-4f * q->step;
	if (q->scale == SCALE_LINEAR && (q->step > 0 || counts(t->p, i)))
		fprintf(f, ", step = %.9g", between ? 0 : (double)q->step);
	fprintf(f, ", log = %s%s\n", q->scale == SCALE_LOG && q->min > 0 ? "true" : "false", q->open ? "}" : "})");
	return 0;
}

/* --- nodes ------------------------------------------------------------------------ */

static bool
is_shared(const char *module)
{
	return !strcmp(module, "note") || !strcmp(module, "transport");
}

/* What is not built in is found by guest("NAME"), whatever its name is. */
static const char *
variable(const struct module *m)
{
	return m->flags & MODULE_GUEST ? "guest" : m->name;
}

/* Ports of plug-ins may be called as a word of Lua's own is. */
static bool
is_keyword(const char *s)
{
	static const char *const words[] = {"and", "break", "do", "else", "elseif", "end", "false", "for", "function",
	    "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(s, words[i]))
			return true;
	return false;
}

static void
write_wire(const struct text *t, struct wire w)
{
	const struct module *m = module_find(t->p->nodes[w.node].module);
	if (is_shared(m->name))
		fprintf(t->f, "%s", m->name);
	else
		fprintf(t->f, "%s%s_%u", t->prefix, variable(m), w.node + 1);
	if (port_count(m, PORT_OUT) > 1)
		fprintf(t->f, is_keyword(w.port) ? "[\"%s\"]" : ".%s", w.port);
}

/* "sound:HASH NAME": the name is for people. */
static void
write_sound(FILE *f, const struct asset_ref *s, size_t k)
{
	char hex[HASH_HEX], text[HASH_HEX + 200];
	snprintf(text, sizeof text, "sound:%s %.150s", hash_hex(s->hash, HASH_SIZE, hex), s->name ? s->name : "");
	fprintf(f, k ? ", " : "");
	quote(f, text);
}

static void
write_node(const struct text *t, size_t i)
{
	const struct node *n = &t->p->nodes[i];
	const struct module *m = module_find(n->module);
	FILE *f = t->f;
	if (is_shared(m->name))
		return;
	fprintf(f, "%s%s%s_%zu = ", t->declare, t->prefix, variable(m), i + 1);
	if (n->oversample > 1)
		fprintf(f, "oversample(%u, function() return ", n->oversample);
	fprintf(f, "%s", variable(m));
	if (m->flags & MODULE_GUEST) {
		putc('(', f);
		quote(f, m->name);
		putc(')', f);
	}
	putc('{', f);
	if (n->n_sounds) {
		fprintf(f, "files = {");
		for (size_t k = 0; k < n->n_sounds; k++)
			write_sound(f, &n->sounds[k], k);
		fprintf(f, n->n_inputs ? "}, " : "}");
	}
	for (size_t k = 0; k < n->n_inputs; k++) {
		const struct input *in = &n->inputs[k];
		const struct port *port = port_find(m, PORT_IN, in->port, NULL);
		fprintf(f, is_keyword(in->port) ? "%s[\"%s\"] = " : "%s%s = ", k ? ", " : "", in->port);
		if (in->from == FROM_WIRE)
			write_wire(t, in->wire);
		else if (in->from == FROM_PARAM)
			fprintf(f, "%sp%u", t->prefix, in->param + 1);
		else if (port->scale == SCALE_CHOICE)
			quote(f, port->choices[(int)in->value]);
		else
			fprintf(f, "%.9g", (double)in->value);
	}
	fprintf(f, n->oversample > 1 ? "} end)\n" : "}\n");
}

static int
write_part(FILE *f, const struct part *part, struct err *err)
{
	const struct patch *p = &part->patch;
	const bool many = p->n_nodes + p->n_params > MAX_LOCALS;
	const struct text t = {f, p, many ? "" : "local ", many ? "n." : ""};
	if (many)
		fprintf(f, "local n = {}\n");
	for (size_t i = 0; i < p->n_params; i++)
		if (write_param(&t, i, err) < 0)
			return -1;
	for (size_t i = 0; i < p->n_nodes; i++)
		write_node(&t, i);
	fprintf(f, "local out = part{");
	if (p->n_outputs == 2)
		fprintf(f, "stereo{");
	for (size_t i = 0; i < p->n_outputs; i++) {
		fprintf(f, "%s", i ? ", " : "");
		write_wire(&t, p->outputs[i]);
	}
	fprintf(f, "%s, name = ", p->n_outputs == 2 ? "}" : "");
	quote(f, part->name ? part->name : "");
	fprintf(f, ", patch = ");
	quote(f, p->name ? p->name : "");
	fprintf(f, ", gain = %.9g}\n", (double)part->gain);
	return 0;
}

/* --- the whole -------------------------------------------------------------------- */

static void
write_phrase(FILE *f, const struct recipe *r)
{
	const struct phrase *p = &r->phrase;
	fprintf(f, "phrase{\n\ttempo = %.17g, beats = %.17g, tail = %.17g,\n\tnotes = {\n", p->tempo, p->beats, p->tail);
	for (size_t i = 0; i < p->n_notes; i++) {
		const struct note *n = &p->notes[i];
		fprintf(f, "\t\t{%.17g, %.17g, %.9g, %.9g, %u},\n", n->start, n->length, (double)n->pitch, (double)n->velocity,
		    n->part + 1);
	}
	fprintf(f, "\t},\n");
	if (p->n_arcs)
		fprintf(f, "\tarcs = {\n");
	for (size_t i = 0; i < p->n_arcs; i++) {
		const struct arc *a = &p->arcs[i];
		fprintf(f, "\t\t{");
		quote(f, r->parts[a->part].patch.params[a->param].name);
		for (size_t k = 0; k < a->n; k++) {
			const unsigned shape = a->shapes ? a->shapes[k] : ARC_LINE;
			fprintf(f, ", {%.17g, %.9g", a->beats[k], (double)a->values[k]);
			if (shape != ARC_LINE)
				fprintf(f, ", \"%s\"", arc_shapes[shape]);
			if (shape == ARC_CURVE)
				fprintf(f, ", %.9g", a->bends ? (double)a->bends[k] : 0.0);
			putc('}', f);
		}
		if (a->every > 0)
			fprintf(f, ", every = %.17g", a->every);
		fprintf(f, ", part = %u},\n", a->part + 1);
	}
	fprintf(f, "%s}", p->n_arcs ? "\t},\n" : "");
}

int
patch_text(FILE *f, const struct recipe *r, struct err *err)
{
	const bool kit = r->n_parts > 1;
	if (kit)
		fprintf(f, "local parts = {}\n");
	for (size_t i = 0; i < r->n_parts; i++) {
		if (kit)
			fprintf(f, "do\n");
		if (write_part(f, &r->parts[i], err) < 0)
			return err_prefix(err, "part %zu", i);
		if (kit)
			fprintf(f, "parts[%zu] = out\nend\n", i + 1);
	}
	fprintf(f, "return %s, ", kit ? "kit(parts)" : "out");
	write_phrase(f, r);
	fprintf(f, ", {engine = %u, rate = %u, seed = ", r->engine, r->rate);
	/* Lua's whole numbers have a sign */
	fprintf(f, r->seed >> 63 ? "0x%" PRIx64 : "%" PRIu64, r->seed);
	fprintf(f, "}\n");
	return 0;
}
