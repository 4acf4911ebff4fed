/*
 * Frames, and to-be-signed bytes a damaged store might give: refused, or a
 * certificate that OpenSSL reads and that is no CA's.  One octet says how long
 * the frame is; what follows the frame is what the store gives.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/log.h"
#include "crypto/keeper.h"
#include "tests/issuer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A key for this purpose only, so that the corpus keeps its meaning. */
static const char pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgG+afRf9JFa7H76lk\n"
    "iZJ9YkmAYxzSY3+2IXZiN98Ald+hRANCAAS3KSmGTKqpaV0kTp0ZVruzV5q1BKZm\n"
    "lxzvJPpRTkqvu7q2+/7Gc3RmX1Ufp/RRaxfzG30ZiVcq5RghAqMSmoOq\n"
    "-----END PRIVATE KEY-----\n";

struct bytes {
	const uint8_t *at;
	size_t len;
};

static enum err
give(void *store, enum keeper_op op, struct id object, struct arena *a,
    const uint8_t **tbs, size_t *len, const char **profile)
{
	const struct bytes *b = store;

	(void)object;
	if (op == KEEPER_PING)
		return OK;
	*tbs = (uint8_t *)arena_bytes(a, b->at, b->len);
	*len = b->len;
	*profile = "tenminutes";
	return OK;
}

/* One keeper for all inputs; `given` is what its store holds. */
static struct keeper *
keeper_for(struct bytes *given, const struct profile **profile)
{
	const char *const pems[] = { pem };
	BIO *bio = BIO_new_mem_buf(pem, -1);
	struct test_ca ca =
	    test_ca_new(PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL), BEGIN,
	        END, NULL);
	struct fault f = { 0 };
	struct keeper_config config = { .key_pems = pems,
		.n_keys = 1,
		.profiles = profile,
		.n_profiles = 1,
		.read = give,
		.store = given };
	struct keeper *k;

	*profile = profile_new(&test_spec, ca.der, ca.len, &f);
	need(*profile != NULL);
	k = keeper_new(&config, &f);
	need(k != NULL);
	test_ca_free(&ca);
	BIO_free(bio);
	return k;
}

static void
check(const struct keeper_answer *a, size_t n, const struct bytes *given)
{
	const uint8_t *p = a->der;
	X509 *x;

	need(n == offsetof(struct keeper_answer, der) + a->len);
	if (a->len == 0)
		return;
	need(a->result == OK);
	x = d2i_X509(NULL, &p, (long)a->len);
	need(x != NULL && p == a->der + a->len);
	need(X509_check_ca(x) == 0 && given->len < a->len);
	X509_free(x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct keeper *k;
	static const struct profile *profile;
	static struct bytes given;
	static struct keeper_answer a;
	size_t frame = len == 0 ? 0 : data[0];
	ssize_t n;
	int fds[2];

	if (k == NULL) {
		log_level_set(LOG_OFF_);
		crypto_start();
		k = keeper_for(&given, &profile);
	}
	if (len == 0 || frame > len - 1)
		return 0;
	given = (struct bytes){ data + 1 + frame, len - 1 - frame };
	need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	need(send(fds[0], data + 1, frame, 0) == (ssize_t)frame);
	if (keeper_serve(k, fds[1])) {
		n = recv(fds[0], &a, sizeof(a), MSG_DONTWAIT);
		need(n > 0);
		check(&a, (size_t)n, &given);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
	return 0;
}
