/*
 * 64 hexadecimal digits and a newline.  Made aside and linked, so that of two
 * who make it at a time one finds the other's, and nobody half of it.
 */
#include "cli/token_key.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "crypto/digest.h"

enum { TEXT_LEN = 2 * TOKEN_KEY_SIZE + 1 };

static int
digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	                              : -1;
}

static bool
parse(const char *text, uint8_t key[TOKEN_KEY_SIZE])
{
	if (strlen(text) != TEXT_LEN || text[TEXT_LEN - 1] != '\n')
		return false;
	for (int i = 0; i < TOKEN_KEY_SIZE; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static enum err
key_read(const char *path, uint8_t key[TOKEN_KEY_SIZE], struct arena *a,
    struct fault *f)
{
	struct stat st;
	char *text;
	bool ok;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return fault(f, ERR_INTERNAL,
		    "%s: others can read it; chmod 600, or delete it and all "
		    "tokens made with it",
		    path);
	if ((text = file_read(path, TEXT_LEN, a, f)) == NULL)
		return ERR_INTERNAL;
	ok = parse(text, key);
	bytes_wipe(text, strlen(text));
	return ok ? OK
	          : fault(f, ERR_INTERNAL,
	                "%s: expected 64 hexadecimal digits; delete it to "
	                "have another made",
	                path);
}

static enum err
key_make(const char *path, struct arena *a, struct fault *f)
{
	uint8_t key[TOKEN_KEY_SIZE];
	char text[TEXT_LEN + 1];
	const char *aside;
	unsigned lot;
	enum err e;

	random_bytes(&lot, sizeof(lot));
	random_bytes(key, sizeof(key));
	aside = arena_printf(a, "%s.%08x", path, lot);
	for (int i = 0; i < TOKEN_KEY_SIZE; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", key[i]);
	(void)memcpy(text + TEXT_LEN - 1, "\n", 2);
	e = file_write(aside, text, 0600, f);
	bytes_wipe(key, sizeof(key));
	bytes_wipe(text, sizeof(text));
	TRY(e);
	if (link(aside, path) != 0 && errno != EEXIST)
		e = fault(f, ERR_INTERNAL, "%s: %s", path,
		    strerrordesc_np(errno));
	(void)unlink(aside);
	return e;
}

enum err
token_key_get(const char *dir, uint8_t key[TOKEN_KEY_SIZE], struct fault *f)
{
	struct arena *a = arena_new();
	const char *path = arena_printf(a, "%s/token.key", dir);
	enum err e = OK;

	if (access(path, F_OK) != 0)
		e = key_make(path, a, f);
	if (e == OK)
		e = key_read(path, key, a, f);
	arena_free(a);
	return e;
}
