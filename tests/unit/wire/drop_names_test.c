// SPDX-License-Identifier: MIT
//
// Every reason has a name, its own in lower case with dashes, and a sentence.
#include <berth/drop.h>

#include "../../support/unit.h"

static const char *const enumerators[] = {
#define ENUMERATOR(name, sentence) #name,
	BERTH_DROP_REASONS(ENUMERATOR)
#undef ENUMERATOR
};

static void every_name_is_its_enumerator_in_lower_case_with_dashes(void **state)
{
	unsigned reason, index;

	(void)state;
	for (reason = 0; reason < BERTH_DROP_COUNT; reason++) {
		const char *name = berth_drop_name((enum berth_drop)reason);

		assert_u64(strlen(name), strlen(enumerators[reason]));
		for (index = 0; name[index]; index++) {
			const char letter = enumerators[reason][index];
			const char expected = letter == '_' ? '-' : (char)(letter + ('a' - 'A'));

			assert_u64(name[index], expected);
		}
	}
}

static void known_names_are_spelled_right(void **state)
{
	(void)state;
	assert_string_equal(berth_drop_name(BERTH_DROP_TCP_CHECKSUM), "tcp-checksum");
	assert_string_equal(berth_drop_name(BERTH_DROP_FRAME_TRUNCATED), "frame-truncated");
	assert_string_equal(berth_drop_name(BERTH_DROP_FRAME_INTERFACE_UNKNOWN),
			    "frame-interface-unknown");
	assert_string_equal(berth_drop_name(BERTH_DROP_TCP_PAWS), "tcp-paws");
	assert_string_equal(berth_drop_sentence(BERTH_DROP_TCP_CHECKSUM),
			    "TCP checksum does not match");
}

static void what_is_no_reason_has_no_name(void **state)
{
	(void)state;
	assert_null(berth_drop_name(BERTH_DROP_NONE));
	assert_null(berth_drop_sentence(BERTH_DROP_NONE));
	assert_null(berth_drop_name((enum berth_drop)1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_its_enumerator_in_lower_case_with_dashes),
		cmocka_unit_test(known_names_are_spelled_right),
		cmocka_unit_test(what_is_no_reason_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
