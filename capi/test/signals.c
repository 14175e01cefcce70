/*
 * signals.c - the host's signals stay the host's: its handlers are installed as Ruby installs them, without
 * SA_ONSTACK, and run on its own threads alone, whatever comes while a server works, starts and stops.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "library.h"
#include "proc.h"
#include "wire.h"

#define BIT(number) (UINT64_C(1) << ((number) - 1))
#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum {
	STORM_MS = 3000,
	DEEP = 8 << 10, /* bytes of stack that a handler uses: more than most goroutines have */
	MOST = 256,      /* threads that are looked at */
};

static struct library rt;

/* What the host handles: the first two from before the library is loaded, the others from after it. */
static const int handled[] = {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2};

/* AddressSanitizer's stack for signals is smaller than a few handlers of ours, one on the other. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "use_sigaltstack=0"; }

/* -- handlers ------------------------------------------------------------------------------------ */

static _Thread_local char *stack, *stack_end; /* of a thread of the host; NULL in others */
static _Thread_local atomic_int handled_here;
static atomic_int counts[65], strangers;

/* Whether a handler runs where it may: on the stack of a thread of the host, or its other one for signals. */
static bool at_home(const char *here)
{
	stack_t other;
	if (stack == NULL) return false;
	if (here >= stack && here < stack_end) return true;
	return sigaltstack(NULL, &other) == 0 && (other.ss_flags & SS_ONSTACK) != 0;
}

static void handle(int number)
{
	int kept = errno;
	volatile char deep[DEEP];
	for (size_t i = 0; i < sizeof deep; i += 512) deep[i] = (char)number;
	atomic_fetch_add(&counts[number], deep[0] == (char)number);
	if (!at_home((const char *)deep)) atomic_fetch_add(&strangers, 1);
	atomic_fetch_add(&handled_here, 1);
	errno = kept;
}

static void install(int number)
{
	struct sigaction action = {.sa_handler = handle}; /* neither SA_ONSTACK nor SA_RESTART */
	NEED(sigaction(number, &action, NULL) == 0, "sigaction");
}

/* -- what loading changes ------------------------------------------------------------------------ */

static void read_actions(struct sigaction into[65])
{
	memset(into, 0, 65 * sizeof *into);
	for (int number = 1; number <= 64; number++) sigaction(number, NULL, &into[number]);
}

/*
 * Go must have the signals that its own faults become, the one by which it preempts its goroutines, and one for
 * system calls that all threads make. Of a handler that is there already it only wants another stack.
 */
static void load_and_compare(void)
{
	static const int gos[] = {SIGSEGV, SIGBUS, SIGFPE, SIGURG, SIGPIPE, 33};
	struct sigaction before[65], after[65];
	story("what loading changes");
	install(SIGINT);
	install(SIGTERM);
	read_actions(before);
	rt = load();
	read_actions(after);
	for (int number = 1; number <= 64; number++) {
		bool its = false;
		for (size_t i = 0; i < LENGTH(gos); i++) its = its || gos[i] == number;
		if (its) continue;
		CHECK(before[number].sa_handler == after[number].sa_handler, "signal %d has another handler", number);
		int added = after[number].sa_flags & ~before[number].sa_flags;
		CHECK((added & ~SA_ONSTACK) == 0, "signal %d has the flags %#x besides", number, (unsigned)added);
		CHECK((before[number].sa_flags & ~after[number].sa_flags) == 0, "signal %d has lost a flag", number);
	}
	install(SIGCHLD);
	install(SIGUSR1);
	install(SIGUSR2);
}

/* -- masks --------------------------------------------------------------------------------------- */

static atomic_int hosts[MOST]; /* ids of the host's threads */
static atomic_int host_count;

static void enter_host(void)
{
	pthread_attr_t its;
	void *lowest;
	size_t size;
	NEED(pthread_getattr_np(pthread_self(), &its) == 0, "pthread_getattr_np");
	pthread_attr_getstack(&its, &lowest, &size);
	pthread_attr_destroy(&its);
	stack_end = (char *)lowest + size;
	stack = lowest;
	atomic_store(&hosts[atomic_fetch_add(&host_count, 1)], (int)syscall(SYS_gettid));
}

static bool is_host(int id)
{
	for (int i = 0; i < atomic_load(&host_count); i++)
		if (atomic_load(&hosts[i]) == id) return true;
	return false;
}

