/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "synth/faust/faust.h"

#define PREFIX "faust:"

#define LANES_OF(isa)                                          \
	void faust_init_##isa(void *state, const struct context *c); \
	void faust_run_##isa(void *state, const struct block *b);    \
	extern const int faust_lanes_##isa;
LANES_OF(scalar)
LANES_OF(sse)
LANES_OF(avx2)
LANES_OF(avx512)

static const struct {
	void (*init)(void *state, const struct context *c);
	void (*run)(void *state, const struct block *b);
	const int *lanes;
} by_isa[REGISTRY_ISAS] = {
    {faust_init_scalar, faust_run_scalar, &faust_lanes_scalar}, {faust_init_sse, faust_run_sse, &faust_lanes_sse},
    {faust_init_avx2, faust_run_avx2, &faust_lanes_avx2}, {faust_init_avx512, faust_run_avx512, &faust_lanes_avx512}};

bool
faust_begin(const struct faust_guest *g, void *instance, float rate)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&one);
	const void *tables = g->program->tables((int)rate);
	if (tables)
		g->program->start(instance, (int)rate, tables);
	pthread_mutex_unlock(&one);
	return tables;
}

/* --- names --------------------------------------------------------------------------- */

/* "tone@0123456789ab" */
static bool
is_program(const char *name)
{
	const size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	return n >= 1 && n <= 40 && name[n] == '@' && strlen(name + n + 1) == VERSION_HEX
	    && strspn(name + n + 1, "0123456789abcdef") == VERSION_HEX;
}

/* A file is named below the patch's folder or the library: no way leads out of them. */
static int
named(const char *text, const char *const *folders, char name[GUEST_NAME], struct err *err)
{
	const size_t n = strlen(text);
	if (n < 5 || n > 200 || strcmp(text + n - 4, ".dsp") || *text == '/' || *text == '.' || strstr(text, "..")
	    || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") != n)
		return err_set(err, "faust: '%.80s' is not a file like 'tone.dsp' or 'drums/kick.dsp'", text);
	for (; *folders; folders++) {
		char file[PLACE], program[GUEST_NAME];
		if (snprintf(file, sizeof file, "%s/%s", *folders, text) >= (int)sizeof file || access(file, R_OK))
			continue;
		const int anew = faust_expand(file, program, err);
		if (anew < 0)
			return err_prefix(err, "faust");
		snprintf(name, GUEST_NAME, PREFIX "%.100s", program);
		size_t index;
		if (!anew || registry_find(name, &index, err) == 0)
			return 0;
		faust_forget(program); /* what cannot be played is not kept */
		return -1;
	}
	return err_set(err, "faust: no file '%s' beside the patch or in the library", text);
}

/* --- loading ------------------------------------------------------------------------- */

static int
open_program(const char *name, struct module_set *made, struct err *err)
{
	char path[PLACE];
	const char *program = name + strlen(PREFIX);
	if (!is_program(program))
		return err_set(err, "is no name like faust:tone@0123456789ab");
	if (faust_library(program, path, err) < 0)
		return -1;
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct faust_program *(*of)(void) = NULL;
	if (!library)
		return err_set(err, "%.400s", dlerror());
	void *symbol = dlsym(library, "faust_program_of");
	memcpy(&of, &symbol, sizeof of);
	const struct faust_program *p = of ? of() : NULL;
	struct module m = {.name = strdup(name)};
	if (!p || p->abi != FAUST_ABI)
		err_set(err, "'%.300s' is no Faust program of this assay: remove it", path);
	else if (!m.name)
		err_set(err, "out of memory");
	else if (faust_ports(program, p, &m, err) == 0) {
		for (int i = 0; i < REGISTRY_ISAS; i++) {
			struct module *own = malloc(sizeof *own);
			if (!own)
				return err_set(err, "out of memory");
			*own = m;
			own->init = by_isa[i].init;
			own->run = by_isa[i].run;
			own->state = p->size * (size_t)*by_isa[i].lanes;
			made->isa[i] = own;
		}
		return compile_check(made->isa[0], err);
	}
	free((void *)m.name);
	dlclose(library);
	return -1;
}

static int
load(const char *name, struct module_set *made, struct err *err)
{
	return open_program(name, made, err) < 0 ? err_prefix(err, "module '%.100s'", name) : 0;
}

static int
name_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* All that were ever used. */
static void
list(void (*each)(const char *name, void *user), void *user)
{
	char store[PLACE], name[GUEST_NAME];
	struct dirent **found;
	if (!faust_folder(false, store, NULL))
		return;
	const int n = scandir(store, &found, NULL, name_order);
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(found[i]->d_name, '.');
		snprintf(name, sizeof name, PREFIX "%.*s", dot ? (int)(dot - found[i]->d_name) : 0, found[i]->d_name);
		if (dot && !strcmp(dot, ".dsp") && is_program(name + strlen(PREFIX)))
			each(name, user);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

const struct module_source source_faust = {.prefix = PREFIX, .named = named, .load = load, .list = list};
