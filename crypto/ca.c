/* Reading a hierarchy, and refusing one that would only fail later. */
#include "crypto/ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "crypto/cert.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/x509_int.h"

enum { FILE_MAX_LEN = 64 * 1024, ISSUERS_MAX = 1000 };

static enum err
unusable(const char *path, const char *why, struct fault *f)
{
	return fault(f, ERR_INTERNAL, "%s: %s", path, why);
}

/* A whole small file in a BIO.  ERR_NOT_FOUND if it is not there. */
static enum err
file_read(const char *path, bool secret, BIO **out, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char buf[4096];
	ssize_t n;
	size_t total = 0;
	enum err e = OK;

	if (fd < 0)
		return fault(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
		    "%s: %s", path, strerror(errno));
	*out = BIO_new(BIO_s_mem());
	if (*out == NULL)
		abort();
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		e = unusable(path, "is not a file", f);
	else if (secret && (st.st_mode & 077) != 0)
		e = fault(f, ERR_INTERNAL,
		    "%s: others may read this key (mode %04o); chmod 600 it",
		    path, (unsigned)(st.st_mode & 07777));
	while (e == OK && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0)
			e = unusable(path, strerror(errno), f);
		else if ((total += (size_t)n) > FILE_MAX_LEN)
			e = unusable(path, "is too long to be PEM of ours", f);
		else if (BIO_write(*out, buf, (int)n) != n)
			abort();
	}
	bytes_wipe(buf, sizeof(buf));
	(void)close(fd);
	if (e != OK) {
		BIO_free(*out);
		*out = NULL;
	}
	return e;
}

static enum err
cert_read(const char *path, X509 **out, struct fault *f)
{
	BIO *bio;
	X509 *more;

	TRY(file_read(path, false, &bio, f));
	*out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	more = *out == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (*out != NULL && more == NULL)
		return OK;
	X509_free(more);
	X509_free(*out);
	*out = NULL;
	return unusable(path, "is not one certificate in PEM", f);
}

