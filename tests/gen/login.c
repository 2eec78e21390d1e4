/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/login.c - see login.h.
 *
 * After NEWKEYS only sizes are left, which are those of OpenSSH 9 with chacha20-poly1305: 44 bytes
 * a service request, 68 to 148 an authentication, 52 a failure, 28 a success.
 */
#include "gen/login.h"

#include <string.h>

#include "gen/catalogue.h"
#include "gen/packet.h"

#define BLOCK_BYTES 8
#define GUESS_WAIT_S 1.2 /* a server takes its time to say no */

static const char *const methods[] = { "curve25519-sha256,ecdh-sha2-nistp256",
	"ssh-ed25519,rsa-sha2-512,rsa-sha2-256", "chacha20-poly1305@openssh.com,aes128-ctr",
	"chacha20-poly1305@openssh.com,aes128-ctr", "hmac-sha2-256,hmac-sha1",
	"hmac-sha2-256,hmac-sha1", "none,zlib@openssh.com", "none,zlib@openssh.com", "", "" };

/* A binary packet (RFC 4253 6) before encryption; payload of len bytes. */
static void packet_say(struct script *script, unsigned side, const uint8_t *payload, size_t len)
{
	uint8_t out[1024];
	size_t padding = BLOCK_BYTES - (len + 5) % BLOCK_BYTES;

	if (padding < 4)
		padding += BLOCK_BYTES;
	put32(out, (uint32_t)(len + padding + 1));
	out[4] = (uint8_t)padding;
	memcpy(out + 5, payload, len);
	memset(out + 5 + len, 0, padding);
	script_say(script, side, out, len + padding + 5);
}

static void key_exchange_init(struct script *script, unsigned side)
{
	uint8_t payload[800] = { 20 };
	size_t len = 1;

	for (; len < 17; len++)
		payload[len] = script_draw(script) >> 56;
	for (unsigned i = 0; i < LENGTH_OF(methods); i++) {
		size_t text = put_text(payload + len + 4, methods[i]);

		put32(payload + len, (uint32_t)text);
		len += text + 4;
	}
	memset(payload + len, 0, 5); /* no guess, reserved */
	packet_say(script, side, payload, len + 5);
}

/* A string (RFC 4251 5) of noise. */
static size_t noise_string(struct script *script, uint8_t *out, size_t len)
{
	put32(out, (uint32_t)len);
	for (size_t i = 0; i < len; i++)
		out[4 + i] = script_draw(script) >> 56;
	return len + 4;
}

/* The same with the name of the algorithm before the noise, as in keys and signatures. */
static size_t key_string(struct script *script, uint8_t *out, size_t len)
{
	size_t name = put_text(out + 8, "ssh-ed25519");

	put32(out + 4, (uint32_t)name);
	name += 4;
	name += noise_string(script, out + 4 + name, len);
	put32(out, (uint32_t)name);
	return name + 4;
}

/* The exchange of RFC 5656 with Curve25519 (RFC 8731), and NEWKEYS. */
static void key_exchange(struct script *script)
{
	uint8_t ask[40] = { 30 }, answer[256] = { 31 }, done[] = { 21 };
	size_t len = 1;

	packet_say(script, 0, ask, 1 + noise_string(script, ask + 1, 32));
	len += key_string(script, answer + len, 32);
	len += noise_string(script, answer + len, 32);
	len += key_string(script, answer + len, 64);
	packet_say(script, 1, answer, len);
	script_join(script);
	packet_say(script, 1, done, sizeof(done));
	packet_say(script, 0, done, sizeof(done));
}

void login_ssh(struct script *script, const char *software, unsigned failures, bool is_let_in)
{
	script_text(script, 0, "SSH-2.0-%s\r\n", software);
	script_text(script, 1, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
	key_exchange_init(script, 0);
	key_exchange_init(script, 1);
	key_exchange(script);
	script_noise(script, 0, 44);
	script_noise(script, 1, 44);
	script_noise(script, 0, 68);
	script_noise(script, 1, 52); /* "none" is refused, and what would be taken is said */
	for (unsigned i = 0; i < failures; i++) {
		script_wait(script, 0.05);
		script_noise(script, 0, 148);
		script_wait(script, GUESS_WAIT_S);
		script_noise(script, 1, 52);
	}
	if (is_let_in) {
		script_noise(script, 0, 148);
		script_noise(script, 1, 28);
		script_noise(script, 0, 112); /* a channel is opened */
		script_noise(script, 1, 44);
	}
}

void login_telnet(struct script *script, unsigned failures)
{
	static const char *const guesses[][2] = { { "root", "xc3511" }, { "root", "vizxv" },
		{ "admin", "admin" }, { "root", "888888" }, { "support", "support" },
		{ "root", "juantech" } };
	static const uint8_t options[] = { 255, 253, 1, 255, 251, 1, 255, 251, 3 };

	script_say(script, 1, options, sizeof(options));
	for (unsigned i = 0; i < failures; i++) {
		unsigned number = script_draw(script) % LENGTH_OF(guesses);

		script_text(script, 1, "\r\nlogin: ");
		script_text(script, 0, "%s\r\n", guesses[number][0]);
		script_text(script, 1, "Password: ");
		script_text(script, 0, "%s\r\n", guesses[number][1]);
		script_wait(script, GUESS_WAIT_S);
		script_text(script, 1, "\r\nLogin incorrect\r\n");
	}
}

void login_ftp(struct script *script, unsigned failures)
{
	script_text(script, 1, "220 FTP server ready\r\n");
	for (unsigned i = 0; i < failures; i++) {
		script_text(script, 0, "USER admin\r\n");
		script_text(script, 1, "331 Please specify the password.\r\n");
		script_text(script, 0, "PASS guess%u\r\n", (unsigned)(script_draw(script) % 10000));
		script_wait(script, GUESS_WAIT_S);
		script_text(script, 1, "530 Login incorrect.\r\n");
	}
}
