/* The child that looks at D/ca: see server/hierarchy.h. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "crypto/roll.h"
#include "server/hierarchy.h"
#include "server/msg.h"
#include "server/proc.h"
#include "server/said.h"

enum { SOON_S = 5, NEXT_MOST_S = 3600 };

struct looking {
	struct config *config;
	struct arena *a;
	const char *dir; /* D/ca */
	char *passphrase;
	int64_t now;
	struct ca ca;
	struct ca_texts texts;
	struct ca_looked out;
};

static int64_t
due(const struct looking *l)
{
	return ca_rotation_due(&l->ca, l->config->ca_overlap_s,
	    config_longest_s(l->config));
}

static enum err
read_all(struct looking *l, enum ca_dates dates, struct fault *f)
{
	TRY(ca_read(l->dir, l->a, &l->texts, f));
	return ca_parse(&l->texts, dates, l->a, &l->ca, f);
}

/* It is due: do it, or say why not. */
static void
roll(struct looking *l)
{
	struct ca_spec spec = l->config->ca;
	struct fault f = { 0 };
	size_t number = 0;
	enum err e;

	spec.passphrase = l->passphrase;
	if (!l->config->ca_rotate)
		e = fault(&f, ERR_INTERNAL,
		    "an issuer is about to end, and ca.rotate is off");
	else if (!ca_rotation_helps(&l->ca))
		e = fault(&f, ERR_INTERNAL,
		    "the root ends with its newest issuer: it is time for "
		    "another CA");
	else
		e = ca_rotate(l->dir, &spec, l->ca.n_issuers, l->now, &number,
		    &f);
	if (e == OK) {
		log_info("ca.rotated", "issuer=%zu", number);
		l->out.outcome = CA_ROTATED;
	} else if (e == ERR_BUSY || e == ERR_STALE) {
		l->out.next_s = SOON_S; /* somebody is at it */
	} else {
		l->out.outcome = CA_NOT_ROTATED;
		(void)snprintf(l->out.reason, sizeof(l->out.reason), "%s",
		    f.detail);
	}
}

/* What the keeper will read: better here than in its place. */
static enum err
try_keys(struct looking *l, struct fault *f)
{
	for (size_t i = 0; i < l->ca.n_issuers; i++) {
		char *pem = NULL;
		enum err e;

		if (l->ca.issuers[i].not_after < l->now)
			continue;
		e = ca_key_read(l->dir, (unsigned)i + 1, l->passphrase, &pem,
		    f);
		if (pem != NULL)
			bytes_wipe(pem, strlen(pem));
		free(pem);
		if (e != OK && (e != ERR_NOT_FOUND || i + 1 == l->ca.n_issuers))
			return e;
	}
	return OK;
}

static void
digest_all(struct looking *l)
{
	const char *all = "";

	for (size_t i = 0; i < l->texts.n; i++)
		all = arena_printf(l->a, "%s%s\n%s\n", all,
		    l->texts.list[i].name, l->texts.list[i].text);
	sha256(all, strlen(all), l->out.digest);
}

static enum err
look(struct looking *l, struct fault *f)
{
	const char *file = l->config->passphrase_file;
	int64_t next;

	if (file != NULL &&
	    (l->passphrase = file_passphrase(file, l->a, f)) == NULL)
		return f->code;
	l->out.next_s = NEXT_MOST_S;
	if (read_all(l, CA_TODAY, f) != OK || due(l) <= l->now) {
		TRY(read_all(l, CA_ANY_DAY, f));
		if (due(l) <= l->now)
			roll(l);
		TRY(read_all(l, CA_TODAY, f));
	}
	TRY(try_keys(l, f));
	digest_all(l);
	next = due(l) - l->now;
	if (next > 0 && next < l->out.next_s)
		l->out.next_s = (uint32_t)next;
	return OK;
}

int
ca_main(int sock)
{
	static struct msg m;
	struct looking l = { .a = arena_new() };
	struct fault f = { 0 };
	int code = 1;
	enum err e;

	log_process_set("ca");
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return 1;
	crypto_start();
	if (msg_recv(sock, MSG_SUPERVISOR, &m) != OK || m.type != MSG_CONFIG)
		return 1;
	if ((l.config = said_config(&m, &f)) == NULL)
		return said_failed(sock, &f);
	log_level_set(l.config->log_level);
	l.dir = arena_printf(l.a, "%s/ca", l.config->dir);
	l.now = (int64_t)time(NULL);
	e = look(&l, &f);
	if (l.passphrase != NULL)
		bytes_wipe(l.passphrase, strlen(l.passphrase));
	if (e != OK)
		code = said_failed(sock, &f);
	else if (msg_send(sock, MSG_LOOKED, &l.out,
	             offsetof(struct ca_looked, reason) + strlen(l.out.reason),
	             -1) == OK)
		code = 0;
	config_free(l.config);
	arena_free(l.a);
	return code;
}
