/*
 * RSA keys whose maker went wrong in a way that is known, and that anybody
 * can factor: found by looking at the modulus, without factoring it.  All of
 * it takes some 0.3 ms for 2048 bits, once a key.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "crypto/crypto_int.h"

enum {
	RSA_MIN = 2048 / 8,
	RSA_MAX = 8192 / 8,
	SMALL_END = 752,   /* SP 800-89, 5.3.3 */
	ROCA_END = 168,    /* primes below it are in every modulus of theirs */
	GENERATOR = 65537, /* of the powers their primes are made of */
	FERMAT_ROUNDS = 110,
	CERTAIN = 64 /* bits: one wrong refusal in 2^64 */
};

static bool
is_prime(uint32_t n)
{
	for (uint32_t d = 2; d <= n / d; d++)
		if (n % d == 0)
			return false;
	return n > 1;
}

/* No factor below 752.  A few primes to each division. */
static bool
has_small_factor(const BIGNUM *n)
{
	uint32_t d = 3, first;
	uint64_t product, r;

	while (d < SMALL_END) {
		first = d;
		for (product = 1; d < SMALL_END && product * d <= UINT32_MAX;
		     d += 2)
			product *= is_prime(d) ? d : 1;
		r = BN_mod_word(n, product);
		for (; first < d; first += 2)
			if (product % first == 0 && r % first == 0)
				return true;
	}
	return !BN_is_odd(n);
}

/* Is `r` a power of the generator, modulo a prime? */
static bool
is_generated(uint32_t r, uint32_t prime)
{
	uint32_t x = 1;

	do {
		if (x == r)
			return true;
		x = (uint32_t)((uint64_t)x * (GENERATOR % prime) % prime);
	} while (x != 1);
	return false;
}

/*
 * ROCA (CVE-2017-15361): primes k * M + (65537^a mod M), M a product of the
 * first primes, so that modulo each of those n is a power of 65537.  By chance
 * that is so for one modulus in 2^154.
 */
static bool
is_roca(const BIGNUM *n)
{
	for (uint32_t p = 3; p < ROCA_END; p += 2)
		if (is_prime(p) &&
		    !is_generated((uint32_t)BN_mod_word(n, p), p))
			return false;
	return true;
}

/* Newton's, from above: the greatest `root` whose square is not over `n`. */
static bool
square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *next = BN_CTX_get(ctx);
	bool ok = next != NULL && BN_set_word(root, 1) == 1 &&
	          BN_lshift(root, root, (BN_num_bits(n) + 1) / 2) == 1;

	while (ok) {
		ok = BN_div(next, NULL, n, root, ctx) == 1 &&
		     BN_add(next, next, root) == 1 &&
		     BN_rshift1(next, next) == 1;
		if (!ok || BN_cmp(next, root) >= 0)
			break;
		ok = BN_copy(root, next) != NULL;
	}
	return ok;
}

static bool
is_residue(uint64_t r, uint64_t by)
{
	for (uint64_t x = 0; x <= by / 2; x++)
		if (x * x % by == r % by)
			return true;
	return false;
}

/* All squares do, modulo FACTORS, and of other numbers one in 400. */
#define FACTORS (UINT64_C(16) * 9 * 5 * 7 * 11 * 13 * 17 * 19)
static bool
looks_square(uint64_t r)
{
	static const uint64_t by[] = { 16, 9, 5, 7, 11, 13, 17, 19 };

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		if (!is_residue(r, by[i]))
			return false;
	return true;
}

/* Is a^2 - n the square of a whole number?  Errors count as yes. */
static bool
leaves_square(const BIGNUM *a, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *rest, *root;
	bool same = true;

	BN_CTX_start(ctx);
	rest = BN_CTX_get(ctx);
	root = BN_CTX_get(ctx);
	if (root != NULL && BN_sqr(rest, a, ctx) == 1 &&
	    BN_sub(rest, rest, n) == 1 && !BN_is_zero(rest) &&
	    square_root(root, rest, ctx) && BN_sqr(root, root, ctx) == 1)
		same = BN_cmp(root, rest) == 0;
	BN_CTX_end(ctx);
	return same;
}

