/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs in, samples out. A job's parts become pieces; pieces whose plans are the
 * same are gathered into groups, as many as there are lanes; threads take groups
 * one after another, and whoever finishes a job's last piece mixes that job.
 * Work goes in waves, so that memory does not grow with the number of jobs.
 */
#include "synth/engine/engine.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "synth/engine/group.h"
#include "synth/engine/pool.h"

enum { GROUPS_A_THREAD = 4 };

/* What one take may need, whatever the machine: its sound while it is made, and
   for each lane the state of its modules. */
static const size_t take_limit = (size_t)2 << 30, state_limit = (size_t)128 << 20;
/* What a group's buses and a wave's parts that wait for the mix may need; one take may need more. */
static const size_t group_limit = (size_t)256 << 20, wave_limit = (size_t)256 << 20;

struct engine {
	struct choice choice;
	struct pool *pool;
	struct scratch scratch[POOL_MAX];
	struct group *groups;    /* of the wave at hand */
	size_t n_groups;
};

/* --- the engine ------------------------------------------------------------------------------- */

/* On one thread. */
static void
do_group(void *engine, size_t index, int thread)
{
	struct engine *e = engine;
	group_render(&e->groups[index], &e->choice, &e->scratch[thread]);
}

struct engine *
engine_new(enum isa isa, int threads, struct err *err)
{
	struct engine *e = calloc(1, sizeof *e);
	if (!e)
		return err_set(err, "out of memory"), NULL;
	if ((e->choice.n = isa_get(isa, e->choice.lanes, err)) < 0 || !(e->pool = pool_new(threads, err)))
		return free(e), NULL;
	return e;
}

void
engine_free(struct engine *e)
{
	if (!e)
		return;
	pool_free(e->pool);
	for (int i = 0; i < POOL_MAX; i++)
		free(e->scratch[i].memory);
	free(e);
}

size_t
engine_batch(const struct engine *e)
{
	return (size_t)(choice_widest(&e->choice)->lanes * pool_threads(e->pool) * GROUPS_A_THREAD);
}

/* --- from jobs to groups ------------------------------------------------------------------- */

/* Latest first; of notes that start together, the last in the phrase first. */
static int
by_onset(const void *pa, const void *pb)
{
	const struct voice *a = pa, *b = pb;
	return a->onset != b->onset ? (a->onset < b->onset) - (a->onset > b->onset) : (a->note < b->note) - (a->note > b->note);
}

/* Far beyond the end of any take, and far from where sums of frames overflow. */
#define NEVER (1 << 30)

static double
frame_at(const struct recipe *r, double beat)
{
	return floor(beat * 60 / r->phrase.tempo * r->rate + 0.5);
}

static int
piece_init(struct piece *p, struct arena *a)
{
	const struct recipe *r = p->work->job->recipe;
	const struct patch *patch = &r->parts[p->part].patch;
	float *values = arena_array(a, p->plan->n_values, sizeof *values);
	const struct arc **arcs = arena_array(a, p->plan->n_arcs, sizeof *arcs);
	size_t n = 0;
	for (size_t i = 0; i < r->phrase.n_notes; i++)
		n += r->phrase.notes[i].part == p->part;
	p->voices = arena_array(a, n, sizeof *p->voices);
	if (!values || !arcs || !p->voices)
		return -1;
	plan_values(p->plan, patch, values);
	for (size_t i = 0; i < p->plan->n_arcs; i++)
		arcs[i] = plan_arc(r, p->part, p->plan->arcs[i]);
	p->strip = (struct strip){
		.values = values, .arcs = arcs, .tempo = r->phrase.tempo, .seed = rng_at(r->seed, p->part),
		.frames = (uint32_t)p->work->job->frames,
	};
	for (uint32_t i = 0; i < r->phrase.n_notes; i++) {
		const struct note *note = &r->phrase.notes[i];
		const double onset = frame_at(r, note->start), off = frame_at(r, note->start + note->length) - onset;
		if (note->part == p->part && onset < p->strip.frames)
			p->voices[p->n_voices++] = (struct voice){
				.note = i, .onset = (int32_t)onset, .off = off < NEVER ? (int32_t)off : NEVER,
				.pitch = note->pitch, .velocity = note->velocity,
			};
	}
	qsort(p->voices, p->n_voices, sizeof *p->voices, by_onset);
	return 0;
}

/* Whether the take is within its limits; counted for one lane, so that it does not depend on the machine. */
static int
check_size(struct work *w)
{
	const struct job *job = w->job;
	size_t bytes = 0;
	char part[96];
	for (size_t k = 0; k < job->recipe->n_parts; k++) {
		const struct piece *p = &w->pieces[k];
		size_t voice, effect;
		lanes_scalar.need(&p->plan->voice, job->recipe->rate, &voice);
		lanes_scalar.need(&p->plan->effect, job->recipe->rate, &effect);
		const size_t state = voice > effect ? voice : effect;
		if (state > state_limit)
			return work_fail(w, "%sits modules need %zu MiB for each voice; at most %zu are allowed", piece_name(p, part),
			    state >> 20, state_limit >> 20);
		bytes += strip_room((uint32_t)job->frames) * sizeof(float) * (size_t)plan_channels(p->plan);
	}
	bytes += job->frames * job->channels * sizeof(float);
	if (bytes > take_limit)
		return work_fail(w, "%.0f s in %zu parts need %zu MiB; at most %zu are allowed",
		    (double)job->frames / job->recipe->rate, job->recipe->n_parts, bytes >> 20, take_limit >> 20);
	return 0;
}

