/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank find --words, --aspect, --samples: takes and files by how they sound. */
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "score/words.h"
#include "verbs.h"

/* Whether a column of the summary is about the aspect. */
static bool
counts(const char *aspect, const char *label)
{
	static const char *const envelope[] = {"duration", "crest", "attack", "temporal_centroid", "sustain", "level_std", NULL};
	static const char *const rhythm[] = {"onset_mean", "onset_std", "flux_mean", "flux_std", NULL};
	static const char *const timbre[] = {"centroid", "bandwidth", "rolloff", "flatness", "zcr", "mfcc", NULL};
	const char *const *list = !strcmp(aspect, "envelope") ? envelope : !strcmp(aspect, "rhythm") ? rhythm : timbre;
	for (; *list; list++)
		if (!strncmp(label, *list, strlen(*list)))
			return true;
	return false;
}

bool
aspect_known(const char *name)
{
	return !strcmp(name, "timbre") || !strcmp(name, "rhythm") || !strcmp(name, "envelope");
}

/* How far a summary is from what is asked for: words, or another summary (x) in an aspect (or all). */
static double
far(const struct ask *a, const float *summary, const char *name)
{
	if (a->words.n)
		return 1 - words_fit(&a->words, summary, name);
	double sum = 0;
	for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
		if (!set.aspect || counts(set.aspect, summary_columns[i].label))
			sum += ((double)summary[i] - a->x[i]) * ((double)summary[i] - a->x[i]);
	return sqrt(sum);
}

/* --- the bank ---------------------------------------------------------------------------- */

struct hit {
	double distance;
	uint8_t id[HASH_SIZE];
	char *path; /* of a file, owned */
	float summary[SUMMARY_COLUMNS];
};

struct hits {
	struct hit *item;
	size_t n, room;
};

static struct hit *
more(struct hits *h, struct err *err)
{
	if (h->n == h->room) {
		const size_t room = h->room ? 2 * h->room : 256;
		struct hit *item = realloc(h->item, room * sizeof *item);
		if (!item)
			return err_set(err, "out of memory for %zu sounds", room), NULL;
		h->item = item;
		h->room = room;
	}
	h->item[h->n] = (struct hit){0};
	return &h->item[h->n++];
}

static int
nearer(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return x->path ? strcmp(x->path, y->path) : memcmp(x->id, y->id, HASH_SIZE);
}

static int
compare_id(const void *a, const void *b)
{
	return memcmp(a, b, HASH_SIZE);
}

int
find_by_ear(struct bank *b, const struct ask *a, struct bank_ids *among, uint64_t limit, struct bank_ids *ids,
    struct err *err)
{
	const struct db_driver *d = db_driver(bank_db(b));
	const struct db_value v[] = {db_text(SUMMARY_NAME), db_int(SUMMARY_COLUMNS)};
	struct hits hits = {0};
	int got = -1;
	*ids = (struct bank_ids){0};
	if (among && among->n)
		qsort(among->id, among->n, HASH_SIZE, compare_id);
	struct db_query *q = d->query(bank_db(b),
	    "SELECT take, channels, data FROM summary WHERE name = ?1 AND columns = ?2", v, 2, false, err);
	while (q && (got = d->step(q, err)) > 0) {
		const struct db_value id = d->column(q, 0), data = d->column(q, 2);
		float x[SUMMARY_COLUMNS];
		if (id.n != HASH_SIZE || d->column(q, 1).i != 1 || data.n != sizeof x
		    || (among && (!among->n || !bsearch(id.p, among->id, among->n, HASH_SIZE, compare_id))))
			continue;
		memcpy(x, data.p, sizeof x);
		const double distance = far(a, x, NULL);
		struct hit *h = isfinite(distance) ? more(&hits, err) : NULL;
		if (!h && isfinite(distance)) {
			got = -1;
			break;
		}
		if (h) {
			h->distance = distance;
			memcpy(h->id, id.p, HASH_SIZE);
		}
	}
	d->end(q);
	const size_t n = limit && limit < hits.n ? (size_t)limit : hits.n;
	if (got == 0) {
		ids->id = calloc(n + 1, HASH_SIZE);
		ids->distance = calloc(n + 1, sizeof *ids->distance);
		if (!ids->id || !ids->distance)
			got = err_set(err, "out of memory for %zu takes", n);
	}
	if (got == 0 && hits.n)
		qsort(hits.item, hits.n, sizeof *hits.item, nearer);
	for (size_t i = 0; got == 0 && i < n; i++, ids->n++) {
		memcpy(ids->id[i], hits.item[i].id, HASH_SIZE);
		ids->distance[i] = (float)hits.item[i].distance;
	}
	free(hits.item);
	return got;
}

/* --- folders ----------------------------------------------------------------------------- */

/* What nftw's callback adds to. */
static struct {
	const struct ask *ask;
	struct analysis *analysis;
	struct hits hits;
	struct err *err;
} walk;

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	struct sound s;
	struct err why;
	float x[SUMMARY_COLUMNS];
	if (interrupted())
		return 1;
	if (type != FTW_F || path[at->base] == '.')
		return 0;
	if (sound_read(path, &s, &why) < 0) {
		talk_verbose("%s", why.text); /* a read-me beside the samples is no fault */
		return 0;
	}
	const int got = summary_of(walk.analysis, s.x, s.rate, s.channels, s.frames, x, &why);
	sound_free(&s);
	if (got < 0)
		return talk_warning("'%s': %s", path, why.text), 0;
	struct hit *h = more(&walk.hits, walk.err);
	if (!h || !(h->path = strdup(path)))
		return err_set(walk.err, "out of memory for '%s'", path);
	h->distance = far(walk.ask, x, path + at->base);
	memcpy(h->summary, x, sizeof x);
	return 0;
}

static double
cents(double x, double parts)
{
	return floor(x * parts + 0.5) / parts;
}

int
find_samples(const char *folder, const struct ask *a, uint64_t limit, struct err *err)
{
	walk.ask = a;
	walk.err = err;
	walk.analysis = analysis_new();
	errno = 0;
	int got = walk.analysis ? nftw(folder, visit, 16, FTW_PHYS) : err_set(err, "out of memory");
	if (got < 0 && errno && !walk.hits.n)
		got = err_errno(err, "cannot read folder '%s'", folder);
	if (got == 0 && !walk.hits.n)
		got = err_set(err, "no sound in folder '%s'", folder);
	if (walk.hits.n)
		qsort(walk.hits.item, walk.hits.n, sizeof *walk.hits.item, nearer);
	struct table *t = table_new(stdout, set.json);
	table_column(t, "distance");
	for (size_t k = 0; k < ASPECTS; k++)
		table_column(t, aspect_names[k]);
	table_column(t, "file");
	for (size_t i = 0; got == 0 && i < walk.hits.n && (!limit || i < limit); i++) {
		const struct hit *h = &walk.hits.item[i];
		double aspect[ASPECTS];
		aspects_of(h->summary, aspect);
		table_cell(t, db_real(cents(h->distance, 1e4)));
		for (size_t k = 0; k < ASPECTS; k++)
			table_cell(t, db_real(cents(aspect[k], 100)));
		table_cell(t, db_text(h->path));
	}
	table_free(t);
	for (size_t i = 0; i < walk.hits.n; i++)
		free(walk.hits.item[i].path);
	free(walk.hits.item);
	analysis_free(walk.analysis);
	return got < 0 ? -1 : 0;
}
