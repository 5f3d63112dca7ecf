/* SPDX-License-Identifier: GPL-3.0-or-later */
/* module: modules of the user's own, in C. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/share.h"
#include "base/talk.h"
#include "synth/user/user.h"

static bool json;

static const struct cli_option options[] = {
    {0, "json", CLI_FLAG, &json, .help = "list, path: print JSON Lines"},
    {0},
};

static int new(int, char **), build(int, char **), list(int, char **), show_path(int, char **);
static const struct cli_verb verbs[] = {
    {"new", new, false}, {"build", build, false}, {"list", list, true}, {"path", show_path, true}, {0},
};

static const struct cli cli = {
    .tool = "module",
    .summary = "write modules of your own in C",
    .usage = "[options] new NAME|FILE | build [NAME|FILE ...] | list | path",
    .example = "assay module new wobble      # a module to begin with\n"
               "assay module build wobble    # and it is there\n"
               "assay patch --list wobble\n"
               "assay module list            # what is found where\n",
    .options = options,
    .verbs = verbs,
};

static struct user_path path;
static struct err err;

static int
failed(void)
{
	talk_error("%s", err.text);
	return interrupted() ? EXIT_INTERRUPTED : EXIT_FAILED;
}

static void
print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	putchar('\n');
}

/* A name is that of a source in a folder of the path; a file has a '/' or a '.'. */
static bool
is_file(const char *s)
{
	return strpbrk(s, "/.");
}

/* --- new ------------------------------------------------------------------------------ */

/* The first piece of C on the page that explains modules: the template is what is explained there. */
static char *
template(void)
{
	static const char begin[] = "\n```c\n", end[] = "\n```\n";
	char page[PLACE];
	size_t n;
	if (!share_find("doc/module.md", page, sizeof page)) {
		err_set(&err, "the page that holds the template is not installed: share/assay/doc/module.md");
		return NULL;
	}
	char *text = compile_read(page, USER_SOURCE, &n, &err);
	char *from = text ? strstr(text, begin) : NULL, *to = from ? strstr(from, end) : NULL;
	if (text && !to)
		err_set(&err, "'%s' holds no template", page);
	char *code = to ? strndup(from + strlen(begin), (size_t)(to + 1 - from) - strlen(begin)) : NULL;
	free(text);
	return code;
}

/* The template with its own name, "wobble", made name. */
static void
write_named(FILE *f, const char *code, const char *name)
{
	static const char own[] = "wobble";
	for (const char *hit; (hit = strstr(code, own)); code = hit + strlen(own)) {
		fwrite(code, 1, (size_t)(hit - code), f);
		fputs(name, f);
	}
	fputs(code, f);
}

static int
new(int n, char **arg)
{
	char file[PLACE + 64], name[64];
	if (n != 1)
		return cli_usage(&cli, "new takes one name, or a file NAME.c");
	if (is_file(arg[0]))
		snprintf(file, sizeof file, "%.4000s", arg[0]);
	else
		snprintf(file, sizeof file, "%.4000s/%.50s.c", path.folder[0], arg[0]);
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');
	if (!dot || strcmp(dot, ".c"))
		return cli_usage(&cli, "new '%s': a file is called NAME.c", arg[0]);
	if (user_name_check(base, (size_t)(dot - base), &err) < 0)
		return failed();
	snprintf(name, sizeof name, "%.*s", (int)(dot - base), base);
	if (!access(file, F_OK)) {
		err_set(&err, "'%s' is there already", file);
		return failed();
	}
	char *code = template();
	if (!code)
		return failed();
	struct file f;
	int status = 0;
	if (!is_file(arg[0]) && folder_make(path.folder[0]) < 0)
		status = err_errno(&err, "cannot make '%s'", path.folder[0]);
	if (!status && !(status = file_create(&f, file, &err))) {
		write_named(f.stream, code, name);
		status = file_finish(&f, !ferror(f.stream), &err);
	}
	free(code);
	if (status)
		return failed();
	printf("%s\n", file);
	talk_info("edit it, then: assay module build %s", arg[0]);
	return EXIT_DONE;
}

