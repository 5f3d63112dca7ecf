/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/take.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/check.h"

/* What a message may take in memory: its bulk is arrays, which unpack to about
   their own size; the rest is room for small messages, which unpack to more: for
   the notes of the longest phrase there may be, with as much again. */
static size_t
budget_for(size_t message)
{
	return 3 * message + (96u << 20);
}

/* A take under construction may grow by this much. */
enum { GROWTH = 1 << 30 };

static void *
from_arena(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void
to_arena(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

struct take *
take_new(void)
{
	struct take *t = malloc(sizeof *t);
	if (!t)
		return NULL;
	arena_init(&t->arena, GROWTH);
	t->m = arena_alloc(&t->arena, sizeof *t->m);
	if (!t->m)
		return free(t), NULL;
	assay__take__init(t->m);
	return t;
}

void
take_free(struct take *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	free(t);
}

struct take *
take_unpack(const uint8_t *msg, size_t n, struct err *err)
{
	size_t memory;
	if (wire_check(&assay__take__descriptor, msg, n, &memory, err) < 0)
		return NULL;
	if (memory > budget_for(n))
		return err_set(err, "%zu bytes that would unpack to %zu, over the budget of %zu", n, memory,
		    budget_for(n)), NULL;
	struct take *t = malloc(sizeof *t);
	if (!t)
		return err_set(err, "out of memory"), NULL;
	arena_init(&t->arena, memory);
	ProtobufCAllocator allocator = {from_arena, to_arena, &t->arena};
	t->m = assay__take__unpack(&allocator, n, msg);
	if (!t->m)
		return err_set(err, "out of memory for a take of %zu bytes", n), take_free(t), NULL;
	t->arena.budget = t->arena.used + GROWTH;
	return t;
}

struct take *
take_copy(const struct take *t, struct err *err)
{
	const size_t n = assay__take__get_packed_size(t->m);
	uint8_t *buf = malloc(n ? n : 1);
	if (!buf)
		return err_set(err, "out of memory"), NULL;
	assay__take__pack(t->m, buf);
	struct take *copy = take_unpack(buf, n, err);
	free(buf);
	return copy;
}

int
take_read(struct reader *r, struct take **t, struct err *err)
{
	const uint8_t *msg;
	size_t n;
	const int got = reader_next(r, &msg, &n, err);
	if (got <= 0)
		return got;
	*t = take_unpack(msg, n, err);
	if (!*t)
		return err_prefix(err, "%s: the message at %s %llu is no take", reader_name(r), reader_unit(r),
		    (unsigned long long)reader_offset(r));
	return 1;
}

int
take_queue(struct writer *w, const struct take *t, struct err *err)
{
	/* An empty message would read as the end of a ZeroMQ stream: this is an
	   empty take too, with its id written out. */
	static const uint8_t empty[] = {1 << 3 | 2, 0};
	const size_t n = assay__take__get_packed_size(t->m);
	uint8_t *room = writer_reserve(w, n ? n : sizeof empty, err);
	if (!room)
		return -1;
	if (n)
		assay__take__pack(t->m, room);
	else
		memcpy(room, empty, sizeof empty);
	return writer_commit(w, n ? n : sizeof empty, err);
}

int
take_write(struct writer *w, const struct take *t, struct err *err)
{
	if (take_queue(w, t, err) < 0)
		return -1;
	return writer_pending(w) >= 256 * 1024 ? writer_flush(w, err) : 0;
}

/* --- the recipe ----------------------------------------------------------------- */

static int
no_memory(struct err *err)
{
	return err_set(err, "out of memory for this take");
}

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
		*to = (struct node){from->module, arena_array(a, from->n_inputs, sizeof *to->inputs), from->n_inputs};
		if (!to->inputs)
			return no_memory(err);
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
		    .name = from->name, .value = from->value, .open = from->open, .min = from->min, .max = from->max,
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
		r->phrase.arcs[i] = (struct arc){arc->part, arc->param, arc->beats, arc->values, arc->n_beats};
	}
	return recipe_check(r, err);
}

/* One message of a type, in the arena. */
#define MESSAGE(a, Type, init)                                   \
	({                                                       \
		Type *message = arena_alloc(a, sizeof *message); \
		if (message)                                     \
			init(message);                           \
		message;                                         \
	})

