/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recipes by hand, for tests and benches of the engine.
 *
 *     struct rec *r = rec_new(44100, 120, 4, 0.5);       rate, tempo, beats, tail
 *     uint32_t osc = rec_node(r, "saw");
 *     rec_wire(r, osc, "pitch", rec_node(r, "note"), "pitch");   (a node before its reader)
 *     rec_end(r, osc, "out", NULL);                      voices(), and out
 *     rec_note(r, 0, 1, 60, 0.8);
 *     ... r->recipe ...
 *     rec_free(r);
 *
 * Everything goes to the part begun last; rec_part begins another.
 */
#ifndef TESTS_RECIPE_RIG_H
#define TESTS_RECIPE_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "synth/engine/engine.h"

enum { REC_NODES = 256, REC_INPUTS = 32, REC_NOTES = 4096, REC_ARCS = 8, REC_PARTS = 16 };

struct rec {
	struct recipe recipe;
	struct arena arena;
	struct part *part;
};

static inline void
rec_part(struct rec *r, float gain)
{
	r->part = &r->recipe.parts[r->recipe.n_parts++];
	*r->part = (struct part){.name = "", .gain = gain};
	r->part->patch.name = "";
	r->part->patch.nodes = arena_array(&r->arena, REC_NODES, sizeof(struct node));
	r->part->patch.params = arena_array(&r->arena, REC_NODES, sizeof(struct param));
}

static inline struct rec *
rec_new(uint32_t rate, double tempo, double beats, double tail)
{
	struct rec *r = calloc(1, sizeof *r);
	arena_init(&r->arena, SIZE_MAX);
	r->recipe = (struct recipe){
		.engine = ENGINE_VERSION, .rate = rate, .seed = 1,
		.parts = arena_array(&r->arena, REC_PARTS, sizeof(struct part)),
		.phrase = {tempo, beats, tail, arena_array(&r->arena, REC_NOTES, sizeof(struct note)), 0,
		    arena_array(&r->arena, REC_ARCS, sizeof(struct arc)), 0},
	};
	rec_part(r, 1);
	return r;
}

static inline void
rec_free(struct rec *r)
{
	arena_release(&r->arena);
	free(r);
}

static inline uint32_t
rec_node(struct rec *r, const char *module)
{
	struct patch *p = &r->part->patch;
	p->nodes[p->n_nodes] = (struct node){.module = module, .inputs = arena_array(&r->arena, REC_INPUTS, sizeof(struct input))};
	return (uint32_t)p->n_nodes++;
}

/* The node plays a sound of the project's own, "loop". */
static inline void
rec_sound(struct rec *r, uint32_t node, const char *made)
{
	struct node *n = &r->part->patch.nodes[node];
	struct err err;
	const struct asset *a = asset_make(made, &err);
	if (!n->sounds)
		n->sounds = arena_array(&r->arena, NODE_MAX_SOUNDS, sizeof *n->sounds);
	if (!a)
		exit(1);
	memcpy(n->sounds[n->n_sounds].hash, a->hash, HASH_SIZE);
	n->sounds[n->n_sounds++].name = made;
}

static inline struct input *
rec_input(struct rec *r, uint32_t node, const char *port)
{
	struct node *n = &r->part->patch.nodes[node];
	for (size_t i = 0; i < n->n_inputs; i++)
		if (!strcmp(n->inputs[i].port, port))
			return &n->inputs[i];
	n->inputs[n->n_inputs] = (struct input){.port = port};
	return &n->inputs[n->n_inputs++];
}

static inline void
rec_set(struct rec *r, uint32_t node, const char *port, float value)
{
	struct input *in = rec_input(r, node, port);
	in->from = FROM_VALUE;
	in->value = value;
}

static inline void
rec_wire(struct rec *r, uint32_t node, const char *port, uint32_t from, const char *out)
{
	struct input *in = rec_input(r, node, port);
	in->from = FROM_WIRE;
	in->wire = (struct wire){from, out};
}

/* A new open param; returns its index. */
static inline uint32_t
rec_param(struct rec *r, uint32_t node, const char *port, float value, float min, float max)
{
	struct patch *p = &r->part->patch;
	struct input *in = rec_input(r, node, port);
	p->params[p->n_params] = (struct param){arena_printf(&r->arena, "p%zu", p->n_params), value, true, min, max, 0, 0, 0};
	in->from = FROM_PARAM;
	in->param = (uint32_t)p->n_params;
	return (uint32_t)p->n_params++;
}

static inline void
rec_output(struct rec *r, uint32_t node, const char *port)
{
	struct patch *p = &r->part->patch;
	p->outputs[p->n_outputs++] = (struct wire){node, port};
}

/* voices(), fed by one node, or by two of its outputs; returns the node. */
static inline uint32_t
rec_voices(struct rec *r, uint32_t node, const char *left, const char *right)
{
	const uint32_t v = rec_node(r, "voices");
	rec_wire(r, v, "left", node, left);
	if (right)
		rec_wire(r, v, "right", node, right);
	return v;
}

/* The same, and its outputs are the patch's. */
static inline void
rec_end(struct rec *r, uint32_t node, const char *left, const char *right)
{
	const uint32_t v = rec_voices(r, node, left, right);
	rec_output(r, v, "left");
	if (right)
		rec_output(r, v, "right");
}

static inline void
rec_note(struct rec *r, double start, double length, float pitch, float velocity)
{
	r->recipe.phrase.notes[r->recipe.phrase.n_notes++]
	    = (struct note){start, length, pitch, velocity, (uint32_t)r->recipe.n_parts - 1};
}

static inline void
rec_arc(struct rec *r, uint32_t param, size_t n, const double *beats, const float *values)
{
	r->recipe.phrase.arcs[r->recipe.phrase.n_arcs++]
	    = (struct arc){.part = (uint32_t)r->recipe.n_parts - 1, .param = param, .beats = beats, .values = values, .n = n};
}

/* Renders one recipe, or says why not and ends the program. */
static inline struct job
rec_render(struct engine *e, const struct recipe *r)
{
	struct err err;
	struct job job = {.recipe = r};
	if (recipe_check(r, &err) < 0 || engine_render(e, &job, 1, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return job;
}

#endif
