/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each module costs, in ns of one core for one lane's frame, at every width this machine
 * has: modules [--json] [--apart] [NAME...]. With --apart every lane's controls stand elsewhere,
 * as those of a population do: a delay line is then read at another place in each lane.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "synth/asset.h"
#include "synth/engine/drive.h"

enum { WIDE = 16, BLOCKS = 1000, TIMES = 5 };

static double
seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Audio inputs get a moving signal, others hold their default (or 60 for a pitch). Best of some runs. */
static double
cost(size_t module, const struct drive_isa *isa, int apart)
{
	static float sound[DRIVE_BLOCK * WIDE], held[DRIVE_PORTS][WIDE], out[DRIVE_PORTS][DRIVE_BLOCK * WIDE];
	static const float facts[WIDE];
	static const uint32_t seed[WIDE] = {1, 2, 3, 4};
	static const int32_t off[WIDE];
	float fixed[DRIVE_PORTS] = {0};
	struct err err;
	const struct asset *sound_of_ours = asset_make("hall", &err);
	struct drive d = {.module = module,
	    .rate = 44100,
	    .seed = seed,
	    .tempo = facts,
	    .pitch = facts,
	    .velocity = facts,
	    .random = facts,
	    .off = off,
	    .fixed = fixed,
	    .sounds = &sound_of_ours,
	    .n_sounds = isa->modules[module]->flags & MODULE_FILES ? 1 : 0,
	    .hold = 1};
	const struct module *m = isa->modules[module];
	for (int i = 0; i < DRIVE_BLOCK * WIDE; i++)
		sound[i] = (float)(i * 7919 % 1000) * 1e-3f - 0.5f;
	size_t n_in = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_IN)
			continue;
		fixed[n_in] = p->def;
		for (int l = 0; l < WIDE; l++)
			held[n_in][l] = apart && p->rate != RATE_FIXED ? p->def + 0.013f * (float)l * ((l & 1 ? p->max : p->min) - p->def)
			                                               : p->def;
		d.stride[n_in] = p->rate == RATE_AUDIO;
		d.in[n_in] = d.stride[n_in] ? sound : held[n_in];
		n_in++;
	}
	for (size_t k = 0; k < port_count(m, PORT_OUT); k++)
		d.out[k] = out[k];
	/* A long run less a short one: memory is got and cleared in both. */
	double best[2] = {0, 0};
	for (int i = 0; i < 2 * TIMES; i++) {
		d.blocks = i % 2 ? 3 * BLOCKS : BLOCKS;
		const double t = seconds();
		if (isa->drive(&d) < 0)
			exit(1);
		const double s = seconds() - t;
		best[i % 2] = i < 2 || s < best[i % 2] ? s : best[i % 2];
	}
	return (best[1] - best[0]) * 1e9 / (2.0 * BLOCKS * DRIVE_BLOCK * isa->lanes);
}

int
main(int argc, char **argv)
{
	int json = 0, apart = 0, named = 1;
	for (; named < argc && argv[named][0] == '-'; named++) {
		json |= !strcmp(argv[named], "--json");
		apart |= !strcmp(argv[named], "--apart");
	}
	if (!json) {
		printf("ns a lane's frame, each frame computed\n%-12s", "module");
		for (int w = 0; w < 4; w++)
			printf(" %8s", drive_isas[w].name);
		printf("\n");
	}
	for (size_t i = 0; modules_scalar[i]; i++) {
		int wanted = named == argc;
		for (int k = named; k < argc; k++)
			wanted |= !strcmp(argv[k], modules_scalar[i]->name);
		if (!wanted)
			continue;
		if (!json)
			printf("%-12s", modules_scalar[i]->name);
		for (int w = 0; w < 4; w++) {
			if (!drive_isa_runs(&drive_isas[w]))
				continue;
			const double ns = cost(i, &drive_isas[w], apart);
			if (json)
				printf("{\"name\": \"module/%s/%s\", \"value\": %.4g, \"unit\": \"ns a lane's frame\", "
				       "\"peer\": null, "
				       "\"peer_value\": null, \"ratio\": null}\n",
				    modules_scalar[i]->name, drive_isas[w].name, ns);
			else
				printf(" %8.3f", ns);
		}
		if (!json)
			printf("\n");
	}
	return 0;
}
