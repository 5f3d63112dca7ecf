/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a Faust program to a library: expanded, kept, made C by faust, compiled by cc. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"
#include "synth/faust/faust.h"

enum { SECONDS = 60, TABLE_BYTES = 64 << 20 };

const char *
faust_folder(bool cache, char path[PLACE], struct err *err)
{
	const char *found = cache ? share_home("XDG_CACHE_HOME", ".cache", "assay/faust", path, PLACE / 2)
	                          : share_home("XDG_DATA_HOME", ".local/share", "assay/faust", path, PLACE / 2);
	if (!found)
		err_set(err, "no place for Faust programs: set %s or HOME", cache ? "XDG_CACHE_HOME" : "XDG_DATA_HOME");
	else if (folder_make(path) < 0) {
		err_errno(err, "cannot make '%s'", path);
		return NULL;
	}
	return found;
}

static int
faust(const struct command *c, const char *shown, struct err *err)
{
	struct run_result r;
	int status = run_program(c, SECONDS, &r, err);
	if (status < 0 && errno == ENOENT)
		err_set(err, "there is no Faust compiler here: apt-get install faust");
	else if (!status && r.status) {
		/* its words may fill several lines: as one */
		for (size_t i = 0; i < r.n; i++)
			if (r.said[i] == '\n')
				r.said[i] = ' ';
		while (r.n && r.said[r.n - 1] == ' ')
			r.said[--r.n] = 0;
		status = r.n ? err_set(err, "%.400s", r.said)
		             : err_set(err, "%s: faust ended with status %d and said nothing", shown, r.status);
	}
	free(r.said);
	return status;
}

/* --- C ---------------------------------------------------------------------------------- */

/* "static float ftbl0mydspSIG0[65536];": a table that classInit fills. */
static bool
is_table(const char *line, char type[8], char name[64], size_t *n)
{
	int end = 0;
	return sscanf(line, "static %7[a-z] %63[A-Za-z0-9_][%zu];%n", type, name, n, &end) == 3 && end
	    && (!strcmp(type, "float") || !strcmp(type, "int")) && (line[end] == '\n' || !line[end]);
}

static int
check_include(const char *line, struct err *err)
{
	static const char *const may[] = {"<math.h>", "<stdint.h>", "<stdlib.h>"};
	const char *what = line + strlen("#include");
	what += strspn(what, " ");
	for (size_t i = 0; i < sizeof may / sizeof *may; i++)
		if (!strncmp(what, may[i], strlen(may[i])))
			return 0;
	return err_set(err, "it takes functions from %.*s: foreign code is not for patches", (int)strcspn(what, "\n"), what);
}

/* Faust's C between what we put before and behind it, with its tables in a struct. */
static int
write_c(FILE *f, char *text, struct err *err)
{
	char type[8], name[64];
	size_t n, total = 0;
	if (strstr(text, "Soundfile"))
		return err_set(err, "it plays a soundfile, which assay does not give to Faust");
	fprintf(f, "#include \"synth/faust/program_head.inc\"\nstruct faust_tables {\n\tchar none;\n");
	for (char *s = text; *s; s = strchrnul(s, '\n'), s += *s == '\n')
		if (is_table(s, type, name, &n) && (total += n) <= TABLE_BYTES / sizeof(float))
			fprintf(f, "\t%s %s[%zu];\n", type, name, n);
	fprintf(f, "};\n");
	if (total > TABLE_BYTES / sizeof(float))
		return err_set(err, "its tables have more than %d MB", TABLE_BYTES >> 20);
	for (char *s = text, *next; *s; s = next) {
		next = strchrnul(s, '\n');
		next += *next == '\n';
		if (!strncmp(s, "#include", 8) && check_include(s, err) < 0)
			return -1;
		if (is_table(s, type, name, &n))
			fprintf(f, "#define %s (FAUST_TABLES->%s)\n", name, name);
		else
			fwrite(s, 1, (size_t)(next - s), f);
	}
	fprintf(f, "\n#include \"synth/faust/program_tail.inc\"\n");
	return 0;
}

/* The program of the store as a library, in a folder for what comes between. */
static int
compile(const char *kept, const char *name, const char *folder, const char *library, struct err *err)
{
	char made[PLACE + 32], source[PLACE + 32], object[PLACE + 32];
	const char *objects[] = {object, NULL};
	size_t n;
	snprintf(made, sizeof made, "%s/faust.c", folder);
	snprintf(source, sizeof source, "%s/module.c", folder);
	snprintf(object, sizeof object, "%s/module.o", folder);
	const struct command c = {{"faust", "-lang", "c", "-single", "-cn", "mydsp", kept, "-o", made}, 9};
	if (faust(&c, name, err) < 0)
		return -1;
	char *text = compile_read(made, FAUST_SOURCE, &n, err);
	if (!text)
		return -1;
	struct file f;
	int status = file_create(&f, source, err);
	if (!status) {
		struct err why = {""};
		const bool good = write_c(f.stream, text, &why) == 0;
		status = file_finish(&f, good && !ferror(f.stream), err);
		if (!good)
			*err = why;
	}
	free(text);
	if (!status)
		status = compile_object(source, -1, object, NULL, err);
	return status ? status : compile_library(objects, true, library, NULL, err);
}

