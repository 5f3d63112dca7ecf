/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bank's tables and views: doc/bank.md says what each is for. */
#ifndef BANK_SCHEMA_H
#define BANK_SCHEMA_H

#include "bank/db.h"

/* Makes the schema in an empty database, or brings an older one up to date, under
   a lock. A schema newer than this program knows is refused. */
int schema_ready(struct db *db, enum db_mode mode, struct err *err);

#endif
