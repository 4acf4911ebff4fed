/* What is no token of ours is refused, with a reason; nothing else happens. */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/token.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* Of the corpus's tokens that are good. */
	static const uint8_t key[TOKEN_KEY_SIZE] = { 1, 2, 3 };
	struct arena *a = arena_new();
	struct fault f = { 0 };
	const char *text = arena_bytes(a, data, len);

	crypto_start();
	if (token_check(key, text, "metrics", 1700000000, &f) != OK &&
	    (f.code != ERR_TOKEN || f.detail[0] == '\0'))
		abort();
	arena_free(a);
	return 0;
}
