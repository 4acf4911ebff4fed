/* server/version.h: which mayfly this is. */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

#define MAYFLY_VERSION "0.1.0"

#endif
