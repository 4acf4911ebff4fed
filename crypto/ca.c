/* Reading a hierarchy, and refusing one that would only fail later. */
#include "crypto/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/ca_int.h"
#include "crypto/cert.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/x509_int.h"

/* A file of certificates, the lowest first. */
struct branch {
	const char *path;
	STACK_OF(X509) * certs;
	size_t of; /* cross: the issuer whose key it has; 0: the root */
	int below; /* what may lie between it and a leaf */
};

struct reading {
	const struct ca_texts *texts;
	struct arena *a;
	struct fault *f;
	struct branch root, *issuers, *crosses;
	size_t n_issuers, n_crosses;
};

static X509 *
lowest(const struct branch *b)
{
	return sk_X509_value(b->certs, 0);
}

static enum err
unusable(const char *path, const char *why, struct fault *f)
{
	return fault(f, ERR_INTERNAL, "%s: %s", path, why);
}

/* --- one certificate --- */

static const char *
name_text(X509_NAME *name, struct arena *a)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text;

	if (bio == NULL || X509_NAME_print_ex(bio, name, 0,
	                       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		abort();
	text = bio_text(bio, a);
	BIO_free(bio);
	return text;
}

static enum err
describe(const char *path, X509 *x, struct arena *a, struct ca_cert *out,
    struct fault *f)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	if (len <= 0)
		abort();
	out->der = (uint8_t *)arena_bytes(a, der, (size_t)len);
	out->der_len = (size_t)len;
	out->pem = cert_pem(out->der, out->der_len, a);
	out->subject = name_text(X509_get_subject_name(x), a);
	OPENSSL_free(der);
	if (!x509_times(x, &out->not_before, &out->not_after))
		return unusable(path, "has no proper dates", f);
	return OK;
}

const char *
ca_fingerprint(const struct ca_cert *c, struct arena *a)
{
	uint8_t digest[SHA256_SIZE];
	char *out = arena_alloc(a, sizeof(digest) * 3, 1);

	sha256(c->der, c->der_len, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(out + 3 * i, 4,
		    i == 31 ? "%02X" : "%02X:", digest[i]);
	return out;
}

static bool
same_key(const X509 *x, const X509 *y)
{
	return EVP_PKEY_eq(X509_get0_pubkey(x), X509_get0_pubkey(y)) == 1;
}

/* --- a chain: from a certificate that signs leaves up to below `anchor` --- */

/* May this one stand there, with `below` others between it and a leaf? */
static enum err
fit_to_sign(const char *path, X509 *x, int below, struct fault *f)
{
	long room = X509_get_pathlen(x);

	if (!x509_may_issue(x))
		return unusable(path,
		    "may not sign certificates: basicConstraints with CA:TRUE "
		    "and keyUsage with keyCertSign are needed",
		    f);
	if (room >= 0 && room < below)
		return fault(f, ERR_INTERNAL,
		    "%s: the path length of a certificate above allows %ld "
		    "issuers below it, not %d",
		    path, room, below);
	return OK;
}

/* Does it hold, today if `dated`? */
static enum err
verify(const char *path, X509 *anchor, STACK_OF(X509) * chain, bool dated,
    struct fault *f)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	unsigned long flags = X509_V_FLAG_X509_STRICT |
	                      X509_V_FLAG_CHECK_SS_SIGNATURE |
	                      (dated ? 0 : X509_V_FLAG_NO_CHECK_TIME);
	enum err e = OK;

	if (store == NULL || ctx == NULL ||
	    X509_STORE_add_cert(store, anchor) != 1 ||
	    X509_STORE_set_flags(store, flags) != 1 ||
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) !=
	        1)
		abort();
	if (X509_verify_cert(ctx) != 1)
		e = unusable(path,
		    X509_verify_cert_error_string(
		        X509_STORE_CTX_get_error(ctx)),
		    f);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return e;
}

static enum err
chain_check(const struct branch *b, X509 *anchor, bool dated, struct fault *f)
{
	STACK_OF(X509) *chain = b->certs;
	int n = sk_X509_num(chain);

	for (int i = 0; i < n; i++) {
		X509 *x = sk_X509_value(chain, i),
		     *above = i + 1 < n ? sk_X509_value(chain, i + 1) : anchor;

		TRY(fit_to_sign(b->path, x, b->below + i, f));
		if (i + 1 < n && X509_check_issued(above, x) != X509_V_OK)
			return unusable(b->path,
			    "its certificates are not in order: each is to be "
			    "followed by the one that certifies it",
			    f);
	}
	TRY(fit_to_sign(b->path, anchor, b->below + n, f));
	return verify(b->path, anchor, chain, dated, f);
}

/* --- the files --- */

static enum err
branch_read(struct reading *r, const struct ca_text *t, int most,
    struct branch *out)
{
	out->path = arena_printf(r->a, "%s/%s", r->texts->dir, t->name);
	return ca_certs_read(out->path, t->text, most, &out->certs, r->f);
}

