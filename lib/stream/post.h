/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters over ZeroMQ: one side binds and has many peers (ROUTER, mandatory), the others
 * connect to it (DEALER). A letter is a head and perhaps a body. Nothing waits
 * but post_wait.
 *
 * Security. Beyond this machine (tcp:// to anything but loopback) both sides need keys
 * (CURVE, curve25519): the binding side lets in who stands in its allow-list
 * (ZAP), the connecting side knows the key of whom it connects to; their own key both
 * know, so machines that share a home share one. Plain there is
 * refused unless `insecure` is set. On this machine (ipc://, loopback) plain is the
 * rule, and keys are used where the other side asks for them.
 */
#ifndef STREAM_POST_H
#define STREAM_POST_H

#include <poll.h>
#include <stdbool.h>

#include "base/cli.h"
#include "base/err.h"
#include "stream/parcel.h"

enum { POST_HEAD = 64 * 1024 };

struct post_settings {
	const char *keys; /* folder of keys (lib/stream/keys.h); NULL: the user's own */
	bool insecure;    /* plain beyond this machine, as told by name */
	bool secure;      /* keys even on this machine */
};

/* For the option table of every tool that has one: POST_OPTIONS(&set). */
#define POST_OPTIONS(p)                                                                                      \
	{0, "keys", CLI_STRING, &(p)->keys, "DIR", .help = "folder of keys, in place of the user's own; see assay key"}, \
	{0, "insecure", CLI_FLAG, &(p)->insecure, .help = "neither encrypt nor ask who is there, even beyond this machine"}, \
	{0, "secure", CLI_FLAG, &(p)->secure, .help = "use keys even on this machine"}

struct post;

/* Binds. ipc:// makes its folder, 0700, if it is not there. What stands in the way is said: the address
   is taken (errno is EADDRINUSE), is another machine's (EADDRNOTAVAIL), no keys. Host names are resolved. */
struct post *post_bind(const char *address, const struct post_settings *set, struct err *err);

/* Connects, or goes on trying. */
struct post *post_connect(const char *address, const struct post_settings *set, struct err *err);
void post_free(struct post *p, int linger); /* milliseconds for what has not left yet */

/* Where it is bound or connects to, with the port that "*" became. */
const char *post_address(const struct post *p);

/* Whether somebody listens there now; whether the address is this machine's own. */
bool post_listens(const char *address);
bool post_is_local(const char *address);

/* 1 and a letter: head (valid until the next call) and body (the caller's reference, or
   NULL), and from whom (0 on the connecting side). 0: none is there. -1: what came from `peer` is no letter (too
   many frames, no head or an over-long one): it is gone, go on. `peer` is 0 where it came from one that named itself. */
int post_receive(struct post *p, uint32_t *peer, const uint8_t **head, size_t *n, struct parcel **body);

/* 1: it will leave. 0: not now, the peer does not keep up; on the connecting side a wait then ends
   when it does again. -1: there is no such peer any more. */
int post_send(struct post *p, uint32_t peer, const uint8_t *head, size_t n, struct parcel *body);

/* Waits for a letter, for news (until they have been fetched there is no waiting), for one of the
   descriptors (or NULL), for an interrupt (once), or for `timeout` milliseconds; also answers who asks
   to be let in. True if a letter is there. May end early. */
bool post_wait(struct post *p, struct pollfd *fds, size_t n, int timeout);
/* The same for several at once. */
bool post_wait_any(struct post *const *posts, size_t n_posts, struct pollfd *fds, size_t n, int timeout);

/* A peer, from *at on (0 to begin with), over whose connection bytes have moved since this was asked last,
   be it only a part of a long letter. False if there is no more. Knows of tcp:// alone. */
bool post_stirs(struct post *p, size_t *at, uint32_t *peer);

/* What happened to connections since the last call. */
enum post_news {
	POST_NONE,
	POST_CONNECTED,    /* the connecting side is (again) connected */
	POST_DISCONNECTED, /* a connection ended; the binding side does not know whose: it tries them */
	POST_REFUSED,      /* text: who was not let in, or that the other side does not let us in, and what to do */
};
enum post_news post_news(struct post *p, const char **text);

#endif
