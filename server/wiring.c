/*
 * Who is told what, when, and how front and keeper come to each other.
 *
 * Order of a start: keeper and front are started together; the front gets its
 * configuration at once, asks for a look at D/ca if an issuer is due, opens the
 * store and says OPENED; only then does the keeper get its own, so that there
 * is a database to open read-only, and keys that are not to be replaced.  Then
 * each loop's socket to the keeper is made and both get their end.  Whichever
 * ends is started again, and the sockets are made anew: for the front that is
 * a keeper that reconnects, for the keeper another front.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/token_key.h"
#include "crypto/digest.h"
#include "server/supervisor_int.h"

bool
wiring_tell(struct child *c, enum msg_type type, const void *body, size_t len,
    int fd)
{
	if (c->sock >= 0 && msg_send(c->sock, type, body, len, fd) == OK)
		return true;
	log_error("child.not_told", "name=%s message=%s", c->name,
	    msg_name(type));
	child_kill(c);
	return false;
}

/* The key of bearer tokens, for the front cannot read it from its sandbox. */
static bool
tell_token_key(struct supervisor *s)
{
	uint8_t key[TOKEN_KEY_SIZE];
	struct fault f = { .code = OK };
	bool told = true;

	if (token_key_get(s->config->dir, key, &f) == OK)
		told =
		    wiring_tell(&s->front, MSG_TOKEN_KEY, key, sizeof(key), -1);
	else /* it serves, but nobody may see its metrics */
		log_error("supervisor.token_key", "reason=\"%s\"", f.detail);
	bytes_wipe(key, sizeof(key));
	return told;
}

bool
wiring_tell_config(struct supervisor *s, struct child *c, enum msg_type type)
{
	struct arena *a = arena_new();
	const char *text = config_text(s->config, a);
	bool told =
	    (c != &s->front || !s->config->metrics_auth || tell_token_key(s)) &&
	    wiring_tell(c, type, text, strlen(text), -1);

	arena_free(a);
	return told;
}

static void
wire(struct supervisor *s)
{
	if (!s->opened || !s->configured || s->wired)
		return;
	for (uint32_t i = 0; i < s->loops; i++) {
		bool told;
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		        pair) != 0) {
			log_error("supervisor.socketpair", "reason=\"%s\"",
			    strerrordesc_np(errno));
			child_kill(&s->keeper); /* and again in a while */
			return;
		}
		told =
		    wiring_tell(&s->keeper, MSG_KEEPER, &i, sizeof(i),
		        pair[0]) &&
		    wiring_tell(&s->front, MSG_KEEPER, &i, sizeof(i), pair[1]);
		(void)close(pair[0]);
		(void)close(pair[1]);
		if (!told)
			return;
	}
	s->wired = true;
}

static void
configure_keeper(struct supervisor *s)
{
	if (s->opened && s->keeper.pid != 0 && !s->configured)
		s->configured = wiring_tell_config(s, &s->keeper, MSG_CONFIG);
	wire(s);
}

static void
brief_front(struct supervisor *s)
{
	struct child *c = &s->front;

	if (wiring_tell_config(s, c, MSG_CONFIG) && hierarchy_tell(s) &&
	    (s->listen_http < 0 ||
	        wiring_tell(c, MSG_LISTEN_HTTP, NULL, 0, s->listen_http)))
		(void)wiring_tell(c, MSG_LISTEN, &s->loops, sizeof(s->loops),
		    s->listen);
}

void
wiring_start(struct supervisor *s, struct child *c)
{
	if (!child_start(c, child_clock()))
		return;
	if (c == &s->keeper)
		configure_keeper(s);
	else
		brief_front(s);
}

void
wiring_adopt(struct supervisor *s)
{
	if (s->front.pid != 0)
		brief_front(s);
}

void
wiring_opened(struct supervisor *s)
{
	s->opened = true;
	configure_keeper(s);
}

void
wiring_ended(struct supervisor *s, const struct child *c)
{
	s->wired = false;
	if (c == &s->keeper)
		s->configured = false;
	else
		s->opened = s->hierarchy.waits = false;
}
