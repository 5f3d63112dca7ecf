/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Granular player: short pieces of a sound, `density` of them a second, each from
 * about `position`, at about the note's pitch, faded in and out, laid over one another
 * (Roads, "Microsound", 2001). At most GRAINS sound at once in a voice: one that would be
 * more is left out. Levels fall with the square root of how many overlap.
 */
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"
#include "synth/mod/sample.h"

enum { GRAINS = 16 };
enum {
	PITCH, DETUNE, ROOT, WHICH, POSITION, SCAN, SPRAY, SIZE, DENSITY, JITTER, PITCH_SPREAD, PAN_SPREAD, SHAPE, REVERSE,
};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_KNOB("root", 60, 0, 127, SCALE_LINEAR, "semitones", "note at which it sounds as it was recorded"),
    PORT_KNOB("which", 0, 0, SAMPLES_MAX, SCALE_LINEAR, NULL, "of several sounds, from 0, counted round; asked as a note begins", .whole = true),
    PORT_KNOB("position", 0.3f, 0, 1, SCALE_LINEAR, NULL, "where in the sound, 1 is its end; asked as each grain begins"),
    PORT_KNOB("scan", 0, -4, 4, SCALE_LINEAR, NULL, "how fast the position moves on by itself: 1 as it was recorded"),
    PORT_KNOB("spray", 0.03f, 0, 1, SCALE_LINEAR, "s", "how far from there it may be, by chance"),
    PORT_KNOB("size", 0.12f, 0.005f, 1, SCALE_LOG, "s", "length of a grain"),
    PORT_KNOB("density", 30, 0.5f, 200, SCALE_LOG, "Hz", "grains a second"),
    PORT_KNOB("jitter", 0.5f, 0, 1, SCALE_LINEAR, NULL, "how uneven they come: 0 evenly"),
    PORT_KNOB("pitch_spread", 0.05f, 0, 24, SCALE_LINEAR, "semitones", "how far from the pitch each may be, by chance"),
    PORT_KNOB("pan_spread", 0.6f, 0, 1, SCALE_LINEAR, NULL, "how far from the middle each may be, by chance"),
    PORT_KNOB("shape", 0, 0, 1, SCALE_LINEAR, NULL, "0 raised cosine, 1 with steep flanks"),
    PORT_KNOB("reverse", 0, 0, 1, SCALE_LINEAR, NULL, "share of the grains that run backwards"),
    PORT_RESULT("left", "left"), PORT_RESULT("right", "right"),
    {PORT_END},
};

struct grain {
	struct place at;
	struct reading r;
	vf speed, phase, step, gain[2]; /* phase: 0 to 1; from 1 on the slot is free */
	vi sign;
};

struct state {
	const struct samples *set;
	const struct kernel *kernels;
	vi sound, frames;
	vf own, wait, moved; /* frames to the next grain; of the sound that scan has moved on by */
	vi slot, count;      /* of the next grain */
	struct ramp level;
	struct grain g[GRAINS];
};

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	s->set = samples_of(c->sounds, c->n_sounds);
	s->kernels = samples_kernels();
	for (int i = 0; i < GRAINS; i++)
		s->g[i].phase = splat(1.0f);
}

static inline vf
knob(const struct block *b, int port, int i)
{
	const struct port *p = &ports[port];
	return clamp(at(b->in[port], i), p->min, p->max);
}

