/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The graph compiler: a patch becomes two lists of steps, one for what runs
 * once a note and one for what runs once a take.
 *
 *   sections  Nodes that voices() depends on; and nodes that the outputs depend
 *             on without passing voices(). A node that both need runs in both;
 *             one that nobody needs is dropped.
 *   kinds     How fast a signal changes: constant < control < audio.
 *   demand    A control signal is computed once a block unless somebody reads
 *             it frame by frame.
 *   memory    A signal that has frames takes a slot of BLOCK vectors, given back
 *             after its last reader, so that the working set stays small; one
 *             value a block takes a cell of its own. At k times the rate a slot is
 *             k blocks, and a node runs k times from block to block of it.
 * What crosses between rates and waits for what is late: cross.c.
 */
#include <string.h>

#include "synth/arc.h"
#include "synth/engine/compile.h"
#include "synth/registry.h"

enum { CELL = 1u << 31 }; /* marks an offset that counts cells, until slots are counted */

const struct arc *
plan_arc(const struct recipe *r, uint32_t part, uint32_t param)
{
	for (size_t i = r->phrase.n_arcs; i--;)
		if (r->phrase.arcs[i].part == part && r->phrase.arcs[i].param == param)
			return &r->phrase.arcs[i];
	return NULL;
}

static struct feed
wire_feed(const struct compiler *c, struct wire w, const struct port *port)
{
	size_t out = 0;
	port_find(c->v[w.node].m, PORT_OUT, w.port, &out);
	return (struct feed){FEED_WIRE, w.node, (uint32_t)out, port, false};
}

static uint32_t
arc_index(struct plan *p, uint32_t param)
{
	for (size_t i = 0; i < p->n_arcs; i++)
		if (p->arcs[i] == param)
			return (uint32_t)i;
	p->arcs[p->n_arcs] = param;
	return (uint32_t)p->n_arcs++;
}

static float
value_at(const struct patch *p, const struct value_at *v)
{
	if (v->input == UINT32_MAX)
		return v->def;
	const struct input *in = &p->nodes[v->node].inputs[v->input];
	return in->from == FROM_PARAM ? p->params[in->param].value : in->value;
}

/* Finds every node's module and what feeds each of its ports. */
static int
resolve(struct compiler *c, const struct recipe *r, uint32_t part)
{
	const struct patch *patch = c->patch;
	size_t ports = 0;
	for (uint32_t i = 0; i < patch->n_nodes; i++) {
		struct vertex *v = &c->v[i];
		size_t index;
		if (registry_find(patch->nodes[i].module, &index, NULL) < 0)
			return -1;
		v->module = (uint32_t)index;
		v->node = i;
		v->factor = v->reads = patch->nodes[i].oversample > 1 ? patch->nodes[i].oversample : 1;
		v->m = registry_at(ISA_SCALAR, index);
		v->n_feeds = port_count(v->m, PORT_IN);
		v->n_outs = port_count(v->m, PORT_OUT);
		v->feeds = arena_array(c->arena, v->n_feeds, sizeof *v->feeds);
		v->outs = arena_array(c->arena, v->n_outs, sizeof *v->outs);
		v->fixed = arena_array(c->arena, v->n_feeds, sizeof *v->fixed);
		if (!v->feeds || !v->outs || !v->fixed)
			return -1;
		ports += v->n_feeds;
		if (v->m->flags & MODULE_VOICES)
			c->voices = i;
	}
	c->plan->values = arena_array(c->arena, ports, sizeof *c->plan->values);
	c->plan->arcs = arena_array(c->arena, patch->n_params, sizeof *c->plan->arcs);
	if (!c->plan->values || !c->plan->arcs)
		return -1;
	for (uint32_t i = 0; i < patch->n_nodes; i++) {
		const struct node *node = &patch->nodes[i];
		struct vertex *v = &c->v[i];
		size_t k = 0;
		for (const struct port *port = v->m->ports; port->dir != PORT_END; port++) {
			if (port->dir != PORT_IN)
				continue;
			uint32_t j = 0;
			while (j < node->n_inputs && strcmp(node->inputs[j].port, port->name))
				j++;
			const struct input *in = j < node->n_inputs ? &node->inputs[j] : NULL;
			struct feed *feed = &v->feeds[k++];
			if (in && in->from == FROM_WIRE) {
				*feed = wire_feed(c, in->wire, port);
			} else if (in && in->from == FROM_PARAM && port->rate != RATE_FIXED && plan_arc(r, part, in->param)) {
				*feed = (struct feed){FEED_ARC, arc_index(c->plan, in->param), 0, port,
				    arc_jumps(plan_arc(r, part, in->param))};
			} else {
				*feed = (struct feed){FEED_VALUE, (uint32_t)c->plan->n_values, 0, port, false};
				const struct value_at at = {i, in ? j : UINT32_MAX, port->def};
				c->plan->values[c->plan->n_values++] = at;
				if (port->rate == RATE_FIXED)
					v->fixed[k - 1] = value_at(patch, &at);
			}
		}
	}
	for (size_t i = 0; i < patch->n_outputs; i++)
		c->ends[i] = wire_feed(c, patch->outputs[i], NULL);
	return 0;
}

