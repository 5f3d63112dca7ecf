/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reads sound files, on any bytes: the corpus in tests/corpus/sound and seeded
 * mutations of it. Also a fuzzer, from the root of the source:
 *
 *   clang -DFUZZER -g -fsanitize=fuzzer,address,undefined ... tests/fuzz_sound.c
 *   ./fuzz_sound tests/corpus/sound
 */
#include <math.h>

#include "audio/sound.h"
#include "fuzz.h"
#include "tap.h"

static size_t heard, refused;

static int
run(const uint8_t *data, size_t size)
{
	struct err err = {""};
	struct sound s;
	char path[FUZZ_PATH];
	const int fd = fuzz_file(data, size, path);
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

#ifndef FUZZER

enum { MOST = 32, ROOM = 1 << 14 };

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
	const size_t n = fuzz_load("tests/corpus/sound", ".", ROOM, corpus, MOST);
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
#ifndef __SANITIZE_ADDRESS__
	ok(fuzz_memory() < 200 * 1024, "within %ld MiB of memory", fuzz_memory() / 1024);
#endif
	fuzz_free(corpus, n);
	return done();
}

#endif
