/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An algorithm of the user's own, --algo FILE.c: compiled when it is used, with the flags and headers of assay, and
 * loaded into this process, whose functions (lib/opt, lib/base) it may call.
 */
#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evolve.h"
#include "opt/batch.h"

/* What the headers that it was compiled with and this program have to agree in. */
#define SIZES sizeof(struct algo), sizeof(struct algo_settings), sizeof(struct told), sizeof(struct knob), \
	sizeof(struct dimension), sizeof(struct blob), sizeof(struct batch)
#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...) TEXT_OF(__VA_ARGS__)
static const size_t sizes[] = {SIZES};

enum { SOURCE = 16 << 20 };

static int
build(const char *file, const char *name, const char *folder, const char *library, struct err *err)
{
	char source[PLACE + 16], object[PLACE + 16], text[PLACE + 1024], *said = NULL;
	/* of its functions the descriptor alone is seen from outside: another may have the name of one of ours */
	const int n = snprintf(text, sizeof text,
	    "#include \"opt/batch.h\"\n#pragma GCC visibility push(default)\nextern const struct algo algo_%s;\n"
	    "extern const size_t algo_sizes[];\n#pragma GCC visibility pop\nconst size_t algo_sizes[] = {%s};\n#include \"%s\"\n",
	    name, TEXT(SIZES), file);
	snprintf(source, sizeof source, "%s/own.c", folder);
	snprintf(object, sizeof object, "%s/own.o", folder);
	const char *const words[] = {object, "-Wl,-z,undefs", NULL}; /* this program has the rest */
	int status = compile_write(source, text, (size_t)n, err);
	if (!status)
		status = compile_object(source, 0, object, &said, err);
	if (!status)
		status = compile_library(words, false, library, &said, err);
	if (said)
		fputs(said, stderr);
	free(said);
	return status;
}

/* Checks what a descriptor says before anything relies on it. */
static int
check(const struct algo *a, const char *name, struct err *err)
{
	if (!a->name || strcmp(a->name, name))
		return err_set(err, ".name is '%.40s', and has to be '%s'", a->name ? a->name : "", name);
	if (!a->help || !a->create || !a->ask || !a->tell || !a->save || !a->load || !a->free)
		return err_set(err, "one of .help .create .ask .tell .save .load .free is missing");
	for (const struct knob *k = a->knobs; k && k->name; k++) {
		if (k - a->knobs == ALGO_MAX_KNOBS)
			return err_set(err, "more than %d knobs: does the table end in {0}?", ALGO_MAX_KNOBS);
		int choices = 0;
		while (k->choices && k->choices[choices])
			choices++;
		if (!k->help || !(k->standard >= (k->choices ? 0 : k->min) && k->standard <= (k->choices ? choices - 1 : k->max)))
			return err_set(err, "knob '%.40s': it has no help, or a standard out of its range", k->name);
	}
	return 0;
}

static const struct algo *
take(const char *library, const char *name, struct err *err)
{
	char symbol[80];
	void *open = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!open)
		return err_set(err, "%.400s", dlerror()), NULL;
	snprintf(symbol, sizeof symbol, "algo_%s", name);
	const struct algo *a = dlsym(open, symbol);
	const size_t *its = dlsym(open, "algo_sizes");
	if (!a || !its)
		return err_set(err, "it does not end in const struct algo %s", symbol), NULL;
	if (memcmp(its, sizes, sizeof sizes))
		return err_set(err, "the headers of assay are of another version than this program"), NULL;
	return check(a, name, err) < 0 ? NULL : a;
}

const struct algo *
own_algo(const char *path, char version[VERSION_HEX + 1], struct err *err)
{
	char folder[PLACE], library[PLACE + 16], file[PATH_MAX], name[64];
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	size_t n;
	if (!dot || strcmp(dot, ".c") || !compile_is_word(base, (size_t)(dot - base)))
		return err_set(err, "'%.200s' is no algorithm: NAME.c, of letters, digits and _", path), NULL;
	snprintf(name, sizeof name, "%.*s", (int)(dot - base), base);
	char *text = compile_read(path, SOURCE, &n, err);
	if (!text)
		return NULL;
	compile_version(text, n, version);
	free(text);
	if (!realpath(path, file) || strpbrk(file, "\"\\\n"))
		return err_set(err, "cannot include '%.200s'", path), NULL;
	if (compile_folder(folder, err) < 0)
		return NULL;
	snprintf(library, sizeof library, "%s/own.so", folder);
	const struct algo *a = build(file, name, folder, library, err) < 0 ? NULL : take(library, name, err);
	compile_clean(folder);
	if (!a)
		err_prefix(err, "'%.200s'", path);
	return a;
}
