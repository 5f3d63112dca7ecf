/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plug-ins in lanes: an instance for each lane that is heard, run one after
 * another. An instrument that is late (it looks ahead) is run that much ahead
 * before its first block, for all that a voice hears is known when it begins.
 */
#include <stdlib.h>

#include "synth/lv2/lv2.h"
#include "synth/module.h"

_Static_assert((int)LV2_BLOCK == (int)BLOCK, "one block size");

struct state {
	struct lv2_instance *lane[LANES];
	uint32_t ahead; /* blocks */
};

#define EACH_ISA(isa) LV2_LANES(isa)
#define LV2_LANES(isa) lv2_lanes_##isa

/* Lane l of row i. */
static inline float
get(struct in in, int i, int l)
{
	return ((const float *)(const void *)(in.x + i * in.stride))[l];
}

/* What is known of a plug-in is added to, and nothing else of it changes. */
static struct lv2_plugin *
plugin(const struct context *c)
{
	return (struct lv2_plugin *)c->module->guest;
}

static uint32_t
latency(const struct context *c)
{
	return lv2_latency(plugin(c), c->rate);
}

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	struct lv2_plugin *p = plugin(c);
	for (int l = 0; l < c->heard; l++) {
		struct lv2_instance *i = s->lane[l] = lv2_instance_new(p, c->rate, c->failure);
		if (!i)
			continue;
		int32_t off;
		memcpy(&off, (const char *)&c->off + (size_t)l * sizeof off, sizeof off);
		/* after voices() there is no note, and nothing is ever released */
		i->note = (struct lv2_note){.is = p->notes && off != INT32_MAX, .off = off};
		s->ahead = p->instrument && p->has_latency ? lv2_instance_lead(i) : 0;
		i->tempo = lane_get(c->tempo, l);
	}
}

static void
release(void *state, const struct context *c)
{
	struct state *s = state;
	for (int l = 0; l < c->heard; l++)
		lv2_instance_free(s->lane[l]);
}

static float
fit(const struct lv2_port *q, float x, float rate)
{
	const float scale = q->of_rate ? rate / 44100 : 1, min = q->min * scale, max = q->max * scale;
	if (!(x >= min))
		return min;
	if (x > max)
		return max;
	return q->whole ? (float)(int)(x + (x < 0 ? -0.5f : 0.5f)) : x;
}

/* The block's numbers and sounds of lane l. */
static void
feed(struct lv2_instance *i, const struct block *b, int l)
{
	const struct lv2_plugin *p = i->plugin;
	for (uint32_t k = 0; k < p->n_ports; k++) {
		const struct lv2_port *q = &p->ports[k];
		if (q->at < 0)
			continue;
		if (q->kind == LV2_VALUE && q->n_points) {
			const float x = b->c->fixed[q->at];
			*i->in[q->at] = q->points[x >= 0 && x < (float)q->n_points ? (int)x : 0];
		} else if (q->kind == LV2_VALUE)
			*i->in[q->at] = fit(q, get(b->in[q->at], b->n - 1, l), b->c->rate);
		else if (q->kind == LV2_SOUND)
			for (int f = 0; f < BLOCK; f++)
				i->in[q->at][f] = get(b->in[q->at], f, l);
	}
}

/* Its sound to lane l of the outputs. */
static void
give(const struct lv2_instance *i, const struct block *b, int l)
{
	const struct lv2_plugin *p = i->plugin;
	for (uint32_t k = 0; k < p->n_ports; k++)
		if (p->ports[k].kind == LV2_HEARD && p->ports[k].at >= 0) {
			float *to = (float *)(void *)b->out[p->ports[k].at] + l;
			for (int f = 0; f < BLOCK; f++)
				to[f * LANES] = i->out[p->ports[k].at][f];
		}
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const struct lv2_plugin *p = plugin(b->c);
	size_t n_out = 0;
	for (const struct port *row = p->table; row->dir != PORT_END; row++)
		n_out += row->dir == PORT_OUT;
	for (size_t k = 0; k < n_out; k++)
		memset(b->out[k], 0, BLOCK * sizeof(vf));
	for (int l = 0; l < b->c->heard; l++) {
		struct lv2_instance *i = s->lane[l];
		if (!i)
			continue;
		feed(i, b, l);
		/* an effect that stands before voices() and listens to notes gets the one that is played */
		const float pitch = p->instrument ? get(b->in[p->pitch], b->n - 1, l) : lane_get(b->c->pitch, l);
		if (b->now == 0)
			i->note.velocity = p->instrument ? get(b->in[p->velocity], b->n - 1, l) : lane_get(b->c->velocity, l);
		for (uint32_t k = 0; b->now == 0 && k < s->ahead; k++)
			lv2_instance_run(i, pitch);
		lv2_instance_run(i, pitch);
		give(i, b, l);
	}
}

const struct lv2_lanes EACH_ISA(ISA) = {sizeof(struct state), init, run, release, latency};
