/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipe of a take: from the message to plain data and back, and the id. */
#include <string.h>

#include "wire/assets.h"
#include "wire/message.h"
#include "wire/take.h"

int
patch_from_message(const Assay__Patch *m, struct patch *p, struct arena *a, struct err *err)
{
	if (m->n_nodes > PATCH_MAX_NODES || m->n_params > PATCH_MAX_PARAMS)
		return err_set(err, "patch '%s' has %zu nodes and %zu params; at most %d and %d are allowed", m->name,
		    m->n_nodes, m->n_params, PATCH_MAX_NODES, PATCH_MAX_PARAMS);
	if (m->n_outputs < 1 || m->n_outputs > 2)
		return err_set(err, "patch '%s' has %zu outputs, not one or two", m->name, m->n_outputs);
	*p = (struct patch){
	    .name = m->name, .n_nodes = m->n_nodes, .n_params = m->n_params, .n_outputs = m->n_outputs,
	    .nodes = arena_array(a, m->n_nodes, sizeof *p->nodes),
	    .params = arena_array(a, m->n_params, sizeof *p->params),
	};
	if (!p->nodes || !p->params)
		return no_memory(err);
	for (size_t i = 0; i < m->n_outputs; i++)
		p->outputs[i] = (struct wire){m->outputs[i]->node, m->outputs[i]->port};
	for (size_t i = 0; i < m->n_nodes; i++) {
		const Assay__Node *from = m->nodes[i];
		struct node *to = &p->nodes[i];
		*to = (struct node){
		    .module = from->module, .inputs = arena_array(a, from->n_inputs, sizeof *to->inputs),
		    .n_inputs = from->n_inputs, .sounds = arena_array(a, from->n_sounds, sizeof *to->sounds),
		    .n_sounds = from->n_sounds, .oversample = from->oversample,
		};
		if (!to->inputs || !to->sounds)
			return no_memory(err);
		for (size_t k = 0; k < from->n_sounds; k++) {
			if (from->sounds[k]->hash.len != HASH_SIZE)
				return err_set(err, "patch '%s', node %zu (%s): sound %zu has a hash of %zu bytes, not %d", m->name, i,
				    from->module, k, from->sounds[k]->hash.len, HASH_SIZE);
			memcpy(to->sounds[k].hash, from->sounds[k]->hash.data, HASH_SIZE);
			to->sounds[k].name = from->sounds[k]->name;
		}
		for (size_t k = 0; k < from->n_inputs; k++) {
			const Assay__Input *in = from->inputs[k];
			struct input *out = &to->inputs[k];
			out->port = in->port;
			switch (in->from_case) {
			case ASSAY__INPUT__FROM_PARAM:
				out->from = FROM_PARAM;
				out->param = in->param;
				break;
			case ASSAY__INPUT__FROM_WIRE:
				out->from = FROM_WIRE;
				out->wire = (struct wire){in->wire->node, in->wire->port};
				break;
			default:
				out->from = FROM_VALUE;
				out->value = in->from_case == ASSAY__INPUT__FROM_VALUE ? in->value : 0;
			}
		}
	}
	for (size_t i = 0; i < m->n_params; i++) {
		const Assay__Param *from = m->params[i];
		p->params[i] = (struct param){
		    .name = from->name, .value = from->value, .open = from->open, .min = from->min, .max = from->max, .step = from->step,
		    .scale = from->scale == ASSAY__SCALE__LOG    ? SCALE_LOG
		        : from->scale == ASSAY__SCALE__CHOICE ? SCALE_CHOICE
		                                              : SCALE_LINEAR,
		    .choices = (const char *const *)from->choices, .n_choices = from->n_choices,
		};
	}
	return 0;
}

