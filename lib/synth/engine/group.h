/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What threads work on: groups of pieces whose plans are the same. engine.c makes
 * them of jobs; here they are rendered, and a job's pieces mixed when the last is done.
 */
#ifndef SYNTH_ENGINE_GROUP_H
#define SYNTH_ENGINE_GROUP_H

#include <stdatomic.h>

#include "synth/engine/plan.h"

/* One part of one job. */
struct piece {
	struct work *work;
	uint32_t part;
	uint8_t key[HASH_SIZE];
	const struct plan *plan;
	struct strip strip;
	struct voice *voices; /* latest first */
	size_t n_voices;
	bool is_output;       /* its bus is the job's samples */
	float *kept[2];       /* its output, where it has to wait for other parts */
};

/* A job at work. */
struct work {
	struct job *job;
	uint8_t key[HASH_SIZE]; /* of all its plans: jobs with one key fill the same lanes */
	struct piece *pieces;   /* in part order */
	atomic_size_t left;     /* pieces that are not done */
	atomic_bool bad;        /* something is not finite */
	atomic_bool starved;    /* memory ran out */
	atomic_bool refused;    /* a guest could not go on */
	struct err why;         /* and says so */
};

struct group {
	struct piece **pieces;
	size_t n;
};

/* Lanes to choose from, narrowest first. */
struct choice {
	const struct lanes *lanes[ISA_COUNT];
	int n;
};

static inline const struct lanes *
choice_widest(const struct choice *c)
{
	return c->lanes[c->n - 1];
}

/* A thread's memory, kept from group to group. */
struct scratch {
	void *memory;
	size_t size;
};

/* Channels of a plan's bus, which holds its output in the end. */
static inline int
plan_channels(const struct plan *p)
{
	return p->bus > p->channels ? p->bus : p->channels;
}

/* Bytes of one strip's bus, a multiple of 64. */
size_t piece_bus_bytes(const struct piece *p);

/* "part 2 'snare': ", or nothing for the only one. */
const char *piece_name(const struct piece *p, char text[96]);

/* The job has failed, and why; returns -1. */
int work_fail(struct work *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Renders a group, and mixes each job of which this was the last that it waited for. Denormals are
   zero and rounding is to the nearest meanwhile, whatever the caller's settings are. */
void group_render(const struct group *g, const struct choice *c, struct scratch *scratch);

#endif
