/*
 * realtime.h - the realtime server inside your own process.
 *
 * The library is the sidecar without a process of its own: the same ports, the same options, the same
 * clients. Your program speaks to it as an app speaks to the sidecar: in frames of MessagePack-RPC, on a
 * descriptor that rt_connect gives (docs/protocol/rpc.md says what stands in them). There is no other way
 * in, and the library never calls you.
 *
 *     int server = rt_new("{\"listen\": \"127.0.0.1:8000\"}");
 *     if (server < 0 || rt_start(server) < 0) { rt_errmsg(text, sizeof text); ... }
 *     int app = rt_connect(server);      // poll(2), read(2), write(2), close(2)
 *     ...
 *     rt_stop(server, 5000);
 *     rt_free(server);
 *
 * Results    0 or more is success, less is one of the errors below; rt_errmsg then says what happened. Any
 *            function but rt_abi_version and rt_errmsg may return RT_ERR_SYSTEM, also where it is not listed:
 *            each takes a thread for a moment.
 * Memory     Nothing crosses the border but numbers and bytes that are copied. What you pass in is not
 *            looked at after the call; what you get is written into your own buffer. Nothing is to be freed
 *            but the server, and the descriptors of rt_connect, which are yours to close.
 * Threads    Every function may be called from any thread at any time, also several at once for one
 *            server. Only rt_start and rt_stop wait; no lock of yours should be held around them.
 * Signals    Your handlers stay yours, and have to return: the library's threads block all signals that can
 *            be blocked, and yours only wait for them, on their own stacks. Go has SIGURG for itself.
 * fork       What was loaded before a fork does not work in the child: every function returns
 *            RT_ERR_FORKED there, at once. Load the library where it is to run, after the fork. A child
 *            that execs is no concern. The library must not be unloaded, and dlclose leaves it loaded.
 * Versions   Functions and numbers keep their meaning as long as rt_abi_version says the same.
 */
#ifndef REALTIME_H
#define REALTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface that the header describes. */
#define RT_ABI_VERSION 1

/* Errors. Numbers are never given another meaning. */
enum {
	RT_ERR_ARGUMENT = -1, /* an argument that cannot be: NULL, an index out of range */
	RT_ERR_CONFIG = -2,   /* the configuration; the message names each option and what is wrong */
	RT_ERR_HANDLE = -3,   /* no such server: never made, or freed */
	RT_ERR_STATE = -4,    /* not now: connecting to what does not run, freeing what runs, starting twice */
	RT_ERR_LISTEN = -5,   /* a port or socket cannot be opened; the message says which and why */
	RT_ERR_FORKED = -6,   /* this process was forked from the one that loaded the library */
	RT_ERR_BUSY = -7,     /* as many connections as max_workers allows */
	RT_ERR_SYSTEM = -8,   /* the system refused: out of descriptors, of memory */
	RT_ERR_TIMEOUT = -9,  /* rt_stop: it has not ended in time, and goes on ending */
	RT_ERR_INTERNAL = -10 /* a fault of the library; it has logged the details */
};

/*
 * The version of the interface that the library has. Compare it with RT_ABI_VERSION before all else. It may
 * be called anywhere, in a forked child too.
 */
uint32_t rt_abi_version(void);

/*
 * Makes a server. It starts and opens nothing.
 *
 * config   a JSON object in UTF-8, ended by NUL, at most 1 MiB. Its keys are the options of the sidecar's
 *          file (docs/reference/configuration.md); durations are text such as "25s", lists are arrays.
 *          Two keys more: "env", the name of the environment, and "config", the file to read besides; ""
 *          reads none. What stands here counts more than the environment (REALTIME_*, as it is at this
 *          moment), that more than the file. PORT is not looked at: it is for your own web server.
 *          "upstream": "none", also the default, answers 404 to all that is not a client's.
 *
 * Returns a handle, 1 or more and never used again; RT_ERR_ARGUMENT, RT_ERR_CONFIG, RT_ERR_FORKED,
 * RT_ERR_SYSTEM.
 */
int rt_new(const char *config);

/*
 * Starts a server, and returns when all its ports are open. Once per server; after an error it can only be
 * freed. The library logs to standard error, as log_level and log_format say.
 *
 * Returns 0; RT_ERR_LISTEN, RT_ERR_HANDLE, RT_ERR_STATE, RT_ERR_FORKED.
 */
int rt_start(int server);

/*
 * Where a running server listens: the index-th of its option listen, as host:port or unix:path. Who let the
 * system choose the port finds it here.
 *
 * buf, size   where to: at most size bytes, a NUL included; what does not fit is cut. NULL and 0 only ask
 *             for the length.
 *
 * Returns the length of the whole text, without the NUL; RT_ERR_ARGUMENT, RT_ERR_HANDLE, RT_ERR_STATE,
 * RT_ERR_FORKED.
 */
int rt_address(int server, int index, char *buf, size_t size);

/*
 * Opens one more connection of the app to a running server: a stream socket that speaks the app link. It is
 * yours: read and write it with poll(2) or what you like, and close it when you are done. It is blocking,
 * and closed on exec. A frame that breaks the rules ends this connection and nothing else; the end of the
 * server is said in a frame (bye) and then by end-of-file. Writing to it after that gives EPIPE, with
 * SIGPIPE unless you write with MSG_NOSIGNAL.
 *
 * Returns the descriptor; RT_ERR_HANDLE, RT_ERR_STATE, RT_ERR_BUSY, RT_ERR_SYSTEM, RT_ERR_FORKED.
 */
int rt_connect(int server);

/*
 * Stops a server in order, and returns when it has: no new clients, requests under way are finished, the
 * clients are sent away and the app is told of each (so read its connections meanwhile), then they end. To
 * stop again, or what never ran, is no error. A stopped server is not started again; make another.
 *
 * timeout_ms   how long all of it may take, in milliseconds; what is left then is cut. Less than 0: as long
 *              as shutdown_timeout and drain_delay say.
 *
 * Returns 0; RT_ERR_TIMEOUT two seconds after that time at the latest; RT_ERR_HANDLE, RT_ERR_FORKED,
 * RT_ERR_INTERNAL.
 */
int rt_stop(int server, int timeout_ms);

/*
 * Forgets a server that does not run: never started, or stopped.
 *
 * Returns 0; RT_ERR_HANDLE, RT_ERR_STATE, RT_ERR_FORKED.
 */
int rt_free(int server);

/*
 * What the last error of this thread was, as errno: calls that succeed leave it. It may be called
 * anywhere, in a forked child too.
 *
 * buf, size   where to, as in rt_address. The text is one of UTF-8, of at most 4,000 bytes, maybe several
 *             lines, and empty if there was no error.
 *
 * Returns the length of the whole text, without the NUL.
 */
int rt_errmsg(char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
