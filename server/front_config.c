/* From the operator's configuration to what acme/ goes by. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/blocked.h"
#include "crypto/digest.h"
#include "server/front_int.h"
#include "server/own_names.h"

/* The last reference has gone, on whatever thread. */
static void
gone(struct acme_config *acme)
{
	struct front_config *fc = acme->gone_arg;

	for (size_t i = 0; i < fc->n_shapes; i++)
		profile_free(fc->shapes[i]);
	blocked_free(fc->blocked);
	config_free(fc->config);
	bytes_wipe(fc->token_key, sizeof(fc->token_key));
	arena_free(fc->arena);
}

static bool
shape(struct front_config *fc, const struct config_profile *as, struct fault *f)
{
	const struct profile_spec spec =
	    config_shape(fc->config, as, fc->ca.n_issuers, fc->arena);
	const struct ca_cert *issuer = &fc->ca.issuers[fc->ca.n_issuers - 1];
	struct profile *p = profile_new(&spec, issuer->der, issuer->der_len, f);

	if (p != NULL)
		fc->shapes[fc->n_shapes++] = p;
	return p != NULL;
}

static bool
fill_profiles(struct front_config *fc, struct fault *f)
{
	const struct config *c = fc->config;
	struct acme_profile *out =
	    ARENA_ARRAY(fc->arena, struct acme_profile, c->n_profiles + 1);
	size_t n = 0;

	fc->shapes =
	    ARENA_ARRAY(fc->arena, struct profile *, c->n_profiles + 1);
	for (size_t i = 0; i < c->n_profiles; i++) {
		const struct config_profile *p = &c->profiles[i];

		if (!p->offered)
			continue;
		if (!shape(fc, p, f))
			return false;
		out[n] = (struct acme_profile){ p->shape.name, p->description,
			fc->shapes[n], p->shape.lifetime_s, p->allow, p->deny };
		if (strcmp(p->shape.name, c->default_profile) == 0)
			fc->acme.default_profile = &out[n];
		n++;
	}
	if (!shape(fc, &c->serving, f))
		return false;
	out[n] = (struct acme_profile){ c->serving.shape.name, "",
		fc->shapes[n], c->serving.shape.lifetime_s, { 0 }, { 0 } };
	fc->acme.serving = &out[n];
	fc->acme.profiles = out;
	fc->acme.n_profiles = n;
	if (fc->acme.default_profile == NULL)
		(void)fault(f, ERR_INTERNAL,
		    "default_profile: %s is not offered", c->default_profile);
	return fc->acme.default_profile != NULL;
}

static void
fill_ca(struct front_config *fc, const struct front_facts *facts)
{
	const struct ca *ca = &fc->ca;

	fc->acme.chains = ca->chains;
	fc->acme.n_chains = ca->n_issuers;
	fc->acme.issuer = (unsigned)ca->n_issuers;
	fc->acme.root_pem = ca->root.pem;
	fc->acme.root_fingerprint = ca->fingerprint;
	fc->acme.serving_pem = facts->serving_pem;
	if (!facts->has_token_key)
		return;
	memcpy(fc->token_key, facts->token_key, sizeof(fc->token_key));
	fc->acme.token_key = fc->token_key;
}

static bool
fill_issuers(struct front_config *fc, struct fault *f)
{
	const struct ca *ca = &fc->ca;
	struct issuing *out =
	    ARENA_ARRAY(fc->arena, struct issuing, ca->n_issuers);

	for (size_t i = 0; i < ca->n_issuers; i++)
		if (issuing_read(ca->issuers[i].der, ca->issuers[i].der_len,
		        fc->arena, &out[i], f) != OK)
			return false;
	fc->acme.issuers = out;
	fc->acme.n_issuers = ca->n_issuers;
	return true;
}

/* Where certificates say that lists are, and for how long they may do so. */
static void
fill_lists(struct front_config *fc)
{
	const struct config *c = fc->config;
	struct acme_config *a = &fc->acme;

	for (size_t i = 0; i <= c->n_profiles; i++) {
		const struct profile_spec s = config_shape(c,
		    i < c->n_profiles ? &c->profiles[i] : &c->serving,
		    fc->ca.n_issuers, fc->arena);
		/* an order may ask for a beginning a lifetime ahead */
		const int64_t life = 2 * (int64_t)s.lifetime_s;

		if (s.crl_url == NULL)
			continue;
		a->crl_url = s.crl_url;
		a->crl_shards = s.crl_shards;
		if (life > a->crl_life_s)
			a->crl_life_s = life;
	}
}

