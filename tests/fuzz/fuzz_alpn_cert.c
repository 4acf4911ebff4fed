/* The first byte chooses whom it is for, the rest is the certificate. */
#include <stdlib.h>
#include <string.h>

#include "challenges/alpn_cert_int.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ident idents[] = {
		{ .type = IDENT_DNS, .value = "a.example" },
		{ .type = IDENT_IP, .value = "192.0.2.7" },
		{ .type = IDENT_IP, .value = "2001:db8::7" },
	};
	uint8_t digest[ALPN_DIGEST];
	struct alpn_seen seen;
	struct fault f = { .code = OK };
	struct arena *a;
	uint8_t *copy;
	enum err e;

	if (len < 1)
		return 0;
	memset(digest, 0x11, sizeof(digest));
	a = arena_new();
	/* a copy of its own size, so that reading past it is seen */
	if ((copy = malloc(len - 1 + (len == 1))) == NULL)
		abort();
	memcpy(copy, data + 1, len - 1);
	e = alpn_cert_judge(copy, len - 1,
	    &idents[data[0] % (sizeof(idents) / sizeof(idents[0]))], digest,
	    &seen, a, &f);
	if (e != f.code || (e != OK && e != ERR_UNAUTHORIZED))
		abort();
	if (e == OK && (seen.digest == NULL ||
	                   memcmp(seen.digest, digest, ALPN_DIGEST) != 0))
		abort();
	free(copy);
	arena_free(a);
	return 0;
}
