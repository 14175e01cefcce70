/*
 * wire.h - both ends of the server as bytes: clients over TCP, and the app on a descriptor of rt_connect.
 * What waits here waits for PATIENCE_MS at most, and then the program ends.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "msgpack.h"

enum { PATIENCE_MS = 20000 };

/* -- any stream ---------------------------------------------------------------------------------- */

/* Writes all of it; false if the other end is gone. Never dies of SIGPIPE. */
bool send_bytes(int fd, const void *from, size_t length);
bool send_text(int fd, const char *text);

/* Whether the stream ends, in order or not, within ms; what comes before its end is passed over. */
bool ends_within(int fd, int ms);

/* -- clients ------------------------------------------------------------------------------------- */

/* Connects to a port of 127.0.0.1; -1 and errno if nobody listens. */
int dial(int port);

/* Sends a request on a connection and reads the answer; returns its status. The body is good until this
 * thread's next call, and may be NULL if it does not matter. */
int request(int fd, const char *method, const char *path, const char *sent, const char **body);

/* A session over polling that is in the namespace /, and whose next poll is parked. Returns the connection of
 * the poll. */
int park_poll(int port);

/* A session over a WebSocket that is in the namespace /. */
int open_websocket(int port);

/* -- the app ------------------------------------------------------------------------------------- */

/* Begins [0, id, method, [{…}]] with that many keys to follow, and ends it. */
size_t begin_request(struct bytes *, unsigned id, const char *method, unsigned keys);

/* Sends what was gathered and empties it; false if the server is gone. */
bool send_frames(int fd, struct bytes *);

/* Says hello and reads the answer, which must be a yes: as a process that only emits, or as one that takes
 * what happens in /, the disconnects too. */
void say_hello(int fd);
void say_hello_as_handler(int fd);

/* Asks for a ping and reads its answer: all before it has taken effect. False if the server is gone. */
bool round_trip(int fd);

/* Reads one frame; its body lies in frame until the next. False at the end of the stream. */
bool read_frame(int fd, struct bytes *frame);

#endif
