# SPDX-License-Identifier: GPL-2.0-or-later
"""What the script groups share: running weir, comparing incidents with what is expected, result lines.

A group prints "ok NAME", "not ok NAME # command" or "skip NAME reason", one line a case (script/test counts
them); everything else goes to standard error.
"""

import concurrent.futures
import fnmatch
import json
import os
import subprocess
import sys
import time

WEIR = os.environ.get("WEIR", "build/weir")
BUILD = os.environ.get("WEIR_BUILD", "build")
SOURCE = os.environ.get("WEIR_SOURCE", os.getcwd())
CAPTURES = os.environ.get("WEIR_CAPTURES", os.path.join(SOURCE, "..", "shared", "captures"))
IS_QUICK = os.environ.get("WEIR_QUICK") == "1"
MAKE_CAPTURES = os.path.join(BUILD, "tests", "make_captures")

SEVERITIES = ["info", "low", "medium", "high", "critical"]


class Failure(Exception):
    """Why a case failed, in words."""


def inspect(*arguments, stdin=None, timeout=600):
    """Runs weir inspect -j; returns (document, exit status). Raises Failure when it dies or prints no JSON."""
    done = subprocess.run(
        [WEIR, "inspect", "-j", *arguments], stdin=stdin, capture_output=True, timeout=timeout, check=False
    )
    if done.returncode not in (0, 1, 3):
        raise Failure(f"exit status {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    if done.returncode == 3 and not done.stdout:
        return None, 3
    try:
        return json.loads(done.stdout), done.returncode
    except ValueError as error:
        raise Failure(f"no JSON: {error}: {done.stderr.decode(errors='replace')[-500:]}") from error


def at_least(severity, incidents):
    """The incidents of that severity or above."""
    least = SEVERITIES.index(severity)
    return [one for one in incidents if SEVERITIES.index(one["severity"]) >= least]


def is_expected(incident, kinds, roles):
    """Is it of one of the kinds (globs), with all those addresses in those roles?"""
    if not any(fnmatch.fnmatchcase(incident["kind"], kind) for kind in kinds):
        return False
    return all(address in incident["roles"][role] for role, addresses in roles.items() for address in addresses)


def in_words(incidents):
    """One line for a message."""
    return "; ".join(
        f"{one['severity']} {one['kind']} " + " ".join(f"{r}={a[:2]}" for r, a in one["roles"].items() if a)
        for one in incidents
    ) or "nothing"


def need(incidents, kinds, roles):
    """Raises Failure unless one of the incidents is as expected."""
    if not any(is_expected(one, kinds, roles) for one in incidents):
        raise Failure(f"expected {'|'.join(kinds)} {roles}, got {in_words(incidents)}")


def forbid_alarms(incidents):
    """Raises Failure when something is of medium severity or above."""
    alarms = at_least("medium", incidents)
    if alarms:
        raise Failure(f"false alarm: {in_words(alarms)}")


def generate(name, folder, *options):
    """Writes the named capture of the generator into the folder; returns its path."""
    path = os.path.join(folder, name + ".pcap")
    done = subprocess.run(
        [MAKE_CAPTURES, name, "-o", path, *options], capture_output=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise Failure(f"make_captures {name}: {done.stderr.decode(errors='replace')}")
    return path


def truth(name):
    """What the generator says must come of a capture."""
    return json.loads(subprocess.run([MAKE_CAPTURES, "--truth", name], capture_output=True, check=True).stdout)


def told_networks(expected, folder):
    """Arguments that tell weir what is inside, where the truth of a capture asks for it."""
    if not expected["told"]:
        return []
    path = os.path.join(folder, "networks.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("networks: [" + ", ".join(expected["networks"]) + "]\n")
    return ["-c", path]


def note(text):
    """A line for people, in one piece: print() may have another's line before its end."""
    sys.stderr.write(text + "\n")


def run_cases(cases, again):
    """Runs (name, function) pairs on all cores, prints a line each; again(name) is how to run just that.
    A function that returns text is skipped for that reason. Returns the exit status of the group."""
    failed = 0
    seconds = {}

    def timed(name, function):
        start = time.monotonic()
        try:
            return function()
        finally:
            seconds[name] = time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = [(name, pool.submit(timed, name, function)) for name, function in cases]
        for name, future in futures:
            try:
                reason = future.result()
                print(f"skip {name} {reason}" if reason else f"ok {name}", flush=True)
            except (Failure, subprocess.TimeoutExpired, OSError, KeyError) as error:
                failed += 1
                note(f"{name}: {error}")
                print(f"not ok {name} # {again(name)}", flush=True)
    slowest = sorted(seconds, key=seconds.get, reverse=True)[:8]
    if len(seconds) > 1:
        note("slowest: " + ", ".join(f"{name} {seconds[name]:.1f} s" for name in slowest))
    return 1 if failed else 0


def matching(names, patterns):
    """The names that fit one of the patterns (globs); all when there are no patterns."""
    return [name for name in names if not patterns or any(fnmatch.fnmatch(name, one) for one in patterns)]
