# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark reads in the same captures, beside the events of weir.

Of each capture of CAPTURES, which are whole conversations in both directions, both must tell the same
requests of HTTP, the same answered look-ups of DNS, the same names and JA3 of TLS, the same banners and
HASSH of SSH, the same commands of FTP, each as often. The protocols are named for each, as tshark knows
some by their port only, and weir reads no TCP of which one direction is missing and tells no hello twice.
"""

import collections
import json
import os
import shutil
import subprocess
import tempfile

import harness

SEPARATOR = "\x01"  # in no name; a packet may hold several requests
DNS_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
             "SRV": 33, "HTTPS": 65}
COMPARED = 900  # characters of a text: weir cuts those of an event at 1,023 bytes

FIELDS = ["frame.protocols", "http.request.method", "http.host", "http.request.uri", "dns.response_to",
          "dns.id", "dns.qry.name", "dns.qry.type", "tls.handshake.extensions_server_name",
          "tls.handshake.ja3", "ssh.protocol", "ssh.kex.hassh", "ssh.kex.hasshserver",
          "ftp.request.command"]

CAPTURES = {
    "attacks/test7-malicious.pcap": "dns ssh",
    "benign/android.pcap": "http dns tls",
    "benign/anyconnect-vpn.pcap": "http dns tls",
    "benign/avast_securedns.pcapng": "dns",
    "benign/bad-dns-traffic.pcap": "dns",
    "benign/dns-invalid-chars.pcap": "dns",
    "benign/ftp_failed.pcap": "ftp",
    "benign/gnutella.pcap": "http",
    "benign/http_connect.pcap": "http dns tls",
    "benign/http_espn_fail.pcapng": "http dns",
    "benign/http_ua_splitted_in_two_pkts.pcapng": "http",
    "benign/imap-starttls.pcap": "tls",
    "benign/ja3_lots_of_cipher_suites_2_anon.pcap": "tls",
    "benign/opera-vpn.pcapng": "tls",
    "benign/sites.pcapng": "http tls",
    "benign/smtp-starttls.pcap": "tls",
    "benign/teams.pcap": "dns tls",
    "benign/tickedoffdeveloper.pcapng": "ftp",
    "benign/tls_2_reasms.pcapng": "tls",
    "benign/tls_heur__vmess-websocket.pcapng": "http dns tls",
    "benign/weibo.pcap": "http dns tls",
    "bots/emotet.pcap": "http tls",
    "bots/test-cc-capture-1.pcap": "tls",
    "bots/tor.pcap": "tls",
}


def is_there():
    return shutil.which("tshark") is not None


def rows_of(path):
    """The fields of each packet that says something of interest, as lists."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E",
               "aggregator=" + SEPARATOR, "-Y", "http.request or dns or tls.handshake or ssh or ftp"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    for line in done.stdout.decode(errors="replace").splitlines():
        values = line.split("\t")
        if len(values) == len(FIELDS):
            yield {field: value.split(SEPARATOR) if value else [] for field, value in zip(FIELDS, values)}


def said_by_tshark(path):
    said = collections.Counter()
    for row in rows_of(path):
        protocols = row["frame.protocols"][0].split(":")
        if "ssdp" not in protocols:
            for method, uri in zip(row["http.request.method"], row["http.request.uri"]):
                said["http", method, uri[:COMPARED]] += 1
            said.update(("http host", host.lower()) for host in row["http.host"])
        if "dns" in protocols and row["dns.response_to"]:
            for name, number in zip(row["dns.qry.name"], row["dns.qry.type"]):
                said["dns", int(row["dns.id"][0], 16), name.lower(), int(number)] += 1
        if "quic" not in protocols:
            said.update(("tls sni", name.lower()) for name in row["tls.handshake.extensions_server_name"])
            said.update(("tls ja3", ja3) for ja3 in row["tls.handshake.ja3"])
        said.update(("ssh", banner.split("-", 2)[2]) for banner in row["ssh.protocol"])
        said.update(("ssh hassh", digest) for digest in row["ssh.kex.hassh"] + row["ssh.kex.hasshserver"])
        said.update(("ftp", command.upper()) for command in row["ftp.request.command"])
    return said


def said_in(event):
    """What one event of weir says, in the same words."""
    kind, said = event["event_type"], event.get(event["event_type"], {})
    if kind == "http":
        yield "http", said["http_method"], said["url"][:COMPARED]
        yield "http host", said.get("hostname", "").lower()
    elif kind == "dns":
        number = DNS_TYPES.get(said["rrtype"]) or int(said["rrtype"].removeprefix("TYPE"))
        yield "dns", said["id"], said["rrname"].lower(), number
    elif kind == "tls":
        yield "tls sni", said.get("sni", "").lower()
        yield "tls ja3", said.get("ja3", {}).get("hash", "")
    elif kind == "ssh":
        for side in said.values():
            yield "ssh", side.get("software_version", "")
            yield "ssh hassh", side.get("hassh", {}).get("hash", "")
    elif kind == "ftp":
        yield "ftp", said.get("command", "")


def said_by_weir(path):
    with tempfile.TemporaryDirectory() as folder:
        conf, out = os.path.join(folder, "weir.yaml"), os.path.join(folder, "eve.json")
        with open(conf, "w", encoding="utf-8") as file:
            file.write("events: {http: on, dns: on, tls: on, ssh: on, ftp: on}\n")
        harness.inspect("-c", conf, "-o", out, path)
        with open(out, encoding="utf-8") as lines:
            return collections.Counter(
                said for event in map(json.loads, lines) for said in said_in(event) if said[-1] != "")


def check(name):
    """Raises Failure unless both say the same of the protocols named."""
    path = os.path.join(harness.CAPTURES, name)
    sides = [collections.Counter({said: count for said, count in all_said.items()
                                  if said[0].split()[0] in CAPTURES[name].split()})
             for all_said in (said_by_tshark(path), said_by_weir(path))]
    missing, added = sides[0] - sides[1], sides[1] - sides[0]
    if missing or added or not sides[0]:
        raise harness.Failure(f"tshark alone: {list(missing.items())[:5]}; weir alone: {list(added.items())[:5]}")
