/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the patch reader share. One reader per file read:
 *   patch_lua.c   the file in, the recipe out
 *   sandbox.c     what Lua may do: limits, base functions
 *   use.c         files, and `use`
 *   error.c       errors with their places
 *   graph.c       signals and modules: nodes are made here
 *   operator.c    what may be done with signals
 *   guest.c       modules that are not built in
 *   oversample.c  oversample(k, f)
 *   param.c       open{} and pin{}
 *   files.c       the sounds that modules play
 *   phrase.c      part, kit, phrase
 *   arcs.c        the curves of a phrase
 *   tuning.c      Scala scales
 */
#ifndef SYNTH_PATCH_LUA_STATE_H
#define SYNTH_PATCH_LUA_STATE_H

#include <lauxlib.h>
#include <lua.h>

#include "base/rng.h"
#include "synth/lua/patch_lua.h"

/* Bounds on what one file may make, before what is not heard is dropped. */
enum { MAKE_NODES = 32768, MAKE_PARAMS = 32768, MAKE_FILES = 64, LONGEST_TEXT = 16384 };

/* Where in the Lua text something was made. */
struct place {
	int file, line;
};

/* One wire, number or parameter that can feed a port. */
struct operand {
	enum input_from from;
	float value;             /* FROM_VALUE */
	uint32_t index;          /* of the param or the node */
	const struct port *port; /* FROM_WIRE: the output */
};

static inline bool
same_operand(const struct operand *a, const struct operand *b)
{
	return a->from == b->from && a->index == b->index && a->port == b->port && a->value == b->value;
}

/* What Lua holds: one operand, or two for stereo. Never a plain number. */
struct signal {
	int n;
	struct operand side[2];
};
#define SIGNAL "signal" /* its metatable */

/* A node has an operand for every input port, in the order of the table. */
struct made_node {
	const struct module *module;
	struct operand *in;
	size_t n_in;
	struct made_sounds {
		struct asset_ref *ref;
		size_t n;
	} sounds;
	struct place at;
	uint32_t oversample; /* 0: not */
};

struct made_param {
	struct param param; /* name NULL: to be made */
	struct place at;
	bool ranged;        /* has min and max, or choices */
	bool has_value;     /* else the middle, once the range is known */
	bool has_scale;     /* else the port's, if it fits */
	bool has_step;      /* else 1 where the port counts in whole numbers */
	bool bound;         /* to a port: what was missing is filled in */
	const char *const *own; /* of choices: the patch's names for the numbers of a port that counts */
};

/* A part as `part`, `kit` or the end of the file made it. */
struct made_part {
	const char *name, *patch; /* may be NULL */
	float gain;
	struct signal out;
	struct place at;
};

struct made_arc {
	const char *part, *param; /* part NULL: by number, or the only one that has it */
	lua_Integer part_number;  /* from 1; 0: not given */
	struct arc arc;           /* part and param to be found */
	/* By chance, in the range and scale of the parameter: its points come when that is known. */
	bool random, has_low, has_high, has_beats;
	double step, beats, low, high;
	uint8_t shape;
	float bend;
	struct place at;
};

struct made_phrase {
	struct phrase phrase;      /* arcs: from `arcs` below; notes' parts from note_part where not NULL */
	const char **note_part;
	struct place *note_at;
	struct made_arc *arcs;
	struct place at;
};

struct reader_lua {
	lua_State *L;
	struct arena *arena;
	const struct lua_settings *settings;
	uint64_t steps, max_steps;
	size_t memory, max_memory;
	const char *refused; /* why the last allocation was */
	struct place refused_at;
	struct rng rng;
	uint32_t oversample; /* what is made now runs at so many times the rate; 0: at the rate */
	const char *file[MAKE_FILES];
	int n_files;
	struct made_node *nodes;
	size_t n_nodes, cap_nodes;
	struct made_param *params;
	size_t n_params, cap_params;
};

static inline struct reader_lua *
reader_of(lua_State *L)
{
	return *(struct reader_lua **)lua_getextraspace(L);
}

