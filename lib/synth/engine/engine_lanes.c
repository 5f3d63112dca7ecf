/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a unit: up to LANES strips (a part of a take each) and all their voices.
 * First the voices, LANES at a time, every one on a block grid of its own that
 * starts at its onset, summed into its strip's bus; then the effects, LANES
 * strips side by side, which leave the output where the bus was.
 * Compiled once per instruction set; nothing here depends on LANES but speed.
 */
#include "base/lanes_memory.h"
#include "base/rng.h"
#include "dsp/transpose.h"
#include "synth/arc.h"
#include "synth/engine/cross.h"
#include "synth/engine/plan.h"
#include "synth/guard.h"
#include "synth/module.h"
#include "synth/registry.h"

_Static_assert((int)PLAN_BLOCK == (int)BLOCK, "one block size");

#define LANES_SYMBOL(isa) LANES_NAME(isa)
#define LANES_NAME(isa) lanes_##isa

#define CROSS_SYMBOL(isa) CROSS_NAME(isa)
#define CROSS_NAME(isa) cross_modules_##isa

/* A module of the registry, or of the engine's own. */
static const struct module *
module_at(uint32_t index, uint32_t node)
{
	if (node == UINT32_MAX)
		return &CROSS_SYMBOL(ISA)[index];
	return registry_at(LANES == 1 ? ISA_SCALAR : LANES == 4 ? ISA_SSE : LANES == 8 ? ISA_AVX2 : ISA_AVX512, index);
}

/* --- memory -------------------------------------------------------------------------- */

/* A step made ready to run: `now` is all that changes from block to block, and
   where it reads and writes from run to run. */
struct ready {
	const struct module *m;
	void *state;
	struct block block;
	bool once;
	uint32_t runs, n_in, n_out;
};

/* A section in memory, piece after piece. */
struct rack {
	const struct section *s;
	vf *signal;
	struct ready *steps;
	struct context *contexts;
	char *state; /* all modules' states */
	size_t n_state;
	double rate;
	struct err *failure;
};

static bool
grow(size_t *total, size_t n, size_t size)
{
	size_t more;
	return !__builtin_mul_overflow(n, size, &more) && !__builtin_add_overflow(*total, more, total)
	    && !__builtin_add_overflow(*total, (size_t)63, total) && (*total &= ~(size_t)63, true);
}

static size_t
state_size(const struct step *step, float rate)
{
	const struct module *m = module_at(step->module, step->node);
	const struct context c = {
	    .rate = rate * (float)step->factor, .node = step->node, .fixed = step->fixed, .module = m, .sounds = step->sounds, .n_sounds = step->n_sounds,
	};
	return m->state + (m->rows ? m->rows(&c) * sizeof(vf) : 0);
}

static size_t
need(const struct section *s, uint32_t rate, size_t *state)
{
	size_t total = 0, states = 0;
	bool fits = grow(&total, s->memory, sizeof(vf)) && grow(&total, s->n_steps, sizeof(struct ready))
	    && grow(&total, s->n_steps, sizeof(struct context));
	for (size_t i = 0; i < s->n_steps; i++)
		fits = fits && grow(&total, s->steps[i].n_in * s->steps[i].runs, sizeof(struct in))
		    && grow(&total, s->steps[i].n_out * s->steps[i].runs, sizeof(vf *))
		    && grow(&states, 1, state_size(&s->steps[i], (float)rate));
	*state = fits ? states : SIZE_MAX;
	return fits && grow(&total, 1, states) ? total : SIZE_MAX;
}

static uint32_t
latency(uint32_t module, uint32_t rate, uint32_t node, const float *fixed)
{
	const struct module *m = module_at(module, node);
	const struct context c = {.rate = (float)rate, .node = node, .fixed = fixed, .module = m};
	return m->latency ? m->latency(&c) : 0;
}

