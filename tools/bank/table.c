/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as a table for people or as JSON Lines for programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

enum { CELL = 256, SHOWN = 64 };

struct table {
	FILE *f;
	bool json;
	const char **name; /* of the columns */
	size_t columns;
	char **cell; /* text of all cells, in a table for people */
	bool *right; /* per cell: a number */
	size_t cells, room;
	struct arena arena;
};

struct table *
table_new(FILE *f, bool json)
{
	struct table *t = calloc(1, sizeof *t);
	if (!t)
		die(EXIT_FAILED, "out of memory");
	t->f = f;
	t->json = json;
	arena_init(&t->arena, (size_t)1 << 32);
	return t;
}

static void *
must(void *p)
{
	if (!p)
		die(EXIT_FAILED, "out of memory");
	return p;
}

void
table_column(struct table *t, const char *name)
{
	t->name = must(realloc(t->name, (t->columns + 1) * sizeof *t->name));
	t->name[t->columns++] = must(arena_strdup(&t->arena, name));
}

/* The shortest text that reads back as the same number. */
static void
number(double x, char text[32])
{
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, 32, "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			return;
	}
}

static void
json_text(FILE *f, const struct db_value v)
{
	char *plain = must(malloc(3 * v.n + 1));
	bank_text(v.p, plain, 3 * v.n + 1);
	putc('"', f);
	for (const unsigned char *s = (unsigned char *)plain; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(f, "\\u%04x", *s);
		else
			putc(*s, f);
	}
	putc('"', f);
	free(plain);
}

static void
json_value(FILE *f, const struct db_value v)
{
	char text[32];
	switch (v.type) {
	case DB_NULL: fputs("null", f); break;
	case DB_INT: fprintf(f, "%lld", (long long)v.i); break;
	case DB_REAL:
		number(v.d, text);
		fputs(isfinite(v.d) ? text : "null", f);
		break;
	case DB_TEXT: json_text(f, v); break;
	case DB_BLOB:
		putc('"', f);
		for (size_t i = 0; i < v.n; i++)
			fprintf(f, "%02x", ((const uint8_t *)v.p)[i]);
		putc('"', f);
	}
}

/* One line, nothing that a terminal would obey, cut when long. */
static char *
readable(struct arena *a, const struct db_value v)
{
	char text[CELL], hex[HASH_HEX];
	switch (v.type) {
	case DB_NULL: *text = 0; break;
	case DB_INT: snprintf(text, sizeof text, "%lld", (long long)v.i); break;
	case DB_REAL: snprintf(text, sizeof text, "%.6g", v.d); break;
	case DB_BLOB:
		if (v.n <= HASH_SIZE)
			snprintf(text, sizeof text, "%.*s", v.n == HASH_SIZE ? BANK_DIGITS : 2 * HASH_SIZE, hash_hex(v.p, v.n, hex));
		else
			snprintf(text, sizeof text, "(%zu bytes)", v.n);
		break;
	case DB_TEXT: {
		bank_text(v.p, text, sizeof text);
		size_t shown = 0;
		for (unsigned char *s = (unsigned char *)text; *s; s++) {
			if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0))
				*s = s[1] && *s == 0xc2 ? (s[1] = '?', ' ') : '?';
			if ((*s & 0xc0) != 0x80 && ++shown > SHOWN) {
				memcpy(s, "\xe2\x80\xa6", 4); /* an ellipsis */
				break;
			}
		}
	}
	}
	return must(arena_strdup(a, text));
}

void
table_cell(struct table *t, struct db_value v)
{
	const size_t column = t->cells % t->columns;
	if (t->json) {
		fprintf(t->f, "%c\"%s\":", column ? ',' : '{', t->name[column]);
		json_value(t->f, v);
		if (column + 1 == t->columns)
			fputs("}\n", t->f);
		t->cells++;
		return;
	}
	if (t->cells == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->cell = must(realloc(t->cell, t->room * sizeof *t->cell));
		t->right = must(realloc(t->right, t->room * sizeof *t->right));
	}
	t->right[t->cells] = v.type == DB_INT || v.type == DB_REAL;
	t->cell[t->cells++] = readable(&t->arena, v);
}

size_t
table_rows(const struct table *t)
{
	return t->columns ? t->cells / t->columns : 0;
}

/* Characters, taken as one place each. */
static int
width(const char *s)
{
	int n = 0;
	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void
print_row(struct table *t, char *const *cell, const bool *right, const int *wide)
{
	for (size_t c = 0; c < t->columns; c++) {
		const int pad = wide[c] - width(cell[c]);
		const bool last = c + 1 == t->columns;
		fprintf(t->f, "%s%*s%s%*s", c ? "  " : "", right && right[c] ? pad : 0, "", cell[c],
		    last || (right && right[c]) ? 0 : pad, "");
	}
	putc('\n', t->f);
}

void
table_free(struct table *t)
{
	if (!t->json && t->columns) {
		int *wide = must(calloc(t->columns, sizeof *wide));
		for (size_t c = 0; c < t->columns; c++)
			wide[c] = width(t->name[c]);
		for (size_t i = 0; i < t->cells; i++)
			if (width(t->cell[i]) > wide[i % t->columns])
				wide[i % t->columns] = width(t->cell[i]);
		print_row(t, (char *const *)t->name, NULL, wide);
		for (size_t i = 0; i + t->columns <= t->cells; i += t->columns)
			print_row(t, t->cell + i, t->right + i, wide);
		free(wide);
	}
	arena_release(&t->arena);
	free(t->name);
	free(t->cell);
	free(t->right);
	free(t);
}

int
table_query(struct table *t, struct db *db, const char *sql, const struct db_value *v, size_t n, bool loose,
    struct err *err)
{
	const struct db_driver *d = db_driver(db);
	struct db_query *q = d->query(db, sql, v, n, loose, err);
	if (!q)
		return -1;
	const int columns = d->columns(q);
	if (!t->columns)
		for (int i = 0; i < columns; i++)
			table_column(t, d->column_name(q, i));
	int got;
	while ((got = d->step(q, err)) > 0)
		for (int i = 0; i < columns; i++)
			table_cell(t, d->column(q, i));
	d->end(q);
	return got;
}

int
json_query(FILE *f, struct db *db, const char *sql, const struct db_value *v, size_t n, bool array, struct err *err)
{
	const struct db_driver *d = db_driver(db);
	struct db_query *q = d->query(db, sql, v, n, false, err);
	if (!q)
		return -1;
	int got, rows = 0;
	if (array)
		putc('[', f);
	while ((got = d->step(q, err)) > 0) {
		fputs(rows++ ? ",{" : "{", f);
		for (int i = 0; i < d->columns(q); i++) {
			fprintf(f, "%s\"%s\":", i ? "," : "", d->column_name(q, i));
			json_value(f, d->column(q, i));
		}
		putc('}', f);
	}
	if (array)
		putc(']', f);
	else if (!rows)
		fputs("null", f);
	d->end(q);
	return got;
}