/* The sounds that nodes name. */
static int
find_sounds(struct compiler *c, struct err *err)
{
	for (uint32_t i = 0; i < c->patch->n_nodes; i++) {
		const struct node *node = &c->patch->nodes[i];
		struct vertex *v = &c->v[i];
		uint64_t samples = 0;
		if (node->n_sounds && !(v->sounds = arena_array(c->arena, node->n_sounds, sizeof *v->sounds)))
			return err_set(err, "out of memory");
		v->n_sounds = node->n_sounds;
		for (size_t k = 0; k < node->n_sounds; k++) {
			v->sounds[k] = asset_find(node->sounds[k].hash, node->sounds[k].name, err);
			if (!v->sounds[k])
				return err_prefix(err, "node %u (%s)", i, v->m->name);
			samples += v->sounds[k]->frames * v->sounds[k]->channels;
		}
		if (samples > ASSET_TOGETHER)
			return err_set(err, "node %u (%s): its sounds have %llu samples together; at most %d are allowed", i,
			    v->m->name, (unsigned long long)samples, ASSET_TOGETHER);
	}
	return 0;
}

/* --- sections, kinds, demand ---------------------------------------------------- */

/* Everything that a marked node reads is marked too; wires point back, so one pass does. */
static void
mark_section(struct compiler *c, int section)
{
	for (uint32_t i = (uint32_t)c->patch->n_nodes; i--;) {
		const struct vertex *v = &c->v[i];
		if (!v->in[section])
			continue;
		for (size_t k = 0; k < v->n_feeds; k++)
			if (v->feeds[k].from == FEED_WIRE && v->feeds[k].index != c->voices)
				c->v[v->feeds[k].index].in[section] = true;
	}
}

static int
find_sections(struct compiler *c, struct err *err)
{
	const struct vertex *border = &c->v[c->voices];
	for (size_t k = 0; k < border->n_feeds; k++)
		if (border->feeds[k].from == FEED_WIRE)
			c->v[border->feeds[k].index].in[VOICE] = true;
	for (size_t k = 0; k < c->patch->n_outputs; k++)
		if (c->ends[k].index != c->voices)
			c->v[c->ends[k].index].in[EFFECT] = true;
	mark_section(c, VOICE);
	mark_section(c, EFFECT);
	for (uint32_t i = 0; i < c->patch->n_nodes; i++)
		if (c->v[i].in[EFFECT] && c->v[i].m->flags & MODULE_VOICE)
			return err_set(err, "node %u (%s): has a meaning only before voices(), but is heard after it", i,
			    c->v[i].m->name);
	return 0;
}

enum kind
compile_kind(const struct compiler *c, const struct feed *f)
{
	return f->from == FEED_VALUE ? CONSTANT : f->from == FEED_ARC ? CONTROL : c->v[f->index].outs[f->out].kind;
}

/* How fast each output is. A control module to which something fast is wired is as fast as that. */
static void
find_kinds(struct compiler *c)
{
	for (uint32_t i = 0; i < c->patch->n_nodes; i++) {
		struct vertex *v = &c->v[i];
		enum kind fastest = CONSTANT;
		for (size_t k = 0; k < v->n_feeds; k++) {
			struct feed *f = &v->feeds[k];
			if (compile_kind(c, f) > fastest)
				fastest = compile_kind(c, f);
			f->jumps = f->jumps || (f->from == FEED_WIRE && c->v[f->index].jumps);
			v->jumps = v->jumps || (f->jumps && v->m->flags & MODULE_PURE);
		}
		v->kind = v->m->flags & MODULE_PURE ? fastest
		    : v->m->flags & MODULE_CONTROL && fastest < AUDIO ? CONTROL : AUDIO;
		size_t k = 0;
		for (const struct port *port = v->m->ports; port->dir != PORT_END; port++)
			if (port->dir == PORT_OUT)
				v->outs[k++].kind = port->rate == RATE_FIXED ? CONSTANT : v->kind;
	}
}

