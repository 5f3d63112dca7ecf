/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/assets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "audio/sound.h"
#include "wire/message.h"

/* --- files ----------------------------------------------------------------------- */

static uint32_t
little(const unsigned char *p, int n)
{
	uint32_t x = 0;
	while (n--)
		x = x << 8 | p[n];
	return x;
}

/* Frames of a cycle, where a WAV says so: "clm " holds "<!>2048 ...", "srge" a version and the
   number, "uhWT" says by being there that it is 2048. 0: none. */
static uint32_t
cycle_of(const char *path)
{
	unsigned char head[12], text[64];
	uint32_t cycle = 0;
	FILE *f = fopen(path, "rbe");
	if (!f || fread(head, 12, 1, f) != 1 || memcmp(head, "RIFF", 4) || memcmp(head + 8, "WAVE", 4)) {
		if (f)
			fclose(f);
		return 0;
	}
	for (int chunks = 0; chunks < 256 && !cycle && fread(head, 8, 1, f) == 1; chunks++) {
		const uint32_t size = little(head + 4, 4);
		const size_t want = size < sizeof text - 1 ? size : sizeof text - 1;
		const bool known = !memcmp(head, "clm ", 4) || !memcmp(head, "srge", 4) || !memcmp(head, "uhWT", 4);
		if (known && fread(text, 1, want, f) == want) {
			unsigned x = 0;
			text[want] = 0;
			if (head[0] == 'c')
				cycle = sscanf((const char *)text, "<!>%5u", &x) == 1 ? x : 0;
			else if (head[0] == 's')
				cycle = want >= 8 ? little(text + 4, 4) : 0;
			else
				cycle = 2048;
			break;
		}
		if (known || fseek(f, (long)size + (size & 1), SEEK_CUR) < 0)
			break;
	}
	fclose(f);
	return cycle <= ASSET_CYCLE ? cycle : 0;
}

/* "vawt", points of a cycle (4 bytes), cycles (2), flags (2): 4 says 16-bit numbers, 8 that
   they use all 16 bits; else floats follow. */
static struct asset *
read_wt(FILE *f, struct err *err)
{
	unsigned char head[12], raw[4];
	if (fread(head, 12, 1, f) != 1 || memcmp(head, "vawt", 4))
		return err_set(err, "not a '.wt' wavetable: it does not begin with 'vawt'"), NULL;
	const uint32_t size = little(head + 4, 4), count = little(head + 8, 2), flags = little(head + 10, 2);
	const size_t wide = flags & 4 ? 2 : 4;
	if (size < 2 || size > 4096 || count < 1 || count > 512)
		return err_set(err, "%u cycles of %u points are not 1 to 512 of 2 to 4096", count, size), NULL;
	struct asset *a = asset_new(44100, 1, (uint64_t)size * count, size, err);
	for (size_t i = 0; a && i < a->frames; i++) {
		if (fread(raw, wide, 1, f) != 1) {
			asset_free(a);
			return err_set(err, "breaks off in cycle %zu of %u", i / size, count), NULL;
		}
		const uint32_t bits = little(raw, (int)wide);
		if (wide == 2)
			a->x[i] = (float)(int16_t)bits / (flags & 8 ? 32768.0f : 16384.0f);
		else
			memcpy(&a->x[i], &bits, sizeof bits);
	}
	return a;
}

static struct asset *
read_sound(const char *path, struct err *err)
{
	struct sound s;
	if (sound_read(path, &s, err) < 0)
		return NULL;
	struct asset *a = asset_new(s.rate, s.channels, s.frames, cycle_of(path), err);
	if (!a)
		err_prefix(err, "cannot play '%s'", path);
	for (uint32_t c = 0; a && c < s.channels; c++)
		for (uint64_t i = 0; i < s.frames; i++)
			a->x[c * s.frames + i] = s.x[i * s.channels + c];
	sound_free(&s);
	return a;
}

static int
read_one(const char *path, struct asset_ref *ref, struct arena *arena, struct err *err)
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
	struct asset *a = NULL;
	if (dot && !strcasecmp(dot, ".wt")) {
		FILE *f = fopen(path, "rbe");
		if (!f)
			return err_errno(err, "cannot open '%s'", path);
		a = read_wt(f, err);
		fclose(f);
		if (!a)
			return err_prefix(err, "cannot read '%s'", path);
	} else if (!(a = read_sound(path, err)))
		return -1;
	const struct asset *kept = asset_keep(a, err);
	if (!kept)
		return err_prefix(err, "cannot play '%s'", path);
	memcpy(ref->hash, kept->hash, HASH_SIZE);
	ref->name = arena_strdup(arena, slash ? slash + 1 : path);
	return ref->name ? asset_save(kept, err) : no_memory(err);
}

/* The order of bytes, which no locale changes. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_folder(const char *path, struct asset_ref *refs, size_t *n, struct arena *a, struct err *err)
{
	struct dirent **list;
	const int count = scandir(path, &list, NULL, by_name);
	struct err why = {"it is empty"};
	int status = count < 0 ? err_errno(err, "cannot read folder '%s'", path) : 0;
	*n = 0;
	for (int i = 0; i < count; i++) {
		char file[4096];
		struct stat st;
		const int length = snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
		if (!status && list[i]->d_name[0] != '.' && length < (int)sizeof file && !stat(file, &st) && S_ISREG(st.st_mode)) {
			struct asset_ref ref;
			if (read_one(file, &ref, a, &why) < 0) {
				/* a read-me beside the sounds is no fault */
			} else if (*n == NODE_MAX_SOUNDS)
				status = err_set(err, "folder '%s' holds more than %d sounds", path, NODE_MAX_SOUNDS);
			else
				refs[(*n)++] = ref;
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	return status < 0 || *n ? status : err_set(err, "no sound in folder '%s': %s", path, why.text);
}

