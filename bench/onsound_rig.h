/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A search on sound without the pipe between its stages: one note of a patch's, its open parameters
 * against a target that is rendered in this process too. Fitness is that of pipelines/compare,
 * like=1,valid=0.1; what is found is measured by MSS.
 */
#ifndef BENCH_ONSOUND_RIG_H
#define BENCH_ONSOUND_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "base/arena.h"
#include "base/rng.h"
#include "base/share.h"
#include "opt/algo.h"
#include "score/hearing.h"
#include "score/likeness.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "synth/open.h"

enum { ONSOUND_RATE = 24000, ONSOUND_OPEN = 256, ONSOUND_LANES = 16 };
#define ONSOUND_SECONDS 0.4
#define ONSOUND_VALID   0.1

struct onsound {
	struct engine *engine;
	struct arena arena;
	struct note note;
	struct recipe recipe[ONSOUND_LANES]; /* the same patch, each with values of its own */
	struct param *open[ONSOUND_LANES][ONSOUND_OPEN];
	struct dimension dimension[ONSOUND_OPEN];
	struct space space;
	double start[ONSOUND_OPEN]; /* where the patch stands */
	struct sound target;
	struct listener *listener;
	struct hearing *of_target, *of_it;
	struct heard golden;
	const struct term *like, *valid;
	void *to_like, *to_valid;
};

static inline void
onsound_stop(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	exit(1);
}

/* The patch of this name playing one note, a copy of its values for each lane. */
static inline void
onsound_read(struct onsound *s, const char *name, struct recipe *r, struct err *err)
{
	char library[4096], path[4096];
	const struct lua_settings lua = {.rate = ONSOUND_RATE, .library = share_find("patches", library, sizeof library)};
	const char *file = share_patch(name, path, sizeof path);
	if (!file || patch_lua_file(file, &lua, r, &s->arena, err) < 0)
		onsound_stop(name, err);
	s->note = r->phrase.n_notes ? r->phrase.notes[0] : (struct note){.pitch = 60, .velocity = 0.7f};
	s->note.start = 0;
	s->note.length = ONSOUND_SECONDS;
	s->note.part = 0;
	r->rate = ONSOUND_RATE;
	r->phrase = (struct phrase){.tempo = 60, .beats = ONSOUND_SECONDS, .tail = 0.03, .notes = &s->note, .n_notes = 1};
}

static inline size_t
onsound_copy(struct onsound *s, const struct recipe *from, size_t lane)
{
	struct recipe *r = &s->recipe[lane];
	*r = *from;
	r->parts = arena_array(&s->arena, r->n_parts, sizeof *r->parts);
	memcpy(r->parts, from->parts, r->n_parts * sizeof *r->parts);
	for (size_t i = 0; i < r->n_parts; i++) {
		struct patch *p = &r->parts[i].patch;
		struct param *q = arena_array(&s->arena, p->n_params + 1, sizeof *q);
		memcpy(q, p->params, p->n_params * sizeof *q);
		p->params = q;
	}
	return open_params(r, s->open[lane], ONSOUND_OPEN);
}

/* Renders lanes [0, n), whose values are set. */
static inline void
onsound_render(struct onsound *s, struct job *job, size_t n)
{
	struct err err = {""};
	for (size_t i = 0; i < n; i++)
		job[i] = (struct job){.recipe = &s->recipe[i]};
	if (engine_render(s->engine, job, n, &err) < 0)
		onsound_stop("render", &err);
}

static inline void
onsound_close(struct onsound *s)
{
	if (s->to_like)
		s->like->free(s->to_like);
	if (s->to_valid)
		s->valid->free(s->to_valid);
	hearing_free(s->of_target);
	hearing_free(s->of_it);
	listener_free(s->listener);
	sound_free(&s->target);
	engine_free(s->engine);
	arena_release(&s->arena);
	*s = (struct onsound){0};
}

/* The target is a hidden take of the patch `of` (drawn by `seed`), which may be the one that is searched with. */
static inline void
onsound_open(struct onsound *s, const char *patch, const char *of, uint64_t seed)
{
	struct err err = {""};
	struct recipe r;
	struct job job;
	*s = (struct onsound){.like = term_find("like"), .valid = term_find("valid")};
	arena_init(&s->arena, (size_t)64 << 20);
	if (!(s->engine = engine_new(isa_best(), 1, &err)))
		onsound_stop("engine", &err);
	onsound_read(s, of, &r, &err);
	size_t n = onsound_copy(s, &r, 0);
	struct rng rng = {seed, 0};
	for (int again = 0; again < 20; again++) { /* until it is to be heard */
		for (size_t i = 0; i < n; i++)
			s->open[0][i]->value = open_value(s->open[0][i], rng_uniform(&rng));
		onsound_render(s, &job, 1);
		float most = 0;
		for (uint64_t i = 0; !job.failed && i < job.frames * job.channels; i++)
			most = fmaxf(most, fabsf(job.samples[i]));
		s->target = (struct sound){job.samples, ONSOUND_RATE, job.channels, job.frames};
		if (most > 0.02f)
			break;
		sound_free(&s->target);
	}
	if (!s->target.x)
		onsound_stop(of, &(struct err){"silent"});
	onsound_read(s, patch, &r, &err);
	for (size_t i = 0; i < ONSOUND_LANES; i++)
		n = onsound_copy(s, &r, i);
	for (size_t i = 0; i < n; i++) {
		const struct param *p = s->open[0][i];
		s->start[i] = open_unit(p, p->value);
		if (p->scale == SCALE_CHOICE)
			s->dimension[i] = (struct dimension){.kind = DIMENSION_CATEGORY, .levels = (uint32_t)(p->max - p->min) + 1};
	}
	s->space = (struct space){n, s->dimension};
	s->listener = listener_new();
	s->of_target = hearing_new(s->listener);
	s->of_it = hearing_new(s->listener);
	s->golden = (struct heard){.samples = s->target.x, .rate = ONSOUND_RATE, .channels = s->target.channels,
	    .frames = s->target.frames, .name = "target", .hearing = s->of_target};
	s->to_like = s->like->create(&s->golden, 1, &err);
	s->to_valid = s->valid->create(NULL, 0, &err);
	if (!s->to_like || !s->to_valid)
		onsound_stop("score", &err);
}

