/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where open parameters are heard, from the graph. A condition is a set of parameters with the levels at which each
 * has to be, all of them. The outputs are always heard; what feeds an input of a node is heard where the node is and
 * the input counts (port.when); what feeds several, where any of them does. Or cannot be said in general: what both
 * sides ask of the same parameter is kept, with the levels of either, the rest is left out. So a condition may be
 * too weak, never too strong.
 */
#include <stdlib.h>
#include <string.h>

#include "synth/open.h"
#include "synth/registry.h"

enum { MOST = 8 }; /* parameters in a condition; of more, those left out make it weaker */

struct condition {
	bool never;
	int n;
	struct {
		uint32_t param; /* of the open ones */
		uint64_t levels;
	} of[MOST];
};

static struct condition
both(const struct condition *a, const struct condition *b)
{
	struct condition c = *a;
	c.never |= b->never;
	for (int i = 0; i < b->n; i++) {
		int k = 0;
		while (k < c.n && c.of[k].param != b->of[i].param)
			k++;
		if (k < c.n)
			c.never |= !(c.of[k].levels &= b->of[i].levels);
		else if (c.n < MOST)
			c.of[c.n++] = b->of[i];
	}
	return c;
}

static struct condition
either(const struct condition *a, const struct condition *b)
{
	struct condition c = {0};
	if (a->never || b->never)
		return a->never ? *b : *a;
	for (int i = 0; i < a->n; i++)
		for (int k = 0; k < b->n; k++)
			if (a->of[i].param == b->of[k].param) {
				c.of[c.n] = a->of[i];
				c.of[c.n++].levels |= b->of[k].levels;
			}
	return c;
}

static uint64_t
bit_of(uint32_t level)
{
	return 1ull << (level < 63 ? level : 63);
}

/* Of one part. */
struct graph {
	const struct recipe *r;
	uint32_t part;
	const struct patch *p;
	struct param *const *open;
	const uint32_t *place; /* of each parameter among the open ones; UINT32_MAX: it is none */
};

static bool
has_curve(const struct graph *g, uint32_t param)
{
	for (size_t i = 0; i < g->r->phrase.n_arcs; i++)
		if (g->r->phrase.arcs[i].part == g->part && g->r->phrase.arcs[i].param == param)
			return true;
	return false;
}

/* Where a clause holds of node n; of what moves, or may be anything, nothing can be said. */
static struct condition
clause_of(const struct graph *g, const struct node *n, const struct port_clause *c)
{
	const struct condition always = {0};
	const struct input *in = NULL;
	for (size_t k = 0; k < n->n_inputs && !in; k++)
		if (!strcmp(n->inputs[k].port, c->port->name))
			in = &n->inputs[k];
	if (!in)
		return (struct condition){.never = !c->port->from && !port_clause_holds(c, c->port->def)};
	if (in->from == FROM_VALUE)
		return (struct condition){.never = !port_clause_holds(c, in->value)};
	if (in->from != FROM_PARAM || has_curve(g, in->param))
		return always;
	const uint32_t place = g->place[in->param];
	if (place == UINT32_MAX)
		return (struct condition){.never = !port_clause_holds(c, g->p->params[in->param].value)};
	const struct param *q = g->open[place];
	const uint32_t levels = open_levels(q);
	uint64_t at = 0, all = 0;
	for (uint32_t k = 0; k < levels; k++) {
		all |= bit_of(k);
		if (port_clause_holds(c, open_value(q, (k + 0.5) / levels)))
			at |= bit_of(k);
	}
	if (at == all) /* or it has no levels */
		return always;
	return (struct condition){.never = !at, .n = 1, .of = {{place, at}}};
}

static struct condition
input_of(const struct graph *g, const struct node *n, const struct module *m, const struct port *port)
{
	struct port_clause clause[PORT_CLAUSES];
	struct err err;
	const int n_clauses = port_when(m, port, clause, &err);
	struct condition any = {.never = true}, term = {0};
	if (n_clauses <= 0)
		return (struct condition){0};
	for (int i = 0; i < n_clauses; i++) {
		const struct condition c = clause_of(g, n, &clause[i]);
		term = both(&term, &c);
		if (clause[i].ends) {
			any = either(&any, &term);
			term = (struct condition){0};
		}
	}
	return any;
}

