/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random numbers as a function of (seed, counter): the same on every machine,
 * for any order of calls, with nothing hidden. The mixing function is
 * SplitMix64's finaliser (Steele, Lea, Flood 2014; constants by D. Stafford),
 * applied to the seed and then to seed and counter.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

static inline uint64_t
rng_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline uint64_t
rng_at(uint64_t seed, uint64_t counter)
{
	return rng_mix(rng_mix(seed) ^ counter * 0xd1342543de82ef95u);
}

/* A running counter over rng_at: plain state that can be saved and loaded. */
struct rng {
	uint64_t seed, counter;
};

static inline uint64_t
rng_next(struct rng *r)
{
	return rng_at(r->seed, r->counter++);
}

/* Uniform in [0, 1), 53 bits. */
static inline double
rng_uniform(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Uniform in 0 .. n-1 (n > 0), by multiplication; the bias is under n / 2^64. */
static inline uint64_t
rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)((unsigned __int128)rng_next(r) * n >> 64);
}

/* Standard normal, by Marsaglia's polar method with our own log. */
double rng_normal(struct rng *r);

#endif