int
take_recipe(struct take *t, struct recipe *r, struct err *err)
{
	const Take *m = t->m;
	struct arena *a = &t->arena;
	if (!m->n_parts)
		return err_set(err, "the take has no patch");
	if (m->n_parts > RECIPE_MAX_PARTS)
		return err_set(err, "the take has %zu parts; at most %d are allowed", m->n_parts, RECIPE_MAX_PARTS);
	if (!m->phrase)
		return err_set(err, "the take has no phrase");
	if (take_unpack_sounds(t, err) < 0)
		return -1;
	if (m->phrase->n_notes > PHRASE_MAX_NOTES)
		return err_set(err, "the phrase has %zu notes; at most %d are allowed", m->phrase->n_notes, PHRASE_MAX_NOTES);
	*r = (struct recipe){
	    .engine = m->engine, .rate = m->rate, .seed = m->seed, .n_parts = m->n_parts,
	    .parts = arena_array(a, m->n_parts, sizeof *r->parts),
	    .phrase = {
	        .tempo = m->phrase->tempo, .beats = m->phrase->beats, .tail = m->phrase->tail,
	        .n_notes = m->phrase->n_notes, .notes = arena_array(a, m->phrase->n_notes, sizeof(struct note)),
	        .n_arcs = m->phrase->n_arcs, .arcs = arena_array(a, m->phrase->n_arcs, sizeof(struct arc)),
	    },
	};
	if (!r->parts || !r->phrase.notes || !r->phrase.arcs)
		return no_memory(err);
	for (size_t i = 0; i < m->n_parts; i++) {
		const Assay__Part *from = m->parts[i];
		if (!from->patch)
			return err_set(err, "part %zu has no patch", i);
		r->parts[i] = (struct part){.name = from->name, .gain = from->gain};
		if (patch_from_message(from->patch, &r->parts[i].patch, a, err) < 0)
			return err_prefix(err, "part %zu", i);
	}
	for (size_t i = 0; i < m->phrase->n_notes; i++) {
		const Assay__Note *n = m->phrase->notes[i];
		r->phrase.notes[i] = (struct note){n->start, n->length, n->pitch, n->velocity, n->part};
	}
	for (size_t i = 0; i < m->phrase->n_arcs; i++) {
		const Assay__Arc *arc = m->phrase->arcs[i];
		if (arc->n_beats != arc->n_values)
			return err_set(err, "arc %zu has %zu beats and %zu values", i, arc->n_beats, arc->n_values);
		if ((arc->n_shapes && arc->n_shapes != arc->n_beats) || (arc->n_bends && arc->n_bends != arc->n_beats))
			return err_set(err, "arc %zu has %zu beats, %zu shapes and %zu bends", i, arc->n_beats, arc->n_shapes,
			    arc->n_bends);
		uint8_t *shapes = arc->n_shapes ? arena_alloc(a, arc->n_shapes) : NULL;
		if (arc->n_shapes && !shapes)
			return no_memory(err);
		for (size_t k = 0; k < arc->n_shapes; k++) /* one that is not known is refused by its number */
			shapes[k] = (uint32_t)arc->shapes[k] < UINT8_MAX ? (uint8_t)arc->shapes[k] : UINT8_MAX;
		r->phrase.arcs[i] = (struct arc){
			.part = arc->part, .param = arc->param, .beats = arc->beats, .values = arc->values, .n = arc->n_beats,
			.shapes = shapes, .bends = arc->n_bends ? arc->bends : NULL, .every = arc->every,
		};
	}
	return recipe_check(r, err);
}

static Assay__Wire *
wire_to_message(struct wire w, struct arena *a)
{
	Assay__Wire *m = MESSAGE(a, Assay__Wire, assay__wire__init);
	if (!m)
		return NULL;
	m->node = w.node;
	m->port = name_in(a, w.port);
	return m->port ? m : NULL;
}

