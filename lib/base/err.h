/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors as text. Library code never prints and never exits: it returns NULL
 * or a negative number and leaves the reason in the caller's struct err. The
 * text is lower case, has no full stop, quotes its subject and names the place:
 * "patches/a.lua:12: unknown module 'sav'".
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	char text[512];
};

/* Writes the reason; returns -1 so that `return err_set(...)` reads well. err may be NULL. */
int err_set(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, with ": " and the text of errno at the end. */
int err_errno(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the reason that is there; returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
