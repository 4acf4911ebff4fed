/*
 * http/tls_ticket_int.h: keys for session tickets (RFC 5077, RFC 8446 4.6.1).
 *
 * Sessions lie with the clients, sealed by us: nothing is kept per client.  Of
 * the keys there are the one in use and its predecessor, which opens what it
 * has sealed but seals no more.  They are in memory only, and the same for all
 * loops.
 */
#ifndef HTTP_TLS_TICKET_INT_H
#define HTTP_TLS_TICKET_INT_H

enum { TICKETS_ROTATE_MS = 3600 * 1000 };

struct ssl_ctx_st;
struct tickets;

struct tickets *tickets_new(void);
void tickets_free(struct tickets *t);

/* Any thread.  A new key; that in use opens until the next time. */
void tickets_rotate(struct tickets *t);
/* Any thread.  A new key; none that was sealed before is opened. */
void tickets_forget(struct tickets *t);

/* Have `ctx`, and the connections made from it, use them; `t` must outlive them. */
void tickets_use(struct tickets *t, struct ssl_ctx_st *ctx);

#endif
