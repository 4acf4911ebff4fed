/*
 * libjwt makes and verifies the compact form, and compares MACs in constant
 * time; it is asked about nothing that is not three parts of base64url.
 */
#include "crypto/token.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>

const char *
token_make(const uint8_t key[TOKEN_KEY_SIZE], const char *scope, int64_t now,
    int64_t expires, struct arena *a)
{
	jwt_t *jwt = NULL;
	const char *out;
	char *text = NULL;

	if (jwt_new(&jwt) != 0 ||
	    jwt_set_alg(jwt, JWT_ALG_HS256, key, TOKEN_KEY_SIZE) != 0 ||
	    jwt_add_grant(jwt, "scope", scope) != 0 ||
	    jwt_add_grant_int(jwt, "iat", (long)now) != 0 ||
	    jwt_add_grant_int(jwt, "exp", (long)expires) != 0 ||
	    (text = jwt_encode_str(jwt)) == NULL)
		abort(); /* there was no memory */
	out = arena_text(a, text);
	free(text);
	jwt_free(jwt);
	return out;
}

/* header.payload.signature, and not too much of it. */
static bool
has_shape(const char *text)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "abcdefghijklmnopqrstuvwxyz0123456789-_";
	int dots = 0;

	if (strlen(text) > TOKEN_MAX)
		return false;
	for (;; text++) {
		size_t len = strspn(text, chars);

		text += len;
		if (len == 0 || (*text != '.' && *text != '\0'))
			return false;
		if (*text == '\0')
			return dots == 2;
		dots++;
	}
}

/* RFC 6749, 3.3: words with a space between. */
static bool
lists(const char *scopes, const char *scope)
{
	size_t len = strlen(scope);

	for (; *scopes != '\0'; scopes += strspn(scopes, " ")) {
		size_t n = strcspn(scopes, " ");

		if (n == len && memcmp(scopes, scope, n) == 0)
			return true;
		scopes += n;
	}
	return false;
}

static enum err
check(jwt_t *jwt, const char *scope, int64_t now, struct fault *f)
{
	const char *scopes = jwt_get_grant(jwt, "scope");

	if (jwt_get_alg(jwt) != JWT_ALG_HS256)
		return fault(f, ERR_TOKEN, "the token is not one of this CA");
	if (jwt_get_grant_int(jwt, "exp") <= now)
		return fault(f, ERR_TOKEN,
		    "the token has expired; mayfly token makes another");
	if (scopes == NULL || !lists(scopes, scope))
		return fault(f, ERR_TOKEN, "the token is not for \"%s\"",
		    scope);
	return OK;
}

enum err
token_check(const uint8_t key[TOKEN_KEY_SIZE], const char *text,
    const char *scope, int64_t now, struct fault *f)
{
	jwt_t *jwt = NULL;
	enum err e;

	if (!has_shape(text))
		return fault(f, ERR_TOKEN, "this is no token");
	if (jwt_decode(&jwt, text, key, TOKEN_KEY_SIZE) != 0)
		return fault(f, ERR_TOKEN, "the token is not one of this CA");
	e = check(jwt, scope, now, f);
	jwt_free(jwt);
	return e;
}
