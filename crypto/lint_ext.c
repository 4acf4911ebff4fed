/* The lint's extensions: one row each, with when it is due and what is in it. */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <openssl/objects.h>

#include "crypto/lint_int.h"

enum { EXTENSION_MAX = 16, TEXT_MAX = 256, URL_MAX = 1024 };

/* The key's identifier, and nothing else. */
static bool
authority_good(const struct lint *l, void *value)
{
	const AUTHORITY_KEYID *id = value;

	return id->keyid != NULL && id->issuer == NULL && id->serial == NULL &&
	       der_equal(&l->p->issuer_key_id, ASN1_STRING_get0_data(id->keyid),
	           (size_t)ASN1_STRING_length(id->keyid));
}

/* Those of the profile, each once. */
static bool
purposes_good(const struct lint *l, void *value)
{
	const EXTENDED_KEY_USAGE *list = value;
	unsigned usages = 0, bit;

	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(list, i));

		bit = nid == NID_server_auth   ? USAGE_SERVER_AUTH
		      : nid == NID_client_auth ? USAGE_CLIENT_AUTH
		                               : 0;
		if (bit == 0 || (usages & bit) != 0)
			return false;
		usages |= bit;
	}
	return usages == l->p->spec.usages;
}

static bool
is_text(const ASN1_STRING *s, const char *text)
{
	size_t len = strlen(text);

	return (size_t)ASN1_STRING_length(s) == len &&
	       memcmp(ASN1_STRING_get0_data(s), text, len) == 0;
}

static bool
name_is(const GENERAL_NAME *g, const struct ident *id)
{
	uint8_t address[16];
	char text[TEXT_MAX + 2] = "*.";
	int family = strchr(id->value, ':') == NULL ? AF_INET : AF_INET6, n;

	if (id->type == IDENT_IP) {
		n = family == AF_INET ? 4 : 16;
		return g->type == GEN_IPADD &&
		       inet_pton(family, id->value, address) == 1 &&
		       ASN1_STRING_length(g->d.iPAddress) == n &&
		       memcmp(ASN1_STRING_get0_data(g->d.iPAddress), address,
		           (size_t)n) == 0;
	}
	if (g->type != GEN_DNS || strlen(id->value) >= TEXT_MAX)
		return false;
	(void)strncat(text, id->value, TEXT_MAX - 1);
	return is_text(g->d.dNSName, id->wildcard ? text : text + 2);
}

/* The order's names, in its order, and so each of them once. */
static bool
names_good(const struct lint *l, void *value)
{
	const GENERAL_NAMES *names = value;
	const struct leaf *leaf = l->leaf;

	if (leaf->n_names == 0 ||
	    (size_t)sk_GENERAL_NAME_num(names) != leaf->n_names)
		return false;
	for (size_t i = 0; i < leaf->n_names; i++) {
		if (!name_is(sk_GENERAL_NAME_value(names, (int)i),
		        &leaf->names[i]))
			return false;
		for (size_t j = 0; j < i; j++)
			if (ident_equal(&leaf->names[i], &leaf->names[j]))
				return false;
	}
	return true;
}

/* The profile's, in its order, without qualifiers. */
static bool
policies_good(const struct lint *l, void *value)
{
	const CERTIFICATEPOLICIES *list = value;
	const struct profile_spec *s = &l->p->spec;
	char text[TEXT_MAX];

	if ((size_t)sk_POLICYINFO_num(list) != s->n_policies)
		return false;
	for (size_t i = 0; i < s->n_policies; i++) {
		const POLICYINFO *policy = sk_POLICYINFO_value(list, (int)i);

		if (policy->qualifiers != NULL ||
		    OBJ_obj2txt(text, sizeof(text), policy->policyid, 1) <= 0 ||
		    strcmp(text, s->policies[i]) != 0)
			return false;
	}
	return true;
}

static bool
leads_to(const GENERAL_NAME *g, const char *url)
{
	return g->type == GEN_URI && url != NULL &&
	       is_text(g->d.uniformResourceIdentifier, url);
}

/* Where the list is that tells of this serial: "…/1.crl", "…/1-4-0.crl". */
static bool
leads_to_list(const struct lint *l, const GENERAL_NAME *g)
{
	const uint8_t *end = l->leaf->serial.bytes + sizeof(struct id) - 2;
	const struct profile_spec *s = &l->p->spec;
	char text[URL_MAX + 32];
	int stem = (int)strlen(s->crl_url) - 4;

	if (s->crl_shards == 0)
		return leads_to(g, s->crl_url);
	(void)snprintf(text, sizeof(text), "%.*s-%u-%u.crl", stem, s->crl_url,
	    s->crl_shards, (end[0] * 256U + end[1]) * s->crl_shards / 65536U);
	return leads_to(g, text);
}

/* One point with one URL, without reasons, of its own issuer. */
static bool
points_good(const struct lint *l, void *value)
{
	const CRL_DIST_POINTS *list = value;
	const DIST_POINT *point = sk_DIST_POINT_value(list, 0);

	return sk_DIST_POINT_num(list) == 1 && point->distpoint != NULL &&
	       point->distpoint->type == 0 && point->reasons == NULL &&
	       point->CRLissuer == NULL &&
	       sk_GENERAL_NAME_num(point->distpoint->name.fullname) == 1 &&
	       leads_to_list(l, /* CRL-06 */
	           sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0));
}

