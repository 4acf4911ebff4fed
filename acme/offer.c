#include "acme/offer.h"

#include "base/b64url.h"
#include "base/random.h"

enum { TOKEN_BYTES = 16 }; /* 8: at least 128 bits */

static const char *
token_new(struct arena *a)
{
	uint8_t token[TOKEN_BYTES];

	random_bytes(token, sizeof(token)); /* SEC-06 */
	return b64url_text(token, sizeof(token), a);
}

void
offer_challenges(const struct acme_config *config, struct authz *z,
    struct arena *a)
{
	struct ident shown = z->ident;

	if (z->subdomains)
		shown.wildcard = true; /* SUB-03 */
	z->challenges = ARENA_ARRAY(a, struct challenge, config->n_challenges);
	z->n_challenges = 0;
	for (size_t i = 0; i < config->n_challenges; i++) {
		const struct challenge_type *t =
		    challenge_find(config->challenges[i]);
		struct challenge *c = &z->challenges[z->n_challenges];

		if (t == NULL || !t->offers(&shown))
			continue;
		if (!t->token && config->n_caa_identities == 0)
			continue; /* nobody could name us in a record */
		c->type = t->type;
		c->token = t->token ? token_new(a) : ""; /* DP1-01 */
		c->status = CHALLENGE_PENDING;
		z->n_challenges++;
	}
}
