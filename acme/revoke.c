/*
 * revokeCert (RFC 8555, 7.6), by the account that ordered it, one that can
 * prove all its names, or whoever holds the certificate's key.
 *
 * reads   the certificate, the account's authorizations, the block list
 * writes  the certificate, a blocked key, due work, events
 * fails   unauthorized, alreadyRevoked, badRevocationReason, malformed
 */
#include <stddef.h>
#include <string.h>

#include "acme/compromise.h"
#include "acme/crl.h"
#include "acme/endpoints.h"
#include "base/b64url.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"

enum {
	CERT_TEXT_MAX = 32 * 1024,
	REASON_CESSATION = 5, /* RFC 5280, 5.3.1 */
};

/* Who asks. */
enum revoker {
	BY_KEY,     /* whoever has the certificate's key */
	BY_ACCOUNT, /* that ordered it */
	BY_HEIR,    /* another, that can prove its names */
};

struct revoke {
	const char *certificate;
	int64_t reason;
	bool has_reason;
};

/* clang-format off */
const struct json_field revoke_schema[] = {
	JSON_STR_REQUIRED("certificate", struct revoke, certificate, 1, CERT_TEXT_MAX),
	JSON_INT("reason", struct revoke, reason, has_reason),
	JSON_END
};
/* clang-format on */
const size_t revoke_size = sizeof(struct revoke);

/* What a subscriber may say; the rest is the CA's, or of other things. */
static enum err
check_reason(struct rq *rq, const struct revoke *in)
{
	static const int allowed[] = { 0, 1, 3, 4, 5 };
	bool ok = false;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		ok = ok || in->reason == allowed[i];
	if (ok || !in->has_reason)
		return OK;
	return fault(&rq->fault, ERR_BAD_REVOCATION_REASON,
	    "reason must be one of 0 (unspecified), 1 (keyCompromise), "
	    "3 (affiliationChanged), 4 (superseded), 5 (cessationOfOperation)");
}

/* The very bytes we issued; NULL, with the fault set, for anything else. */
static struct certificate *
find(struct rq *rq, const struct revoke *in)
{
	struct certificate *c;
	const uint8_t *der;
	size_t len;
	struct id serial;

	if (!b64url_read(in->certificate, strlen(in->certificate), rq->arena,
	        &der, &len)) { /* REV-01 */
		(void)fault(&rq->fault, ERR_MALFORMED,
		    "certificate must be DER in base64url without padding, "
		    "not PEM");
		return NULL;
	}
	if (cert_serial(der, len, &serial, &rq->fault) != OK)
		return NULL;
	c = snap_certificate(rq->snap, rq->arena, serial);
	if (c == NULL) { /* REV-07 */
		(void)fault(&rq->fault, ERR_NOT_FOUND,
		    "this certificate is not one that this CA has issued and "
		    "still keeps");
		return NULL;
	}
	if (c->der_len != len || memcmp(c->der, der, len) != 0) { /* REV-08 */
		(void)fault(&rq->fault, ERR_NOT_FOUND,
		    "this certificate is not one that this CA has issued and "
		    "still keeps");
		return NULL;
	}
	return c;
}

/* 7.6: whoever can have such a certificate issued can have this one revoked. */
static bool
proves_all(struct rq *rq, const struct certificate *c)
{
	for (size_t i = 0; i < c->n_idents; i++)
		if (snap_reusable_authz(rq->snap, rq->arena, rq->acct->id,
		        &c->idents[i], rq_now(rq) + 1) == NULL)
			return false;
	return c->n_idents > 0;
}

static enum err
may_revoke(struct rq *rq, const struct certificate *c, enum revoker *by)
{
	uint8_t spki[SHA256_SIZE];

	if (rq->key != NULL) {
		*by = BY_KEY;
		jwk_spki_sha256(rq->key, spki);
		if (memcmp(spki, c->spki_sha256, sizeof(spki)) !=
		    0) /* REV-02 */
			return fault(&rq->fault, ERR_UNAUTHORIZED,
			    "the key that signed is not the certificate's");
		return OK;
	}
	*by = id_equal(c->account, rq->acct->id) ? BY_ACCOUNT : BY_HEIR;
	if (*by == BY_HEIR && !proves_all(rq, c)) /* REV-02 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "this account did not order the certificate, nor has it "
		    "valid authorizations for all of its names");
	return OK;
}

/*
 * Who signs with the certificate's key shows that it is not safe.  Who has its
 * names now knows nothing of the key: it is not theirs to have blocked.
 */
static int
reason_of(const struct revoke *in, enum revoker by)
{
	if (by == BY_KEY) /* REV-06 */
		return REASON_KEY_COMPROMISE;
	return by == BY_HEIR ? REASON_CESSATION : (int)in->reason;
}

/* The key's holder may say so once more, if nobody has said it of the key. */
static bool
upgrades(struct rq *rq, const struct certificate *c, enum revoker by)
{
	return by == BY_KEY && (c->reason != REASON_KEY_COMPROMISE ||
	                           snap_blocked_key(rq->snap, rq->arena,
	                               c->spki_sha256) == NULL);
}

static void
tell_log(void *arg)
{
	const struct certificate *c = arg;
	char serial[ID_HEX], acct[ID_TEXT];

	id_hex(c->serial, serial);
	id_text(c->account, acct);
	log_info("certificate.revoked", "serial=%s account=%s reason=%d",
	    serial, acct, c->reason);
}

static void
stage(struct rq *rq, struct certificate *c, int reason)
{
	if (c->revoked == 0)
		c->revoked = rq_now(rq);
	c->reason = reason;
	batch_put_certificate(rq->batch, c);
	batch_essential(rq->batch);
	crl_wanted(rq->batch, c, rq->now_ms); /* REV-10 */
	if (reason == REASON_KEY_COMPROMISE)  /* REV-09 */
		block_key(rq, c);
	rq_event(rq, "certificate.revoked", c->serial,
	    arena_printf(rq->arena, "{\"reason\":%d}", c->reason));
	rq_after(rq, tell_log, c);
}

enum err
ep_revoke(struct rq *rq)
{
	const struct revoke *in = rq->in;
	struct certificate *c;
	enum revoker by;

	if (rq->durable) {
		reply_empty(rq, 200);
		return OK;
	}
	TRY(check_reason(rq, in)); /* REV-06 */
	if ((c = find(rq, in)) == NULL)
		return rq->fault.code;
	TRY(may_revoke(rq, c, &by));                 /* REV-02 */
	if (c->revoked != 0 && !upgrades(rq, c, by)) /* REV-05 */
		return fault_plain(&rq->fault, ERR_ALREADY_REVOKED);
	if (c->not_after < rq_now(rq)) /* REV-07 */
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "this certificate has expired; there is nothing left to "
		    "revoke");
	stage(rq, c, reason_of(in, by));
	reply_empty(rq, 200);
	return OK;
}
