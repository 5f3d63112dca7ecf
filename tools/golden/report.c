/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "feature/gathering.h"

struct entry {
	const char *name, *file, *key;
	double seconds, tempo, confidence, beats, first, key_confidence, tuning, loudness, centroid;
	size_t slices, kinds;
};

struct report {
	struct arena arena;
	struct entry *entry;
	struct member *member;
	size_t n, room;
};

struct report *
report_new(void)
{
	struct report *r = calloc(1, sizeof *r);
	if (r)
		arena_init(&r->arena, (size_t)1 << 32);
	return r;
}

void
report_free(struct report *r)
{
	if (!r)
		return;
	arena_release(&r->arena);
	free(r->entry);
	free(r->member);
	free(r);
}

/* A column of the summary in its own unit. */
static double
column(const float *summary, const char *label)
{
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		if (!strcmp(summary_columns[i].label, label))
			return (double)summary[i] * summary_columns[i].unit + summary_columns[i].mid;
	return NAN;
}

static int
grow(struct report *r)
{
	if (r->n < r->room)
		return 0;
	const size_t room = r->room ? 2 * r->room : 64;
	struct entry *e = realloc(r->entry, room * sizeof *e);
	if (e)
		r->entry = e;
	struct member *m = e ? realloc(r->member, room * sizeof *m) : NULL;
	if (!m)
		return -1;
	r->member = m;
	r->room = room;
	return 0;
}

int
report_add(struct report *r, const struct take *t, struct err *err)
{
	const Assay__Tensor *summary = take_tensor(t, SUMMARY_NAME);
	const Assay__Loop *loop = t->m->loop;
	const Assay__Audio *audio = t->m->audio;
	if (!summary || !loop || !audio || t->m->id.len != HASH_SIZE || summary->n_data != SUMMARY_COLUMNS)
		return err_set(err, "take '%s' is no loop", t->m->key);
	if (grow(r) < 0)
		return err_set(err, "out of memory");
	struct entry *e = &r->entry[r->n];
	struct member *m = &r->member[r->n];
	*e = (struct entry){arena_strdup(&r->arena, t->m->key), arena_strdup(&r->arena, t->m->origin->file),
	    arena_strdup(&r->arena, loop->key), (double)audio->frames / audio->rate, loop->tempo, loop->confidence, loop->beats,
	    loop->first_beat, loop->key_confidence, loop->tuning, loop->loudness, 0, loop->n_slices, 0};
	if (!e->name || !e->file || !e->key)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < loop->n_slices; i++)
		e->kinds += loop->slices[i]->exemplar;
	memcpy(m->id, t->m->id.data, HASH_SIZE);
	memcpy(m->summary, summary->data, sizeof m->summary);
	e->centroid = fm_exp2(column(m->summary, "centroid_mean"));
	r->n++;
	return 0;
}

/* --- what the set covers --------------------------------------------------------------------- */

static double tempo_of(const struct entry *e) { return e->tempo; }
static double centroid_of(const struct entry *e) { return e->centroid; }
static double loudness_of(const struct entry *e) { return e->loudness; }

enum { EDGES = 7 };
static const struct axis {
	const char *name, *unit;
	double (*of)(const struct entry *e);
	double edge[EDGES]; /* below the first, between two, from the last on */
} axes[] = {
    {"tempo", "BPM", tempo_of, {80, 90, 100, 120, 140, 160, 180}},
    {"centroid", "Hz", centroid_of, {125, 250, 500, 1000, 2000, 4000, 8000}},
    {"loudness", "LUFS", loudness_of, {-36, -30, -24, -20, -16, -12, -8}},
};
enum { AXES = sizeof axes / sizeof *axes };

static void
cover(const struct report *r, const struct axis *a, size_t count[EDGES + 1])
{
	memset(count, 0, (EDGES + 1) * sizeof *count);
	for (size_t i = 0; i < r->n; i++) {
		int band = 0;
		while (band < EDGES && a->of(&r->entry[i]) >= a->edge[band])
			band++;
		count[band] += r->member[i].same < 0;
	}
}

/* --- as text ----------------------------------------------------------------------------------- */

static const char *
name_of(const struct report *r, ptrdiff_t i)
{
	return i < 0 ? "" : r->entry[i].name;
}

static const char *
remark(const struct member *m)
{
	return m->same >= 0 ? "same as" : m->twin ? "nearly" : m->outlier ? "like no other, nearest" : "";
}

