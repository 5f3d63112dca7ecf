/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evolve: asks for takes and is told what they were worth. Proposals go out on
 * stdout, scored takes come back on stdin; a FIFO closes the loop.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/talk.h"
#include "run.h"
#include "synth/open.h"

static const char *where_in = "-", *where_out = "-", *patch, *level, *algo_name = "auto", *state_path, *best_path, *run_name;
static uint64_t budget = 1000, seed = 1;
static int window = 256, keep = 10, population;
static double sigma;
static const char *set, *known, *measure_text, *objective_text, *axes_path, *log_path, *elites_path, *front_path, *others_path;
static double seconds, target = INFINITY;
static bool async, list, plot;
static char algo_names[1024]; /* from the registry */
static const struct algo *algo;
static char algo_version[VERSION_HEX + 1]; /* of a file of the user's own */

static const struct cli_option options[] = {
    {'p', "patch", CLI_STRING, &patch, "FILE", .help = "the patch to breed: its name, Lua, or takes (the first is used)"},
    {'l', "level", CLI_STRING, &level, "FILE", .help = "the sound to be matched: the phrase becomes one note of its length"},
    {'a', "algo", CLI_STRING, &algo_name, "NAME", .choices = algo_names, .help = "who proposes, or FILE.c, an algorithm of your own"},
    {'n', "budget", CLI_U64, &budget, "N", .help = "how many takes to try; 0: until --time or --target"},
    {0, "time", CLI_DOUBLE, &seconds, "S", 0, 1e9, .help = "propose nothing more after so many seconds; 0: no limit"},
    {0, "target", CLI_DOUBLE, &target, "X", -INFINITY, INFINITY, .help = "propose nothing more when a take is worth X"},
    {0, "from", CLI_STRING, &known, "TAKES", .help = "begin with these takes of the same patch, the best first"},
    {0, "measures", CLI_STRING, &measure_text, "NAME[=MIN..MAX][/CELLS],...", .help = "what to keep apart: aspects, columns of the summary, scores"},
    {0, "axes", CLI_STRING, &axes_path, "TAKES", .help = "learn the measures pc1 to pc8 from these: the directions in which they differ most"},
    {0, "others", CLI_STRING, &others_path, "TAKES", .help = "takes of any patch, beside which novelty is measured, too"},
    {0, "objectives", CLI_STRING, &objective_text, "NAME,...", .help = "scores to be traded off one against another"},
    {'s', "seed", CLI_U64, &seed, "S", .help = "seed of everything random in the choosing"},
    {0, "population", CLI_INT, &population, "N", 0, 100000, .help = "takes in a generation; 0: the algorithm's choice"},
    {0, "sigma", CLI_DOUBLE, &sigma, "X", 0, 1, .help = "how far from the patch to begin, as a part of each range; 0: the algorithm's choice"},
    {0, "set", CLI_STRING, &set, "NAME=VALUE,...", .help = "settings of the algorithm; --list shows them"},
    {0, "list", CLI_FLAG, &list, .help = "show the algorithms and their settings"},
    {0, "async", CLI_FLAG, &async, .help = "never wait for a generation; the run then depends on timing"},
    {0, "window", CLI_INT, &window, "N", 1, ALGO_MAX_OUT, .help = "takes that may be under way at a time"},
    {0, "state", CLI_STRING, &state_path, "FILE", .help = "save the run there, and go on from it"},
    {'b', "best", CLI_STRING, &best_path, "FILE", .help = "write the best takes there in the end, best first"},
    {'k', "keep", CLI_INT, &keep, "N", 1, 10000, .help = "how many are the best"},
    {0, "elites", CLI_STRING, &elites_path, "TAKES", .help = "write the best of each cell of the measures there in the end"},
    {0, "front", CLI_STRING, &front_path, "TAKES", .help = "write what no other take beats in all objectives there in the end"},
    {0, "json", CLI_STRING, &log_path, "FILE", .help = "write progress there as it goes, one object a line"},
    {0, "plot", CLI_FLAG, &plot, .help = "show how the best grew, in the end"},
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

/* --set, and --population and --sigma where the algorithm has them. */
static int
settle(const struct algo *a, struct algo_settings *s, struct err *err)
{
	char text[64];
	algo_defaults(a, s);
	snprintf(text, sizeof text, "population=%d", population);
	if (population && algo_knob(a, "population") && algo_set(a, text, s, err) < 0)
		return -1;
	snprintf(text, sizeof text, "sigma=%.17g", sigma);
	if (sigma > 0 && algo_knob(a, "sigma") && algo_set(a, text, s, err) < 0)
		return -1;
	return set ? algo_set(a, set, s, err) : 0;
}

static void
show(const struct algo *a)
{
	printf("%s\t%s\n", a->name, a->help);
	for (const struct knob *k = a->knobs; k && k->name; k++) {
		printf("\t%s\t", k->name);
		for (int i = 0; k->choices && k->choices[i]; i++)
			printf("%s%s", i ? "|" : "", k->choices[i]);
		if (!k->choices)
			printf("%g..%g", k->min, k->max);
		k->choices ? printf("\t%s", k->choices[(int)k->standard]) : printf("\t%g", k->standard);
		printf("\t%s\n", k->help);
	}
}

static int
show_list(void)
{
	if (*algo_version)
		show(algo);
	for (const struct algo *const *a = algos; *a; a++)
		show(*a);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

/* What a saved state has to agree in, a line each. */
static int
fingerprint(struct run *r, struct err *err)
{
	const struct template *t = &r->template;
	char space[HASH_HEX], starts[HASH_HEX], axes[HASH_HEX] = "";
	struct hash h;
	uint8_t id[HASH_SIZE];
	hash_init(&h);
	hash_bytes(&h, t->space_id, HASH_SIZE);
	for (size_t i = 0; i < t->n; i++) {
		const struct dimension *d = &t->dimension[i];
		hash_u64(&h, d->kind);
		hash_u64(&h, d->levels);
		hash_u64(&h, d->of_1);
		hash_u64(&h, d->when);
	}
	hash_final(&h, id);
	hash_hex(id, HASH_SIZE, space);
	hash_init(&h);
	for (size_t i = 0; i < t->n_starts * t->n; i++)
		hash_double(&h, t->starts[i]);
	for (size_t i = 0; i < t->n_starts; i++)
		hash_double(&h, isnan(t->worth[i]) ? INFINITY : t->worth[i]);
	hash_final(&h, id);
	hash_hex(id, HASH_SIZE, starts);
	if (r->axes) {
		axes_id(r->axes, id);
		hash_hex(id, HASH_SIZE, axes);
	}
	const int n = snprintf(r->fingerprint, sizeof r->fingerprint,
	    "%s%s%s\npatch %.12s with %zu open\nseed %" PRIu64 "\npopulation %d\nsigma %g\n%s\nset '%s'\nmeasures '%s'\n"
	    "objectives '%s'\nfrom %.12s\naxes '%.12s'",
	    algo->name, *algo_version ? ".c of " : "", algo_version, space, t->n, seed, population, sigma, async ? "async" : "not async", set ? set : "",
	    measure_text ? measure_text : "", objective_text ? objective_text : "", starts, axes);
	return n < (int)sizeof r->fingerprint ? 0 : err_set(err, "the settings are too long");
}

/* Goes on from the state, or begins one: what was out when the run was ended goes out again. */
static int
resume(struct run *r, bool found, struct err *err)
{
	if (!found)
		return run_save(r, err);
	if (state_load(&r->state, &r->flight, (size_t)keep, &r->report, r->algo, r->self, err) < 0)
		return -1;
	r->began = talk_clock() - r->state.seconds;
	talk_info("going on from '%s': %" PRIu64 " of %" PRIu64 " takes heard", state_path, r->flight.told, budget);
	if ((uint64_t)keep > r->state.keep && r->flight.n_best == r->state.keep)
		talk_warning("of the takes that were heard before, the best %" PRIu64 " are known: that was --keep", r->state.keep);
	r->state.keep = (uint64_t)keep;
	return run_resend(r, err);
}

/* What is searched, from where, and what is to be known of each result. */
static int
subject(struct run *r, struct err *err)
{
	struct template *t = &r->template;
	r->algo = algo;
	if (template_load(t, patch, level, run_name, algo->name, seed, err) < 0)
		return -1;
	r->flight.n_x = t->n;
	r->space = (struct space){t->n, t->dimension};
	if (known) {
		const int fitted = template_known(t, known, err);
		if (fitted < 0)
			return -1;
		if (!fitted)
			return err_set(err, "no take of '%s' has the open parameters of '%s'", known, patch);
		talk_info("beginning with %d takes of '%s'", fitted, known);
	}
	if (axes_path && !(r->axes = axes_learn(axes_path, err)))
		return -1;
	if (measure_text && (r->n_measures = measures_parse(measure_text, r->axes, r->measures, r->from, err)) < 0)
		return -1;
	if (objective_text && (r->n_objectives = objectives_parse(objective_text, r->objectives, err)) < 0)
		return -1;
	if (r->algo->needs & ALGO_MEASURES && !r->n_measures)
		return err_set(err, "%s needs --measures: what to keep apart", algo->name);
	return others_path && !(r->algo->needs & ALGO_OTHERS) ? err_set(err, "%s takes no notice of --others", algo->name) : 0;
}

static int
make(struct run *r, struct algo_settings *s, struct err *err)
{
	const struct template *t = &r->template;
	double *others = NULL, *worth = NULL;
	if (others_path && takes_measured(others_path, t->run, r->from, r->n_measures, &others, &worth, &s->n_others, err) < 0)
		return -1;
	s->others = others;
	s->others_worth = worth;
	r->self = r->algo->create(&r->space, s, err);
	free(others);
	free(worth);
	return r->self ? report_init(&r->report, t->n, r->measures, (size_t)r->n_measures, (size_t)r->n_objectives, err) : -1;
}

static int
begin(struct run *r, struct err *err)
{
	const struct template *t = &r->template;
	int found = 0;
	r->budget = budget;
	r->seconds = seconds;
	r->target = target;
	r->window = (size_t)window;
	r->keep = (size_t)keep;
	r->async = async;
	if (leave_can(best_path, err) < 0 || leave_can(elites_path, err) < 0 || leave_can(front_path, err) < 0
	    || leave_can(log_path, err) < 0 || subject(r, err) < 0)
		return -1;
	struct algo_settings settings = {.seed = seed, .steady = async, .starts = t->starts, .worth = t->worth,
	    .n_starts = t->n_starts, .measures = r->measures, .n_measures = (size_t)r->n_measures,
	    .n_objectives = (size_t)r->n_objectives};
	if (settle(r->algo, &settings, err) < 0 || fingerprint(r, err) < 0)
		return -1;
	if (state_path && (found = state_open(&r->state, state_path, r->fingerprint, err)) < 0)
		return -1;
	if (!found) {
		r->state.budget = budget == UINT64_MAX ? 0 : budget;
		r->state.keep = (uint64_t)keep;
	}
	settings.budget = r->state.budget; /* as its state expects, if it goes on */
	if (make(r, &settings, err) < 0)
		return -1;
	r->began = talk_clock();
	if (state_path && resume(r, found, err) < 0)
		return -1;
	return log_path ? journal_open(r, log_path, err) : 0;
}

int
main(int argc, char **argv)
{
	int status;
	struct err err;
	for (const struct algo *const *a = algos; *a; a++)
		snprintf(algo_names + strlen(algo_names), sizeof algo_names - strlen(algo_names), "%s%s", a == algos ? "" : " ",
		    (*a)->name);
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 0)
		return cli_usage(&cli, "unexpected operand '%s'", argv[1]);
	if (!(algo = algo_find(algo_name))) {
		if (!strpbrk(algo_name, "/."))
			return cli_usage(&cli, "--algo '%s': not one of: %s; a file of your own has a '/' or a '.' in its name", algo_name,
			    algo_names);
		if (!(algo = own_algo(algo_name, algo_version, &err)))
			die(EXIT_FAILED, "%s", err.text);
	}
	if (list)
		return show_list();
	if (!budget && !(seconds > 0) && !isfinite(target))
		return cli_usage(&cli, "--budget 0 needs --time or --target: when is it to end?");
	if (!budget)
		budget = UINT64_MAX;
	if (elites_path && !measure_text)
		return cli_usage(&cli, "--elites needs --measures");
	if (front_path && !objective_text)
		return cli_usage(&cli, "--front needs --objectives");
	if (!patch)
		return cli_usage(&cli, "--patch says what to breed");

	static struct run r;
	interrupt_catch();
	if (!(r.in = reader_open(where_in, &err)) || !(r.out = writer_open(where_out, &err)) || begin(&r, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	progress_begin(&r.progress, "takes", budget == UINT64_MAX ? 0 : budget);
	r.progress.began = r.began;
	status = run_loop(&r, &err) < 0 ? EXIT_FAILED : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
	progress_end(&r.progress);
	if (status == EXIT_FAILED)
		talk_error("%s", err.text);
	if (run_save(&r, &err) < 0) {
		talk_error("%s", err.text);
		status = EXIT_FAILED;
	}
	if (writer_close(r.out, &err) < 0 && status == EXIT_DONE && r.flight.told < budget) {
		talk_error("%s", err.text);
		status = EXIT_FAILED;
	}
	if (elites_path && leave_elites(&r, elites_path, &err) < 0) {
		talk_error("%s", err.text);
		status = EXIT_FAILED;
	}
	if (front_path && leave_front(&r, front_path, &err) < 0) {
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
	leave_words(&r, plot);
	if (status == EXIT_DONE && r.flight.told && !r.flight.n_best)
		status = EXIT_FAILED;
	reader_free(r.in);
	r.algo->free(r.self);
	flight_release(&r.flight);
	report_release(&r.report);
	axes_free(r.axes);
	state_release(&r.state);
	template_release(&r.template);
	return status;
}
