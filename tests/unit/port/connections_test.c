/* SPDX-License-Identifier: Apache-2.0 */
/* Connection ids have the shape of API Gateway's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "port/connections.h"

static void
an_id_is_eleven_bytes_in_base64url(void **unused)
{
	static const unsigned char known[11] = { 0x54, 0x5a, 0x32, 0x19, 0xc6, 0x88,
						 0x8e, 0x81, 0x02, 0x22, 0x3c };
	static const unsigned char ones[11] = { 255, 255, 255, 255, 255, 255,
						255, 255, 255, 255, 255 };
	static const unsigned char zeros[11] = { 0 };
	char id[CONNECTION_ID_SIZE];

	(void)unused;
	connection_id_text(known, id);
	assert_string_equal(id, "VFoyGcaIjoECIjw=");
	connection_id_text(ones, id);
	assert_string_equal(id, "______________8=");
	assert_true(connection_id_is_valid(id));
	connection_id_text(zeros, id);
	assert_string_equal(id, "AAAAAAAAAAAAAAA=");
	assert_true(connection_id_is_valid(id));
}

static void
what_has_another_shape_is_no_id(void **unused)
{
	static const char *const wrong[] = { "",
					     "=",
					     "VFoyGcaIjoECIjw",
					     "VFoyGcaIjoECIjw==",
					     "VFoyGcaIjoECIjww",
					     "VFoyGcaIjoECIj=",
					     "VFoyGcaIjoECIjw= ",
					     "VFoyGcaIj/ECIjw=",
					     "VFoyGcaIj+ECIjw=",
					     "VFoyGcaIj.ECIjw=" };
	char changed[CONNECTION_ID_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(connection_id_is_valid(wrong[i]));
	/* No byte but the alphabet's at any place. */
	for (size_t at = 0; at < CONNECTION_ID_SIZE - 1; at++) {
		memcpy(changed, "VFoyGcaIjoECIjw=", sizeof changed);
		changed[at] = '\x7f';
		assert_false(connection_id_is_valid(changed));
		changed[at] = '\0';
		assert_false(connection_id_is_valid(changed));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_eleven_bytes_in_base64url),
		cmocka_unit_test(what_has_another_shape_is_no_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
