#!/usr/bin/env python3
"""Checks the book: every command in it is run, every link leads somewhere, every example is compiled.

    tools/book.py                   all pages, with the `handfast` of target/debug
    tools/book.py PAGE…             the commands of these pages alone
    tools/book.py --links           no command
    tools/book.py --rendered DIR    what mdBook has made: links out of the book lead to the repository from then on, and all others
                                    have to lead somewhere

The book is docs/SUMMARY.md and what it lists. What a block may be:

    rust        a doctest of crates/book, so its page has to be named there
    console     commands, each after `$ `, run one after the other in an empty directory of their page. What stands below a command
                is what it prints, on standard output and error; `…` is any text within a line, and on a line of its own any lines.
                With nothing below, what it prints is not looked at. A line that ends with `\\` goes on.
                `… &` is a server: it is started, what is below it is waited for, or its first line. `kill %1` stops it, before its page
                ends; jobs are numbered as bash does, where a number is free again once its job is gone.
                A command has to succeed, unless the next one is `echo $?`.
    sh          what is too long for here, also in README.md: recipes of the justfile (`just fuzz …`), `git clone` of this repository and
                `cargo install --locked --path CRATE`, here or below the clone, which have to exist; commands that are a line of a recipe
                that .ci/run runs; and those of `handfast`, whose options its help has to know
    toml        a Cargo.toml, or lines of one: what it wants of this workspace has to be there, with its features
    text, and others without a command: shown as they are

What is called `just …` in the text has to be a recipe.

A block below `<!-- file PATH -->` is that file, in the directory of its page. What such a file takes from this repository by `git` it is
given from here.

What makes ready for the commands of a page without being of interest is a console in a comment: `<!-- console`, lines, `-->`.

Ports between 4400 and 4499, 8080 and 8443 are written as people would, and replaced by free ones when they are run; so is the one at
which `handfast serve` listens unless it is told.
"""

import os
import pathlib
import posixpath
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Besides the pages of the book.
README = ROOT / "README.md"
# What a clone is called that was made without a word about it.
CLONE = "handfast/"
OTHERS = ["README.md", "SECURITY.md", "CHANGELOG.md", "fuzz/README.md", "crates/*/README.md"]
PROGRAMS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug"
SHOWN = {"text", "json", "mermaid"}
# In seconds; the longest is a build of an example.
PATIENCE = 500

FENCE = re.compile(r"^( *)```(.*)$")
FILE = re.compile(r"<!-- file (\S+) -->")
PORT = re.compile(r"(?<![\w.])(44\d\d|8080|8443)(?![\w.])")
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?)\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")


class Block:
    def __init__(self, page, line, kind, file=None):
        self.page, self.line, self.kind, self.file, self.lines = page, line, kind, file, []

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page):
    """The fenced blocks of a page, and the consoles in comments."""
    block, above = None, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence, file = FENCE.match(line), FILE.fullmatch(above)
        above = line
        if block is None and line == "<!-- console":
            block = Block(page, number, "console")
            continue
        if block is not None and line == "-->":
            yield block
            block = None
            continue
        if fence and block is None:
            block = Block(page, number, fence[2].strip(), file and file[1])
        elif fence and not fence[2].strip():
            yield block
            block = None
        elif block is not None:
            block.lines.append(line)
    if block is not None:
        yield block


def prose(text):
    """A page without its blocks and its code, in which nothing is a link; lines stay."""
    lines, inside = [], False
    for line in text.splitlines():
        if FENCE.match(line):
            inside = not inside
            line = ""
        lines.append("" if inside else line)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda found: "`" + "x" * (len(found[0]) - 2) + "`", "\n".join(lines))


def anchors(text):
    """What can be linked to in a page, as GitHub and mdBook name headings."""
    found, inside = {}, False
    for line in text.splitlines():
        if FENCE.match(line):
            inside = not inside
        if inside or not line.startswith("#"):
            continue
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip())
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        number = found[name] = found.get(name, -1) + 1
        yield name if number == 0 else f"{name}-{number}"


def listed():
    """The pages of the book, in its order."""
    text = (DOCS / "SUMMARY.md").read_text(encoding="utf-8")
    return [DOCS / target for target in re.findall(r"\]\(([^)]+\.md)\)", text)]


