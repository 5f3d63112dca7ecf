/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bank's parts that need no database: text for columns, nearest neighbours.
 * And takes for tests/bank.t:
 *
 *     bank FROM COUNT [word ...]     takes FROM to FROM+COUNT-1 on standard output
 *
 * with the words sound (no recipe, a short noise), render, score, summary,
 * parent, tag, loop, run=NAME, score=X, and for trouble hostile, huge (long names),
 * liar (another's id), misheard (another's hash), naked (neither patch nor sound),
 * unknown (a field of a later schema).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bank/bank.h"
#include "base/rng.h"
#include "recipe_rig.h"
#include "tap.h"
#include "wire/take.h"

/* --- takes ------------------------------------------------------------------------- */

static bool
has(char **word, const char *w)
{
	for (; *word; word++)
		if (!strncmp(*word, w, strlen(w)))
			return true;
	return false;
}

static const char *
value(char **word, const char *name, const char *otherwise)
{
	const size_t n = strlen(name);
	for (; *word; word++)
		if (!strncmp(*word, name, n) && (*word)[n] == '=')
			return *word + n + 1;
	return otherwise;
}

static void
check(int status, const struct err *err)
{
	if (status >= 0)
		return;
	fprintf(stderr, "bank test: %s\n", err->text);
	exit(1);
}

static void
set_sound(struct take *t, uint64_t i)
{
	struct err err;
	float x[400];
	struct rng r = {i, 0};
	for (size_t k = 0; k < 400; k++)
		x[k] = (float)(2 * rng_uniform(&r) - 1) * 0x1.fffffp-1f; /* more bits than FLAC has */
	check(take_set_audio(t, x, 44100, 2, 200, NULL, &err), &err);
}

static void
set_patch(struct take *t, uint64_t i, bool render)
{
	struct err err;
	struct rec *r = rec_new(8000, 120, 0.125, 0);
	r->recipe.seed = i;
	const uint32_t osc = rec_node(r, "noise");
	rec_set(r, osc, "colour", 0);
	rec_set(r, osc, "slope", -1.5f); /* all that it has: a patch text states everything */
	rec_end(r, osc, "out", NULL);
	rec_note(r, 0, 0.125, 60, 0.8f);
	check(take_set_recipe(t, &r->recipe, &err), &err);
	if (render) {
		static struct engine *e;
		struct job job = {.recipe = &r->recipe};
		if (!e)
			e = engine_new(ISA_AUTO, 1, &err);
		check(e && engine_render(e, &job, 1, &err) == 0 && !job.failed ? 0 : -1, &job.err);
		check(take_set_audio(t, job.samples, 8000, job.channels, job.frames, NULL, &err), &err);
		free(job.samples);
	}
	rec_free(r);
}

static struct take *
make(uint64_t i, char **word)
{
	struct err err = {"out of memory"};
	struct take *t = take_new(), *parent;
	struct rng r = {i, 1000};
	t->m->key = arena_printf(&t->arena, "take %llu", (unsigned long long)i);
	if (has(word, "sound"))
		set_sound(t, i);
	else if (!has(word, "naked"))
		set_patch(t, i, has(word, "render"));
	if (has(word, "loop")) {
		t->m->loop = arena_alloc(&t->arena, sizeof *t->m->loop);
		assay__loop__init(t->m->loop);
		t->m->loop->tempo = 120 + (double)i;
		t->m->loop->beats = 4;
	}
	if (!has(word, "naked"))
		check(take_identify(t, &err), &err);
	Assay__Origin *o = take_origin(t);
	o->run = arena_strdup(&t->arena, value(word, "run", "dawn"));
	o->algo = (char *)(i % 2 ? "ga" : "random");
	o->generation = (uint32_t)(i / 10);
	o->index = i;
	if (has(word, "parent") && i) {
		parent = make(i - 1, (char *[]){has(word, "sound") ? "sound" : NULL, NULL});
		o->parents = arena_array(&t->arena, 1, sizeof *o->parents);
		o->n_parents = 1;
		o->parents[0].data = arena_memdup(&t->arena, parent->m->id.data, HASH_SIZE);
		o->parents[0].len = HASH_SIZE;
		take_free(parent);
	}
	if (has(word, "score")) {
		const double like = atof(value(word, "score", "0.25")) + (double)i / 1000;
		t->m->fitness = 0;
		for (int k = 0; k < 3; k++) {
			check(take_set_score(t, (const char *[]){"like", "novel", "valid"}[k], like + k, k + 1, "as it is", &err), &err);
			t->m->fitness += (k + 1) * (like + k);
		}
	}
	if (has(word, "summary")) {
		Assay__Tensor *s = take_add_tensor(t, "summary", 1, 1, 8, &err);
		for (int k = 0; k < 8; k++)
			s->data[k] = k == 7 ? 1 : (float)(rng_uniform(&r) * exp10(k - 3));
		s->axis = (char *)"statistic";
		take_add_tensor(t, "logmel", 1, 100, 8, &err);
		t->m->features[1]->hop = 0.01;
	}
	if (has(word, "tag")) {
		t->m->tags = arena_array(&t->arena, 1, sizeof *t->m->tags);
		t->m->tags[t->m->n_tags++] = arena_strdup(&t->arena, value(word, "tag", "keep"));
	}
	if (has(word, "hostile")) {
		t->m->key = (char *)"'; DROP TABLE take; -- \"\\ \xff\xfe\xc0\x80 \xed\xa0\x80 \xe2\x82\xac \x1b[31m";
		t->m->error = has(word, "hostile=error") ? (char *)"it's \xff broken" : t->m->error;
		o->run = (char *)"r'un\xff";
	}
	if (has(word, "huge")) {
		char *long_text = arena_alloc(&t->arena, 100001);
		memset(long_text, 'x', 100000);
		t->m->key = o->run = o->file = o->algo = long_text;
	}
	if (has(word, "misheard"))
		t->m->audio->hash.data[0] ^= 1;
	if (has(word, "liar"))
		t->m->id.data[0] ^= 1;
	if (has(word, "unknown")) {
		static ProtobufCMessageUnknownField field = {.tag = 500, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
		    .len = 8, .data = (uint8_t *)"\007tomorro"};
		t->m->base.unknown_fields = &field;
		t->m->base.n_unknown_fields = 1;
	}
	return t;
}

