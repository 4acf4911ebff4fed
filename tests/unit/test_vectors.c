/*
 * Signatures good and bad, from files (tests/vectors/make.py says how they are
 * written).  With arguments, from those files instead.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "crypto/jws.h"
#include "tests/cmocka.h"

enum { LINE = 16 * 1024, TEXT = LINE / 2 };

struct reader {
	FILE *file;
	const char *name;
	size_t number; /* of the line */
	char line[LINE], alg[16];
	struct jwk *key;
	bool no_key; /* it was refused: then so is all that it signs */
	unsigned good, bad;
};

/* The next word, cut off; "" at the end or where a comment begins. */
static char *
word(char **rest)
{
	char *w = *rest + strspn(*rest, " \n");
	size_t len = strcspn(w, " \n");

	if (*w == '#')
		return w + strlen(w);
	*rest = w + len + (w[len] != '\0');
	w[len] = '\0';
	return w;
}

static size_t
octets(const char *hex, uint8_t out[TEXT])
{
	size_t n = 0;
	unsigned octet;

	for (; strcmp(hex, "-") != 0 && sscanf(hex, "%2x", &octet) == 1;
	     hex += 2)
		out[n++] = (uint8_t)octet;
	return n;
}

static void
key_line(struct reader *r, char *rest)
{
	struct fault f = { 0 };
	const char *jwk;

	(void)snprintf(r->alg, sizeof(r->alg), "%s", word(&rest));
	jwk = word(&rest);
	jwk_free(r->key);
	r->key = NULL;
	r->no_key = jwk_parse(jwk, strlen(jwk), &r->key, &f) != OK;
}

static void
case_line(struct reader *r, bool good, char *rest)
{
	static uint8_t message[TEXT], signature[TEXT];
	struct jws j = { .alg = r->alg,
		.kid = "k",
		.signing_input = (const char *)message,
		.signature = signature };
	struct fault f = { 0 };
	bool taken;

	j.signing_input_len = octets(word(&rest), message);
	j.signature_len = octets(word(&rest), signature);
	taken = !r->no_key && jws_verify(&j, r->key, &f) == OK;
	if (taken != good)
		fail_msg("%s:%zu: %s: %s", r->name, r->number,
		    good ? "refused" : "taken", rest);
	if (!taken && !r->no_key)
		assert_int_equal(f.code, ERR_MALFORMED);
	r->good += good;
	r->bad += !good;
}

static void
read_all(struct reader *r, const char *name)
{
	r->name = name;
	r->file = fopen(name, "r");
	if (r->file == NULL)
		fail_msg("%s cannot be read", name);
	while (fgets(r->line, sizeof(r->line), r->file) != NULL) {
		char *rest = r->line, *first;

		r->number++;
		assert_true(strchr(r->line, '\n') != NULL);
		first = word(&rest);
		if (strcmp(first, "key") == 0)
			key_line(r, rest);
		else if (*first != '\0')
			case_line(r, strcmp(first, "valid") == 0, rest);
	}
	(void)fclose(r->file);
	jwk_free(r->key);
	r->key = NULL;
}

/* VEC-12, JWS-11: lengths, ranges, edges of the arithmetic, on three curves. */
TEST(ecdsa)
{
	struct reader r = { 0 };

	read_all(&r, "tests/vectors/ecdsa.txt");
	assert_true(r.good >= 60 && r.bad >= 150);
}

/* JWS-22: PKCS #1 v1.5 to the octet. */
TEST(rsa)
{
	struct reader r = { 0 };

	read_all(&r, "tests/vectors/rsa.txt");
	assert_true(r.good >= 4 && r.bad >= 40);
}

/* JWS-22, VEC-03: s below the order, R as it is, no factor of eight. */
TEST(eddsa)
{
	struct reader r = { 0 };

	read_all(&r, "tests/vectors/eddsa.txt");
	assert_true(r.good >= 5 && r.bad >= 40);
}

static int given_n;
static char **given;

TEST(given_files)
{
	struct reader r = { 0 };

	for (int i = 0; i < given_n; i++) {
		r.number = 0;
		read_all(&r, given[i]);
	}
	print_message("%u good, %u bad\n", r.good, r.bad);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ecdsa),
		cmocka_unit_test(rsa),
		cmocka_unit_test(eddsa),
	};
	const struct CMUnitTest others[] = { cmocka_unit_test(given_files) };

	crypto_start();
	given_n = argc - 1;
	given = argv + 1;
	return argc > 1 ? cmocka_run_group_tests(others, NULL, NULL)
	                : cmocka_run_group_tests(tests, NULL, NULL);
}
