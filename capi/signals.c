/*
 * Go's threads block all signals that can be blocked, so that the host's handlers run on the host's threads
 * alone: Go's have small stacks, and a handler that was installed after Go looked, without SA_ONSTACK, would
 * run there and crash the process.
 *
 * A thread has the mask of the one that made it. Go's first thread is made by a constructor of this library,
 * so all signals are blocked before it and restored after it. Constructors with a priority run before those
 * without; among these, the linker puts Go's before the last one here. The second half is the toolchain's
 * habit and no promise, so test-capi reads the mask of every thread.
 *
 * Go's runtime then unblocks some again in each of its threads. Two of those are a host's as well, and stay
 * blocked because the library is built with another table: script/runtime-overlay.
 */
#include <pthread.h>
#include <signal.h>

static sigset_t before;

__attribute__((constructor(101))) static void block_all(void)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
}

__attribute__((constructor(65535))) static void restore(void) { pthread_sigmask(SIG_SETMASK, &before, NULL); }
