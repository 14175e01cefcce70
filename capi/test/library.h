/*
 * library.h - the library as a host loads it that was not linked with it, as Ruby and Python do.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "realtime.h"

/* The functions of one copy, without rt_. */
struct library {
	uint32_t (*abi_version)(void);
	int (*new)(const char *config);
	int (*start)(int server);
	int (*address)(int server, int index, char *buf, size_t size);
	int (*connect)(int server);
	int (*stop)(int server, int timeout_ms);
	int (*free)(int server);
	int (*errmsg)(char *buf, size_t size);
};

/* Loads the file that REALTIME_LIBRARY names. */
struct library load(void);

/* Loads another file. */
struct library load_file(const char *path);

/*
 * A configuration: a free port, no socket, no file, clients without an app, and only errors in the log; more
 * is what counts instead, as members of JSON, or "". The text is good until this thread's next call.
 */
const char *config(const char *more);

/* Makes a server of config(more) and starts it; both must succeed. */
int started(const struct library *, const char *more);

/* The port of a running server. */
int port_of(const struct library *, int server);

/* Stops a server within five seconds and frees it; both must succeed. */
void finish(const struct library *, int server);

/* The text of this thread's last error; good until its next call. */
const char *reason(const struct library *);

#endif
