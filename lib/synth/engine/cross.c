/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two things that a patch does not state and its sound relies on:
 *
 *   rates    A node may run at 2, 4 or 8 times the rate. Audio goes into such a part
 *            of the graph through `up` and out of it through `down`, control signals
 *            in through `raise` (the note and the transport run once more there);
 *            outwards, readers find every k-th frame, or the last value. Audio goes
 *            from factor to factor by way of the plain rate.
 *   lateness Modules that look ahead, and the crossings, are late. What a node reads
 *            frame by frame is made as late as its latest input, by `delay`; curves
 *            are read at an earlier time instead. Control signals that are read
 *            once a block stay as they are. A section's whole lateness is made up
 *            for where its output is stored (plan.late).
 */
#include <string.h>

#include "synth/engine/compile.h"
#include "synth/engine/cross.h"

/* Seconds: more is not believed. */
enum { LATEST = 10 };

struct grower {
	struct compiler *c;
	struct vertex *v; /* the new list */
	uint32_t n, cap;
};

static int
append(struct grower *g, const struct vertex *v)
{
	if (g->n == g->cap) {
		const uint32_t cap = g->cap ? 2 * g->cap : 2 * g->c->n + 16;
		struct vertex *more = arena_array(g->c->arena, cap, sizeof *more);
		if (!more)
			return -1;
		if (g->n)
			memcpy(more, g->v, g->n * sizeof *more);
		g->v = more;
		g->cap = cap;
	}
	g->v[g->n++] = *v;
	return 0;
}

/* Makes *f read one of the engine's own modules instead of what it read, and that read this.
   Readers that want the same share it. */
static int
put(struct grower *g, struct feed *f, uint32_t module, uint32_t reads, uint32_t factor, float fixed, const bool in[2])
{
	const uint32_t from = f->index;
	for (uint32_t i = g->v[from].via; i != NOBODY; i = g->v[i].next) {
		struct vertex *v = &g->v[i];
		if (v->node == NOBODY && v->module == module && v->feeds->out == f->out && *v->fixed == fixed) {
			v->in[0] |= in[0];
			v->in[1] |= in[1];
			f->index = i;
			f->out = 0;
			return 0;
		}
	}
	struct vertex v = {
		.m = &cross_modules_scalar[module], .module = module, .node = NOBODY, .factor = factor, .reads = reads,
		.kind = g->v[from].outs[f->out].kind, .in = {in[0], in[1]}, .n_feeds = 1, .n_outs = 1, .via = NOBODY,
		.next = g->v[from].via, .feeds = arena_alloc(g->c->arena, sizeof *v.feeds),
		.outs = arena_alloc(g->c->arena, sizeof *v.outs), .fixed = arena_alloc(g->c->arena, sizeof *v.fixed),
		.waits = g->v[from].late,
	};
	if (!v.feeds || !v.outs || !v.fixed)
		return -1;
	const uint32_t takes = module == CROSS_DELAY ? (uint32_t)fixed * (TICKS / factor)
	    : module == CROSS_RAISE ? 0 : cross_latency(factor > reads ? factor : reads) * TICKS;
	v.late = v.waits + takes;
	*v.feeds = (struct feed){FEED_WIRE, from, f->out, v.m->ports, f->jumps};
	*v.outs = (struct out){.kind = v.kind};
	*v.fixed = fixed;
	g->v[from].via = g->n;
	f->index = g->n;
	f->out = 0;
	return append(g, &v);
}

/* Makes *f read a second one of what it reads, that runs at `factor`. */
static int
again(struct grower *g, struct feed *f, uint32_t factor, const bool in[2])
{
	const uint32_t from = f->index;
	for (uint32_t i = g->v[from].via; i != NOBODY; i = g->v[i].next)
		if (g->v[i].node != NOBODY && g->v[i].factor == factor) {
			g->v[i].in[0] |= in[0];
			g->v[i].in[1] |= in[1];
			f->index = i;
			return 0;
		}
	struct vertex v = g->v[from];
	if (!(v.outs = arena_memdup(g->c->arena, v.outs, v.n_outs * sizeof *v.outs)))
		return -1;
	v.factor = v.reads = factor;
	v.in[0] = in[0];
	v.in[1] = in[1];
	v.next = v.via;
	v.via = NOBODY;
	f->index = g->v[from].via = g->n;
	return append(g, &v);
}

static int
wait(struct grower *g, struct feed *f, uint32_t ticks, const bool in[2])
{
	const uint32_t factor = g->v[f->index].factor;
	return ticks ? put(g, f, CROSS_DELAY, factor, factor, (float)(ticks / (TICKS / factor)), in) : 0;
}

static uint32_t
log2_of(uint32_t factor)
{
	return factor == 8 ? 3 : factor / 2;
}

