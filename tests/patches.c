/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every patch of the library, as it stands and with twenty random settings (five with
   sanitizers): it renders to finite, audible sound that does not clip, and reads back from its
   own text to the same id. */
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"
#include "synth/lua/patch_text.h"
#include "library_rig.h"
#include "tap.h"

#ifdef __SANITIZE_ADDRESS__
enum { DRAWS = 5 };
#else
enum { DRAWS = 20 };
#endif

static struct engine *engine;
static struct lua_settings settings;

static bool
reads_back(const struct recipe *r, const char *name)
{
	struct arena a;
	struct recipe again;
	struct err err;
	char *text = NULL;
	size_t n;
	uint8_t id[HASH_SIZE], id_again[HASH_SIZE];
	arena_init(&a, (size_t)64 << 20);
	FILE *f = open_memstream(&text, &n);
	bool same = f && !patch_text(f, r, &err);
	fclose(f);
	if (same && patch_lua_text(text, n, "text", &settings, &again, &a, &err) == 0) {
		recipe_id(r, id);
		recipe_id(&again, id_again);
		same = !memcmp(id, id_again, HASH_SIZE);
	} else {
		diag("%s: %s", name, err.text);
		same = false;
	}
	arena_release(&a);
	free(text);
	return same;
}

static double
peak_of(const struct job *j, bool *finite)
{
	double peak = 0;
	for (uint64_t i = 0; i < j->frames * j->channels; i++) {
		*finite = *finite && isfinite(j->samples[i]);
		peak = fmax(peak, fabs((double)j->samples[i]));
	}
	return peak;
}

static void
check(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	struct arena a;
	struct recipe r, draw[1 + DRAWS];
	struct job job[1 + DRAWS];
	struct err err = {""};
	size_t n_open = 0;
	arena_init(&a, (size_t)64 << 20);
	if (!ok(patch_lua_file(path, &settings, &r, &a, &err) == 0, "%s reads", name)) {
		diag("%s", err.text);
		return;
	}
	for (size_t p = 0; p < r.n_parts; p++)
		for (size_t k = 0; k < r.parts[p].patch.n_params; k++)
			n_open += r.parts[p].patch.params[k].open;
	bool back = true;
	for (int i = 0; i <= DRAWS; i++) {
		draw[i] = library_draw(&r, &a, (uint64_t)i);
		back = back && reads_back(&draw[i], name);
		job[i] = (struct job){.recipe = &draw[i]};
	}
	ok(back, "%s and its random settings read back to the same id", name);
	ok(engine_render(engine, job, 1 + DRAWS, &err) == 0, "%s renders", name);
	bool finite = true;
	double low = 1e9, high = 0, first = 0;
	for (int i = 0; i <= DRAWS; i++) {
		if (job[i].failed) {
			diag("%s: take %d: %s", name, i, job[i].err.text);
			finite = false;
			continue;
		}
		const double peak = peak_of(&job[i], &finite);
		if (i == 0)
			first = peak;
		low = fmin(low, peak);
		high = fmax(high, peak);
		free(job[i].samples);
	}
	ok(finite, "%s: every sample is finite", name);
	const double db = 20 * log10(first);
	ok(db > -12 && db < -2, "%s: peak about -6 dB as it stands: %.1f dB", name, db);
	ok(low > 0.003, "%s: audible at random: least peak %.4f", name, low);
	ok(high <= 1, "%s: not clipped at random: highest peak %.3f", name, high);
	ok(n_open >= 5, "%s: %zu open parameters", name, n_open);
	arena_release(&a);
}

int
main(void)
{
	static char library[4096];
	char pattern[4200];
	struct err err;
	settings.library = share_find("patches", library, sizeof library);
	if (!ok(settings.library != NULL, "the library is found"))
		return done();
	if (!(engine = engine_new(ISA_AUTO, 1, &err)))
		return ok(0, "%s", err.text), done();
	snprintf(pattern, sizeof pattern, "%s/*.lua", library);
	glob_t g;
	const bool globbed = !glob(pattern, 0, NULL, &g);
	ok(globbed && g.gl_pathc >= 15, "the library has %zu patches", globbed ? g.gl_pathc : 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		check(g.gl_pathv[i]);
	globfree(&g);
	engine_free(engine);
	return done();
}
