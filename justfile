# What can be done here. `just` lists it, `just ci` does all that must hold.
# just itself: `cargo install --locked just`, or `pipx install rust-just`. cargo-deny and cargo-fuzz: `cargo install --locked cargo-deny cargo-fuzz`.

set shell := ["bash", "-euo", "pipefail", "-c"]

_default:
    @just --list --unsorted

# Everything CI does, in its order; installs what is missing.
ci:
    .ci/run

# Is the source formatted?
fmt:
    cargo fmt --all --check
    cargo fmt --manifest-path fuzz/Cargo.toml --check

# Format the source.
format:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/Cargo.toml

# Clippy, without mercy: the default members as they are, the crates with features with none and with all of them.
lint:
    cargo clippy --all-targets -- -D warnings
    cargo clippy -p handfast --no-default-features -- -D warnings
    cargo clippy -p handfast --no-default-features --features tls12 -- -D warnings
    cargo clippy -p handfast-pki --no-default-features -- -D warnings
    cargo clippy -p handfast-telemetry -- -D warnings
    cargo clippy -p handfast -p handfast-pki -p handfast-rustcrypto -p handfast-handshake -p handfast-schedule \
        -p handfast-legacy-keys -p handfast-net -p handfast-tokio -p handfast-futures -p handfast-telemetry -p handfast-cli -p handfast-testkit \
        --all-features --all-targets -- -D warnings
    cargo clippy -p handfast-bogo-shim -p handfast-interop --all-targets -- -D warnings
    cargo clippy -p handfast-bare --profile bare --features program -- -D warnings

# The tests of the default members.
test:
    cargo test

# The engine alone under every choice of features, and what the other crates have behind theirs.
features:
    python3 tools/features.py
    cargo test -p handfast-rustcrypto -p handfast-legacy-keys -p handfast-handshake -p handfast-net -p handfast-tokio \
        -p handfast-futures -p handfast-telemetry -p handfast-cli -p handfast-testkit --all-features
    cargo run --quiet -p handfast-telemetry --all-features --example watched

# What processes share through Redis, against a real server; installs it.
redis:
    command -v redis-server >/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes redis-server; }
    cargo clippy -p handfast-redis --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p handfast-redis
    cargo test -p handfast-redis

# HTTPS by hyper and axum, which bring much along.
http:
    cargo clippy -p handfast-hyper -- -D warnings
    cargo clippy -p handfast-hyper --all-features --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p handfast-hyper
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p handfast-hyper --all-features
    cargo test -p handfast-hyper --all-features

# The other providers: graviola, and AWS-LC, which needs a C compiler; installs one.
providers:
    command -v cc >/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes gcc libc6-dev; }
    cargo clippy -p handfast-graviola -p handfast-aws-lc --features legacy,passwords --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p handfast-graviola -p handfast-aws-lc
    cargo test -p handfast-graviola -p handfast-aws-lc
    cargo test -p handfast-graviola -p handfast-aws-lc --features legacy,passwords --lib --tests
    cargo test -p handfast-graviola --config profile.dev.package.graviola.debug-assertions=false --test allocations -- --ignored

# The provider on AWS-LC with its FIPS module; installs what that needs besides a C compiler.
fips:
    { command -v cmake && command -v go; } >/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes cmake golang-go; }
    cargo test -p handfast-aws-lc --features fips --lib --tests

# The documentation, which must have no dead link.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    RUSTDOCFLAGS="-D warnings" just rustdoc

# The rustdoc of all that programs use, with every feature, in target/doc.
rustdoc:
    cargo doc --no-deps --all-features -p handfast -p handfast-net -p handfast-tokio -p handfast-futures -p handfast-hyper -p handfast-telemetry -p handfast-redis -p handfast-pki -p handfast-legacy-keys -p handfast-graviola

# Print docs/alerts.md from the table of violations.
alerts:
    cargo run --quiet -p handfast-wire --example alerts > docs/alerts.md

# Who may depend on whom, what the core may not touch; and whether the checkers can still see.
layers:
    python3 -m unittest discover --quiet --start-directory tools
    python3 tools/layers.py
    python3 tools/regressions.py

# Is a file or a function too long?
lines:
    python3 tools/lines.py

# A client in a program that has no std.
nostd:
    cargo run -p handfast-bare --profile bare --features program

# The same without an operating system: on a Cortex-M4 that QEMU plays; installs QEMU and what Rust needs.
thumb:
    #!/usr/bin/env bash
    set -euo pipefail
    command -v qemu-system-arm >/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes --no-install-recommends qemu-system-arm; }
    export CARGO_TARGET_THUMBV7EM_NONE_EABI_RUNNER="timeout 60 qemu-system-arm -M mps2-an386 -cpu cortex-m4 -nographic -monitor none -semihosting-config enable=on,target=native -kernel"
    RUSTFLAGS="-C link-arg=-T{{justfile_directory()}}/crates/bare/device.x" tools/cross thumbv7em-none-eabi run -p handfast-bare --features program

# Does the core compile for WebAssembly without a host?
wasm:
    tools/cross wasm32-unknown-unknown check -p handfast --no-default-features --features rustcrypto,tls12,legacy,mozilla

