/* What names a certificate is named so again, whatever was sent. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acme/certid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct certid id, again;
	enum err e = certid_read(arena_bytes(a, data, len), a, &id, &f);

	if (e != OK && (f.code != e || f.detail[0] == '\0'))
		abort();
	if (e == OK &&
	    (certid_read(certid_text(&id, a), a, &again, &f) != OK ||
	        again.key_id_len != id.key_id_len ||
	        again.serial_len != id.serial_len ||
	        memcmp(again.key_id, id.key_id, id.key_id_len) != 0 ||
	        memcmp(again.serial, id.serial, id.serial_len) != 0))
		abort();
	arena_free(a);
	return 0;
}
