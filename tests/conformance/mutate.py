#!/usr/bin/python3
"""Disable what cites a requirement, one statement a time; its tests must fail.

    tests/conformance/mutate.py [N] [SEED]   a sample of N citations (20); the
                                             seed is the day's if none is given
    tests/conformance/mutate.py ID…          every citation of these; JWS- is
                                             a whole section, JWS-01 one line

What is cited is disabled in a copy of the tree: an `if (…)` is never true, a
predicate says the opposite, a check finds nothing wrong, any other statement
or row of a table is gone.  A test with that ID that fails kills the mutant;
one that none notices survives, and a survivor is a failure: of the citation,
if the line does not enforce it, or of the test.  So is a citation that cannot
be disabled: one at a declaration, or where nothing compiles without it.
"""
import datetime
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import marks

ROOT = os.path.dirname(os.path.dirname(marks.HERE))
BUILD = os.environ.get("BUILD", "build/release")
SLOW = 120  # seconds that a program may take; a mutant may wait for ever


class Bad(Exception):
    """A citation that cannot be disabled."""


def closing(code, at):
    """The place of the parenthesis or brace that closes the one at `at`."""
    pair = {"(": ")", "{": "}"}[code[at]]
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == code[at]) - (code[i] == pair)
        if depth == 0:
            return i
    raise Bad("at no statement")


def statement_end(code, at):
    """Behind the semicolon or, in a table, the comma that ends what begins at `at`."""
    i = at
    while i < len(code):
        if code[i] in "({":
            i = closing(code, i)
        elif code[i] in ";,":
            return i + 1
        elif code[i] in "})":
            return i  # the last row of a table
        i += 1
    raise Bad("at no statement")


def returns(code, at):
    """The type that the function around `at` returns, on the line above its name."""
    lines = code[:at].split("\n")
    for i in range(len(lines) - 1, 0, -1):
        if re.match(r"\w+\(", lines[i]) and not lines[i - 1].startswith((" ", "\t")):
            return lines[i - 1].replace("static ", "").strip()
    return ""


DECLARES = re.compile(r"(?:static |const |unsigned |struct |enum |union )*\w+[\s*]+\w+(?:\[[^]]*\])*\s*(?:=|;|,)")


def mutant(text, line, asked=True):
    """The text of a file without what begins at a line; is a condition still asked?"""
    code = marks.blank(text)
    at = sum(len(l) + 1 for l in code.split("\n")[:line])
    at += len(code[at:]) - len(code[at:].lstrip())
    m = re.compile(r"(?:\}\s*)?(?:else\s+)?(?:if|while)\s*(?=\()").match(code, at)
    if m:
        end = closing(code, m.end())
        what = text[m.end() + 1:end]
        return text[:m.end() + 1] + (f"({what}) && 0" if asked else f"0 && ({what})") + text[end:]
    m = re.compile(r"return\s*(?=[^;\s])").match(code, at)
    if m:
        end, kind = statement_end_of_return(code, m.end()), returns(code, at)
        head = marks.head_before(code.split("\n"), line)
        if head is not None:
            return mutant(text, head, asked)
        if kind == "bool":
            return text[:m.end()] + "!(" + text[m.end():end] + ")" + text[end:]
        if kind == "enum err":
            return text[:m.end()] + "((" + text[m.end():end] + ") == OK ? OK : OK)" + text[end:]
        raise Bad("a return: cite the if that leads to it")
    if re.compile(r"(?:case|default|for|do|switch|else|goto|break|continue)\b").match(code, at):
        raise Bad("neither an if, nor a whole statement, nor a row")
    if code[at:at + 1] in ("", "#"):
        raise Bad("at no statement")
    row = code[at] in "{[\".(" or re.compile(r"[A-Z][A-Z0-9_]+\b").match(code, at)
    if re.compile(r"[A-Z][A-Z0-9_]+ = ").match(code, at):
        raise Bad("an enumerator")
    if not row and DECLARES.match(code, at):
        raise Bad("a declaration")
    end = statement_end(code, at)
    if code[end - 1] == ";":
        return text[:at] + "(void)0;" + text[end:]
    if not row and not re.compile(r"\w+,").match(code, at):
        raise Bad("neither an if, nor a whole statement, nor a row")
    kept = "\n" * text.count("\n", at, end)
    return text[:at] + kept + text[end:]


def statement_end_of_return(code, at):
    i = at
    while code[i] != ";":
        i = closing(code, i) if code[i] in "({" else i
        i += 1
    return i


