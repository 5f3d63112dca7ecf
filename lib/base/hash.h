/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BLAKE2b-256 (libsodium) over canonical values: what ids are made of. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SIZE = 32, HASH_HEX = 2 * HASH_SIZE + 1 };

struct hash {
	_Alignas(64) unsigned char state[384];
};

void hash_init(struct hash *h);
void hash_bytes(struct hash *h, const void *p, size_t n); /* as they are, no length */
void hash_string(struct hash *h, const char *s);          /* length, then the bytes */
void hash_u64(struct hash *h, uint64_t x);                /* eight bytes, little end first */
void hash_float(struct hash *h, float x);                 /* four bytes; -0 counts as 0 */
void hash_double(struct hash *h, double x);
void hash_final(struct hash *h, uint8_t out[HASH_SIZE]);

/* The hash of samples as the take's audio states it. */
void hash_samples(const float *x, size_t n, uint8_t out[HASH_SIZE]);

/* Hexadecimal text and back; hash_parse returns the bytes read (a prefix of an
   id may be given, at least four digits, an even or odd count), or -1. */
const char *hash_hex(const uint8_t *p, size_t n, char out[HASH_HEX]);
int hash_parse(const char *hex, uint8_t out[HASH_SIZE]);

#endif