static Assay__Node *
node_to_message(const struct node *n, struct arena *a)
{
	Assay__Node *m = MESSAGE(a, Assay__Node, assay__node__init);
	if (!m || !(m->module = name_in(a, n->module)) || !(m->inputs = arena_array(a, n->n_inputs, sizeof *m->inputs)))
		return NULL;
	m->n_inputs = n->n_inputs;
	if (!(m->sounds = arena_array(a, n->n_sounds, sizeof *m->sounds)))
		return NULL;
	m->n_sounds = n->n_sounds;
	for (size_t i = 0; i < n->n_sounds; i++) {
		Assay__Sound *to = m->sounds[i] = MESSAGE(a, Assay__Sound, assay__sound__init);
		if (!to || !(to->name = name_in(a, n->sounds[i].name))
		    || !(to->hash.data = arena_memdup(a, n->sounds[i].hash, HASH_SIZE)))
			return NULL;
		to->hash.len = HASH_SIZE;
	}
	m->oversample = n->oversample > 1 ? n->oversample : 0;
	for (size_t i = 0; i < n->n_inputs; i++) {
		const struct input *from = &n->inputs[i];
		Assay__Input *to = m->inputs[i] = MESSAGE(a, Assay__Input, assay__input__init);
		if (!to || !(to->port = name_in(a, from->port)))
			return NULL;
		switch (from->from) {
		case FROM_VALUE:
			to->from_case = ASSAY__INPUT__FROM_VALUE;
			to->value = from->value;
			break;
		case FROM_PARAM:
			to->from_case = ASSAY__INPUT__FROM_PARAM;
			to->param = from->param;
			break;
		case FROM_WIRE:
			to->from_case = ASSAY__INPUT__FROM_WIRE;
			if (!(to->wire = wire_to_message(from->wire, a)))
				return NULL;
		}
	}
	return m;
}

static Assay__Param *
param_to_message(const struct param *p, struct arena *a)
{
	Assay__Param *m = MESSAGE(a, Assay__Param, assay__param__init);
	if (!m || !(m->name = name_in(a, p->name)) || !(m->choices = arena_array(a, p->n_choices, sizeof *m->choices)))
		return NULL;
	m->value = p->value;
	m->open = p->open;
	m->min = p->min;
	m->max = p->max;
	m->step = p->step;
	m->scale = p->scale == SCALE_LOG ? ASSAY__SCALE__LOG
	    : p->scale == SCALE_CHOICE   ? ASSAY__SCALE__CHOICE
	                                 : ASSAY__SCALE__LINEAR;
	m->n_choices = p->n_choices;
	for (size_t i = 0; i < p->n_choices; i++)
		if (!(m->choices[i] = name_in(a, p->choices[i])))
			return NULL;
	return m;
}

Assay__Patch *
patch_to_message(const struct patch *p, struct arena *a, struct err *err)
{
	Assay__Patch *m = MESSAGE(a, Assay__Patch, assay__patch__init);
	bool whole = m && (m->name = name_in(a, p->name)) && (m->nodes = arena_array(a, p->n_nodes, sizeof *m->nodes))
	    && (m->params = arena_array(a, p->n_params, sizeof *m->params))
	    && (m->outputs = arena_array(a, p->n_outputs, sizeof *m->outputs));
	if (whole) {
		m->n_nodes = p->n_nodes;
		m->n_params = p->n_params;
		m->n_outputs = p->n_outputs;
		for (size_t i = 0; i < p->n_nodes; i++)
			whole &= (m->nodes[i] = node_to_message(&p->nodes[i], a)) != NULL;
		for (size_t i = 0; i < p->n_params; i++)
			whole &= (m->params[i] = param_to_message(&p->params[i], a)) != NULL;
		for (size_t i = 0; i < p->n_outputs; i++)
			whole &= (m->outputs[i] = wire_to_message(p->outputs[i], a)) != NULL;
	}
	return whole ? m : (no_memory(err), NULL);
}

