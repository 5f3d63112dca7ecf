/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/asset.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "synth/asset_store.h"

size_t assets_kept = (size_t)512 << 20;

enum { BUCKETS = 256 };

struct entry {
	struct entry *next;
	uint8_t key[HASH_SIZE];
	bool is_asset;
	void *p; /* a struct asset, or what was derived */
	size_t bytes;
	uint64_t used;
};

/* Making one thing may ask for another: the lock is recursive. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct entry *buckets[BUCKETS];
static size_t total;
static uint64_t stamp;
static unsigned within;

static struct entry *
look_up(const uint8_t key[HASH_SIZE])
{
	for (struct entry *e = buckets[key[0]]; e; e = e->next)
		if (!memcmp(e->key, key, HASH_SIZE)) {
			e->used = ++stamp;
			return e;
		}
	return NULL;
}

static struct entry *
add(const uint8_t key[HASH_SIZE], void *p, size_t bytes, bool is_asset)
{
	struct entry *e = malloc(sizeof *e);
	if (!e)
		return NULL;
	*e = (struct entry){.next = buckets[key[0]], .is_asset = is_asset, .p = p, .bytes = bytes, .used = ++stamp};
	memcpy(e->key, key, HASH_SIZE);
	buckets[key[0]] = e;
	total += bytes;
	return e;
}

static void
drop_oldest(void)
{
	struct entry **oldest = NULL;
	for (int b = 0; b < BUCKETS; b++)
		for (struct entry **e = &buckets[b]; *e; e = &(*e)->next)
			if (!oldest || (*e)->used < (*oldest)->used)
				oldest = e;
	struct entry *e = *oldest;
	*oldest = e->next;
	total -= e->bytes;
	if (e->is_asset)
		asset_free(e->p);
	else
		free(e->p);
	free(e);
}

void
assets_enter(void)
{
	pthread_mutex_lock(&lock);
	within++;
	pthread_mutex_unlock(&lock);
}

void
assets_leave(void)
{
	pthread_mutex_lock(&lock);
	if (--within == 0)
		while (total > assets_kept)
			drop_oldest();
	pthread_mutex_unlock(&lock);
}

/* --- sounds ------------------------------------------------------------------------ */

struct asset *
asset_new(uint32_t rate, uint32_t channels, uint64_t frames, uint32_t cycle, struct err *err)
{
	if (rate < 1 || rate > ASSET_RATE)
		return err_set(err, "a rate of %u Hz is not 1 to %d", rate, ASSET_RATE), NULL;
	if (channels < 1 || channels > ASSET_CHANNELS)
		return err_set(err, "%u channels are not 1 to %d", channels, ASSET_CHANNELS), NULL;
	if (frames < 1 || frames > ASSET_SAMPLES / channels)
		return err_set(err, "%llu frames of %u channels: a patch plays sounds of 1 to %d samples",
		    (unsigned long long)frames, channels, ASSET_SAMPLES), NULL;
	if (cycle > ASSET_CYCLE)
		return err_set(err, "a cycle of %u frames is longer than %d", cycle, ASSET_CYCLE), NULL;
	struct asset *a = malloc(sizeof *a);
	float *x = malloc(frames * channels * sizeof *x);
	if (!a || !x)
		return free(a), free(x), err_set(err, "out of memory"), NULL;
	*a = (struct asset){.rate = rate, .channels = channels, .cycle = cycle, .frames = frames, .x = x};
	return a;
}

void
asset_free(struct asset *a)
{
	if (!a)
		return;
	free(a->x);
	free(a);
}

static int
seal(struct asset *a, struct err *err)
{
	const size_t n = a->frames * a->channels;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(a->x[i]))
			return err_set(err, "frame %zu of channel %zu is not a finite number", i % a->frames, i / a->frames);
	struct hash h;
	hash_init(&h);
	hash_string(&h, "assay asset");
	hash_u64(&h, a->rate);
	hash_u64(&h, a->channels);
	hash_u64(&h, a->cycle);
	hash_u64(&h, a->frames);
	hash_bytes(&h, a->x, n * sizeof *a->x);
	hash_final(&h, a->hash);
	return 0;
}

const struct asset *
asset_keep(struct asset *a, struct err *err)
{
	if (seal(a, err) < 0)
		return asset_free(a), NULL;
	pthread_mutex_lock(&lock);
	struct entry *e = look_up(a->hash);
	if (e)
		asset_free(a);
	else if (!(e = add(a->hash, a, a->frames * a->channels * sizeof *a->x, true))) {
		asset_free(a);
		err_set(err, "out of memory");
	}
	const struct asset *kept = e ? e->p : NULL;
	pthread_mutex_unlock(&lock);
	return kept;
}

const struct asset *
asset_known(const uint8_t hash[HASH_SIZE])
{
	pthread_mutex_lock(&lock);
	const struct entry *e = look_up(hash);
	pthread_mutex_unlock(&lock);
	return e && e->is_asset ? e->p : NULL;
}

const struct asset *
asset_find(const uint8_t hash[HASH_SIZE], const char *name, struct err *err)
{
	const struct asset *a = asset_known(hash);
	struct err unlike;
	if (a)
		return a;
	/* what the project makes is what a name says, or any of them */
	for (const char *const *made = asset_made_names; *made && !asset_saved(hash); made++) {
		const struct asset *m = asset_make(*made, &unlike);
		if (m && !memcmp(m->hash, hash, HASH_SIZE))
			return m;
	}
	struct asset *read = store_read(hash, name, err);
	if (!read)
		return NULL;
	a = asset_keep(read, err);
	if (a && memcmp(a->hash, hash, HASH_SIZE)) {
		char path[STORE_PATH];
		store_path(hash, path, &unlike);
		return err_set(err, "'%s' is damaged: it holds another sound than its name says; remove it, and read "
		                    "the patch again or recall the take from a bank", path), NULL;
	}
	return a;
}

int
asset_save(const struct asset *a, struct err *err)
{
	return asset_saved(a->hash) ? 0 : store_write(a, err);
}

int
asset_save_again(const struct asset *a, struct err *err)
{
	return store_write(a, err);
}

int
asset_saved(const uint8_t hash[HASH_SIZE])
{
	return store_has(hash);
}

/* --- what is worked out of them ------------------------------------------------------- */

void
asset_key(uint8_t key[HASH_SIZE], const char *kind, const struct asset *const *a, size_t n, uint64_t number)
{
	struct hash h;
	hash_init(&h);
	hash_string(&h, kind);
	hash_u64(&h, number);
	for (size_t i = 0; i < n; i++)
		hash_bytes(&h, a[i]->hash, HASH_SIZE);
	hash_final(&h, key);
}

const void *
asset_derived(const uint8_t key[HASH_SIZE], void *(*make)(void *user, size_t *bytes), void *user)
{
	pthread_mutex_lock(&lock);
	struct entry *e = look_up(key);
	if (!e) {
		size_t bytes = 0;
		void *p = make(user, &bytes);
		if (p && !(e = add(key, p, bytes, false)))
			free(p);
	}
	const void *p = e ? e->p : NULL;
	pthread_mutex_unlock(&lock);
	return p;
}
