/* Requests out, certificates in. */
#include "crypto/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/roll_int.h"
#include "crypto/signer_int.h"

enum { CN_MAX = 64, SECURITY_BITS_MIN = 112 };

/* --- a root of others --- */

enum err
ca_adopt(const char *ca, const char *pem, struct fault *f)
{
	struct arena *a = arena_new();
	const char *path = arena_printf(a, "%s/root.pem", ca);
	STACK_OF(X509) *certs = NULL;
	enum err e = ca_root_check("the root", pem, f);

	if (e == OK)
		e = ca_certs_read(path, pem, 1, &certs, f);
	if (e == OK) /* without whatever else the file says */
		e = file_write(path, ca_cert_text(sk_X509_value(certs, 0), a),
		    0644, f);
	sk_X509_pop_free(certs, X509_free);
	arena_free(a);
	return e;
}

/* --- the request --- */

static size_t
count(const struct ca_texts *t, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += strncmp(t->list[i].name, kind, strlen(kind)) == 0;
	return n;
}

static bool
ask_for_ca(X509_REQ *req)
{
	static const char *const wanted[][2] = {
		{ "basicConstraints", "critical,CA:TRUE,pathlen:0" },
		{ "keyUsage", "critical,keyCertSign,cRLSign" },
	};
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	bool ok = list != NULL;

	for (size_t i = 0; ok && i < 2; i++) {
		X509_EXTENSION *e =
		    X509V3_EXT_conf(NULL, NULL, wanted[i][0], wanted[i][1]);

		ok = e != NULL && sk_X509_EXTENSION_push(list, e) > 0;
		if (!ok)
			X509_EXTENSION_free(e);
	}
	ok = ok && X509_REQ_add_extensions(req, list) == 1;
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ok;
}

static enum err
request_make(EVP_PKEY *key, const char *cn, struct arena *a, const char **pem,
    struct fault *f)
{
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok;

	if (req == NULL || bio == NULL)
		abort();
	ok = X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	     X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
	         MBSTRING_UTF8, (const uint8_t *)cn, -1, -1, 0) == 1 &&
	     X509_REQ_set_pubkey(req, key) == 1 && ask_for_ca(req) &&
	     X509_REQ_sign(req, key, md_fetched(MD_SHA256)) > 0 &&
	     PEM_write_bio_X509_REQ(bio, req) == 1;
	if (ok)
		*pem = bio_text(bio, a);
	else
		(void)fault(f, ERR_INTERNAL, "cannot make a request: %s",
		    openssl_reason());
	BIO_free(bio);
	X509_REQ_free(req);
	return ok ? OK : f->code;
}

static enum err
request(struct rolling *r, const struct ca_spec *spec, struct arena *a,
    const char **pem, struct fault *f)
{
	size_t number = count(&r->texts, "issuer-") + 1;
	const char *name = spec->name;
	struct ca ca;

	if (number > 1) {
		TRY(ca_parse(&r->texts, CA_ANY_DAY, r->a, &ca, f));
		name = roll_name(r, &ca, name);
	}
	TRY(roll_key(r, arena_printf(r->a, "%s/next.key", r->ca),
	    spec->passphrase, f));
	return request_make(r->key,
	    arena_printf(r->a, "%s issuer %zu", name, number), a, pem, f);
}

enum err
ca_request(const char *ca, const struct ca_spec *spec, struct arena *a,
    const char **pem, struct fault *f)
{
	struct rolling r;
	enum err e = roll_begin(&r, ca, f);

	if (e == OK)
		e = request(&r, spec, a, pem, f);
	roll_end(&r);
	return e;
}

/* --- the signature --- */

/* Only its common name, which is all ours have. */
static enum err
common_name(const X509_REQ *req, struct arena *a, const char **cn,
    struct fault *f)
{
	X509_NAME *name = X509_REQ_get_subject_name(req);
	const X509_NAME_ENTRY *e = X509_NAME_entry_count(name) == 1
	                               ? X509_NAME_get_entry(name, 0)
	                               : NULL;
	uint8_t *text = NULL;
	int n = -1;

