/* SPDX-License-Identifier: GPL-3.0-or-later */
/* valid: whether this is a sound at all (score/validity.h). */
#include <stdio.h>
#include <stdlib.h>

#include "score/hearing.h"

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	(void)golden, (void)n_golden;
	void *self = malloc(1); /* no state */
	if (!self)
		err_set(err, "out of memory");
	return self;
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	(void)self;
	const struct validity *v = heard_validity(h, err);
	if (!v)
		return err_prefix(err, "valid");
	*value = v->value;
	if (!why)
		return 0;
	if (v->level == 0)
		snprintf(why, n_why, "silent: the peak is at %.0f dBFS", v->db);
	else if (v->clipped > 0.001)
		snprintf(why, n_why, "clipped: %.1f %% of the samples", 100 * v->clipped);
	else if (v->rumble > RUMBLE_FREE)
		snprintf(why, n_why, "%.0f %% of the power is DC or below %.0f Hz", 100 * v->rumble, RUMBLE_HZ);
	else if (v->level < 1)
		snprintf(why, n_why, "very quiet: the peak is at %.0f dBFS", v->db);
	else
		snprintf(why, n_why, "sound: peak %.1f dBFS, no clipping, no DC", v->db);
	return 0;
}

const struct term term_valid = {
    .name = "valid",
    .help = "whether it is a sound at all: not silent, not clipped, no DC or rumble",
    .create = create,
    .score = score,
    .free = free,
};
