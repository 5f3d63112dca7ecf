/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reads sound files, on any bytes: the corpus in tests/corpus/sound and seeded
 * mutations of it. Also a fuzzer, from the root of the source:
 *
 *   clang -DFUZZER -g -fsanitize=fuzzer,address,undefined ... tests/fuzz_sound.c
 *   ./fuzz_sound tests/corpus/sound
 */
#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audio/sound.h"
#include "base/rng.h"
#include "tap.h"

static size_t heard, refused;

/* What must hold is checked with this, for both uses. */
static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# fuzz_sound: %s\n", what);
	fflush(stdout);
	abort();
}

static int
run(const uint8_t *data, size_t size)
{
	struct err err = {""};
	struct sound s;
	const int fd = memfd_create("sound", 0);
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file to read from");
	if (sound_read(path, &s, &err) == 0) {
		must(s.frames > 0 && s.rate > 0 && s.channels >= 1 && s.channels <= SOUND_MAX_CHANNELS, "a sound that is none");
		must((double)s.frames <= SOUND_MAX_SECONDS * s.rate + 4096, "longer than a sound may be");
		for (uint64_t i = 0; i < s.frames * s.channels; i++)
			must(isfinite(s.x[i]), "a sample that is no number");
		sound_free(&s);
		heard++;
	} else {
		must(strstr(err.text, path) != NULL, "an error without the file's name");
		must(!s.x, "half a sound");
		refused++;
	}
	close(fd);
	return 0;
}

#ifdef FUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return run(data, size);
}

#else

enum { MOST = 32, ROOM = 1 << 14 };

struct entry {
	uint8_t data[ROOM];
	size_t n;
	char name[64];
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static size_t
load(const char *folder, struct entry *to)
{
	size_t n = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; d && n < MOST && (e = readdir(d));) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		FILE *f = strchr(e->d_name, '.') && e->d_name[0] != '.' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		snprintf(to[n].name, sizeof to[n].name, "%.60s", e->d_name);
		to[n].n = fread(to[n].data, 1, ROOM, f);
		fclose(f);
		n++;
	}
	if (d)
		closedir(d);
	qsort(to, n, sizeof *to, by_name); /* the order of a folder is no seed */
	return n;
}

/* One to four changes, most of them in the first hundred bytes, where the lengths are. */
static size_t
mutate(struct rng *r, uint8_t *p, size_t n)
{
	static const uint8_t extreme[] = {0, 1, 0x7f, 0x80, 0xff, 0x10};
	for (uint64_t k = 1 + rng_below(r, 4); k && n; k--) {
		const size_t at = rng_below(r, rng_below(r, 4) && n > 100 ? 100 : n);
		switch (rng_below(r, 5)) {
		case 0: p[at] ^= (uint8_t)(1 << rng_below(r, 8)); break;
		case 1: p[at] = extreme[rng_below(r, sizeof extreme)]; break;
		case 2:
			for (size_t i = at; i < n && i < at + 4; i++) /* a length, as large or small as it goes */
				p[i] = r->counter & 1 ? 0xff : 0;
			break;
		case 3: n = rng_below(r, 3) ? n : at; break;
		default:
			memmove(p + at, p + at + 1, n - at - 1);
			n--;
		}
	}
	return n;
}

int
main(void)
{
	static struct entry corpus[MOST];
	static uint8_t bytes[ROOM];
#ifdef __SANITIZE_ADDRESS__
	enum { EACH = 200 };
#else
	enum { EACH = 1000 };
#endif
#ifndef __SANITIZE_ADDRESS__
	if (!freopen("/dev/null", "w", stderr)) /* mpg123 has much to say of broken frames */
		return 1;
#endif
	const size_t n = load("tests/corpus/sound", corpus);
	ok(n >= 12, "%zu sounds in the corpus", n);
	for (size_t i = 0; i < n; i++)
		run(corpus[i].data, corpus[i].n);
	ok(heard == n, "%zu of them are read", heard);
	for (size_t i = 0; i < n; i++)
		for (uint64_t k = 0; k < EACH; k++) {
			struct rng r = {rng_at(i, k), 0};
			memcpy(bytes, corpus[i].data, corpus[i].n);
			run(bytes, mutate(&r, bytes, corpus[i].n));
		}
	ok(refused > n * EACH / 20 && heard > n * EACH / 20, "%zu mutations: %zu read, %zu refused by name, none did harm", n * EACH,
	    heard - n, refused);
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
#ifndef __SANITIZE_ADDRESS__
	ok(use.ru_maxrss < 200 * 1024, "within %ld MiB of memory", use.ru_maxrss / 1024);
#endif
	return done();
}

#endif
