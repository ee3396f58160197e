/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what people write for times, sizes, rates and addresses, and as base64: what is
 * accepted is written in one form, which is read back the same.
 */

#include "base/address.h"
#include "base/base64.h"
#include "base/instant.h"
#include "base/reach.h"
#include "fuzz.h"
#include "model/quantity.h"
#include "port/http.h"

static void
try_times(const char *text)
{
	char form[DURATION_TEXT_SIZE], words[DURATION_WORDS_SIZE], at[INSTANT_TEXT_SIZE];
	struct duration duration, again;
	struct instant instant, same;

	if (duration_parse(text, &duration)) {
		duration_setting(duration, form);
		ASSERT(duration.ms >= 0 && duration_parse(form, &again));
		ASSERT(again.ms == duration.ms);
		duration_text(duration, form);
		duration_words(duration, words);
	}
	if (instant_parse(text, &instant)) {
		instant_text(instant, at);
		ASSERT(instant_parse(at, &same) && same.ms == instant.ms);
	}
	if (http_date_parse(text, &instant)) {
		instant_text(instant, at);
		ASSERT(instant_parse(at, &same) && same.ms == instant.ms);
	}
}

static void
try_amounts(const char *text)
{
	char form[QUANTITY_TEXT_SIZE];
	int64_t amount, again;
	int signal;

	if (size_parse(text, &amount)) {
		size_text(amount, form);
		ASSERT(amount >= 0 && size_parse(form, &again) && again == amount);
	}
	if (thousandths_parse(text, &amount)) {
		thousandths_text(amount, form);
		ASSERT(amount >= 0 && thousandths_parse(form, &again) && again == amount);
	}
	if (signal_parse(text, &signal))
		ASSERT(signal_word(signal) != NULL);
}

static void
try_addresses(const char *text)
{
	struct network network, network_again;
	struct endpoint endpoint, endpoint_again;
	char form[NETWORK_TEXT_SIZE], whole[HOST_MAX + 16];
	struct ip ip, again;

	if (ip_parse(text, &ip)) {
		ip_text(&ip, form);
		ASSERT(ip_parse(form, &again) && ip_equal(&ip, &again));
		(void)ip_special(&ip);
	}
	if (network_parse(text, &network)) {
		network_text(&network, form);
		ASSERT(network_parse(form, &network_again));
		ASSERT(network.bits == network_again.bits && network.bits <= 128);
		ASSERT(network_holds(&network_again, &network.ip));
	}
	if (endpoint_parse(text, &endpoint)) {
		endpoint_text(&endpoint, whole, sizeof whole);
		ASSERT(endpoint_parse(whole, &endpoint_again));
		ASSERT(endpoint.port == endpoint_again.port);
		ASSERT(strcmp(endpoint.host, endpoint_again.host) == 0);
	}
}

static void
try_base64(const char *text, size_t length)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL, again = BUF_NULL;

	if (base64_take(&bytes, text, length)) {
		base64_put(&again, bytes.data, bytes.length);
		ASSERT(again.length == length && memcmp(again.data, text, length) == 0);
	}
	buf_clear(&bytes);
	buf_clear(&again);
	if (base64url_take(&bytes, text, length)) {
		base64url_put(&again, bytes.data, bytes.length);
		ASSERT(again.length == length && memcmp(again.data, text, length) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);

	try_times(text);
	try_amounts(text);
	try_addresses(text);
	if (size > 0)
		try_base64((const char *)data, size);
	return 0;
}
