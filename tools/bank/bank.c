/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay bank: keep takes, find them, call them back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

struct settings set = {.where = {.in = "-"}, .batch = 1000, .min_fitness = NAN};

static const struct cli_option options[] = {
    {0, "bank", CLI_STRING, &set.bank, "WHERE", .help = "a file or postgresql://..., instead of $ASSAY_BANK"},
    {0, "json", CLI_FLAG, &set.json, .help = "print JSON Lines instead of a table"},
    {'i', "in", CLI_STRING, &set.where.in, "WHERE", .help = "add: read takes from a file, - or an endpoint"},
    {'o', "out", CLI_STRING, &set.where.out, "WHERE",
     .help = "add: write takes on once they are stored; find, recall: write them; export: the folder, or -"},
    {0, "strict", CLI_FLAG, &set.where.strict, .help = "add: stop at the first take that fails"},
    {0, "pass", CLI_FLAG, &set.pass, .help = "add: the same as -o -"},
    {0, "audio", CLI_FLAG, &set.audio, .help = "add: keep the samples of takes that have a recipe, too"},
    {0, "batch", CLI_INT, &set.batch, "N", 1, 100000, .help = "add: takes in one transaction at most"},
    {0, "like", CLI_STRING, &set.like, "WHAT", .help = "find: nearest to a take by its id, to a sound file, or to the first take in a file"},
    {0, "feature", CLI_STRING, &set.feature, "NAME", .help = "find: the summary that --like compares"},
    {0, "words", CLI_STRING, &set.words, "TEXT", .help = "find: what sounds so, as 'dark punchy kick'"},
    {0, "aspect", CLI_STRING, &set.aspect, "NAME", .help = "find: the aspect in which --like compares: timbre, rhythm, harmony, envelope, brightness ..."},
    {0, "whiten", CLI_STRING, &set.whiten, "TAKES", .help = "find: --like compares by what is usual in this set"},
    {0, "samples", CLI_STRING, &set.samples, "FOLDER", .help = "find: sound files in a folder and below it, not takes"},
    {0, "tag", CLI_STRING, &set.tag, "TAG", .help = "find: with this tag"},
    {0, "run", CLI_STRING, &set.run, "NAME", .help = "find: proposed in this run; % stands for any text"},
    {0, "algo", CLI_STRING, &set.algo, "NAME", .help = "find: proposed by this algorithm"},
    {0, "min-fitness", CLI_DOUBLE, &set.min_fitness, "X", .help = "find: worth at least this"},
    {0, "best", CLI_U64, &set.best, "N", .help = "find: the N that are worth most"},
    {'n', "limit", CLI_STRING, &set.limit, "N", .help = "find: at most so many, 0 is all (a table has 20 unless told)"},
    {0, "takes", CLI_FLAG, &set.takes, .help = "find: write takes, not a table; export: as .takes files"},
    {0, "remove", CLI_FLAG, &set.remove, .help = "tag: take the tags away again"},
    {0, "wav", CLI_FLAG, &set.wav, .help = "export: as 32-bit WAV"},
    {0, "flac", CLI_FLAG, &set.flac, .help = "export: as 24-bit FLAC"},
    {0, "lua", CLI_FLAG, &set.lua, .help = "export: as patch text"},
    {0, "all", CLI_FLAG, &set.all, .help = "verify: every take; shows those that differ"},
    {0, "name", CLI_STRING, &set.name, "NAME", .help = "run: its name"},
    {0, "command", CLI_STRING, &set.command, "TEXT", .help = "run begin: the command line"},
    {0, "settings", CLI_STRING, &set.settings, "TEXT", .help = "run begin: what was set"},
    {0, "seed", CLI_STRING, &set.seed, "N", .help = "run begin: the seed"},
    {0, "level", CLI_STRING, &set.level, "ID", .help = "run begin: the loop that is to be mastered"},
    {0, "status", CLI_INT, &set.status, "N", 0, 255, .help = "run end: the exit status"},
    {0},
};

static const struct cli_verb verbs[] = {
    {"add", verb_add, false},       {"find", verb_find, false},     {"show", verb_show, false}, {"tag", verb_tag, false},
    {"vote", verb_vote, false},     {"recall", verb_recall, false}, {"export", verb_export, false},
    {"verify", verb_verify, false}, {"sql", verb_sql, false},       {"run", verb_run, false},   {0},
};

const struct cli bank_cli = {
    .tool = "bank",
    .summary = "keep takes, find them, call them back",
    .usage = "add|find|show|tag|vote|recall|export|verify|sql|run [options] [ID ...]",
    .example = "assay evolve --patch pluck | assay render | assay bank add\n"
               "assay bank find --best 10\n"
               "assay bank find --words 'dark punchy kick' --samples ~/samples\n"
               "assay bank recall 3fa9c1 | assay render | assay play\n"
               "assay bank sql 'SELECT * FROM moments'\n",
    .options = options,
    .verbs = verbs,
};

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&bank_cli, argc, argv, &status);
	if (n < 0)
		return status;
	return cli_verb(&bank_cli, n, argv);
}

struct bank *
open_bank(enum db_mode mode)
{
	struct err err;
	struct bank *b = bank_open(set.bank, mode, &err);
	if (!b)
		talk_error("%s", err.text);
	return b;
}

int
resolve_all(struct bank *b, int n, char **arg, struct bank_ids *ids)
{
	struct err err;
	*ids = (struct bank_ids){.id = malloc((size_t)(n ? n : 1) * HASH_SIZE)};
	if (!ids->id)
		return talk_error("out of memory"), -1;
	for (int i = 0; i < n; i++) {
		if (bank_resolve(b, arg[i], ids->id[i], &err) < 0)
			return talk_error("%s", err.text), free(ids->id), -1;
		ids->n++;
	}
	return 0;
}

int
write_takes(struct bank *b, const struct bank_ids *ids, const char *where)
{
	struct err err;
	struct writer *w = writer_open(where, &err);
	if (!w)
		return talk_error("%s", err.text), -1;
	int status = 0;
	for (size_t i = 0; i < ids->n && status == 0 && !interrupted(); i++) {
		struct take *t;
		const int got = bank_recall(b, ids->id[i], &t, &err);
		if (got > 0)
			status = take_write(w, t, &err);
		else
			status = got < 0 ? -1 : err_set(&err, "a take has gone from the bank");
		if (got > 0)
			take_free(t);
	}
	if (status < 0)
		talk_error("%s", err.text);
	struct err close_err;
	if (writer_close(w, &close_err) < 0 && status == 0)
		status = (talk_error("%s", close_err.text), -1);
	return status;
}
