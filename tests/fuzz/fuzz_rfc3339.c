/* What is read comes back as the same moment when it is written. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *a = arena_new();
	char text[RFC3339_TEXT];
	int64_t at, again;

	if (rfc3339_read(arena_bytes(a, data, len), &at) &&
	    rfc3339_write(at, text) &&
	    (!rfc3339_read(text, &again) || again != at))
		abort();
	arena_free(a);
	return 0;
}
