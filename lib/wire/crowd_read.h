/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crowd (score/crowd.h) of the summaries in a file of takes: what a golden set whitens by. */
#ifndef WIRE_CROWD_READ_H
#define WIRE_CROWD_READ_H

#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "score/crowd.h"

/* Takes without a summary of this version are passed over. id, if not NULL, becomes the hash of the summaries:
   vectors that were whitened by unlike sets have nothing to do with each other. NULL with the reason. */
struct crowd *crowd_read(const char *where, uint8_t id[HASH_SIZE], struct err *err);

#endif
