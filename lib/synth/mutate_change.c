/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The changes themselves. Each picks its place by chance, and is free to fail:
 * mutate_recipe tries again. What is cut off needs no removal: draft_finish
 * leaves out what is not heard.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "synth/mutate_draft.h"
#include "synth/open.h"
#include "synth/registry.h"

/* --- choosing ------------------------------------------------------------------------- */

static uint64_t
below(struct draft *d, size_t n)
{
	return rng_below(d->rng, n);
}

/* A module of a kind, built in, that plays no files; not the one that is there. NULL: none fits. */
static const struct module *
choose_module(struct draft *d, unsigned kinds, bool after, const struct module *not_this)
{
	const struct module *fit[256];
	size_t n = 0;
	for (size_t i = 0; i < registry_built_in() && n < 256; i++) {
		const struct module *m = registry_at(ISA_SCALAR, i);
		if (kinds & 1u << kind_of(m) && m != not_this && !(m->flags & MODULE_FILES)
		    && !(after ? m->flags & MODULE_VOICE : is_room(m)))
			fit[n++] = m;
	}
	return n ? fit[below(d, n)] : NULL;
}

static bool
is_kind(const struct draft *d, uint32_t node, unsigned kinds)
{
	return kinds & 1u << kind_of(draft_module(d, node));
}

/* A node of these kinds; UINT32_MAX: there is none. */
static uint32_t
choose_node(struct draft *d, unsigned kinds)
{
	uint32_t got = UINT32_MAX;
	size_t n = 0;
	for (uint32_t i = 0; i < d->n_old; i++)
		if (is_kind(d, i, kinds) && below(d, ++n) == 0)
			got = i;
	return got;
}

static struct link *
choose_link(struct draft *d)
{
	return &d->links[below(d, d->n_links)];
}

enum { SOURCE = 1 << KIND_SOURCE, FILTER = 1 << KIND_FILTER, EFFECT = 1 << KIND_EFFECT, ENVELOPE = 1 << KIND_ENVELOPE, LFO = 1 << KIND_LFO,
	MATHS = 1 << KIND_MATHS };

/* --- replacing ---------------------------------------------------------------------------- */

/* The two sides of a stereo sound go through two nodes of one module with the same settings. */
static bool
is_twin(const struct draft *d, uint32_t a, uint32_t b)
{
	const struct node *x = &d->patch.nodes[a], *y = &d->patch.nodes[b];
	bool shares = false;
	if (strcmp(x->module, y->module) || x->n_inputs != y->n_inputs || !(is_kind(d, a, FILTER | EFFECT)))
		return false;
	const struct module *m = draft_module(d, a);
	for (size_t k = 0; k < x->n_inputs; k++) {
		const bool same = input_same(&x->inputs[k], &y->inputs[k]);
		if (!same && !is_sound_port(port_find(m, PORT_IN, x->inputs[k].port, NULL)))
			return false;
		shares = shares || (same && x->inputs[k].from == FROM_PARAM);
	}
	return shares;
}

/* All that reads an output of a node reads this instead. */
static void
redirect(struct draft *d, uint32_t node, const char *port, const struct input *to)
{
	for (uint32_t i = 0; i < d->patch.n_nodes; i++)
		for (size_t k = 0; k < d->patch.nodes[i].n_inputs; k++) {
			struct input *in = &d->patch.nodes[i].inputs[k];
			if (in->from == FROM_WIRE && in->wire.node == node && (!port || !strcmp(in->wire.port, port)))
				input_copy(in, to);
		}
	for (size_t i = 0; i < d->patch.n_outputs; i++)
		if (d->outputs[i].wire.node == node && (!port || !strcmp(d->outputs[i].wire.port, port)))
			input_copy(&d->outputs[i], to);
}

/* The sound that an input of a module takes: its own side, or the only one. */
static const struct input *
sound_for(const struct draft *d, uint32_t node, const char *port)
{
	const char *const names[] = {port, "in", "left"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct input *in = draft_input(d, node, names[i]);
		if (in)
			return in;
	}
	return NULL;
}

