/* acme/acme.h: RFC 8555 on top of everything below it. */
#ifndef ACME_ACME_H
#define ACME_ACME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acme/limits.h"
#include "acme/names.h"
#include "acme/policy.h"
#include "acme/trial.h"
#include "base/loop.h"
#include "challenges/challenge.h"
#include "crypto/ca.h"
#include "crypto/issuer.h"
#include "crypto/issuing.h"
#include "crypto/profile.h"
#include "http/http.h"
#include "store/store.h"

struct acme;     /* one loop's share of the CA */
struct nonces;   /* shared by all loops */
struct metrics;  /* the same */
struct underway; /* the same */
struct blocked;

/* A profile, with its shape encoded for the issuer in use. */
struct acme_profile {
	const char *name, *description;
	const struct profile *shape;
	unsigned lifetime_s;
	struct name_list allow, deny; /* names that it is for */
};

/*
 * What the configuration says to acme/.  Immutable and shared by all loops;
 * counted, so that a reload can hand over a new one while requests still use
 * the old: acme_config_ref/unref, the last of which calls `gone`.
 */
struct acme_config {
	_Atomic unsigned refs;
	void (*gone)(struct acme_config *c);
	void *gone_arg;

	const char *const *names; /* DESIGN 4: hosts that are us, lower case */
	size_t n_names;
	const char *terms_url;    /* NULL: a page of ours */
	bool terms_required;      /* newAccount must agree */
	bool eab_required;        /* newAccount must be bound (7.3.4) */
	const char *website;      /* meta.website, or NULL */
	bool metrics_auth;        /* /metrics needs a token… */
	const uint8_t *token_key; /* …made with this; NULL: there is none */
	bool directory_random;    /* a member that no client can know */
	const char *const *caa_identities;
	size_t n_caa_identities;
	enum caa_check caa_check;
	unsigned caa_recheck_s, caa_ms;
	const char *const *challenges; /* types offered, in order */
	size_t n_challenges;

	const struct acme_profile *profiles; /* offered, in order */
	size_t n_profiles;
	const struct acme_profile *default_profile;
	const struct acme_profile *serving; /* for our own certificate */
	const char *serving_pem; /* D/serving.pem: chain and key, 0600 */

	unsigned issuer;                /* number of the key in use */
	const struct ca_chains *chains; /* by issuer number; after the leaf */
	size_t n_chains;
	const char *root_pem, *root_fingerprint;
	/* Keys for neither accounts nor certificates; NULL: none. */
	const struct blocked *blocked;
	const char *directory_url; /* as the operator sees it, for the page */

	/* By number, 1 first: for CRLs, OCSP and who wants a certificate. */
	const struct issuing *issuers;
	size_t n_issuers;
	unsigned crl_s, crl_refresh_s, ocsp_s;
	/*
	 * Where certificates of `issuer` say that its whole list is, or, unless
	 * 0, that its shard is (crypto/crl.h); and for how long any of them may
	 * be needed, from its order on.  NULL, 0: none says so.
	 */
	const char *crl_url;
	unsigned crl_shards;
	int64_t crl_life_s;

	struct name_list allow, deny;     /* names, in all profiles */
	bool wildcards;                   /* may they be had? */
	struct rate limits[LIMIT__COUNT]; /* by enum limit */
	struct name_rules rules;          /* for names in orders */
	unsigned orders_page;             /* in a page of an account's list */
	unsigned order_s, authz_s;        /* lifetimes: of an order, a proof */
	bool orders_reuse;   /* one that is open, when ordered again */
	bool subdomains;     /* RFC 9444 */
	unsigned ari_poll_s; /* how often to ask, at most */
	const char *ari_explanation_url; /* NULL: a page of ours */
	unsigned linger_ms, linger_challenge_ms;
	unsigned parked_max;              /* per loop */
	unsigned validations_max;         /* under way, per loop */
	unsigned validations_per_account; /* of these */
	unsigned keep_s;                  /* objects, after they have expired */
	struct acme_trial trial;          /* of clients, in tests of theirs */
	unsigned keep_journal_s;          /* 0: for ever */
};

struct acme_config *acme_config_ref(struct acme_config *c);
void acme_config_unref(struct acme_config *c);

/* Made by server/front.c, one set for each loop; replaceable in tests. */
struct acme_deps {
	/* This loop's own. */
	struct loop *loop;
	struct issuer *issuer;
	struct prober *prober;

	/* Shared by all loops: safe from any thread, or constant. */
	struct store *store;
	struct nonces *nonces;
	struct metrics *metrics;    /* NULL: nobody counts */
	struct limits *limits;      /* NULL: whatever is asked may be done */
	struct underway *underway;  /* what is looked at */
	struct acme_config *config; /* acme_new() takes a reference */
};

/* A fresh epoch: no nonce of an earlier one is accepted any more. */
struct nonces *nonces_new(void);
void nonces_free(struct nonces *n);

/* Never NULL.  What `deps` points to is borrowed. */
struct acme *acme_new(const struct acme_deps *deps);
void acme_free(struct acme *ca); /* after the loop's last request */

/* An http_handler and an http_refuse; `arg` is a struct acme.  Answers every request, or drops it. */
void acme_handle(struct http_req *req, void *arg);
void acme_refuse(struct http_refusal *r, void *arg);

/* The same for --listen-http: roots and health, nothing of ACME. */
void acme_handle_plain(struct http_req *req, void *arg);

/* From now on, on this loop, go by this one. */
void acme_configure(struct acme *ca, struct acme_config *config);

/* Answer the parked with the present state, and park nobody any more. */
void acme_drain(struct acme *ca);

/*
 * Restart what a crash interrupted, validations and orders being issued; then
 * do due work for ever: backstop of both, pruning.  On one loop only, before
 * any loop of the process serves a request.
 */
void acme_resume(struct acme *ca);

/*
 * Keep a serving certificate, from D/serving.pem while it lasts, else issued
 * by ourselves; replace it at two thirds of its life.  `use` gets each new
 * pair, first before anything else can happen; it may refuse.  One loop only.
 */
typedef void serving_use(void *arg, const char *chain, const char *key);
void acme_serve_itself(struct acme *ca, serving_use *use, void *arg);

#endif
