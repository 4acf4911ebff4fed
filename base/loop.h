/*
 * base/loop.h: an event loop.  One per thread; what is made on a loop is used
 * and freed on that loop only, so nothing here locks.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>

struct loop;
struct timer;
struct watch;
typedef void loop_fn(void *arg);
typedef void watch_fn(void *arg, unsigned ready); /* LOOP_READ | LOOP_WRITE */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Run on the calling thread until loop_stop(); what is queued then finishes. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/*
 * One-shot.  The caller frees the timer, fired or not; NULL is a no-op.
 * A timer freed before it fires never calls `fn`.
 */
struct timer *loop_after(struct loop *l, unsigned ms, loop_fn *fn, void *arg);
void timer_free(struct timer *t);

/* Borrow `fd`; the caller closes it after watch_free(). */
struct watch *loop_watch(struct loop *l, int fd, unsigned want, watch_fn *fn,
    void *arg);
void watch_free(struct watch *w);

/*
 * Run `fn` on the loop, in the order posted.  The one function here any thread
 * may call; also on a loop that does not run yet.
 */
void loop_post(struct loop *l, loop_fn *fn, void *arg);

/*
 * On the loop's own thread: run `fn` once all that is ready by now has had its
 * turn, and before the loop waits for more.  For what is cheaper done together.
 */
void loop_last(struct loop *l, loop_fn *fn, void *arg);

/* Unix time in milliseconds.  Tests set it; nothing else calls time(2). */
int64_t loop_now(const struct loop *l);

/* For tests: from now on loop_now() is the clock's time plus this. */
void loop_shift(struct loop *l, int64_t ms);

#endif
