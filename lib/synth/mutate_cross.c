/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Crossing: a branch of one patch takes a place in another, whose body stays. Nodes of the two are aligned as in
 * NEAT (synth/kin.h). The place is one that both have and feed otherwise, or any into which a branch of that sort
 * may go. What the branch has in common with the body is not brought along twice: the body's own node serves,
 * and where a node has to be brought its ports keep the body's parameters as far as it has them.
 */
#include <string.h>

#include "synth/kin.h"
#include "synth/mutate_draft.h"
#include "synth/registry.h"

enum { NONE = UINT32_MAX, MOST_BROUGHT = 16, DRAWS = 64 };

struct graft {
	struct draft *to;
	const struct draft *from;
	uint32_t *twin;   /* by from's node: to's */
	bool *common;     /* by from's node: the body has all of it, up to values */
	uint32_t *brought; /* by from's node: what stands for it in to */
	uint32_t *params; /* by from's parameter */
	int left;         /* nodes that may still be brought */
};

/* Whether a node and all that it hears is in both. */
static void
find_common(struct graft *g, uint32_t node)
{
	const struct node *y = &g->from->patch.nodes[node], *x = &g->to->patch.nodes[g->twin[node] == NONE ? 0 : g->twin[node]];
	bool is = g->twin[node] != NONE && x->oversample == y->oversample && x->n_inputs == y->n_inputs;
	for (size_t k = 0; is && k < y->n_inputs; k++) {
		const struct input *p = &y->inputs[k], *q = &x->inputs[k]; /* all are stated, in the order of the ports */
		is = (p->from == FROM_WIRE) == (q->from == FROM_WIRE)
			&& (p->from != FROM_WIRE || (g->common[p->wire.node] && g->twin[p->wire.node] == q->wire.node && !strcmp(p->wire.port, q->wire.port)));
	}
	g->common[node] = is;
}

/* The parameter of a port that is brought along: one number for all ports that it had. */
static void
bring_param(struct graft *g, struct input *in)
{
	const struct param *q = &g->from->patch.params[in->param];
	if (q->open && g->params[in->param] == NONE)
		g->params[in->param] = draft_param(g->to, q->name ? q->name : in->port, *q);
	if (q->open && g->params[in->param] != NONE) {
		in->param = g->params[in->param];
		return;
	}
	in->from = FROM_VALUE;
	in->value = q->value;
}

static bool
same_range(const struct param *a, const struct param *b)
{
	return a->scale == b->scale && a->min == b->min && a->max == b->max && a->step == b->step && a->n_choices == b->n_choices;
}

static uint32_t bring(struct graft *g, uint32_t node);

static bool
bring_input(struct graft *g, uint32_t node, struct input *in)
{
	if (in->from == FROM_WIRE) {
		const uint32_t made = bring(g, in->wire.node);
		if (made == NONE)
			return false;
		const struct module *m = draft_module(g->to, made);
		/* where the notes become one they may do so on one side here, on two there */
		if (m->flags & MODULE_VOICES && g->to->patch.nodes[made].n_inputs < 2)
			in->wire.port = first_output(m);
		in->wire.node = made;
		return true;
	}
	const struct input *own = g->twin[node] == NONE ? NULL : draft_input(g->to, g->twin[node], in->port);
	if (own && own->from == in->from
	    && (in->from == FROM_VALUE || same_range(&g->to->patch.params[own->param], &g->from->patch.params[in->param])))
		input_copy(in, own);
	else if (in->from == FROM_PARAM)
		bring_param(g, in);
	return true;
}

/* What stands for a node of the other patch. NONE: it cannot be brought. At most MOST_BROUGHT deep. */
static uint32_t
bring(struct graft *g, uint32_t node)
{
	if (g->brought[node] != NONE)
		return g->brought[node];
	const struct node *y = &g->from->patch.nodes[node];
	const struct module *m = draft_module(g->from, node);
	if (g->common[node])
		return g->brought[node] = g->twin[node];
	if (m->flags & MODULE_VOICES)
		return g->brought[node] = draft_voices(g->to);
	if (!strcmp(y->module, "note") || !strcmp(y->module, "transport"))
		return g->brought[node] = draft_shared(g->to, y->module);
	if (m->flags & (MODULE_FILES | MODULE_GUEST) || y->n_sounds || g->left == 0)
		return NONE;
	g->left--;
	const uint32_t made = draft_node(g->to, m);
	if (made == NONE)
		return NONE;
	g->brought[node] = made;
	g->to->patch.nodes[made].oversample = y->oversample;
	for (size_t k = 0; k < y->n_inputs; k++) {
		struct input in = y->inputs[k];
		if (!bring_input(g, node, &in))
			return NONE;
		input_copy(&g->to->patch.nodes[made].inputs[k], &in);
	}
	return made;
}

