/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding tools: programs called assay-NAME. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assay.h"
#include "base/talk.h"

static const char prefix[] = "assay-";

const char *
own_folder(void)
{
	static char folder[PATH_MAX];
	if (!*folder) {
		const ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
		folder[n > 0 ? n : 0] = 0;
		char *slash = strrchr(folder, '/');
		if (slash)
			*slash = 0;
		else
			strcpy(folder, ".");
	}
	return folder;
}

const char *
own_data(const char *in_source, const char *installed)
{
	static char path[2 * PATH_MAX];
	snprintf(path, sizeof path, "%s/../../%s", own_folder(), in_source);
	if (access(path, R_OK) == 0)
		return path;
	snprintf(path, sizeof path, "%s/../share/%s", own_folder(), installed);
	return access(path, R_OK) == 0 ? path : NULL;
}

static bool
is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Calls f on each folder, this program's own first, until it returns true. */
static bool
each_folder(bool whole_path, bool (*f)(const char *folder, void *user), void *user)
{
	if (f(own_folder(), user))
		return true;
	const char *path = getenv("PATH");
	char folder[PATH_MAX];
	for (size_t n; whole_path && path && *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (snprintf(folder, sizeof folder, "%.*s", (int)n, n ? path : ".") < (int)sizeof folder && f(folder, user))
			return true;
	}
	return false;
}

struct wanted {
	const char *name;
	char *path;
};

static bool
find_in(const char *folder, void *user)
{
	struct wanted *w = user;
	if (asprintf(&w->path, "%s/%s%s", folder, prefix, w->name) < 0)
		die(EXIT_FAILED, "out of memory");
	if (is_program(w->path))
		return true;
	free(w->path);
	w->path = NULL;
	return false;
}

char *
tool_path(const char *name)
{
	struct wanted w = {.name = name};
	if (*name && !strchr(name, '/'))
		each_folder(true, find_in, &w);
	return w.path;
}

/* What a program prints, NULL if it fails; no more than is sensible, no longer
   than it takes. */
static char *
output_of(const char *path, const char *argument)
{
	int pipe_fd[2];
	if (pipe(pipe_fd) < 0)
		return NULL;
	const pid_t child = fork();
	if (child == 0) {
		dup2(pipe_fd[1], STDOUT_FILENO);
		close(pipe_fd[0]);
		close(pipe_fd[1]);
		if (freopen("/dev/null", "r", stdin) && freopen("/dev/null", "w", stderr))
			execl(path, path, argument, (char *)NULL);
		_exit(127);
	}
	close(pipe_fd[1]);
	enum { MOST = 256 * 1024 };
	char *text = calloc(1, MOST);
	size_t n = 0;
	for (ssize_t k; text && n < MOST - 1 && (k = read(pipe_fd[0], text + n, MOST - 1 - n)) > 0;)
		n += (size_t)k;
	close(pipe_fd[0]);
	int status = -1;
	if (child > 0)
		waitpid(child, &status, 0);
	if (status != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* A script says what it does in its first line of comment: "# match - master a loop". */
static char *
script_summary(const char *path)
{
	char line[256];
	char *summary = NULL;
	FILE *f = fopen(path, "re");
	if (!f)
		return NULL;
	if (fgets(line, sizeof line, f) && !strncmp(line, "#!", 2))
		while (!summary && fgets(line, sizeof line, f) && *line == '#') {
			char *s = line + 1 + strspn(line + 1, " \t");
			s[strcspn(s, "\n")] = 0;
			const char *dash = strstr(s, " - ");
			if (*s && strncmp(s, "SPDX", 4))
				summary = strdup(dash ? dash + 3 : s);
		}
	fclose(f);
	return summary;
}

static bool
is_script(const char *path)
{
	char head[2] = "";
	FILE *f = fopen(path, "re");
	const bool is = f && fread(head, 1, 2, f) == 2 && !memcmp(head, "#!", 2);
	if (f)
		fclose(f);
	return is;
}

/* Our own programs are asked; scripts are read, and what others put on PATH is
   only named: none of those may be run for having been listed. */
static void
describe(struct tool *t)
{
	if (is_script(t->path)) {
		t->summary = script_summary(t->path);
		return;
	}
	t->table = output_of(t->path, "--options");
	if (t->table && !strncmp(t->table, "summary\t", 8))
		t->summary = strndup(t->table + 8, strcspn(t->table + 8, "\n"));
}

static bool
collect(const char *folder, void *user)
{
	struct tools *all = user;
	const bool own = !strcmp(folder, own_folder());
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		char path[PATH_MAX];
		const char *name = e->d_name + sizeof prefix - 1;
		if (strncmp(e->d_name, prefix, sizeof prefix - 1) || !*name
		    || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path || !is_program(path))
			continue;
		bool known = false;
		for (size_t i = 0; i < all->n; i++)
			known |= !strcmp(all->item[i].name, name);
		if (known)
			continue;
		struct tool *grown = realloc(all->item, (all->n + 1) * sizeof *grown);
		if (!grown)
			die(EXIT_FAILED, "out of memory");
		all->item = grown;
		struct tool *t = &all->item[all->n++];
		*t = (struct tool){.name = strdup(name), .path = strdup(path)};
		if (own)
			describe(t);
	}
	if (d)
		closedir(d);
	return false;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tool *)a)->name, ((const struct tool *)b)->name);
}

struct tools
tools_find(bool whole_path)
{
	struct tools all = {0};
	each_folder(whole_path, collect, &all);
	if (all.n)
		qsort(all.item, all.n, sizeof *all.item, by_name);
	return all;
}

void
tools_free(struct tools *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->item[i].name);
		free(t->item[i].path);
		free(t->item[i].summary);
		free(t->item[i].table);
	}
	free(t->item);
	*t = (struct tools){0};
}

const char *
tool_option(const char *at, char *line, size_t size, char *field[6])
{
	while (at && *at) {
		const size_t n = strcspn(at, "\n");
		snprintf(line, size, "%.*s", (int)n, at);
		at += n + (at[n] == '\n');
		if (strncmp(line, "--", 2))
			continue;
		char *s = line;
		for (int i = 0; i < 6; i++) {
			field[i] = s ? s : "";
			if (s && (s = strchr(s, '\t')))
				*s++ = 0;
		}
		return at;
	}
	return NULL;
}

void
tool_verbs(const struct tool *t, char *text, size_t size)
{
	const char *s = t->table ? strstr(t->table, "\nverbs\t") : NULL;
	snprintf(text, size, "%.*s", s ? (int)strcspn(s + 7, "\n") : 0, s ? s + 7 : "");
}
