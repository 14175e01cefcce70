/*
 * copies.c - the library twice in one process, as when two packages of a host bring a copy each: two Go
 * runtimes, each with its own servers and handles.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

/* A copy of the library, under a name of its own. */
static struct library copy(const char *name)
{
	char path[256];
	static char bytes[1 << 16];
	snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
	FILE *from = fopen(getenv("REALTIME_LIBRARY"), "rb"), *to = fopen(path, "wb");
	NEED(from != NULL && to != NULL, "%s", path);
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, from)) > 0;) NEED(fwrite(bytes, 1, n, to) == n, "%s", path);
	fclose(from);
	NEED(fclose(to) == 0, "%s", path);
	return load_file(path);
}

/* One server of a copy, with a client and an app. */
struct life {
	struct library rt;
	int server, port, app, client;
};

static void begin(struct life *l)
{
	l->server = started(&l->rt, "");
	l->port = port_of(&l->rt, l->server);
	l->app = l->rt.connect(l->server);
	NEED(l->app >= 0, "rt_connect: %s", reason(&l->rt));
	say_hello(l->app);
	l->client = open_websocket(l->port);
}

static bool serves(const struct life *l) { return round_trip(l->app) && !ends_within(l->client, 0); }

static void end(struct life *l)
{
	finish(&l->rt, l->server);
	CHECK(ends_within(l->client, 1000), "the client goes on");
	CHECK(ends_within(l->app, 1000), "the connection of the app goes on");
	CHECK(dial(l->port) < 0 && errno == ECONNREFUSED, "the port is still open");
	close(l->app);
	close(l->client);
}

int main(void)
{
	story("two copies of the library");
	struct life one = {.rt = copy("one.so")}, other = {.rt = copy("other.so")};
	CHECK(one.rt.new != other.rt.new, "it is one copy");
	begin(&one);
	begin(&other);
	CHECK(serves(&one) && serves(&other), "a copy does not serve");
	CHECK_IS(one.server, other.server); /* both count from 1 */

	one.rt.free(4711);
	CHECK(strstr(reason(&one.rt), "4711") != NULL, "%s", reason(&one.rt));
	CHECK(strcmp(reason(&other.rt), "") == 0, "an error of the other copy: %s", reason(&other.rt));

	end(&one);
	CHECK(serves(&other), "one copy's end was the other's");
	begin(&one);
	end(&other);
	CHECK(serves(&one), "one copy's end was the other's");
	end(&one);
	return done();
}
