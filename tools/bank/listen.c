/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bank find --words, --aspect, --whiten: takes by how they sound. */
#include "listen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "feature/key.h"
#include "feature/stated.h"

/* Columns that an aspect is about, by how their labels begin. */
static const struct about {
	const char *name;
	const char *begins[8];
} parts[] = {
    {"timbre", {"centroid_mean", "bandwidth", "rolloff", "flatness", "zcr", "mfcc", "roughness", NULL}},
    {"rhythm", {"onset", "flux", "valleys", NULL}},
    {"harmony", {"chroma", "tonal", NULL}},
    {"envelope", {"duration", "crest", "attack", "temporal_centroid", "sustain", "level_std", "decay", NULL}},
};

static bool
counts(const char *aspect, const char *label)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (const char *const *b = parts[i].begins; !strcmp(aspect, parts[i].name) && *b; b++)
			if (!strncmp(label, *b, strlen(*b)))
				return true;
	return false;
}

bool
aspect_known(const char *name)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (!strcmp(name, parts[i].name))
			return true;
	return aspect_find(name) >= 0;
}

/* "brightness +0.21, punch -0.10": the two in which they are furthest apart. */
static void
differences(const float *x, const float *summary, char *why, size_t n)
{
	double a[ASPECTS], b[ASPECTS];
	aspects_of(x, a);
	aspects_of(summary, b);
	size_t at = 0;
	*why = 0;
	for (int shown = 0; shown < 2; shown++) {
		int most = 0;
		for (int i = 1; i < ASPECTS; i++)
			if (fabs(b[i] - a[i]) > fabs(b[most] - a[most]))
				most = i;
		if (fabs(b[most] - a[most]) < 0.05 || at >= n)
			break;
		at += (size_t)snprintf(why + at, n - at, "%s%s %+.2f", shown ? ", " : "", aspect_names[most], b[most] - a[most]);
		b[most] = a[most];
	}
	if (!at)
		snprintf(why, n, "alike in all aspects");
}

double
far_from(const struct ask *a, const float *summary, const struct said *told, char *why, size_t n_why)
{
	if (!a->x)
		return 1 - words_judge(&a->words, summary, told, why, n_why);
	if (why)
		differences(a->x, summary, why, n_why);
	const int aspect = set.aspect ? aspect_find(set.aspect) : -1;
	if (aspect >= 0) {
		double mine[ASPECTS], its[ASPECTS];
		aspects_of(a->x, mine);
		aspects_of(summary, its);
		return fabs(its[aspect] - mine[aspect]);
	}
	double sum = 0;
	if (a->crowd) {
		double mine[SUMMARY_COLUMNS], its[SUMMARY_COLUMNS];
		crowd_whiten(a->crowd, a->x, mine);
		crowd_whiten(a->crowd, summary, its);
		for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
			sum += (its[i] - mine[i]) * (its[i] - mine[i]);
		return sqrt(sum);
	}
	for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
		if (!set.aspect || counts(set.aspect, summary_columns[i].label))
			sum += ((double)summary[i] - a->x[i]) * ((double)summary[i] - a->x[i]);
	return sqrt(sum);
}

struct hit *
hits_more(struct hits *h, struct err *err)
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

void
hits_sort(struct hits *h)
{
	if (h->n)
		qsort(h->item, h->n, sizeof *h->item, nearer);
}

void
told_by_name(struct said *told, const char *name)
{
	const struct stated s = stated_in(name);
	*told = (struct said){name, s.bpm, s.tonic >= 0 && s.mode >= 0 ? s.tonic + 12 * s.mode : KEY_NONE};
}

/* --- the bank ---------------------------------------------------------------------------- */

static int
compare_id(const void *a, const void *b)
{
	return memcmp(a, b, HASH_SIZE);
}

static void
add_text(char *all, size_t n, const struct db_value v)
{
	const size_t at = strlen(all);
	if (v.type == DB_TEXT && v.n && at + 1 < n)
		snprintf(all + at, n - at, "%s%.*s", at ? " " : "", (int)(v.n < 400 ? v.n : 400), (const char *)v.p);
}

