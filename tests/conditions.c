/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where open parameters are heard. What is said not to matter is changed, and the samples have to stay the same, bit
 * by bit: for each patch of the library, and for each module whose table says that an input counts only sometimes.
 * What is said to matter has to be heard at one of several places at least.
 */
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/share.h"
#include "opt/space.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "synth/open.h"
#include "tap.h"

#ifdef __SANITIZE_ADDRESS__
enum { STILL = 1, HEARD = 3 };
#else
enum { STILL = 2, HEARD = 5 };
#endif
enum { MOST_OPEN = 256, PAIRS = STILL + HEARD };

static struct engine *engine;
static struct lua_settings settings;
static size_t n_conditions;

struct searched {
	struct recipe *r;
	struct param *open[MOST_OPEN];
	struct dimension dimension[MOST_OPEN];
	struct space space;
};

static void
searched_init(struct searched *s, struct recipe *r)
{
	struct err err;
	struct open_when when[MOST_OPEN];
	const size_t n = open_params(r, s->open, MOST_OPEN);
	s->r = r;
	s->space = (struct space){n, s->dimension};
	if (n > MOST_OPEN || open_conditions(r, s->open, n, when, &err) < 0)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		const uint32_t levels = open_levels(s->open[i]);
		s->dimension[i] = (struct dimension){.kind = !levels ? DIMENSION_REAL : s->open[i]->scale == SCALE_CHOICE ? DIMENSION_CATEGORY : DIMENSION_INTEGER,
		    .levels = levels, .of_1 = when[i].of_1, .when = when[i].when};
	}
}

/* A copy of the recipe at x: its parameters are its own. */
static struct recipe *
at_point(const struct searched *s, const double *x, struct arena *a)
{
	struct recipe *r = arena_memdup(a, s->r, sizeof *r);
	r->parts = arena_memdup(a, r->parts, r->n_parts * sizeof *r->parts);
	for (size_t i = 0, k = 0; i < r->n_parts; i++) {
		struct patch *p = &r->parts[i].patch;
		struct param *was = p->params;
		p->params = arena_memdup(a, was, p->n_params * sizeof *was);
		for (; k < s->space.n && s->open[k] >= was && s->open[k] < was + p->n_params; k++)
			p->params[s->open[k] - was].value = open_value(s->open[k], x[k]);
	}
	return r;
}

/* Coordinate i at places where it is said to matter, or not: how many of `want` pairs were found; differ: of those, how
   many sound different when it alone is changed. */
static int
changed(const struct searched *s, size_t i, bool active, int want, uint64_t seed, int *differ, const char *name)
{
	struct rng g = {seed, 0};
	struct arena a;
	struct job job[2 * PAIRS];
	struct err err;
	int n = 0;
	arena_init(&a, (size_t)64 << 20);
	for (int trial = 0; trial < 400 && n < want; trial++) {
		double x[MOST_OPEN];
		for (size_t k = 0; k < s->space.n; k++)
			x[k] = rng_uniform(&g);
		if (space_active(&s->space, x, i) != active)
			continue;
		job[2 * n] = (struct job){.recipe = at_point(s, x, &a), .hashed = true};
		x[i] = x[i] < 0.5 ? 0.5 + 0.5 * rng_uniform(&g) : 0.5 * rng_uniform(&g);
		job[2 * n + 1] = (struct job){.recipe = at_point(s, x, &a), .hashed = true};
		n++;
	}
	*differ = 0;
	if (n && engine_render(engine, job, (size_t)(2 * n), &err) < 0)
		exit(1);
	for (int k = 0; k < n; k++) {
		for (int j = 2 * k; j < 2 * k + 2; j++) {
			if (job[j].failed)
				diag("%s: %s", name, job[j].err.text);
			free(job[j].samples);
		}
		*differ += memcmp(job[2 * k].hash, job[2 * k + 1].hash, HASH_SIZE) != 0;
	}
	arena_release(&a);
	return n;
}

/* Short, and coarse: what is told apart is bits. */
static void
check(struct recipe *r, const char *name)
{
	struct searched s;
	struct note note = r->phrase.n_notes ? r->phrase.notes[0] : (struct note){.pitch = 60, .velocity = 1};
	note.start = 0;
	note.length = 0.12;
	note.pitch = 67; /* not as it was recorded */
	note.part = 0;
	r->rate = 22050;
	r->phrase = (struct phrase){.tempo = 60, .beats = 0.15, .tail = 0.05, .notes = &note, .n_notes = 1};
	searched_init(&s, r);
	int good = 1, heard = 1, n = 0;
	for (size_t i = 0; i < s.space.n; i++) {
		int differ;
		if (!s.dimension[i].of_1)
			continue;
		n++;
		const int still = changed(&s, i, false, STILL, 100 + i, &differ, name);
		if (!still || differ)
			diag("%s: %s is heard at %d of %d places where it should not be", name, s.open[i]->name, differ, still);
		good &= still && !differ;
		const int tried = changed(&s, i, true, HEARD, 200 + i, &differ, name);
		if (!differ)
			diag("%s: %s is not heard at any of %d places", name, s.open[i]->name, tried);
		heard &= differ > 0;
	}
	if (!n)
		return;
	n_conditions += (size_t)n;
	ok(good, "%s: %d parameters that do not matter where they are said not to", name, n);
	ok(heard, "%s: and do where they are", name);
}

