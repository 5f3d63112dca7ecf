/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/patch.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "synth/arc.h"

#include "synth/registry.h"

static bool
is_named(const char *s)
{
	return s && *s;
}

/* A value against the range of the port it feeds. */
static int
check_value(const struct port *port, float value, struct err *err)
{
	if (!isfinite(value))
		return err_set(err, "port '%s': the value is not a finite number", port->name);
	if (value < port->min || value > port->max)
		return err_set(err, "port '%s': %.9g is not within %.9g to %.9g", port->name, (double)value,
		    (double)port->min, (double)port->max);
	if (port->scale == SCALE_CHOICE && value != (float)(int)value)
		return err_set(err, "port '%s': %.9g is not the number of a choice", port->name, (double)value);
	return 0;
}

static int
check_wire(const struct patch *p, struct wire w, size_t before, struct err *err)
{
	if (w.node >= p->n_nodes)
		return err_set(err, "wired to node %u of %zu", w.node, p->n_nodes);
	if (w.node >= before)
		return err_set(err, "wired to node %u, which does not come before it: a cycle", w.node);
	const struct module *m = module_find(p->nodes[w.node].module);
	if (!m || !is_named(w.port) || !port_find(m, PORT_OUT, w.port, NULL))
		return err_set(err, "node %u (%s) has no output '%s'", w.node, p->nodes[w.node].module,
		    w.port ? w.port : "");
	return 0;
}

static int
check_input(const struct patch *p, size_t node, const struct module *m, const struct input *in, struct err *err)
{
	const struct port *port = is_named(in->port) ? port_find(m, PORT_IN, in->port, NULL) : NULL;
	if (!port)
		return err_set(err, "no input '%s'", in->port ? in->port : "");
	switch (in->from) {
	case FROM_VALUE:
		return check_value(port, in->value, err);
	case FROM_PARAM: {
		if (in->param >= p->n_params)
			return err_set(err, "port '%s': param %u of %zu", port->name, in->param, p->n_params);
		const struct param *param = &p->params[in->param];
		if ((port->scale == SCALE_CHOICE) != (param->scale == SCALE_CHOICE) && !(port->whole && param->scale == SCALE_CHOICE))
			return err_set(err, "port '%s': param '%s' is %s choice", port->name, param->name,
			    param->scale == SCALE_CHOICE ? "a" : "not a");
		return check_value(port, param->value, err);
	}
	case FROM_WIRE:
		if (port->rate == RATE_FIXED)
			return err_set(err, "port '%s': takes a fixed value, not a signal", port->name);
		if (check_wire(p, in->wire, node, err) < 0)
			return err_prefix(err, "port '%s'", port->name);
		return 0;
	}
	return err_set(err, "port '%s': fed by nothing", port->name);
}

static int
check_param(const struct param *q, struct err *err)
{
	if (!isfinite(q->value) || !isfinite(q->min) || !isfinite(q->max))
		return err_set(err, "value or range is not a finite number");
	if (q->min > q->max)
		return err_set(err, "the range %.9g to %.9g is empty", (double)q->min, (double)q->max);
	if (q->open && (q->value < q->min || q->value > q->max))
		return err_set(err, "%.9g is not within %.9g to %.9g", (double)q->value, (double)q->min, (double)q->max);
	if (q->open && q->scale == SCALE_LOG && !(q->min > 0))
		return err_set(err, "a logarithmic range starts above 0, not at %.9g", (double)q->min);
	if (!(q->step >= 0 && q->step <= FLT_MAX) || (q->step > 0 && q->scale != SCALE_LINEAR))
		return err_set(err, "the step %.9g is not above 0, or not of a linear range", (double)q->step);
	if (q->scale == SCALE_CHOICE && q->value != floorf(q->value))
		return err_set(err, "%.9g is not the number of a choice", (double)q->value);
	return 0;
}