	if (e != NULL &&
	    OBJ_obj2nid(X509_NAME_ENTRY_get_object(e)) == NID_commonName)
		n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(e));
	if (n > 0 && n <= CN_MAX && strlen((char *)text) == (size_t)n)
		*cn = arena_bytes(a, (char *)text, (size_t)n);
	else
		(void)fault(f, ERR_MALFORMED,
		    "the request's subject is to be one common name of 1 to "
		    "%d bytes",
		    (int)CN_MAX);
	OPENSSL_free(text);
	return *cn != NULL ? OK : f->code;
}

/* One that mayfly can sign with. */
static enum err
key_fits(EVP_PKEY *key, struct fault *f)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	struct der spki = der_over(der, len < 0 ? 0 : (size_t)len), algorithm;
	struct scheme scheme;
	struct pubkey k;
	bool fits = len > 0 && spki_read(&spki, ERR_MALFORMED, &k, f) == OK &&
	            issuer_scheme(k.kind, &scheme, &algorithm) &&
	            EVP_PKEY_get_security_bits(key) >= SECURITY_BITS_MIN;

	OPENSSL_free(der);
	return fits ? OK
	            : fault(f, ERR_MALFORMED,
	                  "the key of an issuer is to be P-256, P-384, or RSA "
	                  "of 2048 bits at least");
}

static enum err
request_read(const char *csr, X509_REQ **out, struct fault *f)
{
	BIO *bio = BIO_new_mem_buf(csr, -1);
	EVP_PKEY *key;

	if (bio == NULL)
		abort();
	*out = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	key = *out == NULL ? NULL : X509_REQ_get0_pubkey(*out);
	if (key == NULL)
		return fault(f, ERR_MALFORMED,
		    "that is no PKCS#10 in PEM; `mayfly ca csr` makes one");
	if (X509_REQ_verify(*out, key) != 1)
		return fault(f, ERR_MALFORMED,
		    "the request is not signed by its own key: %s",
		    openssl_reason());
	return key_fits(key, f);
}

enum err
ca_sign(const char *root, const struct ca_spec *spec, const char *csr,
    int64_t now, struct arena *a, const char **pem, struct fault *f)
{
	struct rolling r = { .a = arena_new(), .lock = -1 };
	X509_REQ *req = NULL;
	const char *cn = NULL;
	X509 *x = NULL;
	enum err e = request_read(csr, &req, f);

	if (e == OK)
		e = common_name(req, r.a, &cn, f);
	if (e == OK)
		e = roll_root(&r, root, spec->passphrase, f);
	if (e == OK)
		e = roll_certify(&r, cn, X509_REQ_get0_pubkey(req),
		    spec->issuer_days, now, &x, f);
	if (e == OK)
		*pem = ca_cert_text(x, a);
	X509_free(x);
	X509_REQ_free(req);
	roll_end(&r);
	return e;
}

/* --- what comes back --- */

static const char *
texts_of(const STACK_OF(X509) * certs, struct arena *a)
{
	const char *all = "";

	for (int i = 0; i < sk_X509_num(certs); i++)
		all = arena_printf(a, "%s%s", all,
		    ca_cert_text(sk_X509_value(certs, i), a));
	return all;
}

/* Files of chains often end with the root itself: one that we have anyway. */
static enum err
without_root(struct rolling *r, STACK_OF(X509) * certs, const char *root_pem,
    X509 **root, struct fault *f)
{
	const char *path = arena_printf(r->a, "%s/root.pem", r->ca);
	STACK_OF(X509) *one = NULL;
	int n = sk_X509_num(certs);

	TRY(ca_certs_read(path, root_pem, 1, &one, f));
	*root = sk_X509_pop(one);
	sk_X509_free(one);
	if (n > 1 && X509_cmp(sk_X509_value(certs, n - 1), *root) == 0)
		X509_free(sk_X509_pop(certs));
	return OK;
}

