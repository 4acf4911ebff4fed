/* Ids: time first, chance after; base64url (RFC 4648, 5) as text. */
#include "base/id.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64url.h"
#include "base/random.h"

enum { TIME_BYTES = 6, CHARS = ID_TEXT - 1 };

struct id
id_new(int64_t now_ms)
{
	struct id id;

	for (int i = 0; i < TIME_BYTES; i++)
		id.bytes[i] = (uint8_t)(now_ms >> (8 * (TIME_BYTES - 1 - i)));
	random_bytes(id.bytes + TIME_BYTES,
	    ID_SIZE - TIME_BYTES); /* HTTP-25, SEC-06 */
	return id;
}

void
id_text(struct id id, char out[ID_TEXT])
{
	b64url_write(id.bytes, ID_SIZE, out);
}

bool
id_parse(const char *text, struct id *out)
{
	uint8_t bytes[CHARS / 4 * 3 + 2];
	size_t len;

	if (strlen(text) != CHARS || !b64url_decode(text, CHARS, bytes, &len))
		return false;
	memcpy(out->bytes, bytes, ID_SIZE);
	return true;
}

bool
id_equal(struct id a, struct id b)
{
	return memcmp(a.bytes, b.bytes, ID_SIZE) == 0;
}

bool
id_zero(struct id id)
{
	return id_equal(id, (struct id){ { 0 } });
}

void
id_hex(struct id id, char out[ID_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < ID_SIZE; i++) {
		*out++ = digits[id.bytes[i] >> 4];
		*out++ = digits[id.bytes[i] & 15];
	}
	*out = '\0';
}

int64_t
id_ms(struct id id)
{
	int64_t ms = 0;

	for (int i = 0; i < TIME_BYTES; i++)
		ms = ms << 8 | id.bytes[i];
	return ms;
}

unsigned
id_spread(struct id id)
{
	return (unsigned)id.bytes[ID_SIZE - 2] << 8 | id.bytes[ID_SIZE - 1];
}

unsigned
id_part(struct id id, unsigned of)
{
	return (unsigned)((uint64_t)id_spread(id) * of >> 16);
}
