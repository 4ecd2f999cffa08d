#!/usr/bin/env python3
"""Builds and tests the engine alone under every choice of features that a user can make with one line.

Cargo unifies the features of packages that are built together, so `cargo test` of the workspace never sees the engine
with few of them. Here it is built by itself: with none, with the defaults, with every default one alone, with every
opt-in one on top of the defaults, and with all. The list is read from the manifest; a new feature is tested from its
first day.
"""

import shlex
import subprocess
import sys
import time

from rust_source import ROOT, workspace

PACKAGE = "handfast"


def choices(features):
    defaults = set(features["default"])
    opt_in = sorted(set(features) - defaults - {"default"})
    yield ["--no-default-features"]
    for feature in sorted(defaults):
        yield ["--no-default-features", f"--features={feature}"]
    yield []
    for feature in opt_in:
        yield [f"--features={feature}"]
    if len(opt_in) > 1:
        yield ["--all-features"]


def run(command):
    start = time.monotonic()
    print(f"$ {shlex.join(command)}", flush=True)
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit(f"features: `{shlex.join(command)}` failed")
    print(f"  {time.monotonic() - start:.0f} s", flush=True)


def main():
    package = next(package for package in workspace()["packages"] if package["name"] == PACKAGE)
    for choice in choices(package["features"]):
        # Two commands: dev-dependencies switch features on that the library alone would miss.
        run(["cargo", "build", "-p", PACKAGE, "--lib", *choice])
        run(["cargo", "test", "-p", PACKAGE, *choice])


if __name__ == "__main__":
    main()