/* Every wire points back, so one pass over the nodes tells what hangs before and after voices(). */
static int
check_sections(const struct patch *p, struct err *err)
{
	size_t voices = 0;
	bool after[PATCH_MAX_NODES];
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct module *m = module_find(p->nodes[i].module);
		after[i] = m->flags & MODULE_VOICES;
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			if (in->from != FROM_WIRE || !after[in->wire.node])
				continue;
			if (m->flags & MODULE_VOICES)
				return err_set(err, "node %zu: voices() after voices()", i);
			after[i] = true;
		}
		voices += (m->flags & MODULE_VOICES) != 0;
	}
	if (voices != 1)
		return err_set(err, "%zu nodes are voices(), not one", voices);
	for (size_t i = 0; i < p->n_outputs; i++)
		if (!after[p->outputs[i].node])
			return err_set(err, "output %zu is taken before voices()", i);
	return 0;
}

int
patch_check(const struct patch *p, struct err *err)
{
	if (p->n_nodes < 1 || p->n_nodes > PATCH_MAX_NODES || p->n_params > PATCH_MAX_PARAMS)
		return err_set(err, "%zu nodes and %zu params: not within 1 to %d and 0 to %d", p->n_nodes, p->n_params,
		    PATCH_MAX_NODES, PATCH_MAX_PARAMS);
	for (size_t i = 0; i < p->n_params; i++)
		if (check_param(&p->params[i], err) < 0)
			return err_prefix(err, "param '%s'", p->params[i].name ? p->params[i].name : "");
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];
		size_t index;
		struct err why;
		if (!is_named(node->module) || registry_find(node->module, &index, &why) < 0)
			/* of a guest there is more to say */
			return node->module && strpbrk(node->module, ":@") ? err_set(err, "node %zu: %s", i, why.text)
			    : err_set(err, "node %zu: unknown module '%s'", i, node->module ? node->module : "");
		const struct module *m = registry_at(ISA_SCALAR, index);
		if (node->oversample > 1
		    && ((node->oversample != 2 && node->oversample != 4 && node->oversample != 8) || m->flags & MODULE_VOICES))
			return err_set(err, "node %zu (%s): cannot run at %u times the rate", i, m->name, node->oversample);
		if (node->n_inputs > port_count(m, PORT_IN))
			return err_set(err, "node %zu (%s): more inputs than ports", i, m->name);
		if (node->n_sounds > (m->flags & MODULE_FILES ? NODE_MAX_SOUNDS : 0))
			return err_set(err, "node %zu (%s): names %zu sounds; %d are allowed", i, m->name, node->n_sounds,
			    m->flags & MODULE_FILES ? NODE_MAX_SOUNDS : 0);
		for (size_t k = 0; k < node->n_inputs; k++) {
			if (check_input(p, i, m, &node->inputs[k], err) < 0)
				return err_prefix(err, "node %zu (%s)", i, m->name);
			for (size_t j = 0; j < k; j++)
				if (!strcmp(node->inputs[j].port, node->inputs[k].port))
					return err_set(err, "node %zu (%s): port '%s' is fed twice", i, m->name,
					    node->inputs[k].port);
		}
	}
	if (p->n_outputs < 1 || p->n_outputs > 2)
		return err_set(err, "%zu outputs, not one or two", p->n_outputs);
	for (size_t i = 0; i < p->n_outputs; i++)
		if (check_wire(p, p->outputs[i], p->n_nodes, err) < 0)
			return err_prefix(err, "output %zu", i);
	return check_sections(p, err);
}

bool
recipe_has_guests(const struct recipe *r)
{
	for (size_t i = 0; i < r->n_parts; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_nodes; k++) {
			const struct module *m = module_find(r->parts[i].patch.nodes[k].module);
			if (m && m->flags & MODULE_GUEST)
				return true;
		}
	return false;
}

uint64_t
recipe_frames(const struct recipe *r)
{
	return (uint64_t)floor((r->phrase.beats * 60 / r->phrase.tempo + r->phrase.tail) * r->rate + 0.5);
}

