/* The next issuer, by a root whose key is at hand. */
#include "crypto/roll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"
#include "crypto/roll_int.h"

enum { SLOW_CLOCKS_S = 3600, DAY_S = 86400 };

enum err
roll_begin(struct rolling *r, const char *ca, struct fault *f)
{
	*r = (struct rolling){ .a = arena_new(), .ca = ca, .lock = -1 };
	r->lock = open(ca, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->lock < 0)
		return fault(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
		    "%s: %s", ca, strerrordesc_np(errno));
	if (flock(r->lock, LOCK_EX | LOCK_NB) != 0)
		return fault(f, ERR_BUSY,
		    "%s: another process is changing it; try again", ca);
	return ca_read(ca, r->a, &r->texts, f);
}

void
roll_end(struct rolling *r)
{
	if (r->lock >= 0)
		(void)close(r->lock);
	X509_free(r->root);
	EVP_PKEY_free(r->root_key);
	EVP_PKEY_free(r->key);
	arena_free(r->a);
}

enum err
roll_try(struct rolling *r, const char *name, const char *text, struct ca *out,
    struct fault *f)
{
	struct ca_texts with = r->texts;

	with.list = ARENA_ARRAY(r->a, struct ca_text, with.n + 1);
	memcpy(with.list, r->texts.list, with.n * sizeof(with.list[0]));
	with.list[with.n++] = (struct ca_text){ name, text };
	return ca_parse(&with, CA_TODAY, r->a, out, f);
}

enum err
roll_root(struct rolling *r, const char *dir, const char *passphrase,
    struct fault *f)
{
	const char *pem = arena_printf(r->a, "%s/root.pem", dir),
	           *key = arena_printf(r->a, "%s/root.key", dir);
	STACK_OF(X509) *certs = NULL;
	char *text = file_read(pem, CA_FILE_MAX, r->a, f);

	if (text == NULL)
		return f->code;
	TRY(ca_key_load(key, passphrase, &r->root_key, f));
	TRY(ca_certs_read(pem, text, 1, &certs, f));
	r->root = sk_X509_pop(certs);
	sk_X509_free(certs);
	if (X509_check_private_key(r->root, r->root_key) == 1)
		return OK;
	return fault(f, ERR_INTERNAL, "%s: is not the key of %s", key, pem);
}

enum err
roll_certify(struct rolling *r, const char *cn, EVP_PKEY *key, unsigned days,
    int64_t now, X509 **out, struct fault *f)
{
	struct ca_level l = { cn, 0, now - SLOW_CLOCKS_S,
		now + (int64_t)days * DAY_S - 1, key };
	int64_t begin, end;

	if (!x509_times(r->root, &begin, &end) || end <= now || begin > now)
		return fault(f, ERR_INTERNAL,
		    "the root has expired, or is not valid yet: what it signs "
		    "would be worth nothing");
	if (l.begin < begin)
		l.begin = begin;
	if (l.end > end) /* CPR-04 */
		l.end = end;
	*out = ca_certify(&l, r->root, r->root_key, now);
	if (*out != NULL)
		return OK;
	return fault(f, ERR_INTERNAL, "cannot sign: %s", openssl_reason());
}

enum err
roll_key(struct rolling *r, const char *path, const char *passphrase,
    struct fault *f)
{
	char *text;
	enum err e = ca_key_load(path, passphrase, &r->key, f);

	if (e != ERR_NOT_FOUND)
		return e;
	if ((r->key = EVP_EC_gen("P-256")) == NULL)
		return fault(f, ERR_INTERNAL, "cannot make a key: %s",
		    openssl_reason());
	text = ca_key_text(r->key, passphrase);
	e = file_write(path, text, 0600, f);
	bytes_wipe(text, strlen(text));
	free(text);
	return e;
}

const char *
roll_name(struct rolling *r, const struct ca *ca, const char *usual)
{
	const char *subject = ca->issuers[ca->n_issuers - 1].subject;
	const char *end = arena_printf(r->a, " issuer %zu", ca->n_issuers);
	size_t n = strlen(subject), m = strlen(end);

	if (n <= 3 + m || strncmp(subject, "CN=", 3) != 0 ||
	    strcmp(subject + n - m, end) != 0 ||
	    strpbrk(subject, "\\+,") != NULL)
		return usual;
	return arena_bytes(r->a, subject + 3, n - m - 3);
}

static enum err
rotate(struct rolling *r, const struct ca_spec *spec, size_t had, int64_t now,
    size_t *number, struct fault *f)
{
	const char *name, *text;
	struct ca ca;
	X509 *x = NULL;

	TRY(ca_parse(&r->texts, CA_ANY_DAY, r->a, &ca, f));
	if (had != 0 && ca.n_issuers != had)
		return fault(f, ERR_STALE,
		    "%s: somebody else has just changed it", r->ca);
	*number = ca.n_issuers + 1;
	TRY(roll_root(r, r->ca, spec->passphrase, f));
	TRY(roll_key(r, ca_path(r->ca, "issuer", *number, "key", r->a),
	    spec->passphrase, f));
	TRY(roll_certify(r,
	    arena_printf(r->a, "%s issuer %zu", roll_name(r, &ca, spec->name),
	        *number),
	    r->key, spec->issuer_days, now, &x, f));
	text = ca_cert_text(x, r->a);
	X509_free(x);
	name = arena_printf(r->a, "issuer-%zu.pem", *number);
	TRY(roll_try(r, name, text, &ca, f));
	return file_write(arena_printf(r->a, "%s/%s", r->ca, name), text, 0644,
	    f);
}

enum err
ca_rotate(const char *ca, const struct ca_spec *spec, size_t had, int64_t now,
    size_t *number, struct fault *f)
{
	struct rolling r;
	enum err e = roll_begin(&r, ca, f);

	if (e == OK)
		e = rotate(&r, spec, had, now, number, f);
	if (e == ERR_NOT_FOUND)
		(void)fault(f, e,
		    "%s/root.key is not here; `mayfly ca csr` makes a request "
		    "to take to where it is",
		    ca);
	roll_end(&r);
	return e;
}

int64_t
ca_rotation_due(const struct ca *ca, int64_t overlap_s, int64_t longest_s)
{
	const struct ca_cert *newest = &ca->issuers[ca->n_issuers - 1];
	int64_t life = newest->not_after - newest->not_before + 1;
	int64_t before = overlap_s > 0 ? overlap_s : life / 3;

	if (before <= longest_s) /* CPR-17 */
		before = longest_s + SLOW_CLOCKS_S;
	if (before > life / 3 * 2) /* or it would be replaced at once, always */
		before = life / 3 * 2;
	return newest->not_after - before;
}

bool
ca_rotation_helps(const struct ca *ca)
{
	return ca->root.not_after > ca->issuers[ca->n_issuers - 1].not_after;
}
