/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One change to the structure of a patch. A change is drawn and carried out on a
 * draft; what cannot be played, does not differ or has grown too large is thrown
 * away and another one drawn, so that no change needs to foresee everything.
 * Structural mutation of a graph whose innovations are told apart by name is that of
 * NEAT (K. O. Stanley, R. Miikkulainen: Evolving neural networks through
 * augmenting topologies, Evolutionary Computation 10, 2002).
 */
#include "synth/mutate.h"

#include <string.h>

#include "synth/mutate_draft.h"

enum { TRIES = 100 };

const char *const mutation_names[MUTATIONS] = {"replace", "insert", "remove", "modulate", "unmodulate", "rewire", "parallel", "duplicate"};

/* --- structures ---------------------------------------------------------------------- */

/* Numbers nodes in the order in which they are met from the outputs on, sources first. */
static int
number_nodes(const struct patch *p, uint32_t *number, uint32_t *order, struct arena *a)
{
	struct visit { uint32_t node; size_t next; } *stack = arena_array(a, p->n_nodes + 1, sizeof *stack);
	if (!stack)
		return -1;
	uint32_t n = 0;
	memset(number, 255, p->n_nodes * sizeof *number); /* UINT32_MAX: not met; one less: on the way */
	for (size_t o = 0; o < p->n_outputs; o++) {
		size_t deep = 0;
		if (number[p->outputs[o].node] == UINT32_MAX)
			stack[deep++] = (struct visit){p->outputs[o].node, 0};
		while (deep > 0) {
			struct visit *v = &stack[deep - 1];
			const struct node *node = &p->nodes[v->node];
			number[v->node] = UINT32_MAX - 1;
			while (v->next < node->n_inputs && (node->inputs[v->next].from != FROM_WIRE
			    || number[node->inputs[v->next].wire.node] != UINT32_MAX))
				v->next++;
			if (v->next < node->n_inputs) {
				stack[deep++] = (struct visit){node->inputs[v->next].wire.node, 0};
				continue;
			}
			number[v->node] = n;
			order[n++] = v->node;
			deep--;
		}
	}
	return (int)n;
}

static int
hash_patch(struct hash *h, const struct patch *p, struct arena *a)
{
	uint32_t *number = arena_array(a, p->n_nodes, sizeof *number), *order = arena_array(a, p->n_nodes, sizeof *order);
	const int n = number && order ? number_nodes(p, number, order, a) : -1;
	if (n < 0)
		return -1;
	hash_u64(h, (uint64_t)n);
	for (int i = 0; i < n; i++) {
		const struct node *node = &p->nodes[order[i]];
		hash_string(h, node->module);
		hash_u64(h, node->oversample > 1 ? node->oversample : 1);
		for (size_t k = 0; k < node->n_inputs; k++)
			if (node->inputs[k].from == FROM_WIRE) {
				hash_string(h, node->inputs[k].port);
				hash_u64(h, number[node->inputs[k].wire.node]);
				hash_string(h, node->inputs[k].wire.port);
			}
		hash_u64(h, node->n_sounds);
		for (size_t k = 0; k < node->n_sounds; k++)
			hash_bytes(h, node->sounds[k].hash, HASH_SIZE);
	}
	for (size_t i = 0; i < p->n_outputs; i++) {
		hash_u64(h, number[p->outputs[i].node]);
		hash_string(h, p->outputs[i].port);
	}
	return 0;
}

int
recipe_structure(const struct recipe *r, uint8_t id[HASH_SIZE], struct err *err)
{
	struct arena a;
	struct hash h;
	int status = 0;
	arena_init(&a, (size_t)256 << 20);
	hash_init(&h);
	hash_string(&h, "assay structure");
	hash_u64(&h, r->n_parts);
	for (size_t i = 0; i < r->n_parts && !status; i++)
		status = hash_patch(&h, &r->parts[i].patch, &a);
	arena_release(&a);
	hash_final(&h, id);
	return status < 0 ? err_set(err, "out of memory") : 0;
}

/* --- a change -------------------------------------------------------------------------- */

