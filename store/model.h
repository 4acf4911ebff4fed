/* store/model.h: the nouns of RFC 8555, as they rest on disk. */
#ifndef STORE_MODEL_H
#define STORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/ident.h"

typedef int64_t unixtime; /* seconds */

/*
 * Each object that a request can change carries the version it was read at: a
 * put is refused (ERR_STALE) unless the store still has that version.  0 means
 * new: refused if there is such an object already.
 */
typedef uint64_t version;

/* Legal changes from one to another (7.1.6) are a table in acme/state.c. */
enum account_status { ACCOUNT_VALID, ACCOUNT_DEACTIVATED, ACCOUNT_REVOKED };

/*
 * Stored is what cannot be derived.  `ready`, and `invalid` because a name
 * failed or time ran out, follow from the order's authorizations and the
 * clock: acme/state.c says so, in one function for every view.
 */
enum order_status {
	ORDER_PENDING,
	ORDER_READY, /* never stored */
	ORDER_PROCESSING,
	ORDER_VALID,
	ORDER_INVALID
};
enum authz_status {
	AUTHZ_PENDING,
	AUTHZ_VALID,
	AUTHZ_INVALID,
	AUTHZ_DEACTIVATED,
	AUTHZ_EXPIRED, /* never stored: derived from `expires` */
	AUTHZ_REVOKED
};
enum challenge_status {
	CHALLENGE_PENDING,
	CHALLENGE_PROCESSING,
	CHALLENGE_VALID,
	CHALLENGE_INVALID
};

/* Why something ended badly: a problem document at rest (RFC 8555, 6.7). */
struct reason {
	const char *type; /* "connection", without the URN; NULL: none */
	const char *detail;
};

struct account {
	struct id id;
	version version;
	enum account_status status;
	const char *jwk;        /* JSON, canonical (RFC 7638, 3.2) */
	const char *thumbprint; /* 43 characters; unique over all accounts */
	const char *const *contacts;
	size_t n_contacts;
	bool terms_agreed;
	const char *terms; /* URL of those agreed to; NULL: not known */
	unixtime created;
	struct id eab; /* kid of the binding it was made with; zero: none */
	const char *eab_binding; /* the binding as received, JSON, or NULL */
	const char *const *allow, *const *deny; /* its own policy for names */
	size_t n_allow, n_deny;
};

/*
 * An external account binding to be used (RFC 8555, 7.3.4): a key that the CA
 * hands out, and what may be done with accounts that were made with it.
 */
enum { EAB_KEY_SIZE = 64 }; /* enough for HS512 (RFC 7518, 3.2) */
struct eab {
	struct id id; /* the kid, in the text of id_text() */
	version version;
	uint8_t key[EAB_KEY_SIZE]; /* of the MAC; a secret */
	unixtime created;
	unixtime expires;        /* of new bindings; 0: never */
	uint32_t uses_max, uses; /* accounts it may make, has made; 0: any */
	unixtime revoked;        /* 0: it is not */
	const char *const *allow, *const *deny; /* patterns for names */
	size_t n_allow, n_deny;
	const char *const *profiles; /* none: all that are offered */
	size_t n_profiles;
	const char *rate; /* orders of one account: "300/1h", or NULL */
	const char *note; /* the operator's, or NULL */
};

struct challenge {
	const char *type;  /* "http-01" */
	const char *token; /* its own (CONFORMANCE AUT-11) */
	enum challenge_status status;
	const char *key_authz;   /* frozen when the client responded (8.3) */
	const char *account_url; /* as the client had it then */
	int64_t
	    accepted_ms; /* when it did; the retry schedule counts from it */
	unixtime validated;
	struct reason error;
};

struct authz {
	struct id id, account;
	version version;
	struct id order; /* the one it was made for: told of every change */
	struct ident ident;
	enum authz_status status;
	unixtime expires;
	struct challenge *challenges;
	size_t n_challenges;
	const char *evidence; /* timeline of the attempts, a JSON list; NULL */
	unixtime caa_checked; /* when CAA last permitted it; 0: never asked */
	bool subdomains;      /* good for names below it, too (RFC 9444) */
	bool preauthorised;   /* by newAuthz: the next orders may take it up */
};

