/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_EIGEN_H
#define BASE_EIGEN_H

#include <stddef.h>

/* Eigenvalues d[n] (ascending in no particular order) and orthonormal
   eigenvectors, the columns of v[n][n], of the symmetric matrix a[n][n] (only
   its lower triangle is read; v may be a). work: n doubles. Householder's
   reduction to tridiagonal form, then QL with implicit shifts (Golub and Van
   Loan, Matrix Computations, 8.3). 0, or -1 if an eigenvalue does not settle
   (a matrix with numbers that are not finite). */
int eigen_symmetric(size_t n, const double *a, double *d, double *v, double *work);

#endif
