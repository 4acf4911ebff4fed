/* challenges/visit_int.h: one HTTP GET at one address, by curl on our loop. */
#ifndef CHALLENGES_VISIT_INT_H
#define CHALLENGES_VISIT_INT_H

#include <curl/curl.h>

#include "challenges/challenge.h"

enum { BODY_MAX = 8 * 1024, HEADERS_MAX = 16 * 1024 };

struct visits; /* a loop's curl multi handle */
struct visits *visits_new(struct loop *l);
void visits_free(struct visits *vs); /* its visits go first */

struct visit_plan {
	const char *url;     /* its host goes into Host and SNI */
	const char *address; /* dialled: 192.0.2.1, 2001:db8::1 */
	uint16_t port;       /* dialled */
	const struct address_policy *policy;
	const char *user_agent;
	unsigned dial_ms;
};

enum visit_end {
	VISIT_ANSWERED,  /* there is a status */
	VISIT_FORBIDDEN, /* by the policy; `fault` says why */
	VISIT_UNDIALLED, /* no connection came about */
	VISIT_BROKEN,    /* one did, and ended before the answer did */
	VISIT_TLS,       /* no TLS came about */
	VISIT_GARBLED,   /* the answer is no HTTP/1.1 that we take */
	VISIT_FAILED,    /* our side could not */
};

typedef void visit_done(void *arg);

struct visit {
	/* To read once `done` is called, or after visit_expire(). */
	enum visit_end end;
	bool timed_out;
	char why[CURL_ERROR_SIZE]; /* curl's words, of nothing received */
	struct fault fault;
	int sys_errno, status;
	const char *location; /* of a redirect, or NULL */
	size_t n_locations;
	uint8_t body[BODY_MAX];
	size_t body_len;
	bool body_cut; /* there was more, which was not read */

	/* The rest is visit.c's and visits.c's. */
	struct visits *visits;
	struct visit *next, **at; /* in the list of those under way */
	CURL *curl;
	struct curl_slist *headers, *connect_to;
	const struct address_policy *policy;
	struct timer *failed;
	int fd; /* curl's socket, or -1 */
	bool was_connected;
	size_t headers_len;
	visit_done *done;
	void *arg;
};

/* The strings of the plan must outlive the visit; `done` comes on the loop. */
struct visit *visit_start(struct visits *vs, const struct visit_plan *plan,
    visit_done *done, void *arg);
/* Time is up: end it with what is known.  `done` is not called. */
void visit_expire(struct visit *v);
/* Ends it, if it has not ended yet.  NULL is a no-op. */
void visit_free(struct visit *v);

/* Between visit.c and visits.c. */
struct loop *visits_loop(const struct visits *vs);
bool visits_add(struct visits *vs, struct visit *v);
void visits_remove(struct visits *vs, struct visit *v);
int visits_close(void *vs, curl_socket_t fd); /* curl_closesocket_callback */
void visit_ended(struct visit *v, CURLcode code);
bool visit_connected(const struct visit *v);

#endif
