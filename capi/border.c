/*
 * The functions of realtime.h. Each looks whether this process was forked, enters Go with all signals
 * blocked, and keeps the error's text for the thread that called.
 *
 * Why signals are blocked: inside Go the thread is on the small stack of a goroutine, and a host's handler
 * that was installed without SA_ONSTACK, as Ruby's are, would run there. For the same reason nothing waits
 * inside Go: rt_start and rt_stop wait here, for a pipe, on the host's own stack.
 */
#include "realtime.h"

#include <errno.h>
#include <fcntl.h>
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

static void block_signals(sigset_t *before)
{
	sigset_t all;
	sigfillset(&all);
	/* These are the program's own faults; blocked, they would end it without a word. */
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static void restore_signals(const sigset_t *before) { pthread_sigmask(SIG_SETMASK, before, NULL); }

/* A call into Go, which writes the text of its error into message. */
#define IN_GO(result, call)                    \
	do {                                   \
		sigset_t before;               \
		block_signals(&before);        \
		(result) = (call);             \
		restore_signals(&before);      \
		if ((result) < 0) failed((result), message); \
	} while (0)

uint32_t rt_abi_version(void) { return RT_ABI_VERSION; }

int rt_new(const char *config)
{
	char message[RT_TEXT_SIZE] = "";
	int result;
	if (forked()) return refuse_fork();
	if (config == NULL) return failed(RT_ERR_ARGUMENT, "config is NULL; {} has no options");
	IN_GO(result, rtgoNew((char *)config, strlen(config), environ, message));
	return result;
}

int rt_address(int server, int index, char *buf, size_t size)
{
	char message[RT_TEXT_SIZE] = "";
	int result;
	if (forked()) return refuse_fork();
	if (buf == NULL && size > 0) return failed(RT_ERR_ARGUMENT, "buf is NULL");
	IN_GO(result, rtgoAddress(server, index, message));
	return result < 0 ? result : copy(message, buf, size);
}

int rt_connect(int server)
{
	char message[RT_TEXT_SIZE] = "";
	int result;
	if (forked()) return refuse_fork();
	IN_GO(result, rtgoConnect(server, message));
	return result;
}

int rt_free(int server)
{
	char message[RT_TEXT_SIZE] = "";
	int result;
	if (forked()) return refuse_fork();
	IN_GO(result, rtgoFree(server, message));
	return result;
}

/* -- waiting ------------------------------------------------------------------------------------- */

/*
 * What Go writes into the pipe: the result, and the text of an error, ended by NUL. The end of the pipe is not
 * waited for: a child that was forked meanwhile may have a copy of its other side.
 */
struct outcome {
	int32_t code;
	char text[RT_TEXT_SIZE];
};

static int open_pipe(int ends[2])
{
	if (pipe(ends) != 0) return failed(RT_ERR_SYSTEM, strerror(errno));
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

/* Waits for an outcome; signals are handled meanwhile. Closes the pipe. */
static int await(int pipe)
{
	struct outcome got = {.code = RT_ERR_INTERNAL};
	char *bytes = (char *)&got;
	size_t length = 0;
	while (length <= sizeof got.code || bytes[length - 1] != '\0') {
		ssize_t n = read(pipe, bytes + length, sizeof got - length);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) break;
		length += (size_t)n;
	}
	close(pipe);
	return got.code < 0 ? failed(got.code, got.text) : got.code;
}

int rt_start(int server)
{
	int ends[2], result;
	char message[1] = "";
	if (forked()) return refuse_fork();
	if ((result = open_pipe(ends)) < 0) return result;
	IN_GO(result, rtgoStart(server, ends[1]));
	return await(ends[0]);
}

int rt_stop(int server, int timeout_ms)
{
	int ends[2], result;
	char message[1] = "";
	if (forked()) return refuse_fork();
	if ((result = open_pipe(ends)) < 0) return result;
	IN_GO(result, rtgoStop(server, timeout_ms, ends[1]));
	return await(ends[0]);
}
