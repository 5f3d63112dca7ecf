/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mutate: takes in, takes of other structures out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "synth/mutate.h"
#include "wire/stage.h"

static struct stage_where where = {"-", "-", false};
static int count = 1, changes = 1, nodes = 64;
static uint64_t seed = 1;
static const char *only;
static bool name;

static const struct cli_option options[] = {
    {'n', "count", CLI_INT, &count, "N", 1, 100000, .help = "children of each take"},
    {'c', "changes", CLI_INT, &changes, "N", 1, 64, .help = "most changes that a child has undergone; at least one"},
    {0, "nodes", CLI_INT, &nodes, "N", 1, 4096, .help = "modules beyond which a patch grows no further"},
    {0, "only", CLI_STRING, &only, "NAME,...", .help = "only such changes: replace insert remove modulate unmodulate rewire parallel duplicate"},
    {0, "name", CLI_FLAG, &name, .help = "change nothing: give each take the key structure/DIGITS, by what it is made of"},
    {'s', "seed", CLI_U64, &seed, "S", .help = "seed of the changes"},
    STAGE_OPTIONS(&where),
    {0},
};

static const struct cli cli = {
    .tool = "mutate",
    .summary = "change what patches are made of",
    .usage = "[options] <takes >children",
    .example = "assay patch pluck | assay mutate -n 8 | assay render | assay play\n"
               "assay patch pluck | assay mutate -n 8 --only insert,replace | assay patch --lua\n",
    .options = options,
};

/* Structures that have come out for one parent: a child has one of its own. */
struct seen {
	uint8_t (*id)[HASH_SIZE];
	size_t n;
};

static bool
is_new(struct seen *s, const uint8_t id[HASH_SIZE])
{
	for (size_t i = 0; i < s->n; i++)
		if (!memcmp(s->id[i], id, HASH_SIZE))
			return false;
	memcpy(s->id[s->n++], id, HASH_SIZE);
	return true;
}

/* The key by which a structure is known. */
static int
name_take(struct take *t, const struct recipe *r, uint8_t id[HASH_SIZE], struct err *err)
{
	char hex[HASH_HEX];
	if (recipe_structure(r, id, err) < 0)
		return -1;
	hash_hex(id, HASH_SIZE, hex);
	t->m->key = arena_printf(&t->arena, "structure/%.12s", hex);
	return t->m->key ? 0 : err_set(err, "out of memory");
}

/* The parent's sound and what it was worth are not the child's. */
static int
set_origin(struct take *t, const struct take *parent, const char *what, int index, struct err *err)
{
	Take *m = t->m;
	m->audio = NULL;
	m->n_features = m->n_scores = 0;
	m->fitness = 0;
	m->origin = NULL;
	Assay__Origin *o = take_origin(t);
	ProtobufCBinaryData *parents = arena_alloc(&t->arena, sizeof *parents);
	uint8_t *id = arena_memdup(&t->arena, parent->m->id.data, parent->m->id.len);
	if (!o || !parents || !id)
		return err_set(err, "out of memory");
	*parents = (ProtobufCBinaryData){parent->m->id.len, id};
	o->parents = parents;
	o->n_parents = 1;
	o->index = (uint64_t)index;
	o->algo = arena_strdup(&t->arena, "mutate");
	o->command = arena_strdup(&t->arena, what);
	return o->algo && o->command ? 0 : err_set(err, "out of memory");
}

/* A child, or NULL. seen: what it must differ from; a few more tries are made for that. */
static struct take *
child(struct take *parent, const struct mutate_settings *settings, struct rng *rng, int index, struct seen *seen, struct err *err)
{
	enum { TRIES = 20 };
	struct recipe r, next;
	uint8_t id[HASH_SIZE];
	for (int i = 0; i < TRIES; i++) {
		struct take *t = take_copy(parent, err);
		if (!t || take_recipe(t, &r, err) < 0) {
			take_free(t);
			return NULL;
		}
		char said[1024] = "mutate";
		int status = 0;
		for (uint64_t n = 1 + rng_below(rng, (uint64_t)changes); n > 0 && !status; n--) {
			enum mutation done;
			status = mutate_recipe(&r, settings, rng, &next, &done, &t->arena, err);
			if (status)
				break;
			r = next;
			snprintf(said + strlen(said), sizeof said - strlen(said), " %s", mutation_names[done]);
		}
		if (status < 0 || take_set_recipe(t, &r, err) < 0 || set_origin(t, parent, said, index, err) < 0
		    || take_identify(t, err) < 0 || name_take(t, &r, id, err) < 0) {
			take_free(t);
			return NULL;
		}
		if (is_new(seen, id))
			return t;
		take_free(t);
		err_set(err, "no further structure was found");
	}
	return NULL;
}

/* Children of one take; a take of which none can be made goes on with its error. */
static void
breed(struct stage *s, struct take *parent, const struct mutate_settings *settings, uint64_t number)
{
	struct rng rng = {.seed = rng_at(seed, number)};
	struct err err;
	struct recipe r;
	struct seen seen = {.id = malloc(((size_t)count + 1) * HASH_SIZE)};
	int n = 0;
	if (!seen.id)
		err_set(&err, "out of memory");
	else if (take_recipe(parent, &r, &err) == 0 && take_identify(parent, &err) == 0
	    && recipe_structure(&r, seen.id[seen.n++], &err) == 0)
		for (struct take *t; n < count && (t = child(parent, settings, &rng, n + 1, &seen, &err)); n++)
			stage_emit(s, t);
	free(seen.id);
	if (n == 0)
		take_fail(parent, "%s", err.text);
	if (n == 0)
		stage_emit(s, parent);
	else
		take_free(parent);
}

static int
parse_only(unsigned *allowed)
{
	for (const char *p = only; p && *p;) {
		const size_t n = strcspn(p, ",");
		int i = 0;
		while (i < MUTATIONS && (strlen(mutation_names[i]) != n || memcmp(mutation_names[i], p, n)))
			i++;
		if (i == MUTATIONS)
			return cli_usage(&cli, "--only: there is no change '%.*s'", (int)n, p);
		*allowed |= 1u << i;
		p += n + (p[n] == ',');
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int status;
	struct mutate_settings settings = {0};
	const int operands = cli_parse(&cli, argc, argv, &status);
	if (operands < 0)
		return status;
	if (operands > 0)
		return cli_usage(&cli, "unexpected operand '%s'", argv[1]);
	if ((status = parse_only(&settings.allowed)))
		return status;
	settings.nodes = (size_t)nodes;
	struct stage s;
	if (stage_open(&s, &where, name ? "named" : "changed") < 0)
		return EXIT_FAILED;
	struct take *t;
	for (uint64_t number = 0; (t = stage_next(&s)); number++) {
		if (stage_skip(&s, t))
			continue;
		if (!name) {
			breed(&s, t, &settings, number);
			continue;
		}
		struct err err;
		struct recipe r;
		uint8_t id[HASH_SIZE];
		if (take_recipe(t, &r, &err) < 0 || name_take(t, &r, id, &err) < 0)
			take_fail(t, "%s", err.text);
		stage_emit(&s, t);
	}
	return stage_close(&s);
}