static void
take_sound(const struct draft *d, uint32_t node, uint32_t from)
{
	const struct module *m = draft_module(d, node);
	struct node *n = &d->patch.nodes[node];
	for (size_t k = 0; k < n->n_inputs; k++) {
		const struct input *in = is_sound_port(port_find(m, PORT_IN, n->inputs[k].port, NULL)) ? sound_for(d, from, n->inputs[k].port) : NULL;
		if (in)
			input_copy(&n->inputs[k], in);
	}
}

/* A node in the place of another: same sound, same settings where ports have the same name and unit. */
static uint32_t
put_for(struct draft *d, uint32_t old, const struct module *m, uint32_t settings)
{
	const struct module *was = draft_module(d, old);
	const uint32_t node = draft_node(d, m);
	if (node == UINT32_MAX)
		return node;
	d->patch.nodes[node].oversample = d->patch.nodes[old].oversample;
	if (settings == UINT32_MAX) {
		draft_open(d, node);
		for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
			const struct port *q = p->dir == PORT_IN ? port_find(was, PORT_IN, p->name, NULL) : NULL;
			if (q && !is_sound_port(p) && (p->unit == q->unit || (p->unit && q->unit && !strcmp(p->unit, q->unit))))
				draft_carry(d, draft_input(d, old, p->name), q, draft_input(d, node, p->name), p);
		}
	} else
		for (size_t k = 0; k < d->patch.nodes[node].n_inputs; k++)
			input_copy(&d->patch.nodes[node].inputs[k], &d->patch.nodes[settings].inputs[k]);
	take_sound(d, node, old);
	return node;
}

static void
redirect_to_node(struct draft *d, uint32_t old, uint32_t node)
{
	for (const struct port *p = draft_module(d, old)->ports; p->dir != PORT_END; p++) {
		struct input to = {0};
		if (p->dir != PORT_OUT)
			continue;
		input_wire(&to, node, output_like(draft_module(d, node), p->name));
		redirect(d, old, p->name, &to);
	}
}

static int
replace(struct draft *d)
{
	const uint32_t old = choose_node(d, SOURCE | FILTER | EFFECT | ENVELOPE | LFO);
	if (old == UINT32_MAX)
		return -1;
	const struct module *m = choose_module(d, 1u << kind_of(draft_module(d, old)), d->after[old], draft_module(d, old));
	const uint32_t node = m ? put_for(d, old, m, UINT32_MAX) : UINT32_MAX;
	if (node == UINT32_MAX)
		return -1;
	for (uint32_t i = 0; i < d->n_old; i++)
		if (i != old && is_twin(d, old, i)) {
			const uint32_t twin = put_for(d, i, m, node);
			if (twin == UINT32_MAX)
				return -1;
			redirect_to_node(d, i, twin);
		}
	redirect_to_node(d, old, node);
	return 0;
}

/* --- into the way, and out of it --------------------------------------------------------------- */

/* A node that takes a sound; the second of two takes the settings of the first. */
static uint32_t
put_behind(struct draft *d, const struct module *m, const struct input *left, const struct input *right, uint32_t settings)
{
	const uint32_t node = draft_node(d, m);
	if (node == UINT32_MAX)
		return node;
	if (settings == UINT32_MAX)
		draft_open(d, node);
	for (size_t k = 0; k < d->patch.nodes[node].n_inputs; k++) {
		struct input *in = &d->patch.nodes[node].inputs[k];
		if (is_sound_port(port_find(m, PORT_IN, in->port, NULL)))
			input_copy(in, strcmp(in->port, "right") ? left : right);
		else if (settings != UINT32_MAX)
			input_copy(in, &d->patch.nodes[settings].inputs[k]);
	}
	return node;
}

static int
insert(struct draft *d)
{
	struct link *l = choose_link(d);
	const struct module *m = choose_module(d, FILTER | EFFECT, l->after, NULL);
	const struct input left = *l->in[0], right = *l->in[l->n - 1];
	const uint32_t node = m ? put_behind(d, m, &left, &right, UINT32_MAX) : UINT32_MAX;
	if (node == UINT32_MAX)
		return -1;
	uint32_t other = node;
	if (!port_find(m, PORT_IN, "right", NULL) && l->n == 2 && !input_same(&left, &right) && !port_find(m, PORT_OUT, "right", NULL))
		other = put_behind(d, m, &right, &right, node);
	if (other == UINT32_MAX)
		return -1;
	/* what is oversampled on both sides stays so in between */
	if (l->node < d->n_old && d->patch.nodes[l->node].oversample == d->patch.nodes[left.wire.node].oversample)
		d->patch.nodes[node].oversample = d->patch.nodes[other].oversample = d->patch.nodes[l->node].oversample;
	input_wire(l->in[0], node, output_like(m, "left"));
	if (l->n == 2)
		input_wire(l->in[1], other, output_like(m, "right"));
	return 0;
}

