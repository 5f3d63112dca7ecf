/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs in, samples out. A job's parts become pieces; pieces whose plans are the
 * same are gathered into groups, as many as there are lanes; threads take groups
 * one after another, and whoever finishes a job's last piece mixes that job.
 * Work goes in waves, so that memory does not grow with the number of jobs.
 */
#include "synth/engine/engine.h"

#include <immintrin.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "synth/engine/plan.h"
#include "synth/engine/pool.h"

enum { GROUPS_A_THREAD = 4 };

/* What one take may need, whatever the machine: its sound while it is made, and
   for each lane the state of its modules. */
static const size_t take_limit = (size_t)2 << 30, state_limit = (size_t)128 << 20;
/* What a group's buses and a wave's parts that wait for the mix may need; one take may need more. */
static const size_t group_limit = (size_t)256 << 20, wave_limit = (size_t)256 << 20;

/* One part of one job. */
struct piece {
	struct work *work;
	uint32_t part;
	uint8_t key[HASH_SIZE];
	const struct plan *plan;
	struct strip strip;
	struct voice *voices; /* latest first */
	size_t n_voices;
	bool is_output;       /* its bus is the job's samples */
	float *kept[2];       /* its output, where it has to wait for other parts */
};

/* A job at work. */
struct work {
	struct job *job;
	uint8_t key[HASH_SIZE]; /* of all its plans: jobs with one key fill the same lanes */
	struct piece *pieces;   /* in part order */
	atomic_size_t left;     /* pieces that are not done */
	atomic_bool bad;        /* something is not finite */
	atomic_bool starved;    /* memory ran out */
	atomic_bool refused;    /* a guest could not go on */
	struct err why;         /* and says so */
};

struct group {
	struct piece **pieces;
	size_t n;
};

struct engine {
	const struct lanes *lanes[ISA_COUNT]; /* to choose from, narrowest first */
	int n_lanes;
	struct pool *pool;
	void *scratch[POOL_MAX]; /* a thread's memory, kept from group to group */
	size_t scratch_size[POOL_MAX];
	struct group *groups;    /* of the wave at hand */
	size_t n_groups;
};

static int
fail(struct work *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(w->job->err.text, sizeof w->job->err.text, fmt, ap);
	va_end(ap);
	free(w->job->samples);
	w->job->samples = NULL;
	w->job->failed = 1;
	return -1;
}

static const char *
part_name(const struct piece *p, char text[96])
{
	const struct recipe *r = p->work->job->recipe;
	const char *name = r->parts[p->part].name;
	if (r->n_parts == 1)
		*text = 0;
	else
		snprintf(text, 96, "part %u%s%.64s%s: ", p->part, name && *name ? " '" : "", name ? name : "",
		    name && *name ? "'" : "");
	return text;
}

/* The narrowest lanes that n fit in, or the widest: empty lanes cost as much as
   full ones, and the bytes are the same whatever is chosen. */
static const struct lanes *
lanes_for(const struct engine *e, size_t n)
{
	int i = 0;
	while (i < e->n_lanes - 1 && (size_t)e->lanes[i]->lanes < n)
		i++;
	return e->lanes[i];
}

static const struct lanes *
widest(const struct engine *e)
{
	return e->lanes[e->n_lanes - 1];
}

/* --- a group, on one thread --------------------------------------------------------- */

static int
bus_channels(const struct plan *p)
{
	return p->bus > p->channels ? p->bus : p->channels;
}

/* Bytes of one strip's bus, a multiple of 64. */
static size_t
bus_bytes(const struct piece *p)
{
	return p->is_output ? 0 : strip_room(p->strip.frames) * sizeof(float) * (size_t)bus_channels(p->plan);
}

static void *
scratch(struct engine *e, int thread, size_t size)
{
	if (e->scratch_size[thread] < size) {
		free(e->scratch[thread]);
		e->scratch[thread] = aligned_alloc(64, size);
		e->scratch_size[thread] = e->scratch[thread] ? size : 0;
	}
	return e->scratch[thread];
}

/* The voices of all pieces, latest first, piece beside piece: note for note,
   a population stands side by side in the lanes. */
static void
merge_voices(const struct group *g, struct voice *to)
{
	for (size_t k = 0, left = 1; left; k++) {
		left = 0;
		for (size_t i = 0; i < g->n; i++)
			if (k < g->pieces[i]->n_voices) {
				*to = g->pieces[i]->voices[k];
				to->first = k == 0;
				to++->strip = (uint32_t)i;
				left++;
			}
	}
}

/* How a group is rendered: by which lanes, in how many bytes. */
struct means {
	const struct lanes *voices, *effects;
	size_t n_voices, lane_bytes, voice_bytes, strip_bytes, bytes;
};

