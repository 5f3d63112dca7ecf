/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of structure, from every patch of the library on: what comes of them can be played, stays within
   bounds, is the same again, keeps its parameters, and reads back from its own text. */
#include "synth/mutate.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "synth/lua/patch_text.h"
#include "synth/registry.h"
#include "tap.h"

#ifdef __SANITIZE_ADDRESS__
enum { CHAIN = 4 };
#else
enum { CHAIN = 30 };
#endif
enum { NODES = 64, RENDERED = 256 };

static struct lua_settings settings;
static size_t n_done[MUTATIONS], n_changes, n_stuck;
static bool valid = true, bounded = true, unique = true, apart = true, same = true, reads = true, kept = true, heard = true;

static void
bad(bool *what, const char *patch, enum mutation m, const char *text)
{
	if (*what)
		diag("%s, after %s: %s", patch, mutation_names[m], text);
	*what = false;
}

static bool
reads_back(const struct recipe *r, struct err *err)
{
	struct arena a;
	struct recipe again;
	char *text = NULL;
	size_t n;
	uint8_t id[HASH_SIZE], id_again[HASH_SIZE];
	arena_init(&a, (size_t)64 << 20);
	FILE *f = open_memstream(&text, &n);
	bool is = f && !patch_text(f, r, err);
	fclose(f);
	if (is && (is = patch_lua_text(text, n, "text", &settings, &again, &a, err) == 0)) {
		recipe_id(r, id);
		recipe_id(&again, id_again);
		if (!(is = !memcmp(id, id_again, HASH_SIZE)))
			err_set(err, "it has another id");
	}
	arena_release(&a);
	free(text);
	return is;
}

/* All nodes are heard, and none of them was brought from elsewhere. */
static bool
all_heard(const struct patch *p)
{
	bool is[PATCH_MAX_NODES] = {0};
	for (size_t i = 0; i < p->n_outputs; i++)
		is[p->outputs[i].node] = true;
	for (size_t i = p->n_nodes; i-- > 0;) {
		if (!is[i])
			return false;
		for (size_t k = 0; k < p->nodes[i].n_inputs; k++)
			if (p->nodes[i].inputs[k].from == FROM_WIRE)
				is[p->nodes[i].inputs[k].wire.node] = true;
	}
	return true;
}

static const struct param *
find_param(const struct patch *p, const char *name)
{
	for (size_t i = 0; i < p->n_params; i++)
		if (!strcmp(p->params[i].name, name))
			return &p->params[i];
	return NULL;
}

static void
check(const char *name, const struct recipe *was, const struct recipe *r, enum mutation m)
{
	struct err err = {""};
	uint8_t a[HASH_SIZE], b[HASH_SIZE];
	if (recipe_check(r, &err) < 0)
		bad(&valid, name, m, err.text);
	recipe_structure(was, a, &err);
	recipe_structure(r, b, &err);
	if (!memcmp(a, b, HASH_SIZE))
		bad(&apart, name, m, "the structure is the same");
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct patch *p = &r->parts[i].patch, *q = &was->parts[i].patch;
		if (p->n_nodes > NODES && p->n_nodes > q->n_nodes)
			bad(&bounded, name, m, "it grew too large");
		if (!all_heard(p) || recipe_has_guests(r))
			bad(&heard, name, m, "a module that nobody hears, or a guest");
		for (size_t k = 0; k < p->n_params; k++) {
			for (size_t j = 0; j < k; j++)
				if (!strcmp(p->params[j].name, p->params[k].name))
					bad(&unique, name, m, p->params[k].name);
			const struct param *old = find_param(q, p->params[k].name);
			if (old && p->params[k].value != old->value && (old->value >= p->params[k].min && old->value <= p->params[k].max))
				bad(&kept, name, m, p->params[k].name);
		}
	}
	if (n_changes % 4 == 0 && !reads_back(r, &err))
		bad(&reads, name, m, err.text);
}

/* A chain of changes; the recipes are the arena's. */
static void
chain(const char *name, struct recipe *r, uint64_t seed, struct arena *a)
{
	const struct mutate_settings s = {.nodes = NODES};
	struct rng rng = {.seed = seed};
	struct err err;
	for (int i = 0; i < CHAIN; i++) {
		struct rng again = rng;
		struct recipe to, twin;
		enum mutation m;
		if (mutate_recipe(r, &s, &rng, &to, &m, a, &err) < 0) {
			n_stuck++;
			diag("%s: %s", name, err.text);
			return;
		}
		uint8_t id[HASH_SIZE], id_twin[HASH_SIZE];
		recipe_id(&to, id);
		if (i % 8 == 0 && (mutate_recipe(r, &s, &again, &twin, NULL, a, &err) < 0 || (recipe_id(&twin, id_twin), memcmp(id, id_twin, HASH_SIZE))))
			bad(&same, name, m, "not the same again");
		check(name, r, &to, m);
		n_done[m]++;
		n_changes++;
		*r = to;
	}
}

