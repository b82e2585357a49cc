"""Files made to harm: each is read in a process of its own, which measures its time, memory and what it imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MIGRATION = "class Migration(migrations.Migration):\n    operations = [migrations.RunSQL('select 1')]\n"
HEAD = "from django.db import migrations, models\n"


def _in_class(expression: str) -> bytes:
    return (
        f"{HEAD}class Migration(migrations.Migration):\n    operations = [migrations.RunSQL({expression})]\n".encode()
    )


def _before(code: str) -> bytes:
    return f"{HEAD}{code}\n{MIGRATION}".encode()


TOUCH = "open('canary', 'w').write('x')"
HOSTILE: dict[str, bytes] = {
    "side effects": _before(f"{TOUCH}\nimport os\nos.system('touch canary')\nimport shop.evil\nprint('out')"),
    "dynamic import": _before("__import__('os').system('touch canary')\nexec('x = 1')\neval('1')\n"),
    "metaclass": _before(f"class M(type):\n    def __new__(*a): {TOUCH}\nclass X(metaclass=M): pass"),
    "decorator": _before(f"def d(f): {TOUCH}\n@d\ndef g(): pass\n@d\nclass H: pass"),
    "subclass hooks": _before(
        f"class B:\n    def __init_subclass__(cls): {TOUCH}\n    def __getattr__(s, n): {TOUCH}\nclass C(B): pass"
    ),
    "power": _in_class("9**9**9"),
    "power tower in a loop": _before("x = 2\nfor _ in range(100): x = x ** x"),
    "shift": _in_class("1 << (1 << 40)"),
    "repetition": _in_class("'a' * 10**9"),
    "doubling text": _before("x = 'a'\nwhile True: x = x + x"),
    "doubling list": _before("x = [1]\nfor _ in range(10**6): x = x + x"),
    "nesting shared lists": _before("x = [1]\nfor _ in range(60): x = [x, x]\ny = str(x)\nz = x == [x]")
    + b"    dependencies = x\n    atomic = x\n",
    "a list in itself": _before("x = []\nx.append(x)\ny = x == x\nz = f'{x}'"),
    "padding": _in_class("'%999999999d' % 1 + '{:>999999999}'.format(1) + f'{1:>999999999}' + 'a'.zfill(10**9)"),
    "format attributes": _in_class("'{0.__class__.__mro__}'.format(1)"),
    "replace": _in_class("('a' * 10**5).replace('a', 'b' * 10**5)"),
    "join": _in_class("('b' * 10**5).join(['a'] * 10**4)"),
    "range": _before("x = list(range(10**12))\ny = sum(range(10**12))\nfor i in range(10**12): pass"),
    "recursion": _before("def f(x): return f(x + 1) + f(x)\ny = f(0)"),
    "endless generator": _before("def g():\n    while True: yield 1\ny = list(g())"),
    "nested comprehensions": _before("r = range(10**4)\nx = [1 for a in r for b in r for c in r]"),
    "long sum": _in_class("+".join(["'a'"] * 5_000)),
    "very long sum": _in_class("+".join(["'a'"] * 60_000)),
    "parentheses": _in_class("(" * 5_000 + "1" + ")" * 5_000),
    "minus signs": _in_class("-" * 100_000 + "1"),
    "attributes": _in_class("a" + ".b" * 100_000),
    "calls": _in_class("a" + "()" * 50_000),
    "elif": _before("if 0: pass\n" + "elif 0: pass\n" * 20_000),
    "nested ifs": _before("".join(" " * i + "if 1:\n" for i in range(99)) + " " * 99 + "x = 1"),
    "nested lists": _in_class("[" * 190 + "]" * 190),
    "a long regular text": _before("x = '" + "a" * 4_000_000 + "'"),
    "fifty megabytes": _before("x = '" + "a" * 50_000_000 + "'"),
    "a million numbers": _before("x = [" + "0," * 1_000_000 + "]"),
    "many statements": _before("x = 1\n" * 400_000),
    "many f-strings": _in_class("f'{1}' " * 60_000),
    "unclosed texts": b"'''" + b"'" * 2_000_000 + b'"""' * 500_000,
    "NUL": _before("x = 1\0"),
    "no such encoding": b"# coding: nonsense\n" + _before(""),
    "not UTF-8": _before("x = 'a'") + b"# \xff\xfe",
    "UTF-16": _before("").decode().encode("utf-16"),
    "UTF-7": b"# coding: utf-7\n" + _before("").replace(b"class Migration", b"class +AE0-igration"),
    "a codec that unpacks": b"# coding: zlib\n" + b"x\x9c",
    "surrogates": _in_class(r"'\ud800'"),
    "syntax error": b"class Migration(migrations.Migration:\n",
    "digits": _in_class("1" * 100_000),
    "a regular expression": _before("import re\nx = re.match('(a+)+$', 'a' * 40 + 'b')"),
    "paths": _before(
        "from pathlib import Path\nx = open('../../../etc/passwd').read()\ny = open('/etc/passwd').read()\n"
        "z = (Path(__file__).parent / '../../../../etc/passwd').read_text()\nw = Path('/dev/zero').read_bytes()"
    ),
    "keyword storm": _in_class("**{str(i): i for i in range(100000)}"),
    "names": _before("a.b = 1\ndel q\nglobal_ = models.x.y.z[1](2)(3)\n(a, *b), c = 1\nx: int\nx += 1"),
}
PROBE = """
import json, sys, time
started = time.process_time()
from pathlib import Path
from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.sources.django import read
files = {"shop/__init__.py": b"", "shop/evil.py": b"open('canary', 'w').write('x')", "shop/migrations/__init__.py": b""}
files["shop/migrations/0001_initial.py"] = Path("hostile.py").read_bytes()
before = set(sys.modules)
histories = read(MemoryTree(files), Config(), NullCache())
seen = [repr(o)[:200] for h in histories for m in h.migrations.values() for o in m.operations]
notes = [n.reason for h in histories for m in h.migrations.values() for n in m.not_understood]
unreadable = [u.reason for h in histories for u in h.unreadable]
# ru_maxrss would also count the process that was forked to start this one
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"seconds": time.process_time() - started,
    "megabytes": int(peak.split()[1]) / 1024,
    "imported": sorted(name for name in set(sys.modules) - before if name.split(".")[0] in ("django", "shop")),
    "operations": seen, "notes": notes, "unreadable": unreadable}))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_harms_nobody(name: str, tmp_path: Path) -> None:
    content = HOSTILE[name]
    (tmp_path / "hostile.py").write_bytes(content)
    result = _probe(tmp_path)
    assert result["seconds"] < 2
    assert result["megabytes"] < 300
    assert not (tmp_path / "canary").exists()
    assert result["imported"] == []
    assert result["operations"] or result["unreadable"] or result["notes"]


def _probe(folder: Path) -> dict:
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROBE],
        cwd=folder,
        env={"PYTHONPATH": f"{root}/linter"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (line,) = done.stdout.splitlines()
    return dict(json.loads(line))