static int
check_phrase(const struct recipe *r, struct err *err)
{
	const struct phrase *p = &r->phrase;
	if (!(p->tempo >= 1 && p->tempo <= 1000))
		return err_set(err, "the tempo is %g, not within 1 to 1000 beats a minute", p->tempo);
	if (!(p->beats >= 0) || !(p->tail >= 0) || !(p->beats * 60 / p->tempo + p->tail <= PHRASE_MAX_SECONDS))
		return err_set(err, "%g beats and a tail of %g s: not within 0 to %g s", p->beats, p->tail, PHRASE_MAX_SECONDS);
	if (p->n_notes > PHRASE_MAX_NOTES)
		return err_set(err, "%zu notes; at most %d are allowed", p->n_notes, PHRASE_MAX_NOTES);
	for (size_t i = 0; i < p->n_notes; i++) {
		const struct note *n = &p->notes[i];
		if (!(n->start >= 0 && n->start <= 1e6) || !(n->length >= 0 && n->length <= 1e6))
			return err_set(err, "note %zu starts at beat %g for %g beats", i, n->start, n->length);
		if (!(n->pitch >= -128 && n->pitch <= 256) || !(n->velocity >= 0 && n->velocity <= 1))
			return err_set(err, "note %zu: pitch %g or velocity %g is out of range (-128 to 256, 0 to 1)", i,
			    (double)n->pitch, (double)n->velocity);
		if (n->part >= r->n_parts)
			return err_set(err, "note %zu is for part %u of %zu", i, n->part, r->n_parts);
	}
	for (size_t i = 0; i < p->n_arcs; i++) {
		const struct arc *a = &p->arcs[i];
		if (a->part >= r->n_parts || a->param >= r->parts[a->part].patch.n_params)
			return err_set(err, "arc %zu is for param %u of part %u, which is not there", i, a->param, a->part);
		const struct param *q = &r->parts[a->part].patch.params[a->param];
		if (q->scale == SCALE_CHOICE)
			return err_set(err, "arc %zu: param '%s' is a choice and has no curve", i, q->name);
		if (arc_check(a, q, err) < 0)
			return err_prefix(err, "arc %zu ('%s')", i, q->name);
	}
	return 0;
}

int
recipe_check(const struct recipe *r, struct err *err)
{
	if (r->engine != ENGINE_VERSION)
		return err_set(err, "made for engine %u; this is engine %d, which would sound different", r->engine,
		    ENGINE_VERSION);
	if (r->rate < 8000 || r->rate > 384000)
		return err_set(err, "the rate is %u Hz, not within 8000 to 384000", r->rate);
	if (r->n_parts < 1 || r->n_parts > RECIPE_MAX_PARTS)
		return err_set(err, "%zu parts, not within 1 to %d", r->n_parts, RECIPE_MAX_PARTS);
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct part *part = &r->parts[i];
		if (!(part->gain >= -100 && part->gain <= 100))
			return err_set(err, "part %zu: the gain is %g, not within -100 to 100", i, (double)part->gain);
		if (patch_check(&part->patch, err) < 0)
			return err_prefix(err, "part %zu%s%s%s", i, is_named(part->name) ? " '" : "",
			    is_named(part->name) ? part->name : "", is_named(part->name) ? "'" : "");
		for (size_t k = 0; k < part->patch.n_nodes; k++)
			if ((uint64_t)r->rate * part->patch.nodes[k].oversample > PATCH_MAX_RATE)
				return err_set(err, "part %zu '%s', node %zu (%s): %u times %u Hz; at most %d Hz are allowed", i,
				    part->name ? part->name : "", k, part->patch.nodes[k].module, part->patch.nodes[k].oversample, r->rate, PATCH_MAX_RATE);
	}
	return check_phrase(r, err);
}

/* --- the id ------------------------------------------------------------------- */

static void
hash_wire(struct hash *h, const struct wire *w)
{
	hash_u64(h, w->node);
	hash_string(h, w->port);
}

