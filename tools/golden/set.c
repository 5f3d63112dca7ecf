/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The members of a set. Samples stay in memory while they are few; of a large set they are read again when needed. */
#include <stdlib.h>
#include <string.h>

#include "golden.h"

#define ROOM ((size_t)256 << 20) /* bytes of samples */

struct member *
set_add(struct set *s, const char *path, struct take *t, struct sound *sound)
{
	if (s->n == s->room) {
		const size_t room = s->room ? 2 * s->room : 64;
		struct member *more = realloc(s->member, room * sizeof *more);
		if (!more)
			return NULL;
		s->member = more;
		s->room = room;
	}
	struct member *m = &s->member[s->n];
	*m = (struct member){.path = strdup(path), .t = t, .same = -1, .copy = -1, .nearest = -1};
	if (!m->path)
		return NULL;
	const size_t bytes = sound->frames * sound->channels * sizeof *sound->x;
	if (sound->x && bytes <= ROOM - s->kept) {
		m->sound = *sound;
		s->kept += bytes;
		*sound = (struct sound){0};
	}
	sound_free(sound);
	s->n++;
	return m;
}

static struct sound again; /* read last */
static size_t again_of = SIZE_MAX;

void
set_release(struct set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->member[i].path);
		take_free(s->member[i].t);
		sound_free(&s->member[i].sound);
	}
	free(s->member);
	sound_free(&again);
	*s = (struct set){0};
}

const struct sound *
set_sound(struct set *s, size_t i, const struct settings *how, struct err *err)
{
	struct member *m = &s->member[i];
	const Assay__Audio *was = m->t->m->audio;
	struct sound *to = &again;
	uint8_t hash[HASH_SIZE];
	if (m->sound.x)
		return &m->sound;
	if (again.x && again_of == i)
		return &again;
	const double bytes = (double)was->frames * was->channels * sizeof(float);
	if (bytes <= (double)(ROOM - s->kept)) {
		to = &m->sound;
		s->kept += (size_t)bytes;
	} else {
		sound_free(&again);
		again_of = i;
	}
	*to = (struct sound){0};
	int got = sound_read(m->path, to, err);
	if (got == 0 && how->rate > 0)
		got = sound_resample(to, (uint32_t)how->rate, err);
	if (got == 0) {
		hash_samples(to->x, to->frames * to->channels, hash);
		if (was->hash.len == HASH_SIZE && !memcmp(was->hash.data, hash, HASH_SIZE))
			return to;
		err_set(err, "'%s' has changed since it was heard", m->path);
	}
	sound_free(to);
	*to = (struct sound){0};
	return NULL;
}
