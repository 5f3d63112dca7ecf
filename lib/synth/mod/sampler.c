/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays a sound from a file: a region of it, at the note's pitch, once or in a
 * loop. In mode "tape" speed and pitch are one, as on tape. In mode "stretch" speed
 * moves through the sound and pitch does not follow: two grains under raised
 * cosines overlap by half, each read at the pitch's speed, and a new one starts
 * where the sound looks most like what the old one goes on with (Verhelst and
 * Roelands, "WSOLA", 1993): the largest normalised correlation near its place.
 */
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"
#include "synth/mod/sample.h"

enum {
	PITCH, DETUNE, ROOT, WHICH, START, LENGTH, SPEED, BEATS, MODE, LOOP, LOOP_START, CROSSFADE, REVERSE, FADE, GRAIN,
};
enum { TAPE, STRETCH };
enum { OFF, FORWARD, PINGPONG };

static const char *const modes[] = {"tape", "stretch", NULL}, *const loops[] = {"off", "forward", "pingpong", NULL},
    *const switched[] = {"off", "on", NULL};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_KNOB("root", 60, 0, 127, SCALE_LINEAR, "semitones", "note at which it sounds as it was recorded"),
    PORT_KNOB("which", 0, 0, SAMPLES_MAX, SCALE_LINEAR, NULL, "of several sounds, from 0, counted round; asked as a note begins", .whole = true),
    PORT_KNOB("start", 0, 0, 1, SCALE_LINEAR, NULL, "where in the sound a note begins, 1 is its end; asked as a note begins"),
    PORT_KNOB("length", 1, 0, 1, SCALE_LINEAR, NULL, "how much of the sound is played from there; asked as a note begins"),
    PORT_KNOB("speed", 1, 0.125f, 8, SCALE_LOG, NULL, "how fast it goes through the sound"),
    PORT_KNOB("beats", 0, 0, 64, SCALE_LINEAR, "beats", "last as long, by its speed; 0: as recorded; asked as a note begins"),
    PORT_CHOICE("mode", TAPE, modes, "tape: speed is heard as pitch; stretch: it is not"),
    PORT_CHOICE("loop", OFF, loops, "what comes after the end"),
    PORT_KNOB("loop_start", 0, 0, 1, SCALE_LINEAR, NULL, "where the loop begins within what is played; asked as a note begins",
	.when = "loop = forward | loop = pingpong"),
    PORT_KNOB("crossfade", 0.01f, 0, 1, SCALE_LINEAR, "s", "end over beginning of a forward loop, which is shorter by it", .when = "loop = forward"),
    PORT_CHOICE("reverse", 0, switched, "backwards"),
    PORT_KNOB("fade", 0.001f, 0, 1, SCALE_LINEAR, "s", "in at the start and out at the end"),
    {PORT_IN, "grain", RATE_FIXED, 0.06f, 0.02f, 0.2f, SCALE_LOG, NULL, "s", NULL, "length of a piece", .when = "mode = stretch"},
    PORT_RESULT("left", "the sound"), PORT_RESULT("right", "its second channel, or the same"),
    {PORT_END},
};

struct state {
	const struct samples *set;
	const struct kernel *kernels;
	vi sound, total;            /* number, frames */
	vi begin, length;           /* of the region, frames */
	vi loop_at, period, overlap; /* of the loop, within the region */
	struct place v;             /* where the sound is: frames since the region's start; in a ping-pong loop unfolded */
	vf own, beat;               /* the sound's rate over ours; speed that makes it last its beats */
	vf ratio;                   /* frames a frame, at the last frame */
	struct place grain[2];      /* in the sound; the newer first */
	int count, started;         /* frames since the newer began */
};

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	s->set = samples_of(c->sounds, c->n_sounds);
	s->kernels = samples_kernels();
}

static inline vf
left_of(vi frames, struct place p)
{
	return to_float(frames - p.whole) - place_part(p);
}

