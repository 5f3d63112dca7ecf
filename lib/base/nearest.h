/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The k nearest of rows that keep coming, by Euclidean distance, exactly: the
 * rows, distances and order are those of looking at every one, on every machine.
 *
 *   distance  sqrt of the sum of (a - b)² in sixteen partial sums, column c in sum
 *             c mod 16, added up in halves; ties: the row that came first.
 *   index     rows are gathered, 256 at a time, into trees that are merged as
 *             they come to be of one size (Bentley and Saxe, "Decomposable searching
 *             problems", 1980), so a row is moved about log2(rows / 256) times. A tree
 *             halves rows at the median of the widest of their first 16 principal
 *             components, down to leaves of 64.
 *   pruning   an orthonormal projection never lengthens a distance. So a leaf whose
 *             box of components is farther off than the k-th nearest is passed over,
 *             then in it the rows whose components, kept in a byte each, are. What
 *             remains is measured. All bounds leave room for rounding.
 *
 * Rows that are clustered or have few degrees of freedom, as sounds have, cost little; rows
 * without any structure up to one and a half times a look at every one. doc/scores.md has
 * figures.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { NEAREST_COLUMNS = 256 };
#define NEAREST_LARGEST 1e15f /* numbers beyond that, whose squares could overflow, are refused */

struct nearest; /* for one thread at a time */

/* For rows of 1 to NEAREST_COLUMNS columns, at most max_rows of them. Memory is taken as they
   come: of 61 columns, 302 bytes a row, and 118 more a row of a tree while that is being made. */
struct nearest *nearest_new(size_t columns, size_t max_rows, struct err *err);
void nearest_free(struct nearest *n); /* NULL is legal */

/* Adds a row; rows have the indexes 0, 1, 2 ... in this order. -1 (and nothing is added)
   where a number is not finite, max_rows are there or memory is out. */
int nearest_add(struct nearest *n, const float *row, uint32_t stamp, struct err *err);

struct near {
	uint32_t index;
	float distance;
};

/* Up to k nearest to x (k is small: they are kept sorted), nearest first, among rows whose
   stamp is 0 or less than `before`; before 0: among all. Returns how many; 0 if a number of
   x is not finite. */
size_t nearest_find(struct nearest *n, const float *x, size_t k, uint32_t before, struct near *out);

/* The same by looking at every row. */
size_t nearest_scan(struct nearest *n, const float *x, size_t k, uint32_t before, struct near *out);

size_t nearest_rows(const struct nearest *n);
size_t nearest_bytes(const struct nearest *n);    /* of memory in use */
size_t nearest_opened(const struct nearest *n);   /* rows that the last nearest_find did not pass over with their leaf */
const float *nearest_row(const struct nearest *n, uint32_t index); /* lasts as long as n */

#endif