/* Names an input of m in some `when`, or has one. */
static bool
conditional(const struct module *m, const struct port *p)
{
	struct port_clause c[PORT_CLAUSES];
	struct err err;
	if (p->when)
		return true;
	for (const struct port *q = m->ports; q->dir != PORT_END; q++)
		for (int n = q->when ? port_when(m, q, c, &err) : 0; n > 0; n--)
			if (c[n - 1].port == p)
				return true;
	return false;
}

/* The module's example, with all of its inputs open that take part in a condition, and its clock fast. */
static void
check_module(const struct module *m)
{
	char text[2048];
	struct arena a;
	struct recipe r;
	struct err err;
	bool any = false, sane = true;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		struct port_clause c[PORT_CLAUSES];
		any |= p->when != NULL;
		if (port_when(m, p, c, &err) < 0) {
			diag("%s: %s", m->name, err.text);
			sane = false;
		}
	}
	if (!sane)
		ok(0, "%s: its conditions can be read", m->name);
	if (!any)
		return;
	arena_init(&a, (size_t)64 << 20);
	snprintf(text, sizeof text, "return %s", m->example);
	if (patch_lua_text(text, strlen(text), m->name, &settings, &r, &a, &err) < 0) {
		ok(0, "%s: %s", m->name, err.text);
		return;
	}
	struct patch *patch = &r.parts[0].patch;
	struct param *params = arena_array(&a, patch->n_params + 64, sizeof *params);
	for (size_t k = 0; k < patch->n_params; k++)
		params[k] = patch->params[k];
	patch->params = params;
	for (size_t i = 0; i < patch->n_nodes; i++)
		for (size_t k = 0; k < patch->nodes[i].n_inputs; k++) {
			struct input *in = &patch->nodes[i].inputs[k];
			const struct port *p = strcmp(patch->nodes[i].module, m->name) ? NULL : port_find(m, PORT_IN, in->port, NULL);
			if (!p)
				continue;
			if (!strcmp(p->name, "rate") && !conditional(m, p))
				*in = (struct input){.port = p->name, .from = FROM_VALUE, .value = p->max};
			if (!strcmp(p->name, "per"))
				*in = (struct input){.port = p->name, .from = FROM_VALUE, .value = 0};
			if (!strcmp(p->name, "right")) /* sides that differ */
				*in = (struct input){.port = p->name, .from = FROM_VALUE, .value = 0.02f};
			if (!strcmp(p->name, "length")) /* an end within the note */
				*in = (struct input){.port = p->name, .from = FROM_VALUE, .value = 0.02f};
			if (!conditional(m, p))
				continue;
			struct param q = {.name = p->name, .open = true, .min = p->min, .max = p->max, .scale = p->scale, .step = p->whole};
			if (p->unit && !strcmp(p->unit, "s") && p->max >= 1) /* nothing that the note is too short for */
				q.min = fmaxf(p->min, 0.002f), q.max = fmaxf(2 * q.min, 0.02f), q.scale = SCALE_LINEAR;
			if (p->max > 1e6f)
				q.min = -1, q.max = 1;
			q.value = q.min;
			for (size_t c = 0; p->choices && p->choices[c]; c++)
				q.n_choices = c + 1;
			q.choices = p->choices;
			*in = (struct input){.port = p->name, .from = FROM_PARAM, .param = (uint32_t)patch->n_params};
			params[patch->n_params++] = q;
		}
	if (recipe_check(&r, &err) < 0)
		ok(0, "%s: %s", m->name, err.text);
	else
		check(&r, m->name);
	arena_release(&a);
}

static void
check_patch(const char *path)
{
	struct arena a;
	struct recipe r;
	struct err err;
	arena_init(&a, (size_t)64 << 20);
	if (patch_lua_file(path, &settings, &r, &a, &err) < 0)
		ok(0, "%s", err.text);
	else
		check(&r, strrchr(path, '/') + 1);
	arena_release(&a);
}

/* "a: b 5, c: -" where a is heard with bits 0 and 2 of b, and c always. */
static void
derived(const char *what, const char *text, const char *want)
{
	struct arena a;
	struct recipe r;
	struct err err = {""};
	struct searched s;
	char got[1024] = "";
	arena_init(&a, (size_t)64 << 20);
	if (patch_lua_text(text, strlen(text), "text", &settings, &r, &a, &err) == 0) {
		searched_init(&s, &r);
		for (size_t i = 0; i < s.space.n; i++) {
			const struct dimension *d = &s.dimension[i];
			const size_t n = strlen(got);
			if (d->of_1)
				snprintf(got + n, sizeof got - n, "%s: %s %llx, ", s.open[i]->name, s.open[d->of_1 - 1]->name, (unsigned long long)d->when);
		}
	}
	if (!ok(!strcmp(got, want), "%s", what))
		diag("%s%s", got, err.text);
	arena_release(&a);
}

