/* What both children hear and say in the same words. */
#include "server/said.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"

static void
keep_first(void *arg, const char *line)
{
	struct fault *f = arg;

	if (f->code == OK)
		(void)fault(f, ERR_INTERNAL, "%s", line);
}

struct config *
said_config(const struct msg *m, struct fault *f)
{
	const struct config_report r = { keep_first, f };
	struct config *c = config_from_text((const char *)m->body, m->len, &r);

	if (c == NULL && f->code == OK)
		(void)fault(f, ERR_INTERNAL, "no configuration");
	return c;
}

int
said_failed(int sock, const struct fault *f)
{
	const char *why = f->detail[0] != '\0' ? f->detail : "internal error";
	size_t len = strlen(why);

	if (len > msg_most(MSG_FAILED))
		len = msg_most(MSG_FAILED);
	(void)!msg_send(sock, MSG_FAILED, why, len, -1);
	return 1;
}

void
said_log(const char *event, const struct fault *f)
{
	struct arena *a = arena_new();

	log_error(event, "reason=%s", log_text(a, f->detail));
	arena_free(a);
}

int
said_drain(int sock, const struct msg *m)
{
	if (m->type != MSG_DRAIN)
		return 1;
	return msg_send(sock, MSG_DRAINED, NULL, 0, -1) != OK;
}
