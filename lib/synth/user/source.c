/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where modules of the user's own are found, and how they are loaded. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/share.h"
#include "synth/user/user.h"

extern const struct module_abi module_here_scalar, module_here_sse, module_here_avx2, module_here_avx512;
static const struct module_abi *const here[REGISTRY_ISAS] = {
    &module_here_scalar, &module_here_sse, &module_here_avx2, &module_here_avx512};

void
user_path(struct user_path *p)
{
	const char *set = getenv("ASSAY_MODULES");
	p->n = 0;
	while (set && *set && p->n < USER_FOLDERS - 1) {
		const size_t k = strcspn(set, ":");
		if (k && k < PLACE / 2)
			snprintf(p->folder[p->n++], PLACE, "%.*s", (int)k, set);
		set += k + (set[k] == ':');
	}
	if (share_home("XDG_DATA_HOME", ".local/share", "assay/modules", p->folder[p->n], PLACE / 2))
		p->n++;
}

/* --- names ---------------------------------------------------------------------------- */

/* "wobble@0123456789ab" */
static bool
is_version(const char *name)
{
	const size_t n = strcspn(name, "@");
	return compile_is_word(name, n) && name[n] == '@' && strlen(name + n + 1) == VERSION_HEX
	    && strspn(name + n + 1, "0123456789abcdef") == VERSION_HEX;
}

/* What NAME.so of a folder points to: "wobble@0123456789ab". */
static bool
newest(const char *folder, const char *name, char version[GUEST_NAME])
{
	char link[PLACE + 300], to[PLACE];
	snprintf(link, sizeof link, "%s/%s.so", folder, name);
	const ssize_t n = readlink(link, to, sizeof to - 1);
	if (n < 4)
		return false;
	to[n - 3] = 0; /* .so */
	const char *slash = strrchr(to, '/');
	const size_t k = strlen(name);
	if (!slash || !is_version(slash + 1) || strncmp(slash + 1, name, k) || slash[1 + k] != '@')
		return false;
	snprintf(version, GUEST_NAME, "%.100s", slash + 1);
	return true;
}

static bool
there(const char *folder, const char *name, const char *end)
{
	char path[PLACE + 300];
	snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
	return !access(path, R_OK);
}

/* --- loading -------------------------------------------------------------------------- */

/* The copy that the registry gets: it is called NAME@HASH and is a guest. */
static const struct module *
adopt(const struct module *m, const char *version)
{
	struct module *own = malloc(sizeof *own);
	char *name = strdup(version);
	if (!own || !name) {
		free(own);
		free(name);
		return NULL;
	}
	*own = *m;
	own->name = name;
	own->flags |= MODULE_GUEST;
	own->guest = m;
	return own;
}

static bool
same_ports(const struct module *a, const struct module *b)
{
	const struct port *p = a->ports, *q = b->ports;
	for (; p->dir != PORT_END && q->dir != PORT_END; p++, q++)
		if (p->dir != q->dir || strcmp(p->name, q->name) || p->min != q->min || p->max != q->max || p->rate != q->rate)
			return false;
	return p->dir == q->dir && a->flags == b->flags;
}

static int
take(void *library, const char *version, struct module_set *made, struct err *err)
{
	const int n = (int)strcspn(version, "@");
	for (int i = 0; i < REGISTRY_ISAS; i++) {
		char symbol[128];
		snprintf(symbol, sizeof symbol, "module_abi_%s", compile_isas[i]);
		const struct module_abi *abi = dlsym(library, symbol);
		if (!abi)
			return err_set(err, "it has no MODULE(%.*s) for %s", n, version, compile_isas[i]);
		if (memcmp(abi, here[i], sizeof *abi))
			return err_set(err, "it was built for ABI %u%s, and this is ABI %d: build it again with 'assay module build'",
			    abi->abi, abi->abi == MODULE_ABI ? " of another layout" : "", MODULE_ABI);
		snprintf(symbol, sizeof symbol, "module_%.*s_%s", n, version, compile_isas[i]);
		const struct module *m = dlsym(library, symbol);
		if (!m)
			return err_set(err, "it has no MODULE(%.*s): the module in '%.*s.c' has to be called so", n, version, n, version);
		if (!m->name || strncmp(m->name, version, (size_t)n) || m->name[n])
			return err_set(err, ".name is '%.40s', and has to be '%.*s'", m->name ? m->name : "", n, version);
		if (compile_check(m, err) < 0)
			return -1;
		if (i && !same_ports(made->isa[0]->guest, m))
			return err_set(err, "its ports are others for %s than for scalar", compile_isas[i]);
		if (!(made->isa[i] = adopt(m, version)))
			return err_set(err, "out of memory");
	}
	return 0;
}

int
user_open(const char *library, const char *version, struct module_set *made, struct err *err)
{
	*made = (struct module_set){{0}};
	void *open = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!open)
		return err_set(err, "%.400s", dlerror());
	if (take(open, version, made, err) == 0)
		return 0;
	for (int i = 0; i < REGISTRY_ISAS && made->isa[i]; i++) {
		free((void *)made->isa[i]->name);
		free((void *)made->isa[i]);
	}
	dlclose(open);
	return -1;
}