static void
test_derived(void)
{
#define BRANCHES "local k = open{'thin', 'fat', 'rough', name = 'kind'}\n"                                                   \
		 "local x = choose{svf{saw{}, cutoff = open{100, 1000, name = 'a'}}, ladder{saw{}, cutoff = open{100, 1000, name = 'b'}},\n"  \
		 "noise{}, index = k}\n"
	derived("under choose each branch has its own settings", BRANCHES "return x", "a: kind 1, b: kind 2, ");
	derived("a number of steps chooses as well, and the last one with all beyond",
	    "local c = open{0.1, 0.9, name = 'c'}\nreturn choose{0.1, saw{} * open{0, 1, name = 'a'}, saw{} * c, index = open{0, 4, name = 'i'}, count = 3}",
	    "c: i 1c, a: i 2, ");
	derived("what feeds two branches is heard in either",
	    "local a = open{100, 1000, name = 'a'}\nreturn choose{svf{saw{}, cutoff = a}, ladder{saw{}, cutoff = a}, 0, index = open{'x', 'y', 'z', name = 'kind'}}",
	    "a: kind 3, ");
	derived("and what is heard outside always", BRANCHES "return x + svf{noise{}, cutoff = pin(500)} * open{0, 1, name = 'c'} + x",
	    "a: kind 1, b: kind 2, ");
	derived("in a branch of a branch both have to be",
	    BRANCHES "return choose{saw{}, x, index = open{'dry', 'wet', name = 'out'}}", "kind: out 2, a: kind 1, b: kind 2, ");
	derived("of two that both have to be the rarer one is kept",
	    "local s = open{'saw', 'square', 'triangle', name = 'shape'}\n"
	    "return choose{sync{shape = s, width = open{0.1, 0.9, name = 'w'}}, sync{shape = s}, index = open{'x', 'y', name = 'k'}}",
	    "w: shape 2, ");
	derived("a pinned choice hides nothing that could be searched",
	    "return choose{saw{} * open{0, 1, name = 'a'}, noise{} * open{0, 1, name = 'b'}, index = 1}", "");
	derived("nor does one that fades, or moves",
	    "return choose{saw{} * open{0, 1, name = 'a'}, noise{}, index = open{0, 1}, mode = 'fade'} + choose{saw{} * open{0, 1, name = 'b'}, noise{}, index = lfo{}}", "");
}

static void
test_words(void)
{
	static const struct {
		const char *when, *why;
	} wrong[] = {{"", "no other input"}, {"colour", "how"}, {"colour = ", "no choice"}, {"colour = beige", "no choice"},
	    {"colour >= white", "how"}, {"slope = 3 |", "no other input"}, {"nothing = 1", "no other input"}, {"level = 1.5", "no whole"},
	    {"level = 9", "no whole"}, {"level == 1", "how"}, {"level = 1 & & level = 2", "no other input"}};
	static const char *const colours[] = {"white", "off white", NULL};
	struct port ports[] = {{PORT_IN, "colour", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, colours, .help = ""},
	    {PORT_IN, "level", RATE_CONTROL, 0, 0, 8, .help = ""}, {PORT_IN, "slope", RATE_CONTROL, 0, 0, 8, .help = ""}, {PORT_END}};
	const struct module m = {.name = "m", .ports = ports};
	struct port_clause c[PORT_CLAUSES];
	struct err err;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ports[2].when = wrong[i].when;
		ok(port_when(&m, &ports[2], c, &err) < 0 && strstr(err.text, wrong[i].why), "refused: %s", err.text);
	}
	ports[2].when = "colour = off white & level >= 2 | level<=1";
	ok(port_when(&m, &ports[2], c, &err) == 3 && c[0].value == 1 && !c[0].ends && c[1].ends && c[2].ends && c[2].compare == PORT_MOST,
	    "clauses and terms are read");
	ok(!port_clause_holds(&c[1], 1.4f) && port_clause_holds(&c[1], 1.5f) && port_clause_holds(&c[2], 1.4f), "the nearest whole number counts");
}

int
main(void)
{
	static char library[4096];
	char pattern[4200];
	struct err err;
	glob_t g;
	settings.library = share_find("patches", library, sizeof library);
	if (!ok(settings.library != NULL && (engine = engine_new(isa_best(), 1, &err)), "the library is found, and an engine"))
		return done();
	test_words();
	test_derived();
	for (const struct module *const *m = modules_scalar; *m; m++)
		check_module(*m);
	const size_t of_modules = n_conditions;
	snprintf(pattern, sizeof pattern, "%s/*.lua", library);
	ok(glob(pattern, 0, NULL, &g) == 0, "there are patches");
	for (size_t i = 0; i < g.gl_pathc; i++)
		check_patch(g.gl_pathv[i]);
	globfree(&g);
	ok(of_modules >= 60 && n_conditions > of_modules, "%zu conditions of modules, %zu of the library", of_modules, n_conditions - of_modules);
	engine_free(engine);
	return done();
}
