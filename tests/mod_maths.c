/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maths modules against plain arithmetic, and every module at every width against its scalar build. */
#include "base/rng.h"
#include "synth/asset.h"
#include "module_rig.h"
#include "tap.h"

/* Random inputs within their ranges or, as a wire may bring anything, far beyond: some held, some moving each frame. */
static void
fill(float *x, const struct port *p, int beyond, size_t rows, int lanes, struct rng *rng)
{
	const double lo = fmax(p->min, -1e4), hi = fmin(p->max, 1e4);
	for (size_t i = 0; beyond && i < rows * (size_t)lanes; i++)
		x[i] = (float)((2 * rng_uniform(rng) - 1) * pow(10, 6 * rng_uniform(rng)));
	if (beyond)
		return;
	for (size_t i = 0; i < rows * (size_t)lanes; i++) {
		const double u = rng_uniform(rng);
		x[i] = (float)(p->scale == SCALE_LOG ? p->min * pow(p->max / p->min, u) : lo + (hi - lo) * u);
		x[i] = fminf(fmaxf(x[i], p->min), p->max);
	}
}

enum { WIDE = 16, BLOCKS = 12, ROWS = BLOCKS * DRIVE_BLOCK };

/* One module, one setting of strides: widths 4, 8, 16 against width 1 run sixteen times. */
static int
same_at_all_widths(size_t index, uint64_t round, int beyond)
{
	const struct module *m = modules_scalar[index];
	const size_t n_in = port_count(m, PORT_IN), n_out = port_count(m, PORT_OUT);
	struct rng rng = {0x6c616e65 + index, round << 32};
	float *in[DRIVE_PORTS], *want[DRIVE_PORTS], *got[DRIVE_PORTS], *narrow[DRIVE_PORTS];
	float fixed[DRIVE_PORTS] = {0}, facts[4][WIDE];
	uint32_t seed[WIDE];
	int32_t off[WIDE];
	for (int l = 0; l < WIDE; l++) {
		seed[l] = (uint32_t)rng_next(&rng);
		off[l] = (int32_t)rng_below(&rng, ROWS);
		facts[0][l] = (float)(60 + 120 * rng_uniform(&rng));
		facts[1][l] = (float)(127 * rng_uniform(&rng));
		facts[2][l] = (float)rng_uniform(&rng);
		facts[3][l] = (float)rng_uniform(&rng);
	}
	struct err err;
	const struct asset *const sounds[2] = {asset_make(asset_made_names[round % 4], &err), asset_make("voice", &err)};
	struct drive d = {.module = index, .rate = 44100, .node = 3, .fixed = fixed, .blocks = BLOCKS,
	    .sounds = sounds, .n_sounds = m->flags & MODULE_FILES ? round % 4 < 3 ? 2 : 0 : 0,
	    .once_a_block = (m->flags & (MODULE_CONTROL | MODULE_PURE)) && rng_below(&rng, 2)};
	const size_t n = d.once_a_block ? 1 : DRIVE_BLOCK;
	size_t k = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_IN)
			continue;
		d.stride[k] = p->rate == RATE_FIXED || d.once_a_block ? 0 : (int)rng_below(&rng, 2);
		in[k] = malloc(ROWS * WIDE * sizeof(float));
		narrow[k] = malloc(ROWS * WIDE * sizeof(float));
		fill(in[k], p, beyond && p->scale != SCALE_CHOICE, d.stride[k] ? ROWS : BLOCKS, WIDE, &rng);
		if (p->scale == SCALE_CHOICE || p->rate == RATE_FIXED)
			fixed[k] =
			    (float)(p->min + floor((p->max - p->min + (p->scale == SCALE_CHOICE)) * rng_uniform(&rng)));
		k++;
	}
	for (k = 0; k < n_out; k++) {
		want[k] = calloc(ROWS * WIDE, sizeof(float));
		got[k] = calloc(ROWS * WIDE, sizeof(float));
	}
	int same = 1, finite = 1;
	for (int w = 0; w < 4 && same; w++) {
		const struct drive_isa *isa = &drive_isas[w];
		if (!drive_isa_runs(isa))
			continue;
		for (int first = 0; first < WIDE; first += isa->lanes) {
			d.seed = seed + first;
			d.tempo = facts[0] + first;
			d.pitch = facts[1] + first;
			d.velocity = facts[2] + first;
			d.random = facts[3] + first;
			d.off = off + first;
			for (k = 0; k < n_in; k++) {
				const size_t rows = d.stride[k] ? BLOCKS * n : BLOCKS;
				for (size_t i = 0; i < rows; i++)
					memcpy(narrow[k] + i * (size_t)isa->lanes, in[k] + i * WIDE + first,
					    (size_t)isa->lanes * sizeof(float));
				d.in[k] = narrow[k];
			}
			for (k = 0; k < n_out; k++)
				d.out[k] = got[k];
			if (isa->drive(&d) < 0)
				exit(1);
			for (k = 0; k < n_out && same; k++)
				for (size_t i = 0; i < BLOCKS * n && same; i++)
					for (int l = 0; l < isa->lanes; l++) {
						float *ref = &want[k][i * WIDE + (size_t)(first + l)];
						const float *y = &got[k][i * (size_t)isa->lanes + (size_t)l];
						if (w == 0)
							*ref = *y;
						finite &= isfinite(*y) != 0;
						if (!memcmp(ref, y, sizeof *y))
							continue;
						diag("%s: output %zu, %s, lane %d, frame %zu: %.9g, not %.9g", m->name,
						    k, isa->name, first + l, i, (double)*y, (double)*ref);
						same = 0;
						break;
					}
		}
	}
	if (!finite)
		diag("%s: an output is not finite", m->name);
	for (k = 0; k < n_in; k++) {
		free(in[k]);
		free(narrow[k]);
	}
	for (k = 0; k < n_out; k++) {
		free(want[k]);
		free(got[k]);
	}
	return same && finite;
}

