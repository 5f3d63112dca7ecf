/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reads takes, on any bytes: the corpus in tests/corpus/stream and seeded
 * mutations of it. Also a fuzzer, from the root of the source:
 *
 *   clang -DFUZZER -g -fsanitize=fuzzer,address,undefined ... tests/fuzz_stream.c
 *   ./fuzz_stream tests/corpus/stream
 */
#include "fuzz.h"
#include "tap.h"
#include "wire/take.h"

static size_t takes, refused, recipes;

static uint8_t *
pack(const struct take *t, size_t *n)
{
	*n = assay__take__get_packed_size(t->m);
	uint8_t *p = malloc(*n + 1);
	assay__take__pack(t->m, p);
	return p;
}

/* All that a stage may ask of a take. */
static void
use(struct take *t)
{
	struct recipe r;
	struct err err = {""};
	uint8_t id[HASH_SIZE];
	char label[HASH_HEX];
	must(strlen(take_label(t, label)) < 1 << 26, "a label");
	if (take_recipe(t, &r, &err) == 0) {
		recipe_id(&r, id);
		must(recipe_frames(&r) <= (uint64_t)(PHRASE_MAX_SECONDS * r.rate) + 1, "a recipe longer than it may be");
		recipes++;
	} else {
		must(*err.text, "a recipe is refused without a reason");
	}
	take_identify(t, &err);
	for (size_t i = 0; i < t->m->n_features; i++) {
		const Assay__Tensor *f = take_tensor(t, t->m->features[i]->name);
		must(!f || f->n_data == (size_t)f->channels * f->frames * f->columns, "a tensor of another shape");
	}
	must(!take_has_audio(t) || t->m->audio->n_samples == t->m->audio->frames * t->m->audio->channels,
	    "sound of another length");

	size_t n, m;
	struct take *copy = take_copy(t, &err);
	must(copy != NULL, err.text);
	uint8_t *a = pack(t, &n), *b = pack(copy, &m);
	must(n == m && !memcmp(a, b, n), "a copy that differs");
	free(a);
	free(b);
	take_free(copy);
}

static int
run(const uint8_t *data, size_t size)
{
	struct err err = {""};
	char path[FUZZ_PATH];
	const int fd = fuzz_file(data, size, path);
	struct reader *r = reader_open(path, &err);
	must(r != NULL, err.text);
	struct take *t;
	int got;
	while (reader_ready(r), (got = take_read(r, &t, &err)) > 0) {
		use(t);
		take_free(t);
		takes++;
	}
	must(got == 0 || *err.text, "an error without a reason");
	must(!strstr(err.text, "out of memory"), "memory was foretold wrong");
	refused += got < 0;
	reader_free(r);
	close(fd);
	return 0;
}

#ifndef FUZZER

/* One to four changes: bits, extreme bytes, cuts, doublings, pieces of another stream. */
static size_t
mutate(struct rng *r, uint8_t *p, size_t n, size_t most, const struct entry *other)
{
	static const uint8_t extreme[] = {0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x08};
	for (uint64_t k = 1 + rng_below(r, 4); k; k--) {
		const size_t at = n ? rng_below(r, n) : 0;
		switch (rng_below(r, 6)) {
		case 0:
			if (n)
				p[at] ^= (uint8_t)(1 << rng_below(r, 8));
			break;
		case 1:
			if (n)
				p[at] = extreme[rng_below(r, sizeof extreme)];
			break;
		case 2: n = at; break;
		case 3: /* a byte more or less: every length after it is wrong */
			if (n && n < most) {
				memmove(p + at + 1, p + at, n - at);
				n++;
			}
			break;
		case 4:
			if (n) {
				memmove(p + at, p + at + 1, n - at - 1);
				n--;
			}
			break;
		default:
			if (other->n) {
				const size_t from = rng_below(r, other->n), left = other->n - from, room = most - at;
				size_t m = rng_below(r, left < 200 ? left : 200) + 1;
				m = m < room ? m : room;
				memcpy(p + at, other->data + from, m);
				n = at + m > n ? at + m : n;
			}
		}
	}
	return n;
}

int
main(void)
{
	enum { MOST = 64, EACH = 1000, ROOM = 1 << 17 };
	static struct entry corpus[MOST];
	static uint8_t bytes[ROOM];
	const size_t n = fuzz_load("tests/corpus/stream", ".takes", 1 << 20, corpus, MOST);
	ok(n >= 10, "%zu streams in the corpus", n);
	for (size_t i = 0; i < n; i++)
		run(corpus[i].data, corpus[i].n);
	ok(takes >= 10 && refused >= 8 && recipes >= 4, "%zu takes, %zu recipes, %zu streams refused, each with a reason", takes,
	    recipes, refused);
	const size_t whole = takes;
	for (size_t i = 0; i < n; i++)
		for (uint64_t k = 0; k < EACH; k++) {
			struct rng r = {rng_at(i, k), 0};
			size_t size = corpus[i].n < ROOM ? corpus[i].n : ROOM;
			memcpy(bytes, corpus[i].data, size);
			size = mutate(&r, bytes, size, ROOM, &corpus[rng_below(&r, n)]);
			run(bytes, size);
		}
	ok(takes > 2 * whole, "%zu mutations: %zu takes more, none did harm", n * EACH, takes - whole);
#ifndef __SANITIZE_ADDRESS__
	ok(fuzz_memory() < 100 * 1024, "within %ld MiB of memory", fuzz_memory() / 1024);
#endif
	fuzz_free(corpus, n);
	return done();
}

#endif
