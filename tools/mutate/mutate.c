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
static const char *only, *cross;
static bool name;

static const struct cli_option options[] = {
    {'n', "count", CLI_INT, &count, "N", 1, 100000, .help = "children of each take"},
    {'c', "changes", CLI_INT, &changes, "N", 1, 64, .help = "most changes that a child has undergone; at least one"},
    {0, "nodes", CLI_INT, &nodes, "N", 1, 4096, .help = "modules beyond which a patch grows no further"},
    {0, "only", CLI_STRING, &only, "NAME,...", .help = "only such changes: replace insert remove modulate unmodulate rewire parallel duplicate"},
    {0, "cross", CLI_STRING, &cross, "TAKES", .help = "cross each take with one of these: the first change is a branch that the better of the two gets from the other"},
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
               "assay patch pluck | assay mutate -n 8 --only insert,replace | assay patch --lua\n"
               "assay patch pluck | assay mutate -n 8 --cross bell.takes | assay render | assay play\n",
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

struct parent {
	struct take *take;
	struct recipe recipe; /* the take's */
};

/* What takes are crossed with. */
enum { MOST_MATES = 1000 };
static struct parent mates[MOST_MATES];
static size_t n_mates;

static int
parent_read(struct parent *p, struct err *err)
{
	return take_recipe(p->take, &p->recipe, err) < 0 ? -1 : take_identify(p->take, err);
}

static int
read_mates(struct err *err)
{
	struct reader *r = reader_open(cross, err);
	struct take *t;
	struct err why;
	int got;
	if (!r)
		return -1;
	while ((got = take_read(r, &t, err)) > 0) {
		mates[n_mates].take = t;
		n_mates++;
		if (parent_read(&mates[n_mates - 1], &why) < 0)
			got = err_set(err, "'%s', take %zu: %s", cross, n_mates, why.text);
		else if (n_mates == MOST_MATES)
			got = err_set(err, "'%s' holds more than %d takes to cross with", cross, MOST_MATES - 1);
		if (got < 0)
			break;
	}
	reader_free(r);
	return got < 0 ? -1 : n_mates ? 0 : err_set(err, "'%s' holds no takes to cross with", cross);
}

static bool
is_better(const Take *a, const Take *b)
{
	return a->n_scores && b->n_scores && a->fitness > b->fitness;
}

/* The parents' sound and what it was worth are not the child's. mate may be NULL. */
static int
set_origin(struct take *t, const struct take *parent, const struct take *mate, const char *what, int index, struct err *err)
{
	const struct take *both[] = {parent, mate};
	const size_t n = mate ? 2 : 1;
	Take *m = t->m;
	m->audio = NULL;
	m->n_features = m->n_scores = 0;
	m->fitness = 0;
	m->origin = NULL;
	Assay__Origin *o = take_origin(t);
	ProtobufCBinaryData *parents = arena_array(&t->arena, n, sizeof *parents);
	if (!o || !parents)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const ProtobufCBinaryData *id = &both[i]->m->id;
		parents[i] = (ProtobufCBinaryData){id->len, arena_memdup(&t->arena, id->data, id->len)};
		if (!parents[i].data)
			return err_set(err, "out of memory");
	}
	o->parents = parents;
	o->n_parents = n;
	o->index = (uint64_t)index;
	o->algo = arena_strdup(&t->arena, "mutate");
	o->command = arena_strdup(&t->arena, what);
	return o->algo && o->command ? 0 : err_set(err, "out of memory");
}

/* Changes one after the other; said names them. */
static int
change(struct recipe *r, struct take *t, const struct recipe *mate, const struct mutate_settings *settings, struct rng *rng, char said[1024],
    struct err *err)
{
	struct recipe next;
	const uint64_t n = 1 + rng_below(rng, (uint64_t)changes);
	snprintf(said, 1024, "mutate");
	for (uint64_t i = 0; i < n; i++) {
		enum mutation done;
		const bool crossed = mate && i == 0;
		if (crossed ? mutate_cross(r, mate, settings, rng, &next, &t->arena, err)
		            : mutate_recipe(r, settings, rng, &next, &done, &t->arena, err))
			return -1;
		*r = next;
		snprintf(said + strlen(said), 1024 - strlen(said), " %s", crossed ? "cross" : mutation_names[done]);
	}
	return 0;
}

/* A child, or NULL. seen: what it must differ from; a few more tries are made for that. */
static struct take *
child(const struct parent *parent, const struct mutate_settings *settings, struct rng *rng, int index, struct seen *seen, struct err *err)
{
	enum { TRIES = 20 };
	for (int i = 0; i < TRIES; i++) {
		const struct parent *body = parent, *mate = n_mates ? &mates[rng_below(rng, n_mates)] : NULL;
		if (mate && is_better(mate->take->m, parent->take->m)) {
			body = mate;
			mate = parent;
		}
		struct recipe r = body->recipe;
		uint8_t id[HASH_SIZE];
		char said[1024];
		struct take *t = take_copy(body->take, err);
		if (!t)
			return NULL;
		if (change(&r, t, mate ? &mate->recipe : NULL, settings, rng, said, err) < 0) {
			take_free(t);
			if (mate)
				continue; /* another may fit */
			return NULL;
		}
		if (take_set_recipe(t, &r, err) < 0 || set_origin(t, body->take, mate ? mate->take : NULL, said, index, err) < 0
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
breed(struct stage *s, struct take *take, const struct mutate_settings *settings, uint64_t number)
{
	struct rng rng = {.seed = rng_at(seed, number)};
	struct err err;
	struct parent parent = {.take = take};
	struct seen seen = {.id = malloc(((size_t)count + 1) * HASH_SIZE)};
	int n = 0;
	if (!seen.id)
		err_set(&err, "out of memory");
	else if (parent_read(&parent, &err) == 0 && recipe_structure(&parent.recipe, seen.id[seen.n++], &err) == 0)
		for (struct take *t; n < count && (t = child(&parent, settings, &rng, n + 1, &seen, &err)); n++)
			stage_emit(s, t);
	free(seen.id);
	if (n == 0)
		take_fail(take, "%s", err.text);
	if (n == 0)
		stage_emit(s, take);
	else
		take_free(take);
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
	struct err err;
	if (cross && read_mates(&err) < 0)
		die(EXIT_FAILED, "%s", err.text);
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
		struct recipe r;
		uint8_t id[HASH_SIZE];
		if (take_recipe(t, &r, &err) < 0 || name_take(t, &r, id, &err) < 0)
			take_fail(t, "%s", err.text);
		stage_emit(&s, t);
	}
	while (n_mates > 0)
		take_free(mates[--n_mates].take);
	return stage_close(&s);
}