/*
 * Fermat's: n = a^2 - b^2, found soon if its primes are near each other.  One
 * `a` after the other is looked at modulo FACTORS, and mostly no further.
 */
static bool
has_close_primes(const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *a = BN_CTX_get(ctx);
	uint64_t r_n = BN_mod_word(n, FACTORS), r;

	if (a == NULL || !square_root(a, n, ctx) || BN_add_word(a, 1) != 1)
		return true;
	r = BN_mod_word(a, FACTORS);
	for (int i = 0; i < FERMAT_ROUNDS; i++) {
		if (looks_square(r * r + FACTORS - r_n) &&
		    leaves_square(a, n, ctx))
			return true;
		r = (r + 1) % FACTORS;
		if (BN_add_word(a, 1) != 1)
			return true;
	}
	return false;
}

static uint64_t
power(uint64_t x, uint64_t to, uint64_t by)
{
	uint64_t y = 1;

	for (x %= by; to > 0; to /= 2, x = x * x % by)
		if (to % 2 == 1)
			y = y * x % by;
	return y;
}

/* A k-th power is one modulo every prime: look where few numbers are. */
static bool
is_power_of(const BIGNUM *n, uint32_t k)
{
	uint32_t bits = 0, log2 = 0;

	while (k >> (log2 + 1) != 0)
		log2++;
	for (uint32_t m = 2 * k + 1; bits < CERTAIN; m += 2 * k) {
		uint64_t r;

		if (!is_prime(m) || (r = BN_mod_word(n, m)) == 0)
			continue;
		if (power(r, (m - 1) / k, m) != 1)
			return false;
		bits += log2;
	}
	return true;
}

/* p^2 or p^k; p has ten bits or more, as has_small_factor() has found. */
static bool
is_prime_power(const BIGNUM *n)
{
	uint32_t most = (uint32_t)BN_num_bits(n) / 9;

	for (uint32_t k = 2; k <= most; k++)
		if (is_prime(k) && is_power_of(n, k))
			return true;
	return false;
}

/* NULL, or what is wrong with it. */
static const char *
weakness(const BIGNUM *n, BN_CTX *ctx)
{
	if (has_small_factor(n)) /* PKY-03 */
		return "RSA modulus has a small factor";
	if (is_roca(n)) /* PKY-04 */
		return "RSA key of a chip that makes weak ones (ROCA, "
		       "CVE-2017-15361)";
	if (is_prime_power(n)) /* PKY-03 */
		return "RSA modulus is the power of a number";
	if (has_close_primes(n, ctx)) /* PKY-05 */
		return "RSA modulus has prime factors that are too close to "
		       "each other";
	return NULL;
}

static enum err
modulus_check(const struct pubkey *k, enum err code, struct fault *f)
{
	BIGNUM *n = BN_bin2bn(k->a, (int)k->a_len, NULL);
	BN_CTX *ctx = BN_CTX_new();
	const char *why = "out of memory";

	if (n != NULL && ctx != NULL) {
		BN_CTX_start(ctx);
		why = weakness(n, ctx);
		BN_CTX_end(ctx);
	}
	BN_CTX_free(ctx);
	BN_free(n);
	ERR_clear_error();
	return why == NULL ? OK : fault(f, code, "%s; make a new key", why);
}

enum err
rsa_check(const struct pubkey *k, enum err code, struct fault *f)
{
	static const uint8_t f4[] = { 0x01, 0x00, 0x01 };

	/* PKY-01, FIN-10 */
	if (k->a_len < RSA_MIN || k->a_len > RSA_MAX || k->a[0] < 0x80)
		return fault(f, code,
		    "RSA modulus of some %zu bits; 2048 to 8192, in whole "
		    "octets, are accepted",
		    k->a_len * 8);
	/* PKY-02 */
	if (k->b_len != sizeof(f4) || memcmp(k->b, f4, sizeof(f4)) != 0)
		return fault(f, code, "RSA exponent must be 65537");
	return modulus_check(k, code, f);
}
