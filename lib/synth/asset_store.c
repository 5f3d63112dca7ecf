/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/asset_store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* RIFF, WAVE; fmt: 3 is float; fact: frames; clm: the cycle of a wavetable, as its
   editors write it; data. All numbers little end first, as this machine has them. */
struct header {
	char riff[4];
	uint32_t size;
	char wave[4], fmt[4];
	uint32_t fmt_size;
	uint16_t format, channels;
	uint32_t rate, bytes_a_second;
	uint16_t bytes_a_frame, bits, extra;
	char fact[4];
	uint32_t fact_size, frames;
	char clm[4];
	uint32_t clm_size;
	char text[48];
	char data[4];
	uint32_t data_size;
} __attribute__((packed));

static void
fill(struct header *h, const struct asset *a)
{
	const uint32_t bytes = (uint32_t)(a->frames * a->channels * sizeof(float));
	*h = (struct header){
	    "RIFF", (uint32_t)sizeof *h - 8 + bytes, "WAVE", "fmt ", 18, 3, (uint16_t)a->channels, a->rate,
	    a->rate * a->channels * 4, (uint16_t)(a->channels * 4), 32, 0, "fact", 4, (uint32_t)a->frames,
	    "clm ", 48, "", "data", bytes,
	};
	snprintf(h->text, sizeof h->text, "<!>%u 00000000 assay", a->cycle);
	if (!a->cycle)
		memcpy(h->clm, "JUNK", 4);
}

int
store_path(const uint8_t hash[HASH_SIZE], char path[STORE_PATH], struct err *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	const bool xdg = data && *data == '/';
	char hex[HASH_HEX];
	if (!xdg && (!home || !*home))
		return err_set(err, "no place for sounds: set XDG_DATA_HOME or HOME");
	const int n = snprintf(path, STORE_PATH, "%s%s/assay/sounds/%s.wav", xdg ? data : home, xdg ? "" : "/.local/share",
	    hash_hex(hash, HASH_SIZE, hex));
	return n < STORE_PATH ? 0 : err_set(err, "the path of the folder of sounds is too long");
}

int
store_has(const uint8_t hash[HASH_SIZE])
{
	char path[STORE_PATH];
	struct err err;
	return store_path(hash, path, &err) == 0 && access(path, R_OK) == 0;
}

/* Samples stand channel by channel in memory, frame by frame in the file. */
static bool
write_frames(FILE *f, const struct asset *a)
{
	float block[1024];
	size_t n = 0;
	for (uint64_t i = 0; i < a->frames; i++)
		for (uint32_t c = 0; c < a->channels; c++) {
			block[n++] = a->x[c * a->frames + i];
			if (n == sizeof block / sizeof *block) {
				if (fwrite(block, sizeof *block, n, f) != n)
					return false;
				n = 0;
			}
		}
	return fwrite(block, sizeof *block, n, f) == n;
}

static bool
read_frames(FILE *f, struct asset *a)
{
	float frame[ASSET_CHANNELS];
	for (uint64_t i = 0; i < a->frames; i++) {
		if (fread(frame, sizeof *frame, a->channels, f) != a->channels)
			return false;
		for (uint32_t c = 0; c < a->channels; c++)
			a->x[c * a->frames + i] = frame[c];
	}
	return fgetc(f) == EOF;
}

int
store_write(const struct asset *a, struct err *err)
{
	char path[STORE_PATH];
	struct header h;
	struct file f;
	if (store_path(a->hash, path, err) < 0)
		return -1;
	char *slash = strrchr(path, '/');
	*slash = 0;
	if (folder_make(path) < 0)
		return err_errno(err, "cannot make the folder of sounds '%s'", path);
	*slash = '/';
	if (file_create(&f, path, err) < 0)
		return -1;
	fill(&h, a);
	const bool good = fwrite(&h, sizeof h, 1, f.stream) == 1 && write_frames(f.stream, a);
	return file_finish(&f, good, err);
}

struct asset *
store_read(const uint8_t hash[HASH_SIZE], const char *name, struct err *err)
{
	char path[STORE_PATH], hex[HASH_HEX];
	struct header h, same;
	unsigned cycle = 0;
	if (store_path(hash, path, err) < 0)
		return NULL;
	FILE *f = fopen(path, "rbe");
	if (!f && errno == ENOENT) {
		*strrchr(path, '/') = 0;
		return err_set(err, "the sound '%s' (%s) is not on this machine, in '%s': "
		                    "give it along with `assay patch --embed`, or copy that folder here",
		    name && *name ? name : "?", hash_hex(hash, 6, hex), path), NULL;
	}
	if (!f)
		return err_errno(err, "cannot open '%s'", path), NULL;
	struct asset *a = NULL;
	struct err why;
	bool good = fread(&h, sizeof h, 1, f) == 1 && !h.text[sizeof h.text - 1] && !memcmp(h.riff, "RIFF", 4);
	if (good && !memcmp(h.clm, "clm ", 4))
		good = sscanf(h.text, "<!>%5u ", &cycle) == 1;
	if (good && (a = asset_new(h.rate, h.channels, h.frames, cycle, &why))) {
		fill(&same, a);
		good = !memcmp(&h, &same, sizeof h) && read_frames(f, a);
	}
	fclose(f);
	if (good && a)
		return a;
	asset_free(a);
	return err_set(err, "'%s' is damaged: not a sound as it was written there; remove it, and read the patch "
	                    "again or recall the take from a bank", path), NULL;
}