static void *
take(char **memory, size_t n, size_t size)
{
	void *p = *memory;
	*memory += (n * size + 63) & ~(size_t)63;
	return p;
}

/* Lays a section out in memory of need() bytes and ties its steps together. */
static void
rack_init(struct rack *r, const struct section *s, float rate, void *memory)
{
	char *m = memory;
	*r = (struct rack){.s = s, .rate = rate};
	r->signal = take(&m, s->memory, sizeof(vf));
	r->steps = take(&m, s->n_steps, sizeof *r->steps);
	r->contexts = take(&m, s->n_steps, sizeof *r->contexts);
	memset(r->contexts, 0, s->n_steps * sizeof *r->contexts);
	for (size_t i = 0; i < s->n_steps; i++) {
		const struct step *step = &s->steps[i];
		struct in *in = take(&m, step->n_in * step->runs, sizeof *in);
		vf **out = take(&m, step->n_out * step->runs, sizeof *out);
		for (size_t j = 0; j < step->runs; j++) {
			for (size_t k = 0; k < step->n_in; k++)
				in[j * step->n_in + k] = (struct in){
					r->signal + step->in[k].offset + j * step->in[k].hop, (int)step->in[k].stride};
			for (size_t k = 0; k < step->n_out; k++)
				out[j * step->n_out + k] = r->signal + step->out[k].offset + j * step->out[k].hop;
		}
		struct context *c = &r->contexts[i];
		c->rate = rate * (float)step->factor;
		c->node = step->node;
		c->fixed = step->fixed;
		c->module = module_at(step->module, step->node);
		c->sounds = step->sounds;
		c->n_sounds = step->n_sounds;
		r->steps[i] = (struct ready){
			.m = c->module, .once = step->once, .runs = step->runs, .n_in = step->n_in, .n_out = step->n_out,
			.block = {c, step->frames ? BLOCK : 1, step->frames ? 1 : BLOCK, 0, in, out},
		};
	}
	r->state = m;
	for (size_t i = 0; i < s->n_steps; i++)
		r->steps[i].state = take(&m, 1, state_size(&s->steps[i], rate));
	r->n_state = (size_t)(m - r->state);
}

/* --- lanes -------------------------------------------------------------------------- */

/* Who stands in which lane. Lanes without anybody repeat the last one and are not heard. */
struct company {
	int n;
	uint64_t seed[LANES]; /* of the strip, or of the note in it */
	const struct strip *strip[LANES];
	int64_t onset[LANES]; /* frame of the take at which the lane's clock is 0 */
	float tempo[LANES], pitch[LANES], velocity[LANES];
	int32_t off[LANES];
};

/* Fresh voices or effects: states at zero, contexts and values of those who are here. */
static void
rack_start(struct rack *r, const struct company *who)
{
	float random[LANES], value[LANES];
	for (int l = 0; l < LANES; l++)
		random[l] = (float)(rng_mix(who->seed[l]) >> 40) * 0x1p-24f;
	for (size_t k = 0; k < r->s->n_values; k++) {
		for (int l = 0; l < LANES; l++)
			value[l] = who->strip[l]->values[r->s->values[k].index];
		r->signal[r->s->values[k].offset] = load(value);
	}
	memset(r->state, 0, r->n_state);
	for (size_t i = 0; i < r->s->n_steps; i++) {
		struct context *c = &r->contexts[i];
		uint32_t seed[LANES];
		int32_t off[LANES]; /* in frames of the step's own rate */
		for (int l = 0; l < LANES; l++) {
			const int64_t frame = (int64_t)who->off[l] * r->s->steps[i].factor;
			seed[l] = (uint32_t)rng_mix(who->seed[l] + c->node + 1);
			off[l] = frame < INT32_MAX ? (int32_t)frame : INT32_MAX;
		}
		memcpy(&c->seed, seed, sizeof seed);
		memcpy(&c->off, off, sizeof off);
		c->tempo = load(who->tempo);
		c->pitch = load(who->pitch);
		c->velocity = load(who->velocity);
		c->random = load(random);
		c->heard = who->n;
		c->failure = r->failure;
		const struct module *m = r->steps[i].m;
		if (m->flags & MODULE_GUEST)
			guard_enter(m->name);
		if (m->init)
			m->init(r->steps[i].state, c);
		if (m->flags & MODULE_GUEST)
			guard_leave();
	}
}

