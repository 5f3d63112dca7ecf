/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { NAME = 8, NAME_MOST = 40, LOG = 6 };

/* --- cells ----------------------------------------------------------------------------- */

/* Prints at most `most` columns of s (UTF-8, as status_unpack leaves it) and returns how many it
   took; f NULL: only counts. What has no width (marks that turn the direction of text are among it) stands as "?". */
static int
put_text(FILE *f, const char *s, int most)
{
	int at = 0;
	while (*s) {
		wchar_t c = 0;
		mbstate_t state = {0};
		const size_t n = mbrtowc(&c, s, strlen(s), &state);
		const bool good = n > 0 && n <= 4 && wcwidth(c) > 0;
		const int w = good ? wcwidth(c) : 1;
		if (at + w > most)
			break;
		if (f)
			fprintf(f, "%.*s", good ? (int)n : 1, good ? s : "?");
		at += w;
		s += n > 0 && n <= 4 ? n : 1;
	}
	return at;
}

static void
count_text(char *text, size_t n, uint64_t x)
{
	if (x < 10000000)
		snprintf(text, n, "%" PRIu64, x);
	else if (x < 10000000000)
		snprintf(text, n, "%" PRIu64 "k", x / 1000);
	else
		snprintf(text, n, "%" PRIu64 "M", x / 1000000);
}

static void
seconds_text(char *text, size_t n, double x)
{
	if (x < 0.0005)
		snprintf(text, n, "0ms");
	else if (x < 0.0995)
		snprintf(text, n, "%.*fms", x < 0.00995 ? 1 : 0, 1000 * x);
	else if (x < 100)
		snprintf(text, n, "%.*fs", x < 9.95 ? 1 : 0, x);
	else if (x < 3600)
		snprintf(text, n, "%d:%02d", (int)x / 60, (int)x % 60);
	else if (x < 360000)
		snprintf(text, n, "%d:%02dh", (int)x / 3600, (int)x / 60 % 60);
	else
		snprintf(text, n, "%.0fd", x / 86400);
}

static void
bytes_text(char *text, size_t n, uint64_t x)
{
	const char *unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double y = (double)x;
	int k = 0;
	for (; y >= 1000 && k < 4; k++)
		y /= 1024;
	snprintf(text, n, "%.*f%s", k && y < 9.95 ? 1 : 0, y, unit[k]);
}

/* --- tables ---------------------------------------------------------------------------- */

enum kind { TEXT, COUNT, COUNT32, RATE, SECONDS, BYTES };

struct column {
	const char *head;
	int width; /* with the space before it */
	enum kind kind;
	size_t offset;
};

/* The name comes first and takes what is left; where the window is narrow, columns at the right go. */
#define AT(field) offsetof(Assay__ServiceStatus, field)
static const struct column services[] = {
    {"SERVICE", 0, TEXT, AT(name)},
    {"WORKERS", 8, COUNT32, AT(workers)},
    {"WAITING", 8, COUNT, AT(waiting)},
    {"LEASED", 7, COUNT, AT(leased)},
    {"DONE", 9, COUNT, AT(done)},
    {"RATE/S", 8, RATE, AT(rate)},
    {"MEAN", 7, SECONDS, AT(seconds)},
    {"FAILED", 7, COUNT, AT(failed)},
    {"GIVEN-UP", 9, COUNT, AT(poisoned)},
    {"VANISHED", 9, COUNT, AT(vanished)},
    {"HEDGED", 7, COUNT, AT(hedged)},
    {"SENDERS", 8, COUNT32, AT(senders)},
    {0},
};
#undef AT
#define AT(field) offsetof(Assay__PeerStatus, field)
static const struct column workers[] = {
    {"WORKER", 0, TEXT, AT(name)},
    {"HELD", 6, COUNT, AT(held)},
    {"CREDITS", 8, COUNT32, AT(credits)},
    {"RATE/S", 8, RATE, AT(rate)},
    {"DONE", 9, COUNT, AT(done)},
    {"FAILED", 7, COUNT, AT(failed)},
    {"SILENT", 8, SECONDS, AT(silent)},
    {"SERVICE", 13, TEXT, AT(service)},
    {0},
};
static const struct column senders[] = {
    {"SENDER", 0, TEXT, AT(name)},
    {"HELD", 6, COUNT, AT(held)},
    {"PRIORITY", 9, COUNT32, AT(priority)},
    {"RATE/S", 8, RATE, AT(rate)},
    {"DONE", 9, COUNT, AT(done)},
    {"FAILED", 7, COUNT, AT(failed)},
    {"SILENT", 8, SECONDS, AT(silent)},
    {"BYTES", 8, BYTES, AT(bytes)},
    {"SERVICE", 13, TEXT, AT(service)},
    {0},
};
#undef AT

static void
put_cell(FILE *f, const struct column *c, int width, const void *row, bool last)
{
	const void *at = (const char *)row + c->offset;
	char text[32] = "";
	switch (c->kind) {
	case COUNT: count_text(text, sizeof text, *(const uint64_t *)at); break;
	case COUNT32: count_text(text, sizeof text, *(const uint32_t *)at); break;
	case RATE: snprintf(text, sizeof text, "%.*f", *(const double *)at < 100 ? 1 : 0, *(const double *)at); break;
	case SECONDS: seconds_text(text, sizeof text, *(const double *)at); break;
	case BYTES: bytes_text(text, sizeof text, *(const uint64_t *)at); break;
	case TEXT:
		if (c->width) {
			fputs("  ", f);
			width -= 2;
		}
		width -= put_text(f, *(char *const *)at, width);
		fprintf(f, "%*s", last ? 0 : width, "");
		return;
	}
	fprintf(f, " %*.*s", width - 1, width - 1, text);
}

