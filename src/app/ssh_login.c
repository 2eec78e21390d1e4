/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/ssh_login.c - see ssh_login.h. */
#include "app/ssh_login.h"

#define SUCCESS_SHORTER 16 /* Zeek, SSH analyzer; see ssh_login.h */
/* SERVICE_ACCEPT: 17 bytes, padded to 24 or 32, a length and a tag of 16 to 64 bytes. */
#define ACCEPT_MIN 28
#define ACCEPT_MAX 104
/* FAILURE lists the methods that are left; all that OpenSSH has take 64 bytes more than
 * SERVICE_ACCEPT. */
#define FAILURE_LONGER 64
/* Half a second: far above any round trip and sshd's own 5 to 9 ms, below PAM's 2 s with its
 * random 50 %. */
#define WAITED_NS (NS_PER_S / 2)
/* weir: four times MaxAuthTries, as each may take two turns, and banners of laws and lawyers. */
#define TURNS_MAX 24
#define TOTAL_MAX 16384

static bool may_be_failure(const struct ssh_login *login, uint32_t len)
{
	return len > login->accept_len - SUCCESS_SHORTER &&
	       len <= login->accept_len + FAILURE_LONGER;
}

/* The first FAILURE: its length is learnt. */
static enum login_result learn_failure(struct ssh_login *login)
{
	bool has_waited = login->turn_ns - login->asked_ns >= WAITED_NS;

	if (may_be_failure(login, login->turn_len))
		login->failure_len = login->turn_len;
	else if (may_be_failure(login, login->last_len)) /* a banner came before it */
		login->failure_len = login->last_len;
	if (login->failure_len == 0 || !has_waited)
		return LOGIN_UNKNOWN;
	login->tries++;
	return LOGIN_FAILED;
}

static enum login_result judge_turn(struct ssh_login *login)
{
	uint32_t success = login->accept_len - SUCCESS_SHORTER;

	login->turns++;
	login->total_len += login->turn_len;
	if (login->turn_len == success || login->first_len == success || login->turns > TURNS_MAX ||
		login->total_len > TOTAL_MAX) {
		login->is_over = true;
		login->tries++;
		return LOGIN_SUCCEEDED;
	}
	if (login->failure_len == 0)
		return learn_failure(login);
	if (login->turn_len != login->failure_len && login->last_len != login->failure_len)
		return LOGIN_UNKNOWN;
	login->tries++;
	return LOGIN_FAILED;
}

/* The server has said what it had to say. */
static enum login_result end_turn(struct ssh_login *login)
{
	enum login_result result = LOGIN_UNKNOWN;

	if (login->turn_len == 0 || login->is_over || login->is_strange)
		return result;
	if (login->accept_len > 0) {
		result = judge_turn(login);
	} else if (login->turn_len >= ACCEPT_MIN && login->turn_len <= ACCEPT_MAX) {
		login->accept_len = login->turn_len;
	} else {
		login->is_strange = true;
	}
	login->turn_len = login->first_len = login->last_len = 0;
	return result;
}

static void add_to_turn(struct ssh_login *login, uint32_t len, int64_t now_ns)
{
	if (login->turn_len == 0) {
		login->turn_ns = now_ns;
		login->is_first_moment = true;
	} else if (now_ns != login->moment_ns) {
		login->is_first_moment = false;
		login->last_len = 0;
	}
	login->moment_ns = now_ns;
	/* Whatever is said in one breath beyond this is no login any more. */
	if (login->turn_len <= TOTAL_MAX) {
		login->turn_len += len < TOTAL_MAX ? len : TOTAL_MAX + 1;
		login->last_len += len < TOTAL_MAX ? len : TOTAL_MAX + 1;
	}
	if (login->is_first_moment)
		login->first_len = login->turn_len;
}

enum login_result ssh_login_see(
	struct ssh_login *login, unsigned side, uint32_t len, int64_t now_ns)
{
	if (side == 1) {
		/* What the server says right after its NEWKEYS (EXT_INFO) is no answer. */
		if (login->has_asked)
			add_to_turn(login, len, now_ns);
		return LOGIN_UNKNOWN;
	}
	login->has_asked = true;
	enum login_result result = end_turn(login);
	login->asked_ns = now_ns;
	return result;
}

enum login_result ssh_login_end(struct ssh_login *login)
{
	return end_turn(login);
}
