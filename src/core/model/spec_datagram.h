/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SPEC_DATAGRAM_H
#define ROOST_SPEC_DATAGRAM_H

/* Of declarations: what is said about games over datagrams. For model/spec.c. */

#include "model/setting.h"

void spec_check_datagrams(const struct server_spec *spec, struct complaints *complaints);

#endif