/* --- build ---------------------------------------------------------------------------- */

static int
build_one(const char *source)
{
	struct user_built made;
	char *said = NULL;
	const int status = user_build(source, &made, &said, &err);
	if (said)
		fputs(said, stderr);
	free(said);
	if (status < 0)
		return failed();
	printf("%s\n", made.name);
	talk_info(made.anew ? "%s: built" : "%s: had been built", made.name);
	return EXIT_DONE;
}

static int
build_named(const char *name)
{
	char source[PLACE + 64];
	if (is_file(name))
		return build_one(name);
	for (size_t i = 0; i < path.n; i++) {
		snprintf(source, sizeof source, "%.4000s/%.50s.c", path.folder[i], name);
		if (!access(source, F_OK))
			return build_one(source);
	}
	err_set(&err, "there is no '%.50s.c' in a folder of 'assay module path'", name);
	return failed();
}

/* What is not built, or changed since. */
struct round {
	int status;
	size_t built;
};

static void
build_found(const struct user_found *f, void *user)
{
	struct round *r = user;
	char source[PLACE + 64];
	if (interrupted() || !f->source || (f->version && !f->changed && !f->wrong))
		return;
	snprintf(source, sizeof source, "%.4000s/%.50s.c", f->folder, f->name);
	const int status = build_one(source);
	r->built++;
	if (status)
		r->status = status;
}

/* And versions that are kept, but cannot be used: built for another ABI, or their libraries lost. */
static void
rebuild(const char *folder, const char *version, void *user)
{
	struct round *r = user;
	char *said = NULL;
	size_t index;
	if (interrupted() || registry_find(version, &index, NULL) == 0)
		return;
	r->built++;
	if (user_rebuild(folder, version, &said, &err) < 0) {
		if (said)
			fputs(said, stderr);
		r->status = failed();
	} else {
		printf("%s\n", version);
		talk_info("%s: built again", version);
	}
	free(said);
}

static int
build(int n, char **arg)
{
	struct round r = {EXIT_DONE, 0};
	for (int i = 0; i < n && !interrupted(); i++) {
		const int status = build_named(arg[i]);
		r.status = status ? status : r.status;
	}
	if (!n) {
		user_versions(rebuild, &r);
		user_each(build_found, &r);
		if (!r.built)
			talk_info("nothing to build");
	}
	return interrupted() ? EXIT_INTERRUPTED : r.status;
}

/* --- list and path ---------------------------------------------------------------------- */

static void
print_found(const struct user_found *f, void *user)
{
	size_t *count = user;
	++*count;
	const char *state = f->wrong ? f->wrong : !f->version ? "not built" : f->changed ? "changed since it was built" : "";
	if (json)
		print_json(json_pack("{s:s, s:s, s:o, s:b, s:b, s:I, s:o}", "name", f->name, "folder", f->folder, "version",
		    f->version ? json_string(f->version) : json_null(), "source", f->source, "changed", f->changed, "versions",
		    (json_int_t)f->versions, "wrong", f->wrong ? json_string(f->wrong) : json_null()));
	else
		printf("%-12s %-12s %3zu %s  %s%s%s\n", f->name, f->version ? f->version : "-", f->versions,
		    f->versions == 1 ? "version " : "versions", f->folder, *state ? ": " : "", state);
}

static int
list(int n, char **arg)
{
	size_t count = 0;
	(void)n, (void)arg;
	user_each(print_found, &count);
	if (!count)
		talk_info("no modules in '%s'; 'assay module new NAME' makes one", path.folder[0]);
	return EXIT_DONE;
}

static int
show_path(int n, char **arg)
{
	(void)n, (void)arg;
	for (size_t i = 0; i < path.n; i++)
		if (json)
			print_json(json_pack("{s:s, s:b}", "folder", path.folder[i], "exists", !access(path.folder[i], R_OK)));
		else
			printf("%s\n", path.folder[i]);
	return EXIT_DONE;
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	user_path(&path);
	if (!path.n)
		die(EXIT_FAILED, "no place for modules: set ASSAY_MODULES, XDG_DATA_HOME or HOME");
	return cli_verb(&cli, n, argv);
}
