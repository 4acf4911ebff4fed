/* Making a hierarchy: two keys, two certificates, four files. */
#include "crypto/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/ca_int.h"
#include "crypto/crypto_int.h"
#include "crypto/digest.h"

enum {
	SLOW_CLOCKS_S = 3600,
	DAY_S = 86400,
	DAYS_MAX = 100 * 366,
	NAME_MAX_LEN = 40, /* a CN has 64 characters at most */
};

/* The files in the order they are written: keys first, the root last. */
enum { ROOT_KEY, ISSUER_KEY, ISSUER_PEM, ROOT_COPY, ROOT_PEM, N_FILES };
static const struct {
	const char *name;
	bool apart; /* goes to the root's own directory */
	mode_t mode;
} files[N_FILES] = {
	{ "root.key", true, 0600 },
	{ "issuer-1.key", false, 0600 },
	{ "issuer-1.pem", false, 0644 },
	{ "root.pem", true, 0644 },
	{ "root.pem", false, 0644 },
};

struct making {
	const char *ca, *apart; /* one and the same if the key stays here */
	const struct ca_spec *spec;
	int64_t now;
	struct arena *a;
	EVP_PKEY *root_key, *issuer_key;
	X509 *root, *issuer;
};

static const char *
path_of(struct making *m, size_t i)
{
	return arena_printf(m->a, "%s/%s", files[i].apart ? m->apart : m->ca,
	    files[i].name);
}

/* All of them or none. */
static enum err
files_write(struct making *m, struct fault *f)
{
	char *keys[] = { ca_key_text(m->root_key, m->spec->passphrase),
		ca_key_text(m->issuer_key, m->spec->passphrase) };
	const char *root = ca_cert_text(m->root, m->a);
	const char *const texts[N_FILES] = { keys[0], keys[1],
		ca_cert_text(m->issuer, m->a), root, root };
	enum err e = OK;
	size_t done = 0;

	for (; done < N_FILES && e == OK; done++)
		if (done != ROOT_COPY || strcmp(m->apart, m->ca) != 0)
			e = file_write(path_of(m, done), texts[done],
			    files[done].mode, f);
	for (size_t i = e == OK ? 0 : done; i-- > 0;)
		(void)unlink(path_of(m, i));
	for (size_t i = 0; i < 2; i++) {
		bytes_wipe(keys[i], strlen(keys[i]));
		free(keys[i]);
	}
	return e;
}

/* Nothing may be there, not even a key without its certificate. */
static enum err
vacant(struct making *m, struct fault *f)
{
	struct stat st;

	const char *const dirs[] = { m->ca, m->apart };

	for (size_t i = 0; i < 2; i++)
		if (stat(dirs[i], &st) != 0)
			return fault(f, ERR_INTERNAL, "%s: %s", dirs[i],
			    strerrordesc_np(errno));
	for (size_t i = 0; i < N_FILES; i++) {
		const char *path = path_of(m, i);

		if (lstat(path, &st) != 0 && errno == ENOENT)
			continue;
		return fault(f, ERR_INTERNAL,
		    "%s exists; it is not replaced. If an earlier init was "
		    "interrupted and nothing else is there, remove it",
		    path);
	}
	return OK;
}

static bool
make(struct making *m)
{
	const struct ca_spec *spec = m->spec;
	struct ca_level root = { arena_printf(m->a, "%s root", spec->name), -1,
		m->now - SLOW_CLOCKS_S,
		m->now + (int64_t)spec->root_days * DAY_S - 1, NULL };
	struct ca_level issuer = {
		arena_printf(m->a, "%s issuer 1", spec->name), 0, root.begin,
		m->now + (int64_t)spec->issuer_days * DAY_S - 1, NULL
	};

	if (issuer.end > root.end)
		issuer.end = root.end;
	root.key = m->root_key = EVP_EC_gen("P-256");
	issuer.key = m->issuer_key = EVP_EC_gen("P-256");
	if (root.key == NULL || issuer.key == NULL)
		return false;
	m->root = ca_certify(&root, NULL, root.key, m->now);
	if (m->root != NULL)
		m->issuer = ca_certify(&issuer, m->root, root.key, m->now);
	return m->issuer != NULL;
}

static enum err
in_bounds(const struct ca_spec *spec, struct fault *f)
{
	if (spec->name == NULL || spec->name[0] == '\0' ||
	    strlen(spec->name) > NAME_MAX_LEN)
		return fault(f, ERR_INTERNAL,
		    "a CA's name has 1 to %d characters", (int)NAME_MAX_LEN);
	if (spec->root_days == 0 || spec->root_days > DAYS_MAX ||
	    spec->issuer_days == 0 || spec->issuer_days > DAYS_MAX)
		return fault(f, ERR_INTERNAL, "a CA is valid for 1 to %d days",
		    (int)DAYS_MAX);
	return OK;
}

enum err
ca_init_apart(const char *ca, const char *root, const struct ca_spec *spec,
    int64_t now, struct fault *f)
{
	struct making m = { .ca = ca, .apart = root, .spec = spec, .now = now };
	enum err e;

	TRY(in_bounds(spec, f));
	m.a = arena_new();
	e = vacant(&m, f);
	if (e == OK && !make(&m))
		e = fault(f, ERR_INTERNAL, "cannot make a CA: %s",
		    openssl_reason());
	if (e == OK)
		e = files_write(&m, f);
	EVP_PKEY_free(m.root_key);
	EVP_PKEY_free(m.issuer_key);
	X509_free(m.root);
	X509_free(m.issuer);
	arena_free(m.a);
	return e;
}

enum err
ca_init(const char *ca, const struct ca_spec *spec, int64_t now,
    struct fault *f)
{
	return ca_init_apart(ca, ca, spec, now, f);
}
