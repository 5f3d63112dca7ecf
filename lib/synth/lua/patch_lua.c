/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A patch file in, a recipe out: runs the file, then takes from the graph that
 * it made what is heard, gives names to the parameters that have none, and
 * numbers everything anew. All of it runs under one lua_pcall, so any step may
 * fail() with the place where the culprit was made.
 */
#include "synth/lua/patch_lua.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/arc.h"
#include "synth/open.h"
#include "synth/lua/state.h"

struct request {
	struct reader_lua *reader;
	const char *text, *name;
	size_t n;
	struct recipe *recipe;
};

/* --- what is heard --------------------------------------------------------------- */

/* The wires of a node's inputs. */
#define EACH_WIRE(node, in)                                                             \
	for (const struct operand *in = (node)->in; in < (node)->in + (node)->n_in; in++) \
		if (in->from == FROM_WIRE)

static bool *
heard(lua_State *L, const struct made_part *part)
{
	const struct reader_lua *r = reader_of(L);
	bool *is = must_alloc(L, r->n_nodes, sizeof *is);
	for (int i = 0; i < part->out.n; i++)
		is[part->out.side[i].index] = true;
	for (size_t i = r->n_nodes; i-- > 0;)
		if (is[i])
			EACH_WIRE(&r->nodes[i], in)
				is[in->index] = true;
	sandbox_steps(L, r->n_nodes);
	return is;
}

/* Every patch has one voices(): where the file has none it comes last. */
static bool *
with_voices(lua_State *L, struct made_part *part)
{
	struct reader_lua *r = reader_of(L);
	const struct module *voices = NULL;
	for (const struct module *const *m = modules_scalar; *m; m++)
		if ((*m)->flags & MODULE_VOICES)
			voices = *m;
	bool *is = heard(L, part);
	const struct made_node *first = NULL;
	char place[256];
	for (size_t i = 0; i < r->n_nodes; i++) {
		if (!is[i] || !(r->nodes[i].module->flags & MODULE_VOICES))
			continue;
		if (first)
			fail_at(L, r->nodes[i].at, "a second voices(); the first is at %s", place_text(r, first->at, place));
		first = &r->nodes[i];
	}
	if (first || !voices)
		return is;
	const struct operand in[2] = {part->out.side[0], part->out.side[1]};
	struct operand made = make_node(L, voices, in, part->at);
	r->nodes[made.index].n_in = (size_t)part->out.n;
	for (int i = 0; i < part->out.n; i++) {
		made.port = port_find(voices, PORT_OUT, i ? "right" : "left", NULL);
		part->out.side[i] = made;
	}
	return heard(L, part);
}

/* What belongs to one note cannot be heard once the notes are one. */
static void
check_order(lua_State *L, const bool *is)
{
	const struct reader_lua *r = reader_of(L);
	bool *before = must_alloc(L, r->n_nodes, sizeof *before), *noted = must_alloc(L, r->n_nodes, sizeof *noted);
	for (size_t i = r->n_nodes; i-- > 0;)
		if (is[i] && (before[i] || r->nodes[i].module->flags & MODULE_VOICES))
			EACH_WIRE(&r->nodes[i], in)
				before[in->index] = true;
	for (size_t i = 0; i < r->n_nodes; i++) {
		const struct made_node *n = &r->nodes[i];
		if (!is[i] || n->module->flags & MODULE_VOICES)
			continue;
		noted[i] = n->module->flags & MODULE_VOICE;
		EACH_WIRE(n, in) {
			noted[i] = noted[i] || noted[in->index];
			if (noted[in->index] && !before[i])
				fail_at(L, n->at, "%s comes after voices() but takes from %s, which belongs to one note", n->module->name,
				    r->nodes[in->index].module->name);
		}
	}
}

/* --- names ----------------------------------------------------------------------- */

