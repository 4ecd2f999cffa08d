#!/usr/bin/env python3
"""Fails when a crate breaks a rule of the architecture.

The rules are data: EDGES says which crate may see which, the tables below it which files may do what the others may not.
A rule that stands in your way is changed there, in a commit that says why, not worked around.
"""

import re
import sys

from rust_source import ROOT, Source, blank_out, sources, workspace

# Crates that a core crate may have besides ours: the vocabulary of certificates, constant time, wiping.
VOCABULARY = {"rustls-pki-types", "subtle", "zeroize"}
ANYTHING = None

# crate: (normal dependencies in this workspace, outside of it). `handfast-` is left out.
EDGES = {
    # The core, no_std and without unsafe code.
    "wire": (set(), set()),
    "crypto": ({"wire"}, VOCABULARY),
    "aead-x86": (set(), ANYTHING),
    "rustcrypto": ({"aead-x86", "crypto", "wire"}, ANYTHING),
    "schedule": ({"crypto", "wire"}, VOCABULARY),
    "record": ({"crypto", "wire"}, VOCABULARY),
    "pki": ({"crypto"}, VOCABULARY | {"base64ct", "der", "rustls-native-certs", "serde", "webpki-roots"}),
    # Other providers, for who asks for them by name.
    "graviola": ({"crypto", "rustcrypto", "wire"}, ANYTHING),
    "aws-lc": ({"crypto", "rustcrypto", "wire"}, ANYTHING),
    # Old ciphers, for who asks for them by name.
    "legacy-keys": ({"pki"}, ANYTHING),
    "handshake": ({"schedule", "crypto", "wire"}, VOCABULARY),
    # zlib, where it is asked for.
    "handfast": ({"wire", "crypto", "schedule", "record", "pki", "handshake", "rustcrypto"}, VOCABULARY | {"miniz_oxide"}),
    # What stands on it.
    "net": ({"handfast"}, ANYTHING),
    "tokio": ({"handfast", "net"}, ANYTHING),
    "futures": ({"handfast", "net"}, ANYTHING),
    "hyper": ({"handfast", "net", "tokio"}, ANYTHING),
    "redis": ({"handfast"}, ANYTHING),
    "telemetry": ({"handfast"}, {"metrics", "tracing"}),
    "cli": ({"handfast", "legacy-keys", "net", "pki", "redis"}, ANYTHING),
    # What is not published.
    "provider-tests": ({"rustcrypto", "crypto", "wire"}, ANYTHING),
    "testkit": (ANYTHING, ANYTHING),
    "bogo-shim": ({"handfast", "testkit"}, ANYTHING),
    "interop": ({"handfast", "net"}, ANYTHING),
    "bare": ({"handfast"}, set()),
    "bench": (ANYTHING, ANYTHING),
    "book": ({"handfast", "graviola", "hyper"}, {"axum", "http-body-util", "hyper", "hyper-util"}),
}
CORE = {"wire", "crypto", "aead-x86", "rustcrypto", "schedule", "record", "pki", "legacy-keys", "handshake", "handfast"}

# The crates with unsafe code, and why.
UNSAFE = {
    "aead-x86": "vector instructions, which a CPU may lack, and buffers that are read and written at one place",
    "bare": "a program without std brings its own allocator and panic handler",
    "bench": "it stands between other libraries and malloc, in order to count",
}

# Where the core may ask the operating system, behind the feature `std`.
SYSTEM = {
    "handfast/src/clock.rs": "the system's clock",
    "handfast/src/key_log.rs": "the file that SSLKEYLOGFILE names",
    "handfast/src/ready_shares.rs": "the number of the process, by which a fork is known",
}

# Where nothing may panic either, though it is not the core.
CAREFUL = {"aws-lc", "graviola"}

FORBID_UNSAFE = "#![forbid(unsafe_code)]"
NO_STD = "#![no_std]"
NO_PANIC = """#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]"""

EXTERN_STD = re.compile(r"(?P<gate>#\[cfg\([^\n]*\)\]\s*)?\bextern\s+crate\s+std\b")
ASKS_SYSTEM = re.compile(
    r"\bstd\s*::\s*(?:\{[^}]*\b)?(?:time|net|env|fs|io|os|process|thread)\b|\b(?:SystemTime|Instant|UnixTime\s*::\s*now)\b"
)
# A value that every connection of a process would share. Constants are fine, so are immutable tables.
PROCESS_WIDE = re.compile(
    r"\bthread_local!|\bstatic\s+mut\b|\bstatic\s+\w+\s*:[^=;]*\b(?:Atomic\w+|Lazy\w*|Mutex|Once\w*|\w*Cell|RwLock)\b"
)

# Where there is one all the same, and what it says, which is no choice of anybody's.
FACTS = {"aead-x86/src/gcm/x86_64.rs": "what the CPU can do, which takes long to ask in a virtual machine"}

# docs/regressions.md, row 52. What authenticates a message is compared with `subtle` and never with an operator.
#
# This looks at names, so it finds the honest mistake and nothing more: an operand that is *called* a tag, a MAC, a
# binder or verify data. It cannot see a MAC under another name. The types behind most of these names (`Secret`,
# `Digest`) compare in constant time whatever the operator, which the second pattern keeps so.
VIEW = r"(?:\.(?:as_bytes|as_ref|as_slice|to_vec|into_bytes)\(\)|\[[^\]\n]*\]|\.0)*"


