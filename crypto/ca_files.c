/* The files of a hierarchy: which there are, and keys in and out of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/file.h"
#include "crypto/ca_int.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"

enum {
	NUMBERS_MAX = 1000,
	KDF_ROUNDS = 200000, /* PBKDF2 with HMAC-SHA-256, a quarter second */
	KDF_SALT = 16,
};

const char *
ca_path(const char *ca, const char *kind, size_t number, const char *what,
    struct arena *a)
{
	return arena_printf(a, "%s/%s-%zu.%s", ca, kind, number, what);
}

static enum err
unusable(const char *path, const char *why, struct fault *f)
{
	return fault(f, ERR_INTERNAL, "%s: %s", path, why);
}

/* A directory or a device of that name would be read strangely, or for ever. */
static enum err
regular(const char *path, bool secret, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fault(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
		    "%s: %s", path, strerrordesc_np(errno));
	if (!S_ISREG(st.st_mode))
		return unusable(path, "is not a file", f);
	if (secret && (st.st_mode & 077) != 0)
		return fault(f, ERR_INTERNAL,
		    "%s: others may read this key (mode %04o); chmod 600 it",
		    path, (unsigned)(st.st_mode & 07777));
	return OK;
}

static enum err
text_read(const char *path, struct arena *a, char **out, struct fault *f)
{
	TRY(regular(path, false, f));
	*out = file_read(path, CA_FILE_MAX, a, f);
	if (*out != NULL)
		return OK;
	return f->code == ERR_NOT_FOUND ? ERR_NOT_FOUND
	                                : (f->code = ERR_INTERNAL);
}

/* kind-1.pem, kind-2.pem and so on, as far as they go. */
static enum err
read_numbered(const char *kind, struct arena *a, struct ca_texts *t,
    struct fault *f)
{
	for (size_t i = 1; i <= NUMBERS_MAX; i++) {
		const char *path = ca_path(t->dir, kind, i, "pem", a);
		char *text;
		enum err e;

		if (access(path, F_OK) != 0)
			return OK;
		if ((e = text_read(path, a, &text, f)) != OK)
			return e;
		t->list[t->n++] =
		    (struct ca_text){ arena_printf(a, "%s-%zu.pem", kind, i),
			    text };
	}
	return fault(f, ERR_INTERNAL, "%s: more than %d of %s-N.pem", t->dir,
	    (int)NUMBERS_MAX, kind);
}

enum err
ca_read(const char *ca, struct arena *a, struct ca_texts *out, struct fault *f)
{
	char *root;

	*out = (struct ca_texts){ .dir = arena_text(a, ca),
		.list = ARENA_ARRAY(a, struct ca_text, 2 * NUMBERS_MAX + 1) };
	TRY(text_read(arena_printf(a, "%s/root.pem", ca), a, &root, f));
	out->list[out->n++] = (struct ca_text){ "root.pem", root };
	TRY(read_numbered("issuer", a, out, f));
	return read_numbered("cross", a, out, f);
}

enum err
ca_certs_read(const char *path, const char *text, int most,
    STACK_OF(X509) * *out, struct fault *f)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	STACK_OF(X509) *list = sk_X509_new_null();
	X509 *x;
	bool end;

	if (bio == NULL || list == NULL)
		abort();
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(list, x) <= 0)
			abort();
	end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(bio);
	*out = list;
	/* CRT-03 */
	if (end && sk_X509_num(list) >= 1 && sk_X509_num(list) <= most)
		return OK;
	sk_X509_pop_free(list, X509_free);
	*out = NULL;
	if (most == 1)
		return unusable(path, "is not one certificate in PEM", f);
	return fault(f, ERR_INTERNAL, "%s: is not 1 to %d certificates in PEM",
	    path, most);
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

enum err
ca_key_load(const char *path, const char *passphrase, EVP_PKEY **out,
    struct fault *f)
{
	struct passphrase p = { .text = passphrase };
	struct arena *a = arena_new();
	char *text = NULL;
	BIO *bio;
	enum err e = regular(path, true, f);

	*out = NULL;
	if (e == OK && (text = file_read(path, CA_FILE_MAX, a, f)) == NULL)
		e = f->code;
	if (e == OK) {
		if ((bio = BIO_new_mem_buf(text, -1)) == NULL)
			abort();
		*out = PEM_read_bio_PrivateKey(bio, NULL, passphrase_given, &p);
		BIO_free(bio);
		bytes_wipe(text, strlen(text));
		ERR_clear_error();
	}
	arena_free(a);
	if (e != OK || *out != NULL)
		return e;
	return unusable(path,
	    !p.asked ? "is no private key in PEM"
	    : passphrase == NULL
	        ? "is encrypted, and no passphrase was given"
	        : "the passphrase is wrong, or the file damaged",
	    f);
}

/* PBES2 with AES-256 if there is a passphrase (RFC 8018). */
static bool
key_write(BIO *bio, EVP_PKEY *key, const char *passphrase)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	X509_ALGOR *pbe = NULL;
	X509_SIG *sealed = NULL;
	bool ok;

	if (passphrase == NULL) {
		ok = plain != NULL &&
		     PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, plain) == 1;
	} else {
		pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), KDF_ROUNDS, NULL,
		    KDF_SALT, NULL, NID_hmacWithSHA256);
		if (plain != NULL && pbe != NULL)
			sealed = PKCS8_set0_pbe(passphrase,
			    (int)strlen(passphrase), plain, pbe);
		ok = sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;
		if (sealed == NULL)
			X509_ALGOR_free(pbe); /* else it owns it */
		X509_SIG_free(sealed);
	}
	PKCS8_PRIV_KEY_INFO_free(plain);
	return ok;
}

char *
ca_key_text(EVP_PKEY *key, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL, *out;
	long len;

	if (bio == NULL || !key_write(bio, key, passphrase) ||
	    (len = BIO_get_mem_data(bio, &data)) <= 0 ||
	    (out = malloc((size_t)len + 1)) == NULL)
		abort();
	memcpy(out, data, (size_t)len);
	out[len] = '\0';
	bytes_wipe(data, (size_t)len);
	BIO_free(bio);
	return out;
}

enum err
ca_key_read(const char *ca, unsigned issuer, const char *passphrase, char **pem,
    struct fault *f)
{
	struct arena *a = arena_new();
	const char *path = ca_path(ca, "issuer", issuer, "key", a),
	           *cert = ca_path(ca, "issuer", issuer, "pem", a);
	STACK_OF(X509) *certs = NULL;
	EVP_PKEY *key = NULL;
	char *text = NULL;
	enum err e;

	*pem = NULL;
	e = ca_key_load(path, passphrase, &key, f);
	if (e == OK)
		e = text_read(cert, a, &text, f);
	if (e == OK)
		e = ca_certs_read(cert, text, CA_CHAIN_MAX, &certs, f);
	if (e == OK &&
	    X509_check_private_key(sk_X509_value(certs, 0), key) != 1)
		e = unusable(path, "is not the key of that issuer", f);
	if (e == OK)
		*pem = ca_key_text(key, NULL);
	ERR_clear_error();
	sk_X509_pop_free(certs, X509_free);
	EVP_PKEY_free(key);
	arena_free(a);
	return e;
}
