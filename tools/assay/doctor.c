/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * assay doctor: what is installed, and the command that mends what is not. The
 * libraries are opened by name, so this program runs where one is missing.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assay.h"
#include "base/cli.h"
#include "base/share.h"
#include "base/talk.h"
#include "synth/engine/engine.h"

static bool as_json;
static int needed_missing;

/* --- one line ---------------------------------------------------------------------- */

static void
json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", (unsigned char)*s);
		else
			putchar(*s);
	}
	putchar('"');
}

/* found: what there is, or why there is not. mend: the command, for what is missing. */
static void __attribute__((format(printf, 5, 6)))
line(bool good, bool needed, const char *name, const char *mend, const char *fmt, ...)
{
	char found[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(found, sizeof found, fmt, ap);
	va_end(ap);
	needed_missing += !good && needed;
	if (as_json) {
		printf("{\"name\":");
		json_string(name);
		printf(",\"ok\":%s,\"needed\":%s,\"found\":", good ? "true" : "false", needed ? "true" : "false");
		json_string(found);
		if (!good) {
			printf(",\"mend\":");
			json_string(mend);
		}
		printf("}\n");
		return;
	}
	printf("%-8s %-12s %s\n", good ? "ok" : needed ? "missing" : "without", name, found);
	if (!good)
		printf("%-8s %-12s   mend: %s\n", "", "", mend);
}

/* --- libraries --------------------------------------------------------------------- */

enum version { STRING_FUNCTION, STRING, THREE_INTS, PQ_INT };

static const struct {
	const char *name, *file, *package, *use, *symbol;
	enum version kind;
} libraries[] = {
    {"protobuf-c", "libprotobuf-c.so.1", "libprotobuf-c1", "takes", "protobuf_c_version", STRING_FUNCTION},
    {"zmq", "libzmq.so.5", "libzmq5", "streams between machines", "zmq_version", THREE_INTS},
    {"sndfile", "libsndfile.so.1", "libsndfile1", "sound files", "sf_version_string", STRING_FUNCTION},
    {"soxr", "libsoxr.so.0", "libsoxr0", "sample rates", "soxr_version", STRING_FUNCTION},
    {"lua", "liblua5.4.so.0", "liblua5.4-0", "patches", "lua_ident", STRING},
    {"sqlite3", "libsqlite3.so.0", "libsqlite3-0", "the bank in a file", "sqlite3_libversion", STRING_FUNCTION},
    {"pq", "libpq.so.5", "libpq5", "the bank on a server", "PQlibVersion", PQ_INT},
    {"sodium", "libsodium.so.23", "libsodium23", "ids", "sodium_version_string", STRING_FUNCTION},
    {"cairo", "libcairo.so.2", "libcairo2", "pictures", "cairo_version_string", STRING_FUNCTION},
    {"jansson", "libjansson.so.4", "libjansson4", "JSON", "jansson_version_str", STRING_FUNCTION},
    {"asound", "libasound.so.2", "libasound2", "sound out", "snd_asoundlib_version", STRING_FUNCTION},
};

static void
version_text(void *symbol, enum version kind, char *text, size_t n)
{
	int a = 0, b = 0, c = 0;
	snprintf(text, n, "version unknown");
	if (!symbol)
		return;
	switch (kind) {
	case STRING_FUNCTION: snprintf(text, n, "%s", ((const char *(*)(void))symbol)()); break;
	case STRING: snprintf(text, n, "%.40s", (const char *)symbol); break;
	case THREE_INTS:
		((void (*)(int *, int *, int *))symbol)(&a, &b, &c);
		snprintf(text, n, "%d.%d.%d", a, b, c);
		break;
	case PQ_INT:
		a = ((int (*)(void))symbol)();
		snprintf(text, n, "%d.%d", a / 10000, a % 10000);
	}
	/* "libsndfile-1.2.0" and "$LuaVersion: Lua 5.4.4" both end in what is meant */
	const char *digit = strpbrk(text, "0123456789");
	if (digit && digit != text)
		memmove(text, digit, strlen(digit) + 1);
	text[strspn(text, "0123456789.")] = 0;
}

static void
check_libraries(void)
{
	char version[64], mend[128];
	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
		void *handle = dlopen(libraries[i].file, RTLD_LAZY | RTLD_LOCAL);
		snprintf(mend, sizeof mend, "sudo apt-get install %s", libraries[i].package);
		if (handle)
			version_text(dlsym(handle, libraries[i].symbol), libraries[i].kind, version, sizeof version);
		line(handle != NULL, true, libraries[i].name, mend, "%s (%s)", handle ? version : "not there", libraries[i].use);
	}
}

/* --- the machine -------------------------------------------------------------------- */

