/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both drivers share: which of them a place means, and the schema's words. */
#include "bank/db.h"

#include <stdio.h>
#include <stdlib.h>

struct db *
db_open(const char *where, enum db_mode mode, struct err *err)
{
	const bool url = !strncmp(where, "postgresql://", 13) || !strncmp(where, "postgres://", 11);
	if (!url && strstr(where, "://"))
		return err_set(err, "no kind of bank is known as '%s': a file or postgresql://...", where), NULL;
	return (url ? &db_postgres : &db_sqlite)->open(where, mode, err);
}

const struct db_driver *
db_driver(const struct db *db)
{
	return ((const struct db_head *)db)->driver;
}

void
db_close(struct db *db)
{
	if (db)
		db_driver(db)->close(db);
}

int
db_number(struct db *db, const char *sql, const struct db_value *v, size_t n, int64_t *x, struct err *err)
{
	const struct db_driver *d = db_driver(db);
	struct db_query *q = d->query(db, sql, v, n, false, err);
	if (!q)
		return -1;
	int got = d->step(q, err);
	if (got > 0) {
		const struct db_value c = d->column(q, 0);
		*x = c.i;
		got = c.type == DB_INT;
	}
	d->end(q);
	return got;
}

/* Text of `from`, each '@' replaced by name. */
static void
fill(FILE *to, const char *from, const char *name, int n)
{
	for (; *from; from++) {
		if (*from == '@')
			fprintf(to, "%.*s", n, name);
		else
			fputc(*from, to);
	}
}

char *
db_translate(const char *sql, const struct db_word *words, const char *append_only)
{
	static const char directive[] = "append_only ";
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	for (const char *s = sql; *s;) {
		if (!strncmp(s, directive, sizeof directive - 1)) {
			s += sizeof directive - 1;
			const int n = (int)strcspn(s, ";");
			fill(to, append_only, s, n);
			s += n + 1;
			continue;
		}
		const struct db_word *w = words;
		while (*s == '%' && w->word && strncmp(s + 1, w->word, strlen(w->word)))
			w++;
		if (*s == '%' && w->word) {
			fputs(w->text, to);
			s += 1 + strlen(w->word);
		} else
			fputc(*s++, to);
	}
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}