/* The beginning of a recording is the target instead, after onsound_open. */
static inline void
onsound_real(struct onsound *s, const char *path)
{
	struct err err = {""};
	struct sound t = {0};
	const uint64_t frames = (uint64_t)(ONSOUND_RATE * ONSOUND_SECONDS);
	if (sound_read(path, &t, &err) < 0 || sound_resample(&t, ONSOUND_RATE, &err) < 0)
		onsound_stop(path, &err);
	sound_to_mono(&t);
	t.frames = t.frames < frames ? t.frames : frames;
	s->like->free(s->to_like);
	hearing_free(s->of_target);
	sound_free(&s->target);
	s->target = t;
	s->of_target = hearing_new(s->listener);
	s->golden = (struct heard){.samples = t.x, .rate = ONSOUND_RATE, .channels = t.channels, .frames = t.frames, .name = "target",
	    .hearing = s->of_target};
	if (!(s->to_like = s->like->create(&s->golden, 1, &err)))
		onsound_stop("score", &err);
}

/* Fitness of a rendition; NaN: it failed. */
static inline double
onsound_worth(struct onsound *s, const struct job *job)
{
	struct err err = {""};
	double like, valid;
	if (job->failed)
		return NAN;
	struct heard h = {.samples = job->samples, .rate = ONSOUND_RATE, .channels = job->channels, .frames = job->frames};
	hearing_begin(s->of_it, &h);
	if (s->like->score(s->to_like, &h, &like, NULL, 0, &err) < 0 || s->valid->score(s->to_valid, &h, &valid, NULL, 0, &err) < 0)
		onsound_stop("score", &err);
	return like + ONSOUND_VALID * valid;
}

static inline void
onsound_set(struct onsound *s, size_t lane, const double *x)
{
	for (size_t i = 0; i < s->space.n; i++)
		s->open[lane][i]->value = open_value(s->open[lane][i], x[i]);
}

/* Seconds the algorithm took are added to *own. Returns the fitness of the best; its MSS in *mss. */
static inline double
onsound_search(struct onsound *s, const char *algo, const char *set, uint64_t budget, uint64_t seed, double *mss, double *own)
{
	struct err err = {""};
	const struct algo *a = algo_find(algo);
	struct algo_settings settings = {.seed = seed, .budget = budget, .starts = s->start, .n_starts = 1};
	static double x[ONSOUND_LANES][ONSOUND_OPEN], best_x[ONSOUND_OPEN];
	uint64_t number[ONSOUND_LANES];
	struct job job[ONSOUND_LANES];
	double best = -INFINITY;
	algo_defaults(a, &settings);
	void *self = algo_set(a, set, &settings, &err) < 0 ? NULL : a->create(&s->space, &settings, &err);
	if (!self)
		onsound_stop(algo, &err);
	for (uint64_t asked = 0; asked < budget;) {
		size_t n = 0;
		double t = bench_cpu();
		for (; n < ONSOUND_LANES && asked < budget && a->ask(self, &number[n], x[n]); n++, asked++)
			onsound_set(s, n, x[n]);
		*own += bench_cpu() - t;
		if (!n)
			break;
		onsound_render(s, job, n);
		for (size_t i = 0; i < n; i++) {
			const double worth = onsound_worth(s, &job[i]);
			if (worth > best) {
				best = worth;
				memcpy(best_x, x[i], s->space.n * sizeof *best_x);
			}
			t = bench_cpu();
			a->tell(self, &(struct told){.number = number[i], .fitness = worth});
			*own += bench_cpu() - t;
			free(job[i].samples);
		}
	}
	a->free(self);
	onsound_set(s, 0, best_x);
	onsound_render(s, job, 1);
	const struct sound found = {job->samples, ONSOUND_RATE, job->channels, job->frames};
	struct likeness like = {0};
	if (likeness_some(&s->target, &found, LIKENESS_MSS, &like, &err) < 0)
		onsound_stop("likeness", &err);
	free(job->samples);
	*mss = like.mss;
	return best;
}

#endif
