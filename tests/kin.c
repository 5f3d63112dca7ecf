/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structures beside one another: distances that can be counted by hand, species, and what comes of crossing the
   patches of the library: it can be played and heard, and has the values of the better one. */
#include "synth/kin.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "synth/lua/patch_text.h"
#include "synth/mutate.h"
#include "tap.h"

enum { CROSSED = 40, NODES = 64 };

static struct lua_settings settings;
static struct arena arena;

static struct recipe
read_patch(const char *text)
{
	struct recipe r = {0};
	struct err err = {""};
	if (patch_lua_text(text, strlen(text), "t.lua", &settings, &r, &arena, &err) < 0)
		ok(0, "%s: %s", text, err.text);
	return r;
}

static struct kinship
kin_of(const char *a, const char *b)
{
	const struct recipe x = read_patch(a), y = read_patch(b);
	struct kinship k = {0}, back = {0};
	struct err err;
	const bool both = recipe_kinship(&x, &y, &k, &err) == 0 && recipe_kinship(&y, &x, &back, &err) == 0;
	ok(both && k.distance == back.distance, "%g one way and the other", k.distance);
	return k;
}

static void
distances(void)
{
	struct kinship k = kin_of("return saw{} * adsr{}", "return saw{detune = 7} * adsr{attack = open{0, 1}}");
	ok(k.distance == 0 && k.modules == k.modules_of[0], "values are no part of a structure");
	/* saw, adsr, mul, voices, note: 5 modules; pitch, gate, a, b, the notes, the output: 6 wires. A filter in the way is a module
	   and a wire more, and one wire leads elsewhere: 5 + 5 of 6 + 8 are in common. */
	k = kin_of("return saw{} * adsr{}", "return svf{saw{}} * adsr{}");
	ok(k.modules == 5 && k.modules_of[1] == 6 && k.wires_of[0] == 6 && k.wires_of[1] == 7 && k.wires == 5, "a filter in the way: %zu, %zu; %zu, %zu, %zu",
	    k.modules, k.modules_of[1], k.wires_of[0], k.wires_of[1], k.wires);
	ok(fabs(k.distance - (1 - 10.0 / 14)) < 1e-12, "is as far as can be counted: %g", k.distance);
	const double far = kin_of("return saw{} * adsr{}", "return plate{noise{} >> voices(), mix = 0.5}").distance;
	ok(far > k.distance && far <= 1, "what has little in common is further: %g", far);
	/* two filters change places: by their names they are known, so that all modules are there, wired otherwise */
	k = kin_of("return svf{svf{saw{}, cutoff = open{60, 900, name = 'x'}}, cutoff = open{60, 900, name = 'y'}} * adsr{}",
	    "return svf{svf{saw{}, cutoff = open{60, 900, name = 'y'}}, cutoff = open{60, 900, name = 'x'}} * adsr{}");
	ok(k.modules == k.modules_of[0] && k.wires == k.wires_of[0] - 3, "the names of parameters tell origins: %zu of %zu wires", k.wires, k.wires_of[0]);
	const struct recipe plain = read_patch("return saw{} * adsr{}"), room = read_patch("return plate{saw{} * adsr{} >> voices(), mix = 0.5}");
	ok(recipe_work(&room) >= recipe_work(&plain) + 4, "a room is more work: %g, %g", recipe_work(&room), recipe_work(&plain));
}

static void
species(void)
{
	/* on a line at 0, 1, 5, 6, 20 */
	const double at[] = {0, 1, 5, 6, 20};
	double distance[25], within = 1;
	size_t of[5];
	for (int i = 0; i < 25; i++)
		distance[i] = fabs(at[i / 5] - at[i % 5]);
	ok(kin_species(5, distance, 0, &within, of) == 3 && of[1] == 0 && of[3] == 2 && of[4] == 4, "three species within 1");
	ok(kin_species(5, distance, 3, &within, of) == 3 && within == 1, "and within %g for three", within);
	ok(kin_species(5, distance, 2, &within, of) == 2 && within == 6 && of[4] == 4, "within %g for two", within);
	ok(kin_species(5, distance, 1, &within, of) == 1 && within == 20, "within %g for one", within);
	ok(kin_species(5, distance, 9, &within, of) == 5 && within == 0, "as many as there are, if they may be");
}

static const struct param *
find_param(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->parts[0].patch.n_params; i++)
		if (!strcmp(r->parts[0].patch.params[i].name, name))
			return &r->parts[0].patch.params[i];
	return NULL;
}

