/* server/config_kind.h: how a kind of value is read and written. */
#ifndef SERVER_CONFIG_KIND_H
#define SERVER_CONFIG_KIND_H

#include "server/config_int.h"

/* `base` is what k->at counts from.  False if `text` is no such value. */
typedef bool config_in(const struct config_key *k, const char *text, void *base,
    struct arena *a);
typedef const char *config_out(const struct config_key *k, const void *base,
    struct arena *a);

/* Of K_MS to K_PORT; the range of the key is part of it. */
config_in config_number_in;
config_out config_number_out;

/* Of the kinds that are an array and its length (server/config_list.c). */
config_in config_list_in;
config_out config_list_out;
/* Call `each` on the items between commas, blanks cut off; false if it is. */
bool config_items(const char *text, struct arena *a,
    bool (*each)(void *arg, const char *item), void *arg);

#endif
