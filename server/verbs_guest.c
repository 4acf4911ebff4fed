/* Verbs on the database: their configuration, and what cli/ is told of it. */
#include "server/verbs_guest.h"

#include <time.h>

#include "cli/holder.h"
#include "server/config_host.h"

/* As the server that runs tells it; its flags may differ from our files. */
static const char *
directory_url(const struct config *c, struct arena *a)
{
	char host[HOST_MAX];
	uint16_t port = 0;
	const char *told = holder_directory(c->dir, a);

	if (told != NULL)
		return told;
	(void)host_port_split(c->listen, host, &port);
	return config_directory_url(c, port, a);
}

int
guest_begin(struct guest_verb *v, const struct options *o)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*v = (struct guest_verb){ .config = NULL };
	running_begin(&v->run, o);
	if (!running_usual_dir(&v->run))
		return running_without_dir(&v->run);
	if ((v->config = running_load(&v->run, true)) == NULL)
		return running_end(&v->run, running_refused(&v->run));
	v->asked = (struct guest_asked){ .dir = v->config->dir,
		.store = { .map_bytes = v->config->store_map,
		    .max_bytes = v->config->store_max },
		.directory_url = directory_url(v->config, v->run.a),
		.json = options_other(o, "json") != NULL,
		.now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 };
	return EXIT_OK;
}

int
guest_end(struct guest_verb *v, int code)
{
	config_free(v->config);
	return running_end(&v->run, code);
}
