/*
 * life.c - a server is made, started, used, stopped and freed a hundred times, and nothing of it is left: no
 * memory, no descriptor, no thread, no port.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

enum {
	ROUNDS = 100,
	SETTLED = 20,        /* rounds until the runtime has the threads and the memory that it wants */
	MORE_THREADS = 4,    /* it may want a few later */
	MORE_KIB = 32 << 10, /* for rounds of some milliseconds: the HTTP server's workers go 10 s after their server */
	REST_MS = 11000,
};

static struct library rt;

/* One life. Returns the port, which the next one takes again. */
static int live(int port, int round)
{
	char listen[64];
	snprintf(listen, sizeof listen, "\"listen\": \"127.0.0.1:%d\"", port);
	int server = started(&rt, listen);
	CHECK(port == 0 || port_of(&rt, server) == port, "another port than %d", port);
	port = port_of(&rt, server);

	int app = rt.connect(server);
	CHECK(app >= 0, "rt_connect: %s", reason(&rt));
	say_hello(app);
	CHECK(round_trip(app), "no answer");
	int client = round % 2 == 0 ? park_poll(port) : open_websocket(port);

	CHECK(rt.stop(server, 2000) == 0, "rt_stop: %s", reason(&rt));
	CHECK(ends_within(client, 1000), "a client does not hear of the end");
	CHECK(ends_within(app, 1000), "the app does not hear of the end");
	close(client);
	close(app);
	CHECK_IS(rt.free(server), 0);
	return port;
}

static bool no_more_than(void *allowed) { return descriptors() <= *(int *)allowed; }

static void hundred(int *port)
{
	for (int round = 0; round < ROUNDS; round++) *port = live(*port, round);
}

/* life N: N hundreds, with a rest after each, as long as the HTTP server keeps what it does not need. */
int main(int argc, char **argv)
{
	rt = load();
	int port = 0;
	story("a hundred lives of a server");
	for (int round = 0; round < SETTLED; round++) port = live(port, round);
	int open = descriptors(), running = threads();
	long memory = resident();
	int64_t begin = now();
	hundred(&port);
	printf("  %.1f ms each; %d descriptors, %d threads, %ld KiB; before: %d, %d, %ld\n", (double)(now() - begin) / ROUNDS,
		descriptors(), threads(), resident(), open, running, memory);
	CHECK(within(PATIENCE_MS, no_more_than, &open), "%d descriptors, %d before", descriptors(), open);
	CHECK(threads() <= running + MORE_THREADS, "%d threads, %d before", threads(), running);
	CHECK(resident() <= memory + MORE_KIB, "%ld KiB, %ld before", resident(), memory);
	for (int more = argc > 1 ? atoi(argv[1]) : 1; more > 1; more--) {
		poll(NULL, 0, REST_MS);
		hundred(&port);
		printf("  %d descriptors, %d threads, %ld KiB\n", descriptors(), threads(), resident());
	}
	return done();
}
