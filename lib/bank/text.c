/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text that came from anywhere, as a database takes it. PostgreSQL refuses
 * invalid UTF-8, and indexes refuse long keys; the take itself is stored as
 * bytes, so nothing is lost by what is done here.
 */
#include <stdint.h>
#include <string.h>

#include "bank/bank.h"

/* Bytes of the UTF-8 sequence at s (RFC 3629: shortest form, no surrogates, up
   to U+10FFFF), or 0 if there is none. */
static size_t
sequence(const unsigned char *s)
{
	const size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90)
	    || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

const char *
bank_text(const char *from, char *to, size_t max)
{
	static const char replacement[] = "\xef\xbf\xbd";
	const unsigned char *s = (const unsigned char *)(from ? from : "");
	size_t n = 0;
	while (*s) {
		const size_t k = sequence(s), bytes = k ? k : 3;
		if (n + bytes >= max)
			break;
		memcpy(to + n, k ? (const char *)s : replacement, bytes);
		n += bytes;
		s += k ? k : 1;
	}
	to[n] = 0;
	return to;
}
