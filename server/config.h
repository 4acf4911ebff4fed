/*
 * server/config.h: what the operator says, from one table.
 *
 * Default < what the verb presets < file < environment < --set < flag.  Every
 * value passes the same door whatever it came from; what is refused is named
 * with its source, what was expected and the nearest key.  A configuration
 * never changes once loaded: a reload makes another.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "acme/limits.h"
#include "acme/names.h"
#include "acme/policy.h"
#include "base/arena.h"
#include "base/log.h"
#include "challenges/challenge.h"
#include "crypto/ca.h"
#include "crypto/profile.h"
#include "http/http.h"

/* Yes, no, or as the rest has it. */
enum wish { WISH_LEFT_OUT, WISH_YES, WISH_NO };

struct config_profile {
	struct profile_spec shape;    /* but for URLs: see config_shape() */
	enum wish crl, ocsp, aia;     /* whether certificates say where it is */
	struct name_list allow, deny; /* names that it is for */
	const char *description;
	bool offered; /* in directories, to clients */
};

/*
 * Texts that may be left out are NULL when they are.  Members named after a
 * unit are in it: _s seconds, _ms milliseconds.
 */
struct config {
	struct arena *arena; /* holds all of this */
	const char *dir;     /* D, absolute; NULL: none was given */

	const char *listen, *listen_http; /* HOST:PORT; the second or NULL */
	const char *public_http;          /* what others call it; or NULL */
	const char *const *names;         /* lower case, most public first */
	size_t n_names;
	unsigned loops;    /* 0: one per core */
	unsigned drain_ms; /* what SIGTERM waits for */
	enum log_level log_level;
	bool sandbox;

	const char *default_profile;     /* one of those offered */
	struct config_profile *profiles; /* the built-in first */
	size_t n_profiles;
	struct config_profile serving; /* our own certificate; never offered */

	/* Percent, percent, ms: acme/trial.h.  Of `mayfly dev` only. */
	unsigned test_nonce_reject, test_authz_reuse, test_delay_ms;

	const char *terms_url, *website;
	bool terms_required, directory_random, metrics_auth;
	const char *const *caa_identities;
	size_t n_caa_identities;
	const char *const *challenges; /* types offered */
	size_t n_challenges;
	enum caa_check caa_check;
	unsigned caa_recheck_s, caa_ms;

	struct name_list allow, deny; /* names */
	bool wildcards;
	struct rate limits[LIMIT__COUNT];
	bool eab_required;
	struct name_rules rules;
	unsigned order_s, authz_s, orders_page;
	bool orders_reuse, subdomains;
	unsigned ari_poll_s;
	const char *ari_explanation_url;
	unsigned linger_ms, linger_challenge_ms, parked_max;
	unsigned validations_max, validations_per_account;
	struct prober_config prober; /* user_agent included */
	struct http_limits http;

	unsigned crl_s, crl_refresh_s, crl_shards, ocsp_s;
	uint64_t store_map, store_max; /* bytes */
	unsigned keep_s, keep_journal_s;

	struct ca_spec ca;           /* its passphrase is not read here */
	const char *passphrase_file; /* or NULL */
	const char *blocked_file;    /* of keys; or NULL */
	bool ca_rotate;
	unsigned ca_overlap_s; /* 0: as is usual */
};

/* Who is told, one line at a time, what is wrong or will not take effect. */
struct config_report {
	void (*say)(void *arg, const char *line);
	void *arg;
};

struct config_flag {
	const char *flag, *key, *value; /* "--dns", "validation.dns", … */
};

/* Where a configuration comes from.  All borrowed; the same again on SIGHUP. */
struct config_source {
	const char *dir;    /* D; NULL: neither that nor a file */
	bool file_optional; /* no D/mayfly.yaml is no error */
	bool in_earnest;    /* keys of `test` are refused */
	/* "KEY=VALUE", of the verb: below the file in precedence. */
	const char *const *presets;
	size_t n_presets;
	char *const *environ;    /* its MAYFLY_…; NULL: none */
	const char *const *sets; /* "KEY=VALUE" */
	size_t n_sets;
	/* Flags of one key follow each other: names add up, the rest replace. */
	const struct config_flag *flags;
	size_t n_flags;
};

enum { CONFIG_TEXT_MAX = 64 * 1024 }; /* of a file, and of config_text() */

/* NULL after everything found wrong has been reported. */
struct config *config_load(const struct config_source *s,
    const struct config_report *r);
void config_free(struct config *c); /* NULL is a no-op */

/*
 * The same once more, for a server that runs by `running`, which stays as it
 * is.  What needs a restart keeps its running value, and is reported, with
 * the key.  NULL as above.
 */
struct config *config_reload(const struct config_source *s,
    const struct config *running, const struct config_report *r);

/*
 * What is not default, `dir` included, as YAML for another process of ours:
 * shorter than CONFIG_TEXT_MAX, without secrets.  In `a`.
 */
const char *config_text(const struct config *c, struct arena *a);
/* The reverse.  NULL, reported, if it is not what config_text() writes. */
struct config *config_from_text(const char *text, size_t len,
    const struct config_report *r);

const struct config_profile *config_profile(const struct config *c,
    const char *name); /* or NULL; "serving" is found too */

/*
 * What `p` is for the issuer of that number: its shape, with the URLs that are
 * below public_http.  In `a`, and as long as `c`.
 */
struct profile_spec config_shape(const struct config *c,
    const struct config_profile *p, size_t issuer, struct arena *a);

/* The longest life a certificate of any profile has. */
unsigned config_longest_s(const struct config *c);

/* The first address of "HOST:PORT"; names are looked up, which may block. */
enum err config_address(const char *host_port, struct sockaddr_storage *out,
    socklen_t *len, struct fault *f) MUST_USE;

/*
 * "https://HOST:PORT/acme/directory" as the operator sees it, in `a`: the
 * first of `names`, else the address listened on, else localhost.  `port` is
 * the one really bound; 443 is left out.
 */
const char *config_directory_url(const struct config *c, uint16_t port,
    struct arena *a);

#endif
