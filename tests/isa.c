/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same take, the same bytes: 200 random takes over all modules, at every
 * width that this machine has, with one thread and two, alone and in company.
 */
#include <math.h>

#include "base/rng.h"
#include "recipe_rig.h"
#include "tap.h"

enum { TAKES = 200, A_GRAPH = 8 }; /* so many takes share a graph, and so lanes */

static double
uniform(struct rng *g, double lo, double hi)
{
	return lo + rng_uniform(g) * (hi - lo);
}

/* A legal number for a port: anywhere in its range, and its ends now and then. */
static float
random_value(struct rng *g, const struct port *p)
{
	if (p->scale == SCALE_CHOICE)
		return (float)rng_below(g, (uint64_t)p->max + 1);
	const double u = rng_below(g, 8) ? rng_uniform(g) : (double)rng_below(g, 2);
	const double x = p->scale == SCALE_LOG && p->min > 0 ? p->min * pow(p->max / p->min, u) : p->min + u * (p->max - p->min);
	return fminf(p->max, fmaxf(p->min, (float)x));
}

static const struct module *
random_module(struct rng *g, bool voice)
{
	size_t n = 0;
	while (modules_scalar[n])
		n++;
	for (;;) {
		const struct module *m = modules_scalar[rng_below(g, n)];
		if (!(m->flags & MODULE_VOICES) && (voice || !(m->flags & MODULE_VOICE)))
			return m;
	}
}

/* One of a module's outputs. */
static const char *
random_out(struct rng *g, const struct module *m)
{
	size_t k = rng_below(g, port_count(m, PORT_OUT));
	for (const struct port *p = m->ports;; p++)
		if (p->dir == PORT_OUT && !k--)
			return p->name;
}

/* A node fed by nodes from..n-1: `graph` decides its shape, `value` its numbers. */
static uint32_t
random_node(struct rec *r, struct rng *graph, struct rng *value, bool voice, uint32_t from, uint32_t *module_of)
{
	const struct module *m = random_module(graph, voice);
	const uint32_t n = rec_node(r, m->name);
	for (int i = 0; m->flags & MODULE_FILES && i < 2; i++)
		rec_sound(r, n, asset_made_names[(n + (uint32_t)i) % 4]);
	const uint64_t rate = rng_below(graph, 16); /* one in four runs faster */
	r->part->patch.nodes[n].oversample = rate == 0 ? 8 : rate == 1 ? 4 : rate < 4 ? 2 : 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		const uint64_t choice = rng_below(graph, 10), at = rng_next(graph);
		if (p->dir != PORT_IN || choice == 9)
			continue;
		struct rng *g = p->rate == RATE_FIXED ? graph : value;
		if (p->rate != RATE_FIXED && choice < 5 && n > from) {
			const uint32_t w = from + (uint32_t)(at % (n - from));
			rec_wire(r, n, p->name, w, random_out(graph, modules_scalar[module_of[w]]));
		} else if (choice < 7) {
			rec_param(r, n, p->name, random_value(g, p), p->min, p->max);
			if (p->scale == SCALE_CHOICE)
				r->part->patch.params[r->part->patch.n_params - 1].scale = SCALE_CHOICE;
		} else {
			rec_set(r, n, p->name, random_value(g, p));
		}
	}
	for (module_of[n] = 0; modules_scalar[module_of[n]] != m; module_of[n]++)
		;
	return n;
}

static void
random_part(struct rec *r, struct rng *graph, struct rng *value)
{
	uint32_t module_of[REC_NODES], last = 0;
	for (uint64_t n = 2 + rng_below(graph, 6); n; n--)
		last = random_node(r, graph, value, true, 0, module_of);
	const struct module *m = modules_scalar[module_of[last]];
	const bool stereo = rng_below(graph, 2);
	const char *left = random_out(graph, m), *right = random_out(graph, m);
	const uint32_t v = rec_voices(r, last, left, stereo ? right : NULL);
	for (module_of[v] = 0; !(modules_scalar[module_of[v]]->flags & MODULE_VOICES); module_of[v]++)
		;
	last = v;
	for (uint64_t n = rng_below(graph, 4); n; n--)
		last = random_node(r, graph, value, false, v, module_of);
	/* Only what hangs on voices() may be an output. */
	const struct node *node = &r->part->patch.nodes[last];
	bool heard = last == v;
	for (size_t k = 0; k < node->n_inputs; k++)
		heard |= node->inputs[k].from == FROM_WIRE && node->inputs[k].wire.node == v;
	last = heard ? last : v;
	m = modules_scalar[module_of[last]];
	rec_output(r, last, random_out(graph, m));
	if (rng_below(graph, 2))
		rec_output(r, last, random_out(graph, m));
	if (r->part->patch.n_params && rng_below(graph, 2)) {
		static const double beats[] = {0, 0.1, 0.1, 0.25};
		const uint32_t q = (uint32_t)rng_below(graph, r->part->patch.n_params);
		const struct param *p = &r->part->patch.params[q];
		float *values = arena_array(&r->arena, 4, sizeof *values);
		for (int i = 0; i < 4; i++)
			values[i] = p->min + (float)rng_uniform(value) * (p->max - p->min);
		if (p->scale != SCALE_CHOICE)
			rec_arc(r, q, 4, beats, values);
	}
}

