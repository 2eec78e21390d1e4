# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs cases apart from each other: each is a process in a mount and a network namespace of its own.

So nothing has one name in two of them: links, network namespaces (/run), sockets, pins and files
(/mnt), the sysctls of the network, nftables. What they share are the processors. Cases that judge
speed or time run alone, at the end. Before, those that hardly do anything but wait run one after
the other, beside all the rest, of which two run at a time.
"""

import concurrent.futures
import contextlib
import subprocess
import sys
import time

import harness
import lab as labs

AT_A_TIME = 2
OPTION = "--apart"  # then the name of the only case to run, here and now


def run(cases, waiting, alone, again):
    """Runs (name, function) pairs, prints a result line each; the seconds go to standard error.
    waiting, alone: names. Returns the exit status of the group. The arguments of the script are
    read here, and it is started again for each case."""
    if sys.argv[1:2] == [OPTION]:
        labs.enter()
        one = [(name, case) for name, case in cases if name == sys.argv[2]]
        return harness.run_cases(one, again)
    chosen = harness.matching([name for name, _ in cases], sys.argv[1:])
    if reason := labs.missing():
        for name in chosen:
            print(f"skip {name} {reason}")
        return 0
    waits = [name for name in chosen if name in waiting]
    last = [name for name in chosen if name in alone]
    rest = [name for name in chosen if name not in waits + last]
    failed = run_lanes([(waits, 1), (rest, AT_A_TIME)], again)
    failed += run_lanes([(last, 1)], again)
    return 1 if failed else 0


def run_lanes(lanes, again):
    """Runs lanes (names, how many at a time) beside each other; returns how many cases failed."""
    with contextlib.ExitStack() as stack:
        results = []
        for names, at_a_time in lanes:
            pool = concurrent.futures.ThreadPoolExecutor(at_a_time)
            stack.callback(pool.shutdown, cancel_futures=True)  # when it is interrupted
            results += [pool.submit(run_one, name, again) for name in names]
        return sum(result.result() for result in results)


def run_one(name, again):
    """Whether it failed."""
    begin = time.monotonic()
    done = subprocess.run([sys.executable, sys.argv[0], OPTION, name], stdout=subprocess.PIPE,
                          text=True, check=False)
    is_said = done.stdout.startswith(("ok ", "skip ", "not ok "))
    print(done.stdout if is_said else f"not ok {name} # {again(name)}\n", end="", flush=True)
    sys.stderr.write(f"{time.monotonic() - begin:6.1f} s {name}\n")
    return done.returncode != 0 or not is_said
