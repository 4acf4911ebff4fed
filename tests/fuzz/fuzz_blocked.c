/* crypto/blocked.c: any file is a list of keys or is refused. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/blocked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = { 0 };
	struct blocked *b = blocked_new(NULL, &f);
	FILE *file = size == 0 ? NULL : fmemopen((void *)data, size, "r");
	size_t before = blocked_count(b);
	uint8_t key[32] = { 0 };

	if (file != NULL) {
		if (blocked_read(b, file, "keys", &f) == OK) {
			if (blocked_count(b) - before > size / 64)
				abort();
			(void)blocked_has(b, key);
		}
		(void)fclose(file);
	}
	blocked_free(b);
	return 0;
}
