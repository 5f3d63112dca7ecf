/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evolve: asks for takes and is told what they were worth. Proposals go out on
 * stdout, scored takes come back on stdin; a FIFO closes the loop.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/talk.h"
#include "evolve.h"
#include "opt/algo.h"
#include "synth/open.h"

static const char *where_in = "-", *where_out = "-", *patch, *level, *algo_name = "cmaes", *state_path, *best_path, *run_name;
static uint64_t budget = 1000, seed = 1;
static int window = 256, keep = 10, population;
static double sigma;
static const char *set;
static bool async, list;
static char algo_names[1024]; /* from the registry */

static const struct cli_option options[] = {
    {'p', "patch", CLI_STRING, &patch, "FILE", .help = "the patch to breed: its name, Lua, or takes (the first is used)"},
    {'l', "level", CLI_STRING, &level, "FILE", .help = "the sound to be matched: the phrase becomes one note of its length"},
    {'a', "algo", CLI_CHOICE, &algo_name, "NAME", .choices = algo_names, .help = "who proposes"},
    {'n', "budget", CLI_U64, &budget, "N", .help = "how many takes to try"},
    {'s', "seed", CLI_U64, &seed, "S", .help = "seed of everything random in the choosing"},
    {0, "population", CLI_INT, &population, "N", 0, 100000, .help = "takes in a generation; 0: the algorithm's choice"},
    {0, "sigma", CLI_DOUBLE, &sigma, "X", 0, 1, .help = "how far from the patch to begin, as a part of each range; 0: the algorithm's choice"},
    {0, "set", CLI_STRING, &set, "NAME=VALUE,...", .help = "settings of the algorithm; --list shows them"},
    {0, "list", CLI_FLAG, &list, .help = "show the algorithms and their settings"},
    {0, "async", CLI_FLAG, &async, .help = "never wait for a generation; the run then depends on timing"},
    {0, "window", CLI_INT, &window, "N", 1, 4096, .help = "takes that may be under way at a time"},
    {0, "state", CLI_STRING, &state_path, "FILE", .help = "save the run there, and go on from it"},
    {'b', "best", CLI_STRING, &best_path, "FILE", .help = "write the best takes there in the end, best first"},
    {'k', "keep", CLI_INT, &keep, "N", 1, 10000, .help = "how many are the best"},
    {0, "run", CLI_STRING, &run_name, "NAME", .help = "name of the run, in keys and in the bank"},
    {'i', "in", CLI_STRING, &where_in, "WHERE", .help = "read scored takes from a file, - or an endpoint"},
    {'o', "out", CLI_STRING, &where_out, "WHERE", .help = "write proposals to a file, - or an endpoint"},
    {0},
};

static const struct cli cli = {
    .tool = "evolve",
    .summary = "propose takes, hear what they were worth, propose better ones",
    .usage = "--patch FILE [options] <scored >proposed",
    .example = "mkfifo loop\n"
               "assay evolve --patch patches/pluck.lua --budget 500 --best best.takes <loop |\n"
               "  assay render | assay score --like my.wav --drop-audio >loop\n",
    .options = options,
};

struct run {
	struct template template;
	struct flight flight; /* what is out, and the best that came back */
	const struct algo *algo;
	void *self;
	struct reader *in;
	struct writer *out;
	struct progress progress;
	double saved; /* when, by talk_clock */
	char fingerprint[512];
};

