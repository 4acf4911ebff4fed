/*
 * challenges/resolve_int.h: ask DNS, with a memory of its own for each
 * look-up: nothing is cached, so a record put there a moment ago is seen.
 */
#ifndef CHALLENGES_RESOLVE_INT_H
#define CHALLENGES_RESOLVE_INT_H

#include "base/err.h"
#include "challenges/answer_int.h"
#include "challenges/evidence_int.h"

enum { DNS_SERVERS_MAX = 8 };

struct dns_server {
	int family; /* AF_INET or AF_INET6 */
	unsigned char address[16];
	uint16_t port;
	const char *text; /* "192.0.2.53:53" */
};

/*
 * "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353", "localhost:5353",
 * separated by commas, into `out`.  ERR_MALFORMED says what is wrong.
 */
enum err dns_servers_parse(const char *list, struct arena *a,
    struct dns_server out[DNS_SERVERS_MAX], size_t *n,
    struct fault *f) MUST_USE;

enum dns_status {
	DNS_UNASKED,
	DNS_FOUND,    /* at least one record */
	DNS_NODATA,   /* the name exists, without records of this type */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_TIMEOUT,
	DNS_BROKEN,    /* some other error, or bytes that are no answer */
	DNS_TOO_LONG,  /* more CNAMEs than we follow */
	DNS_NO_SERVER, /* could not be reached, or there is none */
	DNS_BAD_NAME,  /* cannot be asked for */
};

/* "NXDOMAIN: no such name", for people. */
const char *dns_status_text(enum dns_status s);

struct dns_question {
	enum dns_type type;
	enum dns_status status;
	const char *name;   /* the last asked for: where CNAMEs led */
	const char *server; /* the last asked, or NULL */
	const struct dns_record *records;
	size_t n_records;
};

struct lookup_plan {
	struct loop *loop;
	struct channels *channels; /* the loop's (channel_int.h) */
	struct arena *arena;       /* lives as long as the look-up */
	const struct notes *notes;
	const struct dns_server *servers; /* none: what resolv.conf has */
	size_t n_servers;
	unsigned bound_ms; /* of the whole look-up */
	/* Done as soon as a record is found and nothing before it is open. */
	bool first_found;
};

struct dns_ask {
	const char *name; /* outlives the look-up */
	enum dns_type type;
};

struct lookup;
typedef void lookup_done(void *arg);

/*
 * Ask all of it at the same time; `done` on the loop, once, and never before
 * this returns, when all is answered or the bound is reached.
 */
struct lookup *lookup_start(const struct lookup_plan *plan,
    const struct dns_ask *asks, size_t n, lookup_done *done, void *arg);
/* What is known so far; NULL past the last. */
const struct dns_question *lookup_question(const struct lookup *l, size_t i);
/* Time is up: what is not known yet is DNS_TIMEOUT.  No `done`. */
void lookup_expire(struct lookup *l);
/* At any time but from inside c-ares, where no caller of ours ever is. */
void lookup_free(struct lookup *l);

#endif