/* Curves of parameters that are gone go too. */
static int
carry_arcs(struct recipe *to, uint32_t part, const uint32_t *param_number, struct arena *a)
{
	struct arc *arcs = arena_array(a, to->phrase.n_arcs ? to->phrase.n_arcs : 1, sizeof *arcs);
	size_t n = 0;
	if (!arcs)
		return -1;
	for (size_t i = 0; i < to->phrase.n_arcs; i++) {
		arcs[n] = to->phrase.arcs[i];
		if (arcs[n].part == part)
			arcs[n].param = param_number[arcs[n].param];
		n += arcs[n].param != UINT32_MAX;
	}
	to->phrase.arcs = arcs;
	to->phrase.n_arcs = n;
	return 0;
}

/* What is to be done: one change, or a branch of another recipe brought along. */
struct change {
	const struct recipe *from, *other;
	enum mutation mutation; /* where there is no other */
	const struct mutate_settings *s;
};

static int
carry_out(const struct change *c, struct draft *d, struct arena *a)
{
	struct draft other;
	if (!c->other)
		return draft_changes[c->mutation](d);
	const uint32_t part = (uint32_t)rng_below(d->rng, c->other->n_parts);
	return draft_begin(&other, &c->other->parts[part].patch, c->other, part, d->rng, a) < 0 ? -1 : draft_cross(d, &other);
}

/* One try. 0: `to` is another structure that can be played. */
static int
try_change(const struct change *c, struct rng *rng, struct recipe *to, struct arena *a)
{
	struct draft d;
	struct err err;
	uint8_t was[HASH_SIZE], is[HASH_SIZE];
	const struct recipe *from = c->from;
	const uint32_t part = (uint32_t)rng_below(rng, from->n_parts);
	const struct patch *p = &from->parts[part].patch;
	*to = *from;
	to->parts = arena_memdup(a, from->parts, from->n_parts * sizeof *to->parts);
	if (!to->parts || draft_begin(&d, p, from, part, rng, a) < 0 || carry_out(c, &d, a) < 0)
		return -1;
	uint32_t *param_number = arena_array(a, d.room_params, sizeof *param_number);
	struct patch *q = &to->parts[part].patch;
	if (!param_number || draft_finish(&d, q, param_number) < 0 || carry_arcs(to, part, param_number, a) < 0)
		return -1;
	const size_t most = c->s->nodes > p->n_nodes ? c->s->nodes : p->n_nodes;
	if (q->n_nodes > most || recipe_check(to, &err) < 0)
		return -1;
	return recipe_structure(from, was, &err) < 0 || recipe_structure(to, is, &err) < 0 || !memcmp(was, is, HASH_SIZE) ? -1 : 0;
}

/* Tries it, then does the same once more, to keep. 0: done; 1: not this time. */
static int
change(const struct change *c, struct rng *rng, struct recipe *to, struct arena *a, struct err *err)
{
	const struct rng before = *rng;
	struct arena scratch;
	arena_init(&scratch, (size_t)256 << 20);
	const int status = try_change(c, rng, to, &scratch);
	arena_release(&scratch);
	if (status < 0)
		return 1;
	*rng = before;
	return try_change(c, rng, to, a) < 0 ? err_set(err, "out of memory") : 0;
}

int
mutate_recipe(const struct recipe *from, const struct mutate_settings *s, struct rng *rng, struct recipe *to, enum mutation *done,
    struct arena *a, struct err *err)
{
	const unsigned all = (1u << MUTATIONS) - 1, allowed = s->allowed & all ? s->allowed & all : all;
	if (recipe_check(from, err) < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		const struct change c = {.from = from, .mutation = (enum mutation)rng_below(rng, MUTATIONS), .s = s};
		const int status = allowed & 1u << c.mutation ? change(&c, rng, to, a, err) : 1;
		if (status == 0 && done)
			*done = c.mutation;
		if (status <= 0)
			return status;
	}
	return err_set(err, "no change of its structure was found that can be played");
}

int
mutate_cross(const struct recipe *from, const struct recipe *other, const struct mutate_settings *s, struct rng *rng, struct recipe *to,
    struct arena *a, struct err *err)
{
	if (recipe_check(from, err) < 0 || recipe_check(other, err) < 0)
		return -1;
	const struct change c = {.from = from, .other = other, .s = s};
	for (int i = 0; i < TRIES; i++) {
		const int status = change(&c, rng, to, a, err);
		if (status <= 0)
			return status;
	}
	return err_set(err, "no branch of the other patch was found that takes a place in this one");
}
