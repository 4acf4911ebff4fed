#!/usr/bin/python3
"""Every requirement, with the tests that prove it: docs/CONFORMANCE.md.

    tests/conformance/table.py            write it, and shorten missing.txt
    tests/conformance/table.py --check    fail if something is wrong or old
    tests/conformance/table.py --missing  what is still to do, a line each
    tests/conformance/table.py --cited    citations that are out of place

Read are requirements.tsv (ID, level, text), reasons.tsv (ID, why there is no
test), the marks in tests and code (marks.py), and missing.txt: what nobody
has done yet.  That list may only get shorter.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import marks
import mutate

ROOT = os.path.dirname(os.path.dirname(marks.HERE))
PAGE = "docs/CONFORMANCE.md"
LIST = os.path.join(marks.HERE, "missing.txt")
SECTIONS = {
    "HTTP": "Transport and HTTP", "DIR": "Directory", "NON": "Nonces", "JWS": "Signed requests",
    "PAG": "POST-as-GET and who may read", "ERR": "Problem documents", "RL": "Rate limits",
    "ACC": "Accounts", "EAB": "External account binding", "KCH": "Key change", "OLS": "Lists of orders",
    "ORD": "Orders", "PRE": "Pre-authorization", "AUT": "Authorizations", "CHA": "Challenges",
    "H01": "http-01", "D01": "dns-01", "A01": "tls-alpn-01 (RFC 8737)", "DA1": "dns-account-01",
    "DP1": "dns-persist-01", "DAT": "device-attest-01", "EML": "email-reply-00", "ONI": "onion-csr-01",
    "TKA": "tkauth-01", "IPI": "IP identifiers (RFC 8738)", "SUB": "Subdomains (RFC 9444)",
    "FIN": "Finalize and CSR", "CRT": "Certificate download", "REV": "Revocation",
    "ARI": "Renewal information (RFC 9773)", "STA": "STAR (RFC 8739)", "DLG": "Delegation (RFC 9115)",
    "PRO": "Profiles", "CAA": "CAA (RFC 8659, 8657)", "MPC": "Perspectives", "DNS": "Resolvers",
    "IDN": "Names", "PKY": "Keys", "CPR": "Certificates", "CRL": "CRL", "OCS": "OCSP",
    "SHL": "Short lifetimes", "SEC": "Security and operation", "STM": "State machines",
    "BLD": "What Boulder and Pebble do", "QRK": "What clients rely on", "VEC": "Published vectors",
}


def gather():
    """Requirements with tests, code and reasons; what is wrong with the marks."""
    wanted, wrong = marks.requirements(), []
    for r in wanted.values():
        if r.id.split("-")[0] not in SECTIONS:
            wrong.append(f"requirements.tsv: {r.id} is of no section known to table.py")
    for t in marks.tests(ROOT):
        for id in t.ids:
            if id not in wanted:
                wrong.append(f"{t.path}: {t.name} is said to prove {id}, which does not exist")
            elif t.shown not in wanted[id].tests:
                wanted[id].tests.append(t.shown)
    for c in marks.citations(ROOT):
        where = c.path + (f":{c.where}" if c.where else "")
        if c.id not in wanted:
            wrong.append(f"{c.path}:{c.line + 1}: {c.id} does not exist")
        elif where not in wanted[c.id].code:
            wanted[c.id].code.append(where)
    reasons = marks.rows("reasons.tsv", 2)
    if [r[0] for r in reasons] != sorted(r[0] for r in reasons):
        wrong.append("reasons.tsv: not sorted")
    for id, why in reasons:
        if id not in wanted:
            wrong.append(f"reasons.tsv: {id} does not exist")
        else:
            wanted[id].reason = why
    return wanted, wrong


def tally(wanted, level):
    of = [r for r in wanted.values() if r.level == level]
    tested = sum(bool(r.tests) for r in of)
    reason = sum(not r.tests and r.reason is not None and r.missing() is None for r in of)
    return f"| {level} | {len(of)} | {tested} | {reason} | {len(of) - tested - reason} |"


def cell(names):
    return "<br>".join(f"`{n}`" for n in names)


def page(wanted):
    out = [
        "# Conformance",
        "",
        "Written by `tests/conformance/table.py` from the tests and the code; a lint holds it against them. Do not edit.",
        "",
        "Every requirement on an ACME server that we know of, from RFC 8555 and its companions, from what Boulder and",
        "Pebble do, and from what clients rely on, with the test that proves it and the function that enforces it.",
        "Levels: **M** must, **S** should, **B** beyond the standards, **P** our choice where others disagree, **X** an option.",
        "`tests/lint/mutate.sh` disables the lines that cite an ID and expects a test of that ID to fail.",
        "",
    ]
    section = None
    for r in wanted.values():
        prefix = r.id.split("-")[0]
        if prefix != section:
            section = prefix
            out += ["", f"## {SECTIONS[prefix]}", "", "| ID | level | requirement | tests | code |",
                    "|---|---|---|---|---|"]
        proof = cell(r.tests)
        if r.reason is not None:
            proof += ("<br>" if proof else "") + r.reason
        text = r.text.replace("|", "\\|")
        out.append(f"| {r.id} | {r.level} | {text} | {proof or 'missing'} | {cell(r.code)} |")
    out += ["", "## Counts", "", "| level | requirements | with a test | with a reason instead | missing |",
            "|---|---:|---:|---:|---:|", *(tally(wanted, l) for l in marks.LEVELS), ""]
    return "\n".join(out)


def listed():
    if not os.path.exists(LIST):
        return []
    with open(LIST) as f:
        return [l.strip() for l in f if l.strip()]


def misplaced(wanted):
    """Citations that mutate.py could not disable, or that no test could miss."""
    for c in marks.citations(ROOT):
        where = f"{c.path}:{c.line + 1}: {c.id}"
        if c.id in wanted and not wanted[c.id].tests:
            yield f"{where} is cited, but no test has it"
        try:
            mutate.mutant(marks.read(os.path.join(ROOT, c.path)), c.line)
        except mutate.Bad as e:
            yield f"{where} is cited where nothing can be disabled: {e}"


def check(wanted, wrong, text):
    wrong += misplaced(wanted)
    names = listed()
    for id in names:
        if id not in wanted:
            wrong.append(f"missing.txt: {id} does not exist")
        elif wanted[id].missing() is None:
            wrong.append(f"missing.txt: {id} is done; table.py takes it out")
    for r in wanted.values():
        if r.missing() and r.id not in names:
            wrong.append(f"{r.id} ({r.level}) {r.missing()}: {r.text}")
    path = os.path.join(ROOT, PAGE)
    if not os.path.exists(path) or marks.read(path) != text:
        wrong.append(f"{PAGE} is old: run tests/conformance/table.py")


def write(wanted, text):
    with open(os.path.join(ROOT, PAGE), "w") as f:
        f.write(text)
    left = [id for id in listed() if id in wanted and wanted[id].missing()]
    with open(LIST, "w") as f:
        f.writelines(id + "\n" for id in left)


def main(args):
    if args not in ([], ["--check"], ["--missing"], ["--cited"]):
        sys.exit(__doc__)
    wanted, wrong = gather()
    text = page(wanted)
    if args == ["--missing"]:
        for r in wanted.values():
            if r.missing():
                print(f"{r.id} {r.level} {r.text}")
        return 0
    if args == ["--cited"]:
        print("\n".join(misplaced(wanted)))
        return 0
    if args == ["--check"]:
        check(wanted, wrong, text)
    else:
        write(wanted, text)
        print("\n".join(text.rstrip().split("\n")[-len(marks.LEVELS):]))
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
