# SPDX-License-Identifier: GPL-2.0-or-later
"""Suricata, started once, handed one capture after the other.

Reading the rules takes it far longer than most captures, so it listens on a socket (its
unix-manager, protocol 0.2: one JSON object a line, each answered by one) and is given each capture
with a folder for what it says. It forgets its flows between two captures. Every wait has an end,
and so has Suricata: use it in a with statement.
"""

import collections
import json
import os
import socket
import subprocess
import tempfile
import threading
import time

CONFIG = os.environ.get("WEIR_BENCH_SURICATA_CONFIG", "/etc/suricata/suricata.yaml")
START_S = 180    # to read the rules
CAPTURE_S = 240  # for one capture
ANSWER_S = 30    # for one command
STOP_S = 10
POLL_S = 0.02
PRIVATE = ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12")  # what its own configuration calls home


class Failure(Exception):
    """Why Suricata did not do it, in words."""


class Suricata:
    """A Suricata with these rules, to which the hosts inside and all private addresses are home."""

    def __init__(self, rules, inside, folder):
        self.rules = rules
        self.home = ",".join((*PRIVATE, *sorted(inside)))
        self.folder = folder
        self.lock = threading.Lock()  # it takes one capture at a time
        self.counts = collections.Counter()
        self.child = self.channel = self.lines = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.lines:
            self.lines.close()
        if self.channel:
            self.channel.close()
        if self.child:
            self.child.terminate()
            try:
                self.child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def alerts(self, path):
        """{signature: conversations} of a capture. Raises Failure when it did not read it."""
        with self.lock:
            self.counts.update(captures=1, unread=1)
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                self._ask("pcap-file", {"filename": path, "output-dir": folder})
                self._wait(self._is_idle, CAPTURE_S, "it is done with the capture")
                said, packets = self._read(folder)
            if not packets:
                raise Failure("it read no packet of it")
            self.counts["unread"] -= 1
            return said

    def numbers(self):
        """How many rules and packets it could use, as a sentence."""
        count = self.counts
        return (f"{count['loaded']} rules loaded, {count['failed']} refused, "
                f"{count['skipped']} skipped; {count['packets']} packets read, of which it calls "
                f"{count['invalid']} invalid; {count['unread']} of {count['captures']} captures "
                "not read")

    def _start(self):
        log = os.path.join(self.folder, "log")
        path = os.path.join(self.folder, "socket")
        with open(log, "wb") as file:
            self.child = subprocess.Popen(
                ["suricata", "-c", CONFIG, "-S", self.rules, "-l", self.folder, "-k", "none",
                 "--set", "runmode=single",  # so that the order of packets is that of the capture
                 "--set", f"vars.address-groups.HOME_NET=[{self.home}]", f"--unix-socket={path}"],
                stdout=file, stderr=file)
        self.channel = socket.socket(socket.AF_UNIX)
        self.channel.settimeout(ANSWER_S)
        try:
            self._wait(lambda: self.channel.connect_ex(path) == 0, START_S, "it listens")
        except Failure as failure:
            raise Failure(f"{failure}: {last_line(log)}") from failure
        self.lines = self.channel.makefile("r", encoding="utf-8")
        self._say({"version": "0.2"})
        for engine in self._ask("ruleset-stats"):
            for key in ("loaded", "failed", "skipped"):
                self.counts[key] += engine[f"rules_{key}"]
        if not self.counts["loaded"]:
            raise Failure("it has loaded no rule")

    def _is_idle(self):
        # In this order: between the two a capture may leave the queue, and is the current one then.
        return self._ask("pcap-file-number") == 0 and self._ask("pcap-current") == "None"

    def _wait(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if self.child.poll() is not None:
                raise Failure(f"it ended with status {self.child.returncode}")
            if time.monotonic() > end:
                self.child.kill()  # what is slow once would be waited for with every capture
                raise Failure(f"not within {seconds} s: {what}")
            time.sleep(POLL_S)

    def _ask(self, command, arguments=None):
        words = {"command": command}
        if arguments:
            words["arguments"] = arguments
        return self._say(words)["message"]

    def _say(self, words):
        try:
            self.channel.sendall(json.dumps(words).encode() + b"\n")
            answer = json.loads(self.lines.readline())
        except (OSError, ValueError) as error:
            self.child.kill()  # a late answer would be taken for that to the next question
            raise Failure(f"no answer to {words}: {error}") from error
        if answer.get("return") != "OK":
            raise Failure(f"{words}: {answer}")
        return answer

    def _read(self, folder):
        """What it wrote about a capture: {signature: conversations}, and packets read."""
        said, decoder = collections.defaultdict(set), {}
        with open(os.path.join(folder, "eve.json"), encoding="utf-8") as events:
            for event in map(json.loads, events):
                if event["event_type"] == "alert":
                    said[event["alert"]["signature"]].add((event["src_ip"], event["dest_ip"]))
                elif event["event_type"] == "stats":
                    decoder = event["stats"]["decoder"]
        self.counts.update(packets=decoder.get("pkts", 0), invalid=decoder.get("invalid", 0))
        return said, decoder.get("pkts", 0)


def last_line(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return (file.read().strip().splitlines() or ["it said nothing"])[-1]
