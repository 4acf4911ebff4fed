/* SIGHUP: a configuration is swapped for another that has been checked. */
#include "base/log.h"
#include "server/ready.h"
#include "server/supervisor_int.h"

struct lines {
	struct arena *arena;
	const char *text[16]; /* what comes after is not worth a line */
	size_t n;
};

static void
keep_line(void *arg, const char *line)
{
	struct lines *l = arg;

	if (l->n < sizeof(l->text) / sizeof(l->text[0]))
		l->text[l->n++] = arena_text(l->arena, line);
}

static void
swap_config(struct supervisor *s, struct config *fresh)
{
	config_free(s->config);
	s->config = fresh;
	if (s->announced)
		supervisor_sign(s);
	log_level_set(fresh->log_level);
	/* The keeper first: the front must not go by what it does not know. */
	if (s->configured && s->keeper.pid != 0)
		(void)wiring_tell_config(s, &s->keeper, MSG_RELOAD);
	if (s->front.pid != 0)
		(void)wiring_tell_config(s, &s->front, MSG_RELOAD);
}

void
reload_config(struct supervisor *s)
{
	struct lines l = { .arena = arena_new() };
	const struct config_report r = { keep_line, &l };
	struct config *fresh;

	if (s->phase != SERVING) {
		arena_free(l.arena);
		return;
	}
	ready_notify_reloading();
	fresh = config_reload(&s->args->source, s->config, &r);
	for (size_t i = 0; i < l.n; i++)
		if (fresh == NULL)
			log_error("config.refused", "reason=%s",
			    log_text(l.arena, l.text[i]));
		else
			log_warn("config.kept", "reason=%s",
			    log_text(l.arena, l.text[i]));
	if (fresh != NULL) {
		swap_config(s, fresh);
		log_info("config.reloaded", "dir=%s",
		    log_text(l.arena, fresh->dir));
	}
	hierarchy_look(s);
	ready_notify("READY=1");
	arena_free(l.arena);
}