/* Guests give back what they got. */
static void
rack_end(struct rack *r)
{
	for (size_t i = 0; i < r->s->n_steps; i++) {
		const struct module *m = r->steps[i].m;
		if (!m->release)
			continue;
		guard_enter(m->name);
		m->release(r->steps[i].state, &r->contexts[i]);
		guard_leave();
	}
}

/* --- arcs ----------------------------------------------------------------------------- */

/* The value at the block's last frame, or frame by frame. At k times the rate, of k blocks. */
static void
run_arcs(const struct rack *r, const struct company *who, uint32_t now)
{
	for (size_t k = 0; k < r->s->n_arcs; k++) {
		const struct load *put = &r->s->arcs[k];
		const double by = 1.0 / put->factor;
		float row[LANES][ARC_FRAMES], value[LANES] = {0};
		vf *x = r->signal + put->offset;
		for (uint32_t j = 0; j < put->factor; j++) {
			for (int l = 0; l < LANES; l++) {
				const struct arc *arc = who->strip[l]->arcs[put->index];
				const double frame = (double)(who->onset[l] + now) + BLOCK * j * by - put->late * 0.125;
				if (put->frames)
					arc_block(arc, who->strip[l]->tempo, r->rate, frame, by, row[l]);
				else
					value[l] = (float)arc_at(arc, who->strip[l]->tempo, r->rate, frame + (BLOCK - 1) * by);
			}
			for (int i = 0; put->frames && i < BLOCK; i++) {
				for (int l = 0; l < LANES; l++)
					value[l] = row[l][i];
				*x++ = load(value);
			}
			if (!put->frames)
				*x++ = load(value);
		}
	}
}

/* --- a block ---------------------------------------------------------------------------- */

/* Keeps the earliest number that is not finite, of the first step at that frame.
   Only scalar lanes are asked to look. */
static void
look_for_fault(struct fault *f, const struct ready *step, const struct block *b, const struct company *who)
{
	const uint32_t node = b->c->node;
	size_t k = 0;
	if (node == UINT32_MAX) /* what passes on what was looked at */
		return;
	for (const struct port *p = step->m->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_OUT)
			continue;
		for (int i = 0; i < (p->rate == RATE_FIXED ? 1 : b->n); i++) {
			const uint64_t frame = (uint64_t)who->onset[0] + frame_of(b, i) / step->runs;
			if (!isfinite(lane_get(b->out[k][i], 0)) && (!f->found || frame < f->frame))
				*f = (struct fault){true, node, frame};
		}
		k++;
	}
}

static void
run_block(struct rack *r, const struct company *who, uint32_t now, struct fault *fault)
{
	if (r->s->n_arcs)
		run_arcs(r, who, now);
	for (size_t i = 0; i < r->s->n_steps; i++) {
		struct ready *step = &r->steps[i];
		if (step->once && now)
			continue;
		struct block b = step->block;
		b.now = now * step->runs;
		for (uint32_t run = 0; run < step->runs; run++) {
			if (__builtin_expect(step->m->flags & MODULE_GUEST, 0)) {
				guard_enter(step->m->name);
				step->m->run(step->state, &b);
				guard_leave();
			} else
				step->m->run(step->state, &b);
			if (__builtin_expect(fault != NULL, 0))
				look_for_fault(fault, step, &b, who);
			b.now += BLOCK;
			b.in += step->n_in;
			b.out += step->n_out;
		}
	}
}

/* --- voices ---------------------------------------------------------------------------- */

