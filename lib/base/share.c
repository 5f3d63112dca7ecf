/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* folder/name in path, without its dots and links, if it can be read. */
static const char *
try(const char *folder, const char *name, char *path, size_t room)
{
	const int n = snprintf(path, room, "%s%s%s", folder, *name ? "/" : "", name);
	if (n <= 0 || (size_t)n >= room || access(path, R_OK))
		return NULL;
	char *real = realpath(path, NULL);
	if (real && strlen(real) < room)
		strcpy(path, real);
	free(real);
	return path;
}

const char *
share_find(const char *name, char *path, size_t room)
{
	static const char patches[] = "patches";
	const size_t n = sizeof patches - 1;
	const char *own = getenv("ASSAY_PATCHES");
	if (own && *own && !strncmp(name, patches, n) && (name[n] == '/' || !name[n])
	    && try(own, name[n] ? name + n + 1 : "", path, room))
		return path;

	char program[2048], folder[2100];
	const ssize_t k = readlink("/proc/self/exe", program, sizeof program - 1);
	if (k <= 0)
		return NULL;
	program[k] = 0;
	char *slash = strrchr(program, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	/* bin/ installed; build/bin/ and build/tests/ in the source */
	static const char *const beside[] = {"/../share/assay", "/../.."};
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		snprintf(folder, sizeof folder, "%s%s", program, beside[i]);
		if (try(folder, name, path, room))
			return path;
	}
	return NULL;
}

const char *
share_home(const char *variable, const char *fallback, const char *name, char *path, size_t room)
{
	const char *set = getenv(variable), *home = getenv("HOME");
	const int n = set && *set == '/' ? snprintf(path, room, "%s/%s", set, name)
	    : home && *home              ? snprintf(path, room, "%s/%s/%s", home, fallback, name)
	                                 : -1;
	return n >= 0 && (size_t)n < room ? path : NULL;
}

const char *
share_patch(const char *name, char *path, size_t room)
{
	char file[300];
	if (!strcmp(name, "-") || strpbrk(name, "/."))
		return name;
	snprintf(file, sizeof file, "patches/%.200s.lua", name);
	return share_find(file, path, room);
}
