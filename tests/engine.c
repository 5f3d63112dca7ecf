/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine: what is heard when, and that company changes nothing. */
#include <math.h>

#include "recipe_rig.h"
#include "tap.h"

static struct engine *e;

/* A voice that is 1 while its gate is on: note.gate straight into voices(). */
static struct rec *
gate_patch(double beats, double tail)
{
	struct rec *r = rec_new(48000, 60, beats, tail); /* one beat is a second */
	rec_end(r, rec_node(r, "note"), "gate", NULL);
	return r;
}

static void
test_timing(void)
{
	struct rec *r = gate_patch(1, 0);
	rec_note(r, 1000.0 / 48000, 5000.0 / 48000, 60, 1);
	struct job j = rec_render(e, &r->recipe);
	ok(j.frames == 48000 && j.channels == 1, "a beat at 60 is a second, and the take is mono");
	ok(j.samples[999] == 0 && j.samples[1000] == 1, "a note starts at its frame");
	ok(j.samples[5999] == 1 && j.samples[6000] == 0, "and is released at its frame");
	free(j.samples);
	rec_free(r);
}

int
main(void)
{
	struct err err;
	e = engine_new(ISA_AUTO, 1, &err);
	test_timing();
	engine_free(e);
	return done();
}
