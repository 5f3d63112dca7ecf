/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wavetable: a cycle of 2048 points, read with linear interpolation; `position`
 * moves through the frames of the table. Of the half-octave levels the one is read
 * whose highest partial stays under 0.637 of the rate: what folds back then lies
 * above 16 kHz (at 44.1 kHz), and nothing under 19.8 kHz is missing. Between two
 * points a partial k of a cycle of N leaves images k^2 / N^2 below it. From one level to
 * another it goes over in a straight line within a block.
 */
#include "synth/wavetable.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, TABLE, POSITION, PHASE, RANDOM };

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "table", RATE_FIXED, 0, 0, WAVETABLES - 1, SCALE_CHOICE, wavetable_names, 0, 0, "which one, where no files are given"},
    {PORT_IN, "position", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "from its first frame to its last"},
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct ramp position;
	const float *table;
	float last; /* frame */
	vi level;   /* of the last block */
};

static void
init(void *state, const struct context *c)
{
	struct state *const s = state;
	const struct wavetable *own = c->n_sounds ? wavetable_of(c->sounds, c->n_sounds) : NULL;
	s->table = own ? own->x : wavetable((int)fminf(fmaxf(c->fixed[TABLE], 0), WAVETABLES - 1));
	s->last = (float)(own ? own->frames : WAVETABLE_FRAMES) - 1;
	if (c->n_sounds && !own && c->failure)
		err_set(c->failure, "out of memory for a wavetable");
}

/* Level for an increment: 512 * 2^(-l/2) * inc <= 0.637. */
static inline vi
level_of(vf inc)
{
	const vf l = -vfloor(-2.0f * lm_log2(inc * (WAVETABLE_PARTIALS / 0.637f)));
	return to_int(clamp(l, 0.0f, WAVETABLE_LEVELS - 1));
}

static inline vf
frame_position(const struct state *s, vf position)
{
	return clamp(position, 0.0f, 1.0f) * s->last;
}

static inline vf
read(const float *table, vi at, vf part)
{
	const vf y = gather(table, at);
	return y + part * (gather(table + 1, at) - y);
}

static inline vf
read_level(const struct state *s, vi row, vf between, vi point, vf part)
{
	const vf y = read(s->table, row + point, part), z = read(s->table + WAVETABLE_LEVELS * WAVETABLE_ROW, row + point, part);
	return y + between * (z - y);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	struct osc o = s->osc;
	if (b->now == 0)
		o.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	const vf inc0 = o.inc;
	osc_block(&o, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&s->position, frame_position(s, at(b->in[POSITION], b->n - 1)), b);
	vi level = level_of(vmax(vmax(inc0, o.inc), o.inc + o.d_inc * (float)BLOCK));
	if (b->now == 0)
		s->level = level;
	/* with a pitch that is followed frame by frame, so is the level */
	const vi other = ~eq_i(level, s->level);
	const int fade = any(other) && !(o.pitch.stride | o.detune.stride);
	vf *const out = b->out[0];
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		vf position = ramp_next(&s->position);
		if (b->in[POSITION].stride)
			position = frame_position(s, at(b->in[POSITION], i));
		if (o.pitch.stride | o.detune.stride)
			level = level_of(o.inc);
		position = clamp(position, 0.0f, s->last); /* a ramp may end a rounding beyond */
		const vf first = vmin(vfloor(position), splat(s->last - 1.0f));
		const vi row = to_int(first) * (WAVETABLE_LEVELS * WAVETABLE_ROW);
		const vi point = u_as_vi(o.phase >> (32 - WAVETABLE_BITS));
		const vf part = to_float(u_as_vi(o.phase & ((1u << (32 - WAVETABLE_BITS)) - 1))) *
		    (1.0f / (float)(1u << (32 - WAVETABLE_BITS)));
		out[i] = read_level(s, row + level * WAVETABLE_ROW, position - first, point, part);
		if (fade) {
			const vf before = read_level(s, row + s->level * WAVETABLE_ROW, position - first, point, part);
			out[i] = sel(other, before + (out[i] - before) * ((float)(i + 1) * (1.0f / BLOCK)), out[i]);
		}
		o.phase += osc_step(o.inc);
	}
	s->osc = o;
	s->level = level;
}

MODULE(wavetable) = {
	.name = "wavetable", .group = "oscillator",
	.help = "wavetables to move through, built in or from files, band-limited",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_FILES, .state = sizeof(struct state), .init = init, .run = run,
	.example = "wavetable{file = \"made:waves\", position = decay{decay = 0.8}} * adsr{} >> voices()",
};
