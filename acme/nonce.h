/* acme/nonce.h: anti-replay nonces (RFC 8555, 6.5), in memory only. */
#ifndef ACME_NONCE_H
#define ACME_NONCE_H

#include <stdbool.h>

#include "acme/acme.h"

enum { NONCE_TEXT = 33 };

/* 32 characters of base64url, and a NUL.  Any thread. */
void nonce_issue(struct nonces *n, char out[NONCE_TEXT]);

/*
 * True for a nonce of ours, once: of two threads with the same one, one.  False
 * for anything else, whatever its length.
 */
bool nonce_spend(struct nonces *n, const char *text);

#endif
