/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sounds by their content: the cache, the folder, what is derived, and what is damaged. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "synth/asset_store.h"
#include "tap.h"

static const struct asset *
ramp(uint32_t channels, uint64_t frames, uint32_t cycle, float scale)
{
	struct err err;
	struct asset *a = asset_new(48000, channels, frames, cycle, &err);
	for (uint64_t i = 0; a && i < frames * channels; i++)
		a->x[i] = scale * (float)i;
	return a ? asset_keep(a, &err) : NULL;
}

static int made;

static void *
make_four(void *user, size_t *bytes)
{
	int *p = malloc(*bytes = sizeof *p);
	*p = *(int *)user;
	made++;
	return p;
}

static void
damage(const char *path, long at)
{
	FILE *f = fopen(path, "r+b");
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	const int c = fgetc(f);
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
}

int
main(void)
{
	char folder[] = "/tmp/asset.XXXXXX", path[STORE_PATH], hex[HASH_HEX], command[STORE_PATH];
	struct err err;
	if (!mkdtemp(folder))
		return 1;
	setenv("XDG_DATA_HOME", folder, 1);

	const struct asset *a = ramp(2, 100, 0, 1), *b = ramp(2, 100, 0, 1), *c = ramp(1, 200, 0, 1), *d = ramp(1, 200, 50, 1);
	ok(a && a == b, "the same samples are the same sound");
	ok(memcmp(a->hash, c->hash, HASH_SIZE) && memcmp(c->hash, d->hash, HASH_SIZE), "channels and cycle count");
	struct asset *bad = asset_new(48000, 1, 3, 0, &err);
	bad->x[0] = bad->x[2] = 0;
	bad->x[1] = NAN;
	ok(!asset_keep(bad, &err) && strstr(err.text, "frame 1"), "a NaN is refused: %s", err.text);
	ok(!asset_new(48000, 0, 3, 0, &err) && !asset_new(48000, 1, 0, 0, &err) && !asset_new(0, 1, 1, 0, &err)
	        && !asset_new(48000, 8, ASSET_SAMPLES, 0, &err) && !asset_new(48000, 1, UINT64_MAX, 0, &err),
	    "so are no channels, no frames, no rate, and too much: %s", err.text);

	ok(!asset_saved(d->hash) && !asset_save(d, &err) && asset_saved(d->hash) && !asset_save(d, &err), "a sound is saved once");
	struct asset *read = store_read(d->hash, "d", &err);
	ok(read && read->cycle == 50 && read->frames == 200 && !memcmp(read->x, d->x, 200 * sizeof(float)),
	    "and reads back as it was");
	asset_free(read);
	struct asset *two = asset_save(a, &err) ? NULL : store_read(a->hash, "a", &err);
	ok(two && two->channels == 2 && !memcmp(two->x, a->x, 200 * sizeof(float)), "two channels too");
	asset_free(two);

	uint8_t nowhere[HASH_SIZE] = {1, 2, 3};
	ok(!asset_find(nowhere, "loop.wav", &err) && strstr(err.text, "loop.wav") && strstr(err.text, "--embed"),
	    "one that is not there: %s", err.text);
	store_path(nowhere, path, &err);
	char other[STORE_PATH];
	store_path(d->hash, other, &err);
	snprintf(command, sizeof command, "cp '%.1500s' '%.1500s'", other, path);
	ok(!system(command) && !asset_find(nowhere, "x", &err) && strstr(err.text, "damaged"), "another one's file: %s", err.text);
	damage(other, -3);
	read = store_read(d->hash, "d", &err);
	const struct asset *kept = read ? asset_keep(read, &err) : NULL;
	ok(kept && memcmp(kept->hash, d->hash, HASH_SIZE), "a changed sample changes the hash");
	damage(other, 30);
	ok(!store_read(d->hash, "d", &err) && strstr(err.text, "damaged"), "a changed header: %s", err.text);
	ok(!truncate(other, 300) && !store_read(d->hash, "d", &err), "a file that was cut: %s", err.text);
	ok(!truncate(other, 0) && !store_read(d->hash, "d", &err), "an empty file");

	uint8_t key[HASH_SIZE], key2[HASH_SIZE];
	int four = 4;
	const struct asset *both[2] = {a, c};
	asset_key(key, "test", both, 2, 7);
	asset_key(key2, "test", both, 2, 8);
	const int *p = asset_derived(key, make_four, &four), *q = asset_derived(key, make_four, &four);
	ok(p && p == q && *p == 4 && made == 1, "what is derived is made once");
	ok(asset_derived(key2, make_four, &four) != p && made == 2, "for each number of its own");

	/* over the bound: what was asked for last stays */
	uint8_t hash[9][HASH_SIZE];
	assets_kept = 3 * 1000 * sizeof(float);
	assets_enter();
	for (int i = 0; i < 9; i++)
		memcpy(hash[i], ramp(1, 1000, 0, 2 + (float)i)->hash, HASH_SIZE);
	int left = 0;
	for (int i = 0; i < 9; i++)
		left += asset_known(hash[i]) != NULL;
	ok(left == 9, "nothing goes while somebody plays");
	asset_known(hash[0]);
	assets_leave();
	left = 0;
	for (int i = 0; i < 9; i++)
		left += asset_known(hash[i]) != NULL;
	ok(left == 3 && asset_known(hash[0]) && asset_known(hash[8]), "then the cache is cut to what was asked for last");

	/* their hashes stand in recipes: they must never change */
	static const char *const want[] = {"5df0092b9a74", "ced837f4ea33", "0f89152c56ed", "18db28f81121"};
	for (int i = 0; asset_made_names[i]; i++) {
		const struct asset *m = asset_make(asset_made_names[i], &err);
		float peak = 0;
		for (uint64_t k = 0; k < m->frames * m->channels; k++)
			peak = fmaxf(peak, fabsf(m->x[k]));
		hash_hex(m->hash, 6, hex);
		ok(!strcmp(hex, want[i]) && peak > 0.2f && peak <= 1, "made:%s is %s, peak %.2f", asset_made_names[i], hex, peak);
	}
	ok(!asset_make("nothing", &err), "%s", err.text);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command) ? 1 : done();
}
