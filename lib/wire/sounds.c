/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/sounds.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "feature/summary.h"
#include "wire/take.h"

#define MAX_SAMPLES ((uint64_t)1 << 29)

static struct named_sound *
add(struct sounds *s, const struct sound *sound, const char *name, struct err *err)
{
	uint64_t total = sound->frames * sound->channels;
	for (size_t i = 0; i < s->n; i++)
		total += s->item[i].sound.frames * s->item[i].sound.channels;
	if (total > MAX_SAMPLES)
		return err_set(err, "'%s': more sound than two GiB in all", name), NULL;
	struct named_sound *item = realloc(s->item, (s->n + 1) * sizeof *item);
	if (item)
		s->item = item;
	char *copy = strdup(name);
	if (!item || !copy) {
		free(copy);
		return err_set(err, "out of memory"), NULL;
	}
	item[s->n] = (struct named_sound){.sound = *sound, .name = copy};
	return &item[s->n++];
}

static int
add_file(struct sounds *s, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct sound sound = {0};
	if (sound_read(path, &sound, err) < 0)
		return -1;
	if (!add(s, &sound, slash ? slash + 1 : path, err)) {
		sound_free(&sound);
		return -1;
	}
	return 0;
}

static int
add_folder(struct sounds *s, const char *path, struct err *err)
{
	struct dirent **list;
	const int n = scandir(path, &list, NULL, alphasort);
	if (n < 0)
		return err_errno(err, "cannot read folder '%s'", path);
	const size_t had = s->n;
	struct err why = {"it is empty"};
	for (int i = 0; i < n; i++) {
		char file[4096];
		struct stat st;
		const int length = snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && length < (int)sizeof file && !stat(file, &st) && S_ISREG(st.st_mode))
			add_file(s, file, &why); /* a read-me beside the loops is no fault */
		free(list[i]);
	}
	free(list);
	return s->n > had ? 0 : err_set(err, "no sound in folder '%s': %s", path, why.text);
}

static int
add_take(struct sounds *s, const struct take *t, struct err *err)
{
	const Assay__Audio *a = t->m->audio;
	const uint64_t n = a->frames * a->channels;
	char text[HASH_HEX];
	const char *name = take_label(t, text);
	for (uint64_t i = 0; i < n; i++)
		if (!isfinite(a->samples[i]))
			return err_set(err, "'%s': sample %llu is not finite", name, (unsigned long long)i);
	struct sound sound = {malloc(n * sizeof(float)), a->rate, a->channels, a->frames};
	struct named_sound *item = sound.x ? add(s, &sound, name, err) : NULL;
	if (!item) {
		if (!sound.x)
			err_set(err, "out of memory");
		sound_free(&sound);
		return -1;
	}
	memcpy(sound.x, a->samples, n * sizeof(float));
	if (t->m->id.len == sizeof item->id)
		memcpy(item->id, t->m->id.data, sizeof item->id);
	const Assay__Tensor *summary = take_tensor(t, SUMMARY_NAME);
	if (summary && summary->n_data && (item->summary = malloc(summary->n_data * sizeof(float)))) {
		item->n_summary = summary->n_data;
		memcpy(item->summary, summary->data, summary->n_data * sizeof(float));
	}
	return 0;
}

static int
add_takes(struct sounds *s, const char *where, struct err *err)
{
	struct reader *r = reader_open(where, err);
	if (!r)
		return -1;
	struct take *t;
	const size_t had = s->n;
	int got, bad = 0;
	while (!bad && (got = take_read(r, &t, err)) > 0) {
		if (!*t->m->error && take_has_audio(t))
			bad = add_take(s, t, err);
		take_free(t);
	}
	reader_free(r);
	if (bad || got < 0)
		return -1;
	return s->n > had ? 0 : err_set(err, "no take in '%s' carries sound", where);
}

int
sounds_add(struct sounds *s, const char *where, struct err *err)
{
	struct stat st;
	struct err audio, takes;
	const bool there = !stat(where, &st);
	if (there && S_ISDIR(st.st_mode))
		return add_folder(s, where, err);
	if (!there || !S_ISREG(st.st_mode)) {
		if (!strcmp(where, "-") || strstr(where, "://") || there)
			return add_takes(s, where, err);
		return err_errno(err, "cannot open '%s'", where);
	}
	/* What a file is, its content says; takes have no mark, so audio is asked first
	   unless the name speaks for takes. */
	const char *dot = strrchr(where, '.');
	const bool named = dot && !strcmp(dot, ".takes");
	if (!named && !add_file(s, where, &audio))
		return 0;
	if (!add_takes(s, where, &takes))
		return 0;
	return named ? err_set(err, "%s", takes.text) : err_set(err, "%s", audio.text);
}

void
sounds_free(struct sounds *s)
{
	for (size_t i = 0; i < s->n; i++) {
		sound_free(&s->item[i].sound);
		free(s->item[i].name);
		free(s->item[i].summary);
	}
	free(s->item);
	*s = (struct sounds){0};
}