static int
load(const char *name, struct module_set *made, struct err *err)
{
	struct user_path path;
	if (!is_version(name))
		return err_set(err, "there is no module '%s'", name);
	user_path(&path);
	char file[GUEST_NAME + 16];
	snprintf(file, sizeof file, "versions/%s", name);
	for (size_t i = 0; i < path.n; i++)
		if (there(path.folder[i], file, ".so")) {
			char library[PLACE + GUEST_NAME + 32];
			snprintf(library, sizeof library, "%s/%s.so", path.folder[i], file);
			return user_open(library, name, made, err) < 0 ? err_prefix(err, "module '%s'", name) : 0;
		}
	for (size_t i = 0; i < path.n; i++)
		if (there(path.folder[i], file, ".c"))
			return err_set(err, "module '%s' is kept in '%.200s', but not built: assay module build", name, path.folder[i]);
	return err_set(err, "module '%s': this version is in no folder of 'assay module path'; its source, versions/%s.c, "
	    "may be where it was built", name, name);
}

static int
named(const char *text, const char *const *folders, char name[GUEST_NAME], struct err *err)
{
	struct user_path path;
	(void)folders;
	if (!compile_is_word(text, strlen(text)))
		return 1;
	user_path(&path);
	for (size_t i = 0; i < path.n; i++)
		if (newest(path.folder[i], text, name))
			return 0;
	for (size_t i = 0; i < path.n; i++)
		if (there(path.folder[i], text, ".c"))
			return err_set(err, "'%s' has not been built: assay module build %s", text, text);
	return 1;
}

/* --- what there is --------------------------------------------------------------------- */

static int
name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a folder, each once, in order. */
static size_t
names_of(const char *folder, char ***names)
{
	size_t n = 0, room = 0;
	DIR *d = opendir(folder);
	const struct dirent *e;
	*names = NULL;
	while (d && (e = readdir(d))) {
		const size_t k = strcspn(e->d_name, ".");
		if (!compile_is_word(e->d_name, k) || (strcmp(e->d_name + k, ".c") && strcmp(e->d_name + k, ".so")))
			continue;
		if (n == room) {
			char **more = realloc(*names, (room = room ? 2 * room : 16) * sizeof *more);
			if (!more)
				break;
			*names = more;
		}
		if (((*names)[n] = strndup(e->d_name, k)))
			n++;
	}
	if (d)
		closedir(d);
	if (n)
		qsort(*names, n, sizeof **names, name_order);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept && !strcmp((*names)[kept - 1], (*names)[i]))
			free((*names)[i]);
		else
			(*names)[kept++] = (*names)[i];
	return kept;
}

void
user_versions(void (*each)(const char *folder, const char *version, void *user), void *user)
{
	struct user_path path;
	user_path(&path);
	for (size_t i = 0; i < path.n; i++) {
		char versions[PLACE + 16], name[GUEST_NAME];
		snprintf(versions, sizeof versions, "%s/versions", path.folder[i]);
		DIR *d = opendir(versions);
		const struct dirent *e;
		while (d && (e = readdir(d))) {
			const char *dot = strrchr(e->d_name, '.');
			snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - e->d_name) : 0, e->d_name);
			if (dot && !strcmp(dot, ".c") && is_version(name))
				each(path.folder[i], name, user);
		}
		if (d)
			closedir(d);
	}
}

struct counter {
	const char *folder, *name;
	size_t n;
};

static void
count(const char *folder, const char *version, void *user)
{
	struct counter *c = user;
	const size_t k = strlen(c->name);
	c->n += !strcmp(folder, c->folder) && !strncmp(version, c->name, k) && version[k] == '@';
}

static size_t
count_versions(const char *folder, const char *name)
{
	struct counter c = {folder, name, 0};
	user_versions(count, &c);
	return c.n;
}

/* Whether the source is the version that was built. */
static bool
is_changed(const char *folder, const char *name, const char *version)
{
	char path[PLACE + 300], hex[VERSION_HEX + 1];
	size_t n;
	snprintf(path, sizeof path, "%s/%s.c", folder, name);
	char *text = compile_read(path, USER_SOURCE, &n, NULL);
	if (text)
		compile_version(text, n, hex);
	const bool changed = !text || strcmp(hex, version);
	free(text);
	return changed;
}

void
user_each(void (*each)(const struct user_found *found, void *user), void *user)
{
	struct user_path path;
	user_path(&path);
	for (size_t i = 0; i < path.n; i++) {
		const char *folder = path.folder[i];
		char **names;
		const size_t n = names_of(folder, &names);
		for (size_t k = 0; k < n; k++) {
			char version[GUEST_NAME];
			struct err err;
			size_t index;
			struct user_found f = {.name = names[k], .folder = folder, .source = there(folder, names[k], ".c"),
			    .versions = count_versions(folder, names[k])};
			if (newest(folder, names[k], version)) {
				f.version = strchr(version, '@') + 1;
				f.changed = f.source && is_changed(folder, names[k], f.version);
			}
			if (user_name_check(names[k], strlen(names[k]), &err) < 0
			    || (f.version && registry_find(version, &index, &err) < 0))
				f.wrong = err.text;
			each(&f, user);
			free(names[k]);
		}
		free(names);
	}
}

struct lister {
	void (*each)(const char *name, void *user);
	void *user;
};

static void
list_one(const struct user_found *f, void *user)
{
	const struct lister *l = user;
	char name[GUEST_NAME];
	if (!f->version)
		return;
	snprintf(name, sizeof name, "%s@%s", f->name, f->version);
	l->each(name, l->user);
}

static void
list(void (*each)(const char *name, void *user), void *user)
{
	struct lister l = {each, user};
	user_each(list_one, &l);
}

const struct module_source source_user = {.prefix = "", .named = named, .load = load, .list = list};
