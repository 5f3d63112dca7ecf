/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/crowd_read.h"

#include <stdlib.h>
#include <string.h>

#include "feature/summary.h"
#include "wire/measure.h"

struct crowd *
crowd_read(const char *where, uint8_t id[HASH_SIZE], struct err *err)
{
	struct reader *r = reader_open(where, err);
	struct take *t;
	struct hash h;
	float *rows = NULL;
	size_t n = 0, room = 0;
	int got = -1;
	while (r && (got = take_read(r, &t, err)) > 0) {
		const float *v = take_summary(t);
		if (v && n == room) {
			room = 2 * room + 64;
			float *more = realloc(rows, room * SUMMARY_COLUMNS * sizeof *rows);
			if (!more)
				got = err_set(err, "out of memory for %zu takes", room);
			rows = more ? more : rows;
		}
		if (v && got > 0)
			memcpy(rows + n++ * SUMMARY_COLUMNS, v, SUMMARY_COLUMNS * sizeof *rows);
		take_free(t);
		if (got < 0)
			break;
	}
	reader_free(r);
	struct crowd *c = got == 0 ? crowd_new(rows, n, SUMMARY_COLUMNS, err) : NULL;
	if (got == 0 && !c)
		err_prefix(err, "'%s'", where);
	if (c && id) {
		hash_init(&h);
		hash_string(&h, SUMMARY_NAME);
		for (size_t i = 0; i < n * SUMMARY_COLUMNS; i++)
			hash_float(&h, rows[i]);
		hash_final(&h, id);
	}
	free(rows);
	return c;
}