/* Every thread that is not the host's blocks all but what Go must have; returns how many those were. */
static int look_at_masks(void)
{
	struct thread all[MOST];
	uint64_t must = ~UINT64_C(0);
	static const int unblocked[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS,
					SIGSTKFLT, SIGURG, 32, 33, 34};
	for (size_t i = 0; i < LENGTH(unblocked); i++) must &= ~BIT(unblocked[i]);
	int count = look_at_threads(all, MOST), gos = 0;
	for (int i = 0; i < count; i++) {
		if (is_host(all[i].id)) continue;
		gos++;
		NEED((all[i].blocked & must) == must, "thread %d (%s) blocks %#llx only", all[i].id, all[i].name,
			(unsigned long long)all[i].blocked);
	}
	return gos;
}

static uint64_t own_mask(void)
{
	sigset_t now;
	uint64_t bits = 0;
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int number = 1; number <= 64; number++) bits |= sigismember(&now, number) == 1 ? BIT(number) : 0;
	return bits;
}

/* -- the storm ----------------------------------------------------------------------------------- */

static atomic_int calm; /* the storm is over */
static atomic_long sent, requests, calls;
static int server;

enum { HOSTS = 1 + 4 }; /* this thread, those that make load, and who sends signals */

static bool all_hosts(void *nothing)
{
	(void)nothing;
	return atomic_load(&host_count) == HOSTS;
}

static void await_hosts(void) { NEED(within(PATIENCE_MS, all_hosts, NULL), "a thread does not start"); }

static void *asks_over_http(void *nothing)
{
	enter_host();
	for (int port = port_of(&rt, server); !atomic_load(&calm);) {
		int fd = dial(port);
		NEED(fd >= 0, "dial");
		for (int i = 0; i < 20; i++, atomic_fetch_add(&requests, 1))
			NEED(request(fd, "GET", i % 2 ? "/nothing" : "/socket.io/?EIO=4&transport=polling", "", NULL) > 0, "no answer");
		close(fd);
		close(open_websocket(port));
	}
	return nothing;
}

static void *calls_the_library(void *nothing)
{
	enter_host();
	char text[64];
	while (!atomic_load(&calm)) {
		int app = rt.connect(server);
		NEED(app >= 0, "rt_connect: %s", reason(&rt));
		say_hello(app);
		NEED(round_trip(app), "no answer");
		close(app);
		NEED(rt.address(server, 0, text, sizeof text) > 0, "rt_address");
		NEED(rt.new("{") == RT_ERR_CONFIG, "rt_new");
		NEED(own_mask() == 0, "a call has left signals blocked");
		atomic_fetch_add(&calls, 4);
	}
	return nothing;
}

static void *lives_and_dies(void *nothing)
{
	enter_host();
	while (!atomic_load(&calm)) {
		int short_lived = started(&rt, "");
		finish(&rt, short_lived);
		atomic_fetch_add(&calls, 4);
	}
	return nothing;
}

/* Signals for the process, which any of the host's threads may get, and for threads in the middle of a call. */
static void *sends_signals(void *threads)
{
	enter_host();
	await_hosts();
	for (unsigned i = 0; !atomic_load(&calm); i++) {
		int number = handled[i % LENGTH(handled)];
		if (i % 2) kill(getpid(), number);
		else pthread_kill(((pthread_t *)threads)[i / 2 % 3], number);
		atomic_fetch_add(&sent, 1);
		if (i % 64 == 0) poll(NULL, 0, 1); /* the others want to compute too */
	}
	return NULL;
}

static void storm(void)
{
	pthread_t workers[3], sender;
	int most = 0;
	story("a storm of signals under load");
	server = started(&rt, "");
	pthread_create(&workers[0], NULL, asks_over_http, NULL);
	pthread_create(&workers[1], NULL, calls_the_library, NULL);
	pthread_create(&workers[2], NULL, lives_and_dies, NULL);
	pthread_create(&sender, NULL, sends_signals, workers);
	await_hosts();
	for (int64_t end = now() + STORM_MS; now() < end; poll(NULL, 0, 100)) {
		int gos = look_at_masks();
		if (gos > most) most = gos;
	}
	atomic_store(&calm, 1);
	pthread_join(sender, NULL);
	for (size_t i = 0; i < LENGTH(workers); i++) pthread_join(workers[i], NULL);
	finish(&rt, server);

	int ran = 0;
	for (size_t i = 0; i < LENGTH(handled); i++) {
		int count = atomic_load(&counts[handled[i]]);
		CHECK(count > 0, "the handler of signal %d has not run", handled[i]);
		ran += count;
	}
	printf("  %ld signals, handled %d times; %ld requests, %ld calls, %d threads of Go\n", atomic_load(&sent), ran,
		atomic_load(&requests), atomic_load(&calls), most);
	CHECK(atomic_load(&sent) >= 10000, "only %ld signals", atomic_load(&sent));
	CHECK(most >= 3, "only %d threads of Go", most); /* each of which was seen to block all */
	CHECK(most < MOST / 2, "%d threads of Go", most);
	CHECK_IS(atomic_load(&strangers), 0);
}