/* The port that a parameter acts on in the end: through mathematics, the first that takes the result. */
static const char *
port_name(lua_State *L, const bool *is, enum input_from from, uint32_t index, int depth)
{
	const struct reader_lua *r = reader_of(L);
	for (size_t i = 0; i < r->n_nodes && depth < 16; i++) {
		const struct made_node *n = &r->nodes[i];
		if (!is[i])
			continue;
		size_t k = 0;
		for (const struct port *p = n->module->ports; p->dir != PORT_END && k < n->n_in; p++) {
			if (p->dir != PORT_IN)
				continue;
			const struct operand *in = &n->in[k++];
			if (in->from != from || in->index != index)
				continue;
			if (!strcmp(n->module->group, "maths"))
				return port_name(L, is, FROM_WIRE, (uint32_t)i, depth + 1);
			/* a parameter on the sound's own way is its level */
			return !strcmp(p->name, "in") || !strcmp(p->name, "left") || !strcmp(p->name, "right") ? "level" : p->name;
		}
		sandbox_steps(L, 2);
	}
	return "level";
}

static void
name_params(lua_State *L, const bool *is, struct patch *patch, const uint32_t *made)
{
	const struct reader_lua *r = reader_of(L);
	char place[256];
	for (size_t i = 0; i < patch->n_params; i++)
		for (size_t k = 0; patch->params[i].name && k < i; k++)
			if (patch->params[k].name && !strcmp(patch->params[k].name, patch->params[i].name))
				fail_at(L, r->params[made[i]].at, "a second parameter is named '%s'; the first is at %s",
				    patch->params[i].name, place_text(r, r->params[made[k]].at, place));
	for (size_t i = 0; i < patch->n_params; i++) {
		if (patch->params[i].name)
			continue;
		const char *base = port_name(L, is, FROM_PARAM, made[i], 0), *name = base;
		for (int count = 2;; count++) {
			bool taken = false;
			for (size_t k = 0; k < patch->n_params && !taken; k++)
				taken = patch->params[k].name && !strcmp(patch->params[k].name, name);
			if (!taken)
				break;
			sandbox_steps(L, patch->n_params / 8);
			if (!(name = arena_printf(r->arena, "%s.%d", base, count)))
				fail(L, "out of memory");
		}
		patch->params[i].name = name;
	}
}

/* --- the recipe ------------------------------------------------------------------- */

/* What a parameter without a port of its own left open. */
static struct param
settle(const struct made_param *made)
{
	struct param q = made->param;
	if (!made->ranged)
		q.min = q.max = q.value;
	return q;
}

static struct wire
wire_to(const struct operand *o, const uint32_t *number)
{
	return (struct wire){number[o->index], o->port->name};
}