static void
begin(struct state *s, const struct block *b)
{
	s->sound = sound_number(s->set, at(b->in[WHICH], 0));
	s->own = sound_speed(s->set, s->sound, b->c->rate);
	s->total = sound_frames(s->set, s->sound);
	const vf total = to_float(s->total);
	s->begin = to_int(clamp(at(b->in[START], 0), 0.0f, 1.0f) * (total - 1.0f));
	s->begin = min_i(s->begin, s->total - 1);
	s->length = to_int(clamp(at(b->in[LENGTH], 0), 0.0f, 1.0f) * total + 0.5f);
	s->length = max_i(min_i(s->length, s->total - s->begin), splat_i(1));
	const vf beats = clamp(at(b->in[BEATS], 0), 0.0f, 1000.0f);
	const vf frames = beats * (60.0f * b->c->rate) / vmax(b->c->tempo, splat(1.0f)) * s->own;
	s->beat = sel(gt(beats, splat(0.0f)), to_float(s->length) / vmax(frames, splat(1.0f)), splat(1.0f));
	s->loop_at = to_int(clamp(at(b->in[LOOP_START], 0), 0.0f, 1.0f) * to_float(s->length));
	s->loop_at = max_i(min_i(s->loop_at, s->length - 256), splat_i(0));
	const vi whole = s->length - s->loop_at;
	const vf fade = clamp(at(b->in[CROSSFADE], 0), 0.0f, 10.0f) * s->own * b->c->rate;
	s->overlap = b->c->fixed[LOOP] == FORWARD ? min_i(to_int(vmin(fade, splat(1e6f))), whole >> 1) : splat_i(0);
	/* never shorter than the longest step */
	s->period = max_i(whole - s->overlap, splat_i(128));
	s->v = (struct place){splat_i(0), splat_u(0)};
}

/* Place in the sound of place v of the playing; *sign: 1 or -1, the way it goes. */
static inline struct place
place_in(const struct state *s, struct place v, const struct context *c, vi *sign)
{
	vi back = splat_i(0);
	if (c->fixed[LOOP] == PINGPONG) {
		const vi end = s->loop_at + s->period;
		back = ~lt_i(v.whole, end);
		const struct place mirror = place_sub((struct place){end + end, splat_u(0)}, v);
		v.whole = sel_i(back, mirror.whole, v.whole);
		v.part = as_vu(sel_i(back, u_as_vi(mirror.part), u_as_vi(v.part)));
	}
	*sign = back | 1;
	if (c->fixed[REVERSE] != 0) {
		*sign = -*sign;
		v = place_sub((struct place){s->begin + s->length - 1, splat_u(0)}, v);
	} else {
		v.whole += s->begin;
	}
	v.whole = max_i(min_i(v.whole, s->total + 31), splat_i(-32));
	return v;
}

static inline struct place
go(struct place p, struct place by, vi sign, vi total)
{
	const struct place up = place_add(p, by), down = place_sub(p, by);
	const vi back = lt_i(sign, splat_i(0));
	const vi whole = sel_i(back, down.whole, up.whole);
	return (struct place){
	    max_i(min_i(whole, total + 31), splat_i(-32)), as_vu(sel_i(back, u_as_vi(down.part), u_as_vi(up.part)))};
}

static inline void
advance(struct state *s, vf by, const struct context *c)
{
	s->v = place_add(s->v, place_of(by));
	if (c->fixed[LOOP] == OFF) {
		const vi over = ~lt_i(s->v.whole, s->length);
		s->v.whole = min_i(s->v.whole, s->length);
		s->v.part &= as_vu(~over);
	} else {
		const vi round = s->period << (c->fixed[LOOP] == PINGPONG);
		const vi end = c->fixed[LOOP] == PINGPONG ? s->loop_at + round : s->loop_at + round + s->overlap;
		s->v.whole -= round & ~lt_i(s->v.whole, end);
	}
}

/* --- stretch ------------------------------------------------------------------------- */

enum { REACH = 400, SPAN = 384, COARSE = 4 };

