/*
 * The first byte chooses the question, the rest are records of the type CAA,
 * each led by its length; what is true of each value alone is looked at, too.
 */
#include <stdlib.h>
#include <string.h>

#include "challenges/caa_set_int.h"
#include "challenges/issue_value_int.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_value(const uint8_t *data, size_t len, struct arena *a)
{
	struct issue_value v;
	bool read = issue_value_read(data, len, a, &v);

	if (v.n > ISSUE_PARAMETERS_MAX || strlen(v.issuer) > len)
		abort();
	for (const char *p = v.issuer; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			abort();
	for (size_t i = 0; read && i < v.n; i++)
		if (v.parameters[i].tag[0] == '\0' ||
		    strchr(v.parameters[i].value, ';') != NULL)
			abort();
}

/* All of them, in copies of their own size, so that reading past is seen. */
static struct dns_record *
records_of(const uint8_t *data, size_t len, struct arena *a)
{
	struct dns_record *first = NULL, *last = NULL;

	while (len > 0) {
		size_t n = data[0] < len - 1 ? data[0] : len - 1;
		struct dns_record *r = ARENA_NEW(a, struct dns_record);
		uint8_t *copy = malloc(n + (n == 0));

		if (copy == NULL)
			abort();
		memcpy(copy, data + 1, n);
		r->data = copy;
		r->len = n;
		if (last == NULL)
			first = r;
		else
			last->next = r;
		last = r;
		data += 1 + n;
		len -= 1 + n;
		check_value(r->data, r->len, a);
	}
	return first;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const issuers[] = { "ca.example", "a" };
	static const char *const accounts[] = { "https://ca/a" };
	struct caa_question q = { .method = "http-01",
		.issuers = issuers,
		.n_issuers = 2,
		.accounts = accounts,
		.n_accounts = 1 };
	struct dns_record *records;
	const char *why = NULL;
	struct arena *a;
	bool permits;

	if (len < 1)
		return 0;
	a = arena_new();
	q.wildcard = data[0] & 1;
	records = records_of(data + 1, len - 1, a);
	permits = caa_set_permits(records, &q, a, &why);
	if (why == NULL || (records == NULL && !permits))
		abort();
	for (const struct dns_record *r = records; r != NULL; r = r->next)
		free((void *)(uintptr_t)r->data);
	arena_free(a);
	return 0;
}
