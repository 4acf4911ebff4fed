/* Making a hierarchy: two keys, two certificates, four files. */
#include "crypto/ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "base/id.h"
#include "crypto/crypto_int.h"

enum {
	SLOW_CLOCKS_S = 3600,
	DAY_S = 86400,
	DAYS_MAX = 100 * 366,
	NAME_MAX_LEN = 40,   /* a CN has 64 characters at most */
	KDF_ROUNDS = 200000, /* PBKDF2 with HMAC-SHA-256, a quarter second */
	KDF_SALT = 16,
};

/* One level of the hierarchy. */
struct level {
	const char *cn, *constraints;
	int64_t begin, end;
	EVP_PKEY *key;
	X509 *cert;
};

static bool
extension_add(X509 *x, X509V3_CTX *ctx, const char *name, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf(NULL, ctx, name, value);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static bool
serial_set(X509 *x, int64_t now)
{
	struct id id = id_new(now * 1000);
	BIGNUM *n = BN_bin2bn(id.bytes, sizeof(id.bytes), NULL);
	bool ok = n != NULL &&
	          BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

	BN_free(n);
	return ok;
}

/* `by` is the level itself for a root. */
static bool
certify(struct level *l, const struct level *by, int64_t now)
{
	X509 *x = l->cert = X509_new();
	X509V3_CTX ctx;

	if (x == NULL)
		return false;
	X509V3_set_ctx(&ctx, by->cert, x, NULL, NULL, 0);
	return X509_set_version(x, X509_VERSION_3) == 1 && serial_set(x, now) &&
	       X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	           MBSTRING_UTF8, (const uint8_t *)l->cn, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, X509_get_subject_name(by->cert)) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)l->begin) !=
	           NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)l->end) != NULL &&
	       X509_set_pubkey(x, l->key) == 1 &&
	       extension_add(x, &ctx, "basicConstraints", l->constraints) &&
	       extension_add(x, &ctx, "keyUsage",
	           "critical,keyCertSign,cRLSign") &&
	       extension_add(x, &ctx, "subjectKeyIdentifier", "hash") &&
	       (by == l || extension_add(x, &ctx, "authorityKeyIdentifier",
	                       "keyid:always")) &&
	       X509_sign(x, by->key, md_fetched(MD_SHA256)) > 0;
}

/* PKCS#8; PBES2 with AES-256 if there is a passphrase (RFC 8018). */
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

/* The files in the order they are written: keys first, the root last. */
enum { ROOT_KEY, ISSUER_KEY, ISSUER_PEM, ROOT_PEM, N_FILES };
static const struct {
	const char *name, *temporary;
	mode_t mode;
} files[N_FILES] = {
	{ "root.key", "root.key.new", 0600 },
	{ "issuer-1.key", "issuer-1.key.new", 0600 },
	{ "issuer-1.pem", "issuer-1.pem.new", 0644 },
	{ "root.pem", "root.pem.new", 0644 },
};

static bool
write_whole(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

static bool
file_write(int dir, unsigned i, BIO *bio)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);
	int fd;
	bool ok;

	(void)unlinkat(dir, files[i].temporary, 0);
	fd = openat(dir, files[i].temporary,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    files[i].mode);
	if (fd < 0)
		return false;
	ok = fchmod(fd, files[i].mode) == 0 &&
	     write_whole(fd, text, (size_t)len);
	ok = close(fd) == 0 && ok;
	return ok && renameat(dir, files[i].temporary, dir, files[i].name) == 0;
}

/* All of them or none. */
static enum err
files_write(const char *ca, int dir, BIO *const *bios, struct fault *f)
{
	unsigned i, done = 0;
	int why = 0;

	for (i = 0; i < N_FILES && why == 0; i++) {
		if (file_write(dir, i, bios[i]))
			done++;
		else
			why = errno;
	}
	if (why == 0 && fsync(dir) != 0)
		why = errno;
	for (i = 0; i < N_FILES; i++)
		(void)unlinkat(dir, files[i].temporary, 0);
	if (why == 0)
		return OK;
	for (i = done; i-- > 0;)
		(void)unlinkat(dir, files[i].name, 0);
	return fault(f, ERR_INTERNAL, "%s/%s: %s", ca,
	    files[done < N_FILES ? done : 0].name, strerror(why));
}

