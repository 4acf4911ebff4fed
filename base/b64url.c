/* One alphabet, no padding, no second spelling of anything. */
#include "base/b64url.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* By character: one more than the digit's value, 0 if it is none. */
static const uint8_t digits[256] = {
	/* clang-format off */
	['-'] = 63,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['_'] = 64,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
		40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	/* clang-format on */
};

/* 0 to 63; more for what is not in the alphabet. */
static uint32_t
digit(char c)
{
	return (uint32_t)digits[(unsigned char)c] - 1;
}

void
b64url_write(const void *data, size_t len, char *out)
{
	const uint8_t *in = data;
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | in[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[acc >> (bits - 6) & 63];
		acc &= (1U << bits) - 1;
	}
	if (bits > 0)
		*out++ = alphabet[acc << (6 - bits) & 63];
	*out = '\0';
}

char *
b64url_text(const void *data, size_t len, struct arena *a)
{
	char *out = arena_alloc(a, B64URL_LEN(len) + 1, 1);

	b64url_write(data, len, out);
	return out;
}

/* The end of a text: no digit, two or three, and no bits left over. */
static bool
decode_last(const char *text, size_t len, uint8_t **at)
{
	uint32_t a, b, c;

	if (len == 0)
		return true;
	a = digit(text[0]);
	b = len > 1 ? digit(text[1]) : 64;
	c = len > 2 ? digit(text[2]) : 0;
	/* JWS-06 */
	if ((a | b | c) > 63 || (len == 2 ? b & 15 : c & 3) != 0)
		return false;
	*(*at)++ = (uint8_t)(a << 2 | b >> 4);
	if (len == 3)
		*(*at)++ = (uint8_t)(b << 4 | c >> 2);
	return true;
}

bool
b64url_decode(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
	uint8_t *at = out;

	for (; len >= 4; text += 4, len -= 4) {
		uint32_t a = digit(text[0]), b = digit(text[1]),
		         c = digit(text[2]), d = digit(text[3]);

		if ((a | b | c | d) > 63) /* JWS-06 */
			return false;
		*at++ = (uint8_t)(a << 2 | b >> 4);
		*at++ = (uint8_t)(b << 4 | c >> 2);
		*at++ = (uint8_t)(c << 6 | d);
	}
	if (!decode_last(text, len, &at)) /* JWS-06 */
		return false;
	*out_len = (size_t)(at - out);
	return true;
}

bool
b64url_read(const char *text, size_t len, struct arena *a, const uint8_t **out,
    size_t *out_len)
{
	uint8_t *bytes = arena_alloc(a, len / 4 * 3 + 3, 1);

	*out = bytes;
	return b64url_decode(text, len, bytes, out_len);
}
