/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sounds out of files: WAV, wavetables with their cycle, Surge's .wt, folders, and what is none of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/sound.h"
#include "tap.h"
#include "wire/assets.h"

static char folder[] = "/tmp/asset-files.XXXXXX";

static char *
at(const char *name)
{
	static char path[4][256];
	static int k;
	k = (k + 1) % 4;
	snprintf(path[k], sizeof path[k], "%s/%s", folder, name);
	return path[k];
}

static void
put(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(at(name), "w");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(1);
}

/* Adds a chunk to a WAV before its first. */
static void
with_chunk(const char *name, const float *x, uint64_t frames, const char *id, const char *text, size_t n)
{
	static unsigned char file[1 << 17];
	struct sound s = {(float *)x, 48000, 1, frames};
	struct err err;
	if (sound_write(at(name), &s, 32, NULL, &err) < 0)
		exit(1);
	FILE *f = fopen(at(name), "r");
	const size_t size = fread(file, 1, sizeof file, f);
	fclose(f);
	f = fopen(at(name), "w");
	const uint32_t riff = (uint32_t)(size - 8 + 8 + n), chunk = (uint32_t)n;
	memcpy(file + 4, &riff, 4);
	fwrite(file, 1, 12, f);
	fwrite(id, 1, 4, f);
	fwrite(&chunk, 1, 4, f);
	fwrite(text, 1, n, f);
	fwrite(file + 12, 1, size - 12, f);
	fclose(f);
}

static const struct asset *
read_one(const char *name, struct err *err)
{
	struct arena a;
	struct asset_ref *refs;
	size_t n;
	arena_init(&a, 1 << 20);
	const struct asset *s = asset_read_files(at(name), &refs, &n, &a, err) < 0 || n != 1 ? NULL : asset_find(refs[0].hash, "", err);
	arena_release(&a);
	return s;
}

int
main(void)
{
	static float x[8192];
	struct err err;
	if (!mkdtemp(folder))
		return 1;
	setenv("XDG_DATA_HOME", folder, 1);
	for (int i = 0; i < 8192; i++)
		x[i] = (float)(i % 101) / 101 - 0.5f;

	static const char clm[48] = "<!>2048 20000000 wavetable (www.xferrecords.com)";
	with_chunk("serum.wav", x, 8192, "clm ", clm, sizeof clm);
	const struct asset *s = read_one("serum.wav", &err);
	ok(s && s->cycle == 2048 && s->frames == 8192 && s->rate == 48000 && !memcmp(s->x, x, sizeof x), "a clm chunk states the cycle");
	with_chunk("srge.wav", x, 8192, "srge", "\1\0\0\0\0\1\0\0", 8);
	s = read_one("srge.wav", &err);
	ok(s && s->cycle == 256, "so does srge");
	with_chunk("bad.wav", x, 8192, "clm ", "<!>nonsense 000", 16);
	s = read_one("bad.wav", &err);
	ok(s && s->cycle == 0, "one without a number does not");
	with_chunk("big.wav", x, 8192, "clm ", "<!>99999 000000", 16);
	s = read_one("big.wav", &err);
	ok(s && s->cycle == 0, "nor one with far too large a number");

	unsigned char wt[12 + 4 * 256 * 4] = "vawt\0\1\0\0\4\0\0\0";
	for (int i = 0; i < 1024; i++)
		memcpy(wt + 12 + 4 * i, &x[i], 4);
	put("float.wt", wt, 12 + 4096);
	s = read_one("float.wt", &err);
	ok(s && s->cycle == 256 && s->frames == 1024 && !memcmp(s->x, x, 4096), "a .wt of floats");
	wt[10] = 4;
	for (int i = 0; i < 1024; i++) {
		const int16_t v = (int16_t)(i * 16);
		memcpy(wt + 12 + 2 * i, &v, 2);
	}
	put("short.wt", wt, 12 + 2048);
	s = read_one("short.wt", &err);
	ok(s && s->x[1023] == 1023 * 16 / 16384.0f, "a .wt of 15 bits");
	wt[10] = 12;
	put("full.wt", wt, 12 + 2048);
	s = read_one("full.wt", &err);
	ok(s && s->x[1023] == 1023 * 16 / 32768.0f, "and of 16");
	put("cut.wt", wt, 12 + 2047);
	ok(!read_one("cut.wt", &err) && strstr(err.text, "cycle 3 of 4"), "one that breaks off: %s", err.text);
	put("head.wt", wt, 11);
	ok(!read_one("head.wt", &err), "one without its head: %s", err.text);
	wt[4] = 255, wt[5] = 255, wt[6] = 255, wt[7] = 255;
	put("huge.wt", wt, sizeof wt);
	ok(!read_one("huge.wt", &err), "one that claims 2^32 points: %s", err.text);
	memset(wt + 4, 0, 8);
	put("none.wt", wt, sizeof wt);
	ok(!read_one("none.wt", &err), "one of no cycles: %s", err.text);
	static const unsigned char nan[] = "vawt\2\0\0\0\1\0\0\0\0\0\300\177\0\0\0\0";
	put("nan.wt", nan, 20);
	ok(!read_one("nan.wt", &err) && strstr(err.text, "finite"), "one that holds a NaN: %s", err.text);
	put("empty.wav", "", 0);
	put("text.wav", "no sound at all", 15);
	ok(!read_one("empty.wav", &err) && !read_one("text.wav", &err), "what is no sound: %s", err.text);

	char command[600];
	snprintf(command, sizeof command, "mkdir '%s/set' && cp '%s/float.wt' '%s/set/b.wt' && cp '%s/serum.wav' '%s/set/a.wav' && echo hi >'%s/set/0.txt'",
	    folder, folder, folder, folder, folder, folder);
	struct arena a;
	struct asset_ref *refs = NULL;
	size_t n = 0;
	arena_init(&a, 1 << 20);
	ok(!system(command) && !asset_read_files(at("set"), &refs, &n, &a, &err) && n == 2 && !strcmp(refs[0].name, "a.wav")
	        && !strcmp(refs[1].name, "b.wt"), "a folder is its sounds in the order of their names");
	arena_release(&a);

	/* along with a take: hostile ones */
	Assay__Asset m = ASSAY__ASSET__INIT;
	uint8_t hash[HASH_SIZE] = {0};
	ok(!asset_from_message(&m, &err), "a sound without a hash: %s", err.text);
	m.hash = (ProtobufCBinaryData){HASH_SIZE, hash};
	ok(!asset_from_message(&m, &err), "without anything: %s", err.text);
	m.rate = 44100, m.channels = 2, m.frames = UINT64_MAX / 2, m.n_samples = 4, m.samples = x;
	ok(!asset_from_message(&m, &err), "of 2^63 frames: %s", err.text);
	m.frames = 3;
	ok(!asset_from_message(&m, &err), "of six samples that are four: %s", err.text);
	m.frames = 2;
	ok(!asset_from_message(&m, &err) && strstr(err.text, "not what its hash says"), "of another hash: %s", err.text);

	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command) ? 1 : done();
}
