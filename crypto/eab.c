/*
 * The frame is held to the rules of all our frames; the MAC is libjwt's to
 * verify, over the very characters that were sent.
 */
#include "crypto/eab.h"

#include <string.h>

#include <jwt.h>

static bool
is_mac(const char *alg)
{
	return strcmp(alg, "HS256") == 0 || strcmp(alg, "HS384") == 0 ||
	       strcmp(alg, "HS512") == 0;
}

static bool
same_key(const struct jws *j, const struct jwk *key)
{
	char thumbprint[JWK_THUMBPRINT], claimed[JWK_THUMBPRINT];
	struct fault ignored = { 0 };
	struct jwk *other;

	if (jwk_parse(j->payload, j->payload_len, &other, &ignored) != OK)
		return false;
	jwk_thumbprint(key, thumbprint);
	jwk_thumbprint(other, claimed);
	jwk_free(other);
	return strcmp(thumbprint, claimed) == 0;
}

static enum err
check(const struct jws *j, const char *url, const struct jwk *key,
    struct fault *f)
{
	if (!is_mac(j->alg)) /* EAB-02 */
		return fault(f, ERR_MALFORMED,
		    "externalAccountBinding: \"alg\" must be HS256, HS384 or "
		    "HS512");
	if (j->kid == NULL) /* EAB-02 */
		return fault(f, ERR_MALFORMED,
		    "externalAccountBinding: \"kid\" is needed, and \"jwk\" "
		    "not allowed, in the protected header");
	if (strcmp(j->url, url) != 0) /* EAB-02 */
		return fault(f, ERR_MALFORMED,
		    "externalAccountBinding: \"url\" is not the one of the "
		    "outer JWS");
	if (!same_key(j, key)) /* EAB-02 */
		return fault(f, ERR_MALFORMED,
		    "externalAccountBinding: the payload is not the jwk of "
		    "the outer JWS");
	return OK;
}

enum err
eab_parse(const char *json, size_t len, const char *url, const struct jwk *key,
    struct arena *a, struct eab_claim *out, struct fault *f)
{
	struct jws j;

	memset(out, 0, sizeof(*out));
	TRY(json_bind(json, len, jws_inner_schema, &out->frame, a, f));
	TRY(jws_inner_parse(&out->frame, a, &j, f));
	TRY(check(&j, url, key, f));
	out->kid = j.kid;
	return OK;
}

bool
eab_proves(const struct eab_claim *c, const uint8_t *mac_key, size_t len)
{
	struct arena *a = arena_new();
	const char *compact = arena_printf(a, "%s.%s.%s", c->frame.protected,
	    c->frame.payload, c->frame.signature);
	jwt_t *jwt = NULL;
	bool ok = jwt_decode(&jwt, compact, mac_key, (int)len) == 0;

	jwt_free(jwt);
	arena_free(a);
	return ok;
}
