# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks of a test's own: an internet and a gate, joined by a virtual link, with nginx and weir in the gate.

Everything happens in namespaces that vanish with the process that asked for them: call enter() first, it runs
the script again in a mount and a network namespace of its own. Nothing of the machine is touched.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import harness

GATE = "198.51.100.10"
GATE6 = "2001:db8:1::10"
SERVER = "192.0.2.10"
SERVER6 = "2001:db8:2::10"
FLOOD = os.path.join(harness.BUILD, "tests", "e2e", "flood")


def missing():
    """Why these tests cannot run here; "" when they can."""
    if os.geteuid() != 0:
        return "needs root for network namespaces and BPF"
    for program in ("ip", "nsenter", "unshare", "nginx", "ethtool"):
        if not shutil.which(program):
            return f"needs {program}"
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        return "needs a kernel with BTF"
    return ""


def enter():
    """Runs the script again in namespaces of its own, once."""
    if os.environ.get("WEIR_LAB") == "1":
        for command in (["mount", "-t", "tmpfs", "lab", "/run"], ["mount", "-t", "tmpfs", "lab", "/mnt"]):
            subprocess.run(command, check=True)
        os.makedirs("/run/netns", exist_ok=True)
        return
    os.environ["WEIR_LAB"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--net", "--propagation", "private", sys.executable, *sys.argv])


class Lab:
    """with Lab() as lab: an internet, a gate with nginx; lab.start() starts weir in the gate."""

    def __init__(self, mtu=1500, conf="", nginx=True, sink=False, server=False):
        self.folder = tempfile.mkdtemp(dir="/mnt")
        os.chmod(self.folder, 0o755)
        self.conf = os.path.join(self.folder, "weir.yaml")
        self.runtime = os.path.join(self.folder, "run")
        self.extra = conf
        self.mtu = mtu
        self.is_sink = sink  # what goes to the attack's invented senders ends on the link
        self.has_nginx = nginx
        self.has_server = server  # nginx in a machine of its own, to which the gate forwards
        self.children = []
        self.keeper = None

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        subprocess.run(["pkill", "-9", "-f", self.conf], check=False)
        for place in ("internet", "gate", "server"):
            subprocess.run(["ip", "netns", "delete", place], stderr=subprocess.DEVNULL, check=False)
        subprocess.run(["umount", "-l", os.path.join(self.folder, "bpf")], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self):
        for place in ("internet", "gate"):
            self.sh("", f"ip netns add {place}")
        self.sh("gate", "ip link add drill-out type veth peer name drill-net netns internet")
        for place, line in (
            ("gate", "ip link set lo up"),
            ("gate", f"ip address add {GATE}/24 dev drill-out"),
            ("gate", f"ip address add {GATE6}/64 dev drill-out nodad"),
            ("gate", f"ip link set drill-out up mtu {self.mtu}"),
            ("gate", "ip route add default via 198.51.100.1"),
            ("internet", "ip link set lo up"),
            ("internet", "ip address add 198.51.100.1/32 dev drill-net"),
            ("internet", "ip address add 2001:db8:1::1/64 dev drill-net nodad"),
            ("internet", f"ip link set drill-net up mtu {self.mtu}"),
            ("internet", "ip address add 203.0.113.10/32 dev lo"),
            # Clients speak with this address, not with the gateway's, which weir allows.
            ("internet", "ip route add 198.51.100.0/24 dev drill-net src 203.0.113.10"),
            ("internet", "ip address add 198.18.0.77/32 dev lo"),  # among the attack's invented senders
            ("internet", "ip route add blackhole 198.18.0.0/15"),
            ("internet", "ethtool -K drill-net tx off"),
            ("gate", "ethtool -K drill-out tx off"),
        ):
            self.sh(place, line)
        if self.mtu <= 1500:  # above, a veth end takes only programs that know of several buffers
            self.sh("internet", f"{FLOOD} poll drill-net" + (" sink" if self.is_sink else ""))
        if self.has_server:
            self._server()
        bpf = os.path.join(self.folder, "bpf")
        os.makedirs(bpf)
        self.sh("", f"mount -t bpf bpf {bpf}")
        self.write_conf(self.extra)
        if self.has_nginx:
            self._nginx()

    def _server(self):
        self.sh("", "ip netns add server")
        self.sh("gate", "ip link add drill-lan type veth peer name drill-host netns server")
        for place, line in (
            ("gate", "ip address add 192.0.2.1/24 dev drill-lan"),
            ("gate", "ip address add 2001:db8:2::1/64 dev drill-lan nodad"),
            ("gate", "ip link set drill-lan up"),
            ("gate", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"),
            ("gate", "ip route add default via 2001:db8:1::1"),
            ("server", "ip link set lo up"),
            ("server", f"ip address add {SERVER}/24 dev drill-host"),
            ("server", f"ip address add {SERVER6}/64 dev drill-host nodad"),
            ("server", "ip link set drill-host up"),
            ("server", "ip route add default via 192.0.2.1"),
            ("server", "ip route add default via 2001:db8:2::1"),
            ("server", "ethtool -K drill-host tx off"),
            ("gate", "ethtool -K drill-lan tx off"),
            ("internet", f"ip route add 192.0.2.0/24 via {GATE} dev drill-net src 203.0.113.10"),
            ("internet", f"ip route add 2001:db8:2::/64 via {GATE6} dev drill-net"),
        ):
            self.sh(place, line)

    def write_conf(self, extra=""):
        """The configuration: directories of the test's own, then what the case wants (YAML sections as a dict)."""
        sections = {
            "run": {"mode": "enforce", "runtime_dir": self.runtime, "state_dir": os.path.join(self.folder, "state"),
                    "user": "nobody", "group": "nogroup"},
            "gate": {"bpffs": os.path.join(self.folder, "bpf", "weir")},
        }
        for section, keys in (extra or {}).items():
            if isinstance(keys, dict):
                sections.setdefault(section, {}).update(keys)
            else:
                sections[section] = keys
        sections.setdefault("interfaces", ["drill-out"])
        sections.setdefault("networks", ["198.51.100.0/24", "2001:db8:1::/64"] +
                            (["192.0.2.0/24", "2001:db8:2::/64"] if self.has_server else []))
        with open(self.conf, "w", encoding="utf-8") as file:
            json.dump(sections, file)  # JSON is YAML

    def _nginx(self):
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit; user root;\n"
                "events { worker_connections 4096; }\n"
                "http { access_log off; client_max_body_size 8m; client_body_temp_path b; proxy_temp_path p;\n"
                " fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n"
                " server { listen 80 backlog=4096; listen [::]:80 backlog=4096;\n"
                '  location / { return 200 "served\\n"; }\n'
                f"  location = /big {{ root {self.folder}; limit_rate 1m; }} }} }}\n")
        with open(os.path.join(self.folder, "big"), "wb") as file:
            file.write(bytes(5 << 20))
        self.popen("server" if self.has_server else "gate", "nginx", "-p", self.folder + "/", "-c", path,
                   stderr=subprocess.DEVNULL)
        address = SERVER if self.has_server else GATE
        self.wait(lambda: self.get(address=address) == b"served\n", "nginx answers")

    @staticmethod
    def inside(place, *command):
        return ["nsenter", f"--net=/run/netns/{place}", "--", *command] if place else list(command)

    def sh(self, place, line):
        """Runs a command line there; raises Failure with what it said. Returns its output."""
        done = subprocess.run(self.inside(place, *line.split()), capture_output=True, text=True, timeout=60,
                              check=False)
        if done.returncode != 0:
            raise harness.Failure(f"{line}: {done.stdout}{done.stderr}")
        return done.stdout

    def run(self, place, *command, timeout=60):
        return subprocess.run(self.inside(place, *command), capture_output=True, text=True, timeout=timeout,
                              check=False)

    def popen(self, place, *command, **options):
        child = subprocess.Popen(self.inside(place, *command), **options)
        self.children.append(child)
        return child

    def start(self, *arguments, ready=True):
        """Starts weir in the gate; its log is lab.log()."""
        with open(os.path.join(self.folder, "weir.log"), "ab") as log:
            self.keeper = self.popen("gate", harness.WEIR, "run", "-c", self.conf, *arguments, stdout=log, stderr=log)
        if ready:
            self.wait(lambda: self.ask("status") is not None, "weir is ready", 20)
        return self.keeper

    def stop(self, how=signal.SIGTERM):
        self.keeper.send_signal(how)
        return self.keeper.wait(20)

    def log(self):
        with open(os.path.join(self.folder, "weir.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def ask(self, command, **arguments):
        """The running weir's answer over its socket; None when there is none."""
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(5)
                control.connect(os.path.join(self.runtime, "control.sock"))
                control.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
                data = b""
                while chunk := control.recv(65536):
                    data += chunk
            return json.loads(data)
        except (OSError, ValueError):
            return None

    def weir(self, *arguments, timeout=60):
        """A command of weir in the gate."""
        return self.run("gate", harness.WEIR, *arguments, timeout=timeout)

    def wait(self, condition, what, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise harness.Failure(f"not within {seconds} s: {what}" + (f"\n{self.log()[-1500:]}" if self.keeper else ""))

    def mac(self):
        return json.loads(self.sh("gate", "ip -j link show dev drill-out"))[0]["address"]

    def flood(self, attack, pps, seconds, senders=100000, behind=False):
        """Starts a flood from the internet; returns the process, which prints its start and its count."""
        return self.popen("internet", FLOOD, attack, str(pps), str(seconds), "drill-net", self.mac(), str(senders),
                          *(["behind"] if behind else []),
                          stdout=subprocess.PIPE, text=True)

    def get(self, source="203.0.113.10", address=GATE, timeout=3):
        """One request with a connection of its own; the body, or None."""
        host = f"[{address}]" if ":" in address else address
        done = self.run("internet", "curl", "-s", "--max-time", str(timeout),
                        *([] if ":" in address else ["--interface", source]), f"http://{host}/")
        return done.stdout.encode() if done.returncode == 0 else None

    def get_many(self, count, **options):
        """How many of so many requests failed."""
        return sum(self.get(**options) != b"served\n" for _ in range(count))

    def reasons(self):
        """Packets by reason, as the kernel part counts them."""
        status = self.ask("status") or {}
        return {name: counts["packets"] for name, counts in status.get("reasons", {}).items()}

    def programs(self):
        """Is there an XDP program on the gate's interface?"""
        return "xdp" in self.sh("gate", "ip -d link show dev drill-out")
