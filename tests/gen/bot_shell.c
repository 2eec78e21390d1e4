/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen/bot_shell.c - a shell handed out to somebody outside, who types.
 *
 * The inside host opens the connection; what comes in are short commands at the pace of a person,
 * what goes out is their output and a prompt. Encrypted, only sizes and times are left.
 */
#include <string.h>

#include "gen/bots.h"
#include "gen/catalogue.h"

static const struct {
	const char *command, *output;
} typed[] = {
	{ "id", "uid=33(www-data) gid=33(www-data) groups=33(www-data)\n" },
	{ "whoami", "www-data\n" },
	{ "uname -a", "Linux web01 5.10.0-28-amd64 #1 SMP Debian x86_64 GNU/Linux\n" },
	{ "pwd", "/var/www/html\n" },
	{ "ls -la", "total 24\ndrwxr-xr-x 2 root root 4096 Jan  2 09:11 .\n"
		    "drwxr-xr-x 3 root root 4096 Jan  2 09:10 ..\n"
		    "-rw-r--r-- 1 root root  612 Jan  2 09:11 index.html\n" },
	{ "cat /etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
			     "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
			     "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n" },
	{ "sudo -l", "sh: 1: sudo: not found\n" },
	{ "ip addr", "2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500\n    inet 10.20.0.80/16\n" },
	{ "ps aux", "USER PID %CPU %MEM COMMAND\nroot 1 0.0 0.1 /sbin/init\nwww-data 812 0.1 1.0 "
		    "/usr/sbin/apache2\n" },
};

static void shell_plain(struct cast *cast)
{
	struct script *script = cast_script(cast, 4444);

	script_text(script, 0, "/bin/sh: 0: can't access tty; job control turned off\n$ ");
	for (unsigned i = 0; i < LENGTH_OF(typed); i++) {
		script_wait(script, 2 + (double)(script_draw(script) % 9));
		script_text(script, 1, "%s\n", typed[i].command);
		script_text(script, 0, "%s", typed[i].output);
		script_text(script, 0, "$ ");
	}
	script_wait(script, 4);
	script_text(script, 1, "exit\n");
	cast_play(cast, script);
}

static void shell_encrypted(struct cast *cast)
{
	struct secure secure = { .client = SECURE_OPENSSL,
		.subject = "ubuntu",
		.from = "260103000000Z",
		.until = "260202000000Z" };
	struct script *script = cast_script(cast, 8443);

	secure_open(script, &secure);
	secure_say(script, 0, 54);
	for (unsigned i = 0; i < 3 * LENGTH_OF(typed); i++) {
		unsigned number = i % LENGTH_OF(typed);

		script_wait(script, 2 + (double)(script_draw(script) % 14));
		secure_say(script, 1, strlen(typed[number].command) + 1);
		secure_say(script, 0,
			strlen(typed[number].output) + (number % 3 == 2 ? cast->plan->bytes : 0));
		secure_say(script, 0, 2);
	}
	script_end(script, TALK_SILENT);
	cast_play(cast, script);
}

void reverse_shell(struct schedule *schedule, const struct plan *plan)
{
	struct cast cast = cast_of(schedule, plan);

	if (plan->variant)
		shell_encrypted(&cast);
	else
		shell_plain(&cast);
}
