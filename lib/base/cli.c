/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cli.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/talk.h"
#include "version.h"

static bool want_help, want_version, want_options;
static bool quiet, verbose;

static const struct cli_option common[] = {
    {'h', "help", CLI_FLAG, &want_help, .help = "show this help"},
    {0, "version", CLI_FLAG, &want_version, .help = "show the version"},
    {'q', "quiet", CLI_FLAG, &quiet, .help = "say nothing but errors"},
    {'v', "verbose", CLI_FLAG, &verbose, .help = "say more"},
    {0, "plain", CLI_FLAG, &talk_plain, .help = "finished lines instead of a progress line"},
    {0, "options", CLI_FLAG, &want_options, .help = "show this tool's options as a table"},
    {0},
};

/* The tool's options, then the common ones it does not define itself. */
static const struct cli_option *
each(const struct cli *c, size_t *i, bool *in_common)
{
	for (;;) {
		const struct cli_option *o = (*in_common ? common : c->options) + (*i)++;
		if (!o->name && *in_common)
			return NULL;
		if (!o->name) {
			*in_common = true;
			*i = 0;
			continue;
		}
		if (!*in_common)
			return o;
		bool own = false;
		for (const struct cli_option *t = c->options; t->name; t++)
			own |= !strcmp(t->name, o->name);
		if (!own)
			return o;
	}
}

#define EACH(c, o)                                                          \
	size_t each_i = 0;                                                  \
	bool each_common = false;                                           \
	for (const struct cli_option *o; (o = each(c, &each_i, &each_common));)

static void
default_text(const struct cli_option *o, char *text, size_t n)
{
	*text = 0;
	switch (o->kind) {
	case CLI_INT: snprintf(text, n, "%d", *(int *)o->to); break;
	case CLI_U64: snprintf(text, n, "%" PRIu64, *(uint64_t *)o->to); break;
	case CLI_DOUBLE:
		if (!isnan(*(double *)o->to)) /* NaN: not given */
			snprintf(text, n, "%.10g", *(double *)o->to);
		break;
	case CLI_STRING:
	case CLI_CHOICE:
		if (*(const char **)o->to)
			snprintf(text, n, "%s", *(const char **)o->to);
		break;
	case CLI_FLAG:
	case CLI_LIST: break;
	}
}

/* "assay render", and "assay" for the front program itself. */
static const char *
called(const struct cli *c)
{
	static char name[64];
	snprintf(name, sizeof name, "%s%s", strcmp(c->tool, "assay") ? "assay " : "", c->tool);
	return name;
}

static void
help(const struct cli *c, FILE *f)
{
	fprintf(f, "%s - %s\n\n", c->tool, c->summary);
	fprintf(f, "example:\n");
	for (const char *s = c->example; *s;) {
		const size_t n = strcspn(s, "\n");
		fprintf(f, "  %.*s\n", (int)n, s);
		s += n + (s[n] != 0);
	}
	fprintf(f, "\nusage: %s %s\n\n", called(c), c->usage);
	EACH(c, o)
	{
		char left[64], def[64], range[80] = "";
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		    o->letter ? ", " : "  ", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		default_text(o, def, sizeof def);
		if (o->choices)
			snprintf(range, sizeof range, " {%s}", o->choices);
		else if (o->min != 0 || o->max != 0)
			snprintf(range, sizeof range, " {%.10g to %.10g}", o->min, o->max);
		fprintf(f, "  %-28s %s%s%s%s%s\n", left, o->help, range, *def ? " [" : "", def, *def ? "]" : "");
	}
}

static void
table(const struct cli *c)
{
	printf("summary\t%s\n", c->summary);
	for (const struct cli_verb *v = c->verbs; v && v->name; v++)
		printf("%s%s%s", v == c->verbs ? "verbs\t" : " ", v->name, v[1].name ? "" : "\n");
	EACH(c, o)
	{
		char def[64];
		default_text(o, def, sizeof def);
		printf("--%s\t%s%c\t%s\t%s\t%s\t%s\n", o->name, o->letter ? "-" : "", o->letter ? o->letter : ' ',
		    o->kind == CLI_FLAG ? "" : o->arg ? o->arg : "VALUE", o->choices ? o->choices : "", def, o->help);
	}
}

