/*
 * crypto/keeper.h: the process that can sign.
 *
 * Frames are of one fixed size, one SOCK_SEQPACKET datagram each.  The front
 * names what to sign and never says what it is: the keeper reads serial and
 * bytes from the store itself, and parses nothing the front sends.
 */
#ifndef CRYPTO_KEEPER_H
#define CRYPTO_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/crl.h"
#include "crypto/issuing.h"
#include "crypto/ocsp.h"
#include "crypto/profile.h"

enum keeper_op {
	KEEPER_LEAF = 1, /* an order's certificate */
	KEEPER_PING,
	KEEPER_CRL,  /* the signature of an issuer's revocation list */
	KEEPER_OCSP, /* an answer about certificates, made here */
	KEEPER_OP_END
};
enum { KEEPER_DER_MAX = 32 * 1024 };

struct keeper_ask {
	uint32_t op;      /* enum keeper_op */
	uint32_t issuer;  /* number of the key */
	uint64_t tag;     /* comes back in the answer */
	struct id object; /* order, or CRL */
	struct ocsp_query ocsp;
};

struct keeper_answer {
	uint64_t tag;
	uint32_t result; /* enum err */
	uint32_t len;    /* at most KEEPER_DER_MAX; the frame ends after it */
	uint8_t der[KEEPER_DER_MAX];
};

/* What the store says of an object; what the keeper asks for decides which. */
struct keeper_found {
	const uint8_t *tbs; /* leaf, CRL: to be signed */
	size_t len;
	const char *profile;  /* leaf */
	struct crl_scope crl; /* CRL: which one the object is */
	unsigned issuer;      /* OCSP: of the certificate; 0: there is none */
	struct ocsp_status status;
};

/*
 * How the keeper looks things up.  crypto/ does not know the store, so
 * server/ passes this in, over a store opened read-only.  ERR_ORDER_NOT_READY
 * unless the order is `processing`, or if there is no list to be signed; what
 * is found is put in `a`.  Of KEEPER_PING nothing is wanted but OK, if the
 * store can be read.
 */
typedef enum err keeper_read(void *store, enum keeper_op op, struct id object,
    struct arena *a, struct keeper_found *out);

struct keeper_config {
	/* issuer number 1 is the first; NULL: a key that is not here */
	const char *const *key_pems;
	size_t n_keys;
	const struct issuing *issuers;         /* as many: their certificates */
	const struct profile *const *profiles; /* the supervisor's, not ours */
	size_t n_profiles;
	keeper_read *read;
	void *store;
	/*
	 * Unix time.  What is to be valid later than a lifetime of its profile
	 * from now is not signed, or a front in the wrong hands could have
	 * certificates for years ahead.  NULL: dates are not looked at.
	 */
	int64_t (*now)(void *store);
	unsigned ocsp_s; /* how long an answer may hold */
};

/*
 * Load the keys, once, before the sandbox closes.  NULL, with the reason in
 * `f`.  `config` is copied, what it points to is borrowed; the texts of the
 * keys may be wiped afterwards.
 */
struct keeper;
struct keeper *keeper_new(const struct keeper_config *config, struct fault *f);
void keeper_free(struct keeper *k); /* wipes the keys */

/* From now on. */
void keeper_ocsp_lifetime(struct keeper *k, unsigned seconds);

/*
 * Answer one frame waiting on `fd`.  False when the peer is gone or broke the
 * frame: close it.  One front loop's socket a `fd`.
 */
bool keeper_serve(struct keeper *k, int fd);

#endif
