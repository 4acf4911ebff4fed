/* A sorted array of digests: 32 octets a key, and a bisection to find one. */
#include "crypto/blocked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "crypto/digest.h"
#include "crypto/known_keys.h"

enum {
	LINE_MAX_LEN = 1024,
	KEYS_MAX = 64 * 1024 * 1024, /* 2 GiB of memory */
};

struct blocked {
	uint8_t (*keys)[SHA256_SIZE];
	size_t n, room;
};

static void
add(struct blocked *b, const uint8_t key[SHA256_SIZE])
{
	if (b->n == b->room) {
		b->room = b->room == 0 ? 1024 : 2 * b->room;
		b->keys = realloc(b->keys, b->room * sizeof(b->keys[0]));
		if (b->keys == NULL)
			abort();
	}
	memcpy(b->keys[b->n++], key, SHA256_SIZE);
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* A line, which may hold no digest; false if it is none. */
static bool
line_read(struct blocked *b, const char *line)
{
	const char *p = skip_blanks(line);
	uint8_t key[SHA256_SIZE];

	if (*p == '\0' || *p == '#')
		return true;
	for (size_t i = 0; i < sizeof(key); i++, p += 2) {
		int high = digit(p[0]), low = high < 0 ? -1 : digit(p[1]);

		if (low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	/* what sha256sum writes behind it is a comment, too */
	if (*p != '\0' && strchr(" \t\r\n#", *p) == NULL)
		return false;
	add(b, key);
	return true;
}

static int
compare(const void *x, const void *y)
{
	return memcmp(x, y, SHA256_SIZE);
}

static void
sort(struct blocked *b)
{
	bool sorted = true;

	for (size_t i = 1; sorted && i < b->n; i++)
		sorted = compare(b->keys[i - 1], b->keys[i]) <= 0;
	if (!sorted)
		qsort(b->keys, b->n, sizeof(b->keys[0]), compare);
}

enum err
blocked_read(struct blocked *b, FILE *file, const char *name, struct fault *f)
{
	char line[LINE_MAX_LEN];
	size_t number = 0;
	enum err e = OK;

	while (e == OK && fgets(line, sizeof(line), file) != NULL) {
		number++;
		if (strlen(line) == sizeof(line) - 1 || b->n >= KEYS_MAX ||
		    !line_read(b, line))
			e = fault(f, ERR_INTERNAL,
			    "%.300s:%zu: expected the SHA-256 of a "
			    "SubjectPublicKeyInfo, 64 hexadecimal digits",
			    name, number);
	}
	if (e == OK && ferror(file) != 0)
		e = fault(f, ERR_INTERNAL, "%.300s: %s", name,
		    strerrordesc_np(errno));
	sort(b);
	return e;
}

static enum err
file_read(struct blocked *b, const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	struct stat st;
	enum err e;

	if (file == NULL)
		e = fault(f, ERR_INTERNAL, "%.300s: %s", path,
		    strerrordesc_np(errno));
	else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		e = fault(f, ERR_INTERNAL, "%.300s: is not a file", path);
	else
		e = blocked_read(b, file, path, f);
	if (file != NULL)
		(void)fclose(file);
	else if (fd >= 0)
		(void)close(fd);
	return e;
}

struct blocked *
blocked_new(const char *path, struct fault *f)
{
	struct blocked *b = calloc(1, sizeof(*b));

	if (b == NULL)
		abort();
	for (size_t i = 0; i < n_known_keys; i++)
		if (!line_read(b, known_keys[i])) /* PKY-11 */
			abort();                  /* the table is wrong */
	sort(b);
	if (path == NULL || file_read(b, path, f) == OK)
		return b;
	blocked_free(b);
	return NULL;
}

void
blocked_free(struct blocked *b)
{
	if (b == NULL)
		return;
	free(b->keys);
	free(b);
}

void
blocked_add_owner(struct blocked *b, const uint8_t *der, size_t len)
{
	const uint8_t *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)len);
	uint8_t *spki = NULL, digest[SHA256_SIZE];
	int n = x == NULL ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);

	if (n <= 0)
		abort(); /* it was loaded as one */
	sha256(spki, (size_t)n, digest);
	add(b, digest);
	sort(b);
	OPENSSL_free(spki);
	X509_free(x);
}

bool
blocked_has(const struct blocked *b, const uint8_t spki_sha256[32])
{
	return b != NULL && bsearch(spki_sha256, b->keys, b->n,
	                        sizeof(b->keys[0]), compare) != NULL;
}

size_t
blocked_count(const struct blocked *b)
{
	return b == NULL ? 0 : b->n;
}
