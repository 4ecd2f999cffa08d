"""The checkers must see what they are for: `python3 -m unittest discover -s tools`."""

import pathlib
import re
import tempfile
import types
import unittest

import book
import features
import layers
import lines
import performance
import rust_source


def file(name, code):
    return types.SimpleNamespace(name=f"crates/{name}", text=code, code=rust_source.blank_out(code))


class Reading(unittest.TestCase):
    def test_comments_and_literals_become_spaces_and_nothing_moves(self):
        for text, left in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ('a "/*" b', "a      b"),
            (r'a "\"" b', "a      b"),
            ('a r#"x"y"# b', "a          b"),
            ("a b'\"' c", "a      c"),
            ("fn f<'a>(x: &'a u8) { '{' }", "fn f<'a>(x: &'a u8) {     }"),
            (r"a '\u{1F}' '\'' b", "a               b"),
        ]:
            self.assertEqual(rust_source.blank_out(text), left)

    def test_strings_are_kept_when_asked_for(self):
        self.assertEqual(rust_source.blank_out('a "b" // c', keep_strings=True), 'a "b"     ')

    def test_where_inline_tests_begin(self):
        self.assertTrue(rust_source.INLINE_TESTS.search("#[cfg(test)]\nmod tests {"))
        self.assertTrue(rust_source.INLINE_TESTS.search("#[cfg(test)]\n#[path = \"x\"]\npub(crate) mod fixtures {"))
        self.assertFalse(rust_source.INLINE_TESTS.search("#[cfg(test)]\nmod tests;"))
        self.assertEqual(rust_source.OUTLINE_TESTS.findall("#[cfg(test)]\nmod testing;"), ["testing"])


