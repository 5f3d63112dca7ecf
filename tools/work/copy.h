/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One running copy of the pipeline, with the takes that it has in hand: they are written to its first
 * stage and read from its last without ever waiting for either. Whatever a stage
 * does (dies, hangs, closes, writes rubbish, loses the mark, does not end), it ends in copy_over
 * with a reason, and the takes that were in hand are there to be failed.
 */
#ifndef WORK_COPY_H
#define WORK_COPY_H

#include "pipeline.h"
#include "stream/parcel.h"

enum { GRAPHS = 8 }; /* of which a copy knows how many takes it has in hand */

struct task {
	struct task *next;
	uint64_t lease, mark, graph;
	unsigned slot;             /* of its copy's graphs; GRAPHS: none was free */
	bool alone;
	struct parcel *take;
	uint8_t head[5], tail[10]; /* its length, and its mark */
	size_t n_head, at;         /* bytes written, of head, take and tail */
	int64_t given;             /* when it was */
};

void task_free(struct task *t);

struct copy {
	enum { COPY_DOWN, COPY_UP, COPY_ENDING } state;
	unsigned number; /* from 1, for people */
	struct flow flow;
	struct task *tasks, **last; /* in the order they were given */
	uint32_t n;
	struct task *unwritten;     /* the first that is not written whole, or NULL */

	struct {
		uint64_t graph;
		uint32_t n;         /* takes of it in hand */
	} graphs[GRAPHS];
	int64_t progress;           /* when it gave something last, or was given something to do */
	int64_t noted;              /* until when its time is counted */
	int64_t close_at;           /* ENDING: when its input is closed */
	int64_t deadline;           /* ENDING: when it is killed; DOWN: when it is started again */
	unsigned deaths;            /* without a result between them */
	bool was_given;             /* a take, since it was started */
	char reason[512];           /* why it ends; "" while it is to be asked */

	/* What is being read. */
	uint8_t *buf;
	size_t have;                /* bytes of buf */
	struct parcel *msg;         /* a message that is being read, `filled` bytes of it */
	size_t filled;
	uint64_t offset;
};

/* How many took part, in results: the caller's reference. */
typedef void copy_result(void *user, struct copy *c, const struct task *t, struct parcel *result);

int copy_start(struct copy *c, const struct pipeline *p, int64_t now, struct err *err);

/* Hands over the task. */
void copy_give(struct copy *c, struct task *t, int64_t now);

/* How many takes of this graph it has in hand. */
uint32_t copy_has(const struct copy *c, uint64_t graph);

/* Writes and reads what can be, tells results, and finds out whether it has ended. */
void copy_step(struct copy *c, copy_result *result, void *user, void (*tell)(const char *line), int64_t now);

/* Its input is closed; what is still to come is read. Ends when all stages have, or is killed at the deadline. */
void copy_finish(struct copy *c, int64_t deadline);

/* Kills it, for this reason. */
void copy_break(struct copy *c, int64_t now, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Whether all of it has ended, after ENDING; the reason stands in c->reason. */
bool copy_over(struct copy *c);

/* Frees what belongs to the run; tasks must have been taken. */
void copy_end(struct copy *c);

/* The descriptors to wait for; how many (2 + STAGES at most). */
size_t copy_fds(const struct copy *c, struct pollfd *fds);

#endif
