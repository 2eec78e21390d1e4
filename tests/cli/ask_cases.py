# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that ask a running weir, against a small fake of its control socket: what they send, what they
print, how they fail. Imported by tests/cli/run."""

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import fcntl

import harness

COMMANDS = ["status", "incidents", "hosts", "mitigations", "allow", "block", "arm", "top", "doctor"]

INCIDENT = {
    "id": "3f9a2c81", "kind": "flood.syn", "severity": "critical", "confidence": 0.97, "title": "TCP SYN flood",
    "first_seen": "2023-11-14T22:13:20.000000+0000", "last_seen": "2023-11-14T22:14:20.000000+0000",
    "state": "open", "subject": "198.51.100.7", "group": None, "port": 443, "proto": "TCP",
    "roles": {"target": ["198.51.100.7"], "zombie": [], "reflector": [], "controller": []},
    "role_counts": {"target": 1, "zombie": 0, "reflector": 0, "controller": 0},
    "story": "198.51.100.7 was sent 1,142,310 TCP SYNs to port 443 \u001b[31m within 23.7 s.", "remedy": "SYN cookies.",
    "peak_pps": 52300, "peak_bps": 26.8e6, "packets": 1142310, "bytes": 68538600, "mitigations": [],
    "policy": "No filter: too much good traffic is like it.",
    "findings": [{"detector": "flood", "reason": "half-open handshakes", "start": "2023-11-14T22:13:20.000000+0000",
                  "unit": "pps", "observed": 48211.4, "expected": 1000}],
}

MITIGATION = {
    "id": 1763839456000001, "verb": "filter", "state": "in_force", "origin": "policy", "whom": "198.51.100.7",
    "class": None, "rate_pps": None, "incident": "3f9a2c81", "kind": "flood.udp",
    "begins": "2023-11-14T22:13:20.000000+0000", "expires": "2099-01-01T00:00:00.000000+0000", "ended": None,
    "last_hit": "2023-11-14T22:13:21.000000+0000", "hits": 123456, "bytes": 7407360, "coverage": 0.987,
    "collateral": 0.002, "filter": {"text": "protocol UDP, source port 53"}, "why": "no narrower rung would do",
}

STATUS = {
    "version": "0.1.0", "mode": "enforce", "enforce_until": "2099-01-01T00:00:00.000000+0000", "uptime_s": 3725,
    "interfaces": [{"name": "eth0", "xdp": "native", "up": True}, {"name": "eth1", "xdp": "none", "up": False}],
    "rates": {"in": {"pps": 48211.0, "bps": 26.8e6}, "out": {"pps": 12.0, "bps": 9000.0}}, "kernel_drops": 12,
    "reasons": {"clean": {"packets": 1000, "bytes": 64000, "shadow_packets": 0},
                "cookie_sent": {"packets": 48211, "bytes": 3000000, "shadow_packets": 0},
                "blocked": {"packets": 0, "bytes": 0, "shadow_packets": 7}},
    "incidents_open": 1, "mitigations_in_force": 2, "memory_bytes": 118300000,
    "journal": {"written": 10, "failed": 1, "waiting": 3, "lost": 0, "trouble": "the disk is full: No space left"},
    "events": {"written": 4, "lost": 0, "trouble": ""}, "requests": {"sent": 5, "refused": 1},
    "losses": {"samples": 2, "hosts": 0, "flows": 0, "replies": 0}, "blind": ["no return traffic is seen on eth0"],
}

HOST = {
    "address": "10.0.0.7", "name": "DESKTOP-AB\u001b[31mX", "kind": "computer", "confidence": 0.93, "system": "Windows 10 or 11",
    "reasons": [{"clue": "DHCP vendor class", "pattern": "MSFT 5.0", "kind": "computer", "weight": 0.7,
                 "source": "MS-DHCPE 2.2.3"}],
    "score": 0.84, "incidents": [{"id": "3f9a2c81", "kind": "bot.beacon", "title": "regular calls", "severity": "high",
                                  "confidence": 0.84, "role": "zombie", "why": "it calls at regular times"}],
    "macs": ["00:11:32:01:02:03"], "maker": "Synology Incorporated", "says_vendor": "MSFT 5.0", "says_model": None,
    "says_system": None, "ja4": None, "protocols": [{"name": "tls", "flows": 1200, "bytes": 4500000}],
    "services": [{"port": 445, "proto": "TCP", "app_proto": "smb"}], "services_complete": True, "sent_bytes": 1000,
    "received_bytes": 2000, "first_seen": "2023-11-14T22:13:20.000000+0000",
    "last_seen": "2023-11-14T22:14:20.000000+0000",
}

ANSWERS = {
    "status": STATUS,
    "top": {**STATUS, "time": "2023-11-14T22:13:20.000000+0000", "incidents": [INCIDENT], "mitigations": [MITIGATION],
            "hosts": [{"address": "198.51.100.7", "inside": True, "received_pps": 48211.0, "received_bps": 26.8e6,
                       "sent_pps": 12.0, "sent_bps": 9000.0}]},
    "incidents": {"incidents": [INCIDENT]},
    "hosts": {"hosts": [HOST], "hosts_total": 4, "hosts_forgotten": 0},
    "mitigations": {"mitigations": [MITIGATION]},
    "mitigation.explain": {"mitigation": MITIGATION},
    "mitigation.add": {"mitigation": {**MITIGATION, "state": "asked"}},
    "mitigation.release": {},
    "allowed": {"allowed": [{"prefix": "192.0.2.0/24", "origin": "configuration", "expires": None}]},
    "allow": {}, "disallow": {}, "block": {"mode": "shadow"},
    "mode": {"mode": "enforce", "enforce_until": "2099-01-01T00:00:00.000000+0000"},
}


class Fake:
    """Listens in a folder of its own; answer(request) gives the object, or bytes to be sent as they are."""

    def __init__(self, answer=None):
        self.folder = tempfile.mkdtemp(prefix="weir-fake-")
        self.requests = []
        self.answer = answer or (lambda request: {"ok": True, **ANSWERS[request["command"]]})
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, "control.sock"))
        self.listener.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                request = json.loads(client.makefile().readline())
                self.requests.append(request)
                answer = self.answer(request)
                client.sendall(answer if isinstance(answer, bytes) else json.dumps(answer).encode() + b"\n")

    def ask(self, *arguments):
        """Runs weir against it: the finished process, and the requests it has sent."""
        del self.requests[:]
        done = subprocess.run([harness.WEIR, arguments[0], "--runtime-dir", self.folder, *arguments[1:]],
                              capture_output=True, text=True, timeout=60, check=False)
        return done, list(self.requests)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        shutil.rmtree(self.folder)


def need(done, status, *words):
    said = done.stdout + done.stderr
    if done.returncode != status:
        raise harness.Failure(f"{done.args}: exit status {done.returncode}, not {status}: {said[-600:]}")
    for word in words:
        if word not in said:
            raise harness.Failure(f"{done.args}: does not say {word!r}: {said[-900:]}")
    if any(len(line) > 100 for line in done.stdout.splitlines()) and "{" not in done.stdout[:1]:
        raise harness.Failure(f"{done.args}: a line is wider than 100 columns")
    if "\033" in said:
        raise harness.Failure(f"{done.args}: an escape has got through")


def sent(requests, *expected):
    if requests != list(expected):
        raise harness.Failure(f"sent {requests}, not {list(expected)}")


def asking_help():
    for command in COMMANDS:
        done = subprocess.run([harness.WEIR, command, "--help"], capture_output=True, text=True, check=False)
        need(done, 0, f"Usage: weir {command}", "--json", "Exit status", f"weir-{command}(1)")
        done = subprocess.run([harness.WEIR, command, "--nonsense"], capture_output=True, text=True, check=False)
        need(done, 2, f"try weir {command} --help")


def nobody_there():
    arguments = {"allow": ["192.0.2.1"], "block": ["192.0.2.1"], "arm": ["--shadow"]}
    for command in COMMANDS:
        if command == "doctor":
            continue
        done = subprocess.run([harness.WEIR, command, "--runtime-dir", "/nonexistent", *arguments.get(command, [])],
                              capture_output=True, text=True, check=False)
        need(done, 3, "weir does not run here", "weir run")


def no_permission():
    if os.geteuid() != 0:
        return "needs root to become somebody else"
    with Fake() as fake:
        os.chmod(fake.folder, 0o755)
        os.chmod(os.path.join(fake.folder, "control.sock"), 0o660)
        done = subprocess.run([harness.WEIR, "status", "--runtime-dir", fake.folder], capture_output=True, text=True,
                              check=False, user=65534, group=65534, extra_groups=[])
        need(done, 3, "you may not ask weir", "run.group")
    return None


def wrong_words():
    for arguments, word in (
            (["status", "more"], "no argument"), (["block"], "no PREFIX"), (["block", "example.org"], "neither"),
            (["block", "192.0.2.1/24"], "neither"), (["block", "192.0.2.1", "--for", "1y"], "no length of time"),
            (["block", "192.0.2.1", "--for", "0"], "from 1 s to a year"), (["allow", "a", "b"], "one PREFIX"),
            (["allow", "--remove"], "no PREFIX"), (["arm"], "give one of"),
            (["arm", "--shadow", "--learn"], "give one"),
            (["arm", "--for", "soon"], "no length of time"), (["mitigations", "fix"], "list, add"),
            (["mitigations", "add", "block"], "VERB and WHOM"), (["mitigations", "add", "filter", "::1"], "by hand"),
            (["mitigations", "add", "limit_source", "::1"], "--rate"), (["incidents", "a", "b"], "one ID"),
            (["mitigations", "add", "limit_class", "::1", "--rate", "5"], "--class"),
            (["hosts", "10.0.0.1", "10.0.0.2"], "one ADDR"), (["hosts", "10.0.0.1/24"], "neither"),
            (["hosts", "-r"], "incomplete"), (["status", "--color", "x"], "auto"),
            (["mitigations", "release"], "ID"), (["mitigations", "explain"], "ID"),
            (["mitigations", "add", "limit_source", "::1", "--rate", "-5"], "number")):
        done = subprocess.run([harness.WEIR, *arguments], capture_output=True, text=True, check=False)
        need(done, 2, word, "--help")


def status():
    with Fake() as fake:
        done, requests = fake.ask("status")
        need(done, 0, "weir 0.1.0", "up 1 h 2 min", "enforce", "--confirm", "eth0 (gate: native)", "eth1 (none, down)",
             "48.2 kpps", "1 incident open", "2 measures in force", "cookie_sent", "disk is full", "return traffic",
             "1 requests refused", "12 packets came faster")
        sent(requests, {"command": "status"})
        done, _ = fake.ask("status", "-j")
        if json.loads(done.stdout) != STATUS:
            raise harness.Failure("-j is not the answer")


def incidents():
    with Fake() as fake:
        done, requests = fake.ask("incidents")
        need(done, 0, "3f9a2c81", "critical", "flood.syn", "198.51.100.7", "52.3 kpps", "open")
        sent(requests, {"command": "incidents", "past": False})
        done, requests = fake.ask("incidents", "3f")
        need(done, 0, "TCP SYN flood", "1,142,310", "SYN cookies.", "half-open handshakes", "\\x1b[31m",
             "No filter: too much")
        sent(requests, {"command": "incidents", "id": "3f", "past": True})
        _, requests = fake.ask("incidents", "--since", "2h")
        sent(requests, {"command": "incidents", "since_s": 7200, "past": True})
        _, requests = fake.ask("incidents", "-a")
        sent(requests, {"command": "incidents", "since_s": 86400, "past": True})
    with Fake(lambda _: {"ok": True, "incidents": []}) as fake:
        need(fake.ask("incidents")[0], 0, "No incident is open")
        need(fake.ask("incidents", "zz")[0], 1, "no incident has an id that begins with zz")


def hosts():
    with Fake() as fake:
        done, requests = fake.ask("hosts")
        need(done, 0, "10.0.0.7", "computer 93 %", "0.84", "high bot.beacon", "Windows 10 or 11", "and 3 more", "\\x1b[31m")
        sent(requests, {"command": "hosts"})
        done, requests = fake.ask("hosts", "10.0.0.7")
        need(done, 0, "MSFT 5.0", "it calls at regular", "00:11:32:01:02:03", "Synology", "tls (1,200 flows, 4.5 MB)",
             "TCP 445 smb", "2023-11-14")
        sent(requests, {"command": "hosts", "prefix": "10.0.0.7"})
        done, _ = fake.ask("hosts", "-j")
        if json.loads(done.stdout) != ANSWERS["hosts"]:
            raise harness.Failure("-j is not the answer")
    with Fake(lambda request: {"ok": True, "hosts": [], "hosts_total": 0}) as fake:
        need(fake.ask("hosts")[0], 0, "No host of ours was heard.")


def mitigations():
    number = MITIGATION["id"]
    with Fake() as fake:
        done, requests = fake.ask("mitigations")
        need(done, 0, str(number), "in_force", "filter", "123,456", "policy")
        sent(requests, {"command": "mitigations", "all": False})
        done, requests = fake.ask("mitigations", "explain", "198.51.100.7")
        need(done, 0, "protocol UDP, source port 53", "99 %", "no narrower rung")
        sent(requests, {"command": "mitigations"}, {"command": "mitigation.explain", "id": number})
        done, requests = fake.ask("mitigations", "add", "limit_class", "198.51.100.0/24", "--class", "udp", "--rate",
                                  "100", "--for", "10m", "--why", "test")
        need(done, 0, "limit_class 198.51.100.0/24", "asked")
        sent(requests, {"command": "mitigation.add", "verb": "limit_class", "whom": "198.51.100.0/24", "class": "udp",
                        "rate_pps": 100, "for_s": 600, "why": "test"})
        done, requests = fake.ask("mitigations", "release", str(number), "17")
        need(done, 0, f"released {number}", "released 17")
        sent(requests, {"command": "mitigation.release", "id": number}, {"command": "mitigation.release", "id": 17})
        need(fake.ask("mitigations", "release", "203.0.113.5")[0], 1, "no measure is in force for 203.0.113.5")
        done, _ = fake.ask("mitigations", "release", "-j", str(number))
        if json.loads(done.stdout) != {"released": [number]}:
            raise harness.Failure(done.stdout)


def many_mitigations():
    """More than a table holds: all are printed, none wider than the page."""
    rows = [{**MITIGATION, "id": 10**15 + i, "whom": f"2001:db8:1111:2222:3333:4444:5555:{i:x}"} for i in range(1, 201)]
    with Fake(lambda _: {"ok": True, "mitigations": rows}) as fake:
        done, _ = fake.ask("mitigations")
        need(done, 0)
        if sum(str(row["id"]) in done.stdout for row in rows) != len(rows):
            raise harness.Failure("rows are missing")


def allow_and_block():
    with Fake() as fake:
        done, requests = fake.ask("allow", "192.0.2.0/24", "--for", "2d")
        need(done, 0, "192.0.2.0/24 is allowed for 2 d")
        sent(requests, {"command": "allow", "prefix": "192.0.2.0/24", "for_s": 172800})
        done, requests = fake.ask("allow", "--remove", "192.0.2.0/24")
        need(done, 0, "no longer allowed")
        sent(requests, {"command": "disallow", "prefix": "192.0.2.0/24"})
        need(fake.ask("allow")[0], 0, "192.0.2.0/24", "configuration")
        done, requests = fake.ask("block", "2001:DB8::1", "--for", "1h30m", "--why", "test")
        need(done, 0, "2001:db8::1 is blocked for 1 h 30 min", "shadow: nothing is dropped")
        sent(requests, {"command": "block", "prefix": "2001:db8::1", "for_s": 5400, "why": "test"})
    with Fake(lambda _: {"ok": False, "error": "192.0.2.1 is the default gateway\u001b[2J"}) as fake:
        need(fake.ask("block", "192.0.2.1")[0], 1, "is the default gateway\\x1b[2J")
        need(fake.ask("block", "-j", "192.0.2.1")[0], 1, "is the default gateway")


def arm():
    with Fake() as fake:
        done, requests = fake.ask("arm", "--for", "10m")
        need(done, 0, "The mode is enforce for", "--confirm")
        sent(requests, {"command": "mode", "mode": "enforce", "confirm": False, "for_s": 600})
        for option, mode in (("confirm", "enforce"), ("shadow", "shadow"), ("learn", "learn")):
            _, requests = fake.ask("arm", f"--{option}")
            sent(requests, {"command": "mode", "mode": mode, "confirm": option == "confirm"})


def strange_answers():
    """Whatever comes back, the command neither hangs nor dies of it."""
    for answer, status_expected in ((b"", 3), (b"\n", 3), (b"[]\n", 3), (b"{\"ok\":true", 3),
                                    (b"x" * 100000 + b"\n", 3),
                                    ({"ok": False}, 1), ({"ok": False, "error": 7}, 1), ({"ok": "yes"}, 3)):
        with Fake(lambda _, answer=answer: answer) as fake:
            for command in ("status", "incidents", "mitigations", "top"):
                need(fake.ask(command)[0], status_expected, f"weir {command}: ")
    odd = {"ok": True, "mode": 7, "interfaces": {"a": 1}, "rates": [], "reasons": 3, "uptime_s": "long",
           "blind": [1, None], "incidents": [{}, 5, None], "mitigations": [{"id": -1}, []],
           "hosts": [{}], "journal": None, "allowed": [7]}
    with Fake(lambda _: odd) as fake:
        for arguments in (["status"], ["incidents"], ["incidents", "x"], ["mitigations"], ["top"], ["allow"]):
            need(fake.ask(*arguments)[0], 0)


def top_once():
    with Fake() as fake:
        done, requests = fake.ask("top")
        need(done, 0, "Open incidents", "flood.syn", "Measures in force", "Busiest hosts", "198.51.100.7",
             "26.8 Mbit/s")
        sent(requests, {"command": "top"})


def read_until(leader, word, limit_s=20):
    """What the terminal shows until the word has come."""
    said, end = b"", time.monotonic() + limit_s
    while word not in said:
        if time.monotonic() > end:
            raise harness.Failure(f"{word!r} has not come: {said[-300:]!r}")
        if select.select([leader], [], [], 0.2)[0]:
            try:
                said += os.read(leader, 65536)
            except OSError:
                break
    return said


def top_live():
    """On a terminal: the alternate screen, another size, and the terminal as it was after q and after a signal."""
    for ending in (b"q", signal.SIGTERM):
        leader, follower = pty.openpty()
        fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 80, 0, 0))
        before = termios.tcgetattr(follower)
        with Fake() as fake, subprocess.Popen(
                [harness.WEIR, "top", "--runtime-dir", fake.folder], stdin=follower, stdout=follower,
                stderr=follower, start_new_session=True) as process:
            said = read_until(leader, b"Open incidents")
            if b"\033[?1049h" not in said:
                raise harness.Failure("not on the alternate screen")
            fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 120, 0, 0))
            process.send_signal(signal.SIGWINCH)
            read_until(leader, b"Busiest hosts")
            if isinstance(ending, bytes):
                os.write(leader, ending)
            else:
                process.send_signal(ending)
            read_until(leader, b"\033[?1049l")
            process.wait(20)
        if process.returncode != 0 or termios.tcgetattr(follower) != before:
            raise harness.Failure(f"exit status {process.returncode}, or the terminal is not as it was")
        os.close(follower)
        os.close(leader)


def doctor():
    done = subprocess.run([harness.WEIR, "doctor", "-i", "lo", "--runtime-dir", "/nonexistent"], capture_output=True,
                          text=True, check=False)
    need(done, done.returncode if done.returncode in (0, 1) else 0, "weir does not run here")
    done = subprocess.run([harness.WEIR, "doctor", "-j", "-i", "lo"], capture_output=True, text=True, check=False)
    checks = json.loads(done.stdout)["checks"]
    if not checks or any(one["state"] not in ("ok", "warn", "fail") for one in checks):
        raise harness.Failure(f"checks: {checks}")
    with Fake() as fake:
        need(fake.ask("doctor", "-i", "lo")[0], done.returncode, "no return traffic is seen")


CASES = [asking_help, nobody_there, no_permission, wrong_words, status, incidents, hosts, mitigations, many_mitigations,
         allow_and_block, arm, strange_answers, top_once, top_live, doctor]