/* The head, then at most `most` rows; the last says how many more there are. */
static void
put_rows(FILE *f, const struct table *t, const struct column *c, void *const *rows, size_t n, size_t most)
{
	int name = NAME, sum = 0, shown = 1;
	for (size_t i = 0; i < n; i++) {
		const int w = put_text(NULL, *(char *const *)((const char *)rows[i] + c->offset), NAME_MOST);
		name = w > name ? w : name;
	}
	for (; c[shown].head && (!t->width || NAME + sum + c[shown].width <= t->width); shown++)
		sum += c[shown].width;
	if (t->width && name > t->width - sum)
		name = t->width > sum ? t->width - sum : 1;

	fprintf(f, "%s%-*.*s", t->paint ? "\033[1m" : "", name, name, c->head);
	for (int k = 1; k < shown; k++) {
		if (c[k].kind == TEXT)
			fprintf(f, "  %s", c[k].head); /* the last one, if it is there */
		else
			fprintf(f, "%*s", c[k].width, c[k].head);
	}
	fprintf(f, "%s%s", t->paint ? "\033[m" : "", t->end);
	const size_t lines = n <= most ? n : most ? most - 1 : 0;
	for (size_t i = 0; i < lines; i++) {
		for (int k = 0; k < shown; k++)
			put_cell(f, c + k, k ? c[k].width : name, rows[i], k == shown - 1);
		fputs(t->end, f);
	}
	if (n > most && most)
		fprintf(f, "... and %zu more%s", n - lines, t->end);
}

static void
put_line(FILE *f, const struct table *t, const char *text, const char *colour)
{
	fputs(t->paint ? colour : "", f);
	put_text(f, text, t->width ? t->width : 1 << 20);
	fprintf(f, "%s%s", t->paint && *colour ? "\033[m" : "", t->end);
}

/* "tcp://head:5555   up 0:42h   12 workers ..." and what went wrong. */
static int
put_head(FILE *f, const struct table *t, const struct status *s)
{
	char line[2048], up[32], held[32], room[32];
	int lines = 1;
	if (!s) {
		snprintf(line, sizeof line, "%s", t->where);
		put_line(f, t, line, "");
	} else {
		const Assay__Status *m = s->m;
		uint64_t w = 0, x = 0;
		double rate = 0;
		for (size_t i = 0; i < m->n_services; i++) {
			w += m->services[i]->workers;
			x += m->services[i]->senders;
			rate += m->services[i]->rate;
		}
		seconds_text(up, sizeof up, m->uptime);
		bytes_text(held, sizeof held, m->bytes);
		bytes_text(room, sizeof room, m->room);
		snprintf(line, sizeof line, "%s  up %s  workers %" PRIu64 "  senders %" PRIu64 "  %.*f/s  holds %s of %s",
		    t->where, up, w, x, rate < 100 ? 1 : 0, rate, held, room);
		put_line(f, t, line, "");
		if (m->alarms || m->refused_peers || m->bad_letters || m->dropped || m->twice) {
			snprintf(line, sizeof line,
			    "alarms %" PRIu64 "  refused peers %" PRIu64 "  bad letters %" PRIu64 "  duplicates %" PRIu64
			    "  dropped results %" PRIu64,
			    m->alarms, m->refused_peers, m->bad_letters, m->twice, m->dropped);
			put_line(f, t, line, m->alarms ? "\033[31m" : "");
			lines++;
		}
	}
	if (t->note) {
		put_line(f, t, t->note, "\033[31m");
		lines++;
	}
	return lines;
}

void
table_print(FILE *f, const struct table *t, const struct status *s)
{
	/* The head first, to know how many lines are left. */
	const size_t used = (size_t)put_head(f, t, s);
	if (!s)
		return;
	const Assay__Status *m = s->m;
	struct {
		const struct column *c;
		void *const *rows;
		size_t n, most;
	} part[] = {
	    {services, (void *const *)m->services, m->n_services, SIZE_MAX},
	    {workers, (void *const *)m->workers, m->n_workers, SIZE_MAX},
	    {senders, (void *const *)m->senders, m->n_senders, SIZE_MAX},
	};
	size_t logged = m->n_log < LOG ? m->n_log : LOG;
	if (t->height) {
		/* A third for the log at most, a fifth for services and senders each, the rest and what
		   these do not need for workers. */
		const size_t h = (size_t)t->height, fixed = used + 2 * 3;
		if (h < 16)
			part[2].n = 0;
		size_t left = h > fixed ? h - fixed : 0;
		logged = logged ? (logged + 1 < left / 3 ? logged + 1 : left / 3) : 0;
		left -= logged;
		logged -= logged > 0;
		const size_t fifth = h / 5 > 2 ? h / 5 : 2;
		const size_t room = part[1].n < left / 3 ? (left - part[1].n) / 2 : fifth;
		for (int k = 0; k < 3; k += 2) {
			part[k].most = part[k].n < room ? part[k].n : room;
			part[k].most = part[k].most < left ? part[k].most : left;
			left -= part[k].most;
		}
		part[1].most = left;
		if (!left)
			part[1].n = 0;
	}
	for (int k = 0; k < 3; k++)
		if (part[k].n || k == 0) {
			fputs(t->end, f);
			put_rows(f, t, part[k].c, part[k].rows, part[k].n, part[k].most);
		}
	if (logged)
		fputs(t->end, f);
	for (size_t i = m->n_log - logged; i < m->n_log; i++)
		put_line(f, t, m->log[i], "");
}