# Ten thousand idle connections in one thread, clients with a remote signer, a TLS terminator.
embed:
    cargo run -p handfast --features make --example idle
    cargo run -p handfast-tokio --example remote_signer
    cargo test -p handfast-tokio --test tokio -- terminator

# Runs every command and every example of the book, and looks for dead links.
book-check:
    { command -v openssl && command -v curl; } >/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes openssl curl; }
    cargo build -p handfast-cli
    cargo test -p handfast-book --all-features
    tools/book.py

# The book as HTML in target/book, with mdBook, which is installed.
book:
    mdbook --version 2>/dev/null || cargo install --debug --locked --no-default-features --features search --version ^0.5 mdbook
    mdbook build docs
    tools/book.py --rendered target/book

# Licences, sources and versions of all dependencies.
deny:
    cargo deny check bans licenses sources

# Handshakes, records, memory and sockets beside rustls and OpenSSL, then what is aimed at: just bench --only bulk --rounds 100.
bench *options: _openssl
    cargo build --quiet --release -p handfast-bench
    ulimit -n "$(ulimit -Hn)"; target/release/tls {{options}}

# In under three minutes, a line for everything that is aimed at: its name, what is wanted, what was got, ok or MISS.
bench-quick: (bench "--quick")

# Measure and write docs/performance.md and its picture anew.
performance: (bench "--json target/performance.json")
    python3 tools/performance.py target/performance.json

# The AEADs of TLS beside those of other libraries: just bench-aead 100 takes a hundred rounds.
bench-aead rounds="200": _openssl
    cargo run --quiet --release -p handfast-bench --bin aead -- {{rounds}}

# The programs that measure us beside others, which nothing else builds: do they still compile, and talk to themselves?
bench-check: _openssl
    cargo clippy -p handfast-bench --all-targets -- -D warnings
    cargo test -p handfast-bench

# What links OpenSSL needs its headers.
_openssl:
    pkg-config --exists openssl 2>/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes libssl-dev pkg-config; }

# Certificates read and verified beside rustls-webpki: just bench-pki 100 takes a hundred rounds.
bench-pki rounds="30":
    cargo bench -p handfast-pki --bench path -- {{rounds}}

# Does time depend on a secret? RSA, its unpadding and CBC, by t-test: just constant-time 20000 takes some minutes.
constant-time samples="2000":
    cargo bench -p handfast --features legacy,make --bench constant_time -- {{samples}}

# So many connections in memory, each resuming the one before with early data: is what both ends keep bounded?
million count="1000000":
    cargo run --release -p handfast-testkit --example million -- {{count}}

# The engine's instructions without cryptography, under callgrind, beside those of docs/instructions.txt.
instructions:
    command -v valgrind >/dev/null || { apt-get update --quiet --quiet && apt-get install --quiet --quiet --yes valgrind; }
    tools/instructions.py

# Two ends talk over a real socket, and the handshake is drawn.
demo:
    cargo run --release -p handfast-cli -- demo

# Fuzz one target: just fuzz wire_message 60
fuzz target seconds="120":
    python3 tools/fuzz_seeds.py {{target}}
    mkdir -p fuzz/seeds/{{target}}
    cd fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run {{target}} corpus/{{target}} seeds/{{target}} -- -max_total_time={{seconds}} -timeout=10

# Every fuzz target for ten seconds.
fuzz-smoke:
    cargo fuzz --version >/dev/null 2>&1 || cargo install --debug --locked --version ^0.13 cargo-fuzz
    for target in fuzz/fuzz_targets/*.rs; do just fuzz "$(basename "$target" .rs)" 10; done

# Other people's programs, both ways; installs what is missing. One of them: just interop openssl::
interop *cases:
    tools/peers
    cargo build --release -p handfast-cli
    cargo test --release -p handfast-interop {{cases}}

# BoringSSL's protocol tests with a compiled runner; its sources are found beside it, or named (docs/conformance.md).
bogo runner sources="":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build -p handfast-bogo-shim
    cd {{invocation_directory()}}
    runner=$(realpath {{runner}})
    for sources in {{sources}} $(dirname $runner) $(dirname $runner)/ssl/test/runner $(dirname $runner)/*/ssl/test/runner; do
        if [ -f $sources/runner.go ]; then break; fi
    done
    [ -f $sources/runner.go ] || { echo "no sources of the runner: name their folder" >&2; exit 1; }
    cd $sources
    out=$(mktemp --directory)
    trap "rm -r $out" EXIT
    config={{justfile_directory()}}/crates/bogo-shim/config.json
    run="$runner -test.timeout 60m -allow-unimplemented -num-workers 2 -shim-path {{justfile_directory()}}/target/debug/bogo-shim"
    $run -shim-config $config -json-output $out/result.json >$out/result.txt 2>&1 || grep -A20 FAILED $out/result.txt || true
    # Every case by its name, also those that are left out.
    $run -shim-extra-flags=-names-only -json-output $out/names.json >$out/names.txt 2>&1
    python3 {{justfile_directory()}}/tools/bogo.py $out/result.json $out/names.json $config
