/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that is known of a set as one JSON object. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "feature/key.h"
#include "stats.h"

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
print_name(const char *member, const struct set *s, ptrdiff_t i)
{
	printf(",\"%s\":", member);
	if (i < 0)
		printf("null");
	else
		print_string(s->member[i].t->m->key);
}

static void
print_text(const char *member, const char *text)
{
	printf(",\"%s\":", member);
	print_string(text);
}

static void
print_floats(const char *member, const float *x, size_t n)
{
	printf(",\"%s\":[", member);
	for (size_t i = 0; i < n; i++)
		printf("%s%.5f", i ? "," : "", x[i]);
	printf("]");
}

static void
print_numbers(const double *x, size_t n)
{
	printf("[");
	for (size_t i = 0; i < n; i++)
		printf("%s%g", i ? "," : "", x[i]);
	printf("]");
}

static void
print_loop(const struct set *s, const struct member *m)
{
	const Assay__Loop *l = m->t->m->loop;
	const Assay__Audio *a = m->t->m->audio;
	char id[HASH_HEX];
	size_t sorts = 0;
	for (size_t k = 0; k < l->n_slices; k++)
		sorts += l->slices[k]->exemplar;
	printf("{\"name\":");
	print_string(m->t->m->key);
	print_text("file", m->path);
	printf(",\"id\":\"%s\",\"seconds\":%.6f,\"tempo\":%.4f,\"confidence\":%.4f,\"beats\":%.6g,\"first_beat\":%.6f",
	    hash_hex(m->t->m->id.data, HASH_SIZE, id), (double)a->frames / a->rate, l->tempo, l->confidence, l->beats, l->first_beat);
	print_text("key", l->key);
	printf(",\"key_confidence\":%.4f,\"tuning\":%.2f", l->key_confidence, l->tuning);
	printf(",\"stated_tempo\":");
	printf(l->stated_tempo > 0 ? "%g" : "null", l->stated_tempo);
	print_text("stated_key", l->stated_key);
	printf(",\"loudness\":%.3f,\"centroid\":%.2f,\"spread\":%.4f", l->loudness, axes[1].of(m), l->spread);
	printf(",\"loopness\":%.4f,\"through\":%.4f,\"returns\":%.4f,\"join\":%.4f", l->loopness, l->through, l->returns, l->join);
	print_floats("steps", l->steps, l->n_steps);
	printf(",\"swing8\":%.4f,\"swing16\":%.4f", l->swing8, l->swing16);
	print_floats("octaves", l->octaves, l->n_octaves);
	printf(",\"slices\":%zu,\"kinds\":%zu,\"kind\":%u", l->n_slices, sorts, l->kind);
	print_text("words", l->words);
	printf(",\"exemplar\":%s", l->exemplar ? "true" : "false");
	print_name("same", s, m->same);
	print_name("copy", s, m->copy);
	print_name("nearest", s, m->nearest);
	printf(",\"distance\":");
	printf(m->nearest < 0 ? "null" : "%.4f", m->distance);
	printf(",\"twin\":%s,\"outlier\":%s}", m->twin ? "true" : "false", m->outlier ? "true" : "false");
}

static void
print_kinds(const struct set *s)
{
	printf("],\n\"kinds\":[");
	for (int k = 0; k < s->kinds; k++) {
		bool first = true;
		printf("%s\n{\"kind\":%d", k ? "," : "", k);
		print_text("words", s->words[k]);
		for (size_t i = 0; i < s->n; i++)
			if ((int)s->member[i].t->m->loop->kind == k && s->member[i].t->m->loop->exemplar)
				print_name("exemplar", s, (ptrdiff_t)i);
		printf(",\"loops\":[");
		for (size_t i = 0; i < s->n; i++)
			if ((int)s->member[i].t->m->loop->kind == k) {
				printf(first ? "" : ",");
				print_string(s->member[i].t->m->key);
				first = false;
			}
		printf("]}");
	}
}

static void
print_patterns(const struct stats *x)
{
	printf("],\n\"rhythm\":{\"loops\":%zu,\"steps\":", x->rhythms);
	print_numbers(x->step, RHYTHM_STEPS);
	printf(",\"swing8\":%.4f,\"swing16\":%.4f}", x->swing8, x->swing16);
	printf(",\n\"octaves\":{\"centres\":");
	print_numbers(octave_centre, OCTAVES);
	printf(",\"parts\":");
	print_numbers(x->octave, OCTAVES);
	for (int is = FREE; is <= CROWDED; is += CROWDED - FREE) {
		bool first = true;
		printf(",\"%s\":[", is == FREE ? "free" : "crowded");
		for (int o = 0; o < OCTAVES; o++)
			if (octave_is(x->octave[o]) == is) {
				printf("%s%g", first ? "" : ",", octave_centre[o]);
				first = false;
			}
		printf("]");
	}
	printf("},\n\"keys\":{");
	for (int k = 0; k < KEYS; k++)
		if (x->key[k])
			printf("\"%s\":%zu,", key_name(k), x->key[k]);
	printf("\"\":%zu}", x->key[KEYS]);
}

void
report_json(const struct set *s)
{
	struct stats x;
	stats_of(s, &x);
	printf("{\"loops\":[");
	for (size_t i = 0; i < s->n; i++) {
		printf(i ? ",\n" : "\n");
		print_loop(s, &s->member[i]);
	}
	print_kinds(s);
	print_patterns(&x);
	printf(",\n\"counts\":{\"sounds\":%zu,\"same\":%zu,\"copies\":%zu,\"twins\":%zu,\"outliers\":%zu,\"loops\":%zu}", s->n, x.same,
	    x.copies, x.twins, x.outliers, x.loops);
	printf(",\n\"coverage\":{");
	for (size_t a = 0; a < AXES; a++) {
		printf("%s\"%s\":{\"edges\":", a ? "," : "", axes[a].name);
		print_numbers(axes[a].edge, EDGES);
		printf(",\"counts\":[");
		for (int b = 0; b <= EDGES; b++)
			printf("%s%zu", b ? "," : "", x.cover[a][b]);
		printf("]}");
	}
	printf("}}\n");
}
