/* One alphabet, no padding, no second spelling of anything. */
#include "base/b64url.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 0 to 63; a negative number for what is not in the alphabet. */
static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
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

bool
b64url_decode(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
	uint8_t *at = out;
	uint32_t acc = 0;
	unsigned bits = 0;

	if (len % 4 == 1) /* JWS-06 */
		return false;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0) /* JWS-06 */
			return false;
		acc = (acc << 6 | (uint32_t)d) & 0xfff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*at++ = (uint8_t)(acc >> bits);
		}
	}
	*out_len = (size_t)(at - out);
	return (acc & ((1U << bits) - 1)) == 0; /* JWS-06 */
}

bool
b64url_read(const char *text, size_t len, struct arena *a, const uint8_t **out,
    size_t *out_len)
{
	uint8_t *bytes = arena_alloc(a, len / 4 * 3 + 3, 1);

	*out = bytes;
	return b64url_decode(text, len, bytes, out_len);
}
