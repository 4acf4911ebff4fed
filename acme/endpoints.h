/* acme/endpoints.h: the functions and schemas the table names. */
#ifndef ACME_ENDPOINTS_H
#define ACME_ENDPOINTS_H

#include "acme/rq.h"

const struct endpoint *endpoint_at(unsigned i); /* NULL ends the table */

#define ENDPOINT_SCHEMA(x)                           \
	extern const struct json_field x##_schema[]; \
	extern const size_t x##_size
ENDPOINT_SCHEMA(new_account);
ENDPOINT_SCHEMA(account);
ENDPOINT_SCHEMA(new_order);
ENDPOINT_SCHEMA(new_authz);
ENDPOINT_SCHEMA(finalize);
ENDPOINT_SCHEMA(authz);
ENDPOINT_SCHEMA(challenge);
ENDPOINT_SCHEMA(revoke);
#undef ENDPOINT_SCHEMA

ep_fn ep_directory, ep_new_nonce, ep_new_account, ep_account, ep_orders;
ep_fn ep_new_authz, ep_renewal_info;
ep_fn ep_new_order, ep_order, ep_finalize, ep_authz, ep_challenge, ep_cert;
ep_fn ep_revoke, ep_key_change;

#endif
