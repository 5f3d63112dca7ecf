/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys are curve25519, written as Z85 (ZeroMQ RFC 32): 40 characters. */
#include "stream/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/file.h"

#define PLAIN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=/@%"
#define ALL   PLAIN "^!*?&<>()[]{}$#"

enum { PATH = 4096 };

const char *
keys_folder(const char *named, char *path, size_t room)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (!named || !*named)
		named = getenv("ASSAY_KEYS");
	const bool xdg = config && *config == '/';
	const int n = named && *named ? snprintf(path, room, "%s", named)
	    : xdg                     ? snprintf(path, room, "%s/assay/keys", config)
	    : home && *home           ? snprintf(path, room, "%s/.config/assay/keys", home)
	                              : -1;
	return n >= 0 && (size_t)n < room ? path : NULL;
}

static int
path_of(const char *folder, const char *file, char path[PATH], struct err *err)
{
	if (!folder)
		return err_set(err, "no place for keys: set ASSAY_KEYS, XDG_CONFIG_HOME or HOME");
	return snprintf(path, PATH, "%s/%s", folder, file) < PATH ? 0 : err_set(err, "'%s': the path is too long", folder);
}

/* Others may neither read nor write it. errno stays as it was set. */
static int
private(const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_errno(err, "cannot read '%s'", path);
	errno = EACCES;
	if (st.st_uid != geteuid() && st.st_uid)
		return err_set(err, "'%s' belongs to somebody else", path);
	if (st.st_mode & 077)
		return err_set(err, "'%s' is open to others (mode %03o): chmod %s '%s'", path, (unsigned)st.st_mode & 0777,
		    S_ISDIR(st.st_mode) ? "700" : "600", path);
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------- */

static bool
is_key(const char *s, size_t n)
{
	uint8_t bytes[32];
	char text[KEY_SIZE];
	if (n != KEY_SIZE - 1 || strspn(s, ALL) < n)
		return false;
	memcpy(text, s, n);
	text[n] = 0;
	return zmq_z85_decode(bytes, text) != NULL;
}

/* Names stand in logs and on terminals. */
static bool
is_name(const char *s)
{
	for (const char *c = s; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return strlen(s) < KEY_NAME;
}

/* The next word, which ends where this returns. */
static const char *
word(const char **s)
{
	*s += strspn(*s, " \t");
	return *s + strcspn(*s, " \t\r\n");
}

int
keys_parse(const char *line, struct key_line *k, struct err *err)
{
	char rest[KEY_NAME];
	const char *end = word(&line);
	if (!is_key(line, (size_t)(end - line)))
		return err_set(err, "'%.60s' is no public key of %d characters", line, KEY_SIZE - 1);
	*k = (struct key_line){0};
	memcpy(k->public, line, KEY_SIZE - 1);
	line = end;
	word(&line);
	size_t n = strlen(line);
	while (n && strchr(" \t\r\n", line[n - 1]))
		n--;
	if (n >= sizeof rest)
		return err_set(err, "'%.40s...' is too long a name", line);
	memcpy(rest, line, n);
	rest[n] = 0;
	if (!is_name(rest))
		return err_set(err, "the name after key %s is no plain text", k->public);
	strcpy(k->name, rest);
	return 0;
}

/* "ADDRESS PUBLIC name" */
static int
parse_queue(const char *line, struct key_line *k, struct err *err)
{
	const char *end = word(&line);
	const size_t n = (size_t)(end - line);
	if (n >= ADDRESS_SIZE || keys_parse(end, k, err) < 0)
		return -1;
	memcpy(k->address, line, n);
	k->address[n] = 0;
	return 0;
}

/* A file of lines. */
struct book {
	FILE *f;
	char path[PATH];
	bool queues;
	char *line;
	size_t room;
	struct key_line key; /* of the last line, if it has one */
};

static const char *const names[] = {"allowed", "queues"};

/* A book that is not there has no lines. */
static int
book_open(struct book *b, const char *folder, bool queues, struct err *err)
{
	*b = (struct book){.queues = queues};
	if (path_of(folder, names[queues], b->path, err) < 0)
		return -1;
	b->f = fopen(b->path, "re");
	return b->f || errno == ENOENT ? 0 : err_errno(err, "cannot read '%s'", b->path);
}

/* 1: a key; 2: another line; 0: the end; -1. */
static int
book_next(struct book *b, struct err *err)
{
	const ssize_t n = b->f ? getline(&b->line, &b->room, b->f) : -1;
	if (n < 0)
		return b->f && ferror(b->f) ? err_errno(err, "cannot read '%s'", b->path) : 0;
	if (strlen(b->line) < (size_t)n)
		return 2;
	return (b->queues ? parse_queue : keys_parse)(b->line, &b->key, NULL) == 0 ? 1 : 2;
}

static void
book_close(struct book *b)
{
	if (b->f)
		fclose(b->f);
	free(b->line);
}

/* Whether the last line says something, but no key. */
static bool
is_nonsense(const struct book *b)
{
	const char *s = b->line;
	return *word(&s) && *s != '#' && *s != '\r' && *s != '\n';
}

/* --- changing books -------------------------------------------------------------------------------- */

/* The lines that `drop` does not want are left out, `add` is put at the end. Returns how many were left out. */
static int
rewrite(struct book *b, bool (*drop)(const struct key_line *k, const char *what), const char *what, const char *add,
    struct err *err)
{
	struct file f;
	int got, dropped = 0;
	if (file_create(&f, b->path, err) < 0)
		return -1;
	bool good = fchmod(fileno(f.stream), 0600) == 0;
	while (good && (got = book_next(b, err)) > 0) {
		if (got == 1 && drop && drop(&b->key, what)) {
			dropped++;
			continue;
		}
		const size_t n = strlen(b->line);
		good = fputs(b->line, f.stream) >= 0 && (!n || b->line[n - 1] == '\n' || putc('\n', f.stream) != EOF);
	}
	good = good && got == 0 && (!add || fprintf(f.stream, "%s\n", add) >= 0);
	return file_finish(&f, good, err) < 0 ? -1 : dropped;
}

/* Two who change a book at once do so one after the other, where the folder can be locked. Also makes it. */
static int
hold(const char *folder, struct err *err)
{
	if (!folder)
		return err_set(err, "no place for keys: set ASSAY_KEYS, XDG_CONFIG_HOME or HOME");
	if (folder_make(folder) < 0)
		return err_errno(err, "cannot make '%s'", folder);
	if (private(folder, err) < 0)
		return -1;
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot open '%s'", folder);
	flock(fd, LOCK_EX);
	return fd;
}

static bool
is_this(const struct key_line *k, const char *which)
{
	return !strcmp(k->public, which) || (*which && !strcmp(k->name, which));
}

static bool
is_at(const struct key_line *k, const char *address)
{
	return !strcmp(k->address, address);
}

/* Whether the book has the line's key (at that address). -1 on an error. */
static int
has(struct book *b, const struct key_line *want, char name[KEY_NAME], struct err *err)
{
	int got;
	while ((got = book_next(b, err)) > 0)
		if (got == 1 && !strcmp(b->key.public, want->public) && !strcmp(b->key.address, want->address)) {
			if (name)
				strcpy(name, b->key.name);
			return 1;
		}
	return got;
}

static int
add(const char *folder, const struct key_line *k, struct err *err)
{
	char line[sizeof *k + 3];
	struct book b;
	const bool queues = *k->address;
	const int held = hold(folder, err);
	if (held < 0)
		return -1;
	snprintf(line, sizeof line, "%s%s%s %s", k->address, queues ? " " : "", k->public, k->name);
	int got = book_open(&b, folder, queues, err);
	if (got == 0)
		got = has(&b, k, NULL, err);
	if (got == 0) {
		if (b.f)
			rewind(b.f);
		got = rewrite(&b, queues ? is_at : NULL, k->address, line, err) < 0 ? -1 : 1;
	} else if (got > 0) {
		got = 0;
	}
	book_close(&b);
	close(held);
	return got;
}

int
keys_allow(const char *folder, const char *line, struct err *err)
{
	struct key_line k;
	return keys_parse(line, &k, err) < 0 ? -1 : add(folder, &k, err);
}

int
keys_trust(const char *folder, const char *address, const char *line, struct err *err)
{
	struct key_line k;
	if (keys_parse(line, &k, err) < 0)
		return -1;
	if ((strncmp(address, "tcp://", 6) && strncmp(address, "ipc://", 6)) || strchr(address, ' ') || !is_name(address))
		return err_set(err, "'%s' is no address: it should be tcp://host:port or ipc://path", address);
	strcpy(k.address, address);
	return add(folder, &k, err);
}

int
keys_deny(const char *folder, const char *which, struct err *err)
{
	struct book b;
	const int held = hold(folder, err);
	if (held < 0)
		return -1;
	int got = book_open(&b, folder, false, err);
	if (got == 0)
		got = rewrite(&b, is_this, which, NULL, err);
	if (got == 0)
		got = err_set(err, "'%s' is not among the keys in '%s'", which, b.path);
	book_close(&b);
	close(held);
	return got;
}

/* --- asking ------------------------------------------------------------------------------------------ */

int
keys_allowed(const char *folder, const char *public, char name[KEY_NAME], struct err *err)
{
	struct book b;
	struct key_line want = {0};
	snprintf(want.public, sizeof want.public, "%s", public);
	int got = !folder || private(folder, err) < 0 ? -1 : book_open(&b, folder, false, err);
	if (got < 0)
		return -1;
	got = has(&b, &want, name, err);
	book_close(&b);
	return got;
}

int
keys_of_queue(const char *folder, const char *address, char public[KEY_SIZE], struct err *err)
{
	struct book b;
	int got = book_open(&b, folder, true, err);
	if (got < 0)
		return -1;
	while ((got = book_next(&b, err)) > 0)
		if (got == 1 && is_at(&b.key, address)) {
			strcpy(public, b.key.public);
			break;
		}
	book_close(&b);
	return got;
}

int
keys_list(const char *folder, bool queues, void (*each)(const struct key_line *k, void *user), void *user, struct err *err)
{
	struct book b;
	int got = book_open(&b, folder, queues, err), number = 0;
	if (got < 0)
		return -1;
	while ((got = book_next(&b, err)) > 0) {
		number++;
		if (got == 1)
			each(&b.key, user);
		else if (is_nonsense(&b)) {
			got = err_set(err, "'%s' line %d is neither a key nor a comment", b.path, number);
			break;
		}
	}
	book_close(&b);
	return got;
}

/* --- the pair ------------------------------------------------------------------------------------------ */

/* "user@host" */
static void
own_name(char name[KEY_NAME])
{
	char host[64] = "somewhere";
	const struct passwd *pw = getpwuid(geteuid());
	gethostname(host, sizeof host - 1);
	snprintf(name, KEY_NAME, "%.60s@%.63s", pw ? pw->pw_name : "somebody", host);
}

static int
write_line(const char *path, mode_t mode, const char *a, const char *b, struct err *err)
{
	struct file f;
	if (file_create(&f, path, err) < 0)
		return -1;
	return file_finish(&f, fchmod(fileno(f.stream), mode) == 0 && fprintf(f.stream, "%s%s%s\n", a, *b ? " " : "", b) >= 0, err);
}

int
keys_new(const char *folder, const char *name, bool again, struct key_pair *k, struct err *err)
{
	char secret[PATH], public[PATH];
	if (name && (!is_name(name) || !*name))
		return err_set(err, "'%.40s' is no name for a key: up to %d plain characters", name, KEY_NAME - 1);
	const int held = hold(folder, err);
	if (held < 0)
		return -1;
	int got = path_of(folder, "key", secret, err) < 0 || path_of(folder, "key.pub", public, err) < 0 ? -1 : 0;
	if (got == 0 && !again && access(secret, F_OK) == 0)
		got = err_set(err, "'%s' is there already: --again replaces it, and whoever knows the old one has to be told", secret);
	if (got == 0) {
		do
			zmq_curve_keypair(k->public, k->secret);
		while (strspn(k->public, PLAIN) < KEY_SIZE - 1 || *k->public == '-');
		if (name)
			strcpy(k->name, name);
		else
			own_name(k->name);
		got = write_line(secret, 0600, k->secret, "", err);
	}
	if (got == 0)
		got = write_line(public, 0644, k->public, k->name, err);
	close(held);
	return got;
}

/* The first line of a file. */
static int
read_line(const char *path, char *to, int room, struct err *err)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_errno(err, "cannot read '%s'", path);
	const bool good = fgets(to, room, f) != NULL;
	fclose(f);
	to[good ? strcspn(to, "\r\n") : 0] = 0;
	return 0;
}

int
keys_load(const char *folder, struct key_pair *k, struct err *err)
{
	char path[PATH], line[KEY_SIZE + KEY_NAME + 2], derived[KEY_SIZE] = "";
	struct key_line known;
	if (path_of(folder, "key", path, err) < 0)
		return -1;
	if (access(path, F_OK) < 0) {
		err_set(err, "no key in '%s': `assay key new` makes one", folder);
		errno = ENOENT;
		return -1;
	}
	if (private(folder, err) < 0 || private(path, err) < 0 || read_line(path, line, sizeof line, err) < 0)
		return -1;
	const bool good = is_key(line, strlen(line));
	if (good)
		memcpy(k->secret, line, KEY_SIZE);
	sodium_memzero(line, sizeof line);
	errno = EINVAL;
	if (!good || zmq_curve_public(derived, k->secret) < 0)
		return err_set(err, "'%s' is no secret key: `assay key new --again` makes another", path);
	memcpy(k->public, derived, KEY_SIZE);
	own_name(k->name);
	if (path_of(folder, "key.pub", path, err) < 0 || access(path, F_OK) < 0)
		return 0;
	if (read_line(path, line, sizeof line, err) < 0 || keys_parse(line, &known, err) < 0)
		return err_prefix(err, "'%s'", path);
	errno = EINVAL;
	if (strcmp(known.public, derived))
		return err_set(err, "'%s' does not belong to the secret key beside it", path);
	strcpy(k->name, known.name);
	return 0;
}
