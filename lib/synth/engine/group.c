/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/engine/group.h"

#include <immintrin.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
work_fail(struct work *w, const char *fmt, ...)
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

const char *
piece_name(const struct piece *p, char text[96])
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
choice_for(const struct choice *c, size_t n)
{
	int i = 0;
	while (i < c->n - 1 && (size_t)c->lanes[i]->lanes < n)
		i++;
	return c->lanes[i];
}

size_t
piece_bus_bytes(const struct piece *p)
{
	return p->is_output ? 0 : strip_room(p->strip.frames) * sizeof(float) * (size_t)plan_channels(p->plan);
}

static void *
scratch_get(struct scratch *s, size_t size)
{
	if (s->size < size) {
		free(s->memory);
		s->memory = aligned_alloc(64, size);
		s->size = s->memory ? size : 0;
	}
	return s->memory;
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
group_means(const struct choice *c, const struct group *g)
{
	const struct plan *plan = g->pieces[0]->plan;
	struct means m = {0};
	size_t state;
	for (size_t i = 0; i < g->n; i++) {
		m.bytes += piece_bus_bytes(g->pieces[i]);
		m.n_voices += g->pieces[i]->n_voices;
	}
	m.voices = c ? choice_for(c, m.n_voices) : &lanes_scalar;
	m.effects = c ? choice_for(c, g->n) : &lanes_scalar;
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
		for (int c = 0; c < plan_channels(plan); c++)
			p->strip.bus[c] = p->is_output ? p->work->job->samples : (float *)(void *)bus + (size_t)c * strip_room(p->strip.frames);
		p->strip.sounds = p->n_voices > 0;
		bus += piece_bus_bytes(p);
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
	p->is_output = job->recipe->n_parts == 1 && p->plan->direct && plan_channels(p->plan) == 1 && job->recipe->parts[0].gain == 1
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
			work_fail(w, "out of memory");
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
		work_fail(w, "%snode %u (%s): output is not a finite number at %.3f s", piece_name(guilty, part), first.node,
		    r->parts[guilty->part].patch.nodes[first.node].module, (double)first.frame / r->rate);
	else if (recipe_has_guests(r))
		work_fail(w, "a number was not finite, but is when it is rendered again: a guest that does not repeat itself");
	else
		work_fail(w, "the sum of the voices and parts is not a finite number");
}

static void
finish(const struct lanes *lanes, struct work *w)
{
	struct job *job = w->job;
	if (atomic_load(&w->starved))
		work_fail(w, "out of memory");
	else if (atomic_load(&w->refused))
		work_fail(w, "%s", w->why.text);
	if (!job->failed && !atomic_load(&w->bad)) {
		const size_t bytes = job->frames * job->channels * sizeof(float);
		if (!job->samples)
			job->samples = malloc(bytes ? bytes : 1);
		if (!job->samples)
			work_fail(w, "out of memory");
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

void
group_render(const struct group *g, const struct choice *c, struct scratch *scratch)
{
	for (size_t i = 0; i < g->n; i++)
		own_output(g->pieces[i]);
	const struct means means = group_means(c, g);
	void *memory = scratch_get(scratch, means.bytes);
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
			finish(choice_widest(c), w);
	}
	_mm_setcsr(csr);
}