/* OCSP, then the issuer, each if the profile has it. */
static bool
access_good(const struct lint *l, void *value)
{
	const AUTHORITY_INFO_ACCESS *list = value;
	const struct profile_spec *s = &l->p->spec;
	const char *const urls[] = { s->ocsp_url, s->issuer_url };
	static const int methods[] = { NID_ad_OCSP, NID_ad_ca_issuers };
	int n = 0;

	for (size_t i = 0; i < 2; i++) {
		const ACCESS_DESCRIPTION *a =
		    sk_ACCESS_DESCRIPTION_value(list, n);

		if (urls[i] == NULL)
			continue;
		if (a == NULL || OBJ_obj2nid(a->method) != methods[i] ||
		    !leads_to(a->location, urls[i]))
			return false;
		n++;
	}
	return n == sk_ACCESS_DESCRIPTION_num(list);
}

/* Those without a parser of their own are compared as they stand. */
static bool
stands_as(const X509_EXTENSION *e, const char *der, size_t len)
{
	const ASN1_OCTET_STRING *value =
	    X509_EXTENSION_get_data((X509_EXTENSION *)e);

	return (size_t)ASN1_STRING_length(value) == len &&
	       memcmp(ASN1_STRING_get0_data(value), der, len) == 0;
}

static bool
due_policies(const struct lint *l)
{
	return l->p->spec.n_policies > 0;
}

static bool
due_points(const struct lint *l)
{
	return l->p->spec.crl_url != NULL;
}

static bool
due_access(const struct lint *l)
{
	return l->p->spec.ocsp_url != NULL || l->p->spec.issuer_url != NULL;
}

static bool
due_no_rev_avail(const struct lint *l)
{
	return l->p->spec.no_rev_avail;
}

static bool
due_feature(const struct lint *l)
{
	return l->leaf->must_staple && l->p->spec.must_staple;
}

/* `der` stands for the value, or `good` looks into it. */
static const struct row {
	int nid;
	bool critical;
	bool (*due)(const struct lint *l); /* NULL: always */
	bool (*good)(const struct lint *l, void *value);
	const ASN1_ITEM *(*item)(void);
	const char *der;
	size_t der_len;
} rows[] = {
	/* clang-format off */
	{ NID_authority_key_identifier, false, NULL, authority_good, AUTHORITY_KEYID_it, NULL, 0 }, /* CPR-07 */
	{ NID_key_usage, true, NULL, NULL, NULL, "\x03\x02\x07\x80", 4 }, /* CPR-08 */
	{ NID_ext_key_usage, false, NULL, purposes_good, EXTENDED_KEY_USAGE_it, NULL, 0 }, /* CPR-08 */
	{ NID_subject_alt_name, true, NULL, names_good, GENERAL_NAMES_it, NULL, 0 }, /* CPR-06 */
	{ NID_certificate_policies, false, due_policies, policies_good, CERTIFICATEPOLICIES_it, NULL, 0 }, /* CPR-10 */
	{ NID_crl_distribution_points, false, due_points, points_good, CRL_DIST_POINTS_it, NULL, 0 }, /* CPR-11 */
	{ NID_info_access, false, due_access, access_good, AUTHORITY_INFO_ACCESS_it, NULL, 0 }, /* CPR-11 */
	{ NID_no_rev_avail, false, due_no_rev_avail, NULL, NULL, "\x05\x00", 2 },
	{ NID_tlsfeature, false, due_feature, NULL, NULL, "\x30\x03\x02\x01\x05", 5 }, /* CPR-13 */
	/* clang-format on */
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool
value_good(const struct lint *l, const struct row *r, X509_EXTENSION *e)
{
	const ASN1_OCTET_STRING *octets = X509_EXTENSION_get_data(e);
	const uint8_t *at = ASN1_STRING_get0_data(octets);
	size_t len = (size_t)ASN1_STRING_length(octets);
	const ASN1_ITEM *item;
	ASN1_VALUE *value;
	bool good;

	if (r->der != NULL)
		return stands_as(e, r->der, r->der_len);
	item = r->item();
	value = ASN1_item_d2i(NULL, &at, (long)len, item);
	good = value != NULL && r->good(l, value) &&
	       lint_written_is(value, item, ASN1_STRING_get0_data(octets), len);
	ASN1_item_free(value, item);
	return good;
}

static enum err
wrong(const struct lint *l, const char *what, int nid)
{
	const char *name = nid == NID_undef ? NULL : OBJ_nid2sn(nid);

	return fault(l->f, ERR_LINT, "lint: %s %s", what,
	    name == NULL ? "extension" : name);
}

static const struct row *
row_of(X509_EXTENSION *e, unsigned *index)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

	for (*index = 0; *index < N_ROWS; ++*index)
		if (rows[*index].nid == nid && nid != NID_undef)
			return &rows[*index];
	return NULL;
}

enum err
lint_extensions(const struct lint *l)
{
	unsigned seen = 0, i;

	for (int n = 0; n < sk_X509_EXTENSION_num(l->tbs->extensions); n++) {
		X509_EXTENSION *e =
		    sk_X509_EXTENSION_value(l->tbs->extensions, n);
		const struct row *r = row_of(e, &i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

		if (r == NULL || (seen & 1U << i) != 0 ||
		    (r->due != NULL && !r->due(l)))
			return wrong(l, "not ordered:", nid);
		if ((X509_EXTENSION_get_critical(e) != 0) != r->critical)
			return wrong(l, "critical or not:", nid);
		if (!value_good(l, r, e))
			return wrong(l, "not as ordered:", nid);
		seen |= 1U << i;
	}
	for (i = 0; i < N_ROWS; i++)
		if ((seen & 1U << i) == 0 &&
		    (rows[i].due == NULL || rows[i].due(l)))
			return wrong(l, "missing:", rows[i].nid);
	return OK;
}
