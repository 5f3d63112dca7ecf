/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completions for bash, zsh and fish, made from the tools' option tables when
 * they are installed: a shell that completes runs none of our programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay.h"
#include "base/cli.h"
#include "base/talk.h"

enum { LINE = 1024 };

#define EACH_OPTION(tool, field)                                       \
	char each_line[LINE], *field[6];                               \
	for (const char *each_at = (tool)->table;                      \
	     (each_at = tool_option(each_at, each_line, sizeof each_line, field));)

static const char *const shells = "bash zsh fish";

/* Whether an option's value is a file or a folder, by what its help calls it. */
static bool
takes_file(const char *value)
{
	static const char *const names[] = {"FILE", "WHERE", "DIR", "PATH", "PATCH", "LOOP", "TAKES", "BANK", "WAV"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strstr(value, names[i]))
			return true;
	return false;
}

/* Text within single quotes of a shell; zsh's separators get a backslash. */
static void
quoted(const char *s, const char *escape)
{
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			printf("%s%c", strchr(escape, *s) ? "\\" : "", *s);
	}
}

/* --- bash -------------------------------------------------------------------------- */

static void
bash_tool(const struct tool *t)
{
	char verbs[LINE];
	tool_verbs(t, verbs, sizeof verbs);
	printf("\t%s)\n\t\tverbs='%s'\n\t\toptions='", t->name, verbs);
	{
		EACH_OPTION(t, f) printf("%s ", f[0]);
	}
	printf("'\n\t\tcase $before in\n");
	EACH_OPTION(t, f)
	{
		if (!*f[2])
			continue;
		printf("\t\t%s%s%s) ", f[0], *f[1] == '-' ? "|" : "", *f[1] == '-' ? f[1] : "");
		if (*f[3])
			printf("kind=words words='%s'", f[3]);
		else
			printf("kind=%s", takes_file(f[2]) ? "files" : "none");
		printf(" ;;\n");
	}
	printf("\t\tesac ;;\n");
}

static void
bash(const struct tools *all)
{
	printf("# bash completion for assay, made by 'assay completion bash'\n"
	       "_assay() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tlocal verbs= options= words= kind=\n"
	       "\tCOMPREPLY=()\n"
	       "\t[[ $word == = ]] && word= || { [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}; }\n"
	       "\tif ((COMP_CWORD == 1)); then\n"
	       "\t\tCOMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < all->n; i++)
		printf("%s ", all->item[i].name);
	printf("completion doctor help' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	printf("\tcompletion) kind=words words='%s' ;;\n\tdoctor) options='--json --help' ;;\n\thelp) kind=words words='", shells);
	for (size_t i = 0; i < all->n; i++)
		printf("%s ", all->item[i].name);
	printf("' ;;\n");
	for (size_t i = 0; i < all->n; i++)
		bash_tool(&all->item[i]);
	printf("\tesac\n"
	       "\tif [[ -z $kind && $word == -* ]]; then kind=words words=$options\n"
	       "\telif [[ -z $kind && -n $verbs && $COMP_CWORD == 2 ]]; then kind=words words=$verbs\n"
	       "\tfi\n"
	       "\tcase $kind in\n"
	       "\twords) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
	       "\tnone) ;;\n"
	       "\t*) compopt -o filenames 2>/dev/null\n"
	       "\t\tlocal IFS=$'\\n'\n"
	       "\t\tCOMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
	       "\tesac\n"
	       "}\n"
	       "complete -F _assay assay\n");
}

/* --- zsh --------------------------------------------------------------------------- */

static void
zsh_tool(const struct tool *t)
{
	char verbs[LINE];
	tool_verbs(t, verbs, sizeof verbs);
	printf("\t%s)\n\t\t_arguments -s -S", t->name);
	EACH_OPTION(t, f)
	{
		const char *letter = *f[1] == '-' ? f[1] : NULL;
		for (int side = letter ? 0 : 1; side < 2; side++) {
			printf(" \\\n\t\t\t'%s%s[", side ? f[0] : letter, side && *f[2] ? "=" : "");
			quoted(f[5], "[]:\\");
			putchar(']');
			if (*f[2] && *f[3])
				printf(":%s:(%s)", f[2], f[3]);
			else if (*f[2])
				printf(":%s:%s", f[2], takes_file(f[2]) ? "_files" : " ");
			putchar('\'');
		}
	}
	if (*verbs)
		printf(" \\\n\t\t\t'1:verb:(%s)'", verbs);
	printf(" \\\n\t\t\t'*:file:_files' ;;\n");
}