class Book(unittest.TestCase):
    def test_what_is_printed_is_compared(self):
        for wanted, printed, agree in [
            (["a"], ["a"], True),
            (["a"], ["a", "b"], False),
            (["a"], ["b"], False),
            (["a …", "c"], ["a b", "c"], True),
            (["a …"], ["a b", "c"], False),
            (["…", "c"], ["a", "b", "c"], True),
            (["…", "c"], ["c", "d"], False),
        ]:
            self.assertEqual(book.agrees(wanted, printed), agree, wanted)

    def test_a_command_that_fails_or_says_something_else_is_found(self):
        for text, mistakes in [
            ("```console\n$ echo a\na\n```\n", 0),
            ("```console\n$ echo a\nb\n```\n", 1),
            ("```console\n$ false\n```\n", 1),
            ("```console\n$ false\n$ echo $?\n1\n```\n", 0),
            ("<!-- console\n$ false\n-->\n", 1),
            ("<!-- file a/b -->\n```toml\nx\n```\n```console\n$ cat a/b\nx\n```\n", 0),
            ("<!-- file a/b -->\n\n```toml\nx\n```\n```console\n$ cat a/b\nx\n```\n", 1),
            ("```console\n$ echo 1; exec sleep 60 &\n2\n```\n", 1),
            ("```console\n$ sh -c 'echo 1; exec sleep 60' &\n1\n$ kill %1\n```\n", 0),
            ("```console\n$ sh -c 'echo 1; exec sleep 60' &\n1\n```\n", 1),
            ("```console\n" + 2 * "$ sh -c 'echo 1; exec sleep 60' &\n1\n" + "$ kill %2 %1\n```\n", 0),
            ("```console\n" + 2 * "$ sh -c 'echo 1; exec sleep 60' &\n1\n$ kill %1\n" + "```\n", 0),
            ("```console\n$ sh -c 'echo 1; exec sleep 60' &\n1\n$ kill %1\n$ kill %1\n```\n", 1),
        ]:
            with tempfile.TemporaryDirectory(dir=book.ROOT) as directory:
                page = pathlib.Path(directory) / "page.md"
                page.write_text(text)
                book.PATIENCE = 1
                self.assertEqual(len(book.run(page)[1]), mistakes, text)

    def test_a_dead_link_is_found(self):
        with tempfile.TemporaryDirectory(dir=book.ROOT) as directory:
            page = pathlib.Path(directory) / "page.md"
            page.write_text("# A `b` C\n[1](#a-b-c) [2](page.md#a-b-c) [3](page.md) [4](https://example.com)\n")
            self.assertEqual(list(book.links(page)), [])
            page.write_text("# A\n[1](#b) [2](other.md) `[3](x.md)`\n```text\n[4](y.md)\n```\n")
            self.assertEqual(len(list(book.links(page))), 2)

    def test_a_command_that_is_only_shown_has_to_be_there(self):
        known = book.Known(asking=True)
        known.options = {"connect": {"--http"}, "nothing": None}
        for line, runs in [
            ("just fuzz wire_message 3600", True),
            ("just nonsense", False),
            ("cargo test", True),
            ("cargo run --release -p handfast-cli -- demo", True),
            ("cargo run -p handfast-cli -- demo", False),
            ("cargo install --locked --path crates/cli          # installs it", True),
            ("cargo install --locked --path handfast/crates/cli --features legacy", True),
            ("cargo install --locked --path crates/cli --features legacies", False),
            ("cargo install --path crates/cli", False),
            ("cargo install --locked --path crates/cly", False),
            (f"git clone {book.repository()}", True),
            ("git clone https://example.com/handfast", False),
            ("handfast connect example.com --http /    # a comment", True),
            ("handfast connect example.com --htp /", False),
            ("handfast nothing", False),
        ]:
            self.assertEqual(known.runs(line), runs, line)

    def test_what_a_manifest_wants_has_to_be_there(self):
        for line, mistakes in [
            ('handfast = { path = "../handfast/crates/handfast", features = ["mozilla"] }', 0),
            ('handfast = { path = "../handfast/crates/handfast", features = ["mozila"] }', 1),
            ('handfast = { path = "../crates/handfast" }', 1),
            (f'handfast-net = {{ git = "{book.repository()}" }}', 0),
            ('handfast-net = { git = "https://example.com/handfast" }', 1),
            (f'handfast-nett = {{ git = "{book.repository()}" }}', 1),
            ('axum = "0.8"', 0),
            ("handfast = {", 1),
        ]:
            self.assertEqual(len(list(book.wants(f"[dependencies]\n{line}\n"))), mistakes, line)

    def test_getting_started_has_every_feature_of_the_engine(self):
        page = (book.DOCS / "getting-started.md").read_text(encoding="utf-8")
        rows = dict(re.findall(r"^\| `([\w-]+)` \| (yes|) ?\|", page, re.MULTILINE))
        features = book.manifest(book.crate_of("handfast"))["features"]
        self.assertEqual(set(rows) | {"default"}, set(features))
        self.assertEqual({name for name, default in rows.items() if default}, set(features["default"]))

    def test_a_file_takes_crates_from_here(self):
        text = f'handfast-net = {{ git = "{book.repository()}", features = ["legacy"] }}\n'
        self.assertEqual(book.from_here(text), f'handfast-net = {{ path = "{book.ROOT}/crates/net", features = ["legacy"] }}\n')

    def test_links_out_of_the_rendered_book_lead_to_the_repository(self):
        for page, target, wanted in [
            ("a.html", "../README.html#what", "/blob/main/README.md#what"),
            ("a.html", "../fuzz/index.html", "/blob/main/fuzz/README.md"),
            ("folder/a.html", "../../crates/bare/src/main.rs", "/blob/main/crates/bare/src/main.rs"),
            ("a.html", "../crates", "/tree/main/crates"),
            ("a.html", "../nowhere.html", None),
            ("folder/a.html", "../README.html", None),
            ("a.html", "https://example.com/../README.md", None),
        ]:
            self.assertEqual(book.outward(page, target), wanted and book.repository() + wanted, target)

    def test_a_dead_link_of_the_rendered_book_is_found(self):
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            (directory / "a.html").write_text('<h1 id="x"><a href="b.html#y"><a href="#x"><a href="../README.html"><img src="c.svg">')
            (directory / "b.html").write_text('<h1 id="y"><a href="a.html#z"><a href="../nowhere.html">')
            self.assertEqual([text.partition(":")[0] for text in book.rendered(directory)], ["a.html", "b.html", "b.html"])
            self.assertIn(book.repository() + "/blob/main/README.md", (directory / "a.html").read_text())


class Lines(unittest.TestCase):
    def test_a_function_ends_at_its_own_brace(self):
        code = "trait T { fn a(&self); fn b(x: [u8; 2]) -> [u8; 2] {\n if x { y } else { z }\n} }\nfn c<F: Fn(u8)>() {}"
        found = [(name, code.count("\n", start, end) + 1) for name, start, end in lines.functions(code)]
        self.assertEqual(found, [("b", 3), ("c", 1)])


