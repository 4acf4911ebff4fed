/* The first byte chooses the question, the rest is the text of one record. */
#include <stdlib.h>
#include <string.h>

#include "challenges/persist_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const issuers[] = { "ca.example" };
	static const char *const accounts[] = { "https://ca/a" };
	struct probe p = { .issuers = issuers,
		.n_issuers = 1,
		.accounts = accounts,
		.n_accounts = 1,
		.account_url = "https://ca/a" };
	struct dns_record r = { .ttl = 300 };
	uint8_t *copy;
	bool grants;

	if (len < 1)
		return 0;
	p.arena = arena_new();
	p.beneath = data[0] & 1;
	/* a copy of its own size, so that reading past it is seen */
	if ((copy = malloc(len - 1 + (len == 1))) == NULL)
		abort();
	memcpy(copy, data + 1, len - 1);
	r.data = copy;
	r.len = len - 1;
	grants = persist_judge(&r, 1000000, &p, p.arena);
	if (grants != (p.fault.code == OK) ||
	    (grants && (p.lasts_s < PERSIST_LEAST_S || p.lasts_s > 300)))
		abort();
	if (!grants && p.fault.code != ERR_MALFORMED &&
	    p.fault.code != ERR_UNAUTHORIZED)
		abort();
	free(copy);
	arena_free(p.arena);
	return 0;
}
