/* tests/fake/network.h: challenges/ without a network: http-01 and dns-01. */
#ifndef TESTS_FAKE_NETWORK_H
#define TESTS_FAKE_NETWORK_H

#include "challenges/challenge.h"

struct fake_look;

/* What CAA records say, and who asked. */
struct fake_caa {
	enum probe_result results[8]; /* in turn; the last one stays */
	size_t n_results;
	unsigned delay_ms; /* 0: it answers before it returns */
	unsigned looks, expired, cancelled;                    /* counted */
	char name[260], method[32], issuer[64], accounts[512]; /* of the last */
	bool wildcard, lenient;
	bool wait; /* it has not had its turn when its time is up */
};

/* What the next looks come to, and how long they take. */
struct fake_network {
	struct loop *loop;
	enum probe_result results[8]; /* in turn; the last one stays */
	size_t n_results;
	unsigned delay_ms; /* 0: it answers before it returns */
	unsigned looks;    /* counted, when they begin */
	const char *why;   /* detail of what is not proved; NULL: a usual one */
	char key_authz[160]; /* of the last look */
	struct fake_look *under_way;
	unsigned lasts_s; /* of what is proved; 0: no bound */
	struct fake_caa caa;
	char account_url[160]; /* of the last look */
	bool beneath;          /* likewise */
};

/* What a test says the network does from now on, from its first look. */
void fake_network_says(struct fake_network *net, enum probe_result result,
    unsigned delay_ms);

/* The same of CAA: PROBE_WRONG forbids, PROBE_UNREACHED is no answer. */
void fake_caa_says(struct fake_network *net, enum probe_result result,
    unsigned delay_ms);

/* As prober_free() does: no look that is under way answers any more. */
void fake_network_cut(struct fake_network *net);

#endif