int
asset_read_files(const char *path, struct asset_ref **refs, size_t *n, struct arena *a, struct err *err)
{
	struct stat st;
	if (!(*refs = arena_array(a, NODE_MAX_SOUNDS, sizeof **refs)))
		return no_memory(err);
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return read_folder(path, *refs, n, a, err);
	*n = 1;
	return read_one(path, *refs, a, err);
}

/* --- takes ------------------------------------------------------------------------- */

const struct asset *
asset_from_message(const Assay__Asset *m, struct err *err)
{
	if (m->hash.len != HASH_SIZE)
		return err_set(err, "a sound that was given along has a hash of %zu bytes, not %d", m->hash.len, HASH_SIZE), NULL;
	const struct asset *known = asset_known(m->hash.data);
	if (known)
		return known;
	struct asset *a = asset_new(m->rate, m->channels, m->frames, m->cycle, err);
	if (!a)
		return err_prefix(err, "a sound that was given along"), NULL;
	if (m->n_samples != m->frames * m->channels) {
		asset_free(a);
		return err_set(err, "a sound that was given along has %zu samples, not %llu", m->n_samples,
		    (unsigned long long)(m->frames * m->channels)), NULL;
	}
	memcpy(a->x, m->samples, m->n_samples * sizeof *a->x);
	if (!(known = asset_keep(a, err)))
		return err_prefix(err, "a sound that was given along"), NULL;
	if (memcmp(known->hash, m->hash.data, HASH_SIZE))
		return err_set(err, "a sound that was given along is not what its hash says"), NULL;
	return known;
}

Assay__Asset *
asset_to_message(const struct asset *s, struct arena *a, struct err *err)
{
	Assay__Asset *m = MESSAGE(a, Assay__Asset, assay__asset__init);
	if (!m)
		return no_memory(err), NULL;
	m->rate = s->rate;
	m->channels = s->channels;
	m->frames = s->frames;
	m->cycle = s->cycle;
	m->n_samples = s->frames * s->channels;
	m->samples = s->x;
	m->hash = (ProtobufCBinaryData){HASH_SIZE, (uint8_t *)s->hash};
	return m;
}

int
take_unpack_sounds(struct take *t, struct err *err)
{
	for (size_t i = 0; i < t->m->n_sounds; i++)
		if (!asset_from_message(t->m->sounds[i], err))
			return -1;
	return 0;
}

bool
take_names_sounds(const struct take *t)
{
	for (size_t p = 0; p < t->m->n_parts; p++)
		for (size_t i = 0; t->m->parts[p]->patch && i < t->m->parts[p]->patch->n_nodes; i++)
			if (t->m->parts[p]->patch->nodes[i]->n_sounds)
				return true;
	return false;
}

static bool
has_sound(const Take *m, const uint8_t *hash)
{
	for (size_t i = 0; i < m->n_sounds; i++)
		if (m->sounds[i]->hash.len == HASH_SIZE && !memcmp(m->sounds[i]->hash.data, hash, HASH_SIZE))
			return true;
	return false;
}

int
take_pack_sounds(struct take *t, struct err *err)
{
	struct recipe r;
	size_t most = t->m->n_sounds;
	if (take_recipe(t, &r, err) < 0)
		return -1;
	for (size_t p = 0; p < r.n_parts; p++)
		for (size_t i = 0; i < r.parts[p].patch.n_nodes; i++)
			most += r.parts[p].patch.nodes[i].n_sounds;
	Assay__Asset **all = arena_array(&t->arena, most, sizeof *all);
	if (!all)
		return no_memory(err);
	if (t->m->n_sounds)
		memcpy(all, t->m->sounds, t->m->n_sounds * sizeof *all);
	t->m->sounds = all;
	for (size_t p = 0; p < r.n_parts; p++)
		for (size_t i = 0; i < r.parts[p].patch.n_nodes; i++) {
			const struct node *node = &r.parts[p].patch.nodes[i];
			for (size_t k = 0; k < node->n_sounds; k++) {
				if (has_sound(t->m, node->sounds[k].hash))
					continue;
				const struct asset *s = asset_find(node->sounds[k].hash, node->sounds[k].name, err);
				Assay__Asset *m = s ? asset_to_message(s, &t->arena, err) : NULL;
				/* the cache may drop what the take still holds */
				if (!m || !(m->samples = arena_memdup(&t->arena, s->x, m->n_samples * sizeof *s->x))
				    || !(m->hash.data = arena_memdup(&t->arena, s->hash, HASH_SIZE)))
					return m ? no_memory(err) : -1;
				all[t->m->n_sounds++] = m;
			}
		}
	if (assay__take__get_packed_size(t->m) > STREAM_LIMIT)
		return err_set(err, "with its sounds the take has over %d MiB, which no stream carries: copy the folder of "
		                    "sounds instead", STREAM_LIMIT >> 20);
	return 0;
}