static struct rec *
random_take(uint64_t i)
{
	static const uint32_t rates[] = {8000, 22050, 44100, 48000};
	struct rng graph = {i / A_GRAPH + 100, 0}, value = {i + 1000, 0};
	struct rec *r = rec_new(rates[i / A_GRAPH % 4], uniform(&value, 60, 180), uniform(&value, 0, 0.3), uniform(&value, 0, 0.05));
	r->recipe.seed = rng_next(&value);
	for (uint64_t parts = 1 + (rng_below(&graph, 4) == 0); parts; parts--) {
		if (r->part->patch.n_nodes)
			rec_part(r, 0.5f);
		random_part(r, &graph, &value);
		for (uint64_t n = rng_below(&value, 6); n; n--)
			rec_note(r, uniform(&value, 0, 0.3), uniform(&value, 0, 0.2), (float)uniform(&value, 20, 110),
			    (float)rng_uniform(&value));
	}
	return r;
}

/* What came of one job: its samples, or its error. */
static void
outcome(const struct job *j, uint8_t id[HASH_SIZE])
{
	struct hash h;
	hash_init(&h);
	hash_u64(&h, j->channels);
	hash_u64(&h, j->frames);
	if (j->failed)
		hash_string(&h, j->err.text);
	else
		hash_bytes(&h, j->samples, j->frames * j->channels * sizeof *j->samples);
	hash_final(&h, id);
}

static struct rec *takes[TAKES];
static uint8_t truth[TAKES][HASH_SIZE];

static void
render(enum isa isa, int threads, struct job jobs[TAKES])
{
	struct err err;
	struct engine *e = engine_new(isa, threads, &err);
	for (int i = 0; i < TAKES; i++)
		jobs[i].recipe = &takes[i]->recipe;
	if (!e || engine_render(e, jobs, TAKES, &err) < 0)
		ok(0, "%s", err.text);
	engine_free(e);
}

static void
compare(enum isa isa, int threads)
{
	static struct job jobs[TAKES];
	int differ = 0;
	render(isa, threads, jobs);
	for (int i = 0; i < TAKES; i++) {
		uint8_t id[HASH_SIZE];
		outcome(&jobs[i], id);
		if (memcmp(id, truth[i], HASH_SIZE)) {
			differ++;
			diag("take %d differs", i);
		}
		free(jobs[i].samples);
	}
	ok(!differ, "%s, %d thread%s: %d takes in company are those of the scalar lane alone",
	    isa == ISA_AUTO ? "auto" : isa_name(isa), threads,
	    threads > 1 ? "s" : "", TAKES);
}

int
main(void)
{
	struct err err;
	struct engine *alone = engine_new(ISA_SCALAR, 1, &err);
	int failed = 0, loud = 0;
	for (int i = 0; i < TAKES; i++) {
		takes[i] = random_take((uint64_t)i);
		struct job j = rec_render(alone, &takes[i]->recipe);
		outcome(&j, truth[i]);
		if (j.failed)
			diag("take %d: %s", i, j.err.text);
		float peak = 0;
		for (size_t k = 0; !j.failed && k < j.frames * j.channels; k++)
			peak = fmaxf(peak, fabsf(j.samples[k]));
		failed += j.failed;
		loud += peak > 1e-3f;
		free(j.samples);
	}
	engine_free(alone);
	ok(loud > TAKES / 4, "%d of %d takes sound, %d fail", loud, TAKES, failed);
	for (enum isa isa = ISA_SCALAR; isa <= ISA_AVX512; isa++) {
		struct engine *e = engine_new(isa, 1, &err);
		if (!e) {
			skip(isa_name(isa), err.text);
			continue;
		}
		engine_free(e);
		compare(isa, 1);
		compare(isa, 2);
	}
	compare(ISA_AUTO, 2); /* several widths side by side */
	for (int i = 0; i < TAKES; i++)
		rec_free(takes[i]);

	enum isa isa;
	ok(isa_parse("avx2", &isa) == 0 && isa == ISA_AVX2 && isa_lanes(isa) == 8, "avx2 is a name for eight lanes");
	ok(isa_parse("mmx", &isa) < 0, "mmx is no name");
	ok(isa_best() != ISA_AUTO && !strcmp(isa_name(ISA_AUTO), isa_name(isa_best())), "auto is the best there is");
	return done();
}