struct order {
	struct id id, account;
	version version;
	enum order_status status;
	unixtime created, expires;
	const char *profile;
	const struct ident *idents;
	struct id *authzs; /* one per identifier, same order */
	size_t n_idents;
	unixtime asked_not_before, asked_not_after; /* 0: not asked for */
	const char *replaces; /* certID (RFC 9773, 5), as sent; NULL: none */
	/* Set from `processing` on, then never changed. */
	struct id serial; /* and, once valid, the id of the certificate */
	unsigned issuer;  /* number of the key */
	const uint8_t *tbs;
	size_t tbs_len;
	unixtime not_before, not_after;
	uint8_t spki_sha256[32];
	struct reason error;
};

struct certificate {
	struct id serial; /* its id */
	version version;
	struct id account, order;
	unsigned issuer;
	const char *profile;
	const uint8_t *der;
	size_t der_len;
	unixtime not_before, not_after;
	uint8_t spki_sha256[32];
	const struct ident *idents;
	size_t n_idents;
	unixtime revoked;      /* 0: it is not */
	int reason;            /* RFC 5280, 5.3.1 */
	struct id replaced_by; /* the order that says so; zero: none has */
};

/* A key that nobody may use any more, by the digest of its SPKI. */
struct blocked_key {
	uint8_t spki_sha256[32]; /* its id */
	version version;
	unixtime since;
	struct id serial; /* the certificate that was revoked for it */
};

/* What the index of the revoked says of a certificate. */
struct revoked {
	struct id serial;
	unixtime revoked, not_after;
	int reason;
};

/*
 * Which revocation list: an issuer's whole one, or, of so many shards that its
 * serials are dealt out to by id_part(), that one.
 */
struct crl_name {
	unsigned issuer;
	unsigned shards, shard; /* 0: it is whole */
};

/* Where certificates say that a shard is. */
struct crl_point {
	const char *url;
	unixtime until; /* none that says so lives then; 0: more are made */
};

/* A revocation list: as published, and as it is being made. */
struct crl {
	unsigned issuer;        /* these three are its id: struct crl_name */
	unsigned shards, shard; /* 0: it is whole */
	version version;
	uint64_t number;                   /* the last one given away */
	unixtime this_update, next_update; /* of `der` */
	const uint8_t *der; /* NULL: none has been published yet */
	size_t der_len;
	const uint8_t *tbs; /* to be signed; NULL: nothing is */
	size_t tbs_len;
	int64_t refresh_ms; /* when its row of due work comes round */
	const struct crl_point *points; /* of a shard */
	size_t n_points;
	int64_t life_s; /* what led to it lived no longer than that */
	unixtime ends;  /* nothing that leads to it lives then; 0: not known */
};

/* What there is to know of a list without reading it. */
struct crl_head {
	struct crl_name name;
	version version;
	unixtime this_update, next_update;
	size_t der_len; /* 0: none has been published yet */
	unixtime ends;
	bool making; /* something is to be signed */
};

/* One line of the journal. */
struct event {
	const char *kind; /* "order.created": as in the log */
	struct id account, object;
	const char *detail; /* JSON object, or NULL */

	/* The writer's to fill in; set in what snap_events() returns. */
	uint64_t number; /* 1, 2, 3 … without gaps */
	int64_t at_ms;
	uint8_t previous[32]; /* digest of the record before this one */
};

/*
 * Something that must happen later; handlers are a table in acme/due.c.  The
 * numbers rest on disk, as those of the statuses do: never change one.
 */
enum due_kind {
	DUE_VALIDATION = 1,    /* authorization; index: which challenge */
	DUE_ISSUANCE,          /* order */
	DUE_PRUNE_ORDER,       /* order */
	DUE_PRUNE_AUTHZ,       /* authorization */
	DUE_PRUNE_CERTIFICATE, /* certificate */
	DUE_PRUNE_JOURNAL,     /* nothing */
	DUE_CRL = 7,           /* crl_id(); a revocation list */
	DUE_REVOKE_KEY = 8,    /* half of the digest of a blocked key */
	DUE_PRUNE_EAB = 9,     /* key for external account bindings */
	DUE_KIND_END
};

struct due {
	enum due_kind kind;
	int64_t at_ms;
	struct id object;
	uint32_t index;
};

#endif
