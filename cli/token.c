/* A bearer token, made with the key in D/token.key. */
#include "cli/token.h"

#include <stdio.h>

#include "base/json.h"
#include "cli/token_key.h"
#include "crypto/digest.h"

int
cli_token(const struct token_asked *asked)
{
	int64_t expires = asked->now + asked->lasts_s;
	struct arena *a = arena_new();
	struct jsonw *w = jsonw_new(a);
	struct fault f = { .code = OK };
	uint8_t key[TOKEN_KEY_SIZE];
	const char *token;
	bool ok;

	crypto_start();
	if (token_key_get(asked->dir, key, &f) != OK) {
		(void)fprintf(stderr, "mayfly token: %s\n", f.detail);
		arena_free(a);
		return 1;
	}
	token = token_make(key, asked->scope, asked->now, expires, a);
	bytes_wipe(key, sizeof(key));
	jsonw_object(w, NULL);
	jsonw_str(w, "token", token);
	jsonw_str(w, "scope", asked->scope);
	jsonw_time(w, "expires", expires);
	jsonw_end(w);
	ok = printf("%s\n", asked->json ? jsonw_text(w, NULL) : token) > 0 &&
	     fflush(stdout) == 0;
	arena_free(a);
	return ok ? 0 : 1;
}
