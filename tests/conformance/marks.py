"""Which test proves which requirement, and which line of the code enforces it.

A mark is an ID (JWS-03) in a comment: above a test it says what the test
proves, in the code what a statement is there for.
"""
import ast
import glob
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "requirements.tsv")) as f:  # "UTF-16" is no ID
    ID = re.compile(r"\b(?:" + "|".join(sorted({l.split("-")[0] for l in f})) + r")-\d\d\b")
CODE = ("base", "crypto", "store", "http", "challenges", "acme", "admin", "agent", "cli", "server")
LEVELS = ("M", "S", "B", "P", "X")
OUT = "out of scope: "


class Requirement:
    def __init__(self, id, level, text):
        self.id, self.level, self.text = id, level, text
        self.tests, self.code, self.reason = [], [], None

    def missing(self):
        if self.tests:
            return None
        if self.reason is None:
            return "has neither a test nor a reason"
        if self.level == "M" and not self.reason.startswith(OUT):
            return f'has no test, and its reason is not "{OUT}…"'
        return None


class Test:
    """kind: unit, e2e or fuzz; `name` as the runner knows it; `shown` as people read it."""

    def __init__(self, kind, path, name, ids, shown=None):
        self.kind, self.path, self.name, self.ids = kind, path, name, ids
        self.shown = shown or f"{path}:{name}"


class Citation:
    """`line`: the first one, from 0, of what is cited; `where`: its function."""

    def __init__(self, path, line, id, where):
        self.path, self.line, self.id, self.where = path, line, id, where


def rows(name, n):
    """The lines of a table beside this file: n columns, tabs between."""
    with open(os.path.join(HERE, name)) as f:
        lines = [l.rstrip("\n").split("\t") for l in f]
    for i, l in enumerate(lines):
        if len(l) != n or not ID.fullmatch(l[0]) or not all(l):
            raise SystemExit(f"{name}:{i + 1}: not {n} columns, the first one an ID")
    ids = [l[0] for l in lines]
    for id in ids:
        if ids.count(id) > 1:
            raise SystemExit(f"{name}: {id} stands there twice")
    return lines


def requirements():
    found = {l[0]: Requirement(*l) for l in rows("requirements.tsv", 3)}
    for r in found.values():
        if r.level not in LEVELS or len(r.text) > 110:
            raise SystemExit(f"requirements.tsv: {r.id}: level or length")
    return found


def ids_in(text):
    return list(dict.fromkeys(ID.findall(text)))


# What a C file consists of, so that an ID in a string is no mark.
PIECES = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def comments(text):
    """(start, end, comment) of each."""
    return [(m.start(), m.end(), m[0]) for m in PIECES.finditer(text) if m[0][0] == "/"]


def blank(text):
    """The text without comments, strings and characters, every line where it was."""
    def empty(m):
        inner = "".join(c if c == "\n" else " " for c in m[0])
        return inner if m[0][0] == "/" else m[0][0] + inner[1:-1] + m[0][0]
    return PIECES.sub(empty, text)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def c_tests(path):
    text = read(path)
    kind = "fuzz" if "/fuzz/" in path else "unit"
    above = {}  # line: the comments that end just above it
    for start, end, c in comments(text):
        if not text[text.rfind("\n", 0, start) + 1:start].strip():
            first, last = text.count("\n", 0, start), text.count("\n", 0, end)
            above[last + 1] = above.get(first, "") + c
    for i, line in enumerate(text.split("\n")):
        m = re.match(r"TEST\((\w+)\)", line) or re.match(r"(?:int )?(LLVMFuzzerTestOneInput)\b", line)
        if m and i in above and ids_in(above[i]):
            yield Test(kind, path, m[1], ids_in(above[i]),
                       path if kind == "fuzz" else None)