/* Likeness of what starts at b to a, every COARSEth frame of SPAN. */
static float
likeness(const float *a, const float *b)
{
	float ab[4] = {0}, bb[4] = {0};
	for (int i = 0; i < SPAN; i += 4 * COARSE)
		for (int k = 0; k < 4; k++) {
			const float y = b[i + k * COARSE];
			ab[k] += a[i + k * COARSE] * y;
			bb[k] += y * y;
		}
	return (ab[0] + ab[1] + (ab[2] + ab[3])) / sqrtf(bb[0] + bb[1] + (bb[2] + bb[3]) + 1e-9f);
}

/* By how many frames from `to` a grain begins to go on best with what follows `from`. */
static int
best_shift(const float *x, int n, int from, int to, int sign)
{
	float a[SPAN], b[2 * REACH + SPAN + 1];
	for (int i = 0; i < SPAN; i++) {
		const int k = from + sign * i;
		a[i] = k >= 0 && k < n ? x[k] : 0;
	}
	for (int i = 0; i <= 2 * REACH + SPAN; i++) {
		const int k = to + sign * (i - REACH);
		b[i] = k >= 0 && k < n ? x[k] : 0;
	}
	int best = REACH;
	float most = likeness(a, b + REACH);
	for (int i = 0; i <= 2 * REACH; i += COARSE) {
		const float y = likeness(a, b + i);
		if (y > most)
			most = y, best = i;
	}
	const int middle = best;
	for (int i = middle - COARSE + 1; i < middle + COARSE; i++) {
		const float y = i >= 0 && i <= 2 * REACH ? likeness(a, b + i) : most;
		if (y > most)
			most = y, best = i;
	}
	return sign * (best - REACH);
}

static void
new_grain(struct state *s, struct place to, vi sign)
{
	int32_t from[LANES], target[LANES], way[LANES], n[LANES], sound[LANES];
	const struct place old = s->grain[0];
	memcpy(from, &old.whole, sizeof from);
	memcpy(target, &to.whole, sizeof target);
	memcpy(way, &sign, sizeof way);
	memcpy(n, &s->total, sizeof n);
	memcpy(sound, &s->sound, sizeof sound);
	for (int l = 0; l < LANES; l++)
		target[l] += best_shift(s->set->x + s->set->sound[sound[l]].at[0][0], n[l], from[l], target[l], way[l]);
	s->grain[1] = old;
	memcpy(&s->grain[0].whole, target, sizeof target);
	s->grain[0].part = old.part; /* so that both stand alike between two frames */
}

/* --- run --------------------------------------------------------------------------- */

static inline vf
ratio_at(const struct state *s, vf pitch, vf detune, vf root, vf speed, int tape)
{
	const vf semitones = clamp(pitch + detune * 0.01f - root, -160.0f, 160.0f);
	vf r = s->own * lm_exp2(semitones * (1.0f / 12.0f));
	if (tape)
		r *= speed;
	return clamp(r, 1e-4f, 100.0f);
}

static void
read_tape(const struct state *s, const struct reading *r, const struct context *c, int channels, vf y[2])
{
	vi sign, on = splat_i(-1);
	if (c->fixed[LOOP] == OFF)
		on = lt_i(s->v.whole, s->length);
	sample_read(r, on, place_in(s, s->v, c, &sign), channels, y);
	if (c->fixed[LOOP] != FORWARD)
		return;
	/* the end of the loop over its beginning */
	const vf gone = to_float(s->overlap) - left_of(s->loop_at + s->period + s->overlap, s->v);
	const vi fading = gt(gone, splat(0.0f)) & lt_i(splat_i(0), s->overlap);
	if (!any(fading))
		return;
	vf z[2];
	const struct place before = {max_i(s->v.whole - s->period, splat_i(0)), s->v.part};
	sample_read(r, fading, place_in(s, before, c, &sign), channels, z);
	const vf g = sel(fading, gone / to_float(max_i(s->overlap, splat_i(1))), splat(0.0f));
	for (int k = 0; k < 2; k++)
		y[k] += sel(fading, g * (z[k] - y[k]), splat(0.0f));
}

