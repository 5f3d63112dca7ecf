/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks over a message before anything of it is unpacked: that it is whole,
 * that it means what the schema says, and what it will take in memory.
 */
#ifndef WIRE_CHECK_H
#define WIRE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/err.h"

/* Checks msg against its schema. *memory is at least what unpacking takes from
   the allocator. -1 with the place: "'parts.patch.name' at byte 17: cut short". */
int wire_check(const ProtobufCMessageDescriptor *d, const uint8_t *msg, size_t n, size_t *memory, struct err *err);

#endif
