/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structures compared: see kin.h. All of it takes time as nodes squared at most, with a small constant. */
#include "synth/kin.h"

#include <stdlib.h>
#include <string.h>

#include "synth/registry.h"

enum { NONE = UINT32_MAX };

struct aligning {
	const struct patch *a, *b;
	uint32_t *twin, *back; /* of a's nodes, of b's */
	uint32_t *stack;       /* a's nodes whose inputs are still to be followed */
	size_t deep;
};

static void
align(struct aligning *s, uint32_t i, uint32_t j)
{
	if (s->twin[i] != NONE || s->back[j] != NONE || strcmp(s->a->nodes[i].module, s->b->nodes[j].module))
		return;
	s->twin[i] = j;
	s->back[j] = i;
	s->stack[s->deep++] = i; /* once for each node: there is room */
}

static const struct input *
input_of(const struct node *n, const char *port)
{
	for (size_t k = 0; k < n->n_inputs; k++)
		if (!strcmp(n->inputs[k].port, port))
			return &n->inputs[k];
	return NULL;
}

/* What feeds the same port of two that are aligned is aligned. */
static void
follow(struct aligning *s)
{
	while (s->deep > 0) {
		const uint32_t i = s->stack[--s->deep];
		const struct node *x = &s->a->nodes[i], *y = &s->b->nodes[s->twin[i]];
		for (size_t k = 0; k < x->n_inputs; k++) {
			const struct input *p = &x->inputs[k], *q = p->from == FROM_WIRE ? input_of(y, p->port) : NULL;
			if (q && q->from == FROM_WIRE)
				align(s, p->wire.node, q->wire.node);
		}
	}
}

/* --- by name ---------------------------------------------------------------------------- */

struct mark {
	const char *module, *port, *name;
	uint32_t node;
};

static int
by_mark(const void *pa, const void *pb)
{
	const struct mark *a = pa, *b = pb;
	int order = strcmp(a->name, b->name);
	order = order ? order : strcmp(a->module, b->module);
	return order ? order : strcmp(a->port, b->port);
}

static int
in_order(const void *pa, const void *pb)
{
	const struct mark *a = pa, *b = pb;
	const int order = by_mark(pa, pb);
	return order ? order : (a->node > b->node) - (a->node < b->node);
}

static struct mark *
marks(const struct patch *p, size_t *n, struct arena *a)
{
	size_t room = 1;
	for (size_t i = 0; i < p->n_nodes; i++)
		room += p->nodes[i].n_inputs;
	struct mark *m = arena_array(a, room, sizeof *m);
	*n = 0;
	for (uint32_t i = 0; m && i < p->n_nodes; i++)
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++) {
			const struct input *in = &p->nodes[i].inputs[k];
			const char *name = in->from == FROM_PARAM ? p->params[in->param].name : NULL;
			if (name && *name)
				m[(*n)++] = (struct mark){p->nodes[i].module, in->port, name, i};
		}
	if (m)
		qsort(m, *n, sizeof *m, in_order);
	return m;
}

int
patch_align(const struct patch *a, const struct patch *b, uint32_t *twin, struct arena *scratch)
{
	size_t n_a, n_b;
	struct aligning s = {a, b, twin, arena_array(scratch, b->n_nodes + 1, sizeof *s.back), arena_array(scratch, a->n_nodes + 1, sizeof *s.stack), 0};
	struct mark *x = marks(a, &n_a, scratch), *y = marks(b, &n_b, scratch);
	if (!s.back || !s.stack || !x || !y)
		return -1;
	memset(twin, 255, a->n_nodes * sizeof *twin);
	memset(s.back, 255, b->n_nodes * sizeof *s.back);
	for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
		const int order = by_mark(&x[i], &y[j]);
		if (!order)
			align(&s, x[i].node, y[j].node);
		i += order <= 0;
		j += order >= 0;
	}
	follow(&s);
	for (size_t i = 0; i < a->n_outputs && i < b->n_outputs; i++)
		align(&s, a->outputs[i].node, b->outputs[i].node);
	follow(&s);
	for (uint32_t i = 0; i < a->n_nodes; i++)
		for (uint32_t j = 0; twin[i] == NONE && j < b->n_nodes; j++)
			if (s.back[j] == NONE) {
				align(&s, i, j);
				follow(&s);
			}
	return 0;
}