/* heard[n_nodes] is scratch; of[] gets the condition of each open parameter of this part. */
static void
walk(const struct graph *g, struct condition *heard, struct condition *of)
{
	for (size_t i = 0; i < g->p->n_nodes; i++)
		heard[i] = (struct condition){.never = true};
	for (size_t i = 0; i < g->p->n_outputs; i++)
		heard[g->p->outputs[i].node] = (struct condition){0};
	/* inputs name only nodes before their own, so from the last on all readers of a node are known */
	for (size_t i = g->p->n_nodes; i-- > 0;) {
		const struct node *n = &g->p->nodes[i];
		const struct module *m = module_find(n->module);
		for (size_t k = 0; m && !heard[i].never && k < n->n_inputs; k++) {
			const struct input *in = &n->inputs[k];
			const struct port *port = in->from != FROM_VALUE ? port_find(m, PORT_IN, in->port, NULL) : NULL;
			struct condition *to = !port ? NULL
			    : in->from == FROM_WIRE ? &heard[in->wire.node]
			    : g->place[in->param] != UINT32_MAX ? &of[g->place[in->param]] : NULL;
			if (!to)
				continue;
			const struct condition counts = input_of(g, n, m, port), here = both(&heard[i], &counts);
			*to = either(to, &here);
		}
	}
}

/* Share of all points in which parameter i is heard, going by the parent that says most; settles out[i]. */
struct choosing {
	const struct condition *of;
	struct param *const *open;
	struct open_when *out;
	double *share; /* 0: not known yet; below: being asked for */
};

static double
settle(struct choosing *c, uint32_t i)
{
	const struct condition *of = &c->of[i];
	if (c->share[i] != 0)
		return c->share[i];
	c->share[i] = -1;
	double best = 1;
	for (int k = 0; k < of->n && !of->never; k++) {
		const uint32_t parent = of->of[k].param, levels = open_levels(c->open[parent]);
		double at = settle(c, parent), n = 0;
		if (at < 0) /* a circle, which modules cannot make: their `when` names inputs that are always heard */
			continue;
		for (uint32_t l = 0; l < levels; l++)
			n += (of->of[k].levels & bit_of(l)) != 0;
		at *= n / levels;
		if (at < best) {
			best = at;
			c->out[i] = (struct open_when){parent + 1, of->of[k].levels};
		}
	}
	return c->share[i] = best > 0 ? best : 1e-300;
}

int
open_conditions(const struct recipe *r, struct param *const *open, size_t n, struct open_when *out, struct err *err)
{
	size_t most_nodes = 1, most_params = 1;
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct patch *p = &r->parts[i].patch;
		most_nodes = p->n_nodes > most_nodes ? p->n_nodes : most_nodes;
		most_params = p->n_params > most_params ? p->n_params : most_params;
	}
	struct condition *of = malloc((n + 1) * sizeof *of), *heard = malloc(most_nodes * sizeof *heard);
	uint32_t *place = malloc(most_params * sizeof *place);
	double *share = calloc(n + 1, sizeof *share);
	const bool good = of && heard && place && share;
	uint32_t at = 0;
	for (size_t i = 0; good && i < n; i++) {
		of[i] = (struct condition){.never = true};
		out[i] = (struct open_when){0};
	}
	for (uint32_t i = 0; good && i < r->n_parts; i++) {
		const struct patch *p = &r->parts[i].patch;
		for (size_t k = 0; k < p->n_params; k++)
			place[k] = at < n && open[at] == &p->params[k] ? at++ : UINT32_MAX;
		walk(&(struct graph){r, i, p, open, place}, heard, of);
	}
	struct choosing c = {of, open, out, share};
	for (uint32_t i = 0; good && i < n; i++)
		settle(&c, i);
	free(of);
	free(heard);
	free(place);
	free(share);
	return good ? 0 : err_set(err, "out of memory");
}