/* Begins grains where the mask says so, in the slots that are next. */
static void
begin(struct state *s, const struct block *b, int i, vi now)
{
	const vu n = as_vu(s->count) * 8;
	const vf chance_at = noise_float(b->c->seed, n), chance_pitch = noise_float(b->c->seed, n + 1),
		 chance_pan = noise_float(b->c->seed, n + 2), chance_way = noise_float(b->c->seed, n + 3) * 0.5f + 0.5f;
	const vf semitones = clamp(at(b->in[PITCH], i) + at(b->in[DETUNE], i) * 0.01f - at(b->in[ROOT], i)
	        + chance_pitch * knob(b, PITCH_SPREAD, i), -160.0f, 160.0f);
	const vf speed = clamp(s->own * lm_exp2(semitones * (1.0f / 12.0f)), 1e-3f, 100.0f);
	const vf length = vmax(knob(b, SIZE, i) * b->c->rate, splat(16.0f));
	const vf total = to_float(s->frames);
	vf from = knob(b, POSITION, i) * (total - 1.0f) + s->moved + chance_at * knob(b, SPRAY, i) * s->own * b->c->rate;
	from -= vfloor(from / total) * total;
	const vi back = lt(chance_way, knob(b, REVERSE, i));
	from = clampv(from + sel(back, length * speed, splat(0.0f)), splat(0.0f), total + 31.0f);
	const vf pan = chance_pan * knob(b, PAN_SPREAD, i);
	const struct place start = place_of(from);
	for (int k = 0; k < GRAINS; k++) {
		struct grain *g = &s->g[k];
		const vi here = now & eq_i(s->slot, splat_i(k)) & ge(g->phase, splat(1.0f));
		if (!any(here))
			continue;
		g->at.whole = sel_i(here, start.whole, g->at.whole);
		g->at.part = as_vu(sel_i(here, u_as_vi(start.part), u_as_vi(g->at.part)));
		g->speed = sel(here, speed, g->speed);
		g->phase = sel(here, splat(0.0f), g->phase);
		g->step = sel(here, 1.0f / length, g->step);
		g->gain[0] = sel(here, vsqrt(1.0f - pan), g->gain[0]);
		g->gain[1] = sel(here, vsqrt(1.0f + pan), g->gain[1]);
		g->sign = sel_i(here, back | 1, g->sign);
		g->r = reading_at(s->set, s->kernels, s->sound, g->speed);
		s->slot = sel_i(here, (splat_i(k) + 1) & (GRAINS - 1), s->slot);
		now &= ~here;
	}
}

static void
add_grain(struct state *s, struct grain *g, vf flank, vf *left, vf *right)
{
	vf y[2];
	const vi on = lt(g->phase, splat(1.0f));
	if (!any(on))
		return;
	sample_read(&g->r, on, g->at, s->set->channels, y);
	const vf up = vmin(vmin(g->phase, 1.0f - g->phase) / flank, splat(1.0f));
	const vf window = sel(on, 0.5f - 0.5f * lm_cos_turn(up * 0.5f), splat(0.0f));
	*left += y[0] * (window * g->gain[0]);
	*right += y[1] * (window * g->gain[1]);
	g->phase += g->step;
	const struct place by = place_of(g->speed), to_up = place_add(g->at, by), to_down = place_sub(g->at, by);
	const vi back = lt_i(g->sign, splat_i(0));
	g->at.whole = max_i(min_i(sel_i(back, to_down.whole, to_up.whole), s->frames + 31), splat_i(-32));
	g->at.part = as_vu(sel_i(back, u_as_vi(to_down.part), u_as_vi(to_up.part)));
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	if (!s->set) {
		memset(b->out[0], 0, (size_t)b->n * sizeof(vf));
		memset(b->out[1], 0, (size_t)b->n * sizeof(vf));
		return;
	}
	if (b->now == 0) {
		s->sound = sound_number(s->set, at(b->in[WHICH], 0));
		s->own = sound_speed(s->set, s->sound, b->c->rate);
		s->frames = sound_frames(s->set, s->sound);
		for (int k = 0; k < GRAINS; k++)
			s->g[k].r = reading_at(s->set, s->kernels, s->sound, splat(1.0f));
	}
	const int n = b->n - 1;
	ramp_to(&s->level, 1.0f / vsqrt(vmax(knob(b, SIZE, n) * knob(b, DENSITY, n), splat(1.0f))), b);
	const vf flank = 0.5f + knob(b, SHAPE, n) * -0.48f;
	for (int i = 0; i < b->n; i++) {
		const vi now = le(s->wait, splat(0.0f));
		if (any(now)) {
			begin(s, b, i, now);
			s->count -= now; /* a mask is -1 */
			const vf uneven = noise_float(b->c->seed, as_vu(s->count) * 8 + 4) * knob(b, JITTER, i);
			s->wait += sel(now, (1.0f + uneven) * b->c->rate / knob(b, DENSITY, i), splat(0.0f));
		}
		s->wait -= 1.0f;
		s->moved += knob(b, SCAN, i) * s->own;
		s->moved = clamp(s->moved, -1e8f, 1e8f);
		vf left = splat(0.0f), right = splat(0.0f);
		for (int k = 0; k < GRAINS; k++)
			add_grain(s, &s->g[k], flank, &left, &right);
		const vf level = ramp_next(&s->level);
		b->out[0][i] = left * level;
		b->out[1][i] = right * level;
	}
}

MODULE(grains) = {
	.name = "grains", .group = "oscillator",
	.help = "a sound from a file in short pieces, laid over one another",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_FILES, .state = sizeof(struct state), .init = init, .run = run,
	.example = "grains{file = \"made:voice\", position = 0.4, spray = 0.2, pitch_spread = 0.1} * adsr{attack = 0.3, release = 0.5} >> voices()",
};