static void
save(struct run *r, bool now)
{
	struct err err;
	const double t = talk_clock();
	if (!state_path || (!now && t - r->saved < 0.25))
		return;
	r->saved = t;
	if (state_save(state_path, r->fingerprint, &r->flight, r->algo, r->self, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
}

static int
send(struct run *r, const struct out *o, struct err *err)
{
	struct take *t = template_take(&r->template, o->number, o->generation, o->x, err);
	return t ? take_queue(r->out, t, err) : -1;
}

/* Asks for as much as may be under way. */
static int
propose(struct run *r, struct err *err)
{
	double *x = r->template.x;
	uint64_t number;
	while (r->flight.asked < budget && r->flight.n_out < (size_t)window) {
		const uint64_t generation = r->algo->generation && !async ? r->algo->generation(r->self) : 0;
		if (!r->algo->ask(r->self, &number, x))
			break;
		r->flight.asked++;
		if (flight_out(&r->flight, number, generation, x, err) < 0
		    || send(r, &r->flight.out[r->flight.n_out - 1], err) < 0)
			return -1;
	}
	return 0;
}

/* Hears one take. */
static int
hear(struct run *r, struct take *t, struct err *err)
{
	const Assay__Origin *o = t->m->origin;
	char label[HASH_HEX];
	if (!o || strcmp(o->run, r->template.run) || !flight_back(&r->flight, o->index)) {
		talk_verbose("%s: not a take of this run, or heard before", take_label(t, label));
		return 0;
	}
	const bool good = !*t->m->error && t->m->n_scores && isfinite(t->m->fitness);
	if (!*t->m->error && !t->m->n_scores)
		return err_set(err, "%s came back without a score: is there a score stage in the loop?", take_label(t, label));
	r->algo->tell(r->self, &(struct told){.number = o->index, .fitness = good ? t->m->fitness : NAN});
	r->flight.told++;
	r->flight.failed += !good;
	if (good && flight_keep(&r->flight, t, (size_t)keep, err) < 0)
		return -1;
	char note[64] = "";
	if (r->flight.n_best)
		snprintf(note, sizeof note, "best %.4f", r->flight.best[0].fitness);
	progress_at(&r->progress, r->flight.told, note);
	return 0;
}

static int
loop(struct run *r, struct err *err)
{
	while (r->flight.told < budget && !interrupted()) {
		bool readable;
		struct take *t = NULL;
		if (propose(r, err) < 0 || stream_pump(r->in, r->out, -1, &readable, err) < 0)
			return -1;
		if (!readable)
			continue;
		const int got = take_read(r->in, &t, err);
		if (got < 0)
			return -1;
		if (got == 0 && !interrupted())
			return err_set(err, "the loop ended with %zu takes under way: has a stage failed?", r->flight.n_out);
		const int heard = t ? hear(r, t, err) : 0;
		take_free(t);
		if (heard < 0)
			return -1;
		save(r, false);
	}
	return 0;
}

static const struct knob *
knob_find(const struct algo *a, const char *name)
{
	const struct knob *k = a->knobs;
	while (k && k->name && strcmp(k->name, name))
		k++;
	return k && k->name ? k : NULL;
}

/* --set, and --population and --sigma where the algorithm has them. */
static int
settle(const struct algo *a, struct algo_settings *s, struct err *err)
{
	char text[64];
	algo_defaults(a, s);
	snprintf(text, sizeof text, "population=%d", population);
	if (population && knob_find(a, "population") && algo_set(a, text, s, err) < 0)
		return -1;
	snprintf(text, sizeof text, "sigma=%.17g", sigma);
	if (sigma > 0 && knob_find(a, "sigma") && algo_set(a, text, s, err) < 0)
		return -1;
	return set ? algo_set(a, set, s, err) : 0;
}

static int
show_list(void)
{
	for (const struct algo *const *a = algos; *a; a++) {
		printf("%s\t%s\n", (*a)->name, (*a)->help);
		for (const struct knob *k = (*a)->knobs; k && k->name; k++) {
			printf("\t%s\t", k->name);
			for (int i = 0; k->choices && k->choices[i]; i++)
				printf("%s%s", i ? "|" : "", k->choices[i]);
			if (!k->choices)
				printf("%g..%g", k->min, k->max);
			k->choices ? printf("\t%s", k->choices[(int)k->standard]) : printf("\t%g", k->standard);
			printf("\t%s\n", k->help);
		}
	}
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

static int
begin(struct run *r, struct err *err)
{
	struct template *t = &r->template;
	r->algo = algo_find(algo_name);
	if (template_load(t, patch, level, run_name, algo_name, seed, err) < 0)
		return -1;
	r->flight.n_x = t->n;
	const struct space space = {t->n, t->dimension};
	struct algo_settings settings = {.seed = seed, .steady = async, .budget = budget, .starts = t->start, .n_starts = 1};
	if (settle(r->algo, &settings, err) < 0 || !(r->self = r->algo->create(&space, &settings, err)))
		return -1;
	char hex[HASH_HEX];
	snprintf(r->fingerprint, sizeof r->fingerprint, "%s patch %.12s with %zu open, seed %" PRIu64 ", population %d, sigma %g%s%s%s",
	    algo_name, hash_hex(t->space_id, HASH_SIZE, hex), t->n, seed, population, sigma, async ? ", async" : "",
	    set ? ", " : "", set ? set : "");
	if (!state_path)
		return 0;
	const int found = state_load(state_path, r->fingerprint, t->n, &r->flight, r->algo, r->self, err);
	if (found < 0)
		return -1;
	if (found)
		talk_info("going on from '%s': %" PRIu64 " of %" PRIu64 " takes heard", state_path, r->flight.told, budget);
	/* what was out when the run was ended goes out again */
	for (size_t i = 0; i < r->flight.n_out; i++)
		if (send(r, &r->flight.out[i], err) < 0)
			return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	int status;
	for (const struct algo *const *a = algos; *a; a++)
		snprintf(algo_names + strlen(algo_names), sizeof algo_names - strlen(algo_names), "%s%s", a == algos ? "" : " ",
		    (*a)->name);
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 0)
		return cli_usage(&cli, "unexpected operand '%s'", argv[1]);
	if (list)
		return show_list();
	if (!patch)
		return cli_usage(&cli, "--patch says what to breed");

	static struct run r;
	struct err err;
	interrupt_catch();
	if (!(r.in = reader_open(where_in, &err)) || !(r.out = writer_open(where_out, &err)) || begin(&r, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	progress_begin(&r.progress, "takes", budget);
	status = loop(&r, &err) < 0 ? EXIT_FAILED : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
	progress_end(&r.progress);
	if (status == EXIT_FAILED)
		talk_error("%s", err.text);
	save(&r, true);
	if (writer_close(r.out, &err) < 0 && status == EXIT_DONE && r.flight.told < budget) {
		talk_error("%s", err.text);
		status = EXIT_FAILED;
	}
	if (best_path && flight_write_best(&r.flight, best_path, &err) < 0) {
		talk_error("%s", err.text);
		status = EXIT_FAILED;
	}
	if (r.flight.n_best)
		talk_info("%s: %" PRIu64 " takes heard, %" PRIu64 " failed, best %.6f", r.template.run, r.flight.told, r.flight.failed,
		    r.flight.best[0].fitness);
	else
		talk_info("%s: %" PRIu64 " takes heard, none good", r.template.run, r.flight.told);
	if (status == EXIT_DONE && r.flight.told && !r.flight.n_best)
		status = EXIT_FAILED;
	reader_free(r.in);
	r.algo->free(r.self);
	flight_release(&r.flight);
	template_release(&r.template);
	return status;
}
