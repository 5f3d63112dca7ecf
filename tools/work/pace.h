/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many takes a copy of the pipeline should have at a time: enough that it never waits for the
 * queue (half a second of work), and enough to work on side by side where that
 * pays (lanes), but no more, so that a slow worker does not hoard. Found by trying: where
 * the copies are kept full, twice as many are given; if not at least a fifth more comes out,
 * that was too many, and it is not tried again for a while.
 */
#ifndef WORK_PACE_H
#define WORK_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint32_t now;         /* takes that a copy may have */
	uint32_t least, most; /* equal: fixed */
	uint32_t floor;       /* what paid so far */
	uint32_t base;        /* before the trial that is going on; 0: none is */
	double rate;          /* of a copy, when last settled; takes a second */
	double wait;          /* seconds of work before the next trial */
	double clock;         /* seconds of work since then */
	/* what is being measured */
	double busy, load;    /* seconds of work, summed over copies; times takes in hand */
	uint64_t done;
};

void pace_init(struct pace *p, uint32_t least, uint32_t most);

/* A copy was at work for some seconds with so many takes. */
void pace_time(struct pace *p, double seconds, uint32_t in_hand);

/* A take came out. True if p->now changed. */
bool pace_done(struct pace *p);

#endif