static int
remove_one(struct draft *d, uint32_t node)
{
	for (const struct port *p = draft_module(d, node)->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_OUT)
			continue;
		const struct input *in = sound_for(d, node, p->name);
		if (!in || in->from != FROM_WIRE || !d->sound[in->wire.node])
			return -1;
		const struct input to = *in;
		redirect(d, node, p->name, &to);
	}
	return 0;
}

static int
remove_(struct draft *d)
{
	const uint32_t node = choose_node(d, FILTER | EFFECT | MATHS);
	if (node == UINT32_MAX)
		return -1;
	if (is_kind(d, node, MATHS)) {
		/* of two sounds, one goes */
		const struct input *a = draft_input(d, node, "a"), *b = draft_input(d, node, "b");
		if (!a || !b || a->from != FROM_WIRE || b->from != FROM_WIRE || !d->sound[a->wire.node] || !d->sound[b->wire.node])
			return -1;
		const struct input to = below(d, 2) ? *a : *b;
		redirect(d, node, NULL, &to);
		return 0;
	}
	for (uint32_t i = 0; i < d->n_old; i++)
		if (i != node && is_twin(d, node, i) && remove_one(d, i) < 0)
			return -1;
	return remove_one(d, node);
}

/* --- what moves ----------------------------------------------------------------------------------- */

/* A port that a signal may move, of a node that sounds. NULL: not this time. */
static struct input *
choose_port(struct draft *d, uint32_t *node, const struct port **port, bool moved)
{
	*node = choose_node(d, SOURCE | FILTER | EFFECT);
	struct input *got = NULL;
	size_t n = 0;
	for (const struct port *p = *node == UINT32_MAX ? NULL : draft_module(d, *node)->ports; p && p->dir != PORT_END; p++) {
		if (p->dir != PORT_IN || is_sound_port(p) || p->rate == RATE_FIXED || p->scale == SCALE_CHOICE || p->whole || p->max - p->min > 1e5f)
			continue;
		struct input *in = draft_input(d, *node, p->name);
		/* a pitch is wired, and may still be moved */
		if (moved ? in->from == FROM_WIRE : in->from != FROM_WIRE || p->from)
			if (below(d, ++n) == 0)
				got = in, *port = p;
	}
	return got;
}

/* An envelope or an LFO: one that is there, or a new one. */
static uint32_t
some_modulator(struct draft *d, bool after)
{
	const uint32_t there = below(d, 2) ? choose_node(d, ENVELOPE | LFO) : UINT32_MAX;
	if (there != UINT32_MAX)
		return there;
	const struct module *m = choose_module(d, ENVELOPE | LFO, after, NULL);
	const uint32_t node = m ? draft_node(d, m) : UINT32_MAX;
	if (node != UINT32_MAX)
		draft_open(d, node);
	return node;
}

/* base * 2 ^ (modulator * depth) where a port is heard in ratios, else base + modulator * depth. */
static int
modulate(struct draft *d)
{
	const struct port *p;
	uint32_t node;
	struct input *in = choose_port(d, &node, &p, false), moves = {0}, depth, out = {0};
	if (!in)
		return -1;
	const uint32_t modulator = some_modulator(d, d->after[node]);
	if (modulator == UINT32_MAX)
		return -1;
	const bool ratio = p->scale == SCALE_LOG, pitch = p->unit && !strcmp(p->unit, "semitones");
	const float reach = ratio ? 4 : pitch ? 24 : (p->max - p->min) / 2;
	struct param q = {.min = -reach, .max = reach};
	q.value = (float)(0.25 * (2 * rng_uniform(d->rng) - 1)) * reach;
	char name[160];
	snprintf(name, sizeof name, "%s.%s.by.%s", draft_module(d, node)->name, p->name, draft_module(d, modulator)->name);
	depth = (struct input){.from = FROM_PARAM, .param = draft_param(d, name, q)};
	input_wire(&moves, modulator, first_output(draft_module(d, modulator)));
	uint32_t made = depth.param == UINT32_MAX ? UINT32_MAX : draft_maths(d, "mul", &moves, &depth);
	if (made != UINT32_MAX && ratio) {
		input_wire(&out, made, "out");
		made = draft_maths(d, "exp2", &out, NULL);
	}
	if (made == UINT32_MAX)
		return -1;
	input_wire(&out, made, "out");
	made = draft_maths(d, ratio ? "mul" : "add", in, &out);
	if (made == UINT32_MAX)
		return -1;
	input_wire(in, made, "out");
	return 0;
}

