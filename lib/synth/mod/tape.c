/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape: a tape echo. What is recorded is the sound and what was heard, through two
 * filters, and the tape saturates each time round:
 *     line <- sat(in + feedback cut(line[time])),  out = in + mix (line[time] - in)
 *     sat(x) = p(g x) / g, g the drive, p(x) = x (27 + x^2) / (27 + 9 x^2) within 3, 1 beyond
 * (the Pade approximant of tanh). Quiet sounds pass unchanged; nothing is louder than
 * -drive dB, so feedback over 1 howls and stays there, and below 1 it dies. The motor's speed
 * wavers, slowly and fast (wow and flutter, in cents at the most; both begin where the
 * take's seed says), and reaches a new time slowly. Both sides are on one tape.
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, TIME, SYNC, FEEDBACK, DRIVE, LOW_CUT, HIGH_CUT, WOW, FLUTTER, GLIDE, MIX };
#define LONGEST 2.0f  /* seconds */
#define WOW_HZ  0.7f
#define FLUTTER_HZ 7.3f
#define NATURAL 5.7762265e-4f /* ln 2 / 1200: speed of a cent */

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("time", 0.375f, 0.02f, LONGEST, SCALE_LOG, "s", "from echo to echo", .when = "sync = off"),
	PORT_SYNC("from echo to echo, in place of time; over 2 s it is halved until it fits"),
	PORT_KNOB("feedback", 0.5f, 0, 1.2f, SCALE_LINEAR, NULL, "level of an echo to the one before; over 1 it howls"),
	PORT_KNOB("drive", 6, 0, 24, SCALE_LINEAR, "dB", "the tape is full at so far below full level"),
	PORT_KNOB("low_cut", 80, 5, 2000, SCALE_LOG, "Hz", "cutoff of the high-pass between echoes"),
	PORT_KNOB("high_cut", 4000, 200, 20000, SCALE_LOG, "Hz", "cutoff of the low-pass between echoes"),
	PORT_KNOB("wow", 4, 0, 50, SCALE_LINEAR, "cents", "the slow waver of the speed, 0.7 Hz"),
	PORT_KNOB("flutter", 2, 0, 50, SCALE_LINEAR, "cents", "the fast one, 7.3 Hz"),
	PORT_KNOB("glide", 0.3f, 0, 2, SCALE_LINEAR, "s", "how slowly a new time is reached, bending the pitch"),
	PORT_KNOB("mix", 0.35f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only its echoes"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct side {
	vf dull, thin; /* the low-pass, and what the high-pass takes away */
};

struct state {
	struct ramp feedback, drive, low, high, mix;
	struct follow time;
	struct side side[2];
	vf lag; /* frames, at the end of the last block */
	vu wow, flutter;
	int w;
};

static size_t
rows(const struct context *c)
{
	return 2 * ring_rows(ring_size(c, LONGEST + 0.05f));
}

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	s->wow = noise_bits(c->seed, splat_u(1));
	s->flutter = noise_bits(c->seed, splat_u(2));
}

/* How far the tape is ahead or behind, frames: what a speed that swings by so many cents adds up to. */
static inline vf
waver(vu *phase, float hz, vf cents, const struct block *b)
{
	const vf reach = clamp(cents, 0.0f, 100.0f) * (NATURAL / 6.2831853f * b->c->rate / hz);
	return reach * lm_sin_turn(swing_on(phase, splat(hz), b));
}

static inline vf
saturate(vf x)
{
	x = clamp(x, -3.0f, 3.0f);
	const vf z = x * x;
	return x * (27.0f + z) / (27.0f + 9.0f * z);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST + 0.05f);
	const float rate = b->c->rate;
	const vf seconds = note_that_fits(last(b->in[SYNC], b), last(b->in[TIME], b), LONGEST, b->c);
	const vf still = follow(&s->time, clamp(seconds * rate, 2.0f, LONGEST * rate), last(b->in[GLIDE], b), b);
	const vf off = waver(&s->wow, WOW_HZ, last(b->in[WOW], b), b) + waver(&s->flutter, FLUTTER_HZ, last(b->in[FLUTTER], b), b);
	const struct lag lag = lag_to(&s->lag, clamp(still + off, 2.0f, (float)(size - BLOCK - 4)), b);
	const int n = ring_chunk(lag_least(&lag));
	struct ramp feedback, drive, low, high, mix;
	int w = s->w;
	glide_to(&s->feedback, b->in[FEEDBACK], b);
	glide_to(&s->mix, b->in[MIX], b);
	ramp_to(&s->drive, lm_db_gain(clamp(last(b->in[DRIVE], b), -24.0f, 48.0f)), b);
	ramp_to(&s->low, pole_of_hz(last(b->in[LOW_CUT], b), rate), b);
	ramp_to(&s->high, pole_of_hz(last(b->in[HIGH_CUT], b), rate), b);
	for (int k = 0; k < 2; k++) {
		struct ring line = ring_at((vf *)(s + 1) + (size_t)k * ring_rows(size), size, s->w);
		struct side q = s->side[k];
		vf x[BLOCK], y[BLOCK];
		feedback = s->feedback, drive = s->drive, low = s->low, high = s->high, mix = s->mix;
		for (int first = 0; first < BLOCK; first += n) {
			ring_read(&line, &lag, first, y, n, RING_READ_FIRST);
			for (int j = 0; j < n; j++) {
				const int i = first + j;
				const vf in = at(b->in[k], i), g = ramp_next(&drive);
				q.dull += ramp_next(&high) * (y[j] - q.dull);
				q.thin += ramp_next(&low) * (q.dull - q.thin);
				const vf back = clamp(glide(&feedback, b->in[FEEDBACK], i), 0.0f, 1.2f) * (q.dull - q.thin);
				x[j] = saturate(g * (in + back)) / g;
				b->out[k][i] = in + glide(&mix, b->in[MIX], i) * (y[j] - in);
			}
			ring_write(&line, x, n);
		}
		s->side[k] = q;
		w = line.w;
	}
	s->feedback = feedback, s->drive = drive, s->low = low, s->high = high, s->mix = mix;
	s->w = w;
}

MODULE(tape) = {
	.name = "tape", .group = "effect",
	.help = "tape echo: saturates, wavers, howls",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "svf{saw{}, cutoff = 1500} * decay{decay = 0.15} >> voices() >> tape{feedback = 0.8, wow = 15}",
};
