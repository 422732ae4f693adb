"""The lexer on programs: `run.py items FILES..` prints what they declare, `run.py FILES..` tests it."""

import sys

from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, String, Whitespace

EXAMPLE = '''\
/// Docs.
contract Flight {  // why
  key: string  length 2  matches /[A-Z]\\/x/  @pii
  day: date  in 2013-10-01 ..
  key (day)
}
stage build(rows: Table<Flight>) -> Table<Features without label> {
  run = sql("""select day from rows""")
  timeout = 30min
}
policy Release(candidate: Report<Binary>) { require candidate.in >= 5% and true }
source lake(day: date) -> Dir { from = dir(f"a{{b}}/{day - 1d:%Y}\\n") }
'''

EXPECTED = [
    ("/// Docs.", String.Doc),
    ("contract", Keyword.Declaration),
    ("Flight", Name.Class),
    ("// why", Comment.Single),
    ("key", Name.Attribute),
    ("string", Keyword.Type),
    ("length", Keyword),
    ("2", Number),
    ("matches", Keyword),
    ("/[A-Z]\\/x/", String.Regex),
    ("@pii", Name.Decorator),
    ("day", Name.Attribute),
    ("date", Keyword.Type),
    ("in", Keyword),
    ("2013-10-01", Literal.Date),
    ("key", Keyword),
    ("stage", Keyword.Declaration),
    ("build", Name.Function),
    ("rows", Name.Attribute),
    ("Table", Keyword.Type),
    ("Flight", Name.Class),
    ("Table", Keyword.Type),
    ("Features", Name.Class),
    ("without", Operator.Word),
    ("label", Keyword),
    ("run", Name.Attribute),
    ("sql", Name.Function),
    ("select", Keyword),
    ("timeout", Name.Attribute),
    ("30min", Number),
    ("policy", Keyword.Declaration),
    ("require", Keyword),
    ("in", Name),
    (">=", Operator),
    ("5%", Number),
    ("and", Operator.Word),
    ("true", Keyword.Constant),
    ("dir", Name.Function),
    ("{{", String.Escape),
    ("1d", Number),
    (":%Y", String.Interpol),
    ("\\n", String.Escape),
]


def items(path):
    """What a file declares: the keyword and the name behind it."""
    keyword = None
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for kind, value in get_lexer_by_name("mlp").get_tokens(text):
        if kind is Keyword.Declaration:
            keyword = value
        elif keyword and kind not in Whitespace:
            print(f"{path}\t{keyword} {value.strip(chr(34)) if keyword == 'test' else value}")
            keyword = None


def main():
    if sys.argv[1:2] == ["items"]:
        for path in sys.argv[2:]:
            items(path)
        return
    lexer = get_lexer_by_name("mlp")
    found = list(lexer.get_tokens(EXAMPLE))
    for expected in EXPECTED:
        while found and (found[0][1], found[0][0]) != expected:
            found.pop(0)
        print("ok" if found else "not ok", "pygments:", *expected)
    bad = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        tokens = list(get_lexer_for_filename(path).get_tokens(text))
        if any(kind in Error for kind, _ in tokens):
            bad.append(path)
    print("not ok" if bad else "ok", f"pygments: {len(sys.argv) - 1} programs have no text that is no token", *bad)


main()
