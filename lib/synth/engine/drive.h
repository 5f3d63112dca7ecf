/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One module on its own, at any width: what tests and benches hold it by. All
 * arrays are rows of lanes, row r and lane l at [r * lanes + l], with as many
 * lanes as the instruction set has.
 */
#ifndef SYNTH_DRIVE_H
#define SYNTH_DRIVE_H

#include <stddef.h>
#include <stdint.h>

#include "synth/port.h"

enum { DRIVE_PORTS = 48, DRIVE_BLOCK = 64 };

struct drive {
	size_t module; /* index in the registry */
	const struct module *alone; /* instead: one of this instruction set that stands in no registry */
	float rate;
	uint32_t node;
	/* one row each: */
	const uint32_t *seed;
	const float *tempo, *pitch, *velocity, *random;
	const int32_t *off;
	const struct asset *const *sounds;
	size_t n_sounds;
	const float *fixed; /* one number an input, for those of RATE_FIXED; others are made 0 */
	/* one signal an input: a row a frame where stride is 1, a row a block where it is 0 */
	const float *in[DRIVE_PORTS];
	int stride[DRIVE_PORTS];
	/* one signal an output: a row a frame, or a row a block where once_a_block is set */
	float *out[DRIVE_PORTS];
	size_t blocks;
	int once_a_block; /* run with n = 1, step = BLOCK */
	int hold;         /* give the first block's input again and again, keep the last block's output: for timing */
};

/* 0, or -1: too many ports, or out of memory. */
typedef int drive_fn(const struct drive *d);
drive_fn drive_scalar, drive_sse, drive_avx2, drive_avx512;

/* The instruction sets that this machine has, by width. */
struct drive_isa {
	const char *name;
	int lanes;
	drive_fn *drive;
	const struct module *const *modules;
};
extern const struct drive_isa drive_isas[4];
int drive_isa_runs(const struct drive_isa *isa);

#endif