static int
make_takes(char **argv)
{
	struct err err;
	const uint64_t from = strtoull(argv[0], NULL, 10), n = strtoull(argv[1], NULL, 10);
	struct writer *w = writer_open("-", &err);
	check(w ? 0 : -1, &err);
	for (uint64_t i = from; i < from + n; i++) {
		struct take *t = make(i, argv + 2);
		check(take_write(w, t, &err), &err);
		take_free(t);
	}
	check(writer_close(w, &err), &err);
	return 0;
}

/* --- tests ------------------------------------------------------------------------- */

static void
text(void)
{
	static const struct {
		const char *from, *to;
		size_t max;
	} cases[] = {
	    {"plain", "plain", 64},
	    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb6", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb6", 64},
	    {"a\xff" "b", "a\xef\xbf\xbd" "b", 64},
	    {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd", 64},     /* a 0 in two bytes */
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 64}, /* half a surrogate pair */
	    {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", 64},     /* cut short */
	    {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 64}, /* beyond U+10FFFF */
	    {"abc\xe2\x82\xac", "abc", 6},                    /* never half a character at the cut */
	    {"abc\xe2\x82\xac", "abc\xe2\x82\xac", 7},
	    {"", "", 4},
	};
	char to[64];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memset(to, '!', sizeof to);
		bank_text(cases[i].from, to, cases[i].max);
		ok(!strcmp(to, cases[i].to), "text %zu comes out as '%s'", i, to);
	}
	ok(!*bank_text(NULL, to, sizeof to), "no text is empty text");
}

static int
by_distance(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The scan against sorting everything, for widths that fill vectors and that do not. */
static void
near(void)
{
	static const size_t widths[] = {1, 7, 16, 17, 64, 100};
	enum { N = 500, K = 10 };
	for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
		const size_t dim = widths[w];
		struct rng r = {w, 0};
		float *rows = malloc(N * dim * sizeof *rows), *x = malloc(dim * sizeof *x);
		double all[N];
		for (size_t i = 0; i < N * dim; i++)
			rows[i] = (float)rng_normal(&r);
		for (size_t i = 0; i < dim; i++)
			x[i] = (float)rng_normal(&r);
		for (size_t i = 0; i < N; i++) {
			all[i] = 0;
			for (size_t k = 0; k < dim; k++) {
				const double d = (double)rows[i * dim + k] - x[k];
				all[i] += d * d;
			}
		}
		size_t index[K];
		float distance[K];
		const size_t n = near_scan(rows, N, dim, x, K, index, distance);
		double worst = 0;
		int in_order = n == K;
		for (size_t i = 0; i < n; i++) {
			worst = fmax(worst, fabs(sqrt(all[index[i]]) - distance[i]));
			in_order &= i == 0 || distance[i] >= distance[i - 1];
		}
		qsort(all, N, sizeof *all, by_distance);
		for (size_t i = 0; i < n; i++)
			worst = fmax(worst, fabs(sqrt(all[i]) - distance[i]));
		ok(in_order && worst < 1e-5, "the ten nearest of %d rows of %zu, worst error %.2g", N, dim, worst);
		if (dim == 7) {
			rows[0] = NAN;
			ok(near_scan(rows, 3, dim, x, K, index, distance) == 2, "a row that is no number is near to nothing");
			ok(near_scan(rows, 0, dim, x, K, index, distance) == 0, "nothing is near in an empty matrix");
			ok(near_scan(rows, N, dim, x, 0, index, distance) == 0, "none is found when none is wanted");
		}
		free(rows);
		free(x);
	}
}

int
main(int argc, char **argv)
{
	if (argc > 2)
		return make_takes(argv + 1);
	text();
	near();
	struct err err;
	ok(!bank_open("mongo://there", DB_CREATE, &err) && strstr(err.text, "mongo"), "an unknown kind of bank: %s", err.text);
	bank_close(NULL);
	return done();
}
