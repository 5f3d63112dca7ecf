/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A patch that is being changed: nodes and parameters with room for more, and back to a patch that can be played. */
#include "synth/mutate_draft.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "synth/open.h"
#include "synth/registry.h"

enum { MOST_NEW = 24 }; /* nodes that one change may add */

/* --- modules ------------------------------------------------------------------------ */

bool
is_sound_port(const struct port *p)
{
	return !strcmp(p->name, "in") || !strcmp(p->name, "left") || !strcmp(p->name, "right");
}

static bool
has_sound_in(const struct module *m)
{
	return port_find(m, PORT_IN, "in", NULL) || port_find(m, PORT_IN, "left", NULL);
}

enum kind
kind_of(const struct module *m)
{
	if (!m || m->flags & (MODULE_VOICES | MODULE_GUEST) || !port_count(m, PORT_OUT))
		return KIND_NONE;
	const bool in = has_sound_in(m), modulates = !strcmp(m->group, "modulator");
	if (!strcmp(m->group, "maths"))
		return KIND_MATHS;
	if (m->flags & MODULE_ENVELOPE)
		return in ? KIND_NONE : KIND_ENVELOPE;
	if (m->flags & MODULE_CONTROL)
		return !in && port_find(m, PORT_IN, "rate", NULL) ? KIND_LFO : KIND_NONE;
	if (!(m->flags & MODULE_AUDIO) || modulates)
		return KIND_NONE;
	if (!strcmp(m->group, "oscillator")) /* a string may take a sound as well */
		return KIND_SOURCE;
	if (!in)
		return KIND_NONE;
	return port_find(m, PORT_IN, "cutoff", NULL) ? KIND_FILTER : KIND_EFFECT;
}

const char *
first_output(const struct module *m)
{
	const struct port *p = m->ports;
	while (p->dir == PORT_IN)
		p++;
	return p->name;
}

const char *
output_like(const struct module *m, const char *port)
{
	return port_find(m, PORT_OUT, port, NULL) ? port : first_output(m);
}

bool
is_room(const struct module *m)
{
	return m->rows && !strcmp(m->group, "effect");
}

/* --- inputs ---------------------------------------------------------------------------- */

void
input_wire(struct input *in, uint32_t node, const char *port)
{
	in->from = FROM_WIRE;
	in->wire = (struct wire){node, port};
}

void
input_copy(struct input *in, const struct input *from)
{
	const char *port = in->port;
	*in = *from;
	in->port = port;
}

bool
input_same(const struct input *a, const struct input *b)
{
	if (a->from != b->from)
		return false;
	if (a->from == FROM_WIRE)
		return a->wire.node == b->wire.node && !strcmp(a->wire.port, b->wire.port);
	return a->from == FROM_PARAM ? a->param == b->param : a->value == b->value;
}

const struct module *
draft_module(const struct draft *d, uint32_t node)
{
	return module_find(d->patch.nodes[node].module);
}

struct input *
draft_input(const struct draft *d, uint32_t node, const char *port)
{
	const struct node *n = &d->patch.nodes[node];
	for (size_t i = 0; i < n->n_inputs; i++)
		if (!strcmp(n->inputs[i].port, port))
			return &n->inputs[i];
	return NULL;
}

/* --- what is new -------------------------------------------------------------------------- */

uint32_t
draft_shared(struct draft *d, const char *module)
{
	for (uint32_t i = 0; i < d->patch.n_nodes; i++)
		if (!strcmp(d->patch.nodes[i].module, module))
			return i;
	const struct module *m = module_find(module);
	return m ? draft_node(d, m) : UINT32_MAX;
}

uint32_t
draft_voices(const struct draft *d)
{
	for (uint32_t i = 0; i < d->patch.n_nodes; i++)
		if (draft_module(d, i)->flags & MODULE_VOICES)
			return i;
	return UINT32_MAX;
}

/* What feeds a port where a patch is silent. */
static void
at_rest(struct draft *d, const struct port *p, struct input *in)
{
	*in = (struct input){.port = p->name, .value = p->def};
	const char *dot = p->from ? strchr(p->from, '.') : NULL;
	if (!dot)
		return;
	char name[32];
	snprintf(name, sizeof name, "%.*s", (int)(dot - p->from), p->from);
	const uint32_t node = draft_shared(d, name);
	if (node != UINT32_MAX)
		input_wire(in, node, dot + 1);
}

