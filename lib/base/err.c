/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *err, const char *fmt, ...)
{
	if (err) {
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		va_end(ap);
	}
	return -1;
}

int
err_errno(struct err *err, const char *fmt, ...)
{
	const int e = errno;
	if (err) {
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		va_end(ap);
		const size_t n = strlen(err->text);
		snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(e));
	}
	return -1;
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	if (err) {
		const struct err old = *err;
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		va_end(ap);
		const size_t n = strlen(err->text);
		snprintf(err->text + n, sizeof err->text - n, ": %.*s",
		    (int)(sizeof err->text - n), old.text);
	}
	return -1;
}