class Performance(unittest.TestCase):
    def run_of(self, *figures):
        rows = [{"name": name, "figures": [figure]} for name, figure in zip("abc", figures)]
        return {"tables": [{"title": "t", "unit": "µs", "reference": "a", "columns": ["x"], "rows": rows}]}

    def test_figures_beside_their_ratios(self):
        table = self.run_of(200.0, 150.0, None)["tables"][0]
        wanted = ["| t, µs | x |", "|---|--:|", "| a | 200 (1.00) |", "| b | 150 (0.75) |", "| c | – |"]
        self.assertEqual(list(performance.markdown(table)), wanted)

    def test_what_has_changed(self):
        found = performance.changes(self.run_of(200.0, 150.0, None), self.run_of(202.0, 160.0, 1.0))
        self.assertEqual(list(found), [("t", "b", "x", 150.0, 160.0)])


class Features(unittest.TestCase):
    def test_every_feature_has_its_turn(self):
        choices = list(features.choices({"default": ["std"], "std": [], "a": [], "b": []}))
        wanted = [
            ["--no-default-features"],
            ["--no-default-features", "--features=std"],
            [],
            ["--features=a"],
            ["--features=b"],
            ["--all-features"],
        ]
        self.assertEqual(choices, wanted)


class Layers(unittest.TestCase):
    def edges(self, crate, *dependencies):
        return list(layers.edges([{"name": crate, "dependencies": list(dependencies)}]))

    def test_edges(self):
        ours = {"name": "handfast-record", "kind": None, "path": "crates/record"}
        self.assertEqual(len(self.edges("handfast-handshake", ours)), 1)
        self.assertEqual(len(self.edges("handfast-handshake", {**ours, "kind": "build"})), 1)
        self.assertEqual(self.edges("handfast-handshake", {**ours, "kind": "dev"}), [])
        self.assertEqual(self.edges("handfast", ours), [])
        self.assertEqual(self.edges("handfast-testkit", ours), [])
        self.assertEqual(len(self.edges("handfast-unheard-of")), 1)

    def test_dependencies_from_outside(self):
        self.assertEqual(len(self.edges("handfast-handshake", {"name": "p256", "kind": None})), 1)
        self.assertEqual(self.edges("handfast-handshake", {"name": "subtle", "kind": None}), [])
        self.assertEqual(self.edges("handfast-rustcrypto", {"name": "p256", "kind": None}), [])

    def test_the_system_is_asked_in_its_files_only(self):
        for code in [
            "use std::time::Duration;",
            "use std::{fmt, net::IpAddr};",
            "fn f() { SystemTime::now() }",
            "fn f() { UnixTime::now() }",
            "extern crate std;",
            "static COUNT: AtomicUsize = AtomicUsize::new(0);",
            "static DEFAULT: std::sync::OnceLock<u8> = std::sync::OnceLock::new();",
            "static mut X: u8 = 0;",
        ]:
            self.assertEqual(len(list(layers.system(file("record/src/open.rs", code)))), 1, code)
        for code in [
            "use core::time::Duration;",
            "use core::net::IpAddr;",
            "// SystemTime",
            "#[cfg(test)]\nextern crate std;",
            '#[cfg(feature = "std")]\nextern crate std;',
            "static TABLE: &[u8] = &[];",
            "fn instant() {}",
        ]:
            self.assertEqual(list(layers.system(file("record/src/open.rs", code))), [], code)
        self.assertEqual(list(layers.system(file("handfast/src/key_log.rs", "use std::fs::File;"))), [])

    def test_authenticators_are_not_compared_with_operators(self):
        for code in [
            "if tag == expected {}",
            "if expected != *tag {}",
            "if computed[..16] == message.tag[..] {}",
            "if own.verify_data.as_bytes() == theirs {}",
            "if binder.eq(other) {}",
            "expected_mac != received",
            "assert_eq!(finished.verify_data, x)",
            "#[derive(Clone, PartialEq, ZeroizeOnDrop)]",
        ]:
            self.assertEqual(len(list(layers.constant_time(file("record/src/open.rs", code)))), 1, code)
        for code in [
            "if tag.ct_eq(expected).into() {}",
            "if tag.len() == TAG_LEN {}",
            "if TAG_LEN == tag.len() {}",
            "if binders.len() != identities.len() {}",
            "if other.tag() == Tag::OctetString {}",
            "stage == machine",
            "#[derive(Clone, ZeroizeOnDrop)]",
        ]:
            self.assertEqual(list(layers.constant_time(file("record/src/open.rs", code))), [], code)
        self.assertEqual(list(layers.constant_time(file("pki/src/asn1.rs", "if tag == wanted {}"))), [])
        self.assertEqual(len(list(layers.constant_time(file("crypto/src/secret.rs", "self.0 == other.0")))), 1)


if __name__ == "__main__":
    unittest.main()
