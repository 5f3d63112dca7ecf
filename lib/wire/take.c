/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/take.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/check.h"
#include "wire/message.h"

/* What a message may take in memory: its bulk is arrays, which unpack to about
   their own size; the rest is room for small messages, which unpack to more: for
   the notes of the longest phrase there may be, with as much again. */
static size_t
budget_for(size_t message)
{
	return 3 * message + (96u << 20);
}

/* A take under construction may grow by this much. */
enum { GROWTH = 1 << 30 };

static void *
from_arena(void *arena, size_t size)
{
	return arena_room(arena, size); /* protobuf-c fills all that it asks for */
}

static void
to_arena(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

struct take *
take_new(void)
{
	struct take *t = malloc(sizeof *t);
	if (!t)
		return NULL;
	arena_init(&t->arena, GROWTH);
	t->m = arena_alloc(&t->arena, sizeof *t->m);
	if (!t->m)
		return free(t), NULL;
	assay__take__init(t->m);
	return t;
}

void
take_free(struct take *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	free(t);
}

int
take_check(const uint8_t *msg, size_t n, size_t *memory, struct err *err)
{
	if (wire_check(&assay__take__descriptor, msg, n, memory, err) < 0)
		return -1;
	if (*memory > budget_for(n))
		return err_set(err, "%zu bytes that would unpack to %zu, over the budget of %zu", n, *memory, budget_for(n));
	return 0;
}

struct take *
take_unpack(const uint8_t *msg, size_t n, struct err *err)
{
	size_t memory;
	if (take_check(msg, n, &memory, err) < 0)
		return NULL;
	struct take *t = malloc(sizeof *t);
	if (!t)
		return err_set(err, "out of memory"), NULL;
	arena_init(&t->arena, memory);
	ProtobufCAllocator allocator = {from_arena, to_arena, &t->arena};
	t->m = assay__take__unpack(&allocator, n, msg);
	if (!t->m)
		return err_set(err, "out of memory for a take of %zu bytes", n), take_free(t), NULL;
	t->arena.budget = t->arena.used + GROWTH;
	return t;
}

struct take *
take_copy(const struct take *t, struct err *err)
{
	const size_t n = assay__take__get_packed_size(t->m);
	uint8_t *buf = malloc(n ? n : 1);
	if (!buf)
		return err_set(err, "out of memory"), NULL;
	assay__take__pack(t->m, buf);
	struct take *copy = take_unpack(buf, n, err);
	free(buf);
	return copy;
}

int
take_read(struct reader *r, struct take **t, struct err *err)
{
	const uint8_t *msg;
	size_t n;
	const int got = reader_next(r, &msg, &n, err);
	if (got <= 0)
		return got;
	*t = take_unpack(msg, n, err);
	if (!*t)
		return err_prefix(err, "%s: the message at %s %llu is no take", reader_name(r), reader_unit(r),
		    (unsigned long long)reader_offset(r));
	return 1;
}

int
take_queue(struct writer *w, const struct take *t, struct err *err)
{
	/* An empty message would read as the end of a ZeroMQ stream: this is an
	   empty take too, with its id written out. */
	static const uint8_t empty[] = {1 << 3 | 2, 0};
	const size_t n = assay__take__get_packed_size(t->m);
	uint8_t *room = writer_reserve(w, n ? n : sizeof empty, err);
	if (!room)
		return -1;
	if (n)
		assay__take__pack(t->m, room);
	else
		memcpy(room, empty, sizeof empty);
	return writer_commit(w, n ? n : sizeof empty, err);
}

int
take_write(struct writer *w, const struct take *t, struct err *err)
{
	if (take_queue(w, t, err) < 0)
		return -1;
	return writer_pending(w) >= 256 * 1024 ? writer_flush(w, err) : 0;
}

/* --- the parts of a take ------------------------------------------------------------- */

int
take_set_audio(struct take *t, const float *samples, uint32_t rate, uint32_t channels, uint64_t frames,
    const uint8_t *hash, struct err *err)
{
	struct arena *a = &t->arena;
	Assay__Audio *m = MESSAGE(a, Assay__Audio, assay__audio__init);
	size_t n, bytes;
	if (__builtin_mul_overflow((size_t)frames, channels, &n) || __builtin_mul_overflow(n, sizeof(float), &bytes))
		return err_set(err, "%llu frames of %u channels are too many", (unsigned long long)frames, channels);
	if (!m || !(m->samples = arena_memdup(a, samples, bytes)) || !(m->hash.data = arena_alloc(a, HASH_SIZE)))
		return no_memory(err);
	m->rate = rate;
	m->channels = channels;
	m->frames = frames;
	m->n_samples = n;
	m->hash.len = HASH_SIZE;
	if (hash)
		memcpy(m->hash.data, hash, HASH_SIZE);
	else
		hash_samples(m->samples, n, m->hash.data);
	t->m->audio = m;
	return 0;
}

bool
take_has_audio(const struct take *t)
{
	const Assay__Audio *a = t->m->audio;
	return a && a->rate && a->channels && a->n_samples && a->n_samples % a->channels == 0
	    && a->frames == a->n_samples / a->channels;
}

static Assay__Tensor *
tensor_named(const struct take *t, const char *name)
{
	for (size_t i = 0; i < t->m->n_features; i++)
		if (!strcmp(t->m->features[i]->name, name))
			return t->m->features[i];
	return NULL;
}

Assay__Tensor *
take_tensor(const struct take *t, const char *name)
{
	Assay__Tensor *m = tensor_named(t, name);
	size_t n;
	if (!m || __builtin_mul_overflow((size_t)m->channels * m->frames, m->columns, &n) || n != m->n_data)
		return NULL;
	return m;
}

/* Makes room for one more pointer at the end of a repeated field. */
#define GROW(t, field)                                                                                \
	({                                                                                            \
		void *grown = arena_array(&(t)->arena, (t)->m->n_##field + 1, sizeof *(t)->m->field);       \
		if (grown && (t)->m->n_##field)                                                         \
			memcpy(grown, (t)->m->field, (t)->m->n_##field * sizeof *(t)->m->field);             \
		if (grown)                                                                            \
			(t)->m->field = grown;                                                          \
		grown;                                                                                \
	})

Assay__Tensor *
take_add_tensor(struct take *t, const char *name, uint32_t channels, uint32_t frames, uint32_t columns, struct err *err)
{
	struct arena *a = &t->arena;
	Assay__Tensor *m = tensor_named(t, name);
	if (!m) {
		m = MESSAGE(a, Assay__Tensor, assay__tensor__init);
		if (!m || !(m->name = name_in(a, name)) || !GROW(t, features))
			return no_memory(err), NULL;
		t->m->features[t->m->n_features++] = m;
	}
	size_t n;
	if (__builtin_mul_overflow((size_t)channels * frames, columns, &n) || !(m->data = arena_array(a, n, sizeof(float))))
		return no_memory(err), NULL;
	m->channels = channels;
	m->frames = frames;
	m->columns = columns;
	m->n_data = n;
	return m;
}

int
take_set_score(struct take *t, const char *term, double value, double weight, const char *why, struct err *err)
{
	Assay__Score *m = NULL;
	for (size_t i = 0; i < t->m->n_scores; i++)
		if (!strcmp(t->m->scores[i]->term, term))
			m = t->m->scores[i];
	if (!m) {
		m = MESSAGE(&t->arena, Assay__Score, assay__score__init);
		if (!m || !(m->term = name_in(&t->arena, term)) || !GROW(t, scores))
			return no_memory(err);
		t->m->scores[t->m->n_scores++] = m;
	}
	m->value = value;
	m->weight = weight;
	m->why = name_in(&t->arena, why);
	return m->why ? 0 : no_memory(err);
}

Assay__Origin *
take_origin(struct take *t)
{
	if (!t->m->origin)
		t->m->origin = MESSAGE(&t->arena, Assay__Origin, assay__origin__init);
	return t->m->origin;
}

void
take_fail(struct take *t, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	char *copy = arena_strdup(&t->arena, text);
	t->m->error = copy ? copy : "out of memory";
}

const char *
take_label(const struct take *t, char text[HASH_HEX])
{
	if (*t->m->key)
		return t->m->key;
	if (!t->m->id.len)
		return "(no id)";
	return hash_hex(t->m->id.data, t->m->id.len < 6 ? t->m->id.len : 6, text);
}