/* Whether and how long each lane still sounds. Frames are those of the voice's clock, at which
   what it does is heard `late` later. */
struct life {
	vi off, end;          /* the release, the end of the take, as they are heard */
	uint32_t late;
	vi quiet;             /* frames of silence since the release */
	int32_t alive[LANES];
	int n_alive;
	bool first[LANES];    /* writes its bus */
	vi loud;              /* has been beyond VOICE_LOUD */
	vf fade;              /* 1 / frames of the fade, for voices without an envelope; or 0 */
	int32_t patience, fade_frames;
};

/* to += x, or to = x where nothing is there yet: LANES frames; of them the first `skip` not. */
static inline void
add_row(float *to, vf x, int skip, bool first)
{
	if (__builtin_expect(skip > 0, 0)) {
		for (int i = skip; i < LANES; i++)
			to[i] = first ? lane_get(x, i) : to[i] + lane_get(x, i);
		return;
	}
	if (!first)
		x += load(to);
	memcpy(to, &x, sizeof x);
}

/* Silence where a bus's first voice is not: before its onset, or from frame `at` on. */
static void
silence(const struct strip *strip, int channels, int64_t from, int64_t to)
{
	from = from < 0 ? 0 : from; /* what is late may have ended before it is heard */
	for (int c = 0; c < channels && from < to; c++)
		memset(strip->bus[c] + from, 0, (size_t)(to - from) * sizeof(float));
}

/* A block of voices to where it is heard: faded, and summed into each one's bus. */
static void
sum_voices(const struct rack *r, const struct company *who, struct life *life, uint32_t now, int channels)
{
	const bool fading = life->fade_frames && any(lt_i(life->off, splat_i((int32_t)(now + BLOCK))));
	for (int c = 0; c < channels; c++) {
		const struct in in = {r->signal + r->s->out[c].offset, (int)r->s->out[c].stride};
		for (int f = 0; f < BLOCK; f += LANES) {
			vf x[LANES];
			const int64_t from = (int64_t)now + f - life->late; /* since the onset */
			if (from <= -LANES)
				continue;
			for (int i = 0; i < LANES; i++) {
				x[i] = at(in, f + i);
				if (fading)
					x[i] *= clamp(1.0f - to_float(splat_i((int32_t)now + f + i) - life->off) * life->fade, 0.0f,
					    1.0f);
				life->loud |= ~lt(vabs(x[i]), splat(VOICE_LOUD));
			}
			transpose(x);
			for (int l = 0; l < who->n; l++) {
				if (!life->alive[l])
					continue;
				add_row(who->strip[l]->bus[c] + who->onset[l] + from, x[l], (int)-from, life->first[l]);
			}
		}
	}
}

/* A lane lives on until it has been silent for its patience after the release,
   has faded, or the take is over. It depends on that lane alone. */
static void
live_on(const struct rack *r, const struct company *who, struct life *life, uint32_t now, int channels)
{
	const vi next = splat_i((int32_t)(now + BLOCK)), released = ~lt_i(splat_i((int32_t)now), life->off);
	vi over = ~lt_i(next, life->end);
	if (any(released)) {
		vf peak = splat(0);
		for (int c = 0; c < channels; c++) {
			const struct in in = {r->signal + r->s->out[c].offset, (int)r->s->out[c].stride};
			for (int i = 0; i < BLOCK; i++)
				peak = vmax(vabs(at(in, i)), peak);
		}
		life->quiet = (life->quiet + BLOCK) & released & lt(peak, splat(VOICE_SILENCE));
		over |= ~lt_i(life->quiet, splat_i(life->patience));
		if (life->fade_frames)
			over |= released & ~lt_i(next - life->off, splat_i(life->fade_frames));
	}
	int32_t gone[LANES];
	memcpy(gone, &over, sizeof gone);
	life->n_alive = 0;
	for (int l = 0; l < who->n; l++) {
		if (life->alive[l] && gone[l]) {
			life->alive[l] = false;
			if (life->first[l])
				silence(who->strip[l], channels, who->onset[l] + (int64_t)now + BLOCK - life->late,
				    (int64_t)strip_room(who->strip[l]->frames));
		}
		life->n_alive += life->alive[l];
	}
}

