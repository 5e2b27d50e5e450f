// SPDX-License-Identifier: MIT
//
// Who still holds the other end: is a holder found wherever it is, and nobody when there is none?
#include "../../../daemon/daemon_holder.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/unit.h"

static uint64_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

// A child that holds what is open now, until it is told to let go.
static pid_t hold_in_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_holder_is_found_and_remembered(void **state)
{
	int ends[2];
	struct daemon_holder holder;
	pid_t child;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	child = hold_in_child();
	holder = (struct daemon_holder){(uint32_t)child, -1};
	assert_true(daemon_holder_look(&holder, inode_of(ends[1]), geteuid()));
	assert_int_equal(holder.pid, child);
	assert_int_equal(holder.fd, ends[1]);
	assert_true(daemon_holder_look(&holder, inode_of(ends[1]), geteuid()));
	end_child(child);
	assert_false(daemon_holder_look(&holder, inode_of(ends[1]), geteuid())); // we do not count
	close(ends[0]);
	close(ends[1]);
}

static void another_process_that_inherited_it_is_found(void **state)
{
	int ends[2];
	struct daemon_holder holder;
	pid_t before, child;

	(void)state;
	before = hold_in_child(); // has no such descriptor
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	child = hold_in_child();
	holder = (struct daemon_holder){(uint32_t)before, -1};
	assert_true(daemon_holder_look(&holder, inode_of(ends[1]), geteuid()));
	end_child(child);
	assert_false(daemon_holder_look(&holder, inode_of(ends[1]), geteuid()));
	end_child(before);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_holder_is_found_and_remembered),
		cmocka_unit_test(another_process_that_inherited_it_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