/* --- sandbox --- */
lua_State *sandbox_new(struct reader_lua *r);
void sandbox_steps(lua_State *L, uint64_t n); /* charges work done in C; fails when the budget is spent */
int sandbox_use(lua_State *L); /* use(name); upvalue: a table of what has been used */
int sandbox_load(struct reader_lua *r, const char *text, size_t n, const char *name); /* pushes a function with globals of its own; LUA_OK or not */
struct place place_here(lua_State *L);
_Noreturn void fail(lua_State *L, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void fail_at(lua_State *L, struct place at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* "patches/a.lua:12", in buf. */
const char *place_text(const struct reader_lua *r, struct place at, char buf[256]);
void *must_alloc(lua_State *L, size_t n, size_t size); /* from the arena; fails when it is spent */
/* " (did you mean 'x'?)" or "": of what was offered, the nearest to what was asked. */
struct guess {
	const char *asked, *best;
	int distance;
};
void guess_offer(struct guess *g, const char *name);
const char *guess_text(const struct guess *g, char buf[80]);
/* Where files of a patch are looked for: the folder of the file that is running, the library; NULL ends it. */
enum { OWN_FOLDER = 2048 };
void patch_folders(lua_State *L, char own[OWN_FOLDER], const char *folders[3]);
/* A whole file in the arena. */
char *slurp(struct arena *a, const char *path, size_t *n, struct err *err);

/* --- graph --- */
void graph_open(lua_State *L); /* the modules as global functions */
struct signal *push_signal(lua_State *L, struct signal s);
bool to_signal(lua_State *L, int at, struct signal *s); /* a number counts as one */
struct operand make_node(lua_State *L, const struct module *m, const struct operand *in, struct place at);

/* Pushes what a module with up to two inputs makes of them. */
int make_signal(lua_State *L, const char *name, const struct signal *in, size_t n);

/* Pushes a function that makes nodes of m. */
void push_module(lua_State *L, const struct module *m);
const struct module *to_module(lua_State *L, int at); /* the module of such a function; NULL: it is none */

/* --- operators --- */
void operators_open(lua_State *L); /* the metatables of signals and of functions; stereo */

/* --- guests --- */
void guest_open(lua_State *L);
bool guest_push(lua_State *L, const char *word); /* a module of the user's own; false: there is none */

/* --- sounds --- */
/* What `file` and `files` in a call's table name, in the arena; returns how many of the two there are. */
size_t read_sounds(lua_State *L, const struct module *m, int table, struct made_sounds *s, struct place at);

/* --- oversampling --- */
void oversample_open(lua_State *L);

/* --- parameters --- */
void param_open(lua_State *L);
/* Checks an open parameter against a port that it is wired to, and fills in what it left to the port. */
void param_bind(lua_State *L, uint32_t index, const struct module *m, const struct port *port, struct place at);

/* --- parts and phrases --- */
void phrase_open(lua_State *L);
/* What the file returned: at stack index `at`. */
size_t to_parts(lua_State *L, int at, struct made_part **parts);
struct made_phrase *to_phrase(lua_State *L, int at); /* NULL: none */

/* --- curves --- */
void arcs_open(lua_State *L);
void read_arcs(lua_State *L, int table, struct made_phrase *made);
/* The curve itself, for a part's parameter that has been found. */
struct arc arc_of(lua_State *L, const struct recipe *r, const struct made_arc *made, uint32_t part, uint32_t param);

/* --- tunings --- */
void tuning_open(lua_State *L);
void tune_notes(lua_State *L, int at, struct made_phrase *made); /* by the tuning at a stack index */

/* A number at a place of the list on top of the stack. */
double phrase_item(lua_State *L, int at, double def, const char *what, size_t i, const char *name);
/* A copy of the text at a stack index. */
const char *keep_text(lua_State *L, int at);

/* Table access with the errors of the language: raw, strict about keys. */
void check_keys(lua_State *L, int table, const char *what, const char *const *keys, lua_Integer positions);
bool field_number(lua_State *L, int table, const char *what, const char *key, double *x);
const char *field_text(lua_State *L, int table, const char *what, const char *key); /* in the arena; NULL: none */

#endif
