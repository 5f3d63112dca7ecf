/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(struct hash), "state fits");

static crypto_generichash_state *
state(struct hash *h)
{
	return (crypto_generichash_state *)(void *)h->state;
}

void
hash_init(struct hash *h)
{
	crypto_generichash_init(state(h), NULL, 0, HASH_SIZE);
}

void
hash_bytes(struct hash *h, const void *p, size_t n)
{
	crypto_generichash_update(state(h), p, n);
}

void
hash_u64(struct hash *h, uint64_t x)
{
	uint8_t b[8];
	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(x >> 8 * i);
	hash_bytes(h, b, sizeof b);
}

void
hash_string(struct hash *h, const char *s)
{
	const size_t n = s ? strlen(s) : 0;
	hash_u64(h, n);
	hash_bytes(h, s ? s : "", n);
}

void
hash_float(struct hash *h, float x)
{
	uint32_t u = 0;
	if (x != 0)
		memcpy(&u, &x, sizeof u);
	const uint8_t b[4] = {(uint8_t)u, (uint8_t)(u >> 8), (uint8_t)(u >> 16), (uint8_t)(u >> 24)};
	hash_bytes(h, b, sizeof b);
}

void
hash_double(struct hash *h, double x)
{
	uint64_t u = 0;
	if (x != 0)
		memcpy(&u, &x, sizeof u);
	hash_u64(h, u);
}

void
hash_final(struct hash *h, uint8_t out[HASH_SIZE])
{
	crypto_generichash_final(state(h), out, HASH_SIZE);
}

void
hash_samples(const float *x, size_t n, uint8_t out[HASH_SIZE])
{
	struct hash h;
	hash_init(&h);
	hash_bytes(&h, x, n * sizeof *x); /* x86-64 is little-endian */
	hash_final(&h, out);
}

const char *
hash_hex(const uint8_t *p, size_t n, char out[HASH_HEX])
{
	static const char digit[] = "0123456789abcdef";
	if (n > HASH_SIZE)
		n = HASH_SIZE;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	out[2 * n] = 0;
	return out;
}

int
hash_parse(const char *hex, uint8_t out[HASH_SIZE])
{
	size_t n = 0;
	for (; hex[n]; n++) {
		const char c = hex[n];
		const int v = c >= '0' && c <= '9' ? c - '0'
		    : c >= 'a' && c <= 'f'     ? c - 'a' + 10
		    : c >= 'A' && c <= 'F'     ? c - 'A' + 10
		                               : -1;
		if (v < 0 || n >= 2 * HASH_SIZE)
			return -1;
		if (n % 2 == 0)
			out[n / 2] = (uint8_t)(v << 4);
		else
			out[n / 2] |= (uint8_t)v;
	}
	return n < 4 ? -1 : (int)(n / 2);
}