/* --- places ------------------------------------------------------------------------------------ */

/* Of the ports that both have, one that is fed by a signal there and otherwise here. */
static int
cross_control(struct graft *g)
{
	struct input *got = NULL;
	const struct input *with = NULL;
	size_t n = 0;
	for (uint32_t j = 0; j < g->from->patch.n_nodes; j++) {
		const struct node *y = &g->from->patch.nodes[j];
		for (size_t k = 0; g->twin[j] != NONE && k < y->n_inputs; k++) {
			const struct input *in = &y->inputs[k];
			struct input *own = draft_input(g->to, g->twin[j], in->port);
			if (in->from != FROM_WIRE || g->from->sound[in->wire.node] || !own || (own->from == FROM_WIRE && g->to->sound[own->wire.node]))
				continue;
			if (own->from == FROM_WIRE && g->common[in->wire.node] && g->twin[in->wire.node] == own->wire.node)
				continue;
			if (rng_below(g->to->rng, ++n) == 0) {
				got = own;
				with = in;
			}
		}
	}
	struct input in = with ? *with : (struct input){0};
	if (!got || !bring_input(g, 0, &in))
		return -1;
	input_copy(got, &in);
	return 0;
}

/* The way of a sound that leads where another one does: into the same port of nodes that are aligned, or out. */
static struct link *
place_like(const struct graft *g, const struct link *with)
{
	struct draft *d = g->to;
	if (with->node == g->from->n_old)
		return &d->links[d->n_links - 1];
	for (size_t i = 0; i + 1 < d->n_links; i++)
		if (d->links[i].node == g->twin[with->node] && !strcmp(d->links[i].in[0]->port, with->in[0]->port))
			return &d->links[i];
	return NULL;
}

static int
cross_sound(struct graft *g, bool aligned)
{
	struct draft *d = g->to;
	const struct link *with = NULL;
	struct link *l = NULL;
	for (int i = 0; i < DRAWS && !l; i++) {
		with = &g->from->links[rng_below(d->rng, g->from->n_links)];
		struct link *at = aligned ? place_like(g, with) : &d->links[rng_below(d->rng, d->n_links)];
		const uint32_t branch = with->in[0]->wire.node;
		/* what is here already is worth bringing to another place alone, and only where it would be in that patch */
		if (at && at->after == with->after && !(g->common[branch] && (!aligned || g->twin[branch] == at->in[0]->wire.node)))
			l = at;
	}
	if (!l)
		return -1;
	struct input other[2] = {0};
	for (int i = 0; i < l->n; i++) {
		other[i] = *with->in[i < with->n ? i : 0];
		if (other[i].from != FROM_WIRE || !bring_input(g, 0, &other[i]))
			return -1;
	}
	if (rng_below(g->to->rng, 3) == 0)
		return draft_mix(g->to, l, other, "share", 0.5f);
	for (int i = 0; i < l->n; i++)
		input_copy(l->in[i], &other[i]);
	return 0;
}

int
draft_cross(struct draft *d, const struct draft *other)
{
	const struct patch *p = &other->patch;
	struct graft g = {.to = d, .from = other, .left = MOST_BROUGHT};
	g.twin = arena_array(d->arena, p->n_nodes, sizeof *g.twin);
	g.common = arena_array(d->arena, p->n_nodes, sizeof *g.common);
	g.brought = arena_array(d->arena, p->n_nodes, sizeof *g.brought);
	g.params = arena_array(d->arena, p->n_params ? p->n_params : 1, sizeof *g.params);
	if (!g.twin || !g.common || !g.brought || !g.params || patch_align(p, &d->patch, g.twin, d->arena) < 0)
		return -1;
	memset(g.brought, 255, p->n_nodes * sizeof *g.brought);
	memset(g.params, 255, p->n_params * sizeof *g.params);
	/* the shared ones that had to be made stand at the end, and hear nothing */
	for (uint32_t i = other->n_given; i < p->n_nodes; i++)
		find_common(&g, i);
	for (uint32_t i = 0; i < other->n_given; i++)
		find_common(&g, i);
	switch (rng_below(d->rng, 4)) {
	case 0:
		return cross_control(&g);
	case 1:
		return cross_sound(&g, true);
	default:
		return cross_sound(&g, false);
	}
}
