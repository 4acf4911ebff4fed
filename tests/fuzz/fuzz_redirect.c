/* A Location header, from the point of view of a page at a.example. */
#include <stdlib.h>
#include <string.h>

#include "challenges/location_int.h"

/* SEC-11. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { HTTP_PORT = 5002, TLS_PORT = 5001 };

static void
check(const struct location *to, bool literals)
{
	if (to->port != HTTP_PORT && to->port != TLS_PORT)
		abort();
	if (to->host[0] == '\0' || (to->literal && !literals))
		abort();
	if (strncmp(to->url, "http://", 7) != 0 &&
	    strncmp(to->url, "https://", 8) != 0)
		abort();
	if (strcspn(to->url, "@#") < strcspn(to->url + 8, "/?") + 8)
		abort(); /* a user name, or a fragment */
	for (const char *c = to->shown; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			abort();
	for (const char *c = to->host; *c != '\0'; c++)
		if (strchr("/@[]?# %\\", *c) != NULL)
			abort();
}

static void
follow(const char *header, bool literals, struct arena *a)
{
	const struct location from = {
		.url = "http://a.example:5002/.well-known/acme-challenge/x",
	};
	const struct location_rules rules = { HTTP_PORT, TLS_PORT, literals };
	struct location to, same;
	struct fault f = { .code = OK };

	if (location_follow(&from, header, &rules, a, &to, &f) != OK) {
		if (f.code == OK || f.detail[0] == '\0')
			abort();
		return;
	}
	check(&to, literals);
	/* what we took as it stands leads to itself: loops are seen */
	if (strlen(to.url) <= LOCATION_MAX &&
	    (location_follow(&to, to.url, &rules, a, &same, &f) != OK ||
	        strcmp(same.url, to.url) != 0 || same.port != to.port))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *a = arena_new();
	const char *header = arena_bytes(a, data, len);

	follow(header, false, a);
	follow(header, true, a);
	arena_free(a);
	return 0;
}
