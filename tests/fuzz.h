/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What fuzzers share. Their subject is `run`, which reads the bytes that it is given out of
 * a file; with -DFUZZER it is LLVM's to call, else main() gives it a corpus and seeded mutations.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rng.h"

static int run(const uint8_t *data, size_t size);

/* What must hold is checked with this, for both uses. */
static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# fuzz: %s\n", what); /* on stdout: what is read may have stderr closed */
	fflush(stdout);
	abort();
}

enum { FUZZ_PATH = 64 };

/* A file of these bytes without a name on any disk: its descriptor, which the caller closes. */
static int
fuzz_file(const uint8_t *data, size_t size, char path[FUZZ_PATH])
{
	const int fd = memfd_create("fuzz", 0);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file to read from");
	snprintf(path, FUZZ_PATH, "/proc/self/fd/%d", fd);
	return fd;
}

#ifdef FUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return run(data, size);
}

#else

struct entry {
	uint8_t *data; /* malloc'ed */
	size_t n;
	char name[64];
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Files of a folder whose names hold `mark`, the first `room` bytes of each. Returns how many. */
static size_t
fuzz_load(const char *folder, const char *mark, size_t room, struct entry *to, size_t most)
{
	size_t n = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; d && n < most && (e = readdir(d));) {
		char path[512];
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		FILE *f = strstr(e->d_name, mark) && e->d_name[0] != '.' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		snprintf(to[n].name, sizeof to[n].name, "%.60s", e->d_name);
		to[n].data = malloc(room);
		to[n].n = fread(to[n].data, 1, room, f);
		fclose(f);
		n++;
	}
	if (d)
		closedir(d);
	qsort(to, n, sizeof *to, by_name); /* the order of a folder is no seed */
	return n;
}

static void
fuzz_free(struct entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(e[i].data);
}

static inline long
fuzz_memory(void) /* KiB, the most that were in use */
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	return use.ru_maxrss;
}

#endif
#endif
