/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How messages are made in an arena, for the files of lib/wire. */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/err.h"
#include "take.pb-c.h"

static inline int
no_memory(struct err *err)
{
	return err_set(err, "out of memory for this take");
}

/* One message of a type, in the arena. */
#define MESSAGE(a, Type, init)                                   \
	({                                                       \
		Type *message = arena_alloc(a, sizeof *message); \
		if (message)                                     \
			init(message);                           \
		message;                                         \
	})

/* The empty string stands for a name that is not there. */
static inline char *
name_in(struct arena *a, const char *s)
{
	return s && *s ? arena_strdup(a, s) : (char *)protobuf_c_empty_string;
}

#endif