static void
zsh(const struct tools *all)
{
	printf("#compdef assay\n"
	       "# zsh completion for assay, made by 'assay completion zsh'\n"
	       "_assay() {\n"
	       "\tlocal -a tools\n"
	       "\ttools=(\n");
	for (size_t i = 0; i < all->n; i++) {
		printf("\t\t'%s:", all->item[i].name);
		quoted(all->item[i].summary ? all->item[i].summary : "", ":\\");
		printf("'\n");
	}
	printf("\t\t'completion:print the completions of a shell'\n"
	       "\t\t'doctor:say what is installed'\n"
	       "\t\t'help:show a manual page'\n"
	       "\t)\n"
	       "\tif ((CURRENT == 2)); then\n"
	       "\t\t_describe tool tools\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tshift words\n"
	       "\t((CURRENT--))\n"
	       "\tcase $words[1] in\n"
	       "\tcompletion) _values shell %s ;;\n"
	       "\tdoctor) _arguments '--json[one JSON object a line]' ;;\n"
	       "\thelp) _describe tool tools ;;\n", shells);
	for (size_t i = 0; i < all->n; i++)
		zsh_tool(&all->item[i]);
	printf("\tesac\n}\n"
	       "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _assay \"$@\"; else compdef _assay assay; fi\n");
}

/* --- fish -------------------------------------------------------------------------- */

static void
fish_tool(const struct tool *t)
{
	char verbs[LINE];
	tool_verbs(t, verbs, sizeof verbs);
	const char *first = "complete -c assay -n '__fish_is_nth_token 1' -f -a";
	printf("%s %s -d '", first, t->name);
	quoted(t->summary ? t->summary : "", "");
	printf("'\n");
	if (*verbs)
		printf("complete -c assay -n '__fish_seen_subcommand_from %s; and __fish_is_nth_token 2' -a '%s'\n", t->name,
		    verbs);
	EACH_OPTION(t, f)
	{
		printf("complete -c assay -n '__fish_seen_subcommand_from %s' -l %s", t->name, f[0] + 2);
		if (*f[1] == '-')
			printf(" -s %c", f[1][1]);
		if (*f[2])
			printf(takes_file(f[2]) ? " -r" : " -x");
		if (*f[3])
			printf(" -a '%s'", f[3]);
		printf(" -d '");
		quoted(f[5], "");
		printf("'\n");
	}
}

static void
fish(const struct tools *all)
{
	printf("# fish completion for assay, made by 'assay completion fish'\n");
	for (size_t i = 0; i < all->n; i++)
		fish_tool(&all->item[i]);
	printf("complete -c assay -n '__fish_is_nth_token 1' -f -a 'completion doctor help'\n"
	       "complete -c assay -n '__fish_seen_subcommand_from completion' -f -a '%s'\n"
	       "complete -c assay -n '__fish_seen_subcommand_from doctor' -f -l json -d 'one JSON object a line'\n"
	       "complete -c assay -n '__fish_seen_subcommand_from help' -f -a '", shells);
	for (size_t i = 0; i < all->n; i++)
		printf("%s ", all->item[i].name);
	printf("'\n");
}

int
completion(int argc, char **argv)
{
	static const struct cli_option options[] = {{0}};
	static const struct cli cli = {
	    .tool = "completion",
	    .summary = "print the completions of a shell",
	    .usage = "bash|zsh|fish",
	    .example = "assay completion bash >~/.local/share/bash-completion/completions/assay\n",
	    .options = options,
	};
	static const struct {
		const char *name;
		void (*print)(const struct tools *all);
	} shell[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	for (size_t i = 0; n == 1 && i < sizeof shell / sizeof *shell; i++)
		if (!strcmp(argv[1], shell[i].name)) {
			struct tools all = tools_find(false);
			shell[i].print(&all);
			tools_free(&all);
			return cli_finish();
		}
	return n == 1 ? cli_usage(&cli, "no completions for '%s'", argv[1]) : cli_usage(&cli, "name one shell");
}
