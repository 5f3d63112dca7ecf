/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/confine.h"

extern const struct module_source source_lv2, source_faust, source_user;
const struct module_source *const module_sources[] = {&source_lv2, &source_faust, &source_user, NULL};

static const struct module *const *const built_in[REGISTRY_ISAS] = {
    modules_scalar, modules_sse, modules_avx2, modules_avx512};

/* Guests are added and never removed: who has seen the count may read below it. */
static struct module_set guests[REGISTRY_GUESTS];
static atomic_size_t n_guests;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

size_t
registry_built_in(void)
{
	static atomic_size_t n;
	if (!n) {
		size_t k = 0;
		while (modules_scalar[k])
			k++;
		n = k;
	}
	return n;
}

size_t
registry_count(void)
{
	return registry_built_in() + n_guests;
}

const struct module *
registry_at(enum isa isa, size_t index)
{
	const size_t n = registry_built_in();
	return index < n ? built_in[isa - ISA_SCALAR][index] : guests[index - n].isa[isa - ISA_SCALAR];
}

/* The built-in ones are in the order of their names: every node of every patch is looked for. */
static bool
known(const char *name, size_t *index)
{
	const size_t built = registry_built_in();
	for (size_t low = 0, high = built; low < high;) {
		const size_t middle = (low + high) / 2;
		const int order = strcmp(modules_scalar[middle]->name, name);
		if (!order) {
			*index = middle;
			return true;
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	for (size_t i = built, n = registry_count(); i < n; i++)
		if (!strcmp(registry_at(ISA_SCALAR, i)->name, name)) {
			*index = i;
			return true;
		}
	return false;
}

static int
load(const char *name, size_t *index, struct err *err)
{
	for (const struct module_source *const *s = module_sources; *s; s++) {
		if (strncmp(name, (*s)->prefix, strlen((*s)->prefix)))
			continue;
		if (confine_done())
			return err_set(err, "module '%s' is not built in, and a confined process loads nothing ('assay work --no-confine')",
			    name);
		if (n_guests == REGISTRY_GUESTS)
			return err_set(err, "module '%s': more than %d modules from elsewhere", name, REGISTRY_GUESTS);
		if ((*s)->load(name, &guests[n_guests], err) < 0)
			return -1;
		*index = registry_built_in() + n_guests++;
		return 0;
	}
	return err_set(err, "there is no module '%s'", name);
}

int
registry_find(const char *name, size_t *index, struct err *err)
{
	if (known(name, index))
		return 0;
	pthread_mutex_lock(&adding);
	const int status = known(name, index) ? 0 : load(name, index, err);
	pthread_mutex_unlock(&adding);
	return status;
}

int
registry_guest(const char *word, const char *text, const char *const *folders, size_t *index, struct err *err)
{
	const size_t n = strlen(word);
	for (const struct module_source *const *s = module_sources; *s; s++) {
		const char *prefix = (*s)->prefix;
		if (strncmp(prefix, word, n) || (n ? strcmp(prefix + n, ":") : *prefix))
			continue;
		char name[GUEST_NAME];
		int status = 0;
		if ((*s)->named)
			status = (*s)->named(text, folders, name, err);
		else if (snprintf(name, sizeof name, "%s%s", prefix, text) >= (int)sizeof name)
			return err_set(err, "'%.40s...' is too long a name", text);
		return status ? status : registry_find(name, index, err);
	}
	return 1;
}

const struct module *
module_find(const char *name)
{
	size_t index;
	struct err err;
	return registry_find(name, &index, &err) < 0 ? NULL : registry_at(ISA_SCALAR, index);
}
