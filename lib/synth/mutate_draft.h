/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A patch that is being changed: for lib/synth/mutate*.c alone. */
#ifndef SYNTH_MUTATE_DRAFT_H
#define SYNTH_MUTATE_DRAFT_H

#include "synth/mutate.h"

/* What a module is for, as its port table and flags tell. */
enum kind {
	KIND_NONE,
	KIND_SOURCE,   /* an oscillator: sounds by itself */
	KIND_FILTER,   /* sound goes through it, and it has a cutoff */
	KIND_EFFECT,   /* sound goes through it */
	KIND_ENVELOPE, /* ends its voice */
	KIND_LFO,      /* moves at a rate */
	KIND_MATHS,
};
enum kind kind_of(const struct module *m);

/* A sound on its way: into an input of a node or a pair of them, or out of the patch. */
struct link {
	uint32_t node;   /* n_nodes: the outputs */
	struct input *in[2];
	int n;           /* 2: left and right */
	bool after;      /* voices() */
};

/* Nodes stand in any order until draft_finish, and have an input for each port. */
struct draft {
	struct arena *arena;
	struct rng *rng;
	struct patch patch;
	size_t room_nodes, room_params;
	bool *curved;           /* params that an arc stands in for */
	struct input outputs[2]; /* the patch's, as inputs of nothing */
	bool *after;            /* by node: hears voices() */
	bool *sound;            /* by node: what comes out is heard as sound */
	struct link *links;
	size_t n_links;
	uint32_t n_given;       /* nodes of the patch; each stands behind those that it hears */
	uint32_t n_old;         /* and those that stand where it is silent: the note, the transport */
};

int draft_begin(struct draft *d, const struct patch *p, const struct recipe *r, uint32_t part, struct rng *rng, struct arena *a);

/* Sorts the nodes, leaves out what is not heard. -1: it cannot be played. param_number is by old number,
   UINT32_MAX where it is gone. */
int draft_finish(struct draft *d, struct patch *p, uint32_t *param_number);

const struct module *draft_module(const struct draft *d, uint32_t node);
struct input *draft_input(const struct draft *d, uint32_t node, const char *port);

/* A new node, all ports at rest. The number of a node; UINT32_MAX: there is no room. */
uint32_t draft_node(struct draft *d, const struct module *m);
uint32_t draft_shared(struct draft *d, const char *module); /* the one node of a module that all share: note, transport */
uint32_t draft_voices(const struct draft *d);               /* where the notes become one; UINT32_MAX: nowhere */
uint32_t draft_maths(struct draft *d, const char *module, const struct input *a, const struct input *b);

/* A new open parameter, named after a base. */
uint32_t draft_param(struct draft *d, const char *base, struct param q);

/* Opens the first ports of a new node that are worth it, at rest or anywhere. */
void draft_open(struct draft *d, uint32_t node);

/* What feeds one port goes to another as far as it may: ranges are made narrower. false: it may not. */
bool draft_carry(struct draft *d, const struct input *from, const struct port *was, struct input *to, const struct port *is);

void input_wire(struct input *in, uint32_t node, const char *port);
void input_copy(struct input *in, const struct input *from); /* all but the port */
bool input_same(const struct input *a, const struct input *b);
bool is_sound_port(const struct port *p);
const char *first_output(const struct module *m);
const char *output_like(const struct module *m, const char *port); /* of that name, else the first */
bool is_room(const struct module *m); /* an effect with delay lines: too much for every note to have its own */

/* Both sides of a link become a mixture of what was there and of other, by one parameter. */
int draft_mix(struct draft *d, struct link *l, const struct input other[2], const char *name, float share);

/* A branch of another patch takes a place in this one. -1: not possible here, or not this time. */
int draft_cross(struct draft *d, const struct draft *other);

/* The changes, each with what it is called; -1: not possible here, or not this time. */
extern int (*const draft_changes[MUTATIONS])(struct draft *d);

#endif