/* Inputs in the order of the ports, those that are silent at rest. voices() has as many as it has sides. */
static int
state_all(struct draft *d, uint32_t node, const struct module *m)
{
	const size_t n = port_count(m, PORT_IN);
	struct input *all = arena_array(d->arena, n ? n : 1, sizeof *all);
	if (!all)
		return -1;
	size_t k = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_IN)
			continue;
		const struct input *was = draft_input(d, node, p->name);
		if (was) {
			all[k] = *was;
			all[k++].port = p->name;
		} else if (!(m->flags & MODULE_VOICES))
			at_rest(d, p, &all[k++]);
	}
	d->patch.nodes[node].inputs = all;
	d->patch.nodes[node].n_inputs = k;
	return 0;
}

uint32_t
draft_node(struct draft *d, const struct module *m)
{
	if (d->patch.n_nodes == d->room_nodes)
		return UINT32_MAX;
	const uint32_t node = (uint32_t)d->patch.n_nodes++;
	d->patch.nodes[node] = (struct node){.module = m->name};
	return state_all(d, node, m) < 0 ? UINT32_MAX : node;
}

uint32_t
draft_maths(struct draft *d, const char *module, const struct input *a, const struct input *b)
{
	const struct module *m = module_find(module);
	const uint32_t node = m ? draft_node(d, m) : UINT32_MAX;
	if (node == UINT32_MAX)
		return node;
	input_copy(&d->patch.nodes[node].inputs[0], a);
	if (b)
		input_copy(&d->patch.nodes[node].inputs[1], b);
	return node;
}

uint32_t
draft_param(struct draft *d, const char *base, struct param q)
{
	struct patch *p = &d->patch;
	if (p->n_params == d->room_params)
		return UINT32_MAX;
	/* "cutoff.2" copied is "cutoff.3" */
	const char *dot = strrchr(base, '.');
	const int stem = dot && dot[1] && !dot[1 + strspn(dot + 1, "0123456789")] ? (int)(dot - base) : (int)strlen(base);
	for (int count = 1; count < PATCH_MAX_PARAMS + 2; count++) {
		q.name = count == 1 ? arena_printf(d->arena, "%.*s", stem > 120 ? 120 : stem, base)
		                    : arena_printf(d->arena, "%.*s.%d", stem > 120 ? 120 : stem, base, count);
		bool taken = !q.name;
		for (size_t i = 0; i < p->n_params && !taken; i++)
			taken = p->params[i].name && !strcmp(p->params[i].name, q.name);
		if (taken)
			continue;
		q.open = true;
		p->params[p->n_params] = q;
		return (uint32_t)p->n_params++;
	}
	return UINT32_MAX;
}

static size_t
choices_of(const struct port *p)
{
	size_t n = 0;
	while (p->choices && p->choices[n])
		n++;
	return n;
}

void
draft_open(struct draft *d, uint32_t node)
{
	enum { MOST_OPEN = 4 };
	const struct module *m = draft_module(d, node);
	const bool rest = rng_below(d->rng, 2);
	int n = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END && n < MOST_OPEN; p++) {
		if (p->dir != PORT_IN || is_sound_port(p) || p->from || (p->rate == RATE_FIXED && p->scale != SCALE_CHOICE)
		    || !(p->max > p->min) || p->max - p->min > 1e5f)
			continue;
		struct param q = {.min = p->min, .max = p->max, .scale = p->scale, .value = p->def, .step = p->whole && p->scale == SCALE_LINEAR};
		if (p->scale == SCALE_CHOICE) {
			q.choices = p->choices;
			q.n_choices = choices_of(p);
		} else if (p->unit && !strcmp(p->unit, "s") && p->scale == SCALE_LINEAR && p->min <= 0 && p->max >= 1) {
			/* times are heard in ratios, and a sound is seldom longer than this */
			q.scale = SCALE_LOG;
			q.min = 0.001f;
			q.max = fminf(p->max, 4);
			q.value = fminf(fmaxf(p->def, q.min), q.max);
		}
		if (!rest)
			q.value = open_value(&q, rng_uniform(d->rng));
		char name[160];
		snprintf(name, sizeof name, "%s.%s", m->name, p->name);
		const uint32_t param = draft_param(d, name, q);
		if (param == UINT32_MAX)
			return;
		struct input *in = draft_input(d, node, p->name);
		in->from = FROM_PARAM;
		in->param = param;
		n++;
	}
}