static void
take_patch(lua_State *L, struct made_part *part, struct patch *patch)
{
	struct reader_lua *r = reader_of(L);
	for (int i = 0; i < part->out.n; i++)
		if (part->out.side[i].from != FROM_WIRE)
			fail_at(L, part->at, "the patch is a %s, not a signal",
			    part->out.side[i].from == FROM_PARAM ? "parameter" : "number");
	bool *is = with_voices(L, part);
	check_order(L, is);

	uint32_t *number = must_alloc(L, r->n_nodes, sizeof *number);
	bool *used = must_alloc(L, r->n_params, sizeof *used);
	for (size_t i = 0; i < r->n_nodes; i++) {
		if (!is[i])
			continue;
		number[i] = (uint32_t)patch->n_nodes++;
		for (size_t k = 0; k < r->nodes[i].n_in; k++)
			if (r->nodes[i].in[k].from == FROM_PARAM)
				used[r->nodes[i].in[k].index] = true;
	}
	if (patch->n_nodes > PATCH_MAX_NODES)
		fail_at(L, part->at, "%zu modules are heard; at most %d are allowed", patch->n_nodes, PATCH_MAX_NODES);

	uint32_t *param_number = must_alloc(L, r->n_params, sizeof *param_number);
	uint32_t *made = must_alloc(L, r->n_params, sizeof *made);
	for (size_t i = 0; i < r->n_params; i++)
		if (used[i]) {
			made[patch->n_params] = (uint32_t)i;
			param_number[i] = (uint32_t)patch->n_params++;
		}
	if (patch->n_params > PATCH_MAX_PARAMS)
		fail_at(L, part->at, "%zu parameters; at most %d are allowed", patch->n_params, PATCH_MAX_PARAMS);
	patch->params = must_alloc(L, patch->n_params, sizeof *patch->params);
	for (size_t i = 0; i < patch->n_params; i++)
		patch->params[i] = settle(&r->params[made[i]]);
	name_params(L, is, patch, made);

	patch->nodes = must_alloc(L, patch->n_nodes, sizeof *patch->nodes);
	for (size_t i = 0; i < r->n_nodes; i++) {
		if (!is[i])
			continue;
		const struct made_node *from = &r->nodes[i];
		struct node *to = &patch->nodes[number[i]];
		*to = (struct node){
		    .module = from->module->name, .inputs = must_alloc(L, from->n_in, sizeof *to->inputs),
		    .n_inputs = from->n_in, .sounds = from->sounds.ref, .n_sounds = from->sounds.n,
		    .oversample = from->oversample,
		};
		const struct port *p = from->module->ports;
		for (size_t k = 0; k < from->n_in; p++) {
			if (p->dir != PORT_IN)
				continue;
			const struct operand *in = &from->in[k];
			struct input *out = &to->inputs[k++];
			*out = (struct input){.port = p->name, .from = in->from, .value = in->value};
			if (in->from == FROM_PARAM)
				out->param = param_number[in->index];
			else if (in->from == FROM_WIRE)
				out->wire = wire_to(in, number);
		}
	}
	patch->n_outputs = (size_t)part->out.n;
	for (int i = 0; i < part->out.n; i++)
		patch->outputs[i] = wire_to(&part->out.side[i], number);
}

static uint32_t
find_part(lua_State *L, const struct recipe *r, const char *name, struct place at)
{
	struct guess g = {.asked = name};
	for (size_t i = 0; i < r->n_parts; i++) {
		if (!strcmp(r->parts[i].name, name))
			return (uint32_t)i;
		guess_offer(&g, r->parts[i].name);
	}
	char hint[80];
	fail_at(L, at, "phrase: there is no part '%s'%s", name, guess_text(&g, hint));
}

static struct arc
take_arc(lua_State *L, const struct recipe *r, const struct made_arc *made)
{
	size_t from = 0, to = r->n_parts;
	if (made->part_number) {
		if (made->part_number < 1 || made->part_number > (lua_Integer)r->n_parts)
			fail_at(L, made->at, "phrase: arc '%s': there is no part %lld", made->param, (long long)made->part_number);
		from = (size_t)made->part_number - 1;
	} else if (made->part)
		from = find_part(L, r, made->part, made->at);
	if (made->part_number || made->part)
		to = from + 1;
	struct guess g = {.asked = made->param};
	char hint[80];
	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_params; k++) {
			const struct param *q = &r->parts[i].patch.params[k];
			guess_offer(&g, q->name);
			if (strcmp(q->name, made->param))
				continue;
			if (q->scale == SCALE_CHOICE)
				fail_at(L, made->at, "phrase: arc '%s': a choice has no curve", q->name);
			return arc_of(L, r, made, (uint32_t)i, (uint32_t)k);
		}
	fail_at(L, made->at, "phrase: arc '%s': no such parameter%s", made->param, guess_text(&g, hint));
}

