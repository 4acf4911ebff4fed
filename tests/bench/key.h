/* tests/bench/key.h: P-256 keys that sign requests and CSRs, cheaply. */
#ifndef TESTS_BENCH_KEY_H
#define TESTS_BENCH_KEY_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/b64url.h"

struct key {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *signs; /* set up once */
	char jwk[160], thumb[B64URL_LEN(32) + 1];
};

/* A new one. */
void key_make(struct key *k);
void key_free(struct key *k);

enum { SIGNATURE_MAX = 72 };
/* Of the SHA-256 of `text`: DER, its length; or r and s, as JWS has it. */
size_t key_sign(struct key *k, const void *text, size_t len,
    uint8_t out[SIGNATURE_MAX]);
void key_sign_raw(struct key *k, const void *text, size_t len, uint8_t out[64]);

/*
 * A CSR for one DNS name whose name can be changed for one as long.  Made
 * once; after that a CSR costs one signature.
 */
struct csr_mould {
	uint8_t info[512]; /* what is signed */
	size_t len, name_at, name_len;
};
void csr_mould_make(struct csr_mould *m, const struct key *k, const char *name);
enum { CSR_MAX = 640 };
size_t csr_cast(struct csr_mould *m, struct key *k, const char *name,
    uint8_t out[CSR_MAX]);

#endif
