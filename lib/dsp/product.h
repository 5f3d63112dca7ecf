/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many rows at a time by one matrix: a row a lane, the same bits with every instruction set. */
#ifndef DSP_PRODUCT_H
#define DSP_PRODUCT_H

#include <stddef.h>

#include "base/isa.h"

/* out[count][rows]: m[rows][n] times each of x[count][n]. */
typedef void rows_product_run(const float *m, size_t rows, size_t n, const float *x, size_t count, float *out);
ISA_DECLARE(rows_product_run, rows_product);
#define rows_product(...) ISA_PICK(rows_product)(__VA_ARGS__)

#endif
