/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
failed(const struct file *f, struct err *err)
{
	return strcmp(f->path, "-") ? err_errno(err, "cannot write '%s'", f->path)
	                            : err_errno(err, "cannot write to standard output");
}

/* A file of its own beside the name, with the rights that the name has or would get. */
static FILE *
beside(struct file *f, const struct stat *st)
{
	if (asprintf(&f->temp, "%s.XXXXXX", f->to) < 0) {
		f->temp = NULL;
		return NULL;
	}
	const mode_t mask = umask(0);
	umask(mask);
	const int fd = mkostemp(f->temp, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	FILE *stream = fchmod(fd, st ? st->st_mode & 0777 : 0666 & ~mask) < 0 ? NULL : fdopen(fd, "w");
	if (!stream) {
		const int why = errno;
		close(fd);
		unlink(f->temp);
		errno = why;
	}
	return stream;
}

int
file_create(struct file *f, const char *path, struct err *err)
{
	struct stat st;
	*f = (struct file){.path = path};
	if (!strcmp(path, "-")) {
		f->stream = stdout;
		return 0;
	}
	f->to = realpath(path, NULL);
	if (!f->to && !(f->to = strdup(path)))
		return err_set(err, "out of memory");
	const bool exists = stat(f->to, &st) == 0;
	if (exists && !S_ISREG(st.st_mode)) {
		errno = EISDIR;
		f->stream = S_ISDIR(st.st_mode) ? NULL : fopen(f->to, "we");
	} else
		f->stream = beside(f, exists ? &st : NULL);
	if (f->stream)
		return 0;
	failed(f, err);
	free(f->to);
	free(f->temp);
	return -1;
}

int
file_finish(struct file *f, bool good, struct err *err)
{
	int why = good ? 0 : errno ? errno : EIO;
	if ((f->to ? fclose(f->stream) : fflush(f->stream)) && !why)
		why = errno;
	if (f->temp && !why && rename(f->temp, f->to) < 0)
		why = errno;
	if (f->temp && why)
		unlink(f->temp);
	free(f->to);
	free(f->temp);
	errno = why;
	return why ? failed(f, err) : 0;
}

int
folder_make(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 || mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	const char *slash = strrchr(path, '/');
	if (errno != ENOENT || !slash || slash == path)
		return -1;
	char *parent = strndup(path, (size_t)(slash - path));
	const int got = parent ? folder_make(parent) : -1;
	free(parent);
	return got < 0 || (mkdir(path, 0700) < 0 && errno != EEXIST) ? -1 : 0;
}
