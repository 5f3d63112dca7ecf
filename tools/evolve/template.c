/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/share.h"
#include "evolve.h"
#include "synth/open.h"
#include "synth/lua/patch_lua.h"
#include "wire/assets.h"
#include "wire/sounds.h"

static int
read_lua(const char *path, struct take **t, struct err *err)
{
	struct arena a;
	struct recipe r;
	char library[4096];
	arena_init(&a, 64u << 20);
	const struct lua_settings lua = {.library = share_find("patches", library, sizeof library), .sounds = asset_read_files};
	int status = patch_lua_file(path, &lua, &r, &a, err);
	if (status == 0 && !(*t = take_new()))
		status = err_set(err, "out of memory");
	if (status == 0)
		status = take_set_recipe(*t, &r, err);
	arena_release(&a);
	return status;
}

static int
read_takes(const char *path, struct take **t, struct err *err)
{
	struct reader *in = reader_open(path, err);
	const int got = in ? take_read(in, t, err) : -1;
	reader_free(in);
	return got == 0 ? err_set(err, "'%s' holds no take", path) : got < 0 ? -1 : 0;
}

/* One note as long as the level, at its rate. What rings on for longer than a
   moment is heard too, so that a release does not go unpunished. */
static int
fit_to_level(struct template *t, const char *level, struct err *err)
{
	struct sounds sounds = {0};
	if (sounds_add(&sounds, level, err) < 0)
		return -1;
	const double seconds = (double)sounds.item[0].sound.frames / sounds.item[0].sound.rate;
	struct recipe *r = &t->recipe;
	struct note note = r->phrase.n_notes ? r->phrase.notes[0] : (struct note){.pitch = 60, .velocity = 0.7f};
	note.start = 0;
	note.length = seconds; /* a beat is a second */
	note.part = 0;
	r->rate = sounds.item[0].sound.rate;
	r->phrase = (struct phrase){.tempo = 60, .beats = seconds, .tail = 0.03, .notes = &note, .n_notes = 1};
	sounds_free(&sounds);
	if (take_set_recipe(t->take, r, err) < 0)
		return -1;
	return take_recipe(t->take, r, err);
}

/* What the search is over: the template as it sounds, the ranges, and what depends on what. */
static void
space_id(struct template *t)
{
	struct hash h;
	uint8_t id[HASH_SIZE];
	recipe_id(&t->recipe, id);
	hash_init(&h);
	hash_bytes(&h, id, sizeof id);
	for (size_t i = 0; i < t->n; i++) {
		hash_string(&h, t->open[i]->name);
		hash_float(&h, t->open[i]->min);
		hash_float(&h, t->open[i]->max);
		hash_float(&h, t->open[i]->step);
		hash_u64(&h, t->open[i]->scale);
		hash_u64(&h, t->dimension[i].of_1);
		hash_u64(&h, t->dimension[i].when);
	}
	hash_final(&h, t->space_id);
}

/* The open parameters, those that others depend on before them, else in the order of the patch: a space wants it so. */
static int
find_open(struct template *t, struct err *err)
{
	const size_t n = t->n;
	struct param **open = malloc(n * sizeof *open);
	struct open_when *when = malloc(n * sizeof *when);
	size_t *place = calloc(n, sizeof *place); /* of each among those in order, from 1; 0: not there yet */
	int got = open && when && place ? 0 : err_set(err, "out of memory");
	if (got == 0) {
		open_params(&t->recipe, open, n);
		got = open_conditions(&t->recipe, open, n, when, err);
	}
	for (size_t done = 0; got == 0 && done < n;)
		for (size_t i = 0; i < n; i++) {
			if (place[i] || (when[i].of_1 && !place[when[i].of_1 - 1]))
				continue;
			const struct param *p = t->open[done] = open[i];
			const uint32_t levels = open_levels(p);
			t->dimension[done] = (struct dimension){.name = p->name,
			    .kind = !levels ? DIMENSION_REAL : p->scale == SCALE_CHOICE ? DIMENSION_CATEGORY : DIMENSION_INTEGER,
			    .levels = levels, .of_1 = when[i].of_1 ? (uint32_t)place[when[i].of_1 - 1] : 0, .when = when[i].when};
			t->start[done] = open_unit(p, p->value);
			place[i] = ++done;
		}
	for (size_t i = 0; got == 0 && i < n; i++)
		for (size_t part = 0; part < t->recipe.n_parts; part++) {
			const struct patch *p = &t->recipe.parts[part].patch;
			if (t->open[i] >= p->params && t->open[i] < p->params + p->n_params) {
				t->wire[i] = t->take->m->parts[part]->patch->params[t->open[i] - p->params];
				t->part[i] = part;
			}
		}
	free(open);
	free(when);
	free(place);
	return got;
}

