/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Faust program as a module: an instance a lane, one after the other. Knobs
 * are read once a block, as Faust's own are; a gate takes effect at its frame.
 */
#include "synth/faust/faust.h"
#include "synth/module.h"

#define NAME_OF(what, isa) MODULE_CAT(faust, what, isa)
void NAME_OF(init, ISA)(void *state, const struct context *c);
void NAME_OF(run, ISA)(void *state, const struct block *b);
extern const int NAME_OF(lanes, ISA);
const int NAME_OF(lanes, ISA) = LANES;

static int
heard(const struct context *c)
{
	return c->heard > 0 && c->heard < LANES ? c->heard : LANES;
}

void
NAME_OF(init, ISA)(void *state, const struct context *c)
{
	const struct faust_guest *g = c->module->guest;
	for (int l = 0; l < heard(c); l++)
		if (!faust_begin(g, (char *)state + (size_t)l * g->program->size, c->rate)) {
			if (c->failure && !*c->failure->text)
				err_set(c->failure, "module '%s': cannot run at more than %d sample rates in one process", c->module->name,
				    FAUST_RATES);
			return;
		}
}

/* Lane l of frame i. */
static float
lane_of(struct in in, int i, int l)
{
	return ((const float *)in.x)[i * in.stride * LANES + l];
}

static float
within(float x, float min, float max)
{
	return !(x > min) ? min : x > max ? max : x;
}

static void
set_controls(const struct faust_guest *g, float *zones, const struct block *b, const struct in *in, size_t first, int l)
{
	for (size_t k = 0; k < g->n_controls; k++) {
		const struct faust_control *c = &g->controls[k];
		float x = lane_of(in[k], b->n - 1, l);
		switch (c->kind) {
		case CONTROL_GATE: continue;
		case CONTROL_CHOICE:
			zones[c->zone] = c->values[(int)within(b->c->fixed[first + k], 0, c->max)];
			continue;
		case CONTROL_PITCH: x = lane_get(lm_note_hz(splat(within(x, -128, 256))), 0); break;
		case CONTROL_WHOLE: x = floorf(within(x, c->min, c->max) + 0.5f); break;
		case CONTROL_KNOB: break;
		}
		/* beyond its range a program may reach beyond its memory */
		zones[c->zone] = within(x, c->min, c->max);
	}
}

void
NAME_OF(run, ISA)(void *state, const struct block *b)
{
	const struct faust_guest *g = b->c->module->guest;
	const struct faust_program *p = g->program;
	const size_t n_in = (size_t)p->inputs, n_out = (size_t)p->outputs;
	float x[FAUST_CHANNELS][BLOCK], y[FAUST_CHANNELS][BLOCK] = {{0}};
	const struct in *const knobs = b->in + n_in;
	for (int l = 0; l < LANES; l++) {
		void *instance = (char *)state + (size_t)l * p->size;
		const void *started;
		memcpy(&started, instance, sizeof started); /* its tables */
		if (l < heard(b->c) && started) {
			float *zones = p->zones(instance);
			for (size_t k = 0; k < n_in; k++)
				for (int i = 0; i < b->n; i++)
					x[k][i] = lane_of(b->in[k], i, l);
			set_controls(g, zones, b, knobs, n_in, l);
			for (int from = 0, to; from < b->n; from = to) {
				float *in[FAUST_CHANNELS], *out[FAUST_CHANNELS];
				to = b->n;
				if (g->gate < g->n_controls) {
					const struct faust_control *c = &g->controls[g->gate];
					const float open = lane_of(knobs[g->gate], from, l);
					for (to = from + 1; to < b->n && lane_of(knobs[g->gate], to, l) == open;)
						to++;
					zones[c->zone] = within(open, 0, 1);
				}
				for (size_t k = 0; k < n_in; k++)
					in[k] = x[k] + from;
				for (size_t k = 0; k < n_out; k++)
					out[k] = y[k] + from;
				p->compute(instance, to - from, in, out);
			}
		} else
			memset(y, 0, sizeof y);
		for (size_t k = 0; k < n_out; k++)
			for (int i = 0; i < b->n; i++)
				((float *)b->out[k])[i * LANES + l] = y[k][i];
	}
}
