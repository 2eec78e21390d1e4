/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/tls_certificate.c - see tls_certificate.h. The texts of names: tls_name.c. */
#include "app/tls_certificate.h"

#include "app/tls_der.h"

/* Days since 1970 of a date of the Gregorian calendar (years from 1 on). */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int two_digits(struct rd *r)
{
	uint8_t tens = rd_u8(r), ones = rd_u8(r);

	r->failed = r->failed || tens < '0' || tens > '9' || ones < '0' || ones > '9';
	return r->failed ? 0 : (tens - '0') * 10 + ones - '0';
}

/* UTCTime YYMMDDHHMMSSZ, GeneralizedTime YYYYMMDDHHMMSSZ (RFC 5280 4.1.2.5). */
static int64_t read_time(struct rd *validity)
{
	struct rd r;
	uint8_t tag = der_next(validity, &r);
	int century, year, month, day, hour, minute, second;

	century = tag == DER_GENERALIZED_TIME ? two_digits(&r) : -1;
	year = two_digits(&r);
	if (century < 0)
		century = year >= 50 ? 19 : 20;
	year += century * 100;
	month = two_digits(&r);
	day = two_digits(&r);
	hour = two_digits(&r);
	minute = two_digits(&r);
	second = two_digits(&r);
	if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || r.failed || year < 1 ||
		month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

static void read_serial(struct rd r, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = rd_left(&r);
	const uint8_t *bytes = rd_bytes(&r, len);
	size_t n = 0;

	while (len > 1 && bytes[0] == 0) { /* the sign */
		bytes++;
		len--;
	}
	for (size_t i = 0; i < len && i < TLS_SERIAL_MAX; i++) {
		out[n++] = digits[bytes[i] >> 4];
		out[n++] = digits[bytes[i] & 15];
	}
	out[n] = '\0';
}

static bool is_same(struct rd a, struct rd b)
{
	return rd_left(&a) > 0 && rd_left(&a) == rd_left(&b) &&
	       memcmp(a.at, b.at, rd_left(&a)) == 0;
}

bool tls_certificate_read(const uint8_t *bytes, size_t len, struct tls_certificate *ret_certificate)
{
	struct tls_certificate *c = ret_certificate;
	struct rd r = rd_over(bytes, len), whole, body, serial, algorithm, issuer, validity,
		  subject;
	uint8_t tag;

	*c = (struct tls_certificate){ 0 };
	if (der_next(&r, &whole) != DER_SEQUENCE || der_next(&whole, &body) != DER_SEQUENCE)
		return false;
	tag = der_next(&body, &serial);
	if (tag == DER_CONTEXT_0) /* version */
		tag = der_next(&body, &serial);
	if (tag != DER_INTEGER || der_next(&body, &algorithm) != DER_SEQUENCE ||
		der_next(&body, &issuer) != DER_SEQUENCE ||
		der_next(&body, &validity) != DER_SEQUENCE ||
		der_next(&body, &subject) != DER_SEQUENCE)
		return false;
	read_serial(serial, c->serial);
	c->not_before_s = read_time(&validity);
	c->not_after_s = read_time(&validity);
	c->is_self_signed = is_same(issuer, subject);
	c->issuer_len = der_name_text(issuer, c->issuer, sizeof(c->issuer));
	c->subject_len = der_name_text(subject, c->subject, sizeof(c->subject));
	tls_sha1_hex(bytes, len, c->sha1);
	tls_sha256_hex(bytes, len, c->sha256);
	return true;
}