static size_t
uses(const struct draft *d, uint32_t param)
{
	size_t n = 0;
	for (size_t i = 0; i < d->patch.n_nodes; i++)
		for (size_t k = 0; k < d->patch.nodes[i].n_inputs; k++)
			n += d->patch.nodes[i].inputs[k].from == FROM_PARAM && d->patch.nodes[i].inputs[k].param == param;
	return n;
}

static bool
same_choices(const struct port *a, const struct port *b)
{
	size_t n = choices_of(a);
	if (n != choices_of(b))
		return false;
	while (n-- > 0)
		if (strcmp(a->choices[n], b->choices[n]))
			return false;
	return true;
}

bool
draft_carry(struct draft *d, const struct input *from, const struct port *was, struct input *to, const struct port *is)
{
	if ((was->scale == SCALE_CHOICE) != (is->scale == SCALE_CHOICE) || (was->scale == SCALE_CHOICE && !same_choices(was, is)))
		return false;
	if (from->from == FROM_WIRE) {
		if (is->rate == RATE_FIXED)
			return false;
	} else if (from->from == FROM_VALUE) {
		input_copy(to, from);
		to->value = fminf(fmaxf(from->value, is->min), is->max);
		return true;
	} else {
		struct param *q = &d->patch.params[from->param];
		if (q->scale == SCALE_CHOICE && is->scale != SCALE_CHOICE && !is->whole)
			return false; /* names of numbers */
		const float low = q->open ? q->min : q->value, high = q->open ? q->max : q->value;
		if (low < is->min || high > is->max) {
			/* narrower, if this port is the only one that it is for */
			const float min = fmaxf(q->min, is->min), max = fminf(q->max, is->max);
			if (!q->open || d->curved[from->param] || uses(d, from->param) > 1 || !(min < max))
				return false;
			q->min = min;
			q->max = max;
			q->value = q->step > 0 ? open_value(q, open_unit(q, q->value)) : fminf(fmaxf(q->value, min), max);
		}
	}
	input_copy(to, from);
	return true;
}

/* --- from a patch, and back ------------------------------------------------------------------- */

static bool
carries_sound(const struct draft *d, const struct node *n, const struct module *m)
{
	if (m->flags & (MODULE_AUDIO | MODULE_VOICES))
		return strcmp(m->group, "modulator");
	for (size_t k = 0; m->flags & MODULE_PURE && k < n->n_inputs; k++)
		if (n->inputs[k].from == FROM_WIRE && d->sound[n->inputs[k].wire.node])
			return true;
	return false;
}

static bool
is_sound_wire(const struct draft *d, const struct input *in)
{
	return in->from == FROM_WIRE && d->sound[in->wire.node];
}

/* Where sounds go, in mathematics too. */
static void
find_links(struct draft *d)
{
	const struct patch *p = &d->patch;
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct module *m = draft_module(d, i);
		const bool maths = kind_of(m) == KIND_MATHS;
		struct input *in = p->nodes[i].inputs;
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			if (!is_sound_wire(d, &in[k]) || !(maths ? !strcmp(in[k].port, "a") || !strcmp(in[k].port, "b") || !strcmp(in[k].port, "in") : (!strcmp(in[k].port, "in") || !strcmp(in[k].port, "left"))))
				continue;
			struct link l = {i, {&in[k]}, 1, d->after[i] && !(m->flags & MODULE_VOICES)};
			struct input *right = strcmp(in[k].port, "left") ? NULL : draft_input(d, i, "right");
			if (right && is_sound_wire(d, right))
				l.in[l.n++] = right;
			d->links[d->n_links++] = l;
		}
	}
	struct link out = {(uint32_t)p->n_nodes, {&d->outputs[0], &d->outputs[1]}, (int)p->n_outputs, true};
	d->links[d->n_links++] = out;
}