/* The empty string stands for a name that is not there. */
static char *
name_in(struct arena *a, const char *s)
{
	return s && *s ? arena_strdup(a, s) : (char *)protobuf_c_empty_string;
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

/* --- the parts of a take ----------------------------------------------------------- */

int
take_set_audio(struct take *t, const float *samples, uint32_t rate, uint32_t channels, uint64_t frames,
    const uint8_t *hash, struct err *err)
{
	struct arena *a = &t->arena;
	Assay__Audio *m = MESSAGE(a, Assay__Audio, assay__audio__init);
	size_t n, bytes;
	if (__builtin_mul_overflow((size_t)frames, channels, &n) || __builtin_mul_overflow(n, sizeof(float), &bytes))
		return err_set(err, "%llu frames of %u channels are too many", (unsigned long long)frames, channels);
	if (!m || !(m->samples = arena_memdup(a, samples, bytes)) || !(m->hash.data = arena_alloc(a, HASH_SIZE)))
		return no_memory(err);
	m->rate = rate;
	m->channels = channels;
	m->frames = frames;
	m->n_samples = n;
	m->hash.len = HASH_SIZE;
	if (hash)
		memcpy(m->hash.data, hash, HASH_SIZE);
	else
		hash_samples(m->samples, n, m->hash.data);
	t->m->audio = m;
	return 0;
}

bool
take_has_audio(const struct take *t)
{
	const Assay__Audio *a = t->m->audio;
	return a && a->rate && a->channels && a->n_samples && a->n_samples % a->channels == 0
	    && a->frames == a->n_samples / a->channels;
}

static Assay__Tensor *
tensor_named(const struct take *t, const char *name)
{
	for (size_t i = 0; i < t->m->n_features; i++)
		if (!strcmp(t->m->features[i]->name, name))
			return t->m->features[i];
	return NULL;
}

Assay__Tensor *
take_tensor(const struct take *t, const char *name)
{
	Assay__Tensor *m = tensor_named(t, name);
	size_t n;
	if (!m || __builtin_mul_overflow((size_t)m->channels * m->frames, m->columns, &n) || n != m->n_data)
		return NULL;
	return m;
}

/* Makes room for one more pointer at the end of a repeated field. */
#define GROW(t, field)                                                                                \
	({                                                                                            \
		void *grown = arena_array(&(t)->arena, (t)->m->n_##field + 1, sizeof *(t)->m->field);       \
		if (grown && (t)->m->n_##field)                                                         \
			memcpy(grown, (t)->m->field, (t)->m->n_##field * sizeof *(t)->m->field);             \
		if (grown)                                                                            \
			(t)->m->field = grown;                                                          \
		grown;                                                                                \
	})

Assay__Tensor *
take_add_tensor(struct take *t, const char *name, uint32_t channels, uint32_t frames, uint32_t columns, struct err *err)
{
	struct arena *a = &t->arena;
	Assay__Tensor *m = tensor_named(t, name);
	if (!m) {
		m = MESSAGE(a, Assay__Tensor, assay__tensor__init);
		if (!m || !(m->name = name_in(a, name)) || !GROW(t, features))
			return no_memory(err), NULL;
		t->m->features[t->m->n_features++] = m;
	}
	size_t n;
	if (__builtin_mul_overflow((size_t)channels * frames, columns, &n) || !(m->data = arena_array(a, n, sizeof(float))))
		return no_memory(err), NULL;
	m->channels = channels;
	m->frames = frames;
	m->columns = columns;
	m->n_data = n;
	return m;
}

int
take_set_score(struct take *t, const char *term, double value, double weight, const char *why, struct err *err)
{
	Assay__Score *m = NULL;
	for (size_t i = 0; i < t->m->n_scores; i++)
		if (!strcmp(t->m->scores[i]->term, term))
			m = t->m->scores[i];
	if (!m) {
		m = MESSAGE(&t->arena, Assay__Score, assay__score__init);
		if (!m || !(m->term = name_in(&t->arena, term)) || !GROW(t, scores))
			return no_memory(err);
		t->m->scores[t->m->n_scores++] = m;
	}
	m->value = value;
	m->weight = weight;
	m->why = name_in(&t->arena, why);
	return m->why ? 0 : no_memory(err);
}

Assay__Origin *
take_origin(struct take *t)
{
	if (!t->m->origin)
		t->m->origin = MESSAGE(&t->arena, Assay__Origin, assay__origin__init);
	return t->m->origin;
}

void
take_fail(struct take *t, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	char *copy = arena_strdup(&t->arena, text);
	t->m->error = copy ? copy : "out of memory";
}

const char *
take_label(const struct take *t, char text[HASH_HEX])
{
	if (*t->m->key)
		return t->m->key;
	if (!t->m->id.len)
		return "(no id)";
	return hash_hex(t->m->id.data, t->m->id.len < 6 ? t->m->id.len : 6, text);
}
