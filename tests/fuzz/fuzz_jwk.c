/* An accepted key has a canonical text, which is the same key again. */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/jwk.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault f = { 0 };
	struct jwk *key, *again;
	const char *text;

	crypto_start();
	if (jwk_parse((const char *)data, len, &key, &f) != OK) {
		if (key != NULL || f.detail[0] == '\0')
			abort();
		return 0;
	}
	text = jwk_canonical(key);
	if (jwk_parse(text, strlen(text), &again, &f) != OK ||
	    strcmp(text, jwk_canonical(again)) != 0)
		abort();
	jwk_free(key);
	jwk_free(again);
	return 0;
}
