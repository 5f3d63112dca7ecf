/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recipe as plain data: what a sound is made of. The Lua reader and the wire
 * make it, the engine renders it, ids are hashes of it. Nothing here owns its
 * memory: strings and arrays belong to whoever made them (mostly an arena).
 */
#ifndef SYNTH_PATCH_H
#define SYNTH_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "synth/asset.h"
#include "synth/port.h"

/* Raised when the same recipe would give other bytes. It is part of every id. */
enum { ENGINE_VERSION = 2 };

/* What a patch may hold: bounds before anything is allocated for it. */
enum {
	PATCH_MAX_NODES = 4096,
	PATCH_MAX_PARAMS = 4096,
	NODE_MAX_SOUNDS = 128,
	RECIPE_MAX_PARTS = 256,
	PHRASE_MAX_NOTES = 65536,
	PATCH_MAX_RATE = 1536000, /* Hz, oversampled: 20 minutes of frames are whole numbers of 31 bits */
};
#define PHRASE_MAX_SECONDS 1200.0

struct wire {
	uint32_t node;
	const char *port;
};

enum input_from { FROM_VALUE, FROM_PARAM, FROM_WIRE };

struct input {
	const char *port;
	enum input_from from;
	float value;
	uint32_t param;
	struct wire wire;
};

struct node {
	const char *module;
	struct input *inputs;
	size_t n_inputs;
	struct asset_ref *sounds; /* that a MODULE_FILES module plays */
	size_t n_sounds;
	uint32_t oversample; /* it runs at 2, 4 or 8 times the rate; 0 and 1: at the rate */
};

struct param {
	const char *name;
	float value;
	bool open;
	float min, max;
	float step; /* where it is open it is min and so many of these, as often as they fit below max; 0: anything between */
	enum scale scale;
	const char *const *choices;
	size_t n_choices;
};

/* Nodes in the order they run: inputs name only nodes before their own. */
struct patch {
	const char *name;
	struct node *nodes;
	size_t n_nodes;
	struct param *params;
	size_t n_params;
	struct wire outputs[2];
	size_t n_outputs; /* 1 mono, 2 left and right */
};

struct part {
	const char *name;
	struct patch patch;
	float gain;
};

struct note {
	double start, length; /* beats */
	float pitch;          /* MIDI, fractional */
	float velocity;       /* 0..1 */
	uint32_t part;
};

/* How a curve goes from a point to the next: straight; not at all, until it jumps there; as half a
   cosine; as (e^(b x) - 1) / (e^b - 1), b its bend; in even ratios. */
enum arc_shape { ARC_LINE, ARC_HOLD, ARC_SMOOTH, ARC_CURVE, ARC_GEOMETRIC };

struct arc {
	uint32_t part, param;
	const double *beats; /* ascending */
	const float *values;
	size_t n;
	const uint8_t *shapes; /* enum arc_shape, from each point on; NULL: all straight */
	const float *bends;    /* of ARC_CURVE; NULL: all 0 */
	double every;          /* beats after which it begins again; 0: never */
	/* Where its values were drawn by chance, and may be again (arc_draw): them. A take does not
	   carry this, but what was drawn. */
	float *drawn, low, high;
	uint64_t seed;         /* a seed of its own */
	bool has_seed;
};

struct phrase {
	double tempo, beats, tail;
	struct note *notes;
	size_t n_notes;
	struct arc *arcs;
	size_t n_arcs;
};

struct recipe {
	uint32_t engine, rate;
	uint64_t seed;
	struct part *parts;
	size_t n_parts;
	struct phrase phrase;
};

/* Checks everything that the engine relies on: modules and ports exist, wires
   point back, values are finite and within their port's range, choices exist,
   at most one voices(), phrase and rate within bounds. 0, or -1 with the place
   ("part 2 'snare', node 5 (svf), port 'cutoff': ..."). */
int patch_check(const struct patch *p, struct err *err);
int recipe_check(const struct recipe *r, struct err *err);

/* BLAKE2b-256 over the canonical fields, in this order: doc/take.md. Names,
   ranges and what is open do not count: only what sounds. */
void recipe_id(const struct recipe *r, uint8_t id[HASH_SIZE]);

/* Whether code from elsewhere takes part, so that the sound need not be the same bytes again. Nodes
   whose module is not known do not count. */
bool recipe_has_guests(const struct recipe *r);

/* Length of the take in frames: round((beats * 60 / tempo + tail) * rate). */
uint64_t recipe_frames(const struct recipe *r);

#endif
