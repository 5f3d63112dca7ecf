/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of lib/synth/lv2: an LV2 plug-in as a module. source.c finds
 * plug-ins, describe.c makes a port table of what their files say (no code of
 * theirs runs), instance.c and features.c run one, lv2_lanes.c (compiled for each
 * instruction set) runs one in each lane. doc/lv2.md says what comes of what.
 */
#ifndef SYNTH_LV2_LV2_H
#define SYNTH_LV2_LV2_H

#include <lilv/lilv.h>
#include <lv2/atom/forge.h>
#include <lv2/urid/urid.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "synth/port.h"

enum { LV2_BLOCK = 64, LV2_NOWHERE = -1 };

/* What a port of the plug-in is to us. */
enum lv2_kind {
	LV2_VALUE,     /* a number in, the module's input `at`, or `def` always */
	LV2_SOUND,     /* audio or CV in, the module's input `at` */
	LV2_HEARD,     /* audio or CV out, the module's output `at` */
	LV2_EVENTS,    /* atoms in */
	LV2_TOLD,      /* atoms out: thrown away */
	LV2_SHOWN,     /* a number out: thrown away, but for the latency */
	LV2_LATENCY,
	LV2_TEMPO,     /* a number in: beats a minute */
	LV2_UNTIED,    /* optional, and nothing that we know */
};

struct lv2_port {
	enum lv2_kind kind;
	int at;             /* among the module's inputs or outputs; LV2_NOWHERE */
	float min, max, def; /* as the plug-in has them; min and max hold whatever is wired in */
	bool whole;         /* whole numbers only */
	bool of_rate;       /* min and max are parts of the sample rate */
	const float *points; /* of a choice: the number that each stands for */
	int n_points;
	bool notes, place;  /* of events: whether they may be MIDI, and where in time we are */
	uint32_t room;      /* bytes of a buffer for events */
};

struct lv2_plugin {
	const char *uri, *name; /* name: the module's, "lv2:URI" */
	const LilvPlugin *lilv;
	struct lv2_port *ports;
	uint32_t n_ports;
	struct port *table;     /* the module's */
	bool notes;             /* it hears MIDI */
	bool instrument;        /* made for notes: stands before voices(), pitch and velocity are inputs */
	int pitch, velocity;    /* inputs; LV2_NOWHERE */
	bool default_state;     /* it wants to be given the state that its files describe */
	bool has_latency;
	struct lv2_plugin *next; /* all that were asked for */
	struct err refused;      /* why it cannot be a module; "" */
	struct { float rate; uint32_t frames; } latency[8]; /* as far as it is known; under lv2_lock */
	int n_latency;
};

/* lilv, and making and ending instances: one thread at a time. */
void lv2_lock(void);
void lv2_unlock(void);
LilvWorld *lv2_world(void); /* locked; NULL: out of memory */

/* Reads the plug-in's description (locked). What it allocates lives as long as the program. */
int lv2_describe(struct lv2_plugin *p, struct err *err);

/* --- features.c: what we give plug-ins -------------------------------------------------- */

LV2_URID lv2_urid(const char *uri);

/* Whether a plug-in may require this feature, or this option. */
bool lv2_gives(const char *feature);
bool lv2_gives_option(const char *option);

/* A plug-in's features. Work that it schedules is done between its blocks, in the same thread. */
struct lv2_features;
struct lv2_features *lv2_features_new(float rate);
void lv2_features_free(struct lv2_features *f);
const LV2_Feature *const *lv2_features_list(const struct lv2_features *f);
LV2_URID_Map *lv2_map(void);
/* After it was made, and after each block. */
void lv2_features_tie(struct lv2_features *f, LilvInstance *i);
void lv2_features_work(struct lv2_features *f);

/* --- instance.c ----------------------------------------------------------------------------- */

/* The note that an instance plays from its first frame on. */
struct lv2_note {
	bool is;
	float velocity;
	int64_t on, off; /* frames */
};

struct lv2_instance {
	const struct lv2_plugin *plugin;
	LilvInstance *lilv;
	struct lv2_features *features;
	float *sound;       /* LV2_BLOCK frames for each sound port and each CV */
	float *value;       /* one for each port */
	uint8_t **events;   /* a buffer for each port of events */
	float **in, **out;  /* by the module's inputs and outputs: its frames, or its one number */
	float rate, tempo;
	struct lv2_note note;
	int key, bend;      /* what the plug-in was told: MIDI note, -8192 to 8191 */
	int64_t frame;      /* of the next block */
	LV2_Atom_Forge forge;
	LV2_URID midi;
};

struct lv2_instance *lv2_instance_new(struct lv2_plugin *p, float rate, struct err *err);
void lv2_instance_free(struct lv2_instance *i);

/* One block: in[] is read, out[] written. pitch: of the note, now. */
void lv2_instance_run(struct lv2_instance *i, float pitch);

/* Frames by which its sound is late, as it says itself. */
uint32_t lv2_instance_latency(const struct lv2_instance *i);

/* For an instrument that is late: blocks to run before its first one is heard. Moves the note so that the sound falls
   on a block. */
uint32_t lv2_instance_lead(struct lv2_instance *i);

/* Of a plug-in that must be asked: makes an instance where it is not known. 0 where none can be made. */
uint32_t lv2_latency(struct lv2_plugin *p, float rate);

/* --- lv2_lanes.c --------------------------------------------------------------------------- */

struct lv2_lanes {
	size_t state;
	void (*init)(void *state, const struct context *c);
	void (*run)(void *state, const struct block *b);
	void (*release)(void *state, const struct context *c);
	uint32_t (*latency)(const struct context *c);
};
extern const struct lv2_lanes lv2_lanes_scalar, lv2_lanes_sse, lv2_lanes_avx2, lv2_lanes_avx512;

#endif