static enum err
branches_read(struct reading *r)
{
	size_t n = r->texts->n;

	r->issuers = ARENA_ARRAY(r->a, struct branch, n);
	r->crosses = ARENA_ARRAY(r->a, struct branch, n);
	for (size_t i = 0; i < n; i++) {
		const struct ca_text *t = &r->texts->list[i];

		/* counted first: what has been read is freed */
		if (strncmp(t->name, "issuer-", 7) == 0)
			TRY(branch_read(r, t, CA_CHAIN_MAX,
			    &r->issuers[r->n_issuers++]));
		else if (strncmp(t->name, "cross-", 6) == 0)
			TRY(branch_read(r, t, CA_CHAIN_MAX + 1,
			    &r->crosses[r->n_crosses++]));
		else
			TRY(branch_read(r, t, 1, &r->root));
	}
	if (r->root.certs == NULL)
		return fault(r->f, ERR_NOT_FOUND, "%s/root.pem: is not there",
		    r->texts->dir);
	if (r->n_issuers == 0)
		return fault(r->f, ERR_INTERNAL,
		    "%s/issuer-1.pem: there is no issuer; `mayfly ca csr` asks "
		    "for one",
		    r->texts->dir);
	return OK;
}

static void
branches_free(struct reading *r)
{
	sk_X509_pop_free(r->root.certs, X509_free);
	for (size_t i = 0; i < r->n_issuers; i++)
		sk_X509_pop_free(r->issuers[i].certs, X509_free);
	for (size_t i = 0; i < r->n_crosses; i++)
		sk_X509_pop_free(r->crosses[i].certs, X509_free);
}

/* --- what they must be --- */

static enum err
root_check(const struct branch *b, enum ca_dates dates, struct fault *f)
{
	X509 *root = lowest(b);

	if (X509_check_issued(root, root) != X509_V_OK)
		return unusable(b->path, "is not signed by itself", f);
	TRY(fit_to_sign(b->path, root, 1, f));
	return verify(b->path, root, b->certs, dates == CA_TODAY, f);
}

enum err
ca_root_check(const char *path, const char *text, struct fault *f)
{
	struct branch b = { .path = path };
	enum err e = ca_certs_read(path, text, 1, &b.certs, f);

	if (e == OK)
		e = root_check(&b, CA_TODAY, f);
	sk_X509_pop_free(b.certs, X509_free);
	return e;
}

/* An old issuer may have expired; the newest must not have. */
static enum err
issuer_check(struct reading *r, size_t i, enum ca_dates dates)
{
	const struct branch *b = &r->issuers[i];
	bool dated = dates == CA_TODAY && i + 1 == r->n_issuers;

	for (size_t k = 0; k <= i; k++) {
		const struct branch *other =
		    k == 0 ? &r->root : &r->issuers[k - 1];

		if (same_key(lowest(b), lowest(other)))
			return fault(r->f, ERR_INTERNAL,
			    "%s: has the same key as %s", b->path, other->path);
	}
	return chain_check(b, lowest(&r->root), dated, r->f);
}

/* Take the root off the end of a cross chain; the caller frees it. */
static enum err
cross_anchor(struct reading *r, struct branch *b, X509 **anchor)
{
	int n = sk_X509_num(b->certs);
	X509 *last = sk_X509_value(b->certs, n - 1);

	if (n < 2 || X509_check_issued(last, last) != X509_V_OK)
		return unusable(b->path,
		    "is to end with the root that signed it, after what lies "
		    "between",
		    r->f);
	*anchor = sk_X509_pop(b->certs);
	return OK;
}

/* Certificates of the issuer with the longest way to the root. */
static int
longest(const struct reading *r)
{
	int most = 0;

	for (size_t i = 0; i < r->n_issuers; i++)
		if (sk_X509_num(r->issuers[i].certs) > most)
			most = sk_X509_num(r->issuers[i].certs);
	return most;
}

/* Whose other certificate is it? */
static enum err
cross_match(struct reading *r, struct branch *b)
{
	X509 *x = lowest(b);

	for (size_t i = 0; i <= r->n_issuers; i++) {
		X509 *own = lowest(i == 0 ? &r->root : &r->issuers[i - 1]);
		const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);

		if (!same_key(x, own) || X509_NAME_cmp(X509_get_subject_name(x),
		                             X509_get_subject_name(own)) != 0)
			continue;
		if (id != NULL && X509_get0_subject_key_id(own) != NULL &&
		    ASN1_OCTET_STRING_cmp(id, X509_get0_subject_key_id(own)) !=
		        0)
			return unusable(b->path,
			    "names its key by another identifier than ours",
			    r->f);
		b->of = i;
		b->below = i == 0 ? longest(r) : 0;
		return OK;
	}
	return unusable(b->path,
	    "has subject and key of neither the root nor an issuer", r->f);
}

/* --- chains as they are handed out --- */

