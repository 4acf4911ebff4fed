/* A request we accept is one to OpenSSL too, with the same key and signature. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/csr.h"
#include "crypto/digest.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
second_opinion(const uint8_t *data, size_t len, const struct csr *csr)
{
	const uint8_t *at = data;
	X509_REQ *req = d2i_X509_REQ(NULL, &at, (long)len);
	uint8_t *spki = NULL;

	if (req == NULL || at != data + len ||
	    X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1 ||
	    i2d_PUBKEY(X509_REQ_get0_pubkey(req), &spki) !=
	        (int)csr->spki_len ||
	    memcmp(spki, csr->spki, csr->spki_len) != 0)
		abort();
	OPENSSL_free(spki);
	X509_REQ_free(req);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *a = arena_new();
	struct fault f = { 0 };
	struct csr csr;

	crypto_start();
	if (csr_parse(data, len, a, &csr, &f) == OK) {
		if (csr.n_names == 0)
			abort();
		second_opinion(data, len, &csr);
	} else if (f.code != ERR_BAD_CSR || f.detail[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
