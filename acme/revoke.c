/*
 * revokeCert (RFC 8555, 7.6), by the account that ordered it, one that can
 * prove all its names, or whoever holds the certificate's key.
 *
 * reads   the certificate, the account's authorizations
 * writes  the certificate, an event
 * fails   unauthorized, alreadyRevoked, badRevocationReason, malformed
 */
#include <stddef.h>
#include <string.h>

#include "acme/endpoints.h"
#include "base/b64url.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"

enum {
	CERT_TEXT_MAX = 32 * 1024,
	REASON_KEY_COMPROMISE = 1, /* RFC 5280, 5.3.1 */
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

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (in->reason == allowed[i])
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
	        &der, &len)) {
		(void)fault(&rq->fault, ERR_MALFORMED,
		    "certificate must be DER in base64url without padding, "
		    "not PEM");
		return NULL;
	}
	if (cert_serial(der, len, &serial, &rq->fault) != OK)
		return NULL;
	c = snap_certificate(rq->snap, rq->arena, serial);
	if (c == NULL || c->der_len != len || memcmp(c->der, der, len) != 0) {
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
may_revoke(struct rq *rq, const struct certificate *c)
{
	uint8_t spki[SHA256_SIZE];

	if (rq->key != NULL) {
		jwk_spki_sha256(rq->key, spki);
		if (memcmp(spki, c->spki_sha256, sizeof(spki)) == 0)
			return OK;
	} else if (id_equal(c->account, rq->acct->id) || proves_all(rq, c)) {
		return OK;
	}
	return fault(&rq->fault, ERR_UNAUTHORIZED,
	    rq->key != NULL
	        ? "the key that signed is not the certificate's"
	        : "this account did not order the certificate, nor has it "
	          "valid authorizations for all of its names");
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

enum err
ep_revoke(struct rq *rq)
{
	const struct revoke *in = rq->in;
	struct certificate *c;

	if (rq->durable) {
		reply_empty(rq, 200);
		return OK;
	}
	if (in->has_reason)
		TRY(check_reason(rq, in));
	if ((c = find(rq, in)) == NULL)
		return rq->fault.code;
	TRY(may_revoke(rq, c));
	if (c->revoked != 0)
		return fault_plain(&rq->fault, ERR_ALREADY_REVOKED);
	if (c->not_after < rq_now(rq))
		return fault(&rq->fault, ERR_UNAUTHORIZED,
		    "this certificate has expired; there is nothing left to "
		    "revoke");
	c->revoked = rq_now(rq);
	/* Who signs with the certificate's key shows that it is not safe. */
	c->reason = rq->key != NULL ? REASON_KEY_COMPROMISE : (int)in->reason;
	batch_put_certificate(rq->batch, c);
	batch_essential(rq->batch);
	rq_event(rq, "certificate.revoked", c->serial,
	    arena_printf(rq->arena, "{\"reason\":%d}", c->reason));
	rq_after(rq, tell_log, c);
	reply_empty(rq, 200);
	return OK;
}