def links(page):
    text = page.read_text(encoding="utf-8")
    plain = prose(text)
    for pattern in (LINK, IMAGE):
        for found in pattern.finditer(plain):
            target = next(group for group in found.groups() if group)
            # The rest of the world is not asked: a check must not depend on it.
            if re.match(r"[a-z]+:", target):
                continue
            place = f"{page.relative_to(ROOT)}:{plain.count(chr(10), 0, found.start()) + 1}"
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                yield f"{place}: {target} does not exist"
            elif anchor and file.suffix == ".md" and anchor not in set(anchors(file.read_text(encoding="utf-8"))):
                yield f"{place}: there is no heading #{anchor} in {file.relative_to(ROOT)}"


class Known:
    """The recipes of the justfile and what is in them, and the options of `handfast`."""

    def __init__(self, asking):
        self.asking, self.recipes = asking, {}
        for line in (ROOT / "justfile").read_text(encoding="utf-8").splitlines():
            if head := re.match(r"([\w-]+)[^:]*:(?!=)", line):
                body = self.recipes[head[1]] = []
            elif line.startswith("    "):
                body.append(line.strip())
        steps = (ROOT / ".ci/run").read_text(encoding="utf-8")
        run = set(re.findall(r"just ([\w-]+)", steps)) | set(" ".join(re.findall(r"^for recipe in (.*); do$", steps, re.MULTILINE)).split())
        run |= {name for recipe in run for line in self.recipes.get(recipe, []) for name in re.findall(r"just ([\w-]+)", line)}
        self.lines = {line for recipe in run for line in self.recipes.get(recipe, [])}
        self.options = {}

    def runs(self, line):
        """Whether there is what this command of a `sh` block is about."""
        words = shlex.split(line, comments=True)
        if words[:1] == ["handfast"]:
            return not self.asking or self.helps(words[1], {word.partition("=")[0] for word in words if word.startswith("--")})
        if words[:2] == ["git", "clone"]:
            return words[2:] == [repository()]
        if words[:4] == ["cargo", "install", "--locked", "--path"]:
            features = set(words[6].split(",")) if words[5:6] == ["--features"] else set()
            crate = ROOT / words[4].removeprefix(CLONE)
            return (crate / "Cargo.toml").is_file() and features <= features_of(crate)
        return " ".join(words) in self.lines or words[0] == "just" and words[1] in self.recipes

    def helps(self, command, options):
        if command not in self.options:
            asked = subprocess.run([PROGRAMS / "handfast", command, "--help"], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.options[command] = set(re.findall(r"--[\w-]+", asked.stdout)) if asked.returncode == 0 else None
        return self.options[command] is not None and options <= self.options[command]


def manifest(crate):
    """What the Cargo.toml of a directory says."""
    return tomllib.loads((crate / "Cargo.toml").read_text(encoding="utf-8"))


def features_of(crate):
    return set(manifest(crate).get("features", {}))


def crate_of(name):
    """The directory of a crate of this workspace."""
    return ROOT / "crates" / name.removeprefix("handfast-")


def wants(text):
    """What is wrong with the dependencies of a Cargo.toml, as far as they are of this workspace."""
    try:
        dependencies = tomllib.loads(text).get("dependencies", {})
    except tomllib.TOMLDecodeError as error:
        yield str(error)
        return
    for name, wanted in dependencies.items():
        if not name.startswith("handfast"):
            continue
        crate = crate_of(name)
        if not (crate / "Cargo.toml").is_file():
            yield f"there is no crate {name}"
        elif "git" in wanted and wanted["git"] != repository() or "path" in wanted and wanted["path"] != f"../{CLONE}{crate.relative_to(ROOT)}":
            yield f"{name} is not there"
        elif unknown := set(wanted.get("features", ())) - features_of(crate):
            yield f"{name} has no feature {', '.join(sorted(unknown))}"


def structure(asking):
    """Is every page in the book once, and every block one of the kinds that are checked?"""
    pages = listed()
    for page in sorted(DOCS.glob("**/*.md")):
        if page.name != "SUMMARY.md" and pages.count(page) != 1:
            yield f"{page.relative_to(ROOT)}: {pages.count(page)} times in docs/SUMMARY.md"
    compiled = (ROOT / "crates/book/src/lib.rs").read_text(encoding="utf-8")
    known = Known(asking)
    for page in [README, *(page for page in pages if page.exists())]:
        for block in blocks(page):
            kind = block.kind.split(",")[0]
            if kind == "rust":
                if f'include_str!("../../../{page.relative_to(ROOT)}")' not in compiled:
                    yield f"{block}: crates/book does not compile the examples of this page"
            elif kind == "sh":
                for line in block.lines:
                    if not known.runs(line):
                        yield f"{block}: no recipe of the justfile, no program of this workspace, nothing that CI runs: {line}"
            elif kind == "toml":
                for wrong in wants("\n".join(block.lines)):
                    yield f"{block}: {wrong}"
            elif kind == "console":
                if not block.lines or not block.lines[0].startswith("$ "):
                    yield f"{block}: a console begins with a command"
            elif kind not in SHOWN:
                yield f"{block}: what is ```{kind}?"
        for name in re.findall(r"`just ([\w-]+)", page.read_text(encoding="utf-8")):
            if name not in known.recipes:
                yield f"{page.relative_to(ROOT)}: the justfile has no recipe {name}"


def commands(block):
    """Each command with the lines it shall print."""
    found = []
    for line in block.lines:
        if found and found[-1][0].endswith("\\"):
            found[-1][0] = found[-1][0][:-1].rstrip() + " " + line.removeprefix("> ").strip()
        elif line.startswith("$ "):
            found.append([line[2:], []])
        else:
            found[-1][1].append(line)
    return found


def agrees(wanted, printed):
    """Whether the lines are those wanted, where `…` is anything."""
    parts = [r"(?:.*\n)*?" if line.strip() == "…" else r".*?".join(map(re.escape, line.rstrip().split("…"))) + r"\n" for line in wanted]
    text = "".join(line.rstrip() + "\n" for line in printed)
    return re.fullmatch("".join(parts), text) is not None


class Shell:
    """Runs the commands of one page in a directory that is gone afterwards."""

    def __init__(self, directory):
        self.directory, self.ports, self.servers, self.status = directory, {}, {}, 0
        self.environment = {
            **os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "BOOK": str(ROOT), "LC_ALL": "C.UTF-8", "COLUMNS": "100",
            "NO_COLOR": "1", "CARGO_TARGET_DIR": str(PROGRAMS.parent), "CARGO_NET_OFFLINE": "true",
        }

    def port(self, written):
        if written not in self.ports:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.ports[written] = str(free.getsockname()[1])
        return self.ports[written]

    def start(self, command):
        if re.search(r"\bhandfast serve\b", command) and "--listen" not in command:
            command += " --listen 127.0.0.1:4433"
        command = PORT.sub(lambda found: self.port(found[0]), command)
        # What one command leaves in `$?` the next one sees.
        return subprocess.Popen(
            ["bash", "-c", f"(exit {self.status}); {command}"], cwd=self.directory, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )

    def as_written(self, line):
        for written, used in self.ports.items():
            line = re.sub(rf"\b{used}\b", written, line)
        return line.rstrip("\n")

    def run(self, command, wanted):
        """What it prints, as lines; of a server until it is what is wanted, or else the first."""
        if re.fullmatch(r"kill( %\d+)+", command):
            for number in map(int, re.findall(r"\d+", command)):
                if number not in self.servers:
                    raise Failed(f"there is no job {number}")
                self.stop(self.servers.pop(number))
            self.status = 0
            return []
        if not command.endswith("&"):
            process = self.start(command)
            try:
                text, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                kill(process, signal.SIGKILL)
                raise Failed(f"still running after {PATIENCE} s") from None
            self.status = process.returncode
            return [self.as_written(line) for line in text.splitlines()]
        # Run by an `exec` of its own, so that the signal reaches it and not a shell in front of it.
        server = self.start("exec " + command[:-1].rstrip())
        self.servers[max(self.servers, default=0) + 1] = server
        self.status = 0
        watch = threading.Timer(PATIENCE, kill, [server, signal.SIGKILL])
        watch.start()
        lines = []
        for line in server.stdout:
            lines.append(self.as_written(line))
            if not wanted or agrees(wanted, lines):
                watch.cancel()
                return lines
        watch.cancel()
        raise Failed("\n".join([f"ended with {server.wait()}, and never said what is there:", *lines]))

    def stop(self, server):
        kill(server, signal.SIGTERM)
        try:
            server.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            kill(server, signal.SIGKILL)
            server.communicate()

    def close(self):
        for server in self.servers.values():
            self.stop(server)


class Failed(Exception):
    pass


def kill(process, number):
    """Ends a process that was started here, and what it has started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def run(page):
    """Runs the commands of a page: how many there are, and what is wrong."""
    count, wrong = 0, []
    with tempfile.TemporaryDirectory(prefix="handfast-book-") as directory:
        shell = Shell(directory)
        try:
            for block in blocks(page):
                if block.file:
                    file = pathlib.Path(directory, block.file)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(from_here("\n".join([*block.lines, ""])), encoding="utf-8")
                if block.kind != "console":
                    continue
                all_of_it = commands(block)
                for place, (command, wanted) in enumerate(all_of_it):
                    count += 1
                    asked = place + 1 < len(all_of_it) and "$?" in all_of_it[place + 1][0]
                    try:
                        printed = shell.run(command, wanted)
                    except Failed as failed:
                        wrong.append(f"{block}: $ {command}\n{failed}")
                        return count, wrong
                    if shell.status and not asked:
                        wrong.append("\n".join([f"{block}: $ {command}\nexit code {shell.status}", *printed]))
                    elif wanted and not agrees(wanted, printed):
                        wrong.append("\n".join([f"{block}: $ {command}\nprinted, which is not what is there:", *printed]))
            if shell.servers:
                wrong.append(f"{page}: at its end {len(shell.servers)} servers run on")
        finally:
            shell.close()
    return count, wrong


def from_here(text):
    """A file that takes crates from this repository takes them from this clone of it."""
    return re.sub(rf'^(handfast[\w-]*)( = .*)git = "{re.escape(repository())}"', lambda found: f'{found[1]}{found[2]}path = "{crate_of(found[1])}"', text, flags=re.MULTILINE)


def outward(page, target):
    """Where a link of a rendered page leads that leaves the book, in the repository; none for others."""
    path, _, anchor = target.partition("#")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if re.match(r"[a-z]+:", target) or not place.startswith("../"):
        return None
    # As it was before mdBook took it for a page of its own.
    file = place.removeprefix("../")
    if file.endswith(".html") and not (ROOT / file).exists():
        file = file.removesuffix(".html") + ".md"
        file = file if (ROOT / file).exists() else file.removesuffix("index.md") + "README.md"
    if not (ROOT / file).exists():
        return None
    kind = "tree" if (ROOT / file).is_dir() else "blob"
    return f"{repository()}/{kind}/main/{file}" + (f"#{anchor}" if anchor else "")


def repository():
    return re.search(r'^repository = "(.*)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]


def rendered(directory):
    """Makes links out of the rendered book lead to the repository; what leads nowhere."""
    pages = {file.relative_to(directory).as_posix(): file.read_text(encoding="utf-8") for file in sorted(directory.rglob("*.html"))}
    # 404.html is served from anywhere, toc.html in a frame.
    pages = {name: text for name, text in pages.items() if name not in ("404.html", "toc.html")}
    named = {name: set(re.findall(r'\bid="([^"]*)"', text)) for name, text in pages.items()}
    for name, text in pages.items():
        # print.html is all pages in one, each link as from the folder of its page.
        new = re.sub(r'href="([^"]+)"', lambda found: f'href="{outward(name, found[1]) or found[1]}"', text)
        if new != text:
            (directory / name).write_text(new, encoding="utf-8")
        for target in re.findall(r'(?:href|src)="([^"]+)"', new):
            path, _, anchor = target.partition("#")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if re.match(r"[a-z]+:", target):
                continue
            if place.startswith("../") or not (directory / place).is_file():
                yield f"{name}: {target} does not exist"
            elif anchor and place in named and anchor not in named[place]:
                yield f"{name}: there is no {anchor} in {place}"


def main():
    arguments = sys.argv[1:]
    if "--rendered" in arguments:
        wrong = list(rendered(pathlib.Path(arguments[-1])))
        sys.exit("\n".join([*wrong, f"book: {len(wrong)} dead links"]) if wrong else 0)
    pages = [pathlib.Path(argument).resolve() for argument in arguments if argument != "--links"] or [README, *listed()]
    files = {*pages, DOCS / "SUMMARY.md", *(file for pattern in OTHERS for file in ROOT.glob(pattern))}
    wrong = [*structure("--links" not in arguments), *(message for file in sorted(files) if file.exists() for message in links(file))]
    total = 0
    if "--links" not in arguments and not wrong:
        for page in pages:
            count, messages = run(page)
            total += count
            wrong += messages
            if count:
                print(f"{page.relative_to(ROOT)}: {count} commands", flush=True)
    for message in wrong:
        print(message, file=sys.stderr)
    if wrong:
        sys.exit(f"book: {len(wrong)} mistakes")
    print(f"book: {len(files)} pages, {total} commands")


if __name__ == "__main__":
    main()
