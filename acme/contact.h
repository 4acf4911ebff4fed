/* acme/contact.h: who to tell about an account (RFC 8555, 7.3). */
#ifndef ACME_CONTACT_H
#define ACME_CONTACT_H

#include "base/err.h"

enum { CONTACTS_MAX = 10, CONTACT_BYTES_MAX = 320 };

/*
 * Each a mailto: URI with one address and nothing else (RFC 6068).
 * ERR_UNSUPPORTED_CONTACT for another scheme, else ERR_INVALID_CONTACT.
 */
enum err contacts_check(const char *const *contacts, size_t n,
    struct fault *f) MUST_USE;

#endif
