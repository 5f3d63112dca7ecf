/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of ZeroMQ sockets, tcp://host:port and ipc://path: where they lead, who is there. */
#ifndef STREAM_ADDRESS_H
#define STREAM_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { ADDRESS_SIZE = 512, ADDRESS_MECHANISM = 21 };

/* tcp://host:port or ipc://path, and not "*" or "@" for a path: such sockets are open to everybody here. */
bool address_is_good(const char *address);

/* Whether what is sent there stays on this machine: ipc, inproc, loopback. */
bool address_is_local(const char *address);

/* Whether ASSAY_INSECURE=1 says that plain beyond this machine is meant. */
bool address_insecure(void);

/* Whether somebody listens there now. */
bool address_listens(const char *address);

/* "NULL" or "CURVE": how who listens there speaks (ZMTP, ZeroMQ's RFC 23). False if nobody does, or says nothing within a second. */
bool address_mechanism(const char *address, char mechanism[ADDRESS_MECHANISM]);

/* What to bind: the name of a host as a number. -1 if it has none that other machines could reach. */
int address_number(const char *address, char to[ADDRESS_SIZE], struct err *err);

/* Makes the way free for a socket file: its folder (0700) if it is not there, nothing in its place but what
   a listener left behind. errno is EADDRINUSE if one is there. Returns a descriptor that
   keeps others from doing the same: close it when the socket is bound. */
int address_claim(const char *path, struct err *err);

/* Removes the socket file, unless somebody listens there by now. */
void address_leave(const char *path);

#endif