bool
compile_reads_frames(const struct vertex *v, const struct feed *f)
{
	return v->frames && (v->m->flags & MODULE_PURE || f->port->rate == RATE_AUDIO || (f->jumps && f->port->rate == RATE_CONTROL));
}

/* Goes from the readers back to what they read; leaves frames and last in each node. */
static void
find_demand(struct compiler *c, int section, const struct feed *ends, size_t n_ends)
{
	for (uint32_t i = 0; i < c->n; i++) {
		c->v[i].frames = c->v[i].kind == AUDIO;
		for (size_t k = 0; k < c->v[i].n_outs; k++)
			c->v[i].outs[k].last = NOBODY;
	}
	for (size_t k = 0; k < n_ends; k++) {
		if (ends[k].from != FEED_WIRE)
			continue;
		struct out *out = &c->v[ends[k].index].outs[ends[k].out];
		out->last = (uint32_t)c->n;
		c->v[ends[k].index].frames |= out->kind == CONTROL;
	}
	for (uint32_t i = (uint32_t)c->n; i--;) {
		const struct vertex *v = &c->v[i];
		if (!v->in[section])
			continue;
		for (size_t k = 0; k < v->n_feeds; k++) {
			if (v->feeds[k].from != FEED_WIRE)
				continue;
			struct vertex *from = &c->v[v->feeds[k].index];
			struct out *out = &from->outs[v->feeds[k].out];
			if (out->last == NOBODY)
				out->last = i;
			from->frames |= out->kind == CONTROL && compile_reads_frames(v, &v->feeds[k]);
		}
	}
}

/* --- steps and memory --------------------------------------------------------------- */

static uint32_t
new_cells(struct compiler *c, uint32_t n)
{
	const uint32_t first = CELL | (uint32_t)c->n_cells;
	c->n_cells += n;
	return first;
}

static struct free_slots *
free_of(struct compiler *c, uint32_t factor)
{
	return &c->free[factor == 8 ? 3 : factor / 2];
}

static uint32_t
fresh_slot(struct compiler *c, uint32_t factor)
{
	c->n_slots += factor;
	return (uint32_t)(c->n_slots - factor) * PLAN_BLOCK;
}

static uint32_t
new_slot(struct compiler *c, uint32_t factor)
{
	struct free_slots *f = free_of(c, factor);
	return f->n ? f->offset[--f->n] : fresh_slot(c, factor);
}

static void
free_slot(struct compiler *c, struct out *out, uint32_t factor)
{
	struct free_slots *f = free_of(c, factor);
	f->offset[f->n++] = out->offset;
	out->last = NOBODY;
}

/* A step of which only outputs that never change are read runs once. */
static bool
runs_once(const struct vertex *v)
{
	if (v->kind == CONSTANT)
		return true;
	for (size_t k = 0; k < v->n_outs; k++)
		if (v->outs[k].kind != CONSTANT && v->outs[k].last != NOBODY)
			return false;
	return v->kind != AUDIO;
}

/* Where a reader at `factor` times the rate finds a signal: every frame of it, or the one value of
   this block. waits: how late it is with everything else that it reads. */
static struct source
source_of(struct compiler *c, struct section *s, const struct feed *f, bool frames, uint32_t factor, uint32_t waits)
{
	if (f->from == FEED_VALUE) {
		const struct load load = {.index = f->index, .offset = new_cells(c, 1)};
		s->values[s->n_values++] = load;
		return (struct source){load.offset, 0, 0};
	}
	if (f->from == FEED_ARC) {
		const struct source at = {0, frames, frames ? PLAN_BLOCK : 1};
		for (size_t i = 0; i < s->n_arcs; i++) {
			const struct load *have = &s->arcs[i];
			if (have->index == f->index && have->frames == frames && have->factor == factor && have->late == waits)
				return (struct source){have->offset, at.stride, at.hop};
		}
		/* Arcs are filled in before the first step runs: no earlier step may have had the slot, no later one gets it. */
		const struct load load = {f->index, frames ? fresh_slot(c, factor) : new_cells(c, factor), frames, factor, waits};
		s->arcs[s->n_arcs++] = load;
		return (struct source){load.offset, at.stride, at.hop};
	}
	const struct vertex *from = &c->v[f->index];
	const struct out *out = &from->outs[f->out];
	/* A reader at the plain rate takes of k times as many control frames each k-th. */
	const uint32_t pick = factor < from->factor ? from->factor : 1;
	if (out->kind == CONSTANT)
		return (struct source){out->offset, 0, 0};
	if (out->offset & CELL)
		return (struct source){out->offset + pick - 1, 0, 1};
	if (frames || out->kind == AUDIO)
		return (struct source){out->offset + pick - 1, pick, PLAN_BLOCK};
	return (struct source){out->offset + pick * PLAN_BLOCK - 1, 0, PLAN_BLOCK};
}

