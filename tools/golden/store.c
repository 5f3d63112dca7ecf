/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/talk.h"
#include "golden.h"
#include "wire/import.h"

struct store {
	struct writer *out;
	char *to, *temp; /* NULL: written straight */
};

struct store *
store_open(const char *where, struct err *err)
{
	struct store *s = calloc(1, sizeof *s);
	struct stat st;
	if (!s)
		return err_set(err, "out of memory"), NULL;
	/* a FIFO, a device, an endpoint, standard output: straight; a file is written beside its name */
	const bool there = stat(where, &st) == 0;
	if (strcmp(where, "-") && (there ? S_ISREG(st.st_mode) : !strstr(where, "://"))) {
		const mode_t mask = umask(0);
		umask(mask);
		s->to = there ? realpath(where, NULL) : strdup(where);
		const int fd = s->to && asprintf(&s->temp, "%s.XXXXXX", s->to) > 0 ? mkstemp(s->temp) : -1;
		if (fd < 0 || fchmod(fd, there ? st.st_mode & 0777 : 0666 & ~mask) < 0) {
			err_errno(err, "cannot create '%s'", where);
			free(s->temp);
			s->temp = NULL;
		}
		if (fd >= 0)
			close(fd);
		if (s->temp)
			s->out = writer_open(s->temp, err);
	} else {
		s->out = writer_open(where, err);
	}
	if (s->out)
		return s;
	if (s->temp)
		unlink(s->temp);
	free(s->to);
	free(s->temp);
	free(s);
	return NULL;
}

int
store_put(struct store *s, struct take *t, struct err *err)
{
	if (take_fit(t))
		talk_warning("%s: too long for a stream: it goes on without its samples", t->m->key);
	return take_write(s->out, t, err);
}

int
store_close(struct store *s, bool whole, struct err *err)
{
	int got = writer_close(s->out, err);
	if (s->temp && got == 0 && whole && rename(s->temp, s->to) < 0)
		got = err_errno(err, "cannot write '%s'", s->to);
	if (s->temp && (got < 0 || !whole))
		unlink(s->temp);
	free(s->to);
	free(s->temp);
	free(s);
	return got;
}

/* --- what has become of the set ------------------------------------------------------------------ */

struct was {
	char *file;
	uint8_t id[HASH_SIZE]; /* of the loop, or of the loop that a slice is of */
	bool found;
};

static int
by_file(const void *a, const void *b)
{
	return strcmp(((const struct was *)a)->file, ((const struct was *)b)->file);
}

/* The loops that a file of takes holds, or -1 if it is none. */
static int
read_set(const char *where, struct was **list, size_t *n)
{
	struct err err;
	struct stat st;
	struct reader *r = stat(where, &st) == 0 && S_ISREG(st.st_mode) && st.st_size ? reader_open(where, &err) : NULL;
	struct take *t;
	int got = r ? 1 : -1;
	*list = NULL;
	*n = 0;
	while (got > 0 && (got = take_read(r, &t, &err)) > 0) {
		const Assay__Origin *o = t->m->origin;
		const ProtobufCBinaryData *id = o && o->n_parents == 1 ? &o->parents[0] : &t->m->id;
		struct was *more = o && *o->file && id->len == HASH_SIZE ? realloc(*list, (*n + 1) * sizeof *more) : NULL;
		if (more) {
			*list = more;
			if ((more[*n].file = strdup(o->file))) {
				memcpy(more[*n].id, id->data, HASH_SIZE);
				more[(*n)++].found = false;
			}
		}
		take_free(t);
	}
	reader_free(r);
	if (*n)
		qsort(*list, *n, sizeof **list, by_file);
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		if (kept && !strcmp((*list)[kept - 1].file, (*list)[i].file))
			free((*list)[i].file); /* another slice of it */
		else
			(*list)[kept++] = (*list)[i];
	}
	*n = kept;
	return got;
}

bool
store_news(const char *where, const struct set *s, struct news *news)
{
	struct was *list;
	size_t n;
	const bool there = read_set(where, &list, &n) == 0 && n;
	*news = (struct news){.gone = n};
	for (size_t i = 0; i < s->n; i++) {
		const struct was key = {.file = s->member[i].path};
		struct was *was = n ? bsearch(&key, list, n, sizeof *list, by_file) : NULL;
		if (!was)
			news->fresh++;
		else if (memcmp(was->id, s->member[i].t->m->id.data, HASH_SIZE))
			news->changed++;
		else
			news->kept++;
		news->gone -= was && !was->found;
		if (was)
			was->found = true;
	}
	for (size_t i = 0; i < n; i++)
		free(list[i].file);
	free(list);
	return there;
}
