/*
 * crypto/blocked.h: keys that others have, by the SHA-256 of their
 * SubjectPublicKeyInfo: published ones, and those of a file.
 *
 * The file has a digest in hexadecimal a line; `#` begins a comment, and empty
 * lines are skipped.  `openssl pkey -pubin -in KEY -outform DER | sha256sum`
 * makes one.
 */
#ifndef CRYPTO_BLOCKED_H
#define CRYPTO_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Immutable once made, so shared by all loops. */
struct blocked;

/*
 * The published keys, and those of the file at `path` unless that is NULL.
 * NULL, with a reason that names file and line, if it cannot be read or a line
 * is none of the above: half a list would be taken for a whole one.
 */
struct blocked *blocked_new(const char *path, struct fault *f);
void blocked_free(struct blocked *b); /* NULL is a no-op */

/* The key of a certificate of our own is for nobody else; before it is shared. */
void blocked_add_owner(struct blocked *b, const uint8_t *der, size_t len);

/* In a microsecond, however many there are.  NULL blocks nothing. */
bool blocked_has(const struct blocked *b, const uint8_t spki_sha256[32]);
size_t blocked_count(const struct blocked *b);

/* The part of blocked_new() that reads; `name` is what reasons call `file`. */
enum err blocked_read(struct blocked *b, FILE *file, const char *name,
    struct fault *f) MUST_USE;

#endif
