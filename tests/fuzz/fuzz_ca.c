/*
 * What an operator is handed by others: files of a hierarchy, apart by form
 * feeds (root, issuers, cross certificates), and a request to be signed.  What
 * is taken has chains within bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/offline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
in_bounds(const struct ca *ca)
{
	for (size_t i = 0; i < ca->n_issuers; i++) {
		const struct ca_chains *c = &ca->chains[i];

		if (c->n < 1 || c->n > CA_CHAINS_MAX)
			abort();
		for (size_t k = 0; k < c->n; k++)
			if (c->list[k].n < 1 || c->list[k].n > CA_CHAIN_MAX)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "root.pem", "issuer-1.pem",
		"issuer-2.pem", "cross-1.pem", "cross-2.pem" };
	static const struct ca_spec spec = { "x", 10, 5, NULL };
	struct arena *a = arena_new();
	struct ca_text list[5];
	struct ca_texts texts = { "D/ca", list, 0 };
	struct fault f = { 0 };
	const char *pem = NULL;
	struct ca ca;
	char *text, *rest;

	crypto_start();
	text = arena_bytes(a, (const char *)data, len);
	if (ca_sign("/nonexistent", &spec, text, 1, a, &pem, &f) == OK)
		abort();
	for (rest = text; text != NULL && texts.n < 5; text = rest) {
		rest = strchr(text, '\f');
		if (rest != NULL)
			*rest++ = '\0';
		list[texts.n] = (struct ca_text){ names[texts.n], text };
		texts.n++;
	}
	if (ca_parse(&texts, CA_ANY_DAY, a, &ca, &f) == OK)
		in_bounds(&ca);
	arena_free(a);
	return 0;
}
