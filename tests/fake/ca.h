/*
 * tests/fake/ca.h: a whole CA in one process: real store, dispatcher, crypto
 * and keeper; no network.  HTTP hands its replies back, and what a challenge
 * finds is the test's to say.  A test that includes this is linked with the
 * doubles of http/ and challenges/ (Makefile).
 */
#ifndef TESTS_FAKE_CA_H
#define TESTS_FAKE_CA_H

#include "acme/acme.h"
#include "tests/fake/client.h"
#include "tests/fake/http.h"
#include "tests/fake/network.h"

enum {
	FAKE_PROFILES = 3
}; /* tenminutes, hour; serving, which is not offered */

struct fake_ca {
	struct loop *loop;
	struct store *store;
	struct acme *ca;
	struct acme_config config; /* the one in force: change it at will */
	struct acme_config seen;   /* as it was at the last request */
	struct acme_profile profiles[FAKE_PROFILES];
	struct fake_network network;
	struct arena *arena; /* of what the test keeps */
	const char *peer;    /* whom requests come from; NULL: 127.0.0.1 */
	bool may_break;      /* a reply of 500 is what the test is after */
	bool keeper_refuses;
	const struct order *keeper_signs; /* this one, whatever it is asked */
	bool keeper_silent;   /* it takes what it is asked, and says nothing */
	unsigned keeper_asks; /* frames that reached it, but for these: */
	unsigned status_asks; /* about certificates' status (and for CRLs) */
	struct fake_client *clients;
	struct fake_req *open; /* requests not answered yet */
	struct fake_parts *parts;
};

/* Of the host that requests name unless they name another. */
extern const char fake_host[]; /* "ca.test:8443" */

struct fake_ca *fake_ca_new(void);
void fake_ca_free(struct fake_ca *w);

/*
 * As after a crash: clients lose their connections, nothing under way is
 * finished, and what is on disk is opened again.  Nonces are of a new epoch.
 */
void fake_ca_restart(struct fake_ca *w);

/* Until every commit under way is answered, and what that led to is, too. */
void fake_settle(struct fake_ca *w);

/* Turn by turn, until it is so or 10 s are over. */
#define FAKE_UNTIL(w, condition)                                      \
	for (int turns_ = 0; turns_ < 5000 && !(condition); turns_++) \
	fake_ca_run((w), 1, NULL)

/* The keeper is another process from now on, and speaks. */
void fake_keeper_restart(struct fake_ca *w);

/* The clock, from now on: so many ms from what it really is. */
void fake_clock(struct fake_ca *w, int64_t ahead_ms);
/* The clock stands at this Unix time in ms, and goes on from there. */
void fake_clock_set(struct fake_ca *w, int64_t at_ms);

/* Records, in w->arena; NULL if there is none.  By the last part of a path. */
struct order *fake_order_record(struct fake_ca *w, const char *path);
struct authz *fake_authz_record(struct fake_ca *w, const char *path);
struct certificate *fake_cert_record(struct fake_ca *w, const char *path);
/* Rows of due work of this kind, whenever they are due. */
size_t fake_due_rows(struct fake_ca *w, enum due_kind kind);

/* Let the loop run: until the pointed to is true, at most ms. */
void fake_ca_run(struct fake_ca *w, unsigned ms, const bool *until);

/*
 * From now on there is room for what is essential only (batch_essential()),
 * or for everything again.
 */
void fake_store_full(struct fake_ca *w, bool full);

/* Commit a batch of the test's own; it must be taken. */
void fake_commit(struct fake_ca *w, struct batch *b);

/* D/serving.pem is at w->config.serving_pem.  A nonce, fresh. */
const char *fake_nonce(struct fake_ca *w);

/* For cmocka: *state is a struct fake_ca. */
int fake_ca_setup(void **state);
int fake_ca_teardown(void **state);
#define CA_CASE(test) \
	cmocka_unit_test_setup_teardown(test, fake_ca_setup, fake_ca_teardown)

/* How many entries of this kind the journal has; NULL: of any. */
size_t fake_events(struct fake_ca *w, const char *kind);

#endif