/* Back through the mathematics to a number, a parameter, or what feeds the port by itself. */
static int
unmodulate(struct draft *d)
{
	const struct port *p;
	uint32_t node;
	struct input *in = choose_port(d, &node, &p, true);
	if (!in || (!is_kind(d, in->wire.node, MATHS) && !is_kind(d, in->wire.node, ENVELOPE | LFO)))
		return -1;
	static const struct port any = {.min = -1e9f, .max = 1e9f};
	for (struct input at = *in; at.from == FROM_WIRE && is_kind(d, at.wire.node, MATHS);) {
		const struct node *n = &d->patch.nodes[at.wire.node];
		if (!n->n_inputs)
			break;
		at = n->inputs[0];
		if (at.from != FROM_WIRE)
			return draft_carry(d, &at, &any, in, p) ? 0 : -1;
		if (at.from == FROM_WIRE && !is_kind(d, at.wire.node, MATHS | ENVELOPE | LFO) && !d->sound[at.wire.node])
			return input_copy(in, &at), 0; /* the note's pitch, say */
	}
	if (p->from)
		return -1;
	in->from = FROM_VALUE;
	in->value = p->def;
	return 0;
}

static int
rewire(struct draft *d)
{
	if (below(d, 2)) {
		/* another sound that is there */
		struct link *l = choose_link(d);
		const uint32_t node = choose_node(d, SOURCE | FILTER | EFFECT);
		if (l->node == d->n_old || node == UINT32_MAX || d->after[node] != d->after[l->node] || node == l->in[0]->wire.node)
			return -1;
		const struct module *m = draft_module(d, node);
		input_wire(l->in[0], node, output_like(m, "left"));
		if (l->n == 2)
			input_wire(l->in[1], node, output_like(m, "right"));
		return 0;
	}
	const uint32_t old = choose_node(d, ENVELOPE | LFO), other = choose_node(d, ENVELOPE | LFO);
	if (old == UINT32_MAX || other == old)
		return -1;
	/* one of its readers goes over to the other */
	struct input *got = NULL;
	size_t n = 0;
	for (uint32_t i = 0; i < d->n_old; i++)
		for (size_t k = 0; k < d->patch.nodes[i].n_inputs; k++) {
			struct input *in = &d->patch.nodes[i].inputs[k];
			if (in->from == FROM_WIRE && in->wire.node == old && below(d, ++n) == 0)
				got = in;
		}
	if (!got)
		return -1;
	input_wire(got, other, first_output(draft_module(d, other)));
	return 0;
}

/* --- beside ------------------------------------------------------------------------------------------ */

int
draft_mix(struct draft *d, struct link *l, const struct input other[2], const char *name, float share)
{
	const struct module *mix = module_find("mix");
	const struct input by = {.from = FROM_PARAM, .param = draft_param(d, name, (struct param){.max = 1, .value = share})};
	if (!mix || by.param == UINT32_MAX)
		return -1;
	struct input made[2] = {0};
	for (int i = 0; i < l->n; i++) {
		if (i && input_same(l->in[0], l->in[1]) && input_same(&other[0], &other[1])) {
			made[1] = made[0];
			continue;
		}
		const uint32_t node = draft_maths(d, "mix", l->in[i], &other[i]);
		if (node == UINT32_MAX)
			return -1;
		input_copy(draft_input(d, node, "t"), &by);
		input_wire(&made[i], node, first_output(mix));
	}
	for (int i = 0; i < l->n; i++)
		input_copy(l->in[i], &made[i]);
	return 0;
}

