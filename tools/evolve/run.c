/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop: proposals go out, what they were worth comes back. */
#include "run.h"

#include <math.h>
#include <string.h>

int
run_save(struct run *r, struct err *err)
{
	const double t = talk_clock();
	if (!r->state.path || r->half)
		return 0;
	r->state.seconds = t - r->began;
	if (state_save(&r->state, r->fingerprint, &r->flight, &r->report, r->algo, r->self, err) < 0)
		return -1;
	r->saved = talk_clock();
	r->cost = r->saved - t;
	return 0;
}

/* A large state is saved less often: it takes a twentieth of the time at most. */
static int
save_now_and_then(struct run *r, struct err *err)
{
	return talk_clock() - r->saved < fmax(0.25, 20 * r->cost) ? 0 : run_save(r, err);
}

static int
send(struct run *r, const struct out *o, struct err *err)
{
	struct take *t = template_take(&r->template, o->number, o->generation, o->x, err);
	return t ? take_queue(r->out, t, err) : -1;
}

int
run_resend(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->flight.n_out; i++)
		if (send(r, &r->flight.out[i], err) < 0)
			return -1;
	return 0;
}

/* Whether there is nothing more to ask for, by the budget, the time or what has been reached. */
static bool
enough(const struct run *r)
{
	const struct flight *f = &r->flight;
	return f->asked >= r->budget || (r->seconds > 0 && talk_clock() - r->began >= r->seconds)
	    || (f->n_best && f->best[0].fitness >= r->target);
}

/* Asks for as much as may be under way. */
static int
propose(struct run *r, struct err *err)
{
	double *x = r->template.x;
	uint64_t number;
	while (!enough(r) && r->flight.n_out < r->window) {
		const uint64_t generation = r->algo->generation && !r->async ? r->algo->generation(r->self) : 0;
		if (!r->algo->ask(r->self, &number, x))
			break;
		r->flight.asked++;
		if (flight_out(&r->flight, number, generation, x, err) < 0
		    || send(r, &r->flight.out[r->flight.n_out - 1], err) < 0)
			return -1;
	}
	return 0;
}

/* What a take was worth. Of what has no number where one is asked for nothing can be said: it failed. -1: the
   loop lacks a stage. */
static int
read_worth(struct run *r, const struct take *t, struct told *told, double *measures, double *objectives, struct err *err)
{
	char label[HASH_HEX];
	*told = (struct told){t->m->origin->index, NAN, NULL, NULL};
	if (*t->m->error)
		return 0;
	if (!t->m->n_scores)
		return err_set(err, "%s came back without a score: is there a score stage in the loop?", take_label(t, label));
	if (!isfinite(t->m->fitness))
		return 0;
	if (measures_read(r->from, r->n_measures, t, measures, err) < 0
	    || measures_read(r->objectives, r->n_objectives, t, objectives, err) < 0)
		return err_prefix(err, "%s", take_label(t, label));
	bool finite = true;
	for (int i = 0; i < r->n_measures; i++)
		finite &= isfinite(measures[i]) != 0;
	for (int i = 0; i < r->n_objectives; i++)
		finite &= isfinite(objectives[i]) != 0;
	if (finite)
		*told = (struct told){told->number, t->m->fitness, measures, objectives};
	return 0;
}

static void
say_progress(struct run *r, double best)
{
	char note[96] = "";
	if (r->flight.n_best && r->n_objectives)
		snprintf(note, sizeof note, "best %.4f, %zu in the front", best, r->report.front.n);
	else if (r->flight.n_best && r->n_measures)
		snprintf(note, sizeof note, "best %.4f, %zu of %zu cells", best, r->report.archive.filled, r->report.archive.cells);
	else if (r->flight.n_best)
		snprintf(note, sizeof note, "best %.4f", best);
	progress_at(&r->progress, r->flight.told, note);
}

/* Hears one take. */
static int
hear(struct run *r, struct take *t, struct err *err)
{
	struct flight *f = &r->flight;
	const Assay__Origin *o = t->m->origin;
	const double *x = o && !strcmp(o->run, r->template.run) ? flight_at(f, o->index) : NULL;
	double measures[ALGO_MAX_MEASURES], objectives[ALGO_MAX_OBJECTIVES];
	struct told told;
	char label[HASH_HEX];
	if (!x) {
		talk_verbose("%s: not a take of this run, or heard before", take_label(t, label));
		return 0;
	}
	if (read_worth(r, t, &told, measures, objectives, err) < 0)
		return -1; /* it stays out: once the loop is mended it is heard */
	r->half = true;
	r->algo->tell(r->self, &told);
	if (r->algo->fault && r->algo->fault(r->self, err))
		return err_prefix(err, "%s", r->algo->name);
	flight_back(f, o->index);
	f->told++;
	f->failed += isnan(told.fitness);
	if (!isnan(told.fitness) && flight_keep(f, t, r->keep, err) < 0)
		return -1;
	const double best = f->n_best ? f->best[0].fitness : NAN;
	const size_t steps = r->report.n_steps;
	if (report_hear(&r->report, &told, x, f->told, best, err) < 0
	    || journal_line(r, told.fitness, best, r->report.n_steps > steps, err) < 0)
		return -1;
	r->half = false;
	say_progress(r, best);
	return 0;
}

int
run_loop(struct run *r, struct err *err)
{
	while (!(enough(r) && !r->flight.n_out) && !interrupted()) {
		bool readable;
		struct take *t = NULL;
		if (propose(r, err) < 0)
			return -1;
		if (!r->flight.n_out) {
			if (enough(r))
				break;
			return err_set(err, "%s proposes nothing, and nothing is under way", r->algo->name);
		}
		if (stream_pump(r->in, r->out, -1, &readable, err) < 0)
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
		if (heard < 0 || save_now_and_then(r, err) < 0)
			return -1;
	}
	return 0;
}