static struct means
group_means(const struct engine *e, const struct group *g)
{
	const struct plan *plan = g->pieces[0]->plan;
	struct means m = {0};
	size_t state;
	for (size_t i = 0; i < g->n; i++) {
		m.bytes += bus_bytes(g->pieces[i]);
		m.n_voices += g->pieces[i]->n_voices;
	}
	m.voices = e ? lanes_for(e, m.n_voices) : &lanes_scalar;
	m.effects = e ? lanes_for(e, g->n) : &lanes_scalar;
	const size_t a = m.voices->need(&plan->voice, plan->rate, &state);
	const size_t b = m.effects->need(&plan->effect, plan->rate, &state);
	m.lane_bytes = a > b ? a : b; /* one after the other, in the same memory */
	m.voice_bytes = (m.n_voices * sizeof(struct voice) + 63) / 64 * 64;
	m.strip_bytes = (g->n * sizeof(struct strip) + 63) / 64 * 64;
	m.bytes += m.lane_bytes + m.voice_bytes + m.strip_bytes;
	return m;
}

/* Leaves the output in the buses, in memory (of m->bytes). */
static void
render_group(const struct group *g, const struct means *m, char *memory, struct fault *fault, struct err *failure)
{
	const struct plan *plan = g->pieces[0]->plan;
	struct strip *strips = (struct strip *)(void *)(memory + m->lane_bytes);
	struct voice *voices = (struct voice *)(void *)(memory + m->lane_bytes + m->strip_bytes);
	char *bus = memory + m->lane_bytes + m->strip_bytes + m->voice_bytes;
	for (size_t i = 0; i < g->n; i++) {
		struct piece *p = g->pieces[i];
		for (int c = 0; c < bus_channels(plan); c++)
			p->strip.bus[c] = p->is_output ? p->work->job->samples : (float *)(void *)bus + (size_t)c * strip_room(p->strip.frames);
		p->strip.sounds = p->n_voices > 0;
		bus += bus_bytes(p);
		strips[i] = p->strip;
	}
	merge_voices(g, voices);
	const struct unit unit = {plan, strips, g->n, voices, m->n_voices, fault, failure};
	m->voices->run_voices(&unit, memory);
	if (!plan->direct)
		m->effects->run_effects(&unit, memory);
	for (size_t i = 0; i < g->n; i++) {
		g->pieces[i]->strip.loud = strips[i].loud;
		if (strips[i].bad)
			atomic_store(&g->pieces[i]->work->bad, true);
	}
}

/* --- the mix ---------------------------------------------------------------------------- */

/* Where a piece's output channel stands. */
static const float *
output_of(const struct piece *p, int channel)
{
	channel = p->plan->channels == 2 ? channel : 0;
	return p->kept[0] ? p->kept[channel]
	                  : p->strip.bus[p->plan->direct ? p->plan->direct_from[channel] : channel];
}

static int
keep_output(struct piece *p)
{
	const size_t frames = p->strip.frames;
	float *x = malloc((frames * (size_t)p->plan->channels + 1) * sizeof *x);
	if (!x)
		return -1;
	for (int c = 0; c < p->plan->channels; c++)
		memcpy(x + (size_t)c * frames, output_of(p, c), frames * sizeof *x);
	p->kept[0] = x;
	p->kept[1] = x + (size_t)(p->plan->channels - 1) * frames;
	return 0;
}

/* One part in mono without effects needs no mix: what its voices sum into is the output. Then room
   for it is got; where there is none, it goes the long way. */
static void
own_output(struct piece *p)
{
	struct job *job = p->work->job;
	p->is_output = job->recipe->n_parts == 1 && p->plan->direct && bus_channels(p->plan) == 1 && job->recipe->parts[0].gain == 1
	    && (job->samples = aligned_alloc(64, strip_room(p->strip.frames) * sizeof(float)));
}

/* Adds up the parts in their order; whether the sum is finite. */
static bool
mix_parts(const struct lanes *lanes, const struct work *w)
{
	const struct job *job = w->job;
	bool finite = true;
	if (w->pieces[0].is_output) {
		for (uint64_t i = 0; w->pieces[0].strip.loud && finite && i < job->frames; i++)
			finite = isfinite(job->samples[i]);
		return finite;
	}
	for (size_t k = 0; k < job->recipe->n_parts; k++) {
		const struct piece *p = &w->pieces[k];
		finite &= lanes->mix(job->samples, output_of(p, 0), job->channels == 2 ? output_of(p, 1) : NULL,
		    job->recipe->parts[k].gain, job->frames, k > 0);
	}
	return finite;
}

