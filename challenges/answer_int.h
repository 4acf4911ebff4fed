/* challenges/answer_int.h: the one door for what a DNS server answers. */
#ifndef CHALLENGES_ANSWER_INT_H
#define CHALLENGES_ANSWER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_CAA = 257,
};

enum { DNS_CHAIN_MAX = 8 }; /* CNAMEs we follow */

struct dns_record {
	const struct dns_record *next;
	const uint8_t *data; /* TXT: its strings, joined; others: RDATA */
	size_t len;
	uint32_t ttl; /* in seconds */
};

struct dns_answer {
	unsigned rcode;
	const char *name; /* where the CNAMEs in it end; what was asked for */
	unsigned aliases; /* how many there were; more than the maximum: 9 */
	const struct dns_record *records; /* of the type, at that name */
	size_t n_records;
};

/*
 * Read the answer to a question for `name`; what is found lies in `a`.
 * False for bytes that are no complete DNS answer.
 */
bool answer_parse(const uint8_t *msg, size_t len, const char *name,
    enum dns_type want, struct arena *a, struct dns_answer *out);

#endif
