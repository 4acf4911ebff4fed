/*
 * The whole of the ACME surface (RFC 8555, 7.1).  GET implies HEAD.
 * /roots.pem, /healthz, /readyz and / are rows of acme/pages.c.
 */
#include "acme/endpoints.h"

#include "crypto/jws.h"

#define NO_SCHEMA NULL, NULL
#define SCHEMA(x) x##_schema, &x##_size

/* clang-format off */
static const struct endpoint endpoints[] = {
	/* method  path                          key          payload      schema               run              directory */
	/* DIR-01 */
	{ "GET",   "/acme/directory",            AUTH_NONE,   BODY_NONE,   NO_SCHEMA,           ep_directory,    NULL },
	/* DIR-01 */
	{ "POST",  "/acme/directory",            AUTH_EITHER, BODY_EMPTY,  NO_SCHEMA,           ep_directory,    NULL },
	{ "GET",   "/acme/p/:profile/directory", AUTH_NONE,   BODY_NONE,   NO_SCHEMA,           ep_directory,    NULL },
	{ "POST",  "/acme/p/:profile/directory", AUTH_EITHER, BODY_EMPTY,  NO_SCHEMA,           ep_directory,    NULL },
	{ "GET",   "/acme/new-nonce",            AUTH_NONE,   BODY_NONE,   NO_SCHEMA,           ep_new_nonce,    "newNonce" },
	/* NON-03 */
	{ "POST",  "/acme/new-nonce",            AUTH_EITHER, BODY_EMPTY,  NO_SCHEMA,           ep_new_nonce,    NULL },
	{ "POST",  "/acme/new-account",          AUTH_JWK,    BODY_JSON,   SCHEMA(new_account), ep_new_account,  "newAccount" },
	{ "POST",  "/acme/account/:id",          AUTH_KID,    BODY_EITHER, SCHEMA(account),     ep_account,      NULL },
	{ "POST",  "/acme/account/:id/orders",   AUTH_KID,    BODY_EMPTY,  NO_SCHEMA,           ep_orders,       NULL },
	{ "POST",  "/acme/key-change",           AUTH_KID,    BODY_JSON,   SCHEMA(jws_inner),   ep_key_change,   "keyChange" },
	{ "POST",  "/acme/new-order",            AUTH_KID,    BODY_JSON,   SCHEMA(new_order),   ep_new_order,    "newOrder" },
	{ "POST",  "/acme/p/:profile/new-order", AUTH_KID,    BODY_JSON,   SCHEMA(new_order),   ep_new_order,    NULL },
	/* DIR-03 */
	{ "POST",  "/acme/new-authz",            AUTH_KID,    BODY_JSON,   SCHEMA(new_authz),   ep_new_authz,    "newAuthz" },
	{ "POST",  "/acme/order/:id",            AUTH_KID,    BODY_EMPTY,  NO_SCHEMA,           ep_order,        NULL },
	{ "POST",  "/acme/order/:id/finalize",   AUTH_KID,    BODY_JSON,   SCHEMA(finalize),    ep_finalize,     NULL },
	{ "POST",  "/acme/authz/:id",            AUTH_KID,    BODY_EITHER, SCHEMA(authz),       ep_authz,        NULL },
	{ "POST",  "/acme/challenge/:id/:type",  AUTH_KID,    BODY_EITHER, SCHEMA(challenge),   ep_challenge,    NULL },
	{ "POST",  "/acme/cert/:id",             AUTH_KID,    BODY_EMPTY,  NO_SCHEMA,           ep_cert,         NULL },
	{ "POST",  "/acme/cert/:id/alternate/:number", AUTH_KID, BODY_EMPTY, NO_SCHEMA,         ep_cert,         NULL },
	{ "POST",  "/acme/revoke-cert",          AUTH_HOLDER, BODY_JSON,   SCHEMA(revoke),      ep_revoke,       "revokeCert" },
	/* DIR-04, BLD-24 */
	{ "GET",   "/acme/renewal-info/:cert",   AUTH_NONE,   BODY_NONE,   NO_SCHEMA,           ep_renewal_info, "renewalInfo" },
};
/* clang-format on */

const struct endpoint *
endpoint_at(unsigned i)
{
	return i < sizeof(endpoints) / sizeof(endpoints[0]) ? &endpoints[i]
	                                                    : NULL;
}