/* Nothing may be there, not even a key without its certificate. */
static enum err
vacant(const char *ca, int dir, struct fault *f)
{
	struct stat st;

	for (unsigned i = 0; i < N_FILES; i++) {
		if (fstatat(dir, files[i].name, &st, AT_SYMLINK_NOFOLLOW) !=
		        0 &&
		    errno == ENOENT)
			continue;
		return fault(f, ERR_INTERNAL,
		    "%s/%s exists; it is not replaced. If an earlier init was "
		    "interrupted and nothing else is there, remove it",
		    ca, files[i].name);
	}
	return OK;
}

static bool
make(struct level *root, struct level *issuer, const struct ca_spec *spec,
    int64_t now, BIO **bios)
{
	root->key = EVP_EC_gen("P-256");
	issuer->key = EVP_EC_gen("P-256");
	for (unsigned i = 0; i < N_FILES; i++)
		bios[i] = BIO_new(BIO_s_mem());
	return root->key != NULL && issuer->key != NULL &&
	       certify(root, root, now) && certify(issuer, root, now) &&
	       key_write(bios[ROOT_KEY], root->key, spec->passphrase) &&
	       key_write(bios[ISSUER_KEY], issuer->key, spec->passphrase) &&
	       PEM_write_bio_X509(bios[ROOT_PEM], root->cert) == 1 &&
	       PEM_write_bio_X509(bios[ISSUER_PEM], issuer->cert) == 1;
}

static enum err
make_and_write(const char *ca, int dir, const struct ca_spec *spec, int64_t now,
    struct fault *f)
{
	struct arena *a = arena_new();
	int64_t begin = now - SLOW_CLOCKS_S;
	struct level root = { arena_printf(a, "%s root", spec->name),
		"critical,CA:TRUE", begin,
		now + (int64_t)spec->root_days * DAY_S - 1, NULL, NULL };
	struct level issuer = { arena_printf(a, "%s issuer 1", spec->name),
		"critical,CA:TRUE,pathlen:0", begin,
		now + (int64_t)spec->issuer_days * DAY_S - 1, NULL, NULL };
	BIO *bios[N_FILES] = { NULL };
	enum err e;

	if (issuer.end > root.end)
		issuer.end = root.end;
	e = make(&root, &issuer, spec, now, bios)
	        ? files_write(ca, dir, bios, f)
	        : fault(f, ERR_INTERNAL, "cannot make a CA: %s",
	              openssl_reason());
	for (unsigned i = 0; i < N_FILES; i++)
		BIO_free(bios[i]);
	EVP_PKEY_free(root.key);
	EVP_PKEY_free(issuer.key);
	X509_free(root.cert);
	X509_free(issuer.cert);
	arena_free(a);
	return e;
}

enum err
ca_init(const char *ca, const struct ca_spec *spec, int64_t now,
    struct fault *f)
{
	enum err e;
	int dir;

	if (spec->name == NULL || spec->name[0] == '\0' ||
	    strlen(spec->name) > NAME_MAX_LEN)
		return fault(f, ERR_INTERNAL,
		    "a CA's name has 1 to %d characters", (int)NAME_MAX_LEN);
	if (spec->root_days == 0 || spec->root_days > DAYS_MAX ||
	    spec->issuer_days == 0 || spec->issuer_days > DAYS_MAX)
		return fault(f, ERR_INTERNAL, "a CA is valid for 1 to %d days",
		    (int)DAYS_MAX);
	dir = open(ca, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fault(f, ERR_INTERNAL, "%s: %s", ca, strerror(errno));
	e = vacant(ca, dir, f);
	if (e == OK)
		e = make_and_write(ca, dir, spec, now, f);
	(void)close(dir);
	return e;
}
