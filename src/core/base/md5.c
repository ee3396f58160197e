/* SPDX-License-Identifier: Apache-2.0 */
/* MD5: blocks of 64 bytes, four words of state, 64 steps each (RFC 1321 §3). */

#include "base/md5.h"

#include <string.h>

#define BLOCK_SIZE 64

/* floor(2^32 * |sin(i + 1)|) */
static const uint32_t sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391,
};

static const unsigned char turns[4][4] = {
	{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

static uint32_t
turn_left(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

static uint32_t
word_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static uint32_t
mixed(const uint32_t s[4], unsigned step, unsigned *ret_word)
{
	switch (step / 16) {
	case 0:
		*ret_word = step;
		return (s[1] & s[2]) | (~s[1] & s[3]);
	case 1:
		*ret_word = (5 * step + 1) % 16;
		return (s[1] & s[3]) | (s[2] & ~s[3]);
	case 2:
		*ret_word = (3 * step + 5) % 16;
		return s[1] ^ s[2] ^ s[3];
	default:
		*ret_word = 7 * step % 16;
		return s[2] ^ (s[1] | ~s[3]);
	}
}

static void
take_block(uint32_t state[4], const unsigned char *block)
{
	uint32_t s[4];

	memcpy(s, state, sizeof s);
	for (unsigned step = 0; step < 64; step++) {
		unsigned word;
		uint32_t sum = s[0] + mixed(s, step, &word) + sines[step];

		sum = s[1] + turn_left(sum + word_at(block + (size_t)word * 4),
				       turns[step / 16][step % 4]);
		s[0] = s[3];
		s[3] = s[2];
		s[2] = s[1];
		s[1] = sum;
	}
	for (size_t i = 0; i < 4; i++)
		state[i] += s[i];
}

void
md5(const void *bytes, size_t length, unsigned char ret_digest[static MD5_SIZE])
{
	uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	unsigned char last[2 * BLOCK_SIZE] = { 0 };
	size_t whole = length / BLOCK_SIZE * BLOCK_SIZE, rest = length - whole;
	size_t end = rest < BLOCK_SIZE - 8 ? BLOCK_SIZE : 2 * BLOCK_SIZE;

	for (size_t at = 0; at < whole; at += BLOCK_SIZE)
		take_block(state, (const unsigned char *)bytes + at);
	if (rest > 0)
		memcpy(last, (const unsigned char *)bytes + whole, rest);
	last[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		last[end - 8 + i] = (unsigned char)((uint64_t)length * 8 >> 8 * i);
	for (size_t at = 0; at < end; at += BLOCK_SIZE)
		take_block(state, last + at);
	for (size_t i = 0; i < MD5_SIZE; i++)
		ret_digest[i] = (unsigned char)(state[i / 4] >> 8 * (i % 4));
}
