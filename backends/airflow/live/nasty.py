"""Texts that break generators of DAGs, wherever a program may have text: what arrives at a stage is what was written."""

import json

TEXTS = [
    "it's \"so\" \\ and \\\\",
    "{{ ds }} {{ conn.x }} {{",
    "{% raw %} {% endraw %} {#x",
    "{{.Names}} ${HOME} $(id) `id` %s %(x)s {0} {x!r}",
    "line\nline\r\n\ttab\n",
    "  blanks around  ",
    "run.sh",
    "{{ ds }}/run.bash",
    "docs.md",
    "🙂 名前 é",
    "\u202eright to left\u2066\u2069 \u200b \ufeff",
    "\u2028\u2029\u0085\x7f\x01\x1b[31m",
    "none",
    "null",
    '"quoted"',
    "[1, 2]",
    "-x --set a=b",
    "'; import os; os.system('id') #",
    '"""\n)"',
    "",
]


def text(value):
    """A literal of the language: that of JSON, with what strings in place must double."""
    return json.dumps(value)


def program():
    """Parameters arrive by the scheduler's form, arguments by the plan; descriptions, tags and owners are shown."""
    lines = []
    params = ", ".join(f"p{n}: string? = {text(each)}" for n, each in enumerate(TEXTS))
    for n, each in enumerate(TEXTS):
        docs = [f"/// {line}" for line in each.splitlines() if line.isprintable()]
        lines += docs + [
            f"stage s{n}(text: string?) -> File<\"txt\"> {{",
            '  run = command(["sh", "-c", "printf \'%s|\' \\"$MLP_PARAM_TEXT\\" \\"$1\\" > $MLP_OUT", "sh", '
            + text(each)
            + "])",
            f"  owner = {text(each or 'x')}",
            "}",
            f'sink k{n}(file: File<"txt">) {{ to = file("out/{n}.txt"), write = replace }}',
        ]
    lines += [f"/// {line}" for each in TEXTS for line in each.splitlines() if line.isprintable()]
    lines += [f"pipeline nasty({params}) {{"]
    lines += ["  tags = [" + ", ".join(text(each) for each in TEXTS if each) + "]"]
    lines += [f"  owner = {text(TEXTS[0])}"]
    lines += [f"  k{n}(s{n}(text: p{n}))" for n in range(len(TEXTS))]
    return "\n".join(lines + ["}", ""])


def package(folder):
    """Writes the package."""
    (folder / "src").mkdir(parents=True)
    (folder / "mlp.toml").write_text('[package]\nname = "nasty"\nversion = "0.1.0"\nlanguage = 1\n')
    (folder / "src/nasty.mlp").write_text(program())
    return folder


def arrived(folder):
    """What is not as it was written."""
    wrong = {}
    for n, each in enumerate(TEXTS):
        found = (folder / f"out/{n}.txt").read_bytes()
        wanted = f"{each}|{each}|".encode()
        if found != wanted:
            wrong[each] = found
    return wrong
