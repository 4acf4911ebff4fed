/* server/verbs.h: what each verb does, once its options are understood. */
#ifndef SERVER_VERBS_H
#define SERVER_VERBS_H

#include "server/options.h"

/* Each returns an exit code. */
typedef int verb_fn(const struct options *o);
verb_fn verb_up, verb_dev, verb_init, verb_serve, verb_check, verb_token;
verb_fn verb_eab_create, verb_eab_list, verb_eab_show, verb_eab_revoke;
verb_fn verb_ca_list, verb_ca_show, verb_ca_rotate;
verb_fn verb_ca_csr, verb_ca_sign, verb_ca_import;
verb_fn verb_account_list, verb_account_show, verb_account_policy;
verb_fn verb_account_revoke, verb_account_restore;

#endif
