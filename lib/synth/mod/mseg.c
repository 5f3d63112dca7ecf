/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelope of up to eight points: segment k leads to level k in time k along curve k,
 *     (1 - 2^(-curve x)) / (1 - 2^-curve),  x = time / length in 0..1,
 * from where the last one ended. After point loop_to it goes on with the segment that
 * follows point loop_from (0: the start), as long as the gate is over a half; then
 * to the end, where it stays.
 */
#include "synth/mod/env.h"

enum { POINTS = 8 };
enum { START, LEVEL, TIME = LEVEL + POINTS, CURVE = TIME + POINTS, COUNT = CURVE + POINTS, LOOP_FROM, LOOP_TO, GATE };

#define THERE(n) .when = "count >= " #n
#define A_LEVEL(n, def) {PORT_IN, "level" #n, RATE_CONTROL, def, -1, 1, SCALE_LINEAR, 0, 0, 0, "where the segment leads", THERE(n)}
#define A_TIME(n) ENV_TIME("time" #n, 0.1f, "length of the segment", THERE(n))
#define A_CURVE(n) ENV_BEND("curve" #n, 0, THERE(n))

static const struct port ports[] = {
    {PORT_IN, "start", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "level at the beginning"},
    A_LEVEL(1, 1), A_LEVEL(2, 0), A_LEVEL(3, 0), A_LEVEL(4, 0),
    A_LEVEL(5, 0), A_LEVEL(6, 0), A_LEVEL(7, 0), A_LEVEL(8, 0),
    A_TIME(1), A_TIME(2), A_TIME(3), A_TIME(4),
    A_TIME(5), A_TIME(6), A_TIME(7), A_TIME(8),
    A_CURVE(1), A_CURVE(2), A_CURVE(3), A_CURVE(4),
    A_CURVE(5), A_CURVE(6), A_CURVE(7), A_CURVE(8),
    {PORT_IN, "count", RATE_CONTROL, 2, 1, POINTS, SCALE_LINEAR, 0, 0, 0, "how many points", .whole = true},
    {PORT_IN, "loop_from", RATE_CONTROL, 0, 0, POINTS - 1, SCALE_LINEAR, 0, 0, 0, "point that the loop goes back to; 0: the start", .whole = true},
    {PORT_IN, "loop_to", RATE_CONTROL, 0, 0, POINTS, SCALE_LINEAR, 0, 0, 0, "point that ends the loop; up to loop_from: no loop", .whole = true},
    {PORT_IN, "gate", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, 0, 0, "loops while over a half: note.gate until the release"},
    {PORT_OUT, "out", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	vi from, to; /* the points that the segment lies between; 0: the start */
	vf since;    /* frames of it gone by at the last output */
};

/* The points as they are at one frame; row 0 is the start. */
struct points {
	vf level[POINTS + 1], time[POINTS + 1], curve[POINTS + 1];
};

static inline void
read_points(struct points *p, const struct block *b, int i)
{
	p->level[0] = clamp(at(b->in[START], i), -1e9f, 1e9f);
	p->time[0] = p->curve[0] = splat(1.0f);
	for (int k = 0; k < POINTS; k++) {
		p->level[k + 1] = clamp(at(b->in[LEVEL + k], i), -1e9f, 1e9f);
		p->time[k + 1] = env_frames(at(b->in[TIME + k], i), b->c);
		p->curve[k + 1] = env_bend(at(b->in[CURVE + k], i));
	}
}

/* Whole number of a knob. */
static inline vi
whole(vf x, float lo, float hi)
{
	return to_int(clamp(x, lo, hi) + 0.5f);
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	if (b->now == 0) { /* one frame before the first */
		s.to = splat_i(1);
		s.since = splat(-1.0f);
	}
	int moving = 0;
	for (int k = 0; k < COUNT; k++)
		moving |= b->in[k].stride;
	struct points p;
	read_points(&p, b, 0);
	vf from = gather_rows(p.level, s.from), to = gather_rows(p.level, s.to), length = gather_rows(p.time, s.to);
	vf curve = gather_rows(p.curve, s.to);
	for (int i = 0; i < b->n; i++) {
		const vi count = whole(at(b->in[COUNT], i), 1, POINTS), back = whole(at(b->in[LOOP_FROM], i), 0, POINTS - 1);
		const vi end = whole(at(b->in[LOOP_TO], i), 0, POINTS);
		const vi loops = gt(at(b->in[GATE], i), splat(0.5f)) & lt_i(back, end) & ~lt_i(count, end);
		if (moving)
			read_points(&p, b, i);
		/* a segment lasts a frame at least, so frames are gone through one by one */
		for (int t = 0; t < b->step; t++) {
			s.since = s.since + 1.0f;
			const vi stays = ~lt_i(s.to, count) & ~(loops & eq_i(s.to, end)); /* at the last point */
			const vi over = ge(s.since, length) & ~stays;
			if (any(over) || (moving && t == 0)) {
				const vi next = sel_i(loops & eq_i(s.to, end), back, s.to) + 1;
				s.since = sel(over, s.since - length, s.since);
				s.from = sel_i(over, s.to, s.from);
				s.to = sel_i(over, next, s.to);
				from = gather_rows(p.level, s.from);
				to = gather_rows(p.level, s.to);
				length = gather_rows(p.time, s.to);
				curve = gather_rows(p.curve, s.to);
			}
		}
		s.since = vmin(s.since, splat(1e7f)); /* where it stays it need not count on */
		b->out[0][i] = from + (to - from) * env_segment(s.since / length, curve);
	}
	*(struct state *)state = s;
}

MODULE(mseg) = {
	.name = "mseg", .group = "modulator",
	.help = "envelope of up to eight points, with a loop",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
	.example = "saw{} * mseg{level1 = 1, time1 = 0.02, level2 = 0.2, time2 = 0.1, level3 = 0.8, time3 = 0.15, "
		   "level4 = 0, time4 = 0.3, count = 4} * 0.7 >> voices()",
};
