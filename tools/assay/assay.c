/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay: runs assay-NAME for `assay NAME`, like git. */
#include "assay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/talk.h"

static const struct cli_option options[] = {{0}};

static const struct cli cli = {
    .tool = "assay",
    .summary = "a self-playing synthesizer made of small tools",
    .usage = "TOOL [arguments]",
    .example = "assay patch patches/pluck.lua --random 8 | assay render | assay features | assay json\n",
    .options = options,
};

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} built_in[] = {
    {"completion", "print the completions of a shell", completion},
    {"doctor", "say what is installed, and how to mend what is not", doctor},
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in };

/* --- the list -------------------------------------------------------------------- */

static int
list(void)
{
	struct tools all = tools_find(true);
	printf("assay breeds patches, renders them, listens, scores them against the loops you like,\n"
	       "and keeps every good moment in a bank from which it comes back to the bit.\n"
	       "Every tool reads takes and writes takes, so they compose in a pipe.\n\n"
	       "example:\n  %s\nusage: assay %s\n\ntools:\n", cli.example, cli.usage);
	for (size_t i = 0; i < all.n; i++)
		if (all.item[i].summary)
			printf("  %-12s %s\n", all.item[i].name, all.item[i].summary);
	for (size_t i = 0; i < BUILT_IN; i++)
		printf("  %-12s %s\n", built_in[i].name, built_in[i].summary);
	printf("  %-12s %s\n", "help", "show a tool's manual page");
	bool title = false;
	for (size_t i = 0; i < all.n; i++)
		if (!all.item[i].summary) {
			printf("%s  %s (%s)\n", title ? "" : "\nothers, which do not describe themselves:\n", all.item[i].name,
			    all.item[i].path);
			title = true;
		}
	printf("\n'assay help TOOL' shows a manual, 'assay TOOL --help' a summary, 'assay doctor' what is installed.\n");
	tools_free(&all);
	return cli_finish();
}

/* --- running ----------------------------------------------------------------------- */

/* The smallest number of letters to add, drop, change or swap (Damerau 1964). */
static size_t
distance(const char *a, const char *b)
{
	enum { MOST = 32 };
	size_t d[MOST + 1][MOST + 1];
	const size_t n = strlen(a), m = strlen(b);
	if (n > MOST || m > MOST)
		return MOST;
	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			if (!i || !k) {
				d[i][k] = i + k;
				continue;
			}
			size_t best = d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
			best = d[i - 1][k] + 1 < best ? d[i - 1][k] + 1 : best;
			best = d[i][k - 1] + 1 < best ? d[i][k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && d[i - 2][k - 2] + 1 < best)
				best = d[i - 2][k - 2] + 1;
			d[i][k] = best;
		}
	return d[n][m];
}

static void
nearer(const char *name, const char *candidate, const char **best, size_t *least)
{
	const size_t d = distance(name, candidate);
	if (d < *least) {
		*least = d;
		*best = candidate;
	}
}

static int
unknown(const char *name)
{
	struct tools all = tools_find(true);
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;
	for (size_t i = 0; i < all.n; i++)
		nearer(name, all.item[i].name, &best, &least);
	for (size_t i = 0; i < BUILT_IN; i++)
		nearer(name, built_in[i].name, &best, &least);
	if (best)
		talk_error("no tool '%s'; did you mean '%s'?", name, best);
	else
		talk_error("no tool '%s'; 'assay' alone lists them", name);
	tools_free(&all);
	return EXIT_USAGE;
}

/* Tools that call tools find the ones that stand beside this program first. */
static void
set_path(void)
{
	const char *old = getenv("PATH"), *own = own_folder();
	const size_t n = strlen(own);
	char *path;
	if (old && !strncmp(old, own, n) && (old[n] == ':' || !old[n]))
		return;
	if (asprintf(&path, "%s%s%s", own, old && *old ? ":" : "", old ? old : "") < 0)
		die(EXIT_FAILED, "out of memory");
	setenv("PATH", path, 1);
	free(path);
}

static int
run(const char *path, char **argv)
{
	execv(path, argv);
	struct err err;
	err_errno(&err, "cannot run '%s'", path);
	talk_error("%s", err.text);
	return EXIT_FAILED;
}

static int
help(const char *name)
{
	char source[512], installed[512];
	const bool front = !strcmp(name, "assay") || !strcmp(name, "help");
	bool own = front;
	for (size_t i = 0; i < BUILT_IN; i++)
		own |= !strcmp(name, built_in[i].name);
	char *path = own ? NULL : tool_path(name);
	if (!own && !path)
		return unknown(name);

	const char *page = own ? "assay" : name;
	snprintf(source, sizeof source, "tools/%s/%s.1", page, page);
	snprintf(installed, sizeof installed, "man/man1/%s%s.1", own ? "" : "assay-", page);
	const char *file = own_data(source, installed);
	if (!file) {
		snprintf(source, sizeof source, "pipelines/%s.1", page);
		file = own_data(source, installed);
	}
	if (file) {
		execlp("man", "man", "-l", file, (char *)NULL);
		execlp("mandoc", "mandoc", file, (char *)NULL);
	}
	if (own)
		return list();
	return run(path, (char *[]){path, "--help", NULL});
}

int
main(int argc, char **argv)
{
	int status;
	talk_name("assay");
	const bool option = argc > 1 && *argv[1] == '-';
	if (argc < 2 || option) {
		const bool listed = argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
		const int n = cli_parse(&cli, listed ? 1 : argc, argv, &status);
		if (n < 0)
			return status;
		return listed ? list() : cli_usage(&cli, "no tool is named");
	}
	const char *name = argv[1];
	for (size_t i = 0; i < BUILT_IN; i++)
		if (!strcmp(name, built_in[i].name))
			return built_in[i].run(argc - 1, argv + 1);
	set_path();
	if (!strcmp(name, "help"))
		return argc > 2 ? help(argv[2]) : list();
	char *path = tool_path(name);
	return path ? run(path, argv + 1) : unknown(name);
}