static void
run_batch(struct rack *r, const struct unit *u, const struct voice *voices, int n)
{
	const struct plan *p = u->plan;
	struct company who = {.n = n};
	struct life life = {
		.late = p->late[0], .patience = (int32_t)(VOICE_PATIENCE * p->rate),
		.fade_frames = p->fade ? (int32_t)(VOICE_FADE * p->rate) : 0,
		.n_alive = n,
	};
	int32_t end[LANES], off[LANES];
	for (int l = 0; l < LANES; l++) {
		const struct voice *v = &voices[l < n ? l : n - 1];
		const struct strip *strip = &u->strips[v->strip];
		who.strip[l] = strip;
		who.seed[l] = rng_at(strip->seed, v->note + 1);
		who.onset[l] = v->onset;
		who.off[l] = v->off;
		who.tempo[l] = (float)strip->tempo;
		who.pitch[l] = v->pitch;
		who.velocity[l] = v->velocity;
		end[l] = (int32_t)(strip->frames + p->late[0]) - v->onset;
		off[l] = v->off + (int32_t)p->late[0];
		life.alive[l] = l < n;
		life.first[l] = l < n && v->first;
		if (life.first[l])
			silence(strip, p->bus, 0, v->onset);
	}
	memcpy(&life.off, off, sizeof life.off);
	memcpy(&life.end, end, sizeof life.end);
	life.quiet = life.loud = splat_i(0);
	if (life.fade_frames)
		life.fade = splat(1.0f / (float)life.fade_frames);
	rack_start(r, &who);
	for (uint32_t now = 0; life.n_alive; now += BLOCK) {
		run_block(r, &who, now, u->fault);
		sum_voices(r, &who, &life, now, p->bus);
		live_on(r, &who, &life, now, p->bus);
	}
	for (int l = 0; any(life.loud) && l < n; l++)
		u->strips[voices[l].strip].loud |= lane_get(as_vf(life.loud & as_vi(splat(1.0f))), l) != 0;
	rack_end(r);
}

static void
run_voices(const struct unit *u, void *memory)
{
	struct rack rack;
	rack_init(&rack, &u->plan->voice, (float)u->plan->rate, memory);
	rack.failure = u->failure;
	for (size_t i = 0; i < u->n_strips; i++)
		if (!u->strips[i].sounds)
			silence(&u->strips[i], u->plan->bus, 0, (int64_t)strip_room(u->strips[i].frames));
	for (size_t i = 0; i < u->n_voices; i += LANES)
		run_batch(&rack, u, u->voices + i, (int)(u->n_voices - i < LANES ? u->n_voices - i : LANES));
}

/* --- effects ----------------------------------------------------------------------------- */

/* Strip l of u plays in lane l: to its lane from the bus. A bus that is not
   finite is noted, because an effect may hide it. */
static void
load_bus(const struct rack *r, const struct unit *u, uint32_t now)
{
	static const float silence[BLOCK];
	for (int c = 0; c < u->plan->bus; c++) {
		vf *to = r->signal + u->plan->bus_offset[c];
		const float *from[LANES];
		for (size_t l = 0; l < LANES; l++)
			from[l] = l < u->n_strips && now < u->strips[l].frames ? u->strips[l].bus[c] + now : silence;
		for (int f = 0; f < BLOCK; f += LANES) {
			vf x[LANES];
#pragma GCC unroll 16
			for (int l = 0; l < LANES; l++)
				x[l] = load(from[l] + f);
			transpose(x);
			memcpy(to + f, x, sizeof x);
		}
		vi bad = splat_i(0);
		for (int f = 0; f < BLOCK; f++)
			bad |= ne(to[f] - to[f], splat(0));
		for (size_t l = 0; any(bad) && l < u->n_strips; l++)
			u->strips[l].bad |= lane_get(as_vf(bad & as_vi(splat(1.0f))), (int)l) != 0;
	}
}