static int
parallel(struct draft *d)
{
	struct link *l = choose_link(d);
	const struct module *m = l->after ? NULL : choose_module(d, SOURCE, false, NULL);
	/* beside an oscillator rather than behind its envelope, where there would be none */
	if (!m || (!is_kind(d, l->in[0]->wire.node, SOURCE) && below(d, 4)))
		return -1;
	const uint32_t node = draft_node(d, m);
	if (node == UINT32_MAX)
		return -1;
	struct input *pitch = draft_input(d, node, "pitch");
	char name[160];
	draft_open(d, node);
	if (pitch && pitch->from == FROM_WIRE) {
		snprintf(name, sizeof name, "%s.transpose", m->name);
		const struct input by = {.from = FROM_PARAM, .param = draft_param(d, name, (struct param){.min = -24, .max = 24})};
		const uint32_t add = by.param == UINT32_MAX ? UINT32_MAX : draft_maths(d, "add", pitch, &by);
		if (add == UINT32_MAX)
			return -1;
		input_wire(pitch, add, "out");
	}
	struct input other[2] = {0};
	input_wire(&other[0], node, output_like(m, "left"));
	input_wire(&other[1], node, output_like(m, "right"));
	snprintf(name, sizeof name, "%s.share", m->name);
	return draft_mix(d, l, other, name, 0.3f);
}

/* A copy of a node and of the sounds that it hears; envelopes and the like serve both. */
static uint32_t
copy(struct draft *d, uint32_t node, uint32_t *copies, uint32_t *params, int *left)
{
	if (copies[node] != UINT32_MAX || !d->sound[node] || draft_module(d, node)->flags & MODULE_VOICES)
		return copies[node] != UINT32_MAX ? copies[node] : node;
	const struct module *m = draft_module(d, node);
	const uint32_t made = --*left < 0 || kind_of(m) == KIND_NONE ? UINT32_MAX : draft_node(d, m);
	if (made == UINT32_MAX)
		return node;
	copies[node] = made;
	struct node *n = &d->patch.nodes[node], *to = &d->patch.nodes[made];
	to->oversample = n->oversample;
	to->sounds = n->sounds;
	to->n_sounds = n->n_sounds;
	for (size_t k = 0; k < n->n_inputs; k++) {
		struct input *in = &to->inputs[k];
		input_copy(in, &n->inputs[k]);
		if (in->from == FROM_WIRE)
			in->wire.node = copy(d, in->wire.node, copies, params, left);
		if (in->from != FROM_PARAM || !d->patch.params[in->param].open)
			continue;
		if (params[in->param] == UINT32_MAX) {
			struct param q = d->patch.params[in->param];
			q.value = open_value(&q, open_unit(&q, q.value) + 0.1 * rng_normal(d->rng));
			const uint32_t param = draft_param(d, q.name ? q.name : "copy", q);
			params[in->param] = param != UINT32_MAX ? param : in->param;
		}
		in->param = params[in->param];
	}
	return made;
}

static int
duplicate(struct draft *d)
{
	struct link *l = choose_link(d);
	uint32_t *copies = arena_array(d->arena, d->room_nodes, sizeof *copies), *params = arena_array(d->arena, d->room_params, sizeof *params);
	int left = 8;
	if (!copies || !params)
		return -1;
	memset(copies, 255, d->room_nodes * sizeof *copies);
	memset(params, 255, d->room_params * sizeof *params);
	struct input other[2] = {0};
	for (int i = 0; i < l->n; i++) {
		const struct wire w = l->in[i]->wire;
		const uint32_t made = copy(d, w.node, copies, params, &left);
		if (made == w.node)
			return -1;
		input_wire(&other[i], made, w.port);
	}
	return draft_mix(d, l, other, "share", 0.5f);
}

int (*const draft_changes[MUTATIONS])(struct draft *d) = {
    [MUTATE_REPLACE] = replace, [MUTATE_INSERT] = insert, [MUTATE_REMOVE] = remove_, [MUTATE_MODULATE] = modulate,
    [MUTATE_UNMODULATE] = unmodulate, [MUTATE_REWIRE] = rewire, [MUTATE_PARALLEL] = parallel, [MUTATE_DUPLICATE] = duplicate,
};