/* Brings what is read to the reader's rate. */
static int
cross(struct grower *g, struct feed *f, uint32_t factor, const bool in[2])
{
	const struct vertex *from = &g->v[f->index];
	const enum kind kind = from->outs[f->out].kind;
	const uint32_t own = from->factor;
	if (own == factor || kind == CONSTANT)
		return 0;
	if (kind == CONTROL && factor == 1)
		return 0; /* source_of() in plan.c picks frames */
	if (kind == CONTROL && !from->n_feeds && !from->m->state)
		return again(g, f, factor, in); /* a function of time alone, as the note's gate: exact at any rate */
	if (kind == CONTROL)
		return put(g, f, CROSS_RAISE, 1, factor, (float)factor, in);
	if (own > 1) {
		/* to a whole frame first */
		const uint32_t part = from->late % TICKS;
		if ((part && wait(g, f, TICKS - part, in) < 0)
		    || put(g, f, CROSS_DOWN + log2_of(own) - 1, own, 1, 0, in) < 0)
			return -1;
	}
	return factor > 1 ? put(g, f, CROSS_UP + log2_of(factor) - 1, 1, factor, 0, in) : 0;
}

/* Makes what v reads equally late, and returns how late that is. */
static int64_t
align(struct grower *g, struct feed *feeds, size_t n, uint32_t factor, const bool in[2], const struct vertex *v)
{
	uint32_t late = 0;
	for (size_t k = 0; k < n; k++) {
		struct feed *f = &feeds[k];
		if (f->from != FEED_WIRE)
			continue;
		if (cross(g, f, factor, in) < 0)
			return -1;
		if (g->v[f->index].outs[f->out].kind == AUDIO && g->v[f->index].late > late)
			late = g->v[f->index].late;
	}
	for (size_t k = 0; k < n && late; k++) {
		struct feed *f = &feeds[k];
		if (f->from != FEED_WIRE)
			continue;
		const enum kind kind = g->v[f->index].outs[f->out].kind;
		const bool frames = kind == AUDIO || (kind == CONTROL && (!v || compile_reads_frames(v, f)));
		if (frames && wait(g, f, late - g->v[f->index].late, in) < 0)
			return -1;
	}
	return late;
}

/* What a module says of itself, in ticks. */
static int
own_lateness(const struct compiler *c, const struct vertex *v, uint32_t *ticks, struct err *err)
{
	const uint32_t frames = lanes_scalar.latency(v->module, c->plan->rate * v->factor, v->node, v->fixed);
	*ticks = 0;
	if (frames > c->plan->rate * v->factor)
		return err_set(err, "node %u (%s): says that it is %u frames late; at most a second is believed", v->node,
		    v->m->name, frames);
	*ticks = frames * (TICKS / v->factor);
	return 0;
}

int
cross_insert(struct compiler *c, struct err *err)
{
	struct grower g = {.c = c};
	uint32_t *map = arena_array(c->arena, c->n, sizeof *map);
	static const bool section[2][2] = {{true, false}, {false, true}};
	if (!map)
		return err_set(err, "out of memory");
	for (uint32_t i = 0; i < c->n; i++) {
		struct vertex v = c->v[i];
		const bool *in = i == c->voices ? section[VOICE] : v.in;
		if (in[VOICE] || in[EFFECT]) {
			for (size_t k = 0; k < v.n_feeds; k++)
				if (v.feeds[k].from == FEED_WIRE)
					v.feeds[k].index = map[v.feeds[k].index];
			/* of voices(), as make_section() reads it */
			v.frames = v.kind == AUDIO;
			const int64_t late = align(&g, v.feeds, v.n_feeds, v.reads, in, &v);
			uint32_t more;
			if (late < 0)
				return err_set(err, "out of memory");
			if (own_lateness(c, &v, &more, err) < 0)
				return -1;
			v.waits = (uint32_t)late;
			v.late = v.waits + more;
			if (v.late > LATEST * c->plan->rate * TICKS)
				return err_set(err, "node %u (%s): its output would be more than %d s late", v.node, v.m->name, LATEST);
			if (i == c->voices) {
				c->plan->late[VOICE] = v.waits / TICKS;
				v.late = 0;
			}
		}
		v.via = NOBODY;
		map[i] = g.n;
		if (append(&g, &v) < 0)
			return err_set(err, "out of memory");
	}
	for (size_t k = 0; k < c->patch->n_outputs; k++)
		c->ends[k].index = map[c->ends[k].index];
	const int64_t late = align(&g, c->ends, c->patch->n_outputs, 1, section[EFFECT], NULL);
	if (late < 0)
		return err_set(err, "out of memory");
	c->plan->late[EFFECT] = (uint32_t)late / TICKS;
	c->voices = map[c->voices];
	c->v = g.v;
	c->n = g.n;
	return 0;
}
