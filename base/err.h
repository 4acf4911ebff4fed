/* base/err.h: every failure a client can observe, in one table. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

struct ident;

/*
 * One row = one error.  The enum, the RFC 8555 type, the HTTP status and the
 * fallback text are all expanded from here, so they cannot drift apart.
 * Nothing else in the tree may spell an error type or choose a status.
 */
/* clang-format off */
#define ERR_TABLE(X) \
	/* code                     type (RFC 8555, 6.7)       http  fallback */ \
	X(ACCOUNT_DOES_NOT_EXIST,   "accountDoesNotExist",      400, "no such account") \
	X(ALREADY_REPLACED,         "alreadyReplaced",          409, "certificate already replaced") \
	X(ALREADY_REVOKED,          "alreadyRevoked",           400, "certificate already revoked") \
	X(BAD_CSR,                  "badCSR",                   400, "unacceptable CSR") \
	X(BAD_NONCE,                "badNonce",                 400, "JWS has an invalid anti-replay nonce; use the one in this reply") \
	X(BAD_PUBLIC_KEY,           "badPublicKey",             400, "unacceptable public key") \
	X(BAD_REVOCATION_REASON,    "badRevocationReason",      400, "revocation reason not allowed") \
	X(BAD_SIGNATURE_ALGORITHM,  "badSignatureAlgorithm",    400, "signature algorithm not allowed") \
	X(CAA,                      "caa",                      403, "CAA forbids issuance") \
	X(COMPOUND,                 "compound",                 400, "several errors; see subproblems") \
	X(CONNECTION,               "connection",               400, "could not connect to the name") \
	X(DNS,                      "dns",                      400, "DNS look-up failed") \
	X(EXTERNAL_ACCOUNT_REQUIRED,"externalAccountRequired",  403, "an external account binding is required") \
	X(INCORRECT_RESPONSE,       "incorrectResponse",        400, "the response was not the expected one") \
	X(INVALID_CONTACT,          "invalidContact",           400, "unacceptable contact") \
	X(INVALID_PROFILE,          "invalidProfile",           400, "no such profile") \
	X(MALFORMED,                "malformed",                400, "malformed request") \
	X(NOT_FOUND,                "malformed",                404, "no such resource") \
	X(METHOD_NOT_ALLOWED,       "malformed",                405, "method not allowed here") \
	X(TOO_LARGE,                "malformed",                413, "request too large") \
	X(KEY_IN_USE,               "malformed",                409, "another account has that key; see Location") \
	X(MEDIA_TYPE,               "malformed",                415, "content type must be application/jose+json") \
	X(MISDIRECTED,              "malformed",                421, "not a name of this server") \
	X(ORDER_NOT_READY,          "orderNotReady",            403, "order is not ready") \
	X(RATE_LIMITED,             "rateLimited",              429, "too many requests") \
	X(REJECTED_IDENTIFIER,      "rejectedIdentifier",       400, "will not issue for that name") \
	X(TLS,                      "tls",                      400, "TLS failed at the name") \
	X(UNAUTHORIZED,             "unauthorized",             403, "not authorised") \
	X(ACCOUNT_DEACTIVATED,      "unauthorized",             401, "this account has been deactivated") \
	X(TOKEN,                    "unauthorized",             401, "a bearer token is needed") \
	X(UNSUPPORTED_CONTACT,      "unsupportedContact",       400, "unsupported kind of contact") \
	X(UNSUPPORTED_IDENTIFIER,   "unsupportedIdentifier",    400, "unsupported kind of identifier") \
	X(PREAUTH_REJECTED,         "rejectedIdentifier",       403, "will not authorise that name") \
	X(PREAUTH_UNSUPPORTED,      "unsupportedIdentifier",    403, "unsupported kind of identifier") \
	X(USER_ACTION_REQUIRED,     "userActionRequired",       403, "action needed; see instance") \
	X(STALE,                    "serverInternal",           503, "busy, please retry") \
	X(BUSY,                     "serverInternal",           503, "too busy, please retry later") \
	X(FULL,                     "serverInternal",           503, "the store is full, please retry later") \
	X(LINT,                     "serverInternal",           500, "internal error") \
	X(INTERNAL,                 "serverInternal",           500, "internal error")
/* clang-format on */

enum err {
	OK = 0,
#define X(code, type, http, text) ERR_##code,
	ERR_TABLE(X)
#undef X
	    ERR__COUNT
};

#define MUST_USE __attribute__((warn_unused_result))

/* A failure on its way to a client.  All zero means "none yet". */
struct fault {
	enum err code;
	char detail[512];
	const struct ident *ident; /* whom it is about; in a subproblem only */
	const struct fault *subproblems; /* RFC 8555, 6.7.1; in some arena */
	size_t n_subproblems;
};

/*
 * Record a failure and return its code, so callers can `return fault(...)`.
 * The detail may quote a client: what is cut, or is no UTF-8, or controls,
 * comes out as `?`, so it always fits a JSON string.
 */
enum err fault(struct fault *f, enum err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with nothing to add to what the table says. */
enum err fault_plain(struct fault *f, enum err code);

/* Propagate a failure.  Only for functions that own nothing but arena memory. */
#define TRY(expr)                       \
	do {                            \
		enum err try_ = (expr); \
		if (try_ != OK)         \
			return try_;    \
	} while (0)

#endif
