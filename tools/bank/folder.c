/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank find --samples: files of a folder by how they sound. */
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "feature/key.h"
#include "feature/onsets.h"
#include "feature/tempo.h"
#include "listen.h"

/* What nftw's callback adds to. */
static struct {
	const struct ask *ask;
	struct analysis *analysis;
	struct cache *cache;
	struct hits hits;
	struct err *err;
} walk;

static void
id_of(const char *path, const struct stat *st, uint8_t id[HASH_SIZE])
{
	char *real = realpath(path, NULL);
	struct hash h;
	hash_init(&h);
	hash_string(&h, real ? real : path);
	hash_u64(&h, (uint64_t)st->st_size);
	hash_u64(&h, (uint64_t)st->st_mtim.tv_sec);
	hash_u64(&h, (uint64_t)st->st_mtim.tv_nsec);
	hash_final(&h, id);
	free(real);
}

/* Tempo and key of the mean of the channels; none where they are not to be found. */
static void
listen_on(const struct sound *s, struct heard_before *h)
{
	struct err why;
	struct envelope e;
	struct tempo tempo;
	struct key key;
	float *x = malloc(s->frames * sizeof *x);
	h->bpm = 0;
	h->key = KEY_NONE;
	if (!x)
		return;
	for (uint64_t i = 0; i < s->frames; i++) {
		double sum = 0;
		for (uint32_t c = 0; c < s->channels; c++)
			sum += s->x[i * s->channels + c];
		x[i] = (float)(sum / s->channels);
	}
	if (key_find(x, s->frames, s->rate, &key, &why) == 0)
		h->key = key.key;
	/* shorter ones are no loops */
	if (s->frames > s->rate && envelope_init(&e, x, s->frames, s->rate, &why) == 0) {
		if (tempo_find(&e, s->frames, 0, &tempo, &why) == 0 && tempo.confidence >= 0.3)
			h->bpm = (float)tempo.bpm;
		envelope_release(&e);
	}
	free(x);
}

/* From the cache, or by listening. NULL: no sound, or nothing that can be heard. */
static const struct heard_before *
hear(const char *path, const struct stat *st)
{
	const bool more = walk.ask->words.bpm > 0 || walk.ask->words.tonic >= 0;
	struct sound s;
	struct err why;
	uint8_t id[HASH_SIZE];
	id_of(path, st, id);
	struct heard_before *h = cache_find(walk.cache, id);
	if (h && (!more || h->key != -2))
		return h;
	if (sound_read(path, &s, &why) < 0) {
		talk_verbose("%s", why.text); /* a read-me beside the samples is no fault */
		return NULL;
	}
	float x[SUMMARY_COLUMNS];
	if (!h && summary_of(walk.analysis, s.x, s.rate, s.channels, s.frames, x, &why) < 0)
		talk_warning("'%s': %s", path, why.text);
	else if (!h && (h = cache_add(walk.cache, id)))
		memcpy(h->summary, x, sizeof x);
	if (h && more) {
		listen_on(&s, h);
		cache_changed(walk.cache);
	}
	sound_free(&s);
	return h;
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (interrupted())
		return 1;
	if (type != FTW_F || path[at->base] == '.')
		return 0;
	const struct heard_before *heard = hear(path, st);
	if (!heard)
		return 0;
	struct hit *h = hits_more(&walk.hits, walk.err);
	if (!h || !(h->path = strdup(path)))
		return err_set(walk.err, "out of memory for '%s'", path);
	memcpy(h->summary, heard->summary, sizeof h->summary);
	told_by_name(&h->told, h->path + at->base);
	if (!(h->told.bpm > 0) && heard->bpm > 0)
		h->told.bpm = heard->bpm;
	if (h->told.key < 0 && heard->key >= 0)
		h->told.key = heard->key;
	h->distance = far_from(walk.ask, h->summary, &h->told, NULL, 0);
	return 0;
}

static double
cents(double x, double per_unit)
{
	return floor(x * per_unit + 0.5) / per_unit;
}

static void
print_hits(const struct ask *a, const struct hits *hits, uint64_t limit)
{
	struct table *t = table_new(stdout, set.json);
	table_column(t, "distance");
	for (size_t k = 0; k < ASPECTS; k++)
		table_column(t, aspect_names[k]);
	table_column(t, "file");
	table_column(t, "why");
	for (size_t i = 0; i < hits->n && (!limit || i < limit); i++) {
		const struct hit *h = &hits->item[i];
		double aspect[ASPECTS];
		char why[256];
		aspects_of(h->summary, aspect);
		far_from(a, h->summary, &h->told, why, sizeof why);
		table_cell(t, db_real(cents(h->distance, 1e4)));
		for (size_t k = 0; k < ASPECTS; k++)
			table_cell(t, db_real(cents(aspect[k], 100)));
		table_cell(t, db_text(h->path));
		table_cell(t, db_text(why));
	}
	table_free(t);
}

int
find_samples(const char *folder, const struct ask *a, uint64_t limit, struct err *err)
{
	walk.ask = a;
	walk.err = err;
	walk.analysis = analysis_new();
	walk.cache = cache_open();
	errno = 0;
	int got = walk.analysis && walk.cache ? nftw(folder, visit, 16, FTW_PHYS) : err_set(err, "out of memory");
	if (got < 0 && errno && !walk.hits.n)
		got = err_errno(err, "cannot read folder '%s'", folder);
	if (got == 0 && !walk.hits.n)
		got = err_set(err, "no sound in folder '%s'", folder);
	hits_sort(&walk.hits);
	if (got == 0)
		print_hits(a, &walk.hits, limit);
	for (size_t i = 0; i < walk.hits.n; i++)
		free(walk.hits.item[i].path);
	free(walk.hits.item);
	analysis_free(walk.analysis);
	cache_close(walk.cache);
	return got < 0 ? -1 : 0;
}
