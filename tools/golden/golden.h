/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A golden set in the making: its members, and what is done with them in turn. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>

#include "audio/sound.h"
#include "base/err.h"
#include "wire/take.h"

/* One sound file of the set. */
struct member {
	char *path;
	struct take *t;     /* what is known of it, without samples; the member's */
	struct sound sound; /* its samples while there is room for them; x NULL: they are read again */
	bool known;         /* it was heard before, in another run */
	/* judged (judge.h); -1: none */
	ptrdiff_t same;     /* the first that is the same to the bit */
	ptrdiff_t copy;     /* the first that is the same recording */
	ptrdiff_t nearest;  /* of all that are not the same */
	double distance;    /* to that one's summary */
	bool twin, outlier; /* so near that one of the two will do; further than is usual */
};

struct set {
	struct member *member;
	size_t n, room, kept; /* kept: bytes of samples that are in memory */
	int kinds;
	char *words[64]; /* of each kind; in the takes */
};

/* How loops are heard: all that the result depends on but for the sound and what its name states. */
struct settings {
	double rate; /* Hz; 0: that of the file */
	double gap;  /* seconds between onsets */
	int kinds;   /* of slices; 0: as many as the loop suggests */
	int cut;     /* CUT_... */
};
enum { CUT_ONSETS, CUT_BEATS, CUT_TRANSIENTS };

/* --- hear.c ----------------------------------------------------------------------------------- */

struct analysis;

/* Adds to a take with sound what is heard in it: summary and loop. */
int hear(struct analysis *a, const struct settings *s, struct take *t, struct err *err);
/* A Loop message with room for n slices; NULL when out of memory. */
Assay__Loop *loop_new(struct take *t, size_t n);
int add_summary(struct analysis *a, struct take *t, struct err *err);
/* A column of the summary in its own unit. */
double summary_value(const struct take *t, const char *label);

/* --- set.c ------------------------------------------------------------------------------------ */

/* Takes over t and the sound, which is let go of where there is no room for it. NULL when out of memory: they stay the
   caller's. */
struct member *set_add(struct set *s, const char *path, struct take *t, struct sound *sound);
void set_release(struct set *s);

/* The samples of a member, resampled as when they were heard, for as long as until the next is asked for. NULL with the
   reason. */
const struct sound *set_sound(struct set *s, size_t i, const struct settings *how, struct err *err);

/* --- judge.c ---------------------------------------------------------------------------------- */

/* Compares all with all: what is there twice, kinds, what stands out; sets what the loops say of it. */
int judge(struct set *s, const struct settings *how, int kinds, struct err *err);

/* --- pieces.c --------------------------------------------------------------------------------- */

/* What each take is given to: a stream, files. */
typedef int take_sink(struct take *t, struct err *err);

/* The exemplars of a member's slices in the order of their kinds, or all in the order of time, as takes of their own. */
int pieces_send(struct analysis *a, const struct take *loop, const struct sound *sound, bool all, take_sink *sink,
    struct err *err);
/* Writes a take with sound as FOLDER/KEY.wav, or KEY-2.wav if this run has written that. */
int piece_wav(const char *folder, const struct take *t, struct err *err);

/* --- store.c ---------------------------------------------------------------------------------- */

/* Where takes go. A file that is there already is replaced when the set is whole: it keeps what it holds if not. */
struct store;
struct store *store_open(const char *where, struct err *err);
int store_put(struct store *s, struct take *t, struct err *err);
/* Closes, if whole puts the file in its place, and frees. */
int store_close(struct store *s, bool whole, struct err *err);

/* What has become of the set that the file held: members of the new one that it had not, that it had with another
   sound, that it had; and what it had and they are not. */
struct news {
	size_t fresh, changed, kept, gone;
};
/* Whether there was a set in the file. */
bool store_news(const char *where, const struct set *s, struct news *n);

/* --- report.c, report_json.c ------------------------------------------------------------------- */

void report_text(const struct set *s);
void report_json(const struct set *s);

#endif
