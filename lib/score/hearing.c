/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/hearing.h"

#include <stdlib.h>

struct listener {
	struct analysis *analysis;
	struct portrait_plan *plan; /* for the rate of the last portrait */
	uint32_t rate;
};

struct hearing {
	struct listener *listener;
	struct validity validity;
	struct sketch sketch;
	struct portrait *portrait[2]; /* as it is, mono */
	/* of the sound that it was begun with */
	bool valid, sketched, taken[2], outlined[2], light[2];
};

struct listener *
listener_new(void)
{
	struct listener *l = calloc(1, sizeof *l);
	if (l && !(l->analysis = analysis_new()))
		return free(l), NULL;
	return l;
}

void
listener_free(struct listener *l)
{
	if (!l)
		return;
	analysis_free(l->analysis);
	portrait_plan_free(l->plan);
	free(l);
}

struct hearing *
hearing_new(struct listener *l)
{
	struct hearing *g = calloc(1, sizeof *g);
	if (g)
		g->listener = l;
	return g;
}

void
hearing_free(struct hearing *g)
{
	if (!g)
		return;
	sketch_release(&g->sketch);
	portrait_free(g->portrait[0]);
	portrait_free(g->portrait[1]);
	free(g);
}

void
hearing_begin(struct hearing *g, struct heard *h)
{
	g->valid = g->sketched = g->taken[0] = g->taken[1] = g->outlined[0] = g->outlined[1] = g->light[0] = g->light[1] = false;
	h->hearing = g;
}

const struct validity *
heard_validity(const struct heard *h, struct err *err)
{
	struct hearing *g = h->hearing;
	if (!g->valid && validity_of(h, &g->validity, err) < 0)
		return NULL;
	g->valid = true;
	return &g->validity;
}

const struct sketch *
heard_sketch(const struct heard *h, struct err *err)
{
	struct hearing *g = h->hearing;
	if (g->sketched)
		return &g->sketch;
	const struct validity *v = heard_validity(h, err);
	if (!v || sketch_take(&g->sketch, g->listener->analysis, h, err) < 0)
		return NULL;
	g->sketch.validity = v->value;
	g->sketched = true;
	return &g->sketch;
}

static const struct portrait_plan *
plan_for(struct listener *l, uint32_t rate, struct err *err)
{
	if (l->plan && l->rate == rate)
		return l->plan;
	portrait_plan_free(l->plan);
	l->rate = rate;
	return l->plan = portrait_plan_new(rate, err);
}

static int
take(struct hearing *g, const struct heard *h, int mono, struct err *err)
{
	const struct portrait_plan *plan = plan_for(g->listener, h->rate, err);
	if (!plan)
		return -1;
	if (!g->portrait[mono] && !(g->portrait[mono] = portrait_new()))
		return err_set(err, "out of memory");
	return portrait_take(g->portrait[mono], plan, h->samples, h->channels, h->frames, mono, err);
}

static int
form(const struct heard *h, unsigned how)
{
	return how & HEARD_MONO && h->channels > 1;
}

const struct portrait *
heard_portrait(const struct heard *h, unsigned how, struct err *err)
{
	struct hearing *g = h->hearing;
	const int k = form(h, how);
	const bool draw = how & HEARD_OUTLINED && !g->outlined[k], whole = draw || !(how & HEARD_LIGHT);
	if (!g->taken[k] || (g->light[k] && whole)) {
		if (take(g, h, k, err) < 0)
			return NULL;
		g->taken[k] = true;
		g->light[k] = false;
	}
	if (draw && portrait_outline(g->portrait[k], err) < 0)
		return NULL;
	g->outlined[k] |= draw;
	return g->portrait[k];
}

void
heard_lighten(const struct heard *h, unsigned how)
{
	struct hearing *g = h->hearing;
	const int k = form(h, how);
	if (!g->taken[k])
		return;
	portrait_lighten(g->portrait[k]);
	g->light[k] = true;
}