static void
fill_names(struct front_config *fc, const struct front_facts *facts)
{
	const struct config *c = fc->config;
	const struct own own = { c->names, facts->addresses, c->n_names,
		facts->n_addresses, c->listen };

	fc->acme.names = own_names(&own, fc->arena, &fc->acme.n_names);
	fc->acme.directory_url =
	    config_directory_url(c, facts->port, fc->arena);
}

/* What DNS may call us: as configured, else by our names in it. */
static void
fill_identities(struct front_config *fc)
{
	const struct config *c = fc->config;
	struct acme_config *a = &fc->acme;
	const char **own = ARENA_ARRAY(fc->arena, const char *, a->n_names);
	uint8_t bytes[16];

	a->caa_identities = c->caa_identities;
	a->n_caa_identities = c->n_caa_identities;
	if (c->n_caa_identities > 0)
		return;
	for (size_t i = 0; i < a->n_names; i++)
		if (inet_pton(AF_INET, a->names[i], bytes) != 1 &&
		    inet_pton(AF_INET6, a->names[i], bytes) != 1 &&
		    strcmp(a->names[i], "localhost") != 0)
			own[a->n_caa_identities++] = a->names[i];
	a->caa_identities = own;
}

static void
fill_policy(struct front_config *fc)
{
	const struct config *c = fc->config;
	struct acme_config *a = &fc->acme;

	a->terms_url = c->terms_url;
	a->terms_required = c->terms_required;
	a->eab_required = c->eab_required;
	a->orders_page = c->orders_page;
	a->website = c->website;
	a->directory_random = c->directory_random;
	a->metrics_auth = c->metrics_auth;
	a->challenges = c->challenges;
	a->n_challenges = c->n_challenges;
	a->caa_check = c->caa_check;
	a->caa_recheck_s = c->caa_recheck_s;
	a->caa_ms = c->caa_ms;
	a->allow = c->allow;
	a->deny = c->deny;
	a->wildcards = c->wildcards;
	memcpy(a->limits, c->limits, sizeof(a->limits));
	a->rules = c->rules;
	a->order_s = c->order_s;
	a->authz_s = c->authz_s;
	a->orders_reuse = c->orders_reuse;
	a->trial = (struct acme_trial){ c->test_nonce_reject,
		c->test_authz_reuse, c->test_delay_ms };
	a->subdomains = c->subdomains;
	a->ari_poll_s = c->ari_poll_s;
	a->ari_explanation_url = c->ari_explanation_url;
	a->linger_ms = c->linger_ms;
	a->linger_challenge_ms = c->linger_challenge_ms;
	a->parked_max = c->parked_max;
	a->validations_max = c->validations_max;
	a->validations_per_account = c->validations_per_account;
	a->crl_s = c->crl_s;
	a->crl_refresh_s = c->crl_refresh_s;
	a->ocsp_s = c->ocsp_s;
	a->keep_s = c->keep_s;
	a->keep_journal_s = c->keep_journal_s;
}

/* The CA's own keys, too, are nobody else's. */
static bool
fill_blocked(struct front_config *fc, struct fault *f)
{
	const struct ca *ca = &fc->ca;
	struct blocked *b = blocked_new(fc->config->blocked_file, f);

	if (b == NULL)
		return false;
	blocked_add_owner(b, ca->root.der, ca->root.der_len);
	for (size_t i = 0; i < ca->n_issuers; i++)
		blocked_add_owner(b, ca->issuers[i].der,
		    ca->issuers[i].der_len);
	fc->acme.blocked = fc->blocked = b;
	if (fc->config->blocked_file != NULL)
		log_info("keys.blocked", "keys=%zu", blocked_count(b));
	return true;
}

struct front_config *
front_config_new(struct config *c, const struct front_facts *facts,
    struct fault *f)
{
	struct arena *a = arena_new();
	struct front_config *fc = ARENA_NEW(a, struct front_config);

	fc->arena = a;
	fc->config = c;
	fc->acme.refs = 1;
	fc->acme.gone = gone;
	fc->acme.gone_arg = fc;
	if (ca_parse(&facts->ca->texts, CA_TODAY, a, &fc->ca, f) == OK) {
		fill_ca(fc, facts);
		fill_names(fc, facts);
		fill_identities(fc);
		fill_policy(fc);
		fill_lists(fc);
		if (fill_issuers(fc, f) && fill_profiles(fc, f) &&
		    fill_blocked(fc, f))
			return fc;
	}
	acme_config_unref(&fc->acme);
	return NULL;
}
