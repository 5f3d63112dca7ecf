/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run: what it is made of, how it goes, what it leaves. */
#ifndef EVOLVE_RUN_H
#define EVOLVE_RUN_H

#include "base/talk.h"
#include "evolve.h"

struct run {
	/* until when, and how much at a time */
	uint64_t budget; /* UINT64_MAX: no limit */
	double seconds, target; /* 0 and INFINITY: none */
	size_t window, keep;
	bool async;
	/* what is searched, by whom, for what */
	struct template template;
	struct space space;
	const struct algo *algo;
	void *self;
	struct measure measures[ALGO_MAX_MEASURES];
	struct measure_source from[ALGO_MAX_MEASURES], objectives[ALGO_MAX_OBJECTIVES];
	int n_measures, n_objectives;
	struct axes *axes;
	/* how far it is */
	struct flight flight; /* what is out, and the best that came back */
	struct report report;
	bool half; /* a take has been told, but not all of what follows from it was done: not to be saved */
	struct state state;
	double began, saved, cost; /* when, by talk_clock (began: as if it had never been ended); what saving took */
	char fingerprint[2048];
	/* the loop */
	struct reader *in;
	struct writer *out;
	struct progress progress;
	const char *log_path;
	FILE *log;
};

/* Sends again what was out when the run was ended. */
int run_resend(struct run *r, struct err *err);
/* Proposes and hears until there is enough, or an interrupt; saves now and then. */
int run_loop(struct run *r, struct err *err);
int run_save(struct run *r, struct err *err);

/* The file of progress: begun, or continued behind what it has of the takes that were heard; a line of the take
   that has just been, if there is to be one: at each new best, and two hundred besides. */
int journal_open(struct run *r, const char *path, struct err *err);
int journal_line(struct run *r, double fitness, double best, bool better, struct err *err);

/* Whether a file can be written there in the end (NULL: none is wanted): known before hours are spent. */
int leave_can(const char *path, struct err *err);
/* Takes that were heard, made again: the best of each cell; what no other beats in all objectives. */
int leave_elites(struct run *r, const char *path, struct err *err);
int leave_front(struct run *r, const char *path, struct err *err);
/* How the best grew, where that is to be seen, and which parameters mattered; the end of the file of progress. */
void leave_words(struct run *r, bool plot);

#endif