int
cli_finish(void)
{
	const bool failed = ferror(stdout);
	if (!fflush(stdout) && !failed)
		return EXIT_DONE;
	talk_error("cannot write standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	talk_error("%s", text);
	fprintf(stderr, "usage: %s %s\n('%s --help' has an example)\n", called(c), c->usage, called(c));
	return EXIT_USAGE;
}

static const struct cli_option *
by_name(const struct cli *c, const char *name, size_t n)
{
	EACH(c, o)
	if (strlen(o->name) == n && !memcmp(o->name, name, n))
		return o;
	return NULL;
}

static const struct cli_option *
by_letter(const struct cli *c, char letter)
{
	EACH(c, o)
	if (o->letter == letter)
		return o;
	return NULL;
}

static bool
has_word(const char *words, const char *word)
{
	const size_t n = strlen(word);
	for (const char *s = words; n && *s;) {
		const size_t k = strcspn(s, " ");
		if (k == n && !memcmp(s, word, n))
			return true;
		s += k + (s[k] == ' ');
	}
	return false;
}

static int
set(const struct cli_option *o, const char *value, struct err *err)
{
	char *end = NULL;
	errno = 0;
	switch (o->kind) {
	case CLI_FLAG: *(bool *)o->to = true; return 0;
	case CLI_STRING: *(const char **)o->to = value; return 0;
	case CLI_CHOICE:
		if (!has_word(o->choices, value))
			return err_set(err, "--%s '%s': not one of: %s", o->name, value, o->choices);
		*(const char **)o->to = value;
		return 0;
	case CLI_LIST: {
		struct cli_list *l = o->to;
		if (l->n == sizeof l->item / sizeof *l->item)
			return err_set(err, "--%s: given more than %zu times", o->name, l->n);
		l->item[l->n++] = value;
		return 0;
	}
	case CLI_U64: {
		const bool hex = value[0] == '0' && (value[1] | 32) == 'x';
		const uint64_t x = strtoull(value, &end, hex ? 16 : 10); /* 010 is ten */
		if (!isdigit((unsigned char)*value) || *end || errno)
			return err_set(err, "--%s '%s': not a whole number", o->name, value);
		*(uint64_t *)o->to = x;
		return 0;
	}
	case CLI_INT:
	case CLI_DOUBLE: {
		const double x = strtod(value, &end);
		if (end == value || *end || !isfinite(x))
			return err_set(err, "--%s '%s': not a number", o->name, value);
		if ((o->min != 0 || o->max != 0) && !(x >= o->min && x <= o->max))
			return err_set(err, "--%s %s: not within %.10g to %.10g", o->name, value, o->min, o->max);
		if (o->kind == CLI_DOUBLE) {
			*(double *)o->to = x;
			return 0;
		}
		if (x < INT_MIN || x > INT_MAX || x != floor(x))
			return err_set(err, "--%s '%s': not a whole number", o->name, value);
		*(int *)o->to = (int)x;
		return 0;
	}
	}
	return 0;
}

/* "-" and negative numbers are no options. */
static bool
is_operand(const char *a)
{
	return a[0] != '-' || !a[1] || isdigit((unsigned char)a[1]) || (a[1] == '.' && isdigit((unsigned char)a[2]));
}

/* A stream that the caller closed must fail when it is used, and must not turn
   into the first file that is opened. */
static void
open_standard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

int
cli_parse(const struct cli *c, int argc, char **argv, int *status)
{
	talk_name(called(c));
	open_standard_streams();

	int operands = 0;
	bool only_operands = false;
	struct err err;
	*status = EXIT_USAGE;
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];
		if (only_operands || is_operand(a)) {
			argv[1 + operands++] = a;
			continue;
		}
		if (!strcmp(a, "--")) {
			only_operands = true;
			continue;
		}
		if (a[1] == '-') {
			const char *key = a + 2, *eq = strchr(key, '=');
			const struct cli_option *o = by_name(c, key, eq ? (size_t)(eq - key) : strlen(key));
			if (!o)
				return cli_usage(c, "unknown option '%s'", a), -1;
			const char *value = eq ? eq + 1 : NULL;
			if (o->kind == CLI_FLAG && value)
				return cli_usage(c, "option '--%s' takes no value", o->name), -1;
			if (o->kind != CLI_FLAG && !value) {
				if (++i >= argc)
					return cli_usage(c, "option '--%s' needs a value: %s", o->name, o->arg), -1;
				value = argv[i];
			}
			if (set(o, value, &err) < 0)
				return cli_usage(c, "%s", err.text), -1;
			continue;
		}
		for (const char *p = a + 1; *p; p++) {
			const struct cli_option *o = by_letter(c, *p);
			if (!o)
				return cli_usage(c, "unknown option '-%c'", *p), -1;
			const char *value = NULL;
			if (o->kind != CLI_FLAG) {
				value = p[1] ? p + 1 : ++i < argc ? argv[i] : NULL;
				if (!value)
					return cli_usage(c, "option '-%c' needs a value: %s", *p, o->arg), -1;
			}
			if (set(o, value, &err) < 0)
				return cli_usage(c, "%s", err.text), -1;
			if (value)
				break;
		}
	}
	argv[1 + operands] = NULL;
	talk_level = quiet ? 0 : verbose ? 2 : 1;

	*status = EXIT_DONE;
	if (!want_help && !want_version && !want_options)
		return operands;
	if (want_help)
		help(c, stdout);
	else if (want_version)
		printf("%s %s\n", called(c), ASSAY_VERSION);
	else
		table(c);
	*status = cli_finish();
	return -1;
}

int
cli_verb(const struct cli *c, int n, char **argv)
{
	char all[256] = "";
	for (const struct cli_verb *v = c->verbs; v->name; v++) {
		if (n && !strcmp(argv[1], v->name)) {
			if (v->plain && n > 1)
				return cli_usage(c, "'%s' takes nothing, not '%s'", v->name, argv[2]);
			interrupt_catch();
			const int status = v->run(n - 1, argv + 2), printed = cli_finish();
			return status ? status : printed;
		}
		const size_t at = strlen(all);
		snprintf(all + at, sizeof all - at, "%s%s", at ? " " : "", v->name);
	}
	return n ? cli_usage(c, "unknown verb '%s'; one of: %s", argv[1], all) : cli_usage(c, "what to do? one of: %s", all);
}