static double
pure(const char *name, double a, double b)
{
	struct rig r = rig(name);
	r.value[0] = (float)a;
	r.value[1] = (float)b;
	rig_run(&r, 1);
	const double y = rig_out(&r, "out")[0];
	rig_free(&r);
	return y;
}

int
main(void)
{
	/* name, a, b, result */
	static const struct { const char *name; double a, b, want;
	} table[] = {
	    {"add", 2, 3, 5},
	    {"sub", 2, 3, -1},
	    {"mul", 2, 3, 6},
	    {"div", 3, 2, 1.5},
	    {"neg", 2, 0, -2},
	    {"abs", -2.5, 0, 2.5},
	    {"min", 2, -3, -3},
	    {"max", 2, -3, 2},
	    {"exp2", 3, 0, 8},
	    {"exp2", -1, 0, 0.5},
	    {"exp2", 0.5, 0, M_SQRT2},
	    {"pow", 2, 10, 1024},
	    {"pow", 2, -3, 0.125},
	    {"pow", 2, 0.5, M_SQRT2},
	    {"pow", 9, 0.5, 3},
	    {"pow", 10, 3, 1000},
	    {"pow", -2, 2, 4},
	    {"pow", -2, 3, -8},
	    {"pow", -2, 0.5, 0},
	    {"pow", 0, 2, 0},
	    {"pow", 0, 0, 1},
	    {"pow", -3, 0, 1},
	    {"pow", 0, -1, 0},
	    {"div", 1, 0, 0},
	    {"div", 0, 0, 0},
	    {"div", -1, 4, -0.25},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const double y = pure(table[i].name, table[i].a, table[i].b), want = table[i].want;
		ok(fabs(y - want) <= 2e-6 * fabs(want), "%s of %g and %g is %.9g", table[i].name, table[i].a,
		    table[i].b, y);
	}
	ok(pure("pow", 2, 10) == 1024 && pure("exp2", -1, 0) == 0.5, "whole powers of two are exact");
	ok(isfinite(pure("mul", 1e9, 1e9)) && isfinite(pure("div", 1e9, 1e-30)) && isfinite(pure("pow", 1e9, 1e9)),
	    "the largest results are finite");

	struct rig r = rig("mix");
	rig_set(&r, "a", 2);
	rig_set(&r, "b", 10);
	rig_set(&r, "t", 0.25);
	rig_run(&r, 1);
	ok(rig_out(&r, "out")[0] == 4, "mix: a quarter of the way from 2 to 10 is 4");
	rig_free(&r);
	r = rig("clip");
	rig_set(&r, "in", 3);
	rig_run(&r, 1);
	ok(rig_out(&r, "out")[0] == 1, "clip: 3 becomes 1");
	rig_free(&r);
	r = rig("scale");
	rig_set(&r, "in", 0.5);
	rig_set(&r, "from_min", -1);
	rig_set(&r, "to_min", 100);
	rig_set(&r, "to_max", 500);
	rig_run(&r, 1);
	ok(rig_out(&r, "out")[0] == 400, "scale: 0.5 of -1 to 1 is 400 of 100 to 500");
	rig_set(&r, "from_max", -1);
	rig_run(&r, 1);
	ok(rig_out(&r, "out")[0] == 100, "scale: from an empty range comes its start");
	rig_free(&r);

	for (int w = 0; w < 4; w++)
		diag("%s: %s", drive_isas[w].name,
		    drive_isa_runs(&drive_isas[w]) ? "compared" : "this machine has it not");
	for (size_t i = 0; modules_scalar[i]; i++) {
		int good = 1;
		for (uint64_t round = 0; round < 4; round++)
			good &= same_at_all_widths(i, round, 0);
		ok(good, "%s: the same bits at every width, and finite", modules_scalar[i]->name);
		good = 1;
		for (uint64_t round = 4; round < 8; round++)
			good &= same_at_all_widths(i, round, 1);
		ok(good, "%s: and with inputs far beyond their ranges", modules_scalar[i]->name);
	}
	return done();
}
