/*
 * tests/bench/client.h: an ACME client with an account and a connection of its
 * own, that issues one certificate after another.
 */
#ifndef TESTS_BENCH_CLIENT_H
#define TESTS_BENCH_CLIENT_H

#include "tests/bench/conn.h"
#include "tests/bench/key.h"

/* Rows: what a client asks for; the name that the results have. */
#define STEPS(X)                    \
	X(NONCE, "newNonce")        \
	X(ACCOUNT, "newAccount")    \
	X(ORDER, "newOrder")        \
	X(AUTHZ, "authorization")   \
	X(CHALLENGE, "challenge")   \
	X(POLL_AUTHZ, "poll_authz") \
	X(FINALIZE, "finalize")     \
	X(POLL_ORDER, "poll_order") \
	X(CERTIFICATE, "certificate")

enum step {
#define STEP(name, text) STEP_##name,
	STEPS(STEP)
#undef STEP
	    STEP__COUNT
};

enum { URL_MAX = 320, NAME_ROOM = 128 };

struct crowd;

struct client {
	struct crowd *crowd;
	unsigned number;
	struct conn conn;
	struct key account, key;
	struct csr_mould mould;
	enum step step;
	unsigned issued, waited; /* polls of one object in a row */
	bool idle;
	struct timer *pause;
	int64_t began, asked, due;
	char nonce[256], kid[URL_MAX], order[URL_MAX], authz[URL_MAX],
	    challenge[URL_MAX], finalize[URL_MAX], certificate[URL_MAX],
	    name[NAME_ROOM];
};

/* Its host is found again by its first number. */
#define CLIENT_NAME "c%05un%08u.%s"

/* Keys, and a CSR: what is not to be measured. */
void client_keys(struct client *c, const char *suffix);
/* Connect, register, issue until the loop ends. */
void client_start(struct client *c, struct crowd *crowd, unsigned number);
void client_stop(struct client *c);
/* A copy; ends the program if there is none, or no room. */
void url_keep(char out[URL_MAX], const char *url);

#endif
