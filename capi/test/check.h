/*
 * check.h - what every host here is made of: a check counts, and the first that fails ends the program.
 * There is no patience in it: script/test-capi ends a program that hangs.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdatomic.h>

/* What has been checked so far, by all threads. */
extern atomic_int checks;

/* Says what was expected, where, and ends the program. */
_Noreturn void fail(const char *file, int line, const char *what, ...) __attribute__((format(printf, 3, 4)));

/* Ends the program unless it is so; the rest is a text as of printf. */
#define CHECK(so, ...) \
	((void)((so) ? atomic_fetch_add(&checks, 1) : (fail(__FILE__, __LINE__, __VA_ARGS__), 0)))

/* The same for what a check stands on, and is no check itself: it does not count. */
#define NEED(so, ...) ((void)((so) || (fail(__FILE__, __LINE__, __VA_ARGS__), 0)))

/* A check of numbers, which are shown. */
#define CHECK_IS(got, want)                                                                              \
	do {                                                                                             \
		long long is = (got), should = (want);                                                   \
		CHECK(is == should, "%s is %lld, not %s, %lld", #got, is, #want, should);                \
	} while (0)

/* Says that something begins: what failed is easier found by it. */
void story(const char *what);

/* The last line of a host: how many checks there were. Returns main's result. */
int done(void);

#endif