static bool
reads_back(const struct recipe *r, struct err *err)
{
	struct recipe again;
	char *text = NULL;
	size_t n;
	uint8_t id[HASH_SIZE], id_again[HASH_SIZE] = {0};
	FILE *f = open_memstream(&text, &n);
	bool is = f && !patch_text(f, r, err);
	fclose(f);
	is = is && patch_lua_text(text, n, "text", &settings, &again, &arena, err) == 0;
	if (is)
		recipe_id(&again, id_again);
	recipe_id(r, id);
	free(text);
	return is && !memcmp(id, id_again, HASH_SIZE);
}

static double
peak_of(const struct job *j)
{
	double peak = j->failed ? INFINITY : 0;
	for (uint64_t k = 0; k < j->frames * j->channels; k++)
		peak = isfinite(j->samples[k]) ? fmax(peak, fabs((double)j->samples[k])) : INFINITY;
	return peak;
}

static void
crossing(void)
{
	static const char *const names[] = {"pluck", "bell", "snare", "fmbass", "kick", "organ", "string", "hat"};
	enum { N = sizeof names / sizeof *names };
	static struct recipe r[N], made[CROSSED];
	static struct job jobs[CROSSED];
	struct note note = {0, 0.1, 57, 0.8f, 0};
	struct rng rng = {.seed = 7};
	struct err err = {""};
	const struct mutate_settings s = {.nodes = NODES};
	size_t valid = 0, kept = 0, same = 0, reads = 0, brought = 0, silent = 0, bad = 0, n = 0;
	for (size_t i = 0; i < N; i++) {
		char path[4200];
		snprintf(path, sizeof path, "%s/%s.lua", settings.library, names[i]);
		if (patch_lua_file(path, &settings, &r[i], &arena, &err) < 0) {
			ok(0, "%s: %s", names[i], err.text);
			return;
		}
	}
	for (int i = 0; i < CROSSED; i++) {
		const struct recipe *a = &r[i % N], *b = &r[(i + 1 + i / N) % N];
		struct rng again = rng;
		struct recipe twin, *c = &made[n];
		struct kinship to_a, to_ab;
		if (mutate_cross(a, b, &s, &rng, c, &arena, &err) < 0) {
			diag("%s and %s: %s", names[i % N], names[(i + 1 + i / N) % N], err.text);
			continue;
		}
		n++;
		valid += recipe_check(c, &err) == 0 && c->parts[0].patch.n_nodes <= NODES;
		size_t differ = 0;
		for (size_t k = 0; k < c->parts[0].patch.n_params; k++) {
			const struct param *q = &c->parts[0].patch.params[k], *own = find_param(a, q->name);
			differ += own && own->value != q->value;
		}
		kept += !differ;
		uint8_t id[HASH_SIZE], id_twin[HASH_SIZE];
		recipe_id(c, id);
		same += mutate_cross(a, b, &s, &again, &twin, &arena, &err) == 0 && (recipe_id(&twin, id_twin), !memcmp(id, id_twin, HASH_SIZE));
		reads += reads_back(c, &err);
		recipe_kinship(b, a, &to_a, &err);
		recipe_kinship(b, c, &to_ab, &err);
		brought += to_ab.modules + to_ab.wires > to_a.modules + to_a.wires;
	}
	ok(n >= CROSSED * 9 / 10, "%zu of %d pairs can be crossed", n, CROSSED);
	ok(valid == n, "what comes of them can be played: %zu", valid);
	ok(kept == n, "what the body had keeps its value: %zu", kept);
	ok(same == n, "the same seed, the same child: %zu", same);
	ok(reads == n, "each reads back from its text to the same id: %zu", reads);
	ok(brought > n / 2, "most are nearer to the other than the body was: %zu", brought);
	for (size_t i = 0; i < n; i++) {
		made[i].phrase = (struct phrase){.tempo = 120, .beats = 0.15, .notes = &note, .n_notes = 1};
		made[i].rate = 8000;
		jobs[i] = (struct job){.recipe = &made[i]};
	}
	struct engine *e = engine_new(ISA_AUTO, 1, &err);
	ok(e && engine_render(e, jobs, n, &err) == 0, "a note of each renders");
	for (size_t i = 0; i < n; i++) {
		const double peak = peak_of(&jobs[i]);
		bad += peak == INFINITY;
		silent += peak < 1e-4;
		free(jobs[i].samples);
	}
	engine_free(e);
	ok(bad == 0 && silent < n / 5, "all of it finite, most of it heard: %zu are not, %zu are silent", bad, silent);
	struct recipe to;
	ok(mutate_cross(&r[0], &r[0], &s, &rng, &to, &arena, &err) < 0 || recipe_check(&to, &err) == 0, "crossed with itself it is refused, or plays");
}

int
main(void)
{
	static char library[4096];
	arena_init(&arena, (size_t)256 << 20);
	settings.library = share_find("patches", library, sizeof library);
	if (!ok(settings.library != NULL, "the library is found"))
		return done();
	distances();
	species();
	crossing();
	arena_release(&arena);
	return done();
}
