/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Emitters: distributions that adapt (opt/cma.h), side by side, each led to where the archive
 * of elites grows. What CMA-ME and CMA-MAE share; they differ in how samples are ranked
 * and when an emitter begins again.
 */
#ifndef OPT_EMITTER_H
#define OPT_EMITTER_H

#include "opt/archive.h"

struct emitter_settings {
	size_t emitters, batch;  /* side by side; samples of each a generation */
	double sigma;            /* to begin with, as a part of each range */
	double rate, floor;      /* of the archive's thresholds */
	/* Samples that fill a cell come before those that better one, and all that would enter the archive as it was
	   before the generation are parents (CMA-ME); otherwise the better half by improvement over the threshold
	   when their turn comes (CMA-MAE). */
	bool fill_first;
};

struct emitters;
struct emitters *emitters_new(const struct space *space, const struct algo_settings *set, const struct emitter_settings *e,
    struct err *err);

/* As in struct algo. */
void emitters_free(void *self);
bool emitters_ask(void *self, uint64_t *number, double *x);
void emitters_tell(void *self, const struct told *told);
void emitters_save(const void *self, struct blob *b);
int emitters_load(void *self, struct blob *b, struct err *err);
uint64_t emitters_generation(const void *self);
void emitters_words(const void *self, char *text, size_t n);
bool emitters_fault(const void *self, struct err *err);

#endif