static int
add_step(struct compiler *c, struct section *s, uint32_t i)
{
	struct vertex *v = &c->v[i];
	struct step *step = &s->steps[s->n_steps++];
	const bool once = runs_once(v);
	*step = (struct step){
		.node = v->node, .module = v->module, .frames = v->frames, .once = once, .factor = v->factor,
		.runs = once || v->factor != v->reads ? 1 : v->factor,
		.n_in = (uint32_t)v->n_feeds, .n_out = (uint32_t)v->n_outs,
		.sounds = v->sounds, .n_sounds = v->n_sounds,
		.in = arena_array(c->arena, v->n_feeds, sizeof *step->in),
		.out = arena_array(c->arena, v->n_outs, sizeof *step->out),
		.fixed = v->fixed,
	};
	if (!step->in || !step->out)
		return -1;
	for (size_t k = 0; k < v->n_outs; k++) {
		struct out *out = &v->outs[k];
		const bool slot = v->frames && out->kind != CONSTANT;
		out->offset = slot ? new_slot(c, v->factor) : new_cells(c, out->kind == CONSTANT ? 1 : v->factor);
		step->out[k] = (struct source){out->offset, 1, slot ? PLAN_BLOCK : out->kind != CONSTANT};
	}
	for (size_t k = 0; k < v->n_feeds; k++) {
		const struct feed *f = &v->feeds[k];
		step->in[k] = source_of(c, s, f, compile_reads_frames(v, f), v->reads, v->waits);
		if (step->in[k].stride && !v->frames) /* cannot be: such a node would be audio */
			step->in[k] = (struct source){step->in[k].offset + PLAN_BLOCK - 1, 0, PLAN_BLOCK};
	}
	/* Only now, so that nothing is written over what is still being read. */
	for (size_t k = 0; k < v->n_feeds; k++) {
		const struct feed *f = &v->feeds[k];
		struct out *out = f->from == FEED_WIRE ? &c->v[f->index].outs[f->out] : NULL;
		if (out && out->last == i && !(out->offset & CELL) && f->index != c->voices)
			free_slot(c, out, c->v[f->index].factor);
	}
	for (size_t k = 0; k < v->n_outs; k++)
		if (v->outs[k].last == NOBODY && !(v->outs[k].offset & CELL))
			free_slot(c, &v->outs[k], v->factor);
	return 0;
}

static void
place(struct compiler *c, uint32_t *offset)
{
	if (*offset & CELL)
		*offset = (uint32_t)(c->n_slots * PLAN_BLOCK) + (*offset & ~CELL);
}

static int
make_section(struct compiler *c, struct section *s, int section, const struct feed *ends, size_t n_ends)
{
	const uint32_t waits = c->plan->late[section] * TICKS;
	size_t n = 0, feeds = 2, outs = 2;
	find_demand(c, section, ends, n_ends);
	for (uint32_t i = 0; i < c->n; i++)
		if (c->v[i].in[section]) {
			n++;
			feeds += c->v[i].n_feeds;
			outs += c->v[i].n_outs;
		}
	s->steps = arena_array(c->arena, n, sizeof *s->steps);
	s->values = arena_array(c->arena, feeds, sizeof *s->values);
	s->arcs = arena_array(c->arena, feeds, sizeof *s->arcs);
	if (!s->steps || !s->values || !s->arcs)
		return -1;
	for (int i = 0; i < 4; i++) {
		c->free[i] = (struct free_slots){arena_array(c->arena, outs + feeds, sizeof *c->free[i].offset), 0};
		if (!c->free[i].offset)
			return -1;
	}
	c->n_slots = c->n_cells = 0;
	if (section == EFFECT) /* the bus: a mono one is both left and right */
		for (int k = 0; k < 2; k++)
			c->plan->bus_offset[k] = c->v[c->voices].outs[k].offset
			    = k < c->plan->bus ? new_slot(c, 1) : c->plan->bus_offset[0];
	for (uint32_t i = 0; i < c->n; i++)
		if (c->v[i].in[section] && add_step(c, s, i) < 0)
			return -1;
	for (size_t k = 0; k < n_ends; k++)
		s->out[k] = source_of(c, s, &ends[k], true, 1, waits);
	for (size_t i = 0; i < s->n_steps; i++) {
		for (size_t k = 0; k < s->steps[i].n_in; k++)
			place(c, &s->steps[i].in[k].offset);
		for (size_t k = 0; k < s->steps[i].n_out; k++)
			place(c, &s->steps[i].out[k].offset);
	}
	for (size_t i = 0; i < s->n_values; i++)
		place(c, &s->values[i].offset);
	for (size_t i = 0; i < s->n_arcs; i++)
		place(c, &s->arcs[i].offset);
	for (size_t k = 0; k < n_ends; k++)
		place(c, &s->out[k].offset);
	s->memory = c->n_slots * PLAN_BLOCK + c->n_cells;
	return 0;
}

