/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run leaves besides its best takes. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

int
leave_can(const char *path, struct err *err)
{
	struct stat st;
	if (!path || !strcmp(path, "-") || strstr(path, "://"))
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? err_set(err, "cannot write '%s': it is a folder", path) : 0;
	char *copy = strdup(path);
	if (!copy)
		return err_set(err, "out of memory");
	const int status = access(dirname(copy), W_OK | X_OK) < 0 ? err_errno(err, "cannot write '%s'", path) : 0;
	free(copy);
	return status;
}

/* A take that was heard, made again from where it stands; its values are written into it as scores. */
static int
write_again(struct run *r, struct writer *w, uint64_t number, double fitness, const double *x,
    const struct measure_source *from, const double *values, int n, struct err *err)
{
	struct take *t = template_take(&r->template, number, 0, x, err);
	int status = t ? 0 : -1;
	for (int i = 0; status == 0 && i < n; i++)
		status = take_set_score(t, from[i].name, values[i], 0, NULL, err);
	if (status < 0)
		return -1;
	t->m->fitness = fitness;
	return take_write(w, t, err);
}

/* The best of each cell. */
int
leave_elites(struct run *r, const char *path, struct err *err)
{
	const struct archive *a = &r->report.archive;
	struct writer *w = writer_open(path, err);
	int status = w ? 0 : -1;
	for (size_t cell = 0; status == 0 && cell < a->cells; cell++) {
		const struct elite *e = archive_elite(a, cell);
		const size_t at = e ? (size_t)(e - a->elite) : 0;
		if (e)
			status = write_again(r, w, e->number, e->fitness, archive_x(a, at), r->from, archive_where(a, at), r->n_measures, err);
	}
	if (status < 0)
		return writer_close(w, NULL), -1;
	return writer_close(w, err);
}

struct place {
	uint64_t number;
	size_t i;
};

static int
by_number(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* What no other take beats in all objectives, in the order of asking. */
int
leave_front(struct run *r, const char *path, struct err *err)
{
	const struct front *a = &r->report.front;
	struct place *order = malloc((a->n + 1) * sizeof *order);
	struct writer *w = order ? writer_open(path, err) : NULL;
	int status = w ? 0 : order ? -1 : err_set(err, "out of memory");
	for (size_t i = 0; order && i < a->n; i++)
		order[i] = (struct place){a->number[i], i};
	if (order)
		qsort(order, a->n, sizeof *order, by_number);
	for (size_t i = 0; status == 0 && i < a->n; i++) {
		const size_t at = order[i].i;
		status = write_again(r, w, a->number[at], a->fitness[at], a->x + at * a->n_x, r->objectives, a->f + at * a->m,
		    r->n_objectives, err);
	}
	free(order);
	if (status < 0)
		return writer_close(w, NULL), -1;
	return writer_close(w, err);
}

/* How the best grew, and what mattered. */
void
leave_words(struct run *r, bool plot)
{
	struct err err;
	struct weight *w = NULL;
	const int n = report_importance(&r->report, &r->space, &w, &err);
	if (plot)
		report_plot(&r->report, r->flight.told, 72, stderr);
	if (n < 0)
		talk_error("%s", err.text);
	if (n > 0)
		talk_info("what mattered:");
	for (int i = 0; i < n && (i < 8 || talk_level > 1); i++)
		talk_info("%5.1f %%  %s", 100 * w[i].share, w[i].name);
	for (int i = 0; r->log && i < n; i++) {
		fputs(i ? ",\"" : "{\"importance\":{\"", r->log);
		for (const char *c = w[i].name; *c; c++) /* a name may come from anywhere */
			fputc(*c == '"' || *c == '\\' || (unsigned char)*c < ' ' ? '_' : *c, r->log);
		fprintf(r->log, "\":%.4f%s", w[i].share, i + 1 < n ? "" : "}}\n");
	}
	free(w);
	if (r->log && fclose(r->log))
		talk_error("cannot write '%s'", r->log_path);
}
