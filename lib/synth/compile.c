/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/compile.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/share.h"
#include "module_flags.h"

enum { SECONDS = 60 };

const char *const compile_isas[REGISTRY_ISAS] = {"scalar", "sse", "avx2", "avx512"};
static const char *const isa_flags[REGISTRY_ISAS] = {
    MODULE_ISA_scalar, MODULE_ISA_sse, MODULE_ISA_avx2, MODULE_ISA_avx512};

const char *
compile_headers(char path[PLACE], struct err *err)
{
	static const char *const places[] = {"include", "lib"}; /* installed; in the source */
	char header[64];
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(header, sizeof header, "%s/synth/module.h", places[i]);
		if (share_find(header, path, PLACE)) {
			path[strlen(path) - strlen("/synth/module.h")] = 0;
			return path;
		}
	}
	err_set(err, "the headers that modules are built with are not installed: share/assay/include/synth/module.h");
	return NULL;
}

/* --- files -------------------------------------------------------------------------- */

int
compile_folder(char path[PLACE], struct err *err)
{
	const char *temp = getenv("TMPDIR");
	if (snprintf(path, PLACE, "%s/assay.XXXXXX", temp && *temp ? temp : "/tmp") >= PLACE)
		return err_set(err, "TMPDIR is too long a path");
	return mkdtemp(path) ? 0 : err_errno(err, "cannot make a folder in '%s'", temp && *temp ? temp : "/tmp");
}

void
compile_clean(const char *folder)
{
	char path[PLACE + 300];
	DIR *d = opendir(folder);
	const struct dirent *e;
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (*e->d_name != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

int
compile_write(const char *path, const char *text, size_t n, struct err *err)
{
	struct file f;
	if (file_create(&f, path, err) < 0)
		return -1;
	return file_finish(&f, fwrite(text, 1, n, f.stream) == n, err);
}

char *
compile_read(const char *path, size_t most, size_t *n, struct err *err)
{
	FILE *f = fopen(path, "rbe");
	struct stat st;
	if (!f)
		return err_errno(err, "cannot open '%s'", path), NULL;
	char *text = NULL;
	if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode))
		err_set(err, "cannot read '%s': it is no plain file", path);
	else if ((size_t)st.st_size > most)
		err_set(err, "'%s' has %lld bytes; at most %zu are allowed", path, (long long)st.st_size, most);
	else if (!(text = malloc((size_t)st.st_size + 1)))
		err_set(err, "out of memory");
	else {
		*n = fread(text, 1, (size_t)st.st_size, f);
		text[*n] = 0;
		if (ferror(f) || memchr(text, 0, *n)) {
			err_set(err, "cannot read '%s': it is no text", path);
			free(text);
			text = NULL;
		}
	}
	fclose(f);
	return text;
}

void
compile_version(const char *text, size_t n, char hex[VERSION_HEX + 1])
{
	struct hash h;
	uint8_t sum[HASH_SIZE];
	char all[HASH_HEX];
	hash_init(&h);
	hash_bytes(&h, text, n);
	hash_final(&h, sum);
	memcpy(hex, hash_hex(sum, HASH_SIZE, all), VERSION_HEX);
	hex[VERSION_HEX] = 0;
}

