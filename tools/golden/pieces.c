/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices as takes of their own, and takes as sound files. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

#define FADE 0.005 /* seconds at the end of a slice, so that the cut does not click */

static int
piece_send(struct analysis *a, const struct take *loop, const struct sound *whole, size_t number, take_sink *sink,
    struct err *err)
{
	const Assay__Slice *s = loop->m->loop->slices[number];
	const size_t channels = whole->channels, fade = (size_t)(FADE * whole->rate);
	struct take *t = take_new();
	struct sound cut = {malloc((s->length ? s->length : 1) * channels * sizeof(float)), whole->rate, whole->channels, s->length};
	Assay__Origin *origin = t ? take_origin(t) : NULL;
	Assay__Loop *m = t ? loop_new(t, 1) : NULL;
	int got = -1;
	if (s->start > whole->frames || s->length > whole->frames - s->start) {
		err_set(err, "%s: slice %zu lies beyond its end", loop->m->key, number);
	} else if (cut.x && origin && m && (origin->parents = arena_array(&t->arena, 1, sizeof *origin->parents))
	    && (t->m->key = arena_printf(&t->arena, "%s#%zu", loop->m->key, number))) {
		memcpy(cut.x, whole->x + s->start * channels, s->length * channels * sizeof(float));
		for (size_t i = 0; i < fade && i < s->length; i++)
			for (size_t c = 0; c < channels; c++)
				cut.x[(s->length - 1 - i) * channels + c] *= (float)i / (float)fade;
		origin->parents[origin->n_parents++] = loop->m->id;
		origin->file = loop->m->origin->file;
		m->tempo = loop->m->loop->tempo;
		m->confidence = loop->m->loop->confidence;
		m->beats = (double)s->length / whole->rate * m->tempo / 60;
		*m->slices[0] = *s;
		m->slices[0]->start = 0;
		got = take_set_audio(t, cut.x, cut.rate, cut.channels, cut.frames, NULL, err);
		if (got == 0)
			got = take_identify(t, err);
		if (got == 0)
			got = add_summary(a, t, err);
		if (got == 0)
			got = sink(t, err);
	} else {
		err_set(err, "out of memory");
	}
	sound_free(&cut);
	take_free(t);
	return got;
}

int
pieces_send(struct analysis *a, const struct take *loop, const struct sound *sound, bool all, take_sink *sink,
    struct err *err)
{
	const Assay__Loop *m = loop->m->loop;
	uint32_t kinds = 1;
	for (size_t i = 0; i < m->n_slices && !all; i++)
		kinds = m->slices[i]->kind >= kinds ? m->slices[i]->kind + 1 : kinds;
	for (uint32_t k = 0; k < kinds; k++)
		for (size_t i = 0; i < m->n_slices; i++)
			if ((all || (m->slices[i]->exemplar && m->slices[i]->kind == k))
			    && piece_send(a, loop, sound, i, sink, err) < 0)
				return -1;
	return 0;
}

/* --- files -------------------------------------------------------------------------------------- */

/* Names that were written, sorted by nothing: a set has hundreds. */
static char **written;
static size_t n_written;

static bool
is_written(const char *path)
{
	for (size_t i = 0; i < n_written; i++)
		if (!strcmp(written[i], path))
			return true;
	return false;
}

int
piece_wav(const char *folder, const struct take *t, struct err *err)
{
	const Assay__Audio *a = t->m->audio;
	char id[HASH_HEX], comment[512], path[PATH_MAX], name[200];
	if (!take_has_audio(t))
		return err_set(err, "%s: its samples are not there", t->m->key);
	snprintf(name, sizeof name, "%s", *t->m->key ? t->m->key : "take");
	for (char *p = name; *p; p++)
		if (*p == '/' || iscntrl((unsigned char)*p))
			*p = '_';
	if (*name == '.')
		*name = '_';
	for (int copy = 1; copy == 1 || is_written(path); copy++) {
		const int n = copy == 1 ? snprintf(path, sizeof path, "%s/%s.wav", folder, name)
		                        : snprintf(path, sizeof path, "%s/%s-%d.wav", folder, name, copy);
		if (n < 0 || (size_t)n >= sizeof path)
			return err_set(err, "'%s/%s.wav': the name is too long", folder, name);
	}
	char **more = realloc(written, (n_written + 1) * sizeof *more);
	if (!more || !(more[n_written] = strdup(path)))
		return err_set(err, "out of memory");
	written = more;
	n_written++;
	hash_hex(t->m->id.data, t->m->id.len < HASH_SIZE ? t->m->id.len : HASH_SIZE, id);
	int n = snprintf(comment, sizeof comment, "id %s", id);
	if (t->m->origin->n_parents) {
		hash_hex(t->m->origin->parents[0].data, HASH_SIZE, id);
		n += snprintf(comment + n, sizeof comment - (size_t)n, "; of %s", id);
	}
	snprintf(comment + n, sizeof comment - (size_t)n, "; file %.200s", t->m->origin->file);
	const struct sound s = {a->samples, a->rate, a->channels, a->frames};
	const struct sound_tags tags = {.title = t->m->key, .software = "assay golden", .comment = comment};
	return sound_write(path, &s, 0, &tags, err);
}
