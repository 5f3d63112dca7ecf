/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/renderer.h"

#include <stdlib.h>
#include <string.h>

#include "synth/engine/engine.h"
#include "wire/annex.h"

/* Sound in memory at once, beyond which no more is taken in. */
static const size_t sound_limit = (size_t)512 << 20;

/* A take that was added, and what becomes of it. */
struct item {
	struct take *take;
	size_t job;    /* its recipe and job; SIZE_MAX: it has none, or goes to the annex */
	bool away;     /* to the annex */
	bool sounds;
	struct rendition sound;
};

struct renderer {
	struct renderer_settings set;
	struct engine *engine;
	struct annex *annex; /* made when first needed */
	struct item *item;
	struct recipe *recipes; /* of those that are rendered here */
	struct job *jobs;
	size_t n, n_jobs, room, bytes;
	/* those that are away, side by side */
	struct take **away;
	struct annex_answer *answer;
};

struct renderer *
renderer_new(const struct renderer_settings *set, struct err *err)
{
	struct renderer *r = calloc(1, sizeof *r);
	if (!r)
		return err_set(err, "out of memory"), NULL;
	r->set = *set;
	if (!(r->engine = engine_new(set->isa, set->threads, err)))
		return free(r), NULL;
	r->room = engine_batch(r->engine);
	r->item = calloc(r->room, sizeof *r->item);
	r->recipes = calloc(r->room, sizeof *r->recipes);
	r->jobs = calloc(r->room, sizeof *r->jobs);
	r->away = calloc(r->room, sizeof *r->away);
	r->answer = calloc(r->room, sizeof *r->answer);
	if (!r->item || !r->recipes || !r->jobs || !r->away || !r->answer)
		return err_set(err, "out of memory"), renderer_free(r), NULL;
	return r;
}

void
renderer_free(struct renderer *r)
{
	if (!r)
		return;
	renderer_clear(r);
	annex_free(r->annex);
	engine_free(r->engine);
	free(r->item);
	free(r->recipes);
	free(r->jobs);
	free(r->away);
	free(r->answer);
	free(r);
}

size_t
renderer_batch(const struct renderer *r)
{
	return r->room;
}

size_t
renderer_add(struct renderer *r, struct take *t)
{
	struct err err;
	if (r->n == r->room) {
		take_fail(t, "more than %zu takes at once", r->room);
		return 0;
	}
	struct item *it = &r->item[r->n++];
	*it = (struct item){.take = t, .job = SIZE_MAX};
	if (*t->m->error || !t->m->n_parts)
		return 0;
	struct recipe *recipe = &r->recipes[r->n_jobs];
	if (take_recipe(t, recipe, &err) < 0) {
		take_fail(t, "%s", err.text);
		return 0;
	}
	const size_t bytes = recipe_frames(recipe) * 2 * sizeof(float);
	it->sound.inexact = recipe_has_guests(recipe);
	it->away = it->sound.inexact && !r->set.guests_here;
	if (!it->away) {
		it->job = r->n_jobs;
		r->jobs[r->n_jobs++] = (struct job){.recipe = recipe, .hashed = true};
	}
	r->bytes += bytes;
	return bytes;
}

bool
renderer_full(const struct renderer *r)
{
	return r->n == r->room || r->bytes > sound_limit;
}

size_t
renderer_count(const struct renderer *r)
{
	return r->n;
}

/* --- rendering -------------------------------------------------------------------------- */

static int
render_here(struct renderer *r, struct err *err)
{
	if (r->n_jobs && engine_render(r->engine, r->jobs, r->n_jobs, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		struct item *it = &r->item[i];
		struct job *job = it->job == SIZE_MAX ? NULL : &r->jobs[it->job];
		if (!job)
			continue;
		if (job->failed) {
			take_fail(it->take, "%s", job->err.text);
			continue;
		}
		it->sounds = true;
		it->sound.samples = job->samples;
		it->sound.rate = job->recipe->rate;
		it->sound.channels = job->channels;
		it->sound.frames = job->frames;
		memcpy(it->sound.hash, job->hash, HASH_SIZE);
	}
	return 0;
}

/* What came back from the annex is believed no more than any other message. */
static int
accept(struct item *it, struct take *back, struct err *err)
{
	if (*back->m->error)
		return err_set(err, "%s", back->m->error);
	const Assay__Audio *a = back->m->audio;
	if (!take_has_audio(back) || a->rate != it->take->m->rate || a->channels > 2)
		return err_set(err, "the process for guests gave back no sound");
	if (!(it->sound.samples = malloc(a->n_samples * sizeof *a->samples)))
		return err_set(err, "out of memory");
	memcpy(it->sound.samples, a->samples, a->n_samples * sizeof *a->samples);
	it->sound.rate = a->rate;
	it->sound.channels = a->channels;
	it->sound.frames = a->frames;
	hash_samples(it->sound.samples, a->n_samples, it->sound.hash);
	it->sounds = true;
	return 0;
}

static int
render_away(struct renderer *r, struct err *err)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (r->item[i].away)
			r->away[n++] = r->item[i].take;
	if (!n)
		return 0;
	const struct annex_settings set = {.isa = r->set.isa, .threads = r->set.threads, .talks = r->set.guests_talk};
	if ((!r->annex && !(r->annex = annex_new(&set, err))) || annex_render(r->annex, r->away, n, r->answer, err) < 0) {
		for (size_t i = 0; i < n; i++)
			take_fail(r->away[i], "%s", err->text);
		return 0; /* the others are none the worse */
	}
	for (size_t i = 0, k = 0; i < r->n; i++) {
		if (!r->item[i].away)
			continue;
		struct annex_answer *a = &r->answer[k++];
		if (!a->take || accept(&r->item[i], a->take, &a->err) < 0)
			take_fail(r->item[i].take, "%s", a->err.text);
		take_free(a->take);
		a->take = NULL;
	}
	return 0;
}

int
renderer_run(struct renderer *r, struct err *err)
{
	if (render_here(r, err) == 0 && render_away(r, err) == 0)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if ((r->item[i].away || r->item[i].job != SIZE_MAX) && !*r->item[i].take->m->error)
			take_fail(r->item[i].take, "%s", err->text);
	return -1;
}

/* --- what came of it ----------------------------------------------------------------------- */

const struct rendition *
renderer_sound(const struct renderer *r, size_t i)
{
	return r->item[i].sounds ? &r->item[i].sound : NULL;
}

struct take *
renderer_take(const struct renderer *r, size_t i)
{
	return r->item[i].take;
}

int
renderer_keep(struct renderer *r, size_t i, struct err *err)
{
	const struct rendition *x = renderer_sound(r, i);
	struct take *t = r->item[i].take;
	if (!x)
		return 0;
	if (take_set_audio(t, x->samples, x->rate, x->channels, x->frames, x->hash, err) < 0)
		return -1;
	t->m->audio->inexact = x->inexact;
	return 0;
}

float *
renderer_give(struct renderer *r, size_t i)
{
	float *samples = r->item[i].sound.samples;
	r->item[i].sound.samples = NULL;
	r->item[i].sounds = false;
	return samples;
}

void
renderer_clear(struct renderer *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->item[i].sound.samples);
	r->n = r->n_jobs = r->bytes = 0;
}
