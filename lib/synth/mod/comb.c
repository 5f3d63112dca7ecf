/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comb: w(n) = in + feedback lp(w(n - D)), out = gain (w(n) + feedforward lp(w(n - D))): peaks at the
 * multiples of 1 / D by feedback, notches halfway between by feedforward, either one the other way round
 * where it is negative; both, one the opposite of the other, an all-pass with an echo. gain is such that
 * noise stays as loud as it was: sqrt((1 - b^2) / (1 + f^2 + 2 f b)). D is fractional (cubic
 * Lagrange, which never amplifies between its middle points); lp is one pole, its delay at 0 Hz is
 * taken off D. A negative feedback gives the odd multiples of half the frequency.
 */
#include "synth/module.h"

enum { IN, FREQUENCY, FEEDBACK, DAMP, FORWARD };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "sound"},
    {PORT_IN, "frequency", RATE_CONTROL, 220, 20, 10000, SCALE_LOG, 0, "Hz", 0, "of the lowest peak"},
    {PORT_IN, "feedback", RATE_CONTROL, 0.7, -1, 1, SCALE_LINEAR, 0, 0, 0, "how long it rings; kept within 0.999"},
    {PORT_IN, "damp", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "how much faster high peaks die"},
    {PORT_IN, "feedforward", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "notches: 1 between the multiples, -1 on them"},
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "sound"},
    {PORT_END},
};

#define LOWEST 20.0f /* Hz */

struct state {
	vf lp;
	struct ramp delay, feedback, damp, gain, forward;
	uint32_t write;
	vf line[];
};

/* A power of two. */
static size_t
rows(const struct context *c)
{
	size_t n = 64;
	while ((float)n < c->rate / LOWEST + 8.0f)
		n *= 2;
	return n;
}

struct coefs {
	vf delay, feedback, damp, gain, forward;
};

static inline struct coefs
coefs(vf frequency, vf feedback, vf damp, vf forward, const struct context *c)
{
	struct coefs q;
	q.damp = clamp(damp, 0.0f, 1.0f) * 0.95f;
	q.feedback = clamp(feedback, -0.999f, 0.999f);
	q.forward = clamp(forward, -1.0f, 1.0f);
	const vf power = 1.0f + q.forward * (q.forward + 2.0f * q.feedback);
	q.gain = vsqrt((1.0f - q.feedback * q.feedback) / power);
	q.delay = vmax(c->rate / clamp(frequency, LOWEST, 1e5f) - q.damp / (1.0f - q.damp), splat(2.0f));
	return q;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int32_t mask = (int32_t)rows(b->c) - 1;
	const int end = b->n - 1;
	struct coefs q = coefs(at(b->in[FREQUENCY], end), at(b->in[FEEDBACK], end), at(b->in[DAMP], end),
	    at(b->in[FORWARD], end), b->c);
	ramp_to(&s->delay, q.delay, b);
	ramp_to(&s->feedback, q.feedback, b);
	ramp_to(&s->damp, q.damp, b);
	ramp_to(&s->gain, q.gain, b);
	ramp_to(&s->forward, q.forward, b);
	const int audio = b->in[FREQUENCY].stride | b->in[FEEDBACK].stride | b->in[DAMP].stride | b->in[FORWARD].stride;
	uint32_t write = s->write;
	vf lp = s->lp;
	for (int i = 0; i < b->n; i++) {
		q = (struct coefs){
		    ramp_next(&s->delay), ramp_next(&s->feedback), ramp_next(&s->damp), ramp_next(&s->gain), ramp_next(&s->forward)};
		if (audio)
			q = coefs(at(b->in[FREQUENCY], i), at(b->in[FEEDBACK], i), at(b->in[DAMP], i),
			    at(b->in[FORWARD], i), b->c);
		const vi whole = to_int(q.delay);
		const vf f = q.delay - to_float(whole), f1 = f + 1.0f, f2 = f - 1.0f, f3 = f - 2.0f;
		const vi tap = (int32_t)write - whole;
		const vf a = gather_rows(s->line, (tap + 1) & mask), y = gather_rows(s->line, tap & mask);
		const vf z = gather_rows(s->line, (tap - 1) & mask), d = gather_rows(s->line, (tap - 2) & mask);
		const vf past = (f1 * f2 * f3 * 0.5f) * y - (f1 * f * f3 * 0.5f) * z +
		    (f * f2) * (f1 * d - f3 * a) * (1.0f / 6.0f);
		lp = past + q.damp * (lp - past);
		const vf w = clamp(at(b->in[IN], i) + q.feedback * lp, -1e9f, 1e9f);
		s->line[write] = w;
		write = (write + 1) & (uint32_t)mask;
		b->out[0][i] = q.gain * (w + q.forward * lp);
	}
	s->write = write;
	s->lp = lp;
}

MODULE(comb) = {
	.name = "comb", .group = "filter",
	.help = "tuned comb, by feedback and feedforward of either sign",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "comb{noise{}, frequency = 220, feedback = 0.95, damp = 0.2} * adsr{} >> voices()",
};
