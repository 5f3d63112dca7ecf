/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys of the cluster, as text in a folder that only its owner may read:
 *
 *   key       the secret key, Z85 (mode 0600)
 *   key.pub   the public key and a name: "PUBLIC name@host"
 *   allowed   public keys that this machine's queue lets in, one line as in key.pub each
 *   queues    public keys of queues: "ADDRESS PUBLIC name@host"
 *
 * The folder: what the caller names, $ASSAY_KEYS, or $XDG_CONFIG_HOME/assay/keys (~/.config). A
 * secret key or folder that others may read or write is refused. A line that begins with #
 * is a comment.
 */
#ifndef STREAM_KEYS_H
#define STREAM_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "stream/address.h"

enum { KEY_SIZE = 41, KEY_NAME = 128 }; /* Z85 text of 32 bytes, with its NUL */

struct key_pair {
	char public[KEY_SIZE], secret[KEY_SIZE], name[KEY_NAME];
};

/* A line of `allowed` (address is empty) or of `queues`. */
struct key_line {
	char address[ADDRESS_SIZE], public[KEY_SIZE], name[KEY_NAME];
};

/* The folder's path; `named` may be NULL. NULL if there is no place for it. */
const char *keys_folder(const char *named, char *path, size_t room);

/* Makes the folder and a new pair in it; refuses to replace one unless `again`. name NULL: "user@host". The public key
   has nothing in it that a shell would take for its own. */
int keys_new(const char *folder, const char *name, bool again, struct key_pair *k, struct err *err);
/* -1, and errno is ENOENT if there is none yet. */
int keys_load(const char *folder, struct key_pair *k, struct err *err);

/* A line "PUBLIC name" (the name may be missing). */
int keys_parse(const char *line, struct key_line *k, struct err *err);

/* Adds a line (checked) to `allowed`, or to `queues` in place of what the address had: 1, or 0 if it is there already. */
int keys_allow(const char *folder, const char *line, struct err *err);
int keys_trust(const char *folder, const char *address, const char *line, struct err *err);
/* Takes a public key (or a name) out of `allowed`: how many lines that were; none is an error. */
int keys_deny(const char *folder, const char *which, struct err *err);

/* 1 and the name if `allowed` has it, 0 if not, -1. Reads the file as it is now. */
int keys_allowed(const char *folder, const char *public, char name[KEY_NAME], struct err *err);
/* 1 and the key of the queue at this address, 0 if it is unknown, -1. */
int keys_of_queue(const char *folder, const char *address, char public[KEY_SIZE], struct err *err);

/* Every line of `queues` or of `allowed`. */
int keys_list(const char *folder, bool queues, void (*each)(const struct key_line *k, void *user), void *user,
    struct err *err);

#endif
