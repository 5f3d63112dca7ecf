/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is looked for by ear, and what comes near: shared by the bank and by folders. */
#ifndef TOOLS_BANK_LISTEN_H
#define TOOLS_BANK_LISTEN_H

#include "score/crowd.h"
#include "verbs.h"

/* How far a summary is from what is asked for; why, if not NULL, becomes the reason. told: what is known of the
   sound besides, or NULL. */
double far_from(const struct ask *a, const float *summary, const struct said *told, char *why, size_t n_why);

/* What a name states; told->name is `name` itself. */
void told_by_name(struct said *told, const char *name);

struct hit {
	double distance;
	uint8_t id[HASH_SIZE];
	char *path; /* of a file, owned */
	float summary[SUMMARY_COLUMNS];
	struct said told; /* its name is the path's end */
};

struct hits {
	struct hit *item;
	size_t n, room;
};
struct hit *hits_more(struct hits *h, struct err *err);
void hits_sort(struct hits *h);

/* Takes that have a summary of an older version only: a warning, or, where no other was found, an error. */
int summaries_lacking(struct bank *b, size_t found, struct err *err);

/* --- what was heard before (cache.c) ------------------------------------------------------ */

/* Of one file. */
struct heard_before {
	uint8_t id[HASH_SIZE]; /* of its path, size and time of change */
	float summary[SUMMARY_COLUMNS];
	float bpm;             /* 0: none is heard; -1: nobody has listened for it yet */
	int32_t key;           /* -1: none; -2: nobody has listened for it yet */
};

struct cache;
/* $XDG_CACHE_HOME/assay/samples. A cache that cannot be read is empty, and one that cannot be written is lost: it is
   said with -v alone. NULL: out of memory. */
struct cache *cache_open(void);
struct heard_before *cache_find(struct cache *c, const uint8_t id[HASH_SIZE]); /* NULL: unknown */
/* Lasts until the next. NULL: out of memory. */
struct heard_before *cache_add(struct cache *c, const uint8_t id[HASH_SIZE]);
void cache_changed(struct cache *c);
void cache_close(struct cache *c); /* writes it where it has changed */

#endif