/* --- kinship ------------------------------------------------------------------------------- */

static size_t
oversampling(const struct node *n)
{
	return n->oversample > 1 ? n->oversample : 1;
}

static size_t
wires_of(const struct patch *p)
{
	size_t n = p->n_outputs;
	for (size_t i = 0; i < p->n_nodes; i++)
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++)
			n += p->nodes[i].inputs[k].from == FROM_WIRE;
	return n;
}

static bool
same_wire(const struct wire *w, const struct wire *v, const uint32_t *twin)
{
	return twin[w->node] == v->node && !strcmp(w->port, v->port);
}

static int
compare(const struct patch *a, const struct patch *b, struct kinship *k, struct arena *scratch)
{
	uint32_t *twin = arena_array(scratch, a->n_nodes + 1, sizeof *twin);
	if (!twin || patch_align(a, b, twin, scratch) < 0)
		return -1;
	for (size_t i = 0; i < a->n_nodes; i++) {
		if (twin[i] == NONE)
			continue;
		const struct node *x = &a->nodes[i], *y = &b->nodes[twin[i]];
		k->modules += oversampling(x) == oversampling(y);
		for (size_t n = 0; n < x->n_inputs; n++) {
			const struct input *p = &x->inputs[n], *q = p->from == FROM_WIRE ? input_of(y, p->port) : NULL;
			k->wires += q && q->from == FROM_WIRE && same_wire(&p->wire, &q->wire, twin);
		}
	}
	for (size_t i = 0; i < a->n_outputs && i < b->n_outputs; i++)
		k->wires += same_wire(&a->outputs[i], &b->outputs[i], twin);
	return 0;
}

int
recipe_kinship(const struct recipe *a, const struct recipe *b, struct kinship *k, struct err *err)
{
	const struct recipe *r[2] = {a, b};
	struct arena scratch;
	int status = 0;
	*k = (struct kinship){0};
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < r[s]->n_parts; i++) {
			k->modules_of[s] += r[s]->parts[i].patch.n_nodes;
			k->wires_of[s] += wires_of(&r[s]->parts[i].patch);
		}
	for (size_t i = 0; i < a->n_parts && i < b->n_parts && !status; i++) {
		arena_init(&scratch, (size_t)256 << 20);
		status = compare(&a->parts[i].patch, &b->parts[i].patch, k, &scratch);
		arena_release(&scratch);
	}
	const size_t common = k->modules + k->wires;
	const size_t all = k->modules_of[0] + k->wires_of[0] + k->modules_of[1] + k->wires_of[1] - common;
	k->distance = all ? 1 - (double)common / (double)all : 0;
	return status < 0 ? err_set(err, "out of memory") : 0;
}

double
recipe_work(const struct recipe *r)
{
	double sum = 0;
	for (size_t i = 0; i < r->n_parts; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_nodes; k++) {
			const struct node *n = &r->parts[i].patch.nodes[k];
			const struct module *m = module_find(n->module);
			const bool slow = !m || m->flags & (MODULE_CONTROL | MODULE_PURE);
			const bool room = m && m->rows && !strcmp(m->group, "effect");
			sum += (slow ? 0.125 : room ? 4 : 1) * (double)oversampling(n);
		}
	return sum;
}

/* --- species --------------------------------------------------------------------------------- */

static size_t
group(size_t n, const double *distance, double within, size_t *of)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		of[i] = i;
		for (size_t j = 0; j < i && of[i] == i; j++)
			if (of[j] == j && distance[i * n + j] <= within)
				of[i] = j;
		count += of[i] == i;
	}
	return count;
}

static int
ascending(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

size_t
kin_species(size_t n, const double *distance, size_t most, double *within, size_t *of)
{
	if (!most)
		return group(n, distance, *within, of);
	double *sorted = malloc((n * n / 2 + 1) * sizeof *sorted);
	size_t count = 0, low = 0, high;
	if (!sorted)
		return 0;
	sorted[count++] = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			sorted[count++] = distance[i * n + j];
	qsort(sorted, count, sizeof *sorted, ascending);
	for (high = count - 1; low < high;) { /* within the greatest distance there is one species */
		const size_t middle = (low + high) / 2;
		if (group(n, distance, sorted[middle], of) <= most)
			high = middle;
		else
			low = middle + 1;
	}
	*within = sorted[low];
	free(sorted);
	return group(n, distance, *within, of);
}
