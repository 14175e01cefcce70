/*
 * The functions of realtime.h. Each looks whether this process was forked, has Go called by a thread of its own
 * while the host's waits for it, and keeps the error's text for the thread that called.
 *
 * Why a thread: where Go has run, signals are not what they were. Inside it a thread is on the small stack of a
 * goroutine, where a host's handler that was installed without SA_ONSTACK, as Ruby's are, would run; and behind
 * it stays Go's own stack for signals, of 32 KiB in the middle of Go's memory, where the others would. A thread
 * for each call takes a tenth of a millisecond at most, and none of the calls is made often.
 */
#include "realtime.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "border.h"

extern char **environ;

/* -- errors -------------------------------------------------------------------------------------- */

/*
 * Not _Thread_local: Go's own thread-local word makes the loader put all of the library's into the little
 * room that it keeps for such, and a text would not fit.
 */
static pthread_key_t text_key;
static int has_text_key; /* a host may have used up all keys there are; then it gets numbers alone */
static pthread_once_t text_once = PTHREAD_ONCE_INIT;

static void make_text_key(void) { has_text_key = pthread_key_create(&text_key, free) == 0; }

/* The text of this thread: RT_TEXT_SIZE bytes, or NULL. */
static char *own_text(void)
{
	pthread_once(&text_once, make_text_key);
	if (!has_text_key) return NULL;
	char *text = pthread_getspecific(text_key);
	if (text == NULL && (text = calloc(1, RT_TEXT_SIZE)) != NULL) pthread_setspecific(text_key, text);
	return text;
}

static int failed(int code, const char *why)
{
	char *text = own_text();
	if (text != NULL) {
		strncpy(text, why, RT_TEXT_SIZE - 1);
		text[RT_TEXT_SIZE - 1] = '\0';
	}
	return code;
}

/* Copies a text as snprintf would, and returns its length. */
static int copy(const char *text, char *buf, size_t size)
{
	size_t length = strlen(text);
	if (buf != NULL && size > 0) {
		size_t part = length < size ? length : size - 1;
		memcpy(buf, text, part);
		buf[part] = '\0';
	}
	return (int)length;
}

int rt_errmsg(char *buf, size_t size)
{
	char *text = own_text();
	return copy(text != NULL ? text : "", buf, size);
}

/* -- fork ---------------------------------------------------------------------------------------- */

static atomic_int is_child;
static pid_t home;

static void note_child(void) { atomic_store(&is_child, 1); }

__attribute__((constructor)) static void watch_forks(void)
{
	home = getpid();
	pthread_atfork(NULL, NULL, note_child);
}

/* The pid tells of children that were made without fork(3), by a bare clone(2). */
static int forked(void) { return atomic_load(&is_child) || getpid() != home; }

static int refuse_fork(void)
{
	return failed(RT_ERR_FORKED, "this process was forked from the one that loaded the library, which does not "
				     "work here: load it after the fork, or run the sidecar as a process of its own");
}

/* -- in and out of Go ---------------------------------------------------------------------------- */

/* A call, from the function of realtime.h to that of Go and back. */
struct call {
	int (*go)(struct call *);
	int server, number; /* arguments, as the function has them */
	const char *config;
	int result;
	char message[RT_TEXT_SIZE]; /* the text of the result */
};

static void *run(void *call)
{
	((struct call *)call)->result = ((struct call *)call)->go(call);
	return NULL;
}

/* Starts a thread that blocks all signals, as Go's own do: none of the host's handlers may run in it. */
static int start_thread(pthread_t *thread, struct call *call)
{
	sigset_t all, before;
	sigfillset(&all);
	/* These are the program's own faults; blocked, they would end it without a word. */
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int why = pthread_create(thread, NULL, run, call);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return why;
}

/* Makes a call and waits for it; signals are handled meanwhile. The text of an error is kept. */
static int enter(struct call *call)
{
	pthread_t thread;
	int cancel;
	if (forked()) return refuse_fork();
	int why = start_thread(&thread, call);
	if (why != 0) return failed(RT_ERR_SYSTEM, strerror(why));
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); /* the call is on this thread's stack */
	pthread_join(thread, NULL);
	pthread_setcancelstate(cancel, NULL);
	return call->result < 0 ? failed(call->result, call->message) : call->result;
}

static int go_new(struct call *c) { return rtgoNew((char *)c->config, strlen(c->config), environ, c->message); }
static int go_start(struct call *c) { return rtgoStart(c->server, c->message); }
static int go_address(struct call *c) { return rtgoAddress(c->server, c->number, c->message); }
static int go_connect(struct call *c) { return rtgoConnect(c->server, c->message); }
static int go_stop(struct call *c) { return rtgoStop(c->server, c->number, c->message); }
static int go_free(struct call *c) { return rtgoFree(c->server, c->message); }

/* -- the functions ------------------------------------------------------------------------------- */

uint32_t rt_abi_version(void) { return RT_ABI_VERSION; }

int rt_new(const char *config)
{
	struct call call = {.go = go_new, .config = config};
	if (forked()) return refuse_fork();
	if (config == NULL) return failed(RT_ERR_ARGUMENT, "config is NULL; {} has no options");
	return enter(&call);
}

int rt_start(int server)
{
	struct call call = {.go = go_start, .server = server};
	return enter(&call);
}

int rt_address(int server, int index, char *buf, size_t size)
{
	struct call call = {.go = go_address, .server = server, .number = index};
	if (forked()) return refuse_fork();
	if (buf == NULL && size > 0) return failed(RT_ERR_ARGUMENT, "buf is NULL");
	int result = enter(&call);
	return result < 0 ? result : copy(call.message, buf, size);
}

int rt_connect(int server)
{
	struct call call = {.go = go_connect, .server = server};
	return enter(&call);
}

int rt_stop(int server, int timeout_ms)
{
	struct call call = {.go = go_stop, .server = server, .number = timeout_ms};
	return enter(&call);
}

int rt_free(int server)
{
	struct call call = {.go = go_free, .server = server};
	return enter(&call);
}