static void
check_machine(void)
{
	char all[64] = "";
	for (enum isa isa = ISA_SCALAR; isa <= isa_best(); isa++)
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", isa_name(isa));
	line(true, true, "vectors", "", "%s- %s is used, %d voices at a time", all, isa_name(isa_best()), isa_lanes(isa_best()));
	line(true, true, "cores", "", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
}

static void
hush(const char *file, int line_number, const char *function, int e, const char *fmt, ...)
{
	(void)file, (void)line_number, (void)function, (void)e, (void)fmt;
}

static void
check_sound(void)
{
	void *lib = dlopen("libasound.so.2", RTLD_LAZY | RTLD_LOCAL);
	int (*set_handler)(void *) = lib ? (int (*)(void *))dlsym(lib, "snd_lib_error_set_handler") : NULL;
	int (*open_pcm)(void **, const char *, int, int) = lib ? (int (*)(void **, const char *, int, int))dlsym(lib, "snd_pcm_open") : NULL;
	int (*close_pcm)(void *) = lib ? (int (*)(void *))dlsym(lib, "snd_pcm_close") : NULL;
	const char *(*text)(int) = lib ? (const char *(*)(int))dlsym(lib, "snd_strerror") : NULL;
	void *pcm = NULL;
	int status = -1;
	if (set_handler)
		set_handler((void *)hush);
	if (open_pcm && close_pcm && (status = open_pcm(&pcm, "default", 0, 1 /* do not wait */)) == 0)
		close_pcm(pcm);
	line(status == 0, false, "sound", "none needed: 'assay play' writes a WAV file where no device opens",
	    "ALSA device 'default' %s%s", status == 0 ? "opens" : "does not open: ",
	    status == 0 ? "" : text ? text(status) : "no library");
}

/* --- what assay brings -------------------------------------------------------------- */

static size_t
count_files(const char *folder, const char *ending)
{
	size_t n = 0;
	DIR *d = folder ? opendir(folder) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) {
		const size_t k = strlen(e->d_name), m = strlen(ending);
		n += k > m && !strcmp(e->d_name + k - m, ending);
	}
	if (d)
		closedir(d);
	return n;
}

static void
check_tools(void)
{
	static const char *const spine[] = {"patch", "render", "features", "score", "evolve", "bank", "golden", "json", "play"};
	struct tools all = tools_find(false);
	char missing[256] = "";
	for (size_t i = 0; i < sizeof spine / sizeof *spine; i++) {
		bool is = false;
		for (size_t k = 0; k < all.n; k++)
			is |= !strcmp(all.item[k].name, spine[i]);
		if (!is)
			snprintf(missing + strlen(missing), sizeof missing - strlen(missing), " %s", spine[i]);
	}
	line(!*missing, true, "tools", "make, or make install", "%zu in %s%s%s", all.n, own_folder(), *missing ? ", but not:" : "",
	    missing);
	tools_free(&all);
}

static void
check_folders(void)
{
	char room[PATH_MAX];
	const char *patches = share_find("patches", room, sizeof room);
	const size_t n = count_files(patches, ".lua");
	line(n > 0, true, "patches", "make install, or set ASSAY_PATCHES", "%zu in %s", n, patches ? patches : "no folder");

	const char *loops = "/usr/share/sonic-pi/samples";
	const size_t k = count_files(loops, ".flac");
	line(k > 0, false, "loops", "sudo apt-get install sonic-pi-samples", "%zu in %s", k, loops);
}

/* The nearest folder above a path that exists. */
static void
existing_folder(char *path)
{
	struct stat st;
	while (stat(path, &st) < 0 && strchr(path, '/')) {
		char *slash = strrchr(path, '/');
		if (slash == path)
			slash++;
		if (!*slash)
			return;
		*slash = 0;
	}
}

static void
check_server(const char *url)
{
	void *lib = dlopen("libpq.so.5", RTLD_LAZY | RTLD_LOCAL);
	int (*ping)(const char *) = lib ? (int (*)(const char *))dlsym(lib, "PQping") : NULL;
	static const char *const answer[] = {"answers", "is starting or stopping", "does not answer", "has a URL that cannot be tried"};
	const int got = ping ? ping(url) : 3;
	/* not the URL itself: it may hold a password */
	line(got == 0, true, "bank", "start the server, or unset ASSAY_BANK for a bank in a file", "PostgreSQL %s",
	    answer[got >= 0 && got < 4 ? got : 3]);
}

static void
check_bank(void)
{
	char path[PATH_MAX];
	const char *set = getenv("ASSAY_BANK"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	if (set && (!strncmp(set, "postgresql://", 13) || !strncmp(set, "postgres://", 11))) {
		check_server(set);
		return;
	}
	if (set && *set)
		snprintf(path, sizeof path, "%s%s", strchr(set, '/') ? "" : "./", set);
	else if (data && *data == '/')
		snprintf(path, sizeof path, "%s/assay/bank.db", data);
	else
		snprintf(path, sizeof path, "%s/.local/share/assay/bank.db", home ? home : "");
	char place[PATH_MAX];
	snprintf(place, sizeof place, "%s", path);
	const bool there = access(path, F_OK) == 0;
	existing_folder(place);
	struct stat st;
	const bool good = access(place, W_OK) == 0 && (there || (stat(place, &st) == 0 && S_ISDIR(st.st_mode)));
	line(good, true, "bank", "set ASSAY_BANK to a file in a folder you may write", "%s%s", path,
	    !good ? " cannot be written" : there ? "" : " (made when first used)");
}

int
doctor(int argc, char **argv)
{
	static const struct cli_option options[] = {
	    {0, "json", CLI_FLAG, &as_json, .help = "one JSON object a line"},
	    {0},
	};
	static const struct cli cli = {
	    .tool = "doctor",
	    .summary = "say what is installed, and how to mend what is not",
	    .usage = "[--json]",
	    .example = "assay doctor\n",
	    .options = options,
	};
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 0)
		return cli_usage(&cli, "takes no operands");
	check_tools();
	check_folders();
	check_bank();
	check_machine();
	check_sound();
	check_libraries();
	if (!as_json)
		printf(needed_missing ? "\n%d things are missing that assay needs.\n" : "\nAll that assay needs is here.\n",
		    needed_missing);
	status = cli_finish();
	return status ? status : needed_missing ? EXIT_FAILED : EXIT_DONE;
}