bool
compile_is_word(const char *name, size_t n)
{
	if (n < 1 || n > 40 || isdigit((unsigned char)*name))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

/* --- the compiler -------------------------------------------------------------------- */

static void
command_compiler(struct command *c)
{
	const char *cc = getenv("CC");
	command_add(c, cc && *cc && !strchr(cc, ' ') ? cc : "cc");
}

static int
keep(char **said, const struct run_result *r)
{
	const size_t had = *said ? strlen(*said) : 0;
	char *more = realloc(*said, had + r->n + 1);
	if (!more)
		return -1;
	memcpy(more + had, r->said, r->n);
	more[had + r->n] = 0;
	*said = more;
	return 0;
}

static int
run(const struct command *c, const char *what, char **said, struct err *err)
{
	struct run_result r;
	int status = run_program(c, SECONDS, &r, err);
	if (status < 0 && errno == ENOENT)
		err_set(err, "there is no C compiler '%s' here: apt-get install gcc libc6-dev", c->word[0]);
	else if (!status && r.status)
		status = run_failed(&r, what, err);
	if (said && r.n && keep(said, &r) < 0)
		status = err_set(err, "out of memory");
	free(r.said);
	return status;
}

int
compile_object(const char *source, int isa, const char *object, char **said, struct err *err)
{
	char headers[PLACE], flags[sizeof MODULE_CFLAGS], warn[sizeof MODULE_WARN], wide[256];
	struct command c = {.n = 0};
	if (!compile_headers(headers, err))
		return -1;
	command_compiler(&c);
	command_add_words(&c, MODULE_CFLAGS, flags);
	if (isa >= 0) {
		command_add_words(&c, MODULE_WARN, warn);
		command_add_words(&c, isa_flags[isa], wide);
	} else
		command_add(&c, "-w");
	const char *const rest[] = {"-fPIC", "-fvisibility=hidden", "-fdiagnostics-color=never", "-DMODULE_ELSEWHERE", "-I",
	    headers, "-c", "-o", object, source};
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		command_add(&c, rest[i]);
	return run(&c, "the compiler", said, err);
}

int
compile_library(const char *const *objects, bool bare, const char *library, char **said, struct err *err)
{
	struct command c = {.n = 0};
	command_compiler(&c);
	const char *const rest[] = {"-shared", "-Wl,-z,defs", "-Wl,-z,now", "-fdiagnostics-color=never", "-o", library};
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
		command_add(&c, rest[i]);
	if (bare)
		command_add(&c, "-nostdlib");
	while (*objects)
		command_add(&c, *objects++);
	command_add(&c, "-lm");
	return run(&c, "the linker", said, err);
}

/* --- what a descriptor says ------------------------------------------------------------ */

enum { MOST_PORTS = 512, MOST_STATE = 64 << 20, MOST_CHOICES = 1024 };

static int
check_port(const struct module *m, const struct port *p, struct err *err)
{
	if (p->dir != PORT_IN && p->dir != PORT_OUT)
		return err_set(err, "a port that is neither PORT_IN nor PORT_OUT: does the table end in {PORT_END}?");
	if (!p->name || !compile_is_word(p->name, strlen(p->name)))
		return err_set(err, "port '%.40s': not a name of letters, digits and _", p->name ? p->name : "");
	for (const struct port *q = m->ports; q < p; q++)
		if (q->dir == p->dir && !strcmp(q->name, p->name))
			return err_set(err, "port '%s' is there twice", p->name);
	if (p->rate != RATE_CONTROL && p->rate != RATE_AUDIO && p->rate != RATE_FIXED)
		return err_set(err, "port '%s': no such rate", p->name);
	if (!isfinite(p->min) || !isfinite(p->max) || !isfinite(p->def) || !(p->min < p->max || (p->min == p->max && p->scale == SCALE_CHOICE)))
		return err_set(err, "port '%s': %g to %g is no range", p->name, (double)p->min, (double)p->max);
	if (p->dir == PORT_IN && !(p->def >= p->min && p->def <= p->max))
		return err_set(err, "port '%s': the default %g is not within %g to %g", p->name, (double)p->def, (double)p->min,
		    (double)p->max);
	if (p->scale == SCALE_LOG && !(p->min > 0))
		return err_set(err, "port '%s': a logarithmic range starts above 0", p->name);
	if (p->scale == SCALE_CHOICE) {
		size_t n = 0;
		while (p->choices && n < MOST_CHOICES && p->choices[n])
			n++;
		if (!n || p->min != 0 || p->max != (float)(n - 1))
			return err_set(err, "port '%s': a choice from 0 to %g has %zu names", p->name, (double)p->max, n);
	} else if (p->scale != SCALE_LINEAR && p->scale != SCALE_LOG)
		return err_set(err, "port '%s': no such scale", p->name);
	if (p->when && p->dir == PORT_OUT)
		return err_set(err, "port '%s': when is for inputs", p->name);
	struct port_clause clauses[PORT_CLAUSES];
	if (p->when && port_when(m, p, clauses, err) < 0)
		return -1;
	if (p->whole && p->scale == SCALE_CHOICE)
		return err_set(err, "port '%s': a choice is no number", p->name);
	if (p->from) {
		const char *dot = strchr(p->from, '.');
		char name[32];
		snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - p->from) : 0, p->from);
		const struct module *feeds = NULL;
		for (size_t i = 0; i < registry_built_in(); i++)
			if (!strcmp(registry_at(ISA_SCALAR, i)->name, name))
				feeds = registry_at(ISA_SCALAR, i);
		if (!feeds || !port_find(feeds, PORT_OUT, dot + 1, NULL))
			return err_set(err, "port '%s': nothing is called '%.40s'", p->name, p->from);
	}
	return 0;
}

int
compile_check(const struct module *m, struct err *err)
{
	if (!m->ports)
		return err_set(err, ".ports is missing");
	if (!m->run)
		return err_set(err, ".run is missing");
	if (!m->group || !m->help)
		return err_set(err, "%s is missing", m->group ? ".help" : ".group");
	if (m->flags & (MODULE_VOICES | MODULE_FILES))
		return err_set(err, ".flags: MODULE_VOICES and MODULE_FILES are for what is built in");
	if (m->state > MOST_STATE)
		return err_set(err, ".state is %zu bytes; at most %d are allowed", m->state, MOST_STATE);
	size_t n = 0;
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (n++ == MOST_PORTS)
			return err_set(err, "more than %d ports: does the table end in {PORT_END}?", MOST_PORTS);
		if (check_port(m, p, err) < 0)
			return -1;
	}
	if (!port_count(m, PORT_OUT))
		return err_set(err, "it has no output");
	return 0;
}
