/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One option table per tool: it parses, it prints --help (example first), and
 * --options prints it as tab-separated text for the completions and for the
 * test that holds the man page to it: "summary" and "verbs" lines, then a line
 * an option: name, letter, value, choices, default, help.
 *
 * Every tool has -h/--help, --version, -q/--quiet, -v/--verbose and --plain
 * without listing them. Options may stand anywhere, "--" ends them, and both
 * "--name value" and "--name=value" are taken.
 */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_kind {
	CLI_FLAG,   /* bool *: set to true */
	CLI_INT,    /* int *, within min..max */
	CLI_U64,    /* uint64_t *: a seed or a count */
	CLI_DOUBLE, /* double *, within min..max */
	CLI_STRING, /* const char ** */
	CLI_CHOICE, /* const char **, one of choices */
	CLI_LIST,   /* struct cli_list *: may be given again */
};

struct cli_list {
	const char *item[64];
	size_t n;
};

struct cli_option {
	char letter; /* 0: none */
	const char *name;
	enum cli_kind kind;
	void *to;           /* its value before parsing is the default that help states */
	const char *arg;    /* what help calls the value: "FILE" */
	double min, max;    /* legal range; both 0: any */
	const char *choices; /* "random ga cmaes" */
	const char *help;   /* one line, lower case, no full stop */
};

struct cli_verb {
	const char *name; /* "add" */
	int (*run)(int n, char **arg); /* n operands; the exit status */
	bool plain; /* takes no operands */
};

struct cli {
	const char *tool;    /* "render" */
	const char *summary; /* "turn takes into sound" */
	const char *usage;   /* "[options] [FILE ...]" */
	const char *example; /* whole command lines, each ending in a newline */
	const struct cli_option *options; /* ends with a NULL name */
	const struct cli_verb *verbs; /* ends with a NULL name; NULL where a tool has none */
};

/* Parses. Returns how many operands there are, moved to argv[1] and on; or -1
   when the tool should end with *status (help was printed, or usage was wrong
   and has been explained). */
int cli_parse(const struct cli *c, int argc, char **argv, int *status);

/* For tools with verbs, of the operands that cli_parse left: runs the verb that argv[1] names, with what comes
   behind it, and flushes stdout. ^C sets interrupted() from then on. The exit status. */
int cli_verb(const struct cli *c, int n, char **argv);

/* For a tool that printed to stdout through stdio: flushes it. EXIT_DONE, or says
   that it could not be written and gives EXIT_FAILED. */
int cli_finish(void);

/* Prints "error: ..." and the usage line; returns EXIT_USAGE. */
int cli_usage(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
