/*
 * connections.c - an app that does everything wrong on its connections: frames that are none, giant ones, rude ends,
 * too many, writing after the end. That connection ends, and whoever behaves is served on.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct library rt;

/* An app connection, with hello or not. */
static int app_of(int server, bool hello)
{
	int app = rt.connect(server);
	NEED(app >= 0, "rt_connect: %s", reason(&rt));
	if (hello) say_hello(app);
	return app;
}

static void broken_frames(int server, int good)
{
	static const struct {
		const char *bytes;
		size_t length;
	} broken[] = {
		{"GET / HTTP/1.1\r\n\r\n", 18},
		{"\0\0\0\0", 4},
		{"\xff\xff\xff\xff", 4},
		{"\0\0\0\1\xc1", 5},
		{"\0\0\0\5\xdd\xff\xff\xff\xff", 9},
		{"\1\0\0\0", 4},
		{"\0\0\0\2\x91\xc0", 6},
	};
	story("frames that are none");
	for (size_t i = 0; i < LENGTH(broken); i++)
		for (int hello = 0; hello < 2; hello++) {
			int app = app_of(server, hello);
			send_bytes(app, broken[i].bytes, broken[i].length);
			CHECK(ends_within(app, PATIENCE_MS), "the connection goes on after broken frame %zu", i);
			close(app);
			CHECK(round_trip(good), "another connection ended with it");
		}
}

static void giant_frames(int server, int good)
{
	enum { LARGEST = (16 << 20) - 1 };
	struct bytes out = {0};
	story("giant frames");
	size_t frame = begin_request(&out, 7, "emit", 2);
	put_str(&out, "event"), put_str(&out, "e");
	put_str(&out, "args"), put_array(&out, 1);
	size_t left = LARGEST - (out.length - frame - 4) - 5;
	put_head(&out, 0xdb, (uint32_t)left, 4);
	memset(grow(&out, left), 'x', left);
	end_frame(&out, frame);
	NEED(out.length == LARGEST + 4, "%zu bytes", out.length);

	/* It is read, and refused: an emit may have a megabyte. The connection goes on. */
	int app = app_of(server, true);
	CHECK(send_bytes(app, out.at, out.length), "the connection ended within the largest frame");
	CHECK(read_frame(app, &out), "no answer");
	struct reader r = {out.at, out.at + out.length, false};
	get(&r, ARRAY);
	CHECK(get(&r, UINT) == 1 && get(&r, UINT) == 7 && get(&r, MAP) > 0, "no error in the answer");
	CHECK(round_trip(app), "the connection ended after the largest frame");
	close(app);

	/* The same before hello: 64 KiB are the limit. The rest is not even read. */
	app = app_of(server, false);
	send_bytes(app, "\0\1\0\1", 4);
	CHECK(ends_within(app, PATIENCE_MS), "65 KiB before hello");
	close(app);
	free(out.at);
	CHECK(round_trip(good), "another connection ended with it");
}

static void rude_ends(int server, int good)
{
	story("connections that are closed at the wrong moment");
	for (int i = 0; i < 20; i++) {
		close(app_of(server, false));
		close(app_of(server, true));
		int half = app_of(server, true);
		send_bytes(half, "\0\0\1\0\x94", 5);
		close(half);
		/* A thousand questions, and nobody reads the answers. */
		struct bytes out = {0};
		for (unsigned id = 0; id < 1000; id++) end_frame(&out, begin_request(&out, id, "stats", 0));
		int deaf = app_of(server, true);
		send_frames(deaf, &out);
		free(out.at);
		close(deaf);
		int silent = app_of(server, true);
		shutdown(silent, SHUT_WR);
		CHECK(ends_within(silent, PATIENCE_MS), "it goes on though nothing more can come");
		close(silent);
	}
	CHECK(round_trip(good), "another connection ended with them");
}

static int newest; /* what connects has opened */

static bool connects(void *server)
{
	int app = rt.connect(*(int *)server);
	if (app >= 0) newest = app;
	return app >= 0;
}

static void too_many_connections(void)
{
	enum { MOST = 100 };
	int apps[MOST];
	story("a hundred connections, and one more");
	int server = started(&rt, "\"max_workers\": 100");
	for (int i = 0; i < MOST; i++) apps[i] = app_of(server, i % 2 == 0);
	CHECK_IS(rt.connect(server), RT_ERR_BUSY);
	CHECK(strstr(reason(&rt), "max_workers") != NULL, "%s", reason(&rt));
	for (int i = 0; i < MOST; i += 2) CHECK(round_trip(apps[i]), "connection %d does not answer", i);
	close(apps[MOST / 2]);
	CHECK(within(PATIENCE_MS, connects, &server), "none is free: %s", reason(&rt));
	apps[MOST / 2] = newest;
	finish(&rt, server);
	for (int i = 0; i < MOST; i++) {
		CHECK(ends_within(apps[i], PATIENCE_MS), "connection %d has not ended", i);
		close(apps[i]);
	}
}

static void writing_after_the_end(void)
{
	struct bytes frame = {0};
	story("writing after the end");
	int server = started(&rt, "");
	int app = app_of(server, true);
	finish(&rt, server);
	CHECK(read_frame(app, &frame), "no bye");
	struct reader r = {frame.at, frame.at + frame.length, false};
	CHECK(get(&r, ARRAY) == 3 && get(&r, UINT) == 2 && is(get_str(&r), "bye"), "another frame than bye");
	CHECK(!read_frame(app, &frame), "something after bye");
	CHECK(!send_text(app, "x"), "it can be written to");
	free(frame.at);
	close(app);
}

int main(void)
{
	rt = load();
	int server = started(&rt, ""), good = app_of(server, true);
	broken_frames(server, good);
	giant_frames(server, good);
	rude_ends(server, good);
	close(good);
	finish(&rt, server);
	too_many_connections();
	writing_after_the_end();
	return done();
}