/* Renders the job once more, alone and with an eye on every node, to say which went wrong. */
static void
diagnose(struct work *w)
{
	struct fault first = {.frame = UINT64_MAX};
	const struct piece *guilty = NULL;
	for (size_t k = 0; k < w->job->recipe->n_parts; k++) {
		struct piece *p = &w->pieces[k];
		struct fault fault = {0};
		const struct group alone = {&p, 1};
		const struct means means = group_means(NULL, &alone);
		void *memory = aligned_alloc(64, means.bytes);
		if (!memory) {
			fail(w, "out of memory");
			return;
		}
		render_group(&alone, &means, memory, &fault, NULL);
		free(memory);
		if (fault.found && fault.frame < first.frame) {
			first = fault;
			guilty = p;
		}
	}
	const struct recipe *r = w->job->recipe;
	char part[96];
	if (guilty)
		fail(w, "%snode %u (%s): output is not a finite number at %.3f s", part_name(guilty, part), first.node,
		    r->parts[guilty->part].patch.nodes[first.node].module, (double)first.frame / r->rate);
	else if (recipe_has_guests(r))
		fail(w, "a number was not finite, but is when it is rendered again: a guest that does not repeat itself");
	else
		fail(w, "the sum of the voices and parts is not a finite number");
}

static void
finish(const struct lanes *lanes, struct work *w)
{
	struct job *job = w->job;
	if (atomic_load(&w->starved))
		fail(w, "out of memory");
	else if (atomic_load(&w->refused))
		fail(w, "%s", w->why.text);
	if (!job->failed && !atomic_load(&w->bad)) {
		const size_t bytes = job->frames * job->channels * sizeof(float);
		if (!job->samples)
			job->samples = malloc(bytes ? bytes : 1);
		if (!job->samples)
			fail(w, "out of memory");
		else if (!mix_parts(lanes, w))
			atomic_store(&w->bad, true);
		else if (job->hashed)
			hash_samples(job->samples, job->frames * job->channels, job->hash);
	}
	for (size_t k = 0; k < job->recipe->n_parts; k++) {
		free(w->pieces[k].kept[0]);
		w->pieces[k].kept[0] = NULL;
	}
	if (!job->failed && atomic_load(&w->bad)) {
		free(job->samples);
		job->samples = NULL;
		w->pieces[0].is_output = false;
		diagnose(w);
	}
}

/* --- the engine ------------------------------------------------------------------------------- */

/* Renders a group. Denormals are zero and rounding is to the nearest, whatever
   the caller's settings are. */
static void
do_group(void *engine, size_t index, int thread)
{
	struct engine *e = engine;
	const struct group *g = &e->groups[index];
	for (size_t i = 0; i < g->n; i++)
		own_output(g->pieces[i]);
	const struct means means = group_means(e, g);
	void *memory = scratch(e, thread, means.bytes);
	const unsigned csr = _mm_getcsr();
	_mm_setcsr(0x9fc0); /* all exceptions masked, FTZ, DAZ, nearest */
	struct err failure = {""};
	if (memory)
		render_group(g, &means, memory, NULL, &failure);
	for (size_t i = 0; i < g->n; i++) {
		struct piece *p = g->pieces[i];
		struct work *w = p->work;
		const bool alone = w->job->recipe->n_parts == 1;
		if (!memory || (!alone && keep_output(p) < 0))
			atomic_store(&w->starved, true);
		if (*failure.text && !atomic_exchange(&w->refused, true))
			w->why = failure;
		if (atomic_fetch_sub(&w->left, 1) == 1)
			finish(widest(e), w);
	}
	_mm_setcsr(csr);
}

struct engine *
engine_new(enum isa isa, int threads, struct err *err)
{
	struct engine *e = calloc(1, sizeof *e);
	if (!e)
		return err_set(err, "out of memory"), NULL;
	if ((e->n_lanes = isa_get(isa, e->lanes, err)) < 0 || !(e->pool = pool_new(threads, err)))
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
		free(e->scratch[i]);
	free(e);
}

size_t
engine_batch(const struct engine *e)
{
	return (size_t)(widest(e)->lanes * pool_threads(e->pool) * GROUPS_A_THREAD);
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
			return fail(w, "%sits modules need %zu MiB for each voice; at most %zu are allowed", part_name(p, part),
			    state >> 20, state_limit >> 20);
		bytes += strip_room((uint32_t)job->frames) * sizeof(float) * (size_t)bus_channels(p->plan);
	}
	bytes += job->frames * job->channels * sizeof(float);
	if (bytes > take_limit)
		return fail(w, "%.0f s in %zu parts need %zu MiB; at most %zu are allowed",
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
			fail(p->work, "%s%s", part_name(p, part), why.text);
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
		if (!g || g->pieces[0]->plan != p->plan || g->n == (size_t)widest(e)->lanes || bytes + bus_bytes(p) > group_limit) {
			g = &e->groups[e->n_groups++];
			*g = (struct group){&pieces[kept], 0};
			bytes = 0;
		}
		g->n++;
		kept++;
		bytes += bus_bytes(p);
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