int
template_load(struct template *t, const char *patch, const char *level, const char *run, const char *algo, uint64_t seed,
    struct err *err)
{
	char library[4096];
	const char *path = share_patch(patch, library, sizeof library);
	*t = (struct template){0};
	if (!path)
		return err_set(err, "there is no patch '%s' in the library; a file of your own has a '/' or a '.' in its name", patch);
	const size_t dot = strlen(path) > 4 ? strlen(path) - 4 : 0;
	if ((strcmp(path + dot, ".lua") ? read_takes : read_lua)(path, &t->take, err) < 0)
		return -1;
	struct arena *a = &t->take->arena;
	Take *m = t->take->m;
	if (take_recipe(t->take, &t->recipe, err) < 0)
		return err_prefix(err, "%s", path);
	if (level && fit_to_level(t, level, err) < 0)
		return -1;
	t->n = open_params(&t->recipe, NULL, 0);
	if (t->n == 0)
		return err_set(err, "'%s' has no open parameter: there is nothing to search", path);
	t->open = arena_array(a, t->n, sizeof *t->open);
	t->wire = arena_array(a, t->n, sizeof *t->wire);
	t->part = arena_array(a, t->n, sizeof *t->part);
	t->dimension = arena_array(a, t->n, sizeof *t->dimension);
	t->start = arena_array(a, t->n, sizeof *t->start);
	t->x = arena_array(a, t->n, sizeof *t->x);
	const char *name = *m->parts[0]->patch->name ? m->parts[0]->patch->name : "patch";
	t->run = run ? run : arena_printf(a, "%s-%s-%llu", name, algo, (unsigned long long)seed);
	Assay__Origin *o = take_origin(t->take);
	if (!t->open || !t->wire || !t->part || !t->dimension || !t->start || !t->x || !t->run || !o)
		return err_set(err, "out of memory");
	if (find_open(t, err) < 0)
		return -1;
	space_id(t);
	t->starts = malloc(t->n * sizeof *t->starts);
	t->worth = malloc(sizeof *t->worth);
	if (!t->starts || !t->worth)
		return err_set(err, "out of memory");
	memcpy(t->starts, t->start, t->n * sizeof *t->start);
	t->worth[0] = NAN;
	t->n_starts = 1;

	/* What a template has of a take's later life is not the proposals'. */
	if (take_identify(t->take, err) < 0)
		return -1;
	ProtobufCBinaryData *parent = arena_alloc(a, sizeof *parent);
	uint8_t *id = arena_memdup(a, m->id.data, m->id.len);
	if (!parent || !id)
		return err_set(err, "out of memory");
	*parent = (ProtobufCBinaryData){m->id.len, id};
	m->audio = NULL;
	m->n_features = m->n_scores = 0;
	m->fitness = 0;
	o->parents = parent;
	o->n_parents = 1;
	o->run = (char *)t->run;
	o->algo = arena_strdup(a, algo);
	o->file = arena_strdup(a, path);
	m->key = arena_alloc(a, strlen(t->run) + 24);
	return o->algo && o->file && m->key ? 0 : err_set(err, "out of memory");
}

/* The number here of the choice that another take has, or -1. */
static int
choice_here(const struct param *here, const Assay__Param *there)
{
	const float k = there->value;
	if (!here->n_choices || !there->n_choices) /* without names it goes by number */
		return k >= here->min && k <= here->max ? (int)k : -1;
	if (!(k >= 0 && k < (float)there->n_choices))
		return -1;
	for (int i = (int)here->min; i <= (int)here->max && i < (int)here->n_choices; i++)
		if (!strcmp(here->choices[i], there->choices[(int)k]))
			return i;
	return -1;
}

/* Where a take stands among the open parameters, in its x. false: it lacks one of them, or has something chosen
   that is no choice here. */