/* One short note each, all of them at a time. */
static void
render(struct recipe *r, const char **names, size_t n)
{
	static struct job jobs[RENDERED];
	struct note notes[RENDERED];
	struct err err;
	struct engine *e = engine_new(ISA_AUTO, 1, &err);
	size_t n_failed = 0, n_loud = 0, n_silent = 0;
	for (size_t i = 0; i < n; i++) {
		notes[i] = (struct note){0, 0.1, 57, 0.8f, 0};
		r[i].phrase = (struct phrase){.tempo = 120, .beats = 0.15, .notes = &notes[i], .n_notes = 1};
		r[i].rate = 8000;
		jobs[i] = (struct job){.recipe = &r[i]};
	}
	ok(e && engine_render(e, jobs, n, &err) == 0, "a note of each of %zu takes renders", n);
	for (size_t i = 0; i < n; i++) {
		double peak = 0;
		bool finite = !jobs[i].failed;
		for (uint64_t k = 0; finite && k < jobs[i].frames * jobs[i].channels; k++) {
			finite = isfinite(jobs[i].samples[k]);
			peak = fmax(peak, fabs((double)jobs[i].samples[k]));
		}
		if (!finite)
			diag("%s: %s", names[i], jobs[i].failed ? jobs[i].err.text : "not finite");
		n_failed += !finite;
		n_loud += peak > 100;
		n_silent += peak < 1e-4;
		free(jobs[i].samples);
	}
	ok(n_failed == 0, "all of it finite: %zu are not", n_failed);
	ok(n_silent < n / 3, "most of it is heard: %zu are silent", n_silent);
	ok(n_loud < n / 10, "and not boundless: %zu beyond 40 dB", n_loud);
	engine_free(e);
}

/* What a change may do, each by itself, on the smallest patch. */
static void
alone(void)
{
	struct arena a;
	struct recipe r, to;
	struct err err = {""};
	arena_init(&a, (size_t)64 << 20);
	const char *text = "return saw{detune = open{-50, 50, name = 'out of tune', value = 7}} * adsr{attack = open{0, 1, value = 0.25}}";
	ok(patch_lua_text(text, strlen(text), "t.lua", &settings, &r, &a, &err) == 0, "a saw reads: %s", err.text);
	const enum mutation can[] = {MUTATE_REPLACE, MUTATE_INSERT, MUTATE_MODULATE, MUTATE_PARALLEL, MUTATE_DUPLICATE};
	for (size_t i = 0; i < sizeof can / sizeof *can; i++) {
		const struct mutate_settings s = {.nodes = NODES, .allowed = 1u << can[i]};
		struct rng rng = {.seed = 5 + i};
		enum mutation m;
		const int status = mutate_recipe(&r, &s, &rng, &to, &m, &a, &err);
		ok(status == 0 && m == can[i] && (can[i] == MUTATE_REPLACE || to.parts[0].patch.n_nodes > r.parts[0].patch.n_nodes),
		    "%s, and nothing else, when told so", mutation_names[can[i]]);
	}
	const struct mutate_settings none = {.nodes = NODES, .allowed = 1u << MUTATE_REMOVE}, small = {.nodes = 1, .allowed = 1u << MUTATE_INSERT};
	struct rng rng = {.seed = 1};
	ok(mutate_recipe(&r, &none, &rng, &to, NULL, &a, &err) < 0 && *err.text, "nothing to remove is an error: %s", err.text);
	ok(mutate_recipe(&r, &small, &rng, &to, NULL, &a, &err) < 0, "no room to grow in");

	/* an effect put in and taken out is the structure that it was */
	const struct mutate_settings in = {.nodes = NODES, .allowed = 1u << MUTATE_INSERT}, out = {.nodes = NODES, .allowed = 1u << MUTATE_REMOVE};
	uint8_t id[HASH_SIZE], id_back[HASH_SIZE];
	struct recipe back;
	const bool there = mutate_recipe(&r, &in, &rng, &to, NULL, &a, &err) == 0 && mutate_recipe(&to, &out, &rng, &back, NULL, &a, &err) == 0;
	ok(there && recipe_structure(&r, id, &err) == 0 && recipe_structure(&back, id_back, &err) == 0 && !memcmp(id, id_back, HASH_SIZE),
	    "what is put in and taken out again leaves the structure as it was");
	recipe_id(&r, id);
	recipe_id(&back, id_back);
	ok(there && !memcmp(id, id_back, HASH_SIZE), "and the take");
	arena_release(&a);
}

int
main(void)
{
	static char library[4096];
	char pattern[4200];
	settings.library = share_find("patches", library, sizeof library);
	if (!ok(settings.library != NULL, "the library is found"))
		return done();
	alone();
	snprintf(pattern, sizeof pattern, "%s/*.lua", library);
	glob_t g;
	const size_t n = glob(pattern, 0, NULL, &g) ? 0 : g.gl_pathc < RENDERED ? g.gl_pathc : RENDERED;
	struct recipe *r = calloc(n + 1, sizeof *r);
	struct arena *a = calloc(n + 1, sizeof *a);
	const char **names = calloc(n + 1, sizeof *names);
	struct err err;
	for (size_t i = 0; i < n; i++) {
		arena_init(&a[i], (size_t)256 << 20);
		names[i] = strrchr(g.gl_pathv[i], '/') + 1;
		if (patch_lua_file(g.gl_pathv[i], &settings, &r[i], &a[i], &err) < 0)
			return ok(0, "%s: %s", names[i], err.text), done();
		chain(names[i], &r[i], 1000 + i, &a[i]);
	}
	ok(n >= 15 && n_changes > n * CHAIN * 9 / 10, "%zu changes of %zu patches of the library, %d deep; stuck %zu times", n_changes, n, CHAIN, n_stuck);
	ok(valid, "all of them can be played");
	ok(apart, "each is another structure");
	ok(bounded, "none has more than %d modules, unless it had", NODES);
	ok(heard, "every module is heard, and none is a guest");
	ok(unique, "no two parameters have one name");
	ok(kept, "a parameter that stays keeps its value, where the new range has it");
	ok(same, "the same seed makes the same changes");
	ok(reads, "each reads back from its text to the same id");
	for (int m = 0; m < MUTATIONS; m++)
		ok(n_done[m] > 0, "%s: %zu times", mutation_names[m], n_done[m]);
	render(r, names, n);
	for (size_t i = 0; i < n; i++)
		arena_release(&a[i]);
	globfree(&g);
	free(r);
	free(a);
	free(names);
	return done();
}
