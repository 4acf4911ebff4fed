/* Parsing a key costs a third of a check; two places for each, no list. */
#include "acme/keys.h"

#include <stdlib.h>
#include <string.h>

enum { SETS = 8192, WAYS = 2 };

struct entry {
	char thumbprint[JWK_THUMBPRINT];
	struct jwk *key; /* NULL: free */
};

struct keys {
	struct entry sets[SETS][WAYS]; /* the one used last comes first */
};

struct keys *
keys_new(void)
{
	struct keys *k = calloc(1, sizeof(*k));

	if (k == NULL)
		abort();
	return k;
}

void
keys_free(struct keys *k)
{
	for (size_t i = 0; i < SETS; i++)
		for (size_t j = 0; j < WAYS; j++)
			jwk_free(k->sets[i][j].key);
	free(k);
}

/* A thumbprint is a digest: any part of it is as good as a hash. */
static struct entry *
set_of(struct keys *k, const char *thumbprint)
{
	uint32_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n * 64 + (uint32_t)(unsigned char)thumbprint[i];
	return k->sets[n % SETS];
}

static void
swap(struct entry *a, struct entry *b)
{
	struct entry t = *a;

	*a = *b;
	*b = t;
}

const struct jwk *
keys_of(struct keys *k, const struct account *acct, struct fault *f)
{
	struct entry *set = set_of(k, acct->thumbprint);
	struct jwk *key;

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].key != NULL &&
		    strcmp(set[i].thumbprint, acct->thumbprint) == 0) {
			if (i != 0)
				swap(&set[0], &set[i]);
			return set[0].key;
		}
	if (jwk_parse(acct->jwk, strlen(acct->jwk), &key, f) != OK)
		return NULL;
	swap(&set[0], &set[WAYS - 1]);
	jwk_free(set[0].key);
	set[0].key = key;
	jwk_thumbprint(key, set[0].thumbprint);
	return key;
}
