// SPDX-License-Identifier: MIT
//
// Ports have classes: are the borders where RFC 6335 6 draws them?
#include "../../support/test_host.h"

static void each_class_begins_and_ends_where_rfc_6335_says(void **state)
{
	(void)state;
	assert_int_equal(berth_port_class(0), BERTH_PORT_WELL_KNOWN);
	assert_int_equal(berth_port_class(80), BERTH_PORT_WELL_KNOWN);
	assert_int_equal(berth_port_class(1023), BERTH_PORT_WELL_KNOWN);
	assert_int_equal(berth_port_class(1024), BERTH_PORT_REGISTERED);
	assert_int_equal(berth_port_class(49151), BERTH_PORT_REGISTERED);
	assert_int_equal(berth_port_class(49152), BERTH_PORT_DYNAMIC);
	assert_int_equal(berth_port_class(65535), BERTH_PORT_DYNAMIC);
}

static void each_class_has_its_customary_name(void **state)
{
	(void)state;
	assert_string_equal(berth_port_class_name(BERTH_PORT_WELL_KNOWN), "well-known");
	assert_string_equal(berth_port_class_name(BERTH_PORT_REGISTERED), "registered");
	assert_string_equal(berth_port_class_name(BERTH_PORT_DYNAMIC), "dynamic");
	assert_null(berth_port_class_name((enum berth_port_class)3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_begins_and_ends_where_rfc_6335_says),
		cmocka_unit_test(each_class_has_its_customary_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
