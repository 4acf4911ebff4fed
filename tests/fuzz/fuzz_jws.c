/* A frame is refused or whole, whatever the body; its signature can be asked. */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/jws.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct jwk *key = NULL;
	struct jws j;

	crypto_start();
	if (jws_parse((const char *)data, len, a, &j, &f) == OK) {
		if (j.nonce == NULL || j.url == NULL ||
		    (j.kid == NULL) == (j.jwk == NULL) ||
		    j.payload[j.payload_len] != '\0' ||
		    j.signing_input[j.signing_input_len] != '\0')
			abort();
		if (j.jwk != NULL &&
		    jwk_parse(j.jwk, j.jwk_len, &key, &f) == OK &&
		    jws_verify(&j, key, &f) != OK && f.detail[0] == '\0')
			abort();
	} else if (f.code == OK || f.detail[0] == '\0') {
		abort();
	}
	jwk_free(key);
	arena_free(a);
	return 0;
}