/* The key that waits for it, at `from`; where it belongs, `to`. */
static enum err
find_key(struct rolling *r, X509 *x, const char *passphrase, size_t number,
    const char **from, struct fault *f)
{
	/* the second is what an import was interrupted with */
	const char *const places[] = {
		arena_printf(r->a, "%s/next.key", r->ca),
		ca_path(r->ca, "issuer", number, "key", r->a),
	};

	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *key = NULL;
		enum err e = ca_key_load(places[i], passphrase, &key, f);
		bool found = e == OK && X509_check_private_key(x, key) == 1;

		EVP_PKEY_free(key);
		ERR_clear_error();
		if (e != OK && e != ERR_NOT_FOUND)
			return e;
		if (found) {
			*from = places[i];
			return key_fits(X509_get0_pubkey(x), f);
		}
	}
	return fault(f, ERR_NOT_FOUND,
	    "the certificate is for no key that waits in %s; is it for the "
	    "request that `mayfly ca csr` made here?",
	    r->ca);
}

/* The key first, the certificate last. */
static enum err
install(struct rolling *r, size_t number, const char *key, const char *text,
    struct fault *f)
{
	const char *to = ca_path(r->ca, "issuer", number, "key", r->a);

	if (strcmp(key, to) != 0 &&
	    (rename(key, to) != 0 || fsync(r->lock) != 0))
		return fault(f, ERR_INTERNAL, "%s: %s", to,
		    strerrordesc_np(errno));
	return file_write(ca_path(r->ca, "issuer", number, "pem", r->a), text,
	    0644, f);
}

static enum err
import_issuer(struct rolling *r, const struct ca_import *what,
    STACK_OF(X509) * certs, size_t *number, struct fault *f)
{
	const char *key = NULL, *text;
	X509 *root = NULL;
	struct ca ca;

	*number = count(&r->texts, "issuer-") + 1;
	TRY(without_root(r, certs, r->texts.list[0].text, &root, f));
	X509_free(root);
	TRY(find_key(r, sk_X509_value(certs, 0), what->passphrase, *number,
	    &key, f));
	text = texts_of(certs, r->a);
	TRY(roll_try(r, arena_printf(r->a, "issuer-%zu.pem", *number), text,
	    &ca, f));
	return install(r, *number, key, text, f);
}

static enum err
import_cross(struct rolling *r, const struct ca_import *what,
    STACK_OF(X509) * certs, int64_t now, size_t *number, struct fault *f)
{
	const struct ca_cross *last;
	X509 *root = NULL;
	const char *text;
	struct ca ca;

	*number = count(&r->texts, "cross-") + 1;
	TRY(without_root(r, certs, what->cross_root, &root, f));
	if (sk_X509_push(certs, root) <= 0)
		abort();
	text = texts_of(certs, r->a);
	TRY(roll_try(r, arena_printf(r->a, "cross-%zu.pem", *number), text, &ca,
	    f));
	last = &ca.crosses[ca.n_crosses - 1];
	if (last->cert.not_after < now || last->cert.not_before > now)
		return fault(f, ERR_MALFORMED,
		    "the certificate has expired, or is not valid yet");
	for (size_t i = 0; i + 1 < ca.n_crosses; i++)
		if (ca.crosses[i].cert.der_len == last->cert.der_len &&
		    memcmp(ca.crosses[i].cert.der, last->cert.der,
		        last->cert.der_len) == 0)
			return fault(f, ERR_MALFORMED,
			    "it is here already, as cross-%zu.pem", i + 1);
	return file_write(ca_path(r->ca, "cross", *number, "pem", r->a), text,
	    0644, f);
}

enum err
ca_import(const char *ca, const struct ca_import *what, int64_t now,
    size_t *number, struct fault *f)
{
	STACK_OF(X509) *certs = NULL;
	struct rolling r;
	enum err e = roll_begin(&r, ca, f);

	if (e == OK)
		e = ca_certs_read("the file to be imported", what->pem,
		    CA_CHAIN_MAX + 1, &certs, f);
	if (e == OK)
		e = what->cross_root != NULL
		        ? import_cross(&r, what, certs, now, number, f)
		        : import_issuer(&r, what, certs, number, f);
	sk_X509_pop_free(certs, X509_free);
	roll_end(&r);
	return e;
}