class Copy:
    """The tree with what is built, in a temporary folder; BUILD's flags stay."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="mayfly-mutate-")
        names = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.split("\n")
        for name in names:
            if os.path.isfile(os.path.join(ROOT, name)):
                os.makedirs(os.path.dirname(os.path.join(self.root, name)), exist_ok=True)
                shutil.copy2(os.path.join(ROOT, name), os.path.join(self.root, name))
        if os.path.isdir(os.path.join(ROOT, BUILD)):
            shutil.copytree(os.path.join(ROOT, BUILD), os.path.join(self.root, BUILD), symlinks=True, dirs_exist_ok=True,
                            ignore=lambda folder, them: [n for n in them if self.program(folder, n)])
        flags = os.path.join(self.root, BUILD, "flags")
        self.cflags = "-Werror" if os.path.exists(flags) and "-Werror" in marks.read(flags) else ""

    @staticmethod
    def program(folder, name):
        """Programs are linked again when they are needed; they are most of the bytes."""
        return os.path.basename(os.path.dirname(folder)) == "tests" and "." not in name

    def make(self, target):
        """None, or what the compiler said.  Mutants may leave things unused."""
        p = subprocess.run(["make", "-s", "-j2", f"CFLAGS={self.cflags}", target], cwd=self.root,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return None if p.returncode == 0 else p.stdout

    def compile(self, path):
        """One mutated object, with the flags of all but no warning an error."""
        words = marks.read(os.path.join(self.root, BUILD, "flags")).split()
        words = [w for w in words if w not in ("-MMD", "-MP", "-Werror")]
        p = subprocess.run(words + ["-w", "-c", "-o", os.path.join(BUILD, path[:-1] + "o"), path], cwd=self.root,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise Bad("nothing compiles without it: " + (re.search(r"error: (.*)", p.stdout) or ["", "?"])[1])

    def run(self, *command, **env):
        try:
            p = subprocess.run(command, cwd=self.root, env={**os.environ, **env}, timeout=SLOW,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
            return p.stdout
        except subprocess.TimeoutExpired:
            return ""  # what has not passed has failed

    def passes(self, kind, path, names):
        """The tests of these names that pass."""
        if kind == "unit":
            program = f"{BUILD}/{path[:-2]}"
            said = self.make(program)
            if said is not None:
                raise Bad("does not build: " + said[-300:])
            out = self.run(program, CMOCKA_MESSAGE_OUTPUT="TAP")
            ok = set(re.findall(r"^ok \d+ - (\w+)", out, re.M))
            return {n for n in names if n in ok}
        said = self.make(f"{BUILD}/mayfly")
        if said is not None:
            raise Bad("does not build: " + said[-300:])
        module = os.path.basename(path)[:-3]
        out = self.run("tests/e2e/run", f"{BUILD}/mayfly", *(f"{module}:{n}" for n in names))
        ok = set(re.findall(r"^\s*ok - \w+: (\w+)", out, re.M))
        return {n for n in names if n[5:] in ok}

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Run:
    def __init__(self):
        self.tests = marks.tests(ROOT)
        self.copy = Copy()
        self.sound = {}  # (path, name): passes without a mutant

    def proving(self, id):
        """[(kind, path, names)]: programs with a test of this ID, the cheap ones first;
        an end-to-end test only if there is no other."""
        of = [t for t in self.tests if id in t.ids and t.kind != "fuzz"]
        of = [t for t in of if t.kind == "unit"] or of
        paths = dict.fromkeys((t.kind, t.path) for t in of)
        return [(k, p, [t.name for t in of if t.path == p]) for k, p in paths]

    def tested_sound(self, kind, path, names):
        new = [n for n in names if (path, n) not in self.sound]
        if new:
            ok = self.copy.passes(kind, path, new)
            self.sound.update({(path, n): n in ok for n in new})
        bad = [n for n in names if not self.sound[path, n]]
        if bad:
            raise Bad(f"{path}: {bad[0]} fails as it is")

    def judge(self, c):
        """The test that noticed, or None."""
        programs = self.proving(c.id)
        if not programs:
            raise Bad("no test has this ID")
        for p in programs:
            self.tested_sound(*p)
        path = os.path.join(self.copy.root, c.path)
        text = marks.read(path)
        try:
            # What a condition does besides may be all that it is there for.
            for changed in dict.fromkeys((mutant(text, c.line), mutant(text, c.line, False))):
                with open(path, "w", encoding="utf-8") as f:
                    f.write(changed)
                self.copy.compile(c.path)
                for kind, where, names in programs:
                    left = set(names) - self.copy.passes(kind, where, names)
                    if left:
                        return sorted(left)[0]
            return None
        finally:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)


def chosen(args):
    all_of_them = marks.citations(ROOT)
    ids = [a for a in args if not a.isdigit()]
    numbers = [int(a) for a in args if a.isdigit()]
    if ids:
        them = [c for c in all_of_them if any(c.id == i or i.endswith("-") and c.id.startswith(i) for i in ids)]
        return them[:numbers[0]] if numbers else them
    n = numbers[0] if numbers else 20
    seed = numbers[1] if len(numbers) > 1 else datetime.date.today().toordinal()
    print(f"  seed {seed}, {n} of {len(all_of_them)} citations")
    random.Random(seed).shuffle(all_of_them)
    return all_of_them[:n]


def main(args):
    if any(a.startswith("-") for a in args):
        sys.exit(__doc__)
    them, killed, survived = chosen(args), 0, 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the copy goes, too
    run = Run()
    began = time.time()
    try:
        for c in them:
            where = f"{c.id} {c.path}:{c.line + 1}" + (f" {c.where}" if c.where else "")
            try:
                noticed = run.judge(c)
                said = f"killed by {noticed}" if noticed else "SURVIVED"
            except Bad as e:
                noticed, said = None, f"BAD CITATION: {e}"
            killed += noticed is not None
            survived += noticed is None
            print(f"  {where}: {said}", flush=True)
    finally:
        run.copy.close()
    print(f"  {time.time() - began:.0f} s")
    print(f"{killed} killed, {survived} survived")
    return 1 if survived or not killed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