/* --- the plan ----------------------------------------------------------------------- */

void
plan_values(const struct plan *plan, const struct patch *p, float *values)
{
	for (size_t i = 0; i < plan->n_values; i++)
		values[i] = value_at(p, &plan->values[i]);
}

struct plan *
plan_make(const struct recipe *r, uint32_t part, struct arena *a, struct err *err)
{
	struct compiler c = {.patch = &r->parts[part].patch, .arena = a, .n = (uint32_t)r->parts[part].patch.n_nodes};
	c.plan = arena_alloc(a, sizeof *c.plan);
	c.v = arena_array(a, c.patch->n_nodes, sizeof *c.v);
	if (!c.plan || !c.v || resolve(&c, r, part) < 0)
		return err_set(err, "out of memory"), NULL;
	if (find_sounds(&c, err) < 0 || find_sections(&c, err) < 0)
		return NULL;
	find_kinds(&c);
	struct plan *p = c.plan;
	p->rate = r->rate;
	if (cross_insert(&c, err) < 0)
		return NULL;

	const struct vertex *border = &c.v[c.voices];
	p->channels = (int)c.patch->n_outputs;
	p->bus = border->feeds[1].from == FEED_WIRE ? 2 : 1;
	p->fade = p->direct = true;
	for (uint32_t i = 0; i < c.n; i++)
		if (c.v[i].in[VOICE] && c.v[i].m->flags & MODULE_ENVELOPE)
			p->fade = false;
	for (int k = 0; k < p->channels; k++) {
		p->direct &= c.ends[k].index == c.voices;
		p->direct_from[k] = p->bus == 2 ? (int)c.ends[k].out : 0;
	}
	if (make_section(&c, &p->voice, VOICE, border->feeds, (size_t)p->bus) < 0
	    || make_section(&c, &p->effect, EFFECT, c.ends, (size_t)p->channels) < 0)
		return err_set(err, "out of memory"), NULL;
	return p;
}

void
plan_key(const struct recipe *r, uint32_t part, uint8_t key[HASH_SIZE])
{
	const struct patch *p = &r->parts[part].patch;
	struct hash h;
	hash_init(&h);
	hash_u64(&h, r->rate);
	hash_u64(&h, p->n_nodes);
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct module *m = module_find(p->nodes[i].module);
		hash_string(&h, m->name);
		hash_u64(&h, p->nodes[i].oversample);
		hash_u64(&h, p->nodes[i].n_inputs);
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			const bool fixed = port_find(m, PORT_IN, in->port, NULL)->rate == RATE_FIXED;
			hash_string(&h, in->port);
			if (in->from == FROM_WIRE) {
				hash_u64(&h, 1);
				hash_u64(&h, in->wire.node);
				hash_string(&h, in->wire.port);
			} else if (fixed) {
				hash_u64(&h, 2);
				hash_float(&h, in->from == FROM_PARAM ? p->params[in->param].value : in->value);
			} else if (in->from == FROM_PARAM && plan_arc(r, part, in->param)) {
				hash_u64(&h, 3 + arc_jumps(plan_arc(r, part, in->param)));
				hash_u64(&h, in->param);
			} else {
				hash_u64(&h, 0);
			}
		}
		hash_u64(&h, p->nodes[i].n_sounds);
		for (size_t k = 0; k < p->nodes[i].n_sounds; k++)
			hash_bytes(&h, p->nodes[i].sounds[k].hash, HASH_SIZE);
	}
	hash_u64(&h, p->n_outputs);
	for (size_t i = 0; i < p->n_outputs; i++) {
		hash_u64(&h, p->outputs[i].node);
		hash_string(&h, p->outputs[i].port);
	}
	hash_final(&h, key);
}
