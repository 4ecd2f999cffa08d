#!/usr/bin/env python3
"""Writes docs/performance.md and docs/performance.svg from what `just bench --json FILE` has measured.

    tools/performance.py FILE            writes both
    tools/performance.py BEFORE AFTER    prints what has changed by more than 3 % from one run to the other
"""

import datetime
import json
import re
import sys
from xml.sax.saxutils import escape

from rust_source import ROOT

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"
# What `changes` takes for noise.
TOLERANCE = 0.03
OURS = "Handfast"
LIBRARIES = ["rustls", "aws-lc-rs", "ring", "rustls-graviola", "graviola", "rustls-rustcrypto"]

ABOUT = """\
# Performance

`just performance` measures Handfast beside its peers and writes this page. `just bench` prints the same tables,
`just bench-quick` only what is aimed at. [performance-notes.md](performance-notes.md) says what to choose to [make a program
faster](performance-notes.md#making-it-faster), has the limits behind the figures, and why some of what is aimed at is not reached.

{date}, {processor}; {versions}, {openssl}.

![Handfast beside its peers](performance.svg)

Everything is in memory and on one thread, but for the table that says loopback. Every candidate runs once in every round, so that
what disturbs one disturbs all, and the median of the rounds counts. Figures in parentheses are ratios to the row that is marked
with 1.00: trust these more than the figures, and figures of one page more than those of two.

Everybody has the same certificates (one below the root, which is not sent), the same group and the same suite, and verifies. Each
server sends one ticket, which the client takes; who resumes, resumes the connection before. A client's or a server's time is that
of its own calls, from making the connection to dropping it. rustls with RustCrypto has no tickets and keeps sessions in memory;
so does every rustls where there is early data. OpenSSL is used through the `openssl` crate.

What is sent is sealed into a buffer that is used again, and received from a buffer as a socket would have filled it. rustls and
OpenSSL copy that into their own, which a real program would have the system do; "unbuffered" is rustls's interface that does not.
Memory is counted at `malloc`, so that C counts as well. What is said on an old connection costs more when so many are open that
the caches do not hold them; a new one does not.
"""

# The picture's panels: the table, its column, what to call it. Fewer is better but where a rate is shown.
PANELS = [
    ("handshake, both sides", "1.3 X25519 ECDSA", "Full handshake of TLS 1.3, both sides, µs"),
    ("handshake, both sides", "1.3 resumed", "Resumed handshake of TLS 1.3, both sides, µs"),
    ("handshake, both sides", "1.2 resumed", "Resumed handshake of TLS 1.2, both sides, µs"),
    ("records, receive", "AES-128-GCM, 16384 B", "Receiving 16 KiB records, AES-128-GCM, MB/s"),
    ("heap of an idle connection of 1.3", "server, after records", "Heap of an idle connection that has had traffic, server, bytes"),
]
WIDTH, NAMES, BAR, GAP, HEAD = 820, 230, 18, 6, 40


def figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(table):
    """A table as the program prints it: figures, and their ratios to the row of reference."""
    base = next((row["figures"] for row in table["rows"] if row["name"] == table["reference"]), None)
    yield "| " + " | ".join([f"{table['title']}, {table['unit']}", *table["columns"]]) + " |"
    yield "|---" + "|--:" * len(table["columns"]) + "|"
    for row in table["rows"]:
        cells = [row["name"]]
        for at, value in enumerate(row["figures"]):
            ratio = f" ({value / base[at]:.2f})" if base and base[at] and value is not None else ""
            cells.append(figure(value) + ratio)
        yield "| " + " | ".join(cells) + " |"


def versions():
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    for name in LIBRARIES:
        found = re.search(rf'name = "{name}"\nversion = "([^"]*)"', lock)
        yield f"{name} {found[1]}"


def page(measured):
    about = {key: measured[key] for key in ("processor", "openssl")}
    yield ABOUT.format(date=datetime.date.today(), versions=", ".join(versions()), **about)
    for table in measured["tables"]:
        yield "\n".join(markdown(table)) + "\n"
    yield "## What is aimed at\n"
    yield "| | wanted | got | |\n|---|--:|--:|---|"
    for target in measured["targets"]:
        met = "yes" if target["met"] else "no" if target["got"] is not None else "not measured"
        yield f"| {target['name']} | {target['wanted']} | {'–' if target['got'] is None else target['got']} | {met} |"


def panel(table, column, title, top):
    at = table["columns"].index(column)
    rows = [(row["name"], row["figures"][at]) for row in table["rows"] if row["figures"][at] and "alone" not in row["name"]]
    most = max(value for _, value in rows)
    yield f'<text x="0" y="{top + 24}" class="title">{escape(title)}</text>'
    for number, (name, value) in enumerate(rows):
        y = top + HEAD + number * (BAR + GAP)
        width = max(1, (WIDTH - NAMES - 80) * value / most)
        kind = "ours" if name.startswith(OURS) else "theirs"
        yield f'<text x="{NAMES - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{NAMES}" y="{y}" width="{width:.1f}" height="{BAR}" class="{kind}"/>'
        yield f'<text x="{NAMES + width + 6:.1f}" y="{y + 13}">{figure(value)}</text>'


def picture(measured):
    tables = {table["title"]: table for table in measured["tables"]}
    parts, top = [], 0
    for title, column, caption in PANELS:
        drawn = list(panel(tables[title], column, caption, top))
        parts += drawn
        top += HEAD + (len(drawn) - 1) // 3 * (BAR + GAP) + 16
    style = (
        "text { font: 13px sans-serif; fill: #555 } .title { font-weight: bold } .ours { fill: #2a6f97 } .theirs { fill: #b8bfc6 }"
        " @media (prefers-color-scheme: dark) { text { fill: #ccc } .ours { fill: #61a5c2 } .theirs { fill: #5c636a } }"
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}">'
    return "\n".join([head, f"<style>{style}</style>", *parts, "</svg>\n"])


def changes(before, after):
    """The cells that both runs have and that differ: table, row, column, before, after."""
    known = {table["title"]: table for table in before["tables"]}
    for table in after["tables"]:
        old = known.get(table["title"], {"columns": [], "rows": []})
        rows = {row["name"]: dict(zip(old["columns"], row["figures"])) for row in old["rows"]}
        for row in table["rows"]:
            for column, value in zip(table["columns"], row["figures"]):
                was = rows.get(row["name"], {}).get(column)
                if was and value is not None and abs(value / was - 1) > TOLERANCE:
                    yield table["title"], row["name"], column, was, value


def main():
    runs = [json.loads(open(name, encoding="utf-8").read()) for name in sys.argv[1:]]
    if len(runs) == 2:
        for title, row, column, was, value in changes(*runs):
            print(f"{title} | {row} | {column}: {figure(was)} → {figure(value)} ({value / was - 1:+.1%})")
    elif len(runs) == 1:
        PAGE.write_text("\n".join(page(runs[0])) + "\n", encoding="utf-8")
        PICTURE.write_text(picture(runs[0]), encoding="utf-8")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