static void
read_stretch(struct state *s, const struct reading *r, const struct context *c, int channels, vf ratio, vf y[2])
{
	const int hop = (int)(fminf(fmaxf(c->fixed[GRAIN], 0.02f), 0.2f) * 0.5f * c->rate);
	vi sign;
	const struct place to = place_in(s, s->v, c, &sign);
	if (!s->started)
		s->grain[0] = s->grain[1] = to;
	else if (s->count == hop)
		new_grain(s, to, sign);
	if (!s->started || s->count == hop)
		s->count = 0;
	s->started = 1;
	vf a[2], o[2];
	sample_read(r, splat_i(-1), s->grain[0], channels, a);
	sample_read(r, splat_i(-1), s->grain[1], channels, o);
	const vf w = 0.5f - 0.5f * lm_cos_turn(splat(0.5f * (float)s->count / (float)hop));
	for (int k = 0; k < 2; k++)
		y[k] = o[k] + w * (a[k] - o[k]);
	const struct place by = place_of(ratio);
	s->grain[0] = go(s->grain[0], by, sign, s->total);
	s->grain[1] = go(s->grain[1], by, sign, s->total);
	s->count++;
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const struct context *c = b->c;
	if (!s->set) {
		memset(b->out[0], 0, (size_t)b->n * sizeof(vf));
		memset(b->out[1], 0, (size_t)b->n * sizeof(vf));
		return;
	}
	const int tape = c->fixed[MODE] != STRETCH, moving = b->in[PITCH].stride | b->in[DETUNE].stride | b->in[SPEED].stride;
	if (b->now == 0)
		begin(s, b);
	const int n = b->n - 1, channels = s->set->channels;
	vf speed = clamp(at(b->in[SPEED], n), 0.01f, 100.0f) * s->beat;
	const vf to = ratio_at(s, at(b->in[PITCH], n), at(b->in[DETUNE], n), at(b->in[ROOT], n), speed, tape);
	const vf from = b->now ? s->ratio : to, d = (to - from) * (1.0f / BLOCK);
	const vf fade = 1.0f / vmax(clamp(at(b->in[FADE], n), 0.0f, 10.0f) * s->own * c->rate, splat(1.0f));
	struct reading r = reading_at(s->set, s->kernels, s->sound, vmax(from, to));
	vf ratio = from;
	for (int i = 0; i < b->n; i++) {
		vf y[2];
		ratio += d;
		if (moving) {
			speed = clamp(at(b->in[SPEED], i), 0.01f, 100.0f) * s->beat;
			ratio = ratio_at(s, at(b->in[PITCH], i), at(b->in[DETUNE], i), at(b->in[ROOT], i), speed, tape);
			r = reading_at(s->set, s->kernels, s->sound, ratio);
		}
		if (tape)
			read_tape(s, &r, c, channels, y);
		else
			read_stretch(s, &r, c, channels, ratio, y);
		vf gain = vmin((to_float(s->v.whole) + place_part(s->v) + 1.0f) * fade, splat(1.0f));
		if (c->fixed[LOOP] == OFF)
			gain = vmin(gain, vmax(left_of(s->length, s->v) * fade, splat(0.0f)));
		b->out[0][i] = y[0] * gain;
		b->out[1][i] = y[1] * gain;
		advance(s, tape ? ratio : vmin(s->own * speed, splat(100.0f)), c);
	}
	s->ratio = ratio;
}

MODULE(sampler) = {
	.name = "sampler", .group = "oscillator",
	.help = "plays a sound from a file: pitch, start, length, loop, stretch",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_FILES, .state = sizeof(struct state), .init = init, .run = run,
	.example = "sampler{file = \"made:voice\", loop = \"forward\", loop_start = 0.4, crossfade = 0.1} * adsr{release = 0.2} >> voices()",
};
