/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What files of samples were heard to be, so that they are not heard again: records
 * of one size after a line that names the version of the summary; the latest used are
 * last, and the first go where there are more than MOST (25 MB).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/share.h"
#include "feature/key.h"
#include "listen.h"

enum { MOST = 65536, SLOTS = 2 * MOST };

struct cache {
	struct heard_before *item;
	unsigned char *used; /* [room] */
	uint32_t *slot;      /* [SLOTS]: index of an item + 1, by the first bytes of its id */
	size_t n, room;
	bool changed;
	char path[4096];
};

static uint32_t *
slot_of(struct cache *c, const uint8_t id[HASH_SIZE])
{
	uint32_t at;
	memcpy(&at, id, sizeof at);
	for (at %= SLOTS; c->slot[at] && memcmp(c->item[c->slot[at] - 1].id, id, HASH_SIZE) != 0; at = (at + 1) % SLOTS)
		continue;
	return &c->slot[at];
}

static bool
grow(struct cache *c)
{
	if (c->n < c->room)
		return true;
	const size_t room = c->room ? 2 * c->room : 1024;
	struct heard_before *item = realloc(c->item, room * sizeof *item);
	if (item)
		c->item = item;
	unsigned char *used = realloc(c->used, room);
	if (used)
		c->used = used;
	c->room = item && used ? room : c->room;
	return item && used;
}

struct heard_before *
cache_find(struct cache *c, const uint8_t id[HASH_SIZE])
{
	const uint32_t at = *slot_of(c, id);
	if (!at)
		return NULL;
	c->used[at - 1] = 1;
	return &c->item[at - 1];
}

struct heard_before *
cache_add(struct cache *c, const uint8_t id[HASH_SIZE])
{
	/* beyond what is kept, a place of its own is used again and again */
	if (c->n == MOST) {
		memcpy(c->item[MOST - 1].id, id, HASH_SIZE);
		return &c->item[MOST - 1];
	}
	if (!grow(c))
		return NULL;
	struct heard_before *h = &c->item[c->n];
	*h = (struct heard_before){.bpm = -1, .key = -2};
	memcpy(h->id, id, HASH_SIZE);
	c->used[c->n] = 1;
	*slot_of(c, id) = (uint32_t)++c->n;
	c->changed = true;
	return h;
}

void
cache_changed(struct cache *c)
{
	c->changed = true;
}

static void
head(char line[64])
{
	memset(line, 0, 64);
	snprintf(line, 64, "assay samples %s %d\n", SUMMARY_NAME, SUMMARY_COLUMNS);
}

/* Whether a record can be what was written: a file may hold anything. */
static bool
sound(const struct heard_before *h)
{
	for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
		if (!isfinite(h->summary[i]))
			return false;
	return isfinite(h->bpm) && h->bpm >= -1 && h->bpm < 1e4f && h->key >= -2 && h->key < KEYS;
}

static void
load(struct cache *c)
{
	char want[64], line[64];
	struct heard_before h;
	FILE *f = fopen(c->path, "rb");
	head(want);
	if (f && fread(line, sizeof line, 1, f) == 1 && !memcmp(line, want, sizeof line))
		while (c->n < MOST && fread(&h, sizeof h, 1, f) == 1) {
			struct heard_before *item = !sound(&h) || *slot_of(c, h.id) ? NULL : cache_add(c, h.id);
			if (item) {
				*item = h;
				c->used[c->n - 1] = 0;
			}
		}
	c->changed = false;
	if (f)
		fclose(f);
}

struct cache *
cache_open(void)
{
	struct cache *c = calloc(1, sizeof *c);
	if (c && !(c->slot = calloc(SLOTS, sizeof *c->slot))) {
		free(c);
		return NULL;
	}
	if (c && share_home("XDG_CACHE_HOME", ".cache", "assay/samples", c->path, sizeof c->path))
		load(c);
	return c;
}

static void
save(struct cache *c)
{
	struct err err;
	struct file f;
	char line[64], *end = strrchr(c->path, '/');
	head(line);
	*end = 0;
	const int made = folder_make(c->path);
	*end = '/';
	if (made < 0 || file_create(&f, c->path, &err) < 0)
		return talk_verbose("what was heard is not kept: cannot write '%s'", c->path);
	bool good = fwrite(line, sizeof line, 1, f.stream) == 1;
	/* those that were of use now come last, and stay longest; a full cache loses its first half */
	size_t skip = c->n == MOST ? MOST / 2 : 0;
	for (int used = 0; used < 2; used++)
		for (size_t i = 0; i < c->n && good; i++)
			if (c->used[i] == used) {
				if (skip)
					skip--;
				else
					good = fwrite(&c->item[i], sizeof *c->item, 1, f.stream) == 1;
			}
	if (file_finish(&f, good, &err) < 0)
		talk_verbose("what was heard is not kept: %s", err.text);
}

void
cache_close(struct cache *c)
{
	if (!c)
		return;
	if (c->changed && *c->path)
		save(c);
	free(c->item);
	free(c->used);
	free(c->slot);
	free(c);
}