int
draft_begin(struct draft *d, const struct patch *p, const struct recipe *r, uint32_t part, struct rng *rng, struct arena *a)
{
	*d = (struct draft){.arena = a, .rng = rng, .patch = *p};
	d->room_nodes = 2 * p->n_nodes + MOST_NEW;
	d->room_params = 2 * p->n_params + 4 * MOST_NEW;
	d->patch.nodes = arena_array(a, d->room_nodes, sizeof *d->patch.nodes);
	d->patch.params = arena_array(a, d->room_params, sizeof *d->patch.params);
	d->curved = arena_array(a, d->room_params, sizeof *d->curved);
	d->after = arena_array(a, d->room_nodes, sizeof *d->after);
	d->sound = arena_array(a, d->room_nodes, sizeof *d->sound);
	if (!d->patch.nodes || !d->patch.params || !d->curved || !d->after || !d->sound)
		return -1;
	memcpy(d->patch.nodes, p->nodes, p->n_nodes * sizeof *p->nodes);
	if (p->n_params)
		memcpy(d->patch.params, p->params, p->n_params * sizeof *p->params);
	size_t n_inputs = 1;
	d->n_given = (uint32_t)p->n_nodes;
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		if (state_all(d, i, draft_module(d, i)) < 0)
			return -1;
		n_inputs += d->patch.nodes[i].n_inputs;
	}
	d->n_old = (uint32_t)d->patch.n_nodes;
	for (uint32_t i = 0; i < d->n_old; i++) {
		const struct node *n = &d->patch.nodes[i];
		const struct module *m = draft_module(d, i);
		d->after[i] = m->flags & MODULE_VOICES;
		for (size_t k = 0; k < n->n_inputs; k++)
			/* a shared note that had to be made stands at the end: it hears nothing */
			d->after[i] = d->after[i] || (n->inputs[k].from == FROM_WIRE && n->inputs[k].wire.node < i && d->after[n->inputs[k].wire.node]);
		d->sound[i] = carries_sound(d, n, m);
	}
	for (size_t i = 0; i < r->phrase.n_arcs; i++)
		if (r->phrase.arcs[i].part == part)
			d->curved[r->phrase.arcs[i].param] = true;
	for (size_t i = 0; i < p->n_outputs; i++)
		input_wire(&d->outputs[i], p->outputs[i].node, p->outputs[i].port);
	d->links = arena_array(a, n_inputs, sizeof *d->links);
	if (!d->links)
		return -1;
	find_links(d);
	return 0;
}

/* The note first, then the transport, then always the first node that all it takes from stands before:
   the order in which Lua reads them in again. Returns how many are heard, or -1: a cycle. */
static int
sort(const struct draft *d, const bool *heard, uint32_t *number, uint32_t *order)
{
	const struct patch *p = &d->patch;
	uint32_t n = 0, left = 0;
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		number[i] = UINT32_MAX;
		left += heard[i];
	}
	static const char *const first[] = {"note", "transport"};
	for (int f = 0; f < 2; f++)
		for (uint32_t i = 0; i < p->n_nodes; i++)
			if (heard[i] && !strcmp(p->nodes[i].module, first[f]))
				order[number[i] = n++] = i;
	while (n < left) {
		uint32_t next = UINT32_MAX;
		for (uint32_t i = 0; i < p->n_nodes && next == UINT32_MAX; i++) {
			bool ready = heard[i] && number[i] == UINT32_MAX;
			for (size_t k = 0; ready && k < p->nodes[i].n_inputs; k++)
				ready = p->nodes[i].inputs[k].from != FROM_WIRE || number[p->nodes[i].inputs[k].wire.node] != UINT32_MAX;
			if (ready)
				next = i;
		}
		if (next == UINT32_MAX)
			return -1;
		order[number[next] = n++] = next;
	}
	return (int)n;
}

/* What belongs to one note must not be heard once the notes are one. */
static bool
sections_hold(const struct patch *p)
{
	bool before[PATCH_MAX_NODES] = {0}, end[PATCH_MAX_NODES] = {0}, noted[PATCH_MAX_NODES] = {0};
	for (size_t i = 0; i < p->n_outputs; i++)
		end[p->outputs[i].node] = true;
	for (size_t i = p->n_nodes; i-- > 0;) {
		const bool voices = module_find(p->nodes[i].module)->flags & MODULE_VOICES;
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			if (in->from != FROM_WIRE)
				continue;
			before[in->wire.node] = before[in->wire.node] || voices || before[i];
			end[in->wire.node] = end[in->wire.node] || (end[i] && !voices);
		}
	}
	for (size_t i = 0; i < p->n_nodes; i++) {
		const unsigned flags = module_find(p->nodes[i].module)->flags;
		if (flags & MODULE_VOICES)
			continue;
		noted[i] = flags & MODULE_VOICE;
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++)
			noted[i] = noted[i] || (p->nodes[i].inputs[k].from == FROM_WIRE && noted[p->nodes[i].inputs[k].wire.node]);
		if (noted[i] && (end[i] || !before[i]))
			return false;
	}
	return true;
}