static void
take_phrase(lua_State *L, struct recipe *r, struct made_phrase *made)
{
	r->phrase = made->phrase;
	for (size_t i = 0; i < r->phrase.n_notes; i++) {
		struct note *n = &r->phrase.notes[i];
		if (made->note_part[i])
			n->part = find_part(L, r, made->note_part[i], made->at);
		if (n->part >= r->n_parts)
			fail_at(L, made->at, "phrase: note %zu is for part %u of %zu", i + 1, n->part + 1, r->n_parts);
		sandbox_steps(L, 2);
	}
	r->phrase.arcs = must_alloc(L, r->phrase.n_arcs, sizeof *r->phrase.arcs);
	for (size_t i = 0; i < r->phrase.n_arcs; i++)
		r->phrase.arcs[i] = take_arc(L, r, &made->arcs[i]);
}

/* One C4 of one beat a part, one after the other, and a beat to spare. */
static void
default_phrase(lua_State *L, struct recipe *r)
{
	r->phrase = (struct phrase){.tempo = 120, .beats = (double)r->n_parts + 1, .tail = 0.5, .n_notes = r->n_parts};
	r->phrase.notes = must_alloc(L, r->n_parts, sizeof *r->phrase.notes);
	for (size_t i = 0; i < r->n_parts; i++)
		r->phrase.notes[i] = (struct note){(double)i, 1, 60, 1, (uint32_t)i};
}

/* The third thing that a file may return: {engine = 1, rate = 48000, seed = 0}. */
static void
read_settings(lua_State *L, int at, struct recipe *r)
{
	static const char *const keys[] = {"engine", "rate", "seed", NULL};
	if (lua_isnoneornil(L, at))
		return;
	if (!lua_istable(L, at))
		fail_at(L, (struct place){0, 0}, "the file returns a %s at the third place, not {rate =, seed =}",
		    luaL_typename(L, at));
	check_keys(L, at, "settings", keys, 0);
	for (int i = 0; i < 3; i++) {
		lua_pushstring(L, keys[i]);
		if (lua_rawget(L, at) != LUA_TNIL) {
			int whole;
			const lua_Integer x = lua_tointegerx(L, -1, &whole);
			if (!whole || (i < 2 && (x < 0 || x > 10000000)))
				fail_at(L, (struct place){0, 0}, "the file returns a %s that is not a whole number in range", keys[i]);
			if (i == 0)
				r->engine = (uint32_t)x;
			else if (i == 1)
				r->rate = (uint32_t)x;
			else
				r->seed = (uint64_t)x;
		}
		lua_pop(L, 1);
	}
}

/* A file's name without folders and ending. */
static const char *
base_name(lua_State *L, const char *path)
{
	const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path, *dot = strrchr(from, '.');
	if (!strcmp(from, "-"))
		from = "stdin", dot = NULL;
	const size_t n = dot && dot > from ? (size_t)(dot - from) : strlen(from);
	char *name = must_alloc(L, n + 1, 1);
	return memcpy(name, from, n);
}

/* Under lua_pcall, with the request as a light userdata. */
static int
run(lua_State *L)
{
	struct request *q = lua_touserdata(L, 1);
	struct reader_lua *reader = q->reader;
	struct recipe *r = q->recipe;
	lua_settop(L, 0);
	if (sandbox_load(reader, q->text, q->n, q->name) != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 3);

	struct made_part *parts;
	const char *name = base_name(L, q->name);
	r->n_parts = to_parts(L, 1, &parts);
	r->parts = must_alloc(L, r->n_parts, sizeof *r->parts);
	for (size_t i = 0; i < r->n_parts; i++) {
		struct part *part = &r->parts[i];
		part->name = parts[i].name ? parts[i].name : name;
		part->gain = parts[i].gain;
		part->patch.name = parts[i].patch ? parts[i].patch : part->name;
		take_patch(L, &parts[i], &part->patch);
	}
	struct made_phrase *phrase = to_phrase(L, 2);
	if (phrase)
		take_phrase(L, r, phrase);
	else
		default_phrase(L, r);
	*r = (struct recipe){ENGINE_VERSION, 48000, 0, r->parts, r->n_parts, r->phrase};
	read_settings(L, 3, r);
	if (reader->settings->rate)
		r->rate = reader->settings->rate;
	if (reader->settings->has_seed)
		r->seed = reader->settings->seed;
	arc_draw(r, r->seed);
	return 0;
}

