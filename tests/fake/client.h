/* tests/fake/client.h: a client with an account: signs, spends nonces. */
#ifndef TESTS_FAKE_CLIENT_H
#define TESTS_FAKE_CLIENT_H

#include "tests/fake/http.h"
#include "tests/fake/signer.h"

struct fake_client {
	struct fake_ca *w;
	struct fake_signer *signer;
	const char *kid; /* NULL before it registered */
	struct fake_client *next;
};
/* Freed with the CA. */
struct fake_client *fake_client_new(struct fake_ca *w);  /* registered */
struct fake_client *fake_client_bare(struct fake_ca *w); /* a key, no account */

/* The signed body, with a fresh nonce: kid if it has one, else jwk. */
const char *fake_frame(struct fake_client *c, const char *path,
    const char *payload);
const char *fake_frame_jwk(struct fake_client *c, const char *path,
    const char *payload);

/* POST as this client; "" is POST-as-GET. */
struct fake_reply *fake_post(struct fake_client *c, const char *path,
    const char *payload);
struct fake_reply *fake_post_jwk(struct fake_client *c, const char *path,
    const char *payload);
/* The same without waiting: the reply is filled in later. */
struct fake_reply *fake_post_begin(struct fake_client *c, const char *path,
    const char *payload);

/* An order for `names` ("a.example,*.b.example,10.0.0.1"), and its URLs. */
struct fake_order {
	const char *path, *finalize; /* paths, of URLs of ours */
	const char *authz[8], *http01[8], *dns01[8]; /* NULL: not offered */
	size_t n;
	struct fake_reply *reply;
};
struct fake_order fake_order(struct fake_client *c, const char *names);
/* Prove every name, wait until it is ready. */
void fake_prove(struct fake_client *c, const struct fake_order *o);
/* {"csr":…} for these names, of a fresh key. */
const char *fake_csr(struct fake_client *c, const char *names);
/* The same of a key of one's own. */
const char *fake_csr_by(struct fake_client *c, struct fake_signer *key,
    const char *names);
/* From order to certificate; the path of the certificate. */
const char *fake_issue(struct fake_client *c, const char *names);

/* {"certificate":"…" of a chain that is fetched; the brace is the test's to close. */
const char *fake_revocation(struct fake_client *c, const char *cert_path);

/* Wait until the object at the path has this status; false after 5 s. */
bool fake_becomes(struct fake_client *c, const char *path, const char *status);

/* Status of the object at the path, as it is told at once. */
const char *fake_status(struct fake_client *c, const char *path);

#endif