static Assay__Phrase *
phrase_to_message(const struct phrase *p, struct arena *a)
{
	Assay__Phrase *m = MESSAGE(a, Assay__Phrase, assay__phrase__init);
	if (!m || !(m->notes = arena_array(a, p->n_notes, sizeof *m->notes))
	    || !(m->arcs = arena_array(a, p->n_arcs, sizeof *m->arcs)))
		return NULL;
	m->tempo = p->tempo;
	m->beats = p->beats;
	m->tail = p->tail;
	m->n_notes = p->n_notes;
	m->n_arcs = p->n_arcs;
	for (size_t i = 0; i < p->n_notes; i++) {
		const struct note *n = &p->notes[i];
		Assay__Note *to = m->notes[i] = MESSAGE(a, Assay__Note, assay__note__init);
		if (!to)
			return NULL;
		to->start = n->start;
		to->length = n->length;
		to->pitch = n->pitch;
		to->velocity = n->velocity;
		to->part = n->part;
	}
	for (size_t i = 0; i < p->n_arcs; i++) {
		const struct arc *from = &p->arcs[i];
		Assay__Arc *to = m->arcs[i] = MESSAGE(a, Assay__Arc, assay__arc__init);
		if (!to || !(to->beats = arena_memdup(a, from->beats, from->n * sizeof *to->beats))
		    || !(to->values = arena_memdup(a, from->values, from->n * sizeof *to->values)))
			return NULL;
		to->part = from->part;
		to->param = from->param;
		to->n_beats = to->n_values = from->n;
		to->every = from->every;
		bool straight = true, bent = false;
		for (size_t k = 0; k < from->n && from->shapes; k++) {
			straight = straight && from->shapes[k] == ARC_LINE;
			bent = bent || (from->shapes[k] == ARC_CURVE && from->bends && from->bends[k] != 0);
		}
		if (!straight) { /* where nothing is said, lines are straight */
			if (!(to->shapes = arena_array(a, from->n, sizeof *to->shapes)))
				return NULL;
			for (size_t k = 0; k < from->n; k++)
				to->shapes[k] = (Assay__ArcShape)from->shapes[k];
			to->n_shapes = from->n;
		}
		if (bent) {
			if (!(to->bends = arena_memdup(a, from->bends, from->n * sizeof *to->bends)))
				return NULL;
			to->n_bends = from->n;
		}
	}
	return m;
}

int
take_set_recipe(struct take *t, const struct recipe *r, struct err *err)
{
	struct arena *a = &t->arena;
	Take *m = t->m;
	m->engine = r->engine;
	m->rate = r->rate;
	m->seed = r->seed;
	m->phrase = phrase_to_message(&r->phrase, a);
	m->parts = arena_array(a, r->n_parts, sizeof *m->parts);
	if (!m->phrase || !m->parts)
		return no_memory(err);
	m->n_parts = r->n_parts;
	for (size_t i = 0; i < r->n_parts; i++) {
		Assay__Part *part = m->parts[i] = MESSAGE(a, Assay__Part, assay__part__init);
		if (!part || !(part->name = name_in(a, r->parts[i].name)))
			return no_memory(err);
		part->gain = r->parts[i].gain;
		if (!(part->patch = patch_to_message(&r->parts[i].patch, a, err)))
			return -1;
	}
	return take_identify(t, err);
}

int
take_identify(struct take *t, struct err *err)
{
	uint8_t id[HASH_SIZE];
	if (t->m->n_parts) {
		struct recipe r;
		if (take_recipe(t, &r, err) < 0)
			return -1;
		recipe_id(&r, id);
	} else {
		if (!take_has_audio(t))
			return err_set(err, "a take with neither patch nor sound has no id");
		struct hash h;
		hash_init(&h);
		hash_string(&h, "assay sound");
		hash_u64(&h, t->m->audio->rate);
		hash_u64(&h, t->m->audio->channels);
		hash_u64(&h, t->m->audio->frames);
		hash_bytes(&h, t->m->audio->samples, t->m->audio->n_samples * sizeof(float));
		hash_final(&h, id);
	}
	t->m->id.data = arena_memdup(&t->arena, id, sizeof id);
	t->m->id.len = t->m->id.data ? sizeof id : 0;
	return t->m->id.data ? 0 : no_memory(err);
}
