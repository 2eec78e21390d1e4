# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that bench/detection asks beside weir: those of nDPI, Suricata and Zeek that are
there. What they say of a capture is {what: set of the conversations it said it of}; a conversation
is the tuple of its hosts.
"""

import collections
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import suricata

PATIENCE_S = 240  # for one capture
RISK = re.compile(r"(?:TCP|UDP|ICMP\S*) +\[?([0-9a-fA-F.:]+?)\]?(?::\d+)? <?-> "
                  r"\[?([0-9a-fA-F.:]+?)\]?(?::\d+)? .*?\[Risk: (.*?)\]")


def ask_ndpi(path):
    done = subprocess.run(["ndpiReader", "-v", "2", "-i", path], capture_output=True,
                          timeout=PATIENCE_S, check=False)
    said = collections.defaultdict(set)
    for line in done.stdout.decode(errors="replace").splitlines():
        if found := RISK.search(line):
            for risk in re.findall(r"\*\* *(.+?) *\*\*", found[3]):
                said[risk].add(found.group(1, 2))
    return said if done.returncode == 0 else None


def ask_zeek(path):
    said = collections.defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["zeek", "-C", "-r", path, "local", "LogAscii::use_json=T"], cwd=folder,
                       capture_output=True, timeout=PATIENCE_S, check=True)
        notices = os.path.join(folder, "notice.log")
        for line in open(notices, encoding="utf-8") if os.path.exists(notices) else ():
            notice = json.loads(line)
            said[notice["note"]].add(tuple(
                notice[key] for key in ("src", "dst", "id.orig_h") if key in notice))
    return said


class Peers(contextlib.ExitStack):
    """The other programs, in a with statement. inside: addresses in the captures that are at home
    there, besides private ones."""

    def __init__(self, captures, inside):
        super().__init__()
        self.captures = captures
        self.inside = inside
        self.why_not = {}
        self.asked = {}
        self.suricata = None

    def __enter__(self):
        for name, program, start in (("nDPI", "ndpiReader", lambda: ask_ndpi),
                                     ("Suricata", "suricata", self._start_suricata),
                                     ("Zeek", "zeek", lambda: ask_zeek)):
            if not shutil.which(program):
                self.why_not[name] = f"{program} is not installed"
            elif ask := start():
                self.asked[name] = ask
        return self

    def names(self):
        return list(self.asked)

    def ask(self, name, path):
        """What it says of a capture; None when it failed."""
        try:
            return self.asked[name](os.path.abspath(path))
        except (suricata.Failure, subprocess.SubprocessError, OSError, ValueError) as error:
            print(f"bench: {name} on {path}: {error}", file=sys.stderr)
            return None

    def numbers(self):
        """(name, sentence) of those that say how they fared."""
        return [("Suricata", self.suricata.numbers())] if self.suricata else []

    def _start_suricata(self):
        folder = self.enter_context(tempfile.TemporaryDirectory())
        rules = rules_file(self.captures, folder)
        if not rules:
            self.why_not["Suricata"] = "no rules in WEIR_CAPTURES/rules"
            return None
        print("bench: Suricata reads its rules", file=sys.stderr)
        try:
            self.suricata = self.enter_context(suricata.Suricata(rules, self.inside, folder))
        except (suricata.Failure, OSError) as failure:
            self.why_not["Suricata"] = "it did not come up"
            print(f"bench: Suricata did not come up: {failure}", file=sys.stderr)
            return None
        return self.suricata.alerts


def rules_file(captures, folder):
    """All rules in one file, or None."""
    paths = sorted(glob.glob(os.path.join(captures, "rules", "*.rules")))
    if not paths:
        return None
    whole = os.path.join(folder, "all.rules")
    with open(whole, "wb") as out:
        for path in paths:
            with open(path, "rb") as part:
                shutil.copyfileobj(part, out)
    return whole
