/*
 * challenges/challenge.h: prove control of a name, by looking at the network.
 * Stores nothing; remembers what it saw as evidence.
 */
#ifndef CHALLENGES_CHALLENGE_H
#define CHALLENGES_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ident.h"
#include "base/loop.h"

struct prober; /* one loop's resolver, HTTP client, and their limits */

/* What one look at the network came to. */
enum probe_result {
	PROBE_PROVED,
	PROBE_UNREACHED, /* refused, reset, timed out, NXDOMAIN: try later */
	PROBE_WRONG,     /* somebody answered, and not as expected */
	PROBE_FORBIDDEN, /* policy: trying again will not help */
};

/* One thing seen on the way, in the order seen.  Bodies are never quoted. */
struct evidence {
	const struct evidence *next;
	int64_t at_ms;
	const char *who;      /* "http-01", "dns-01", "policy" */
	const char *resolver; /* asked, or NULL */
	const char *question; /* "a.example A", or NULL */
	const char *answers;  /* "192.0.2.1, 192.0.2.2", "NXDOMAIN", or NULL */
	const char *address;  /* dialled, or NULL */
	uint16_t port;
	int sys_errno, http_status; /* 0 when it did not come to that */
	const char *redirect;       /* where it pointed, or NULL */
	size_t body_len;
	bool compared;                /* the digests below are set */
	uint8_t seen[8], expected[8]; /* SHA-256 prefixes */
};

/* One record as a line of text, for logs and people; in `a`. */
const char *evidence_line(const struct evidence *e, struct arena *a);

/* One question: does whoever answers for `ident` hold this account's key? */
struct probe {
	struct ident ident;
	const char *token, *key_authz; /* RFC 8555, 8.1 */
	const char *account_url;       /* as the client had it */
	struct arena *arena;           /* for what the probe learns */

	/* For what DNS records say of us and of the account. */
	const char *const *issuers;  /* what we are called in CAA records */
	const char *const *accounts; /* the account's URLs, all of them */
	size_t n_issuers, n_accounts;
	bool beneath; /* the proof is to count for what is below the name */

	/* For caa_look() alone. */
	const char *method; /* "http-01" */
	bool lenient;       /* a name that cannot be asked about has none */

	/* Filled in before `done`; evidence grows from look to look. */
	enum probe_result result;
	struct fault fault;        /* says why, unless PROBE_PROVED */
	struct evidence *evidence; /* first of the list */
	unsigned lasts_s; /* so long at most the proof counts; 0: no bound */

	struct look *look; /* the prober's, while there is one */
};

typedef void probe_done(struct probe *p, void *arg);

/*
 * A challenge type is a row of challenges/table.c.  `look` answers on the
 * loop, never before it returns; `p` must live until then.  The answer may
 * start looks, and free the prober.
 */
struct challenge_type {
	const char *type;                       /* "http-01" */
	bool (*offers)(const struct ident *id); /* may this name use it? */
	void (*look)(struct prober *pr, struct probe *p, probe_done *done,
	    void *arg);
	bool token; /* has it one, and with it a key authorization? */
};

/*
 * The same about the CAA records of a name: PROBE_PROVED if they permit,
 * PROBE_WRONG if they forbid, PROBE_UNREACHED if nobody can tell.
 */
void caa_look(struct prober *pr, struct probe *p, probe_done *done, void *arg);

const struct challenge_type *challenge_find(const char *type); /* or NULL */
const struct challenge_type *challenge_at(unsigned i); /* NULL ends the list */

/*
 * Where we may dial.  Enforced on the sockaddr actually dialled.  Loopback,
 * link-local, multicast, unspecified and metadata addresses are refused unless
 * a CIDR of `allow` has them; private ranges are allowed unless one of `deny`
 * has them; deny wins.
 */
struct address_policy {
	const char *const *allow, *const *deny; /* "10.0.0.0/8", "::1" */
	size_t n_allow, n_deny;
};
struct sockaddr;
enum err address_allow(const struct address_policy *policy,
    const struct sockaddr *sa, struct fault *f) MUST_USE;
/* For the configuration: is this an address, or a CIDR? */
bool address_cidr_valid(const char *cidr);
/* Is this IPv4 (4 bytes) or IPv6 (16) address in it?  False if it is none. */
bool address_cidr_has(const char *cidr, const unsigned char *address,
    size_t len);

/* What a CAA record that cannot be looked up means (RFC 8659, 3). */
enum caa_check {
	CAA_OFF,     /* nobody asks */
	CAA_ON,      /* it may be there, and forbid */
	CAA_LENIENT, /* it is not there */
};

struct prober_config {
	const char
	    *dns; /* "HOST:PORT[,…]", or NULL for the system's resolvers */
	const char *hosts_file; /* asked first for addresses, or NULL */
	struct address_policy policy;
	uint16_t http_port, tls_port; /* nothing else is ever dialled */
	unsigned look_ms;             /* bound of one look, redirects and all */
	unsigned dial_ms;             /* bound of one connect(2) */
	unsigned parallel; /* looks at a time; the rest wait their turn */
	const char *user_agent;
};

/* One per loop.  `config` is copied.  NULL, with the reason in `f`. */
struct prober *prober_new(struct loop *l, const struct prober_config *config,
    struct fault *f);
/* Looks that begin from now on go by this one. */
enum err prober_configure(struct prober *pr, const struct prober_config *config,
    struct fault *f) MUST_USE;
void prober_free(struct prober *pr); /* cancels probes; `done` is not called */

/* Both do nothing for a probe that has answered. */
/*
 * Its time is up.  False if it has had none, as others were before it: then it
 * begins, and is to be given some.
 */
bool prober_expire(struct prober *pr, struct probe *p) MUST_USE;
void prober_cancel(struct prober *pr, struct probe *p); /* no `done` */

/* Once a process, before its threads: the libraries' own global set-up. */
void challenges_start(void);

#endif
