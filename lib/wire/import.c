/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/import.h"

#include <string.h>

int
take_name(struct take *t, const char *path)
{
	Assay__Origin *origin = take_origin(t);
	const char *name = strrchr(path, '/');
	char *key;
	if (!origin || !(origin->file = arena_strdup(&t->arena, path))
	    || !(key = arena_strdup(&t->arena, name && name[1] ? name + 1 : path)))
		return -1;
	char *dot = strrchr(key, '.');
	if (dot && dot != key)
		*dot = 0;
	t->m->key = key;
	return 0;
}

static struct take *
named(const char *path)
{
	struct take *t = take_new();
	if (t && take_name(t, path) == 0)
		return t;
	take_free(t);
	return NULL;
}

struct take *
take_import_failed(const char *path, const char *why)
{
	struct take *t = named(path);
	if (t)
		take_fail(t, "%s", why);
	return t;
}

struct take *
take_import(const struct sound *s, const char *path)
{
	struct take *t = named(path);
	struct err err;
	Assay__Audio *m = t ? arena_alloc(&t->arena, sizeof *m) : NULL;
	uint8_t *hash = m ? arena_alloc(&t->arena, HASH_SIZE) : NULL;
	if (!hash)
		return take_free(t), NULL;
	assay__audio__init(m);
	m->rate = s->rate;
	m->channels = s->channels;
	m->frames = s->frames;
	m->n_samples = s->frames * s->channels;
	m->samples = s->x;
	m->hash = (ProtobufCBinaryData){HASH_SIZE, hash};
	hash_samples(s->x, m->n_samples, hash);
	t->m->audio = m;
	if (take_identify(t, &err) < 0)
		take_fail(t, "%s", err.text);
	return t;
}

bool
take_fit(struct take *t)
{
	Assay__Audio *a = t->m->audio;
	if (!a || !a->n_samples || assay__take__get_packed_size(t->m) <= STREAM_LIMIT)
		return false;
	a->n_samples = 0;
	a->samples = NULL;
	return true;
}
