/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kin: how far the structures of takes are from one another, and which are of one species. */
#include <stdio.h>
#include <stdlib.h>

#include "synth/kin.h"
#include "synth/mutate.h"
#include "wire/stage.h"

static int species = 1;
static double within = -1;
static bool json;

static const struct cli_option options[] = {
    {'n', "species", CLI_INT, &species, "N", 1, 1000, .help = "the most species; those of one are as near to one another as that allows"},
    {'w', "within", CLI_DOUBLE, &within, "X", -1, 1, .help = "takes no further than this from the first of a species are of it, however many there are; -1: see --species"},
    {0, "json", CLI_FLAG, &json, .help = "one object a line"},
    {0},
};

static const struct cli cli = {
    .tool = "kin",
    .summary = "tell how far the structures of patches are from one another",
    .usage = "[options] [TAKES ...]",
    .example = "assay patch pluck | assay mutate -n 8 >relatives.takes; assay patch pluck | assay kin - relatives.takes\n"
               "assay kin --species 3 relatives.takes\n",
    .options = options,
};

enum { MOST = 1000 };
static struct take *takes[MOST];
static struct recipe recipes[MOST];
static size_t n;

static int
read_takes(const char *path, struct err *err)
{
	struct reader *r = reader_open(path, err);
	struct take *t;
	struct err why;
	int got;
	if (!r)
		return -1;
	for (uint64_t number = 1; (got = take_read(r, &t, err)) > 0; number++) {
		if (n == MOST) {
			take_free(t);
			got = err_set(err, "these are more than %d takes", MOST);
			break;
		}
		takes[n] = t;
		if (take_recipe(t, &recipes[n++], &why) < 0) {
			got = err_set(err, "'%s', take %llu: %s", reader_name(r), (unsigned long long)number, why.text);
			break;
		}
	}
	reader_free(r);
	return got;
}

/* The digits by which a structure is known: mutate's keys. */
static int
name_of(size_t i, char hex[HASH_HEX], struct err *err)
{
	uint8_t id[HASH_SIZE];
	if (recipe_structure(&recipes[i], id, err) < 0)
		return -1;
	hash_hex(id, HASH_SIZE, hex);
	hex[12] = '\0';
	return 0;
}

/* One line a take: its structure, whose species, how far from the first of it, what they have in common, its work. */
static int
print_take(size_t i, size_t first, struct err *err)
{
	char mine[HASH_HEX], its[HASH_HEX], label[HASH_HEX];
	struct kinship k;
	if (recipe_kinship(&recipes[i], &recipes[first], &k, err) < 0 || name_of(i, mine, err) < 0 || name_of(first, its, err) < 0)
		return -1;
	const double work = recipe_work(&recipes[i]);
	if (json)
		printf("{\"structure\":\"%s\",\"species\":\"%s\",\"distance\":%.9g,\"modules\":%zu,\"modules_common\":%zu,\"wires\":%zu,"
		       "\"wires_common\":%zu,\"work\":%.9g}\n", mine, its, k.distance, k.modules_of[0], k.modules, k.wires_of[0], k.wires, work);
	else
		printf("%s %s %8.3f %4zu of %-4zu %4zu of %-4zu %8.3f  %s\n", mine, its, k.distance, k.modules, k.modules_of[0], k.wires, k.wires_of[0],
		    work, take_label(takes[i], label));
	return 0;
}

static int
run(struct err *err)
{
	const bool one = species == 1 && within < 0; /* then what counts is the distance to the first */
	const size_t beside = one ? 1 : n;
	double *distance = calloc(n * n, sizeof *distance);
	size_t *of = calloc(n, sizeof *of);
	size_t count = 0;
	struct kinship k;
	int status = distance && of ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; i < n && !status; i++)
		for (size_t j = 0; j < i && j < beside && !status; j++) {
			status = recipe_kinship(&recipes[i], &recipes[j], &k, err);
			distance[i * n + j] = k.distance;
		}
	if (!status && !(count = kin_species(n, distance, within < 0 ? (size_t)species : 0, &within, of)))
		status = err_set(err, "out of memory");
	if (!status && !json)
		printf("%-12s %-12s %8s %-12s %-12s %8s  take\n", "structure", "species", "distance", "modules", "wires", "work");
	for (size_t i = 0; i < n && !status; i++)
		status = print_take(i, of[i], err);
	if (!status)
		talk_info("%zu takes, %zu species within %.3f", n, count, within);
	free(distance);
	free(of);
	return status;
}

int
main(int argc, char **argv)
{
	int status;
	struct err err;
	const int operands = cli_parse(&cli, argc, argv, &status);
	if (operands < 0)
		return status;
	status = operands ? 0 : read_takes("-", &err);
	for (int i = 1; i <= operands && !status; i++)
		status = read_takes(argv[i], &err);
	if (!status && !n)
		status = err_set(&err, "there are no takes to compare");
	if (!status)
		status = run(&err);
	while (n > 0)
		take_free(takes[--n]);
	if (status < 0)
		die(EXIT_FAILED, "%s", err.text);
	return cli_finish();
}
