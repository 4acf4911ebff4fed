/*
 * External account bindings.  What parses has a kid and three members, and is
 * proven by no key but the one of whoever made it: here, none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/eab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7517, A.1. */
static const char jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[64] = { 0x6d, 0x61, 0x79 };
	static struct jwk *key;
	struct eab_claim claim;
	struct fault f = { 0 };
	struct arena *a;

	if (key == NULL) {
		crypto_start();
		if (jwk_parse(jwk, sizeof(jwk) - 1, &key, &f) != OK)
			abort();
	}
	a = arena_new();
	if (eab_parse((const char *)data, size,
	        "https://ca.test/acme/new-account", key, a, &claim, &f) == OK) {
		if (claim.kid == NULL || claim.frame.signature == NULL)
			abort();
		if (eab_proves(&claim, secret, sizeof(secret)))
			abort(); /* that would be a collision */
	} else if (f.code == OK || f.detail[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
