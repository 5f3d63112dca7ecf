/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a module says of itself. The table is the single source for validation,
 * search ranges, help and documentation; code that only asks about modules
 * includes this header, module code includes synth/module.h.
 */
#ifndef SYNTH_PORT_H
#define SYNTH_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum port_dir { PORT_END, PORT_IN, PORT_OUT };

/* How a module reads an input. */
enum port_rate {
	RATE_CONTROL, /* once a block (its last frame), unless an audio signal is wired to it: then each frame */
	RATE_AUDIO,   /* each frame */
	RATE_FIXED,   /* one number for the whole render, the same in all lanes: choices and sizes.
	                 Takes that differ in it are rendered in other lanes' company.
	                 An output: one number for the whole voice; run writes frame 0 only. */
};

enum scale { SCALE_LINEAR, SCALE_LOG, SCALE_CHOICE };

struct port {
	enum port_dir dir; /* PORT_END ends a table */
	const char *name;
	enum port_rate rate;
	float def, min, max;
	enum scale scale;
	const char *const *choices; /* SCALE_CHOICE: names, NULL at the end */
	const char *unit;           /* "Hz", "s", "semitones", "dB" or NULL */
	const char *from;           /* what feeds it where the patch is silent: "note.pitch", or NULL for def */
	const char *help;
	/* It is read as the nearest whole number: a parameter for it goes in steps of 1, and may give the numbers names. */
	bool whole;
	/* An input that is heard only where others stand so (port_when): "shape = square"; NULL: always. */
	const char *when;
};

enum module_flags {
	MODULE_AUDIO = 1,    /* its outputs are audio signals whatever its inputs are */
	MODULE_CONTROL = 2,  /* its outputs are control signals: it can run at one frame a block (step BLOCK) */
	MODULE_PURE = 4,     /* no state, no time: output is a function of the inputs, and as fast as they are */
	MODULE_VOICE = 8,    /* has a meaning only before voices() */
	MODULE_ENVELOPE = 16, /* ends its voice: without one, voices() fades a note at its end */
	MODULE_VOICES = 32,  /* voices() itself */
	MODULE_FILES = 64,   /* plays what stands in files: see synth/asset.h */
	MODULE_GUEST = 128,  /* code from elsewhere: rendered in a process of its own, not the same bytes everywhere */
};

struct context; /* facts of a render, see synth/module.h */
struct block;   /* a block's inputs and outputs */

struct module {
	const char *name;
	const char *group; /* "oscillator" "filter" "modulator" "shaper" "effect" "maths" "routing" */
	const char *help;  /* one line */
	const struct port *ports;
	unsigned flags;
	/* Bytes of state for all lanes; the engine zeroes it. */
	size_t state;
	/* Rows of LANES floats that follow right behind it (a delay line); NULL: none. */
	size_t (*rows)(const struct context *c);
	/* Sets up zeroed state where zero is not enough; may be NULL. */
	void (*init)(void *state, const struct context *c);
	/* Computes one block. */
	void (*run)(void *state, const struct block *b);
	/* A patch that lets it be heard, in Lua: what follows `return`. The reference shows it, a test renders it. */
	const char *example;
	/* Frames by which its outputs come later than its inputs; NULL: none. Of rate and fixed
	   numbers alone. The engine delays what runs beside it, and starts the take as much earlier. */
	uint32_t (*latency)(const struct context *c);
	/* Frees what init got beyond the state: a guest's only; NULL: nothing. */
	void (*release)(void *state, const struct context *c);
	const void *guest; /* a guest's own: what its source needs to know of it */
};

/* What a module was built against, for those that are built apart from the program (module.h exports it
   with them). Raise MODULE_ABI when a field or its meaning changes; sizes are compared as well. */
enum { MODULE_ABI = 2 };
struct module_abi {
	uint32_t abi, lanes, module, port, context, block; /* sizes in bytes */
};

/* The registries, one an instruction set: the same modules in the same order, NULL at the end. */
extern const struct module *const modules_scalar[], *const modules_sse[], *const modules_avx2[],
    *const modules_avx512[];

/* By name, built in or not (synth/registry.h), for asking only; NULL if there is none. */
const struct module *module_find(const char *name);

/* A port of a module by direction and name; NULL if there is none. *index counts
   within its direction, in table order: the index into block.in and block.out. */
const struct port *port_find(const struct module *m, enum port_dir dir, const char *name, size_t *index);
size_t port_count(const struct module *m, enum port_dir dir);

/* What `when` says: clauses "PORT = VALUE", of numbers also ">=" and "<=", that all hold (&) in one of several
   terms (|): "index = 2 | index >= 2 & count <= 3". VALUE is the name of a choice, or a whole number, with which
   the nearest to a number is compared. The inputs it names have no `when` of their own. */
struct port_clause {
	const struct port *port;
	enum { PORT_IS, PORT_LEAST, PORT_MOST } compare;
	int value;
	bool ends; /* its term */
};
enum { PORT_CLAUSES = 16 };

/* Writes at most PORT_CLAUSES; how many (0: no `when`), or -1 and what is wrong. */
int port_when(const struct module *m, const struct port *p, struct port_clause *out, struct err *err);
bool port_clause_holds(const struct port_clause *c, float value);

#endif
