/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of progress (--json). A run that goes on continues it where the saved state stands: lines of what came
   after that, and the last one of a run that had ended, are taken back. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evolve.h"

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

FILE *
journal_open(const char *path, uint64_t told, struct err *err)
{
	struct stat st;
	const bool on = told && stat(path, &st) == 0 && S_ISREG(st.st_mode);
	FILE *f = fopen(path, on ? "r+e" : "we");
	const off_t end = on && f ? end_of(f, told) : 0;
	if (!f || (on && (fseeko(f, end, SEEK_SET) < 0 || ftruncate(fileno(f), end) < 0))) {
		err_errno(err, "cannot write '%s'", path);
		if (f)
			fclose(f);
		return NULL;
	}
	return f;
}