def py_tests(path):
    text = read(path)
    lines = text.split("\n")
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        said = ast.get_docstring(node) or ""
        first = min([node.lineno] + [d.lineno for d in node.decorator_list]) - 1
        said += "\n".join(l for l in lines[first:node.lineno] if l.lstrip().startswith("#"))
        while first > 0 and lines[first - 1].startswith("#"):
            first -= 1
            said += "\n" + lines[first]
        for l in lines[node.lineno:node.body[0].lineno - 1]:  # above the first statement
            said += "\n" + l if l.lstrip().startswith("#") else ""
        if ids_in(said):
            yield Test("e2e", path, node.name, ids_in(said))


def sh_tests(path, modules):
    """The marks of a script are those of the test that runs it."""
    script = os.path.basename(path)
    ids = ids_in("\n".join(re.findall(r"(?:^|\s)#.*", read(path))))
    for module, text in modules.items():
        for m in re.finditer(r"^def (test_\w+)(?:.|\n)*?(?=^\S|\Z)", text, re.M):
            if f'"{script}"' in m[0] and ids:
                yield Test("e2e", module, m[1], ids, path)


def tests(root="."):
    found = []
    there = lambda pattern: sorted(os.path.relpath(p, root) for p in glob.glob(os.path.join(root, pattern)))
    old = os.getcwd()
    os.chdir(root)
    try:
        for path in there("tests/unit/test_*.c") + there("tests/fuzz/fuzz_*.c"):
            found += c_tests(path)
        modules = {p: read(p) for p in there("tests/e2e/test_*.py")}
        for path in modules:
            found += py_tests(path)
        for path in there("tests/e2e/*.sh"):
            found += sh_tests(path, modules)
    finally:
        os.chdir(old)
    return found


def function_at(code, line):
    """The name of the function, table or nothing around a line of blanked code."""
    lines = code.split("\n")
    for i in range(line, -1, -1):
        if i < line and lines[i].startswith("}"):
            return None
        m = re.match(r"(\w+)\(", lines[i]) or re.match(r"[\w ]*?\**(\w+)\[[^]]*\] = ", lines[i]) \
            or re.match(r"#define (\w+)", lines[i])
        if m:
            return m[1]
    return None


def begins(lines, i):
    """Where the statement that has line i begins: after the one before it."""
    while i > 0:
        before = lines[i - 1].rstrip()
        if not before.strip() or before.lstrip().startswith("#") or head_before(lines, i) is not None:
            break
        if re.search(r"[;{}:,\\]$|\b(else|do)$", before) and not unclosed(lines, i):
            break
        i -= 1
    return i


def head_before(lines, i):
    """Where the head of an if or a loop begins that ends just before line i, or None."""
    if i == 0 or not lines[i - 1].rstrip().endswith(")"):
        return None
    depth = 0
    for j in range(i - 1, max(i - 21, -1), -1):
        depth += lines[j].count(")") - lines[j].count("(")
        if depth <= 0:
            return j if re.match(r"\s*(\} )?(else )?(if|for|while|switch) \(", lines[j]) else None
    return None


def unclosed(lines, i):
    """Is a parenthesis, or the brace of a row, open at the beginning of line i?"""
    depth, j = 0, i - 1
    while j >= 0 and lines[j].strip() and not re.search(r"[;{}]$", lines[j].rstrip()):
        depth += sum(lines[j].count(c) for c in "({") - sum(lines[j].count(c) for c in ")}")
        if depth > 0:
            return True
        j -= 1
    return depth > 0


def c_citations(path):
    text = read(path)
    code = blank(text)
    lines = code.split("\n")
    for start, end, comment in comments(text):
        ids = ids_in(comment)
        if not ids or start == 0 or text[start - 1] == "\n":
            continue  # of a whole function or file: no statement of its own
        line = text.count("\n", 0, start)
        if lines[line].strip():
            line = begins(lines, line)
        else:
            line = text.count("\n", 0, end) + 1
            while line < len(lines) and not lines[line].strip():
                line += 1
        for id in ids:
            yield Citation(path, line, id, function_at(code, min(line, len(lines) - 1)))


def citations(root="."):
    found = []
    old = os.getcwd()
    os.chdir(root)
    try:
        for folder in CODE:
            for path in sorted(glob.glob(f"{folder}/*.c")):
                found += c_citations(path)
    finally:
        os.chdir(old)
    return found