/* Put `certs` on top of the chain, as text. */
static enum err
chain_add(struct reading *r, const struct branch *b, struct ca_chain *chain)
{
	for (int i = 0; i < sk_X509_num(b->certs); i++) {
		struct ca_cert c;

		TRY(describe(b->path, sk_X509_value(b->certs, i), r->a, &c,
		    r->f));
		chain->pem = arena_printf(r->a, "%s%s",
		    chain->n == 0 ? "" : chain->pem, c.pem);
		if (chain->n++ == 0 || c.not_after < chain->not_after)
			chain->not_after = c.not_after;
	}
	if (chain->n > CA_CHAIN_MAX)
		return fault(r->f, ERR_INTERNAL,
		    "%s: makes a chain of more than %d certificates, leaf "
		    "included",
		    b->path, CA_CHAIN_MAX + 1);
	return OK;
}

/* Leaves name their issuer's key so: without it there would be none. */
static enum err
key_id_take(struct reading *r, const struct branch *b, struct ca_chains *out)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(lowest(b));

	if (id == NULL || ASN1_STRING_length(id) <= 0)
		return unusable(b->path, "has no subjectKeyIdentifier", r->f);
	out->key_id_len = (size_t)ASN1_STRING_length(id);
	out->key_id = (const uint8_t *)arena_bytes(r->a,
	    ASN1_STRING_get0_data(id), out->key_id_len);
	return OK;
}

static enum err
chains_make(struct reading *r, size_t i, struct ca_chains *out)
{
	struct ca_chain *list =
	    ARENA_ARRAY(r->a, struct ca_chain, r->n_crosses + 1);

	*out = (struct ca_chains){ .list = list, .n = 1 };
	TRY(key_id_take(r, &r->issuers[i], out));
	TRY(chain_add(r, &r->issuers[i], &list[0]));
	for (size_t k = 0; k < r->n_crosses; k++) {
		const struct branch *b = &r->crosses[k];
		struct ca_chain *chain = &list[out->n];

		if (b->of != 0 && b->of != i + 1)
			continue;
		if (b->of == 0)
			*chain = list[0];
		TRY(chain_add(r, b, chain));
		if (++out->n > CA_CHAINS_MAX)
			return fault(r->f, ERR_INTERNAL,
			    "%s: there are %d chains of that issuer already; "
			    "remove one that nobody needs",
			    b->path, CA_CHAINS_MAX);
	}
	return OK;
}

/* A cross certificate may have expired: it is then no longer offered. */
static enum err
cross_take(struct reading *r, size_t i, struct ca *out)
{
	struct branch *b = &r->crosses[i];
	struct ca_cross *c = &out->crosses[i];
	X509 *anchor = NULL;
	enum err e;

	TRY(cross_anchor(r, b, &anchor));
	e = cross_match(r, b);
	if (e == OK)
		e = chain_check(b, anchor, false, r->f);
	if (e == OK)
		e = describe(b->path, lowest(b), r->a, &c->cert, r->f);
	c->anchor = name_text(X509_get_subject_name(anchor), r->a);
	c->issuer = b->of;
	X509_free(anchor);
	return e;
}

static enum err
take(struct reading *r, enum ca_dates dates, struct ca *out)
{
	TRY(branches_read(r));
	TRY(root_check(&r->root, dates, r->f));
	TRY(describe(r->root.path, lowest(&r->root), r->a, &out->root, r->f));
	out->fingerprint = ca_fingerprint(&out->root, r->a);
	out->n_issuers = r->n_issuers;
	out->issuers = ARENA_ARRAY(r->a, struct ca_cert, r->n_issuers);
	out->chains = ARENA_ARRAY(r->a, struct ca_chains, r->n_issuers);
	out->n_crosses = r->n_crosses;
	out->crosses = ARENA_ARRAY(r->a, struct ca_cross, r->n_crosses + 1);
	for (size_t i = 0; i < r->n_issuers; i++) {
		TRY(issuer_check(r, i, dates));
		TRY(describe(r->issuers[i].path, lowest(&r->issuers[i]), r->a,
		    &out->issuers[i], r->f));
	}
	for (size_t i = 0; i < r->n_crosses; i++)
		TRY(cross_take(r, i, out));
	for (size_t i = 0; i < r->n_issuers; i++)
		TRY(chains_make(r, i, &out->chains[i]));
	return OK;
}

enum err
ca_parse(const struct ca_texts *texts, enum ca_dates dates, struct arena *a,
    struct ca *out, struct fault *f)
{
	struct reading r = { .texts = texts, .a = a, .f = f };
	enum err e;

	memset(out, 0, sizeof(*out));
	e = take(&r, dates, out);
	branches_free(&r);
	ERR_clear_error();
	return e;
}

enum err
ca_load(const char *ca, struct arena *a, struct ca *out, struct fault *f)
{
	struct ca_texts texts;

	TRY(ca_read(ca, a, &texts, f));
	return ca_parse(&texts, CA_TODAY, a, out, f);
}
