/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A module of the user's own, from its source to a version that patches may use:
 * compiled for each instruction set, tried in a process of its own (a descriptor
 * may hold anything, and run() may do anything), and only then put in its place.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "synth/engine/drive.h"
#include "synth/lua/patch_lua.h"
#include "synth/user/user.h"

int
user_name_check(const char *name, size_t n, struct err *err)
{
	char word[64];
	if (!compile_is_word(name, n))
		return err_set(err, "'%.*s' cannot be a module's name: letters, digits and _, at most 40, no digit first",
		    n > 60 ? 60 : (int)n, name);
	snprintf(word, sizeof word, "%.*s", (int)n, name);
	for (size_t i = 0; i < registry_built_in(); i++)
		if (!strcmp(registry_at(ISA_SCALAR, i)->name, word))
			return err_set(err, "'%s' is the name of a module that is built in", word);
	if (patch_lua_taken(word))
		return err_set(err, "'%s' is a word of the patch language", word);
	return 0;
}

/* --- the trial -------------------------------------------------------------------------- */

enum { VOICES = 16, BLOCKS = 24, FRAMES = BLOCKS * DRIVE_BLOCK, TRIAL_SECONDS = 20 };

/* VOICES voices with inputs of their own within the ranges, in groups of as many lanes as there are. */
static int
sound(const struct module *m, int isa, float *y[], struct err *err)
{
	const int lanes = drive_isas[isa].lanes;
	struct rng rng = {.seed = 1};
	float *x[DRIVE_PORTS], row[4][VOICES];
	uint32_t seed[VOICES];
	int32_t off[VOICES];
	size_t n_in = 0, n_out = port_count(m, PORT_OUT);
	float fixed[DRIVE_PORTS];
	struct drive d = {.alone = m, .rate = 48000, .node = 1, .seed = seed, .tempo = row[0], .pitch = row[1],
	    .velocity = row[2], .random = row[3], .off = off, .fixed = fixed, .blocks = BLOCKS};
	if (port_count(m, PORT_IN) > DRIVE_PORTS || n_out > DRIVE_PORTS)
		return err_set(err, "more than %d ports on a side", DRIVE_PORTS);
	for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
		if (p->dir != PORT_IN)
			continue;
		const bool each = p->rate == RATE_AUDIO;
		const size_t rows = each ? FRAMES : BLOCKS;
		d.stride[n_in] = each;
		fixed[n_in] = p->def;
		if (!(x[n_in] = calloc(rows * VOICES, sizeof(float))))
			return err_set(err, "out of memory");
		for (size_t i = 0; i < rows * VOICES; i++)
			x[n_in][i] = p->rate == RATE_FIXED ? p->def : p->min + (p->max - p->min) * (float)rng_uniform(&rng);
		n_in++;
	}
	for (int first = 0; first < VOICES; first += lanes) {
		float *in[DRIVE_PORTS], *out[DRIVE_PORTS];
		for (int l = 0; l < lanes; l++) {
			seed[l] = (uint32_t)(first + l) * 2654435761u;
			off[l] = 40 * (first + l);
			row[0][l] = 120;
			row[1][l] = (float)(40 + first + l);
			row[2][l] = 0.8f;
			row[3][l] = 0.05f * (float)(first + l);
		}
		for (size_t k = 0; k < n_in; k++) {
			const size_t rows = d.stride[k] ? FRAMES : BLOCKS;
			if (!(in[k] = calloc(rows * (size_t)lanes, sizeof(float))))
				return err_set(err, "out of memory");
			for (size_t i = 0; i < rows; i++)
				memcpy(in[k] + i * (size_t)lanes, x[k] + i * VOICES + first, (size_t)lanes * sizeof(float));
			d.in[k] = in[k];
		}
		for (size_t k = 0; k < n_out; k++)
			if (!(d.out[k] = out[k] = calloc((size_t)FRAMES * (size_t)lanes, sizeof(float))))
				return err_set(err, "out of memory");
		if (drive_isas[isa].drive(&d) < 0)
			return err_set(err, "its state and rows need more memory than there is");
		for (size_t k = 0; k < n_out; k++)
			for (int i = 0; i < FRAMES; i++)
				memcpy(y[k] + (size_t)i * VOICES + first, out[k] + i * lanes, (size_t)lanes * sizeof(float));
	}
	return 0; /* the process ends: nothing is freed */
}