int
faust_library(const char *name, char path[PLACE], struct err *err)
{
	char store[PLACE], cache[PLACE], kept[PLACE], folder[PLACE], temp[PLACE + 32], hex[VERSION_HEX + 1];
	if (!faust_folder(true, cache, err) || !faust_folder(false, store, err))
		return -1;
	snprintf(path, PLACE, "%.2100s/%.100s.%d.so", cache, name, FAUST_ABI);
	if (!access(path, R_OK))
		return 0;
	snprintf(kept, sizeof kept, "%.2100s/%.100s.dsp", store, name);
	if (access(kept, R_OK))
		return err_set(err, "this program is not in '%.200s': run 'assay patch' on a patch that uses it, or copy it from where "
		    "that was done", store);
	size_t n;
	char *text = compile_read(kept, FAUST_SOURCE, &n, err);
	if (!text)
		return -1;
	compile_version(text, n, hex);
	free(text);
	if (strcmp(hex, strchr(name, '@') + 1))
		return err_set(err, "'%.300s' has been changed: its hash is %s", kept, hex);
	snprintf(temp, sizeof temp, "%.3000s.%ld", path, (long)getpid());
	if (compile_folder(folder, err) < 0)
		return -1;
	int status = compile(kept, name, folder, temp, err);
	compile_clean(folder);
	if (!status && rename(temp, path) < 0)
		status = err_errno(err, "cannot create '%s'", path);
	if (status)
		unlink(temp);
	return status;
}

/* --- the program, whole ------------------------------------------------------------------ */

/* Lines that say when and where it was expanded, not what it is. */
static bool
is_chance(const char *line)
{
	static const char *const of[] = {"declare version ", "declare compile_options ", "declare library_path", "declare filename "};
	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		if (!strncmp(line, of[i], strlen(of[i])))
			return true;
	return false;
}

static size_t
drop_chance(char *text)
{
	char *to = text;
	for (char *s = text, *next; *s; s = next) {
		next = strchrnul(s, '\n');
		next += *next == '\n';
		if (is_chance(s))
			continue;
		memmove(to, s, (size_t)(next - s));
		to += next - s;
	}
	*to = 0;
	return (size_t)(to - text);
}

int
faust_expand(const char *file, char name[GUEST_NAME], struct err *err)
{
	char folder[PLACE], expanded[PLACE], store[PLACE], kept[PLACE + GUEST_NAME], hex[VERSION_HEX + 1];
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	const size_t stem = strlen(base) - strlen(".dsp");
	size_t n;
	if (stem < 1 || stem > 40 || strspn(base, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") < stem)
		return err_set(err, "'%.80s': a program's file is called NAME.dsp, with letters, digits, _ and -, at most 40", base);
	if (!faust_folder(false, store, err) || compile_folder(folder, err) < 0)
		return -1;
	snprintf(expanded, sizeof expanded, "%.4000s/expanded.dsp", folder);
	const struct command c = {{"faust", "-e", file, "-o", expanded}, 5};
	char *text = NULL;
	int status = faust(&c, file, err);
	if (!status && !(text = compile_read(expanded, FAUST_SOURCE, &n, err)))
		status = -1;
	compile_clean(folder);
	if (!status) {
		n = drop_chance(text);
		compile_version(text, n, hex);
		snprintf(name, GUEST_NAME, "%.*s@%s", (int)stem, base, hex);
		snprintf(kept, sizeof kept, "%.2100s/%.100s.dsp", store, name);
		if (access(kept, R_OK))
			status = compile_write(kept, text, n, err) < 0 ? -1 : 1;
	}
	free(text);
	return status;
}

void
faust_forget(const char *name)
{
	char folder[PLACE], path[PLACE];
	if (faust_folder(false, folder, NULL) && snprintf(path, sizeof path, "%.2100s/%.100s.dsp", folder, name) > 0)
		unlink(path);
	if (faust_folder(true, folder, NULL) && snprintf(path, sizeof path, "%.2100s/%.100s.%d.so", folder, name, FAUST_ABI) > 0)
		unlink(path);
}