static void
print_text(const struct report *r)
{
	size_t same = 0, twins = 0, outliers = 0, count[EDGES + 1];
	printf("%-24s %7s %7s %5s %6s %6s %-9s %5s %6s %6s %5s  %s\n", "loop", "seconds", "BPM", "sure", "beats", "first", "key",
	    "sure", "LUFS", "slices", "kinds", "remark");
	for (size_t i = 0; i < r->n; i++) {
		const struct entry *e = &r->entry[i];
		const struct member *m = &r->member[i];
		printf("%-24s %7.3f %7.2f %5.2f %6.4g %6.3f %-9s %5.2f %6.1f %6zu %5zu  ", e->name, e->seconds, e->tempo, e->confidence,
		    e->beats, e->first, e->key, e->key_confidence, e->loudness, e->slices, e->kinds);
		if (*remark(m))
			printf("%s %s", remark(m), name_of(r, m->same >= 0 ? m->same : m->nearest));
		printf("\n");
		same += m->same >= 0;
		twins += m->twin;
		outliers += m->outlier != 0;
	}
	printf("\n%zu loops, %zu of them the same as another, %zu with a near twin, %zu like no other\n", r->n, same, twins,
	    outliers);
	for (size_t a = 0; a < AXES; a++) {
		cover(r, &axes[a], count);
		printf("%-8s", axes[a].name);
		for (int b = 0; b < EDGES; b++)
			printf(" %4zu <%g<", count[b], axes[a].edge[b]);
		printf(" %4zu  %s\n", count[EDGES], axes[a].unit);
	}
}

/* --- as JSON ----------------------------------------------------------------------------------- */

/* Bytes of no UTF-8 come out as ?. */
static void
print_string(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	putchar('"');
	while (*s) {
		const int more = *s >= 0xc2 && *s < 0xe0 ? 1 : *s >= 0xe0 && *s < 0xf0 ? 2 : *s >= 0xf0 && *s < 0xf5 ? 3 : 0;
		int there = 0;
		while (there < more && (s[there + 1] & 0xc0) == 0x80)
			there++;
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if (*s < 0x20)
			printf("\\u%04x", *s);
		else if (*s >= 0x80 && (!more || there < more))
			putchar('?');
		else
			printf("%.*s", 1 + more, (const char *)s);
		s += there == more ? 1 + more : 1;
	}
	putchar('"');
}

/* A member that holds the name of a loop, or null. */
static void
print_name(const char *member, const struct report *r, ptrdiff_t i)
{
	printf(",\"%s\":", member);
	if (i < 0)
		printf("null");
	else
		print_string(r->entry[i].name);
}

static void
print_json(const struct report *r)
{
	size_t count[EDGES + 1];
	printf("{\"loops\":[");
	for (size_t i = 0; i < r->n; i++) {
		const struct entry *e = &r->entry[i];
		const struct member *m = &r->member[i];
		char id[HASH_HEX];
		printf("%s\n{\"name\":", i ? "," : "");
		print_string(e->name);
		printf(",\"file\":");
		print_string(e->file);
		printf(",\"id\":\"%s\",\"seconds\":%.6f,\"tempo\":%.4f,\"confidence\":%.4f,\"beats\":%.6g,\"first_beat\":%.6f",
		    hash_hex(m->id, HASH_SIZE, id), e->seconds, e->tempo, e->confidence, e->beats, e->first);
		printf(",\"key\":\"%s\",\"key_confidence\":%.4f,\"tuning\":%.2f,\"loudness\":%.3f,\"centroid\":%.2f", e->key,
		    e->key_confidence, e->tuning, e->loudness, e->centroid);
		printf(",\"slices\":%zu,\"kinds\":%zu", e->slices, e->kinds);
		print_name("same", r, m->same);
		print_name("nearest", r, m->nearest);
		printf(",\"distance\":");
		printf(m->nearest < 0 ? "null" : "%.4f", m->distance);
		printf(",\"twin\":%s,\"outlier\":%s}", m->twin ? "true" : "false", m->outlier ? "true" : "false");
	}
	printf("],\n\"coverage\":{");
	for (size_t a = 0; a < AXES; a++) {
		cover(r, &axes[a], count);
		printf("%s\"%s\":{\"edges\":[", a ? "," : "", axes[a].name);
		for (int b = 0; b < EDGES; b++)
			printf("%s%g", b ? "," : "", axes[a].edge[b]);
		printf("],\"counts\":[");
		for (int b = 0; b <= EDGES; b++)
			printf("%s%zu", b ? "," : "", count[b]);
		printf("]}");
	}
	printf("}}\n");
}

int
report_print(struct report *r, bool json, struct err *err)
{
	if (gathering_judge(r->member, r->n, err) < 0)
		return -1;
	(json ? print_json : print_text)(r);
	return 0;
}