static enum err
describe(const char *path, X509 *x, struct arena *a, struct ca_cert *out,
    struct fault *f)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	if (bio == NULL || len <= 0 ||
	    X509_NAME_print_ex(bio, X509_get_subject_name(x), 0,
	        XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		abort();
	out->der = (uint8_t *)arena_bytes(a, der, (size_t)len);
	out->der_len = (size_t)len;
	out->pem = cert_pem(out->der, out->der_len, a);
	out->subject = bio_text(bio, a);
	OPENSSL_free(der);
	BIO_free(bio);
	if (!x509_times(x, &out->not_before, &out->not_after))
		return unusable(path, "has no proper dates", f);
	return OK;
}

static enum err
fit_to_sign(const char *path, X509 *x, struct fault *f)
{
	if (!x509_may_issue(x))
		return unusable(path, "may not sign certificates", f);
	return OK;
}

/* Does the chain hold, today if `dated`? */
static enum err
chain_check(const char *path, X509 *root, X509 *x, bool dated, struct fault *f)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	unsigned long flags = X509_V_FLAG_X509_STRICT |
	                      X509_V_FLAG_CHECK_SS_SIGNATURE |
	                      (dated ? 0 : X509_V_FLAG_NO_CHECK_TIME);
	enum err e = OK;

	if (store == NULL || ctx == NULL ||
	    X509_STORE_add_cert(store, root) != 1 ||
	    X509_STORE_set_flags(store, flags) != 1 ||
	    X509_STORE_CTX_init(ctx, store, x, NULL) != 1)
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

static const char *
issuer_path(const char *ca, size_t number, const char *what, struct arena *a)
{
	return arena_printf(a, "%s/issuer-%zu.%s", ca, number, what);
}

/* An old issuer may have expired; the newest must not have. */
static enum err
issuer_load(const char *ca, size_t number, size_t n, X509 *root,
    struct arena *a, struct ca_cert *out, struct fault *f)
{
	const char *path = issuer_path(ca, number, "pem", a);
	X509 *x;
	enum err e;

	TRY(cert_read(path, &x, f));
	e = fit_to_sign(path, x, f);
	if (e == OK)
		e = chain_check(path, root, x, number == n, f);
	if (e == OK)
		e = describe(path, x, a, out, f);
	X509_free(x);
	return e;
}

static size_t
issuers_count(const char *ca, struct arena *a)
{
	size_t n = 0;

	while (n < ISSUERS_MAX &&
	       access(issuer_path(ca, n + 1, "pem", a), F_OK) == 0)
		n++;
	return n;
}

static enum err
load(const char *ca, const char *path, X509 *root, struct arena *a,
    struct ca *out, struct fault *f)
{
	TRY(fit_to_sign(path, root, f));
	TRY(chain_check(path, root, root, true, f));
	TRY(describe(path, root, a, &out->root, f));
	out->fingerprint = ca_fingerprint(&out->root, a);
	out->n_issuers = issuers_count(ca, a);
	if (out->n_issuers == 0)
		return fault(f, ERR_INTERNAL,
		    "%s/issuer-1.pem: there is no issuer", ca);
	out->issuers = ARENA_ARRAY(a, struct ca_cert, out->n_issuers);
	for (size_t i = 0; i < out->n_issuers; i++)
		TRY(issuer_load(ca, i + 1, out->n_issuers, root, a,
		    &out->issuers[i], f));
	return OK;
}

enum err
ca_load(const char *ca, struct arena *a, struct ca *out, struct fault *f)
{
	const char *path = arena_printf(a, "%s/root.pem", ca);
	X509 *root;
	enum err e;

	memset(out, 0, sizeof(*out));
	TRY(cert_read(path, &root, f));
	e = load(ca, path, root, a, out, f);
	X509_free(root);
	return e;
}

/* What PEM asks for a passphrase; it must never ask at the terminal. */
struct passphrase {
	const char *text;
	bool asked;
};

static int
passphrase_given(char *buf, int size, int writing, void *arg)
{
	struct passphrase *p = arg;
	size_t len = p->text == NULL ? 0 : strlen(p->text);

	(void)writing;
	p->asked = true;
	if (p->text == NULL || len > (size_t)size)
		return -1;
	memcpy(buf, p->text, len);
	return (int)len;
}

static enum err
key_load(const char *path, const char *passphrase, EVP_PKEY **out,
    struct fault *f)
{
	struct passphrase p = { .text = passphrase };
	BIO *bio;

	TRY(file_read(path, true, &bio, f));
	*out = PEM_read_bio_PrivateKey(bio, NULL, passphrase_given, &p);
	BIO_free(bio);
	ERR_clear_error();
	if (*out != NULL)
		return OK;
	return unusable(path,
	    !p.asked ? "is no private key in PEM"
	    : passphrase == NULL
	        ? "is encrypted, and no passphrase was given"
	        : "the passphrase is wrong, or the file damaged",
	    f);
}

static char *
key_text(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *out;
	long len;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
	        NULL) != 1 ||
	    (len = BIO_get_mem_data(bio, &data)) <= 0 ||
	    (out = malloc((size_t)len + 1)) == NULL)
		abort();
	memcpy(out, data, (size_t)len);
	out[len] = '\0';
	BIO_free(bio);
	return out;
}

enum err
ca_key_read(const char *ca, unsigned issuer, const char *passphrase, char **pem,
    struct fault *f)
{
	struct arena *a = arena_new();
	const char *path = issuer_path(ca, issuer, "key", a);
	EVP_PKEY *key = NULL;
	X509 *x = NULL;
	enum err e;

	*pem = NULL;
	e = key_load(path, passphrase, &key, f);
	if (e == OK)
		e = cert_read(issuer_path(ca, issuer, "pem", a), &x, f);
	if (e == OK && X509_check_private_key(x, key) != 1)
		e = unusable(path, "is not the key of that issuer", f);
	if (e == OK)
		*pem = key_text(key);
	ERR_clear_error();
	X509_free(x);
	EVP_PKEY_free(key);
	arena_free(a);
	return e;
}