/* --- errors ----------------------------------------------------------------------- */

/* Gives a place to errors that have none, while the stack still stands. */
static int
on_error(lua_State *L)
{
	const char *text = lua_tostring(L, 1);
	if (text && *text == '\1')
		return 1;
	const struct place at = place_here(L);
	if (text && strstr(text, "C stack overflow"))
		text = "nested too deep";
	lua_pushfstring(L, "\1%d:%d: %s", at.file, at.line, text ? text : "an error that is not a text");
	return 1;
}

/* "\1" and a file's number become its name. */
static int
explain(struct reader_lua *r, int status, struct err *err)
{
	const char *text = lua_tostring(r->L, -1);
	char place[256];
	if (status == LUA_ERRMEM)
		return err_set(err, "%s: %s", place_text(r, r->refused_at, place), r->refused ? r->refused : "out of memory");
	if (!text || *text != '\1')
		return err_set(err, "%s: %s", place_text(r, (struct place){0, 0}, place), text ? text : "an unknown error");
	char *end;
	const int file = (int)strtol(text + 1, &end, 10);
	const int line = *end == ':' ? (int)strtol(end + 1, &end, 10) : 0;
	return err_set(err, "%s%s", place_text(r, (struct place){file, line}, place), end);
}

int
patch_lua_text(const char *text, size_t n, const char *name, const struct lua_settings *s, struct recipe *r,
    struct arena *a, struct err *err)
{
	struct reader_lua reader = {
	    .arena = a, .settings = s, .max_steps = s->steps ? s->steps : LUA_DEFAULT_STEPS,
	    .max_memory = s->memory ? s->memory : LUA_DEFAULT_MEMORY, .rng = {.seed = s->has_seed ? s->seed : 0},
	};
	*r = (struct recipe){0};
	if (!sandbox_new(&reader))
		return err_set(err, "%s: out of memory", name);
	struct request q = {&reader, text, name, n, r};
	lua_pushcfunction(reader.L, on_error);
	lua_pushcfunction(reader.L, run);
	lua_pushlightuserdata(reader.L, &q);
	const int status = lua_pcall(reader.L, 1, 0, 1);
	if (status != LUA_OK)
		explain(&reader, status, err);
	lua_close(reader.L);
	if (status != LUA_OK)
		return -1;
	return recipe_check(r, err) < 0 ? err_prefix(err, "%s", name) : 0;
}

int
patch_lua_file(const char *path, const struct lua_settings *s, struct recipe *r, struct arena *a, struct err *err)
{
	size_t n;
	const char *text = slurp(a, path, &n, err);
	if (!text)
		return -1;
	return patch_lua_text(text, n, path, s, r, a, err);
}

bool
patch_lua_taken(const char *name)
{
	static const struct lua_settings plain;
	struct arena arena;
	char text[80];
	arena_init(&arena, LUA_DEFAULT_MEMORY);
	struct reader_lua reader = {.arena = &arena, .settings = &plain, .max_steps = LUA_DEFAULT_STEPS,
	    .max_memory = LUA_DEFAULT_MEMORY};
	bool taken = true;
	if (strlen(name) < 64 && sandbox_new(&reader)) {
		lua_State *L = reader.L;
		snprintf(text, sizeof text, "local %s", name);
		if (luaL_loadbufferx(L, text, strlen(text), "=name", "t") == LUA_OK) {
			lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
			lua_pushstring(L, name);
			struct signal s;
			/* note and transport are signals of the modules of that name */
			taken = lua_rawget(L, -2) != LUA_TNIL && !to_module(L, -1)
			    && !(lua_isuserdata(L, -1) && to_signal(L, -1, &s) && s.side[0].from == FROM_WIRE
			        && !strcmp(reader.nodes[s.side[0].index].module->name, name));
		}
		lua_close(L);
	}
	arena_release(&arena);
	return taken;
}