static int
try(const char *library, const char *version, struct err *err)
{
	struct module_set made;
	float *want[DRIVE_PORTS], *got[DRIVE_PORTS];
	if (user_open(library, version, &made, err) < 0)
		return -1;
	const struct module *m = made.isa[0];
	for (int isa = 0; isa < REGISTRY_ISAS; isa++) {
		if (!drive_isa_runs(&drive_isas[isa]))
			continue;
		for (size_t k = 0; k < DRIVE_PORTS; k++)
			if (!((isa ? got : want)[k] = calloc((size_t)FRAMES * VOICES, sizeof(float))))
				return err_set(err, "out of memory");
		if (sound(made.isa[isa], isa, isa ? got : want, err) < 0)
			return -1;
		size_t k = 0;
		for (const struct port *p = m->ports; p->dir != PORT_END; p++) {
			if (p->dir != PORT_OUT)
				continue;
			const size_t n = p->rate == RATE_FIXED ? VOICES : (size_t)FRAMES * VOICES;
			for (size_t i = 0; i < n && !isa; i++)
				if (!isfinite(want[k][i]))
					return err_set(err, "output '%s' is not a finite number %.4f s after the start, with inputs in their "
					    "ranges", p->name, (double)(i / VOICES) / 48000);
			for (size_t i = 0; i < n && isa; i++)
				if (memcmp(&want[k][i], &got[k][i], sizeof(float)))
					return err_set(err, "output '%s' has other bits in %d lanes than in one (%.9g, not %.9g, %.4f s after the "
					    "start): lanes must not know of each other, and there is no libm", p->name, drive_isas[isa].lanes,
					    (double)got[k][i], (double)want[k][i], (double)(i / VOICES) / 48000);
			k++;
		}
	}
	return 0;
}

