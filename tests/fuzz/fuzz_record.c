/*
 * Stored records.  Whatever is decoded can be encoded, and what is encoded
 * decodes to what encodes the same.  The first byte says which noun to try.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decode `in`, encode that into `out`; false if it does not decode. */
static bool
again(unsigned noun, struct record in, struct arena *a, struct record *out)
{
	const struct account *acct;
	const struct order *o;
	const struct authz *z;
	const struct certificate *c;
	const struct event *e;
	const struct eab *key;
	const struct crl *l;
	const struct blocked_key *k;
	bool ok;

	switch (noun % 8) {
	case 0:
		if ((acct = record_account(in, a)) == NULL)
			return false;
		ok = record_of_account(acct, a, out);
		break;
	case 1:
		if ((o = record_order(in, a)) == NULL)
			return false;
		ok = record_of_order(o, a, out);
		break;
	case 2:
		if ((z = record_authz(in, a)) == NULL)
			return false;
		ok = record_of_authz(z, a, out);
		break;
	case 3:
		if ((c = record_certificate(in, a)) == NULL)
			return false;
		ok = record_of_certificate(c, a, out);
		break;
	case 5:
		if ((key = record_eab(in, a)) == NULL)
			return false;
		ok = record_of_eab(key, a, out);
		break;
	case 6:
		if ((l = record_crl(in, a)) == NULL)
			return false;
		ok = record_of_crl(l, a, out);
		break;
	case 7:
		if ((k = record_blocked_key(in, a)) == NULL)
			return false;
		ok = record_of_blocked_key(k, a, out);
		break;
	default:
		if ((e = record_event(in, a)) == NULL)
			return false;
		ok = record_of_event(e, a, out);
		break;
	}
	if (!ok)
		abort();
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct record first, second;

	/* lists of empty fields grow ninefold when written out in full */
	if (size > 0 && size < 1 << 16 &&
	    again(data[0], (struct record){ data + 1, size - 1 }, a, &first) &&
	    (!again(data[0], first, a, &second) || first.len != second.len ||
	        memcmp(first.data, second.data, first.len) != 0))
		abort();
	arena_free(a);
	return 0;
}
