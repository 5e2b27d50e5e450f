// SPDX-License-Identifier: MIT
//
// The daemon's directory: is it refused when it is not ours alone, and does one daemon have it?
#include "../../../daemon/daemon_directory.h"

#include <berth/directory.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/unit.h"

static char base[64]; // removed afterwards
static char path[96]; // the directory under test, not yet made

static int make_base(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/berth-directory-XXXXXX");
	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/run", base);
	return 0;
}

static int remove_base(void **state)
{
	const char *names[] = {"run/lock", "run/control", "run/board", "run/kept", "run", "link"};
	char name[160];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", base, names[i]);
		remove(name);
	}
	return rmdir(base);
}

static void touch(const char *name)
{
	char whole[160];
	int fd;

	snprintf(whole, sizeof(whole), "%s/%s", path, name);
	fd = open(whole, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static bool is_there(const char *name)
{
	char whole[160];

	snprintf(whole, sizeof(whole), "%s/%s", path, name);
	return access(whole, F_OK) == 0;
}

static void is_made_for_its_owner_alone(void **state)
{
	struct daemon_directory directory;
	char message[256] = "";
	struct stat status;

	(void)state;
	assert_int_equal(daemon_directory_open(&directory, path, message, sizeof(message)), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_u64(status.st_mode & 07777, 0700);
	assert_string_equal(directory.path, path);
	daemon_directory_close(&directory);
	assert_int_equal(directory.fd, -1);
}

static void is_refused_when_others_may_enter_it(void **state)
{
	struct daemon_directory directory;
	char message[256] = "", expected[256];

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0750), 0);
	assert_int_equal(daemon_directory_open(&directory, path, message, sizeof(message)), EPERM);
	snprintf(expected, sizeof(expected), "%s is open to others (mode 0750): chmod 700 it first",
		 path);
	assert_string_equal(message, expected);
}

static void is_refused_when_it_is_somebody_elses(void **state)
{
	struct daemon_directory directory;
	char message[256] = "", expected[256];

	(void)state;
	if (geteuid() != 0)
		skip(); // only root can give a directory away
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, 4711, 4711), 0);
	assert_int_equal(daemon_directory_open(&directory, path, message, sizeof(message)), EPERM);
	snprintf(expected, sizeof(expected), "%s belongs to user 4711, not to user 0", path);
	assert_string_equal(message, expected);
}

static void is_refused_when_it_is_a_link(void **state)
{
	struct daemon_directory directory;
	char message[256] = "", link[96];

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(link, sizeof(link), "%s/link", base);
	assert_int_equal(symlink(path, link), 0);
	assert_int_not_equal(daemon_directory_open(&directory, link, message, sizeof(message)), 0);
	assert_non_null(strstr(message, "cannot open"));
}

static void is_refused_when_its_name_is_too_long(void **state)
{
	struct daemon_directory directory;
	char message[256] = "", name[DAEMON_PATH_MAX + 1];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[DAEMON_PATH_MAX] = '\0';
	assert_int_equal(daemon_directory_open(&directory, name, message, sizeof(message)),
			 ENAMETOOLONG);
	assert_int_equal(daemon_directory_open(&directory, "", message, sizeof(message)),
			 ENAMETOOLONG);
}

static void a_second_daemon_is_told_who_has_it(void **state)
{
	struct daemon_directory first, second;
	char message[256] = "", expected[256];

	(void)state;
	assert_int_equal(daemon_directory_open(&first, path, message, sizeof(message)), 0);
	touch("control");
	assert_int_equal(daemon_directory_open(&second, path, message, sizeof(message)), EALREADY);
	snprintf(expected, sizeof(expected), "another berthd (PID %d) already serves %s",
		 (int)getpid(), path);
	assert_string_equal(message, expected);
	assert_true(is_there("control")); // and takes nothing away from it
	daemon_directory_close(&first);
	assert_int_equal(daemon_directory_open(&second, path, message, sizeof(message)), 0);
	daemon_directory_close(&second);
}

static void what_a_killed_daemon_left_is_cleared_away(void **state)
{
	struct daemon_directory directory;
	char message[256] = "";
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		if (daemon_directory_open(&directory, path, message, sizeof(message)) == 0) {
			touch("control");
			touch("board");
			touch("kept");
		}
		_exit(0); // without closing, as after SIGKILL
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(is_there("control"));
	assert_int_equal(daemon_directory_open(&directory, path, message, sizeof(message)), 0);
	assert_false(is_there("control"));
	assert_false(is_there("board"));
	assert_true(is_there("kept"));
	daemon_directory_close(&directory);
}

static void closing_removes_control_and_board(void **state)
{
	struct daemon_directory directory;
	char message[256] = "";

	(void)state;
	assert_int_equal(daemon_directory_open(&directory, path, message, sizeof(message)), 0);
	touch("control");
	touch("board");
	daemon_directory_close(&directory);
	assert_false(is_there("control"));
	assert_false(is_there("board"));
	daemon_directory_close(&directory); // again: nothing
}

static void default_follows_the_environment_in_its_order(void **state)
{
	char found[DAEMON_PATH_MAX];
	volatile size_t too_small = 5; // or the compiler would warn of what is tested here

	(void)state;
	setenv("BERTH_DIR", "/a/b", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/5", 1);
	assert_true(berth_directory("", found, sizeof(found)));
	assert_string_equal(found, "/a/b");
	setenv("BERTH_DIR", "", 1);
	assert_true(berth_directory("", found, sizeof(found)));
	assert_string_equal(found, "/run/user/5/berth");
	unsetenv("XDG_RUNTIME_DIR");
	assert_true(berth_directory("", found, sizeof(found)));
	if (geteuid() == 0)
		assert_string_equal(found, "/run/berth");
	else
		assert_memory_equal(found, "/tmp/berth-", 11);
	assert_false(berth_directory("", found, too_small));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_made_for_its_owner_alone, make_base,
						remove_base),
		cmocka_unit_test_setup_teardown(is_refused_when_others_may_enter_it, make_base,
						remove_base),
		cmocka_unit_test_setup_teardown(is_refused_when_it_is_somebody_elses, make_base,
						remove_base),
		cmocka_unit_test_setup_teardown(is_refused_when_it_is_a_link, make_base,
						remove_base),
		cmocka_unit_test_setup_teardown(is_refused_when_its_name_is_too_long, make_base,
						remove_base),
		cmocka_unit_test_setup_teardown(a_second_daemon_is_told_who_has_it, make_base,
						remove_base),
		cmocka_unit_test_setup_teardown(what_a_killed_daemon_left_is_cleared_away,
						make_base, remove_base),
		cmocka_unit_test_setup_teardown(closing_removes_control_and_board, make_base,
						remove_base),
		cmocka_unit_test(default_follows_the_environment_in_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
