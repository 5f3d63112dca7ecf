/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of progress (--json). A run that goes on continues it where the saved state stands: lines of what came
   after that, and the last one of a run that had ended, are taken back. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

/* Where the lines end that tell of at most so many takes. */
static off_t
end_of(FILE *f, uint64_t told)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	off_t end = 0;
	uint64_t at;
	while ((n = getline(&line, &size, f)) > 0 && line[n - 1] == '\n' && sscanf(line, "{\"told\":%" SCNu64 ",", &at) == 1
	       && at <= told)
		end += n;
	free(line);
	return end;
}

int
journal_open(struct run *r, const char *path, struct err *err)
{
	struct stat st;
	const bool on = r->flight.told && stat(path, &st) == 0 && S_ISREG(st.st_mode);
	r->log_path = path;
	if (!(r->log = fopen(path, on ? "r+e" : "we")))
		return err_errno(err, "cannot write '%s'", path);
	if (!on)
		return 0;
	const off_t end = end_of(r->log, r->flight.told);
	return fseeko(r->log, end, SEEK_SET) < 0 || ftruncate(fileno(r->log), end) < 0
	    ? err_errno(err, "cannot go on in '%s'", path) : 0;
}

/* The part of the budget in two hundredths. */
static uint64_t
step_of(const struct run *r, uint64_t told)
{
	return (uint64_t)((unsigned __int128)told * 200 / r->budget);
}

/* JSON knows no NaN: what is not known is left out. */
int
journal_line(struct run *r, double fitness, double best, bool better, struct err *err)
{
	const struct flight *f = &r->flight;
	if (!r->log || (!better && step_of(r, f->told) == step_of(r, f->told - 1)))
		return 0;
	char words[128] = "";
	if (r->algo->words)
		r->algo->words(r->self, words, sizeof words);
	fprintf(r->log, "{\"told\":%" PRIu64 ",\"asked\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"seconds\":%.3f", f->told, f->asked,
	    f->failed, talk_clock() - r->began);
	if (isfinite(fitness))
		fprintf(r->log, ",\"fitness\":%.9g", fitness);
	if (isfinite(best))
		fprintf(r->log, ",\"best\":%.9g", best);
	if (r->algo->generation)
		fprintf(r->log, ",\"generation\":%" PRIu64, r->algo->generation(r->self));
	if (r->n_measures)
		fprintf(r->log, ",\"cells\":%zu,\"filled\":%zu,\"sum\":%.9g", r->report.archive.cells, r->report.archive.filled,
		    archive_sum(&r->report.archive));
	if (r->n_objectives)
		fprintf(r->log, ",\"front\":%zu", r->report.front.n);
	fprintf(r->log, "%s%s%s}\n", *words ? ",\"state\":\"" : "", words, *words ? "\"" : "");
	return fflush(r->log) ? err_errno(err, "cannot write '%s'", r->log_path) : 0;
}
