/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"
#include "base/talk.h"
#include "feature/stated.h"

/* An entry is the hash of the rest, and a take. */
enum { MOST_ENTRIES = 20000, MOST_ENTRY = 1 << 20, CHUNK = 1 << 16 };
#define MOST_BYTES (128e6)

struct cache {
	char folder[PATH_MAX];
	uint8_t base[HASH_SIZE]; /* of program and settings */
	bool full;               /* nothing can be written: it is not tried again */
	size_t added;
};

/* Adds the bytes of a plain file. */
static int
hash_file(struct hash *h, const char *path)
{
	struct stat st;
	static unsigned char chunk[CHUNK];
	FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
	if (!f)
		return -1;
	hash_u64(h, (uint64_t)st.st_size);
	size_t n;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		hash_bytes(h, chunk, n);
	const int bad = ferror(f);
	fclose(f);
	return bad ? -1 : 0;
}

struct cache *
cache_open(const struct settings *s)
{
	struct cache *c = calloc(1, sizeof *c);
	struct hash h;
	hash_init(&h);
	hash_string(&h, "assay golden");
	hash_double(&h, s->rate);
	hash_double(&h, s->gap);
	hash_u64(&h, (uint64_t)s->kinds);
	hash_u64(&h, (uint64_t)s->cut);
	if (c && share_home("XDG_CACHE_HOME", ".cache", "assay/golden", c->folder, sizeof c->folder - HASH_HEX - 8)
	    && hash_file(&h, "/proc/self/exe") == 0) {
		hash_final(&h, c->base);
		return c;
	}
	free(c);
	return NULL;
}

int
cache_key(const struct cache *c, const char *path, uint8_t key[HASH_SIZE])
{
	const struct stated said = stated_in(path);
	struct hash h;
	hash_init(&h);
	hash_bytes(&h, c->base, HASH_SIZE);
	hash_double(&h, said.bpm);
	hash_u64(&h, (uint64_t)(said.tonic + 1));
	hash_u64(&h, (uint64_t)(said.mode + 1));
	if (hash_file(&h, path) < 0)
		return -1;
	hash_final(&h, key);
	return 0;
}

static void
entry_path(const struct cache *c, const uint8_t key[HASH_SIZE], char path[PATH_MAX])
{
	char hex[HASH_HEX];
	snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - HASH_HEX - 8, c->folder, hash_hex(key, HASH_SIZE, hex));
}

static void
sum(const uint8_t *p, size_t n, uint8_t out[HASH_SIZE])
{
	struct hash h;
	hash_init(&h);
	hash_bytes(&h, p, n);
	hash_final(&h, out);
}

struct take *
cache_get(struct cache *c, const uint8_t key[HASH_SIZE])
{
	char path[PATH_MAX];
	uint8_t check[HASH_SIZE];
	struct err err;
	entry_path(c, key, path);
	FILE *f = fopen(path, "re");
	uint8_t *p = f ? malloc(MOST_ENTRY) : NULL;
	const size_t n = p ? fread(p, 1, MOST_ENTRY, f) : 0;
	struct take *t = NULL;
	if (n > HASH_SIZE && n < MOST_ENTRY) {
		sum(p + HASH_SIZE, n - HASH_SIZE, check);
		if (!memcmp(p, check, HASH_SIZE))
			t = take_unpack(p + HASH_SIZE, n - HASH_SIZE, &err);
	}
	if (t)
		futimens(fileno(f), NULL); /* so that the oldest is what was not asked for */
	else if (f)
		talk_verbose("'%s' is broken: the sound is heard again", path);
	if (f)
		fclose(f);
	free(p);
	return t;
}

void
cache_put(struct cache *c, const uint8_t key[HASH_SIZE], const struct take *t)
{
	char path[PATH_MAX];
	struct err err;
	struct file f;
	const size_t n = assay__take__get_packed_size(t->m);
	uint8_t *p = c->full || n + HASH_SIZE >= MOST_ENTRY ? NULL : malloc(n + HASH_SIZE);
	if (!p)
		return;
	assay__take__pack(t->m, p + HASH_SIZE);
	sum(p + HASH_SIZE, n, p);
	entry_path(c, key, path);
	int got = folder_make(c->folder) < 0 ? err_errno(&err, "cannot make '%s'", c->folder) : file_create(&f, path, &err);
	if (got == 0)
		got = file_finish(&f, fwrite(p, 1, n + HASH_SIZE, f.stream) == n + HASH_SIZE, &err);
	if (got < 0) {
		talk_verbose("what is heard is not kept for the next run: %s", err.text);
		c->full = true;
	}
	c->added += got == 0;
	free(p);
}

/* --- bounds ----------------------------------------------------------------------------------- */

struct aged {
	char name[HASH_HEX + 16];
	struct timespec at;
	off_t size;
};

static int
newest_first(const void *pa, const void *pb)
{
	const struct aged *a = pa, *b = pb;
	if (a->at.tv_sec != b->at.tv_sec)
		return (a->at.tv_sec < b->at.tv_sec) - (a->at.tv_sec > b->at.tv_sec);
	return (a->at.tv_nsec < b->at.tv_nsec) - (a->at.tv_nsec > b->at.tv_nsec);
}

static void
prune(const struct cache *c)
{
	DIR *d = opendir(c->folder);
	struct aged *list = NULL;
	size_t n = 0, room = 0;
	double bytes = 0;
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode)
		    || strlen(e->d_name) >= sizeof list->name)
			continue;
		if (n == room) {
			room = room ? 2 * room : 1024;
			struct aged *more = realloc(list, room * sizeof *more);
			if (!more)
				break;
			list = more;
		}
		list[n] = (struct aged){.at = st.st_mtim, .size = st.st_size};
		strcpy(list[n++].name, e->d_name);
	}
	if (n)
		qsort(list, n, sizeof *list, newest_first);
	for (size_t i = 0; i < n; i++) {
		bytes += (double)list[i].size;
		if (i >= MOST_ENTRIES || bytes > MOST_BYTES)
			unlinkat(dirfd(d), list[i].name, 0); /* one that another run took away already is as well */
	}
	free(list);
	if (d)
		closedir(d);
}

void
cache_close(struct cache *c)
{
	if (c && c->added)
		prune(c);
	free(c);
}
