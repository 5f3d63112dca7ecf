/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the bank's own files share. */
#ifndef BANK_INSIDE_H
#define BANK_INSIDE_H

#include "bank/bank.h"

struct bank {
	struct db *db;
	char who[64], host[64]; /* whose events these are */
};

/* "2026-11-20T18:36:54Z" */
const char *inside_now(char text[32]);

/* Within a transaction: the row with a take's samples. They are raw float32: a
   sound without a recipe must come back to the bit, and FLAC has at most 24 bits. */
int inside_put_audio(struct bank *b, struct db_value id, const float *samples, uint32_t rate, uint32_t channels,
    uint64_t frames, struct err *err);

#endif
