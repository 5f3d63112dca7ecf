/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be told of a take without unpacking it, for tools that only pass it on. */
#ifndef WIRE_GLANCE_H
#define WIRE_GLANCE_H

#include "wire/take.h"

struct take_glance {
	char label[128]; /* as take_label says it, cut */
	char error[512]; /* cut; "" if it has none */
};

/* -1 with the place if it is no take (as take_unpack says it). */
int take_glance(const uint8_t *msg, size_t n, struct take_glance *g, struct err *err);

#endif
