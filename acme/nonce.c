/*
 * A nonce is a number and our MAC over it; which numbers are spent is a bit
 * map.  The key lives as long as the process, so a nonce from before a restart
 * is refused, and no lock and no disk is needed to accept each at most once.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "acme/nonce.h"
#include "base/b64url.h"
#include "base/random.h"
#include "crypto/digest.h"

enum {
	COUNTER = 8,
	TAG = 16,
	RAW = COUNTER + TAG,
	WINDOW = 1 << 22, /* an hour at 1,100 requests a second, in 512 KiB */
	MARGIN = 1 << 12, /* the oldest are refused before they are reused */
	WORD_BITS = 64,
};

_Static_assert(B64URL_LEN(RAW) + 1 == NONCE_TEXT, "a nonce fits its text");

struct nonces {
	struct mac *mac;
	_Atomic uint64_t next;
	_Atomic uint64_t spent[WINDOW / WORD_BITS];
};

struct nonces *
nonces_new(void)
{
	struct nonces *n = calloc(1, sizeof(*n));
	uint8_t key[MAC_KEY];

	if (n == NULL)
		abort();
	random_bytes(key, sizeof(key)); /* NON-08 */
	n->mac = mac_new(key);
	bytes_wipe(key, sizeof(key));
	return n;
}

void
nonces_free(struct nonces *n)
{
	if (n == NULL)
		return;
	mac_free(n->mac);
	free(n);
}

static void
tag(const struct nonces *n, const uint8_t *counter, uint8_t *out)
{
	uint8_t mac[MAC_SIZE];

	mac_tag(n->mac, counter, COUNTER, mac);
	memcpy(out, mac, TAG);
}

static uint64_t
bit_of(uint64_t number)
{
	return (uint64_t)1 << (number % WORD_BITS);
}

static _Atomic uint64_t *
word_of(struct nonces *n, uint64_t number)
{
	return &n->spent[number % WINDOW / WORD_BITS];
}

void
nonce_issue(struct nonces *n, char out[NONCE_TEXT])
{
	uint64_t number = atomic_fetch_add(&n->next, 1);
	uint8_t raw[RAW];

	/* Its place was that of a nonce a whole window older. */
	atomic_fetch_and(word_of(n, number), ~bit_of(number));
	for (int i = 0; i < COUNTER; i++)
		raw[i] = (uint8_t)(number >> (8 * (COUNTER - 1 - i)));
	tag(n, raw, raw + COUNTER);
	b64url_write(raw, sizeof(raw), out);
}

bool
nonce_spend(struct nonces *n, const char *text)
{
	uint8_t raw[RAW + 2], want[TAG];
	uint64_t number = 0, next;
	size_t len;

	if (strlen(text) != NONCE_TEXT - 1 ||
	    !b64url_decode(text, NONCE_TEXT - 1, raw, &len) || len != RAW)
		return false;
	tag(n, raw, want);
	if (!bytes_equal(want, raw + COUNTER, TAG)) /* NON-08, NON-10 */
		return false;
	for (int i = 0; i < COUNTER; i++)
		number = number << 8 | raw[i];
	next = atomic_load(&n->next);
	if (next - number > WINDOW - MARGIN) /* NON-13 */
		return false;
	/* NON-09, NON-12 */
	return (atomic_fetch_or(word_of(n, number), bit_of(number)) &
	           bit_of(number)) == 0;
}
