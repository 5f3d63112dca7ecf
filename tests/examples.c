/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The example of every module: it reads, plays the module, and can be heard. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "synth/registry.h"
#include "tap.h"

static struct engine *engine;

static bool
plays(const struct recipe *r, const char *module)
{
	for (size_t p = 0; p < r->n_parts; p++)
		for (size_t i = 0; i < r->parts[p].patch.n_nodes; i++)
			if (!strcmp(r->parts[p].patch.nodes[i].module, module))
				return true;
	return false;
}

static void
check(const struct module *m)
{
	const struct lua_settings settings = {.rate = 44100};
	char text[4096];
	struct arena a;
	struct recipe r;
	struct err err = {""};
	if (!m->example)
		return (void)ok(0, "%s has an example", m->name);
	snprintf(text, sizeof text, "return %s\n", m->example);
	arena_init(&a, (size_t)64 << 20);
	if (patch_lua_text(text, strlen(text), m->name, &settings, &r, &a, &err) < 0) {
		ok(0, "%s: its example reads", m->name);
		diag("%s", err.text);
		return arena_release(&a);
	}
	ok(plays(&r, m->name), "%s: its example plays it", m->name);
	struct job job = {.recipe = &r};
	double peak = 0, power = 0;
	if (engine_render(engine, &job, 1, &err) < 0 || job.failed)
		diag("%s", job.failed ? job.err.text : err.text);
	const uint64_t n = job.samples ? job.frames * job.channels : 0;
	for (uint64_t i = 0; i < n; i++) {
		peak = fmax(peak, fabs((double)job.samples[i]));
		power += (double)job.samples[i] * (double)job.samples[i];
	}
	const double rms = n ? 20 * log10(sqrt(power / (double)n) + 1e-9) : -180;
	ok(peak < 2 && rms > -50, "%s: and it is heard: peak %.2f, %.1f dB", m->name, peak, rms);
	free(job.samples);
	arena_release(&a);
}

int
main(void)
{
	struct err err;
	engine = engine_new(ISA_AUTO, 1, &err);
	if (!ok(engine != NULL, "an engine"))
		return done();
	size_t before = 1;
	while (before < registry_built_in()
	    && strcmp(registry_at(ISA_SCALAR, before - 1)->name, registry_at(ISA_SCALAR, before)->name) < 0)
		before++;
	ok(before == registry_built_in(), "modules are in the order of their names, by which they are found");
	for (size_t i = 0; i < registry_built_in(); i++)
		check(registry_at(ISA_SCALAR, i));
	engine_free(engine);
	return done();
}
