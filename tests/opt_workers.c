/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thousand workers, some slow, some that fail: a search that never waits gets there, and sooner than one that does. */
#include "../bench/optimise_workers.h"

#include "tap.h"

int
main(void)
{
	static const struct {
		const char *algo;
		double goal;
	} cases[] = {{"cmaes", 1e-2}, {"de", 1e-2}, {"ga", 1e-2}, {"auto", 1e-2}, {"anneal", 1e-2}};
	struct err err = {""};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct workers w = {.algo = algo_find(cases[i].algo), .set = "", .f = sphere, .n = 10, .workers = 1000, .steady = true,
		    .goal = cases[i].goal, .most = 30000};
		const int status = workers_run(&w, 1, &err);
		ok(status == 0 && w.best <= w.goal, "%s: %.3g after %llu takes, in the time of %.0f one after another",
		    w.algo->name, w.best, (unsigned long long)w.used, w.time);
		ok(w.busy > 0.9, "%s: the workers were busy for %.3f of the time", w.algo->name, w.busy);
		const double time = w.time;
		w.steady = false;
		const int waited = workers_run(&w, 1, &err);
		ok(waited == 0 && w.time > time, "%s: waiting for generations takes %.0f", w.algo->name, w.time);
	}
	return done();
}