static void
hash_patch(struct hash *h, const struct patch *p)
{
	hash_u64(h, p->n_nodes);
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct node *n = &p->nodes[i];
		hash_string(h, n->module);
		hash_u64(h, n->n_inputs);
		for (size_t k = 0; k < n->n_inputs; k++) {
			const struct input *in = &n->inputs[k];
			hash_string(h, in->port);
			hash_u64(h, in->from == FROM_WIRE);
			if (in->from == FROM_WIRE)
				hash_wire(h, &in->wire);
			else
				hash_float(h, in->from == FROM_PARAM ? p->params[in->param].value : in->value);
		}
		if (n->n_sounds) {
			hash_string(h, "\1sounds"); /* no module's name begins so */
			hash_u64(h, n->n_sounds);
		}
		for (size_t k = 0; k < n->n_sounds; k++)
			hash_bytes(h, n->sounds[k].hash, HASH_SIZE);
	}
	hash_u64(h, p->n_outputs);
	for (size_t i = 0; i < p->n_outputs; i++)
		hash_wire(h, &p->outputs[i]);
}

void
recipe_id(const struct recipe *r, uint8_t id[HASH_SIZE])
{
	struct hash h;
	hash_init(&h);
	hash_string(&h, "assay take");
	hash_u64(&h, r->engine);
	hash_u64(&h, r->rate);
	hash_u64(&h, r->seed);
	hash_u64(&h, r->n_parts);
	for (size_t i = 0; i < r->n_parts; i++) {
		hash_float(&h, r->parts[i].gain);
		hash_patch(&h, &r->parts[i].patch);
	}
	const struct phrase *p = &r->phrase;
	hash_double(&h, p->tempo);
	hash_double(&h, p->beats);
	hash_double(&h, p->tail);
	hash_u64(&h, p->n_notes);
	for (size_t i = 0; i < p->n_notes; i++) {
		const struct note *n = &p->notes[i];
		hash_double(&h, n->start);
		hash_double(&h, n->length);
		hash_float(&h, n->pitch);
		hash_float(&h, n->velocity);
		hash_u64(&h, n->part);
	}
	/* An arc is heard through the inputs that its param feeds. */
	hash_u64(&h, p->n_arcs);
	for (size_t i = 0; i < p->n_arcs; i++) {
		const struct arc *a = &p->arcs[i];
		const struct patch *patch = &r->parts[a->part].patch;
		hash_u64(&h, a->part);
		for (size_t n = 0; n < patch->n_nodes; n++)
			for (size_t k = 0; k < patch->nodes[n].n_inputs; k++)
				if (patch->nodes[n].inputs[k].from == FROM_PARAM
				    && patch->nodes[n].inputs[k].param == a->param) {
					hash_u64(&h, n);
					hash_u64(&h, k);
				}
		hash_u64(&h, a->n);
		for (size_t k = 0; k < a->n; k++) {
			hash_double(&h, a->beats[k]);
			hash_float(&h, a->values[k]);
		}
	}
	/* What came later counts only where it is there, so that older ids stay. */
	for (size_t i = 0; i < r->n_parts; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_nodes; k++)
			if (r->parts[i].patch.nodes[k].oversample > 1) {
				hash_string(&h, "oversample");
				hash_u64(&h, i);
				hash_u64(&h, k);
				hash_u64(&h, r->parts[i].patch.nodes[k].oversample);
			}
	for (size_t i = 0; i < p->n_arcs; i++) {
		const struct arc *a = &p->arcs[i];
		bool plain = a->every == 0;
		for (size_t k = 0; k < a->n; k++)
			plain = plain && (!a->shapes || a->shapes[k] == ARC_LINE);
		if (plain)
			continue;
		hash_string(&h, "arc");
		hash_u64(&h, i);
		hash_double(&h, a->every);
		for (size_t k = 0; k < a->n; k++) {
			const unsigned shape = a->shapes ? a->shapes[k] : ARC_LINE;
			hash_u64(&h, shape);
			hash_float(&h, shape == ARC_CURVE && a->bends ? a->bends[k] : 0);
		}
	}
	hash_final(&h, id);
}