static int
by_key(const void *pa, const void *pb)
{
	const struct piece *a = *(struct piece *const *)pa, *b = *(struct piece *const *)pb;
	const int order = memcmp(a->key, b->key, HASH_SIZE);
	return order ? order : (a > b) - (a < b);
}

/* Compiles each plan once, and cuts the pieces into groups. */
static int
make_groups(struct engine *e, struct piece **pieces, size_t n, struct arena *a)
{
	const struct plan *plan = NULL;
	struct err why = {0};
	qsort(pieces, n, sizeof *pieces, by_key);
	for (size_t i = 0; i < n; i++) {
		struct piece *p = pieces[i];
		if (i == 0 || memcmp(p->key, pieces[i - 1]->key, HASH_SIZE))
			plan = plan_make(p->work->job->recipe, p->part, a, &why);
		p->plan = plan;
		char part[96];
		if (!plan)
			work_fail(p->work, "%s%s", piece_name(p, part), why.text);
		else if (p->plan->channels > (int)p->work->job->channels)
			p->work->job->channels = (uint32_t)p->plan->channels;
	}
	for (size_t i = 0; i < n; i++)
		if (pieces[i]->part == 0 && !pieces[i]->work->job->failed)
			check_size(pieces[i]->work);
	e->groups = arena_array(a, n, sizeof *e->groups);
	e->n_groups = 0;
	if (!e->groups)
		return -1;
	size_t bytes = 0, kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i]->work->job->failed)
			continue;
		struct piece *p = pieces[kept] = pieces[i];
		if (piece_init(p, a) < 0)
			return -1;
		struct group *g = e->n_groups ? &e->groups[e->n_groups - 1] : NULL;
		if (!g || g->pieces[0]->plan != p->plan || g->n == (size_t)choice_widest(&e->choice)->lanes || bytes + piece_bus_bytes(p) > group_limit) {
			g = &e->groups[e->n_groups++];
			*g = (struct group){&pieces[kept], 0};
			bytes = 0;
		}
		g->n++;
		kept++;
		bytes += piece_bus_bytes(p);
	}
	return 0;
}

static int
render_wave(struct engine *e, struct work *works, size_t n, struct err *err)
{
	struct arena a;
	arena_init(&a, SIZE_MAX);
	size_t n_pieces = 0;
	for (size_t i = 0; i < n; i++)
		n_pieces += works[i].job->recipe->n_parts;
	struct piece *pieces = arena_array(&a, n_pieces, sizeof *pieces);
	struct piece **order = arena_array(&a, n_pieces, sizeof *order);
	int status = pieces && order ? 0 : -1;
	for (size_t i = 0, at = 0; i < n && !status; i++) {
		works[i].pieces = pieces + at;
		atomic_init(&works[i].left, works[i].job->recipe->n_parts);
		for (uint32_t k = 0; k < works[i].job->recipe->n_parts; k++, at++) {
			pieces[at] = (struct piece){.work = &works[i], .part = k};
			plan_key(works[i].job->recipe, k, pieces[at].key);
			order[at] = &pieces[at];
		}
	}
	if (!status)
		status = make_groups(e, order, n_pieces, &a);
	if (!status)
		pool_run(e->pool, e->n_groups, do_group, e);
	else
		err_set(err, "out of memory");
	arena_release(&a);
	return status;
}

static int
by_graph(const void *pa, const void *pb)
{
	const struct work *a = pa, *b = pb;
	const int order = memcmp(a->key, b->key, HASH_SIZE);
	return order ? order : (a->job > b->job) - (a->job < b->job);
}

/* Bytes that wait for the mix. */
static size_t
waiting(const struct work *w)
{
	const size_t parts = w->job->recipe->n_parts;
	return parts > 1 ? parts * w->job->frames * 2 * sizeof(float) : 0;
}

int
engine_render(struct engine *e, struct job *jobs, size_t n, struct err *err)
{
	struct work *works = calloc(n ? n : 1, sizeof *works);
	if (!works)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct recipe *r = jobs[i].recipe;
		struct hash h;
		jobs[i] = (struct job){.recipe = r, .hashed = jobs[i].hashed, .frames = recipe_frames(r)};
		works[i].job = &jobs[i];
		hash_init(&h);
		for (uint32_t k = 0; k < r->n_parts; k++) {
			uint8_t key[HASH_SIZE];
			plan_key(r, k, key);
			hash_bytes(&h, key, sizeof key);
		}
		hash_final(&h, works[i].key);
	}
	qsort(works, n, sizeof *works, by_graph);
	int status = 0;
	assets_enter();
	for (size_t begin = 0, end; begin < n && !status; begin = end) {
		size_t bytes = 0;
		for (end = begin; end < n && end - begin < engine_batch(e); end++) {
			bytes += waiting(&works[end]);
			if (bytes > wave_limit && end > begin)
				break;
		}
		status = render_wave(e, works + begin, end - begin, err);
	}
	assets_leave();
	for (size_t i = 0; i < n && status; i++) {
		free(jobs[i].samples);
		jobs[i].samples = NULL;
	}
	free(works);
	return status;
}
