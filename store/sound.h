/* store/sound.h: what may be written, and is believed when read. */
#ifndef STORE_SOUND_H
#define STORE_SOUND_H

#include <stdbool.h>

#include "store/model.h"

/* Statuses that are stored, names and thumbprints that fit a key. */
bool account_sound(const struct account *x);
bool order_sound(const struct order *x);
bool authz_sound(const struct authz *x);
bool certificate_sound(const struct certificate *x);
bool eab_sound(const struct eab *x);
bool crl_sound(const struct crl *x);
bool event_sound(const struct event *x);

#endif
