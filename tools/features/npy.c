/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "npy.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct block {
	uint32_t channels, frames;
};

struct npy {
	char *path;
	FILE *data;
	size_t columns, n, room;
	uint32_t channels, frames; /* the most of any take */
	struct block *block;
	bool broken; /* a block could not be kept */
};

static void
release(struct npy *n)
{
	if (n->data)
		fclose(n->data);
	free(n->block);
	free(n->path);
	free(n);
}

struct npy *
npy_new(const char *path, size_t columns, struct err *err)
{
	struct npy *n = calloc(1, sizeof *n);
	if (!n || !(n->path = strdup(path))) {
		free(n);
		return err_set(err, "out of memory"), NULL;
	}
	n->columns = columns;
	if (!(n->data = tmpfile())) {
		err_errno(err, "cannot make a temporary file for '%s'", path);
		return release(n), NULL;
	}
	return n;
}

void
npy_add(struct npy *n, const float *data, uint32_t channels, uint32_t frames)
{
	const size_t count = (size_t)channels * frames * n->columns;
	if (n->n == n->room) {
		const size_t room = n->room ? 2 * n->room : 256;
		struct block *b = realloc(n->block, room * sizeof *b);
		if (!b) {
			n->broken = true;
			return;
		}
		n->block = b;
		n->room = room;
	}
	n->block[n->n++] = (struct block){channels, frames};
	n->channels = channels > n->channels ? channels : n->channels;
	n->frames = frames > n->frames ? frames : n->frames;
	n->broken |= count && fwrite(data, sizeof *data, count, n->data) != count;
}

static int
header(const struct npy *n, FILE *f)
{
	char text[128];
	int k = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %u, %u, %zu), }", n->n,
	    n->channels, n->frames, n->columns);
	/* magic, version, length, text and newline end on a multiple of 64 */
	const int length = (10 + k + 1 + 63) / 64 * 64 - 10;
	return fprintf(f, "\x93NUMPY%c%c%c%c%-*s\n", 1, 0, length & 255, length >> 8, length - 1, text) < 0 ? -1 : 0;
}

static int
nans(FILE *f, size_t count)
{
	const float nan = NAN;
	while (count--)
		if (fwrite(&nan, sizeof nan, 1, f) != 1)
			return -1;
	return 0;
}

/* One [channel] of a take, or of nothing, as long as the longest. */
static int
rows(struct npy *n, FILE *f, uint32_t frames)
{
	float x[1024];
	for (size_t left = (size_t)frames * n->columns; left;) {
		const size_t some = left < 1024 ? left : 1024;
		if (fread(x, sizeof *x, some, n->data) != some || fwrite(x, sizeof *x, some, f) != some)
			return -1;
		left -= some;
	}
	return nans(f, (size_t)(n->frames - frames) * n->columns);
}

static int
write_all(struct npy *n, FILE *f)
{
	if (header(n, f) < 0)
		return -1;
	rewind(n->data);
	for (size_t i = 0; i < n->n; i++)
		for (uint32_t c = 0; c < n->channels; c++)
			if (rows(n, f, c < n->block[i].channels ? n->block[i].frames : 0) < 0)
				return -1;
	return 0;
}

int
npy_finish(struct npy *n, struct err *err)
{
	if (n->broken || fflush(n->data)) {
		err_set(err, "cannot write '%s': no room for its values", n->path);
		release(n);
		return -1;
	}
	struct file f;
	int got = file_create(&f, n->path, err);
	if (got == 0)
		got = file_finish(&f, write_all(n, f.stream) == 0, err);
	release(n);
	return got;
}
