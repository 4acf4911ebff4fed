/* The first byte chooses the type asked for, the rest is what came back. */
#include <stdlib.h>
#include <string.h>

#include "challenges/answer_int.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check(const struct dns_answer *d, enum dns_type want)
{
	volatile unsigned touched = 0;
	size_t n = 0;

	for (const struct dns_record *r = d->records; r != NULL; r = r->next) {
		n++;
		if ((want == DNS_A && r->len != 4) ||
		    (want == DNS_AAAA && r->len != 16))
			abort();
		for (size_t i = 0; i < r->len; i++)
			touched += r->data[i]; /* all of it is there */
	}
	if (n != d->n_records || d->aliases > DNS_CHAIN_MAX + 1 ||
	    d->name == NULL || d->rcode > 15)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_TXT,
		DNS_CNAME, DNS_CAA };
	struct dns_answer answer;
	struct arena *a;
	enum dns_type want;
	uint8_t *copy;

	if (len < 1)
		return 0;
	want = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	a = arena_new();
	/* a copy of its own size, so that reading past it is seen */
	if ((copy = malloc(len - 1 + (len == 1))) == NULL)
		abort();
	memcpy(copy, data + 1, len - 1);
	if (answer_parse(copy, len - 1, "a.example", want, a, &answer))
		check(&answer, want);
	free(copy);
	arena_free(a);
	return 0;
}
