/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TAP from C: ok() a check, done() at the end of main, skip() what cannot run here. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdio.h>

static int tap_run, tap_failed;

static inline int __attribute__((format(printf, 2, 3)))
ok(int pass, const char *fmt, ...)
{
	char name[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	printf("%sok %d - %s\n", pass ? "" : "not ", ++tap_run, name);
	fflush(stdout);
	tap_failed += !pass;
	return pass;
}

static inline void __attribute__((format(printf, 1, 2)))
diag(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

static inline void
skip(const char *what, const char *why)
{
	printf("ok %d # SKIP %s: %s\n", ++tap_run, what, why);
}

static inline int
done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed != 0;
}

#endif