/* What the row says besides the summary: key, file and tags are names, and the tempo of a loop. */
static void
hear_say(const struct db_driver *d, struct db_query *q, char *name, size_t n, struct said *told)
{
	*name = 0;
	for (int i = 3; i <= 4; i++)
		add_text(name, n, d->column(q, i));
	told_by_name(told, name);
	if (d->column(q, 5).type == DB_REAL && !(told->bpm > 0))
		told->bpm = d->column(q, 5).d;
}

int
summaries_lacking(struct bank *b, size_t found, struct err *err)
{
	const struct db_value v[] = {db_text(SUMMARY_BEFORE), db_text(SUMMARY_NAME)};
	int64_t old = 0;
	if (db_number(bank_db(b), "SELECT count(*) FROM summary s WHERE s.name = ?1 AND NOT EXISTS "
	                          "(SELECT 1 FROM summary u WHERE u.take = s.take AND u.name = ?2)", v, 2, &old, err) < 0)
		return -1;
	if (!old)
		return 0;
	static const char how[] = "`assay bank find --limit 0 --takes | assay render | assay features | assay bank add` hears them anew";
	if (!found)
		return err_set(err, "%lld takes of the bank have only an older summary than '%s': %s", (long long)old, SUMMARY_NAME, how);
	talk_warning("%lld takes are left out, which have an older summary: %s", (long long)old, how);
	return 0;
}

int
find_by_ear(struct bank *b, const struct ask *a, struct bank_ids *among, uint64_t limit, struct bank_ids *ids,
    struct err *err)
{
	/* names cost a search each: only words ask for them */
	static const char plain[] = "SELECT take, channels, data FROM summary WHERE name = ?1 AND columns = ?2",
	                  told_too[] =
	                      "SELECT s.take, s.channels, s.data, o.key || ' ' || o.file, "
	                      "(SELECT group_concat(g.tag, ' ') FROM tags g WHERE g.take = s.take), l.tempo FROM summary s "
	                      "LEFT JOIN origin o ON o.take = s.take AND o.n = (SELECT min(p.n + 0) FROM origin p WHERE p.take = s.take) "
	                      "LEFT JOIN loop l ON l.take = s.take WHERE s.name = ?1 AND s.columns = ?2";
	const struct db_driver *d = db_driver(bank_db(b));
	const struct db_value v[] = {db_text(SUMMARY_NAME), db_int(SUMMARY_COLUMNS)};
	struct hits hits = {0};
	size_t heard = 0;
	int got = -1;
	*ids = (struct bank_ids){0};
	if (among && among->n)
		qsort(among->id, among->n, HASH_SIZE, compare_id);
	struct db_query *q = d->query(bank_db(b), a->x ? plain : told_too, v, 2, false, err);
	while (q && (got = d->step(q, err)) > 0) {
		const struct db_value id = d->column(q, 0), data = d->column(q, 2);
		float x[SUMMARY_COLUMNS];
		char name[1024];
		struct said told;
		if (id.n != HASH_SIZE || d->column(q, 1).i != 1 || data.n != sizeof x)
			continue;
		heard++;
		if (among && (!among->n || !bsearch(id.p, among->id, among->n, HASH_SIZE, compare_id)))
			continue;
		memcpy(x, data.p, sizeof x);
		if (!a->x)
			hear_say(d, q, name, sizeof name, &told);
		const double distance = far_from(a, x, a->x ? NULL : &told, NULL, 0);
		struct hit *h = isfinite(distance) ? hits_more(&hits, err) : NULL;
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
	if (got == 0)
		got = summaries_lacking(b, heard, err);
	const size_t n = limit && limit < hits.n ? (size_t)limit : hits.n;
	if (got == 0) {
		ids->id = calloc(n + 1, HASH_SIZE);
		ids->distance = calloc(n + 1, sizeof *ids->distance);
		if (!ids->id || !ids->distance)
			got = err_set(err, "out of memory for %zu takes", n);
	}
	if (got == 0)
		hits_sort(&hits);
	for (size_t i = 0; got == 0 && i < n; i++, ids->n++) {
		memcpy(ids->id[i], hits.item[i].id, HASH_SIZE);
		ids->distance[i] = (float)hits.item[i].distance;
	}
	free(hits.item);
	return got;
}
