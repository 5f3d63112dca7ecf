/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rotary: a loudspeaker cabinet whose treble horn and bass drum turn (J. Smith, S. Serafin,
 * J. Abel, D. Berners, "Doppler simulation and the Leslie", DAFx 2002). A source on a circle of
 * radius r, at the angle p from a microphone at the distance D, is d away:
 *     d = sqrt(D^2 + r^2 - 2 D r cos p),  lag = d / 343 m/s,  level = (D / d) (1 + k cos p) / (1 + k)
 * and sounds duller from behind (horn only). Two microphones, `spread` of a turn apart, hear left and
 * right. The crossover is two one-poles and their complement, so both add up to the sound. Slow is
 * 0.8 turns a second for the horn and 0.67 for the drum, fast 6.7 and 5.7; the horn comes to a
 * new speed by e in `inertia` seconds, the heavy drum in four times that.
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, SPEED, INERTIA, DISTANCE, SPREAD, CROSSOVER, BALANCE };
#define SOUND   343.0f /* m/s */
#define LONGEST 0.004f /* seconds: the way across the larger circle, and some */

static const struct {
	float slow, fast, radius, beam, inertia;
} rotors[2] = {{0.8f, 6.7f, 0.19f, 0.5f, 1}, {0.67f, 5.7f, 0.13f, 0.35f, 4}};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("speed", 1, 0, 1, SCALE_LINEAR, NULL, "0 slow (chorale), 1 fast (tremolo)"),
	PORT_KNOB("inertia", 0.7f, 0.05f, 5, SCALE_LOG, "s", "how slowly the horn changes its speed"),
	PORT_KNOB("distance", 0.6f, 0.3f, 3, SCALE_LOG, "m", "of the microphones: near ones hear more of the turning"),
	PORT_KNOB("spread", 0.25f, 0, 0.5f, SCALE_LINEAR, "turns", "angle between the microphones: 0 is mono"),
	PORT_KNOB("crossover", 800, 200, 3000, SCALE_LOG, "Hz", "between drum and horn"),
	PORT_KNOB("balance", 0.5f, 0, 1, SCALE_LINEAR, NULL, "0 only the drum, 1 only the horn"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct heard { /* a rotor, by one microphone */
	struct ramp level, pole;
	vf lag, dull;
};

struct state {
	struct ramp split, horn, drum;
	vf low[2]; /* the crossover */
	vf hz[2];
	vu phase[2];
	struct heard heard[2][2];
	int w;
};

static size_t
rows(const struct context *c)
{
	return 2 * ring_rows(ring_size(c, LONGEST));
}

/* Adds what a microphone hears of a rotor. */
static inline void
listen(struct heard *h, const struct ring *line, int rotor, vf turn, vf distance, const struct block *b, vf *out)
{
	const float r = rotors[rotor].radius, beam = rotors[rotor].beam, rate = b->c->rate;
	const vf cosine = lm_cos_turn(turn);
	const vf d = vsqrt(distance * distance + r * r - (2 * r) * distance * cosine);
	const vf frames = 1.0f + (d - (distance - r)) * (rate / SOUND);
	const vf facing = 0.5f + 0.5f * cosine;
	const struct lag lag = lag_to(&h->lag, frames, b);
	vf y[BLOCK];
	ramp_to(&h->level, distance / d * (1.0f + beam * cosine) * (1.0f / (1.0f + beam)), b);
	/* 3 kHz from behind, 12 kHz from in front; the drum is dull anyway */
	vf open = splat(1.0f);
	if (rotor == 0)
		open = pole_of_hz(3000.0f * lm_exp2(2.0f * facing), rate);
	ramp_to(&h->pole, open, b);
	ring_read(line, &lag, 0, y, BLOCK, RING_WRITTEN);
	struct ramp level = h->level, pole = h->pole;
	vf dull = h->dull;
	for (int i = 0; i < BLOCK; i++) {
		dull += ramp_next(&pole) * (y[i] - dull);
		out[i] += ramp_next(&level) * dull;
	}
	h->level = level;
	h->pole = pole;
	h->dull = dull;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST);
	const float rate = b->c->rate;
	struct ring line[2] = {ring_at((vf *)(s + 1), size, s->w), ring_at((vf *)(s + 1) + ring_rows(size), size, s->w)};
	const vf speed = clamp(last(b->in[SPEED], b), 0.0f, 1.0f), distance = clamp(last(b->in[DISTANCE], b), 0.25f, 10.0f);
	const vf spread = clamp(last(b->in[SPREAD], b), 0.0f, 1.0f), balance = clamp(last(b->in[BALANCE], b), 0.0f, 1.0f);
	struct ramp split = s->split, horn = s->horn, drum = s->drum;
	vf x[2][BLOCK], y[2][BLOCK], low = s->low[0], lower = s->low[1];
	ramp_to(&split, pole_of_hz(last(b->in[CROSSOVER], b), rate), b);
	ramp_to(&horn, vmin(2.0f * balance, splat(1.0f)), b);
	ramp_to(&drum, vmin(2.0f - 2.0f * balance, splat(1.0f)), b);
	for (int i = 0; i < BLOCK; i++) {
		const vf in = 0.5f * (at(b->in[LEFT], i) + at(b->in[RIGHT], i)), p = ramp_next(&split);
		low += p * (in - low);
		lower += p * (low - lower);
		x[0][i] = ramp_next(&horn) * (in - lower);
		x[1][i] = ramp_next(&drum) * lower;
	}
	memset(y, 0, sizeof y);
	for (int k = 0; k < 2; k++) {
		const vf to = rotors[k].slow + (rotors[k].fast - rotors[k].slow) * speed;
		const vf seconds = rotors[k].inertia * clamp(last(b->in[INERTIA], b), 0.01f, 100.0f);
		const vf left = lm_exp2((-1.4426950408889634f * BLOCK / rate) / seconds);
		const vf from = b->now == 0 ? to : s->hz[k];
		s->hz[k] = to + (from - to) * left;
		/* they turn in opposite directions */
		const vf turn = swing_on(&s->phase[k], s->hz[k], b) * (k ? -1.0f : 1.0f);
		ring_write(&line[k], x[k], BLOCK);
		for (int side = 0; side < 2; side++)
			listen(&s->heard[k][side], &line[k], k, turn + (side ? 0.5f : -0.5f) * spread, distance, b, y[side]);
	}
	for (int side = 0; side < 2; side++)
		memcpy(b->out[side], y[side], sizeof y[side]);
	s->split = split, s->horn = horn, s->drum = drum;
	s->low[0] = low, s->low[1] = lower;
	s->w = line[0].w;
}

MODULE(rotary) = {
	.name = "rotary", .group = "effect",
	.help = "a speaker cabinet with a turning horn and drum",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 3000} * adsr{} >> voices() >> rotary{}",
};