/* What the effects give at `now` belongs where it was due: `late` frames earlier. */
static void
store_bus(const struct rack *r, const struct unit *u, uint32_t now)
{
	const uint32_t late = u->plan->late[1];
	for (int c = 0; c < u->plan->channels; c++) {
		const struct in in = {r->signal + r->s->out[c].offset, (int)r->s->out[c].stride};
		for (int f = 0; f < BLOCK; f += LANES) {
			vf x[LANES];
			const int64_t to = (int64_t)now + f - late;
			if (to <= -LANES)
				continue;
#pragma GCC unroll 16
			for (int i = 0; i < LANES; i++)
				x[i] = at(in, f + i);
			transpose(x);
			const int skip = to < 0 ? (int)-to : 0;
			for (size_t l = 0; l < u->n_strips; l++)
				if (to < u->strips[l].frames)
					memcpy(u->strips[l].bus[c] + to + skip, (const float *)&x[l] + skip,
					    (size_t)(LANES - skip) * sizeof(float));
		}
	}
}

static void
run_effects(const struct unit *u, void *memory)
{
	struct rack rack;
	struct company who = {.n = (int)u->n_strips};
	uint32_t frames = 0;
	for (size_t l = 0; l < LANES; l++) {
		const struct strip *strip = &u->strips[l < u->n_strips ? l : u->n_strips - 1];
		who.strip[l] = strip;
		who.seed[l] = rng_at(strip->seed, 0);
		who.off[l] = INT32_MAX;
		who.tempo[l] = (float)strip->tempo;
		who.pitch[l] = 69;
		who.velocity[l] = 1;
		frames = strip->frames > frames ? strip->frames : frames;
	}
	rack_init(&rack, &u->plan->effect, (float)u->plan->rate, memory);
	rack.failure = u->failure;
	rack_start(&rack, &who);
	for (uint32_t now = 0; now < frames + u->plan->late[1]; now += BLOCK) {
		load_bus(&rack, u, now);
		run_block(&rack, &who, now, u->fault);
		store_bus(&rack, u, now);
	}
	rack_end(&rack);
}

/* --- the mix ------------------------------------------------------------------------------- */

/* y += gain x, or y = gain x; notes in *bad what is not finite. */
static inline void
mix_row(float *y, vf x, float gain, bool add, vi *bad)
{
	x *= gain;
	if (add)
		x += load(y);
	*bad |= ne(x - x, splat(0));
	memcpy(y, &x, sizeof x);
}

static bool
mix(float *to, const float *left, const float *right, float gain, size_t frames, bool add)
{
	vi bad = splat_i(0);
	size_t i = 0;
	for (; i + LANES <= frames; i += LANES) {
		const vf l = load(left + i);
		if (!right) {
			mix_row(to + i, l, gain, add, &bad);
			continue;
		}
		const vf r = load(right + i);
		mix_row(to + 2 * i, LOW_HALVES_OF(l, r), gain, add, &bad);
		mix_row(to + 2 * i + LANES, HIGH_HALVES_OF(l, r), gain, add, &bad);
	}
	for (; i < frames; i++) /* what does not fill a row */
		for (int c = 0; c < (right ? 2 : 1); c++) {
			float *y = to + (right ? 2 * i : i) + c, x = gain * (c ? right : left)[i];
			*y = add ? *y + x : x;
			bad |= -(*y - *y != 0);
		}
	return !any(bad);
}

const struct lanes LANES_SYMBOL(ISA) = {LANES, need, latency, run_voices, run_effects, mix};