/* voices() of the same signal on both sides is mono. */
static void
collapse(struct patch *p)
{
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		struct node *v = &p->nodes[i];
		if (!(module_find(v->module)->flags & MODULE_VOICES) || v->n_inputs < 2 || !input_same(&v->inputs[0], &v->inputs[1]))
			continue;
		v->n_inputs = 1;
		const char *left = first_output(module_find(v->module));
		for (uint32_t j = i + 1; j < p->n_nodes; j++)
			for (size_t k = 0; k < p->nodes[j].n_inputs; k++)
				if (p->nodes[j].inputs[k].from == FROM_WIRE && p->nodes[j].inputs[k].wire.node == i)
					p->nodes[j].inputs[k].wire.port = left;
		for (size_t k = 0; k < p->n_outputs; k++)
			if (p->outputs[k].node == i)
				p->outputs[k].port = left;
	}
}

int
draft_finish(struct draft *d, struct patch *to, uint32_t *param_number)
{
	struct patch *p = &d->patch;
	bool *heard = arena_array(d->arena, p->n_nodes, sizeof *heard);
	uint32_t *number = arena_array(d->arena, p->n_nodes, sizeof *number), *order = arena_array(d->arena, p->n_nodes, sizeof *order);
	uint32_t *stack = arena_array(d->arena, p->n_nodes, sizeof *stack);
	if (!heard || !number || !order || !stack)
		return -1;
	size_t deep = 0;
	for (size_t i = 0; i < p->n_outputs; i++) {
		if (d->outputs[i].from != FROM_WIRE)
			return -1;
		if (!heard[d->outputs[i].wire.node])
			heard[stack[deep++] = d->outputs[i].wire.node] = true;
	}
	while (deep > 0) {
		const struct node *n = &p->nodes[stack[--deep]];
		for (size_t k = 0; k < n->n_inputs; k++)
			if (n->inputs[k].from == FROM_WIRE && !heard[n->inputs[k].wire.node])
				heard[stack[deep++] = n->inputs[k].wire.node] = true;
	}
	const int n = sort(d, heard, number, order);
	if (n < 1 || n > PATCH_MAX_NODES)
		return -1;
	*to = *p;
	to->n_nodes = (size_t)n;
	to->nodes = arena_array(d->arena, to->n_nodes, sizeof *to->nodes);
	to->params = arena_array(d->arena, p->n_params ? p->n_params : 1, sizeof *to->params);
	if (!to->nodes || !to->params)
		return -1;
	for (size_t i = 0; i < p->n_params; i++)
		param_number[i] = UINT32_MAX;
	for (size_t i = 0; i < to->n_nodes; i++) {
		struct node *node = &to->nodes[i];
		*node = p->nodes[order[i]];
		for (size_t k = 0; k < node->n_inputs; k++)
			if (node->inputs[k].from == FROM_WIRE)
				node->inputs[k].wire.node = number[node->inputs[k].wire.node];
			else if (node->inputs[k].from == FROM_PARAM)
				param_number[node->inputs[k].param] = 0;
	}
	to->n_params = 0;
	for (size_t i = 0; i < p->n_params; i++)
		if (!param_number[i]) {
			param_number[i] = (uint32_t)to->n_params;
			to->params[to->n_params++] = p->params[i];
		}
	for (size_t i = 0; i < to->n_nodes; i++)
		for (size_t k = 0; k < to->nodes[i].n_inputs; k++)
			if (to->nodes[i].inputs[k].from == FROM_PARAM)
				to->nodes[i].inputs[k].param = param_number[to->nodes[i].inputs[k].param];
	for (size_t i = 0; i < p->n_outputs; i++)
		to->outputs[i] = (struct wire){number[d->outputs[i].wire.node], d->outputs[i].wire.port};
	collapse(to);
	return sections_hold(to) ? 0 : -1;
}