static bool
place(const struct template *t, const struct take *other, double *x)
{
	const Take *o = other->m;
	if (o->n_parts != t->recipe.n_parts)
		return false;
	for (size_t k = 0; k < t->n; k++) {
		const struct param *here = t->open[k];
		const Assay__Patch *p = o->parts[t->part[k]]->patch;
		size_t at = 0;
		while (p && at < p->n_params && strcmp(p->params[at]->name, here->name))
			at++;
		if (!p || at == p->n_params || (here->scale == SCALE_CHOICE) != (p->params[at]->scale == ASSAY__SCALE__CHOICE))
			return false;
		float value = p->params[at]->value;
		if (here->scale == SCALE_CHOICE) {
			const int choice = choice_here(here, p->params[at]);
			if (choice < 0)
				return false;
			value = (float)choice;
		}
		x[k] = open_unit(here, value);
	}
	return true;
}

struct known {
	double worth;
	size_t i;
};

static int
worthier(const void *pa, const void *pb)
{
	const struct known *a = pa, *b = pb;
	const double fa = isnan(a->worth) ? -INFINITY : a->worth, fb = isnan(b->worth) ? -INFINITY : b->worth;
	if (fa != fb)
		return fa < fb ? 1 : -1;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* Into the order of their worth; the patch itself, which is not known to be good, stays last. */
static int
order(struct template *t, struct err *err)
{
	const size_t n = t->n_starts - 1;
	struct known *by = malloc((n + 1) * sizeof *by);
	double *x = malloc((n + 1) * t->n * sizeof *x), *worth = malloc((n + 1) * sizeof *worth);
	int got = by && x && worth ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; got == 0 && i < n; i++)
		by[i] = (struct known){t->worth[i], i};
	if (got == 0)
		qsort(by, n, sizeof *by, worthier);
	for (size_t i = 0; got == 0 && i < n; i++) {
		memcpy(x + i * t->n, t->starts + by[i].i * t->n, t->n * sizeof *x);
		worth[i] = by[i].worth;
	}
	if (got == 0) {
		memcpy(t->starts, x, n * t->n * sizeof *x);
		memcpy(t->worth, worth, n * sizeof *worth);
	}
	free(by);
	free(x);
	free(worth);
	return got;
}

int
template_known(struct template *t, const char *path, struct err *err)
{
	enum { MOST = 10000 };
	struct reader *in = reader_open(path, err);
	struct take *other = NULL;
	int got = in ? 0 : -1, fitted = 0;
	while (in && t->n_starts < MOST && (got = take_read(in, &other, err)) > 0) {
		double *starts = realloc(t->starts, (t->n_starts + 1) * t->n * sizeof *starts);
		if (starts)
			t->starts = starts;
		double *worth = realloc(t->worth, (t->n_starts + 1) * sizeof *worth);
		if (worth)
			t->worth = worth;
		if (!starts || !worth)
			got = err_set(err, "out of memory");
		else if (!*other->m->error && place(t, other, t->x)) {
			const size_t last = t->n_starts - 1; /* the patch moves one on */
			memcpy(t->starts + t->n_starts * t->n, t->starts + last * t->n, t->n * sizeof *starts);
			t->worth[t->n_starts++] = t->worth[last];
			memcpy(t->starts + last * t->n, t->x, t->n * sizeof *starts);
			t->worth[last] = other->m->n_scores && isfinite(other->m->fitness) ? other->m->fitness : NAN;
			fitted++;
		}
		take_free(other);
		other = NULL;
		if (got < 0)
			break;
	}
	reader_free(in);
	return got < 0 || (fitted && order(t, err) < 0) ? -1 : fitted;
}

void
template_release(struct template *t)
{
	free(t->starts);
	free(t->worth);
	take_free(t->take);
	*t = (struct template){0};
}

struct take *
template_take(struct template *t, uint64_t number, uint64_t generation, const double *x, struct err *err)
{
	Take *m = t->take->m;
	for (size_t i = 0; i < t->n; i++)
		t->wire[i]->value = t->open[i]->value = open_value(t->open[i], x[i]);
	if (recipe_check(&t->recipe, err) < 0)
		return err_prefix(err, "proposal %llu", (unsigned long long)number), NULL;
	recipe_id(&t->recipe, m->id.data);
	m->origin->index = number;
	m->origin->generation = (uint32_t)generation;
	sprintf(m->key, "%s/%llu", t->run, (unsigned long long)number);
	return t->take;
}