def compared(names):
    value = rf"(?:\w+_)?(?:{names})"
    return re.compile(
        rf"\b{value}{VIEW}\s*[=!]=(?!=)"
        rf"|[=!]=\s*[&*]*(?:\w+(?:\.|::))*{value}\b(?!\s*\(|\.len\b|\.is_)"
        rf"|\b{value}{VIEW}\.(?:eq|ne|starts_with|cmp)\("
        rf"|\bassert_(?:eq|ne)!\(\s*[&*]*(?:\w+\.)*{value}\b"
    )


COMPARED = compared("tag|mac|hmac|binder|verify_data")
COMPARED_IN_PKI = compared("mac|hmac")  # There a tag is ASN.1's.
WIPED_BUT_COMPARED = re.compile(r"#\[derive\((?=[^)]*\bZeroize)(?=[^)]*\bPartialEq\b)[^)]*\)\]")
# The places that decide, each of which must use it.
CONSTANT_TIME = {
    "crypto/src/secret.rs": "Secret's PartialEq",
    "crypto/src/hash.rs": "Digest's PartialEq",
    "handshake/src/auth.rs": "Finished",
}


def short(name):
    return name.removeprefix("handfast-")


def edges(packages):
    for package in packages:
        crate = short(package["name"])
        if crate not in EDGES:
            yield f"crates/{crate}/Cargo.toml: crate `{crate}` has no row in EDGES of tools/layers.py; give it one"
            continue
        inside, outside = EDGES[crate]
        for dependency in package["dependencies"]:
            if dependency["kind"] == "dev":
                continue
            other, allowed = (short(dependency["name"]), inside) if "path" in dependency else (dependency["name"], outside)
            if allowed is not ANYTHING and other not in allowed:
                may = ", ".join(sorted(allowed)) or "nothing"
                yield f"crates/{crate}/Cargo.toml: {crate} may not depend on {other}, only on {may}"


def attributes(packages):
    """The lints that make rules of the house errors of the compiler, at the root of every library and program."""
    for package in packages:
        crate = short(package["name"])
        roots = [target["src_path"] for target in package["targets"] if {"lib", "bin"} & set(target["kind"])]
        for file in (Source(ROOT / root) for root in roots):
            wanted = [] if crate in UNSAFE else [FORBID_UNSAFE]
            if crate in CORE:
                wanted += [NO_STD]
            if crate in CORE | CAREFUL:
                wanted += [NO_PANIC]
            code = blank_out(file.text, keep_strings=True)
            for attribute in wanted:
                if flat(attribute) not in flat(code):
                    yield f"{file.name}: `{flat(attribute)}` is missing"


def flat(text):
    return re.sub(r"\s+", " ", text)


def exceptions():
    """An exception that nobody needs any more is taken back."""
    for table in (SYSTEM, FACTS, CONSTANT_TIME):
        for path in table:
            if not (ROOT / "crates" / path).is_file():
                yield f"crates/{path}: named in tools/layers.py, does not exist"
    for path in SYSTEM:
        file = ROOT / "crates" / path
        if file.is_file() and not ASKS_SYSTEM.search(Source(file).code):
            yield f"crates/{path}: asks the system nothing; take it out of SYSTEM in tools/layers.py"


def system(file):
    for found in EXTERN_STD.finditer(file.code):
        gate = found["gate"] or ""
        if "test" not in gate and 'feature = "std"' not in file.text[found.start() : found.end()]:
            yield found, 'std must stay behind `#[cfg(test)]` or `#[cfg(feature = "std")]`'
    if file.name.removeprefix("crates/") not in SYSTEM:
        for found in ASKS_SYSTEM.finditer(file.code):
            yield found, "the core does not ask the system: time, randomness and bytes are passed in"
    for found in [] if file.name.removeprefix("crates/") in FACTS else PROCESS_WIDE.finditer(file.code):
        yield found, "no process-wide state: what is configured is a plain value in the configuration"


def constant_time(file):
    pattern = COMPARED_IN_PKI if file.name.startswith("crates/pki/") else COMPARED
    for found in pattern.finditer(file.code):
        yield found, "compare what authenticates with subtle::ConstantTimeEq (docs/regressions.md row 52)"
    for found in WIPED_BUT_COMPARED.finditer(file.code):
        yield found, "a derived PartialEq on a secret is not constant in time (docs/regressions.md row 52)"
    if why := CONSTANT_TIME.get(file.name.removeprefix("crates/")):
        if ".ct_eq(" not in file.code:
            yield None, f"{why}: no `ct_eq` left (docs/regressions.md row 52)"


def main():
    packages = workspace()["packages"]
    wrong = [*edges(packages), *attributes(packages), *exceptions()]
    files = [file for crate in sorted(CORE) for file in sources(ROOT / "crates" / crate / "src")]
    for file in files:
        for found, message in [*system(file), *constant_time(file)]:
            place = f"{file.name}:{file.line_of(found.start())}: `{flat(found[0])}`" if found else file.name
            wrong.append(f"{place}: {message}")

    for message in wrong:
        print(message, file=sys.stderr)
    if wrong:
        sys.exit(f"layers: {len(wrong)} rules broken")
    print(f"layers: {len(packages)} crates, {len(files)} core files keep the rules")


if __name__ == "__main__":
    main()