/* -- waiting ------------------------------------------------------------------------------------- */

static void *interrupts(void *whom)
{
	enter_host();
	while (!atomic_load(&calm)) {
		pthread_kill(*(pthread_t *)whom, SIGUSR1);
		poll(NULL, 0, 1);
	}
	return NULL;
}

/* rt_stop waits for an app that does not answer, and the host's handlers run meanwhile. */
static void signals_while_stopping(void)
{
	enum { STOP_MS = 800 };
	pthread_t self = pthread_self(), other;
	story("signals while rt_stop waits");
	int stuck = started(&rt, "");
	int app = rt.connect(stuck);
	say_hello_as_handler(app);
	int client = open_websocket(port_of(&rt, stuck));
	atomic_store(&calm, 0);
	pthread_create(&other, NULL, interrupts, &self);
	int before = atomic_load(&handled_here);
	int64_t begin = now();
	CHECK_IS(rt.stop(stuck, STOP_MS), 0);
	int64_t took = now() - begin;
	int meanwhile = atomic_load(&handled_here) - before;
	atomic_store(&calm, 1);
	pthread_join(other, NULL);
	CHECK(took >= STOP_MS / 2 && took < STOP_MS + 2000, "%lld ms", (long long)took);
	CHECK(meanwhile >= 10, "%d handlers ran while it waited", meanwhile);
	CHECK_IS(own_mask(), 0);
	CHECK_IS(rt.free(stuck), 0);
	close(client);
	close(app);
}

/* Writes where nobody reads. Returns errno, if it lives to tell. */
static int write_in_vain(void)
{
	int ends[2];
	NEED(pipe(ends) == 0, "pipe");
	close(ends[0]);
	int why = write(ends[1], "x", 1) < 0 ? errno : 0;
	close(ends[1]);
	return why;
}

/* How a child ends that writes in vain, in the way of waitpid. */
static int end_of_a_writer(void (*prepare)(void))
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	NEED(child >= 0, "fork");
	if (child == 0) {
		prepare();
		_exit(write_in_vain());
	}
	while (waitpid(child, &status, 0) < 0) NEED(errno == EINTR, "waitpid");
	return status;
}

static void ignore_and_load(void)
{
	signal(SIGPIPE, SIG_IGN);
	rt = load();
	finish(&rt, started(&rt, ""));
}

static void just_load(void)
{
	rt = load();
	finish(&rt, started(&rt, ""));
}

/* Go has SIGPIPE, and does with it what it finds: a host dies of it, or gets EPIPE, as before. */
static void broken_pipes(void)
{
	story("broken pipes");
	int ignoring = end_of_a_writer(ignore_and_load), dying = end_of_a_writer(just_load);
	CHECK(WIFEXITED(ignoring) && WEXITSTATUS(ignoring) == EPIPE, "status %#x", (unsigned)ignoring);
	CHECK(WIFSIGNALED(dying) && WTERMSIG(dying) == SIGPIPE, "status %#x", (unsigned)dying);
}

/* A host's own children are reaped as before. */
static void a_child_ends(void)
{
	story("a child of the host ends");
	int before = atomic_load(&counts[SIGCHLD]), status;
	pid_t child = fork();
	if (child == 0) _exit(7);
	pid_t ended;
	do ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	CHECK(ended == child && WEXITSTATUS(status) == 7, "status %#x", (unsigned)status);
	CHECK(atomic_load(&counts[SIGCHLD]) > before, "no SIGCHLD");
}

int main(void)
{
	broken_pipes();
	enter_host();
	load_and_compare();
	CHECK_IS(own_mask(), 0);
	CHECK(look_at_masks() > 0, "no thread of Go");
	storm();
	signals_while_stopping();
	a_child_ends();
	CHECK(look_at_masks() > 0, "no thread of Go");
	CHECK_IS(atomic_load(&strangers), 0);
	return done();
}
