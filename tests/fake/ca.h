/*
 * tests/fake/ca.h: a whole CA in one process: real store, dispatcher, crypto
 * and keeper; no network.  HTTP hands its replies back, and what a challenge
 * finds is the test's to say.
 */
#ifndef TESTS_FAKE_CA_H
#define TESTS_FAKE_CA_H

#include "acme/acme.h"
#include "tests/fake/signer.h"

enum { FAKE_HEADERS_MAX = 16 };

struct fake_reply {
	int status;
	struct http_header headers[FAKE_HEADERS_MAX];
	size_t n_headers;
	char *body;
	size_t body_len;
	bool dropped;
};

/* What the next looks at the network come to, and how long they take. */
struct fake_network {
	enum probe_result results[8]; /* in turn; the last one stays */
	size_t n_results;
	unsigned delay_ms;
	unsigned looks; /* counted */
};

struct fake_ca {
	struct loop *loop;
	struct store *store;
	struct acme *ca;
	struct acme_config config;
	struct acme_profile profiles[3];
	struct fake_network network;
	struct arena *arena; /* of what the test keeps */
	bool keeper_silent;  /* it takes what it is asked, and says nothing */
};

struct fake_ca *fake_ca_new(void);
void fake_ca_free(struct fake_ca *w);

/* Close everything and open the same directory again, as after a crash. */
void fake_ca_restart(struct fake_ca *w);

/* Let the loop run: until the pointed to is true, at most ms. */
void fake_ca_run(struct fake_ca *w, unsigned ms, const bool *until);

/* One request; waits for its reply, which lives in w->arena. */
struct fake_reply *fake_get(struct fake_ca *w, const char *method,
    const char *path);
struct fake_reply *fake_send(struct fake_ca *w, const char *path,
    const char *content_type, const char *body);

/* The same without waiting: the reply is filled in later. */
struct fake_reply *fake_begin(struct fake_ca *w, const char *path,
    const char *content_type, const char *body);
void fake_wait(struct fake_ca *w, struct fake_reply *r);
/* The client of the last fake_begin() hangs up. */
void fake_hang_up(struct fake_ca *w);

/* A client with an account: signs, spends nonces, keeps its kid. */
struct fake_client {
	struct fake_ca *w;
	struct signer *signer;
	const char *kid; /* NULL before it registered */
};
struct fake_client *fake_client_new(struct fake_ca *w);  /* registered */
struct fake_client *fake_client_bare(struct fake_ca *w); /* a key, no account */
void fake_client_free(struct fake_client *c);

/* POST as this client: kid if it has one, else jwk.  "" is POST-as-GET. */
struct fake_reply *fake_post(struct fake_client *c, const char *path,
    const char *payload);
struct fake_reply *fake_post_jwk(struct fake_client *c, const char *path,
    const char *payload);
/* The signed body for it, with a fresh nonce. */
const char *fake_frame(struct fake_client *c, const char *path,
    const char *payload);
const char *fake_nonce(struct fake_ca *w);

/* Header's first value, or NULL; how many there are of that name. */
const char *fake_header(const struct fake_reply *r, const char *name);
size_t fake_headers(const struct fake_reply *r, const char *name);

/*
 * The string, number or literal at a dotted path ("challenges.0.url") of a
 * JSON body, as text; NULL if there is none.
 */
const char *fake_json(struct fake_ca *w, const struct fake_reply *r,
    const char *path);
/* The path of a URL of ours. */
const char *fake_path(const char *url);

/* True if it is a problem document of this type, with a status to match. */
bool fake_problem(struct fake_ca *w, const struct fake_reply *r, int status,
    const char *type);

#endif
