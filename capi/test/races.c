/*
 * races.c - eight threads do what they like with the same servers, for some seconds: every function, in no
 * order. Each call returns, with a result that realtime.h lists, and in the end nothing is left.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum {
	THREADS = 8,
	SERVERS = 4, /* few, so that the threads meet */
	RACE_MS = 4000,
};

static struct library rt;
static atomic_int servers[SERVERS]; /* handles, maybe of what is stopped or freed */
static atomic_int over;

enum function { NEW, START, ADDRESS, CONNECT, STOP, FREE, FUNCTIONS };
static const char *const names[FUNCTIONS] = {"rt_new", "rt_start", "rt_address", "rt_connect", "rt_stop", "rt_free"};

/* What each may return besides success, ended by 0. */
static const int allowed[FUNCTIONS][6] = {
	[NEW] = {0},
	[START] = {RT_ERR_HANDLE, RT_ERR_STATE, RT_ERR_LISTEN, 0},
	[ADDRESS] = {RT_ERR_HANDLE, RT_ERR_STATE, 0},
	[CONNECT] = {RT_ERR_HANDLE, RT_ERR_STATE, RT_ERR_BUSY, 0},
	[STOP] = {RT_ERR_HANDLE, 0},
	[FREE] = {RT_ERR_HANDLE, RT_ERR_STATE, 0},
};
static atomic_long succeeded[FUNCTIONS], refused[FUNCTIONS];

static int judge(enum function f, int result)
{
	if (result >= 0) {
		atomic_fetch_add(&succeeded[f], 1);
		return result;
	}
	bool known = false;
	for (const int *code = allowed[f]; *code != 0; code++) known = known || *code == result;
	CHECK(known, "%s returned %d: %s", names[f], result, reason(&rt));
	NEED(strlen(reason(&rt)) > 0 && strstr(reason(&rt), "nil") == NULL, "%s returned %d: %s", names[f], result, reason(&rt));
	atomic_fetch_add(&refused[f], 1);
	return result;
}

/* Uses a connection a little, or not at all, and closes it. */
static void use(int app, unsigned *dice)
{
	struct bytes out = {0};
	if (rand_r(dice) % 2) {
		end_frame(&out, begin_request(&out, 1, "hello", 0)); /* refused: no version */
		send_frames(app, &out);
	}
	if (rand_r(dice) % 2) ends_within(app, 0);
	free(out.at);
	close(app);
}

static void *races(void *seed)
{
	unsigned dice = *(unsigned *)seed;
	char text[64];
	while (!atomic_load(&over)) {
		atomic_int *at = &servers[rand_r(&dice) % SERVERS];
		int server = atomic_load(at), result;
		switch (rand_r(&dice) % 10) {
		case 0:
		case 1:
			/* It is known to the others before it starts. The former one may never be freed: see free_all. */
			result = judge(NEW, rt.new(config("\"max_workers\": 3")));
			server = atomic_exchange(at, result);
			judge(START, rt.start(result));
			judge(STOP, rt.stop(server, 50));
			break;
		case 2: judge(START, rt.start(server)); break;
		case 3: judge(STOP, rt.stop(server, rand_r(&dice) % 100)); break;
		case 4: judge(FREE, rt.free(server)); break;
		case 5: judge(ADDRESS, rt.address(server, 0, text, sizeof text)); break;
		default:
			result = judge(CONNECT, rt.connect(server));
			if (result >= 0) use(result, &dice);
		}
	}
	return NULL;
}

/* All that was ever made: handles count from 1. */
static void free_all(void)
{
	int last = rt.new(config(""));
	for (int server = 1; server <= last; server++) {
		int result = rt.stop(server, 1000);
		CHECK(result == 0 || result == RT_ERR_HANDLE, "rt_stop: %s", reason(&rt));
		result = rt.free(server);
		CHECK(result == 0 || result == RT_ERR_HANDLE, "rt_free: %s", reason(&rt));
	}
}

static bool no_more_than(void *allowed_ones) { return descriptors() <= *(int *)allowed_ones; }

int main(void)
{
	pthread_t threads_[THREADS];
	unsigned seeds[THREADS];
	rt = load();
	finish(&rt, started(&rt, "")); /* what Go opens once is open */
	int before = descriptors();
	story("eight threads, four servers");
	for (int i = 0; i < THREADS; i++) {
		seeds[i] = (unsigned)i + 1;
		NEED(pthread_create(&threads_[i], NULL, races, &seeds[i]) == 0, "pthread_create");
	}
	poll(NULL, 0, RACE_MS);
	atomic_store(&over, 1);
	for (int i = 0; i < THREADS; i++) pthread_join(threads_[i], NULL);
	for (int f = 0; f < FUNCTIONS; f++) {
		printf("  %s: %ld done, %ld refused\n", names[f], atomic_load(&succeeded[f]), atomic_load(&refused[f]));
		CHECK(atomic_load(&succeeded[f]) > 0, "%s never succeeded", names[f]);
	}
	free_all();
	CHECK(within(PATIENCE_MS, no_more_than, &before), "%d descriptors, %d before", descriptors(), before);
	return done();
}