static int
trial(const char *library, const char *version, struct err *err)
{
	int fd[2], status;
	if (pipe(fd) < 0)
		return err_errno(err, "cannot try '%s'", version);
	const pid_t pid = fork();
	if (pid == 0) {
		const struct rlimit time = {TRIAL_SECONDS, TRIAL_SECONDS}, core = {0, 0};
		setrlimit(RLIMIT_CPU, &time);
		setrlimit(RLIMIT_CORE, &core);
		alarm(3 * TRIAL_SECONDS);
		static const int crash[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
		for (size_t i = 0; i < sizeof crash / sizeof *crash; i++)
			signal(crash[i], SIG_DFL);
		struct err why = {""};
		close(fd[0]);
		const int bad = try(library, version, &why) < 0;
		_exit(bad ? write(fd[1], why.text, strlen(why.text)) > 0 ? 1 : 2 : 0);
	}
	close(fd[1]);
	struct err why = {""};
	size_t n = 0;
	ssize_t k;
	while (pid > 0 && n < sizeof why.text - 1 && (k = read(fd[0], why.text + n, sizeof why.text - 1 - n)) != 0)
		if (k > 0)
			n += (size_t)k;
		else if (errno != EINTR)
			break;
	close(fd[0]);
	if (pid < 0)
		return err_errno(err, "cannot try '%s'", version);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	const int name = (int)strcspn(version, "@");
	if (WIFSIGNALED(status))
		return err_set(err, WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGALRM
		        ? "module '%.*s' does not come back when it is tried (%s)" : "module '%.*s' crashes when it is tried (%s)",
		    name, version, strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return err_set(err, "module '%.*s': %s", name, version, why.text);
	return 0;
}

/* --- building -------------------------------------------------------------------------- */

/* The text as the compiler gets it: with the name of its file, and in a folder where nothing else stands, for what
   is kept is this one text. */
static int
compile(const char *shown, const char *text, const char *library, char **said, struct err *err)
{
	char folder[PLACE], source[PLACE + 16], math[PLACE + 32], headers[PLACE], object[REGISTRY_ISAS + 1][PLACE + 16];
	const char *objects[REGISTRY_ISAS + 2] = {NULL};
	struct file f;
	if (!compile_headers(headers, err) || compile_folder(folder, err) < 0)
		return -1;
	snprintf(source, sizeof source, "%s/module.c", folder);
	snprintf(math, sizeof math, "%s/base/fmath.c", headers);
	int status = file_create(&f, source, err);
	if (!status) {
		fprintf(f.stream, "#line 1 \"");
		for (const char *s = shown; *s; s++)
			fprintf(f.stream, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s == '\n' ? '?' : *s);
		fprintf(f.stream, "\"\n%s\n", text);
		status = file_finish(&f, !ferror(f.stream), err);
	}
	for (int i = 0; i <= REGISTRY_ISAS && !status; i++) {
		snprintf(object[i], sizeof object[i], "%s/%d.o", folder, i);
		objects[i] = object[i];
		if (i == REGISTRY_ISAS)
			status = compile_object(math, -1, object[i], NULL, err);
		else /* warnings are the same for each */
			status = compile_object(source, i, object[i], i ? NULL : said, err);
	}
	if (!status)
		status = compile_library(objects, false, library, said, err);
	compile_clean(folder);
	return status;
}

/* Compiles and tries a version, and puts its library in its place. */
static int
make(const char *shown, const char *text, const char *folder, const char *version, char **said, struct err *err)
{
	char library[PLACE + GUEST_NAME], temp[PLACE + GUEST_NAME];
	snprintf(library, sizeof library, "%s/versions/%s.so", folder, version);
	snprintf(temp, sizeof temp, "%s/versions/.%s.%ld.so", folder, version, (long)getpid());
	int status = compile(shown, text, temp, said, err);
	if (!status)
		status = trial(temp, version, err);
	if (!status && rename(temp, library) < 0)
		status = err_errno(err, "cannot create '%s'", library);
	if (status)
		unlink(temp);
	return status;
}

/* NAME.so is the version, from one moment to the next. */
static int
point(const char *folder, const char *version, struct err *err)
{
	char to[GUEST_NAME + 16], link[PLACE + GUEST_NAME], temp[PLACE + GUEST_NAME];
	const int n = (int)strcspn(version, "@");
	snprintf(to, sizeof to, "versions/%s.so", version);
	snprintf(link, sizeof link, "%s/%.*s.so", folder, n, version);
	snprintf(temp, sizeof temp, "%s/.%.*s.%ld.so", folder, n, version, (long)getpid());
	unlink(temp);
	if (symlink(to, temp) < 0 || rename(temp, link) < 0) {
		err_errno(err, "cannot create '%s'", link);
		unlink(temp);
		return -1;
	}
	return 0;
}

int
user_build(const char *source, struct user_built *made, char **said, struct err *err)
{
	struct user_path path;
	char versions[PLACE + 16], kept[PLACE + GUEST_NAME], hex[VERSION_HEX + 1];
	const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source, *dot = strrchr(name, '.');
	size_t size;
	if (!dot || strcmp(dot, ".c"))
		return err_set(err, "'%s' is no C file: NAME.c is the module NAME", source);
	if (user_name_check(name, (size_t)(dot - name), err) < 0)
		return err_prefix(err, "%s", source);
	user_path(&path);
	if (!path.n)
		return err_set(err, "no place for modules: set ASSAY_MODULES, XDG_DATA_HOME or HOME");
	const char *folder = path.folder[0];
	char *text = compile_read(source, USER_SOURCE, &size, err);
	if (!text)
		return -1;
	compile_version(text, size, hex);
	snprintf(made->name, sizeof made->name, "%.*s@%s", (int)(dot - name), name, hex);
	snprintf(versions, sizeof versions, "%s/versions", folder);
	snprintf(kept, sizeof kept, "%s/%.60s.c", versions, made->name);
	snprintf(made->library, sizeof made->library, "%.*s/versions/%.60s.so", PLACE / 2, folder, made->name);
	size_t index;
	int status = 0;
	made->anew = access(made->library, R_OK) || registry_find(made->name, &index, NULL) < 0;
	if (made->anew) {
		if (folder_make(versions) < 0)
			status = err_errno(err, "cannot make '%s'", versions);
		else if (!(status = make(source, text, folder, made->name, said, err)))
			status = compile_write(kept, text, size, err);
	}
	free(text);
	return status ? status : point(folder, made->name, err);
}

int
user_rebuild(const char *folder, const char *version, char **said, struct err *err)
{
	char kept[PLACE + GUEST_NAME];
	size_t size;
	snprintf(kept, sizeof kept, "%s/versions/%s.c", folder, version);
	char *text = compile_read(kept, USER_SOURCE, &size, err);
	if (!text)
		return -1;
	const int status = make(kept, text, folder, version, said, err);
	free(text);
	return status;
}
