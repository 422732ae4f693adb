"""The tokens of mlp. A keyword is one only where no `:` or `=` follows, so that a field may be called `key`."""

import re

from pygments.lexer import RegexLexer, bygroups, include, using, words
from pygments.lexers.sql import SqlLexer
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, Punctuation, String, Whitespace

from . import words as table

NAME = r"[^\W\d]\w*"
BEGIN = r"(?<![\w.@])"
END = r"(?!\w)(?!\s*(?::|=(?!=)))"


def role(*roles):
    """Words where they are keywords."""
    return words(sum(roles, ()), prefix=BEGIN, suffix=END)


class MlpLexer(RegexLexer):
    """mlp, a typed language for machine-learning pipelines."""

    name = "mlp"
    aliases = ["mlp"]
    filenames = ["*.mlp"]
    mimetypes = ["text/x-mlp"]
    flags = re.MULTILINE

    tokens = {
        "root": [
            (r"(?:\s|\ufeff)+", Whitespace),
            (r"//[/!].*", String.Doc),
            (r"//.*", Comment.Single),
            (r'(sql)(\s*)(\()(\s*)(""")', bygroups(Name.Function, Whitespace, Punctuation, Whitespace, String), "sql"),
            (r"(matches)(\s+)(/(?:[^/\\\n]|\\.)+/)", bygroups(Keyword, Whitespace, String.Regex)),
            include("declarations"),
            (r"^(\s*)(key|unique)(?=\s*\()", bygroups(Whitespace, Keyword)),
            include("values"),
        ],
        "declarations": [
            (
                rf"^(\s*)(stage|source|sink|pipeline)(\s+)({NAME})(?=\s*[<({{])",
                bygroups(Whitespace, Keyword.Declaration, Whitespace, Name.Function),
            ),
            (
                rf"^(\s*)(const|env|secret)(\s+)({NAME})(?=\s*[:={{])",
                bygroups(Whitespace, Keyword.Declaration, Whitespace, Name.Constant),
            ),
            (r'^(\s*)(test)(\s*)("(?:[^"\\\n]|\\.)*")', bygroups(Whitespace, Keyword.Declaration, Whitespace, String)),
            (
                rf"^(\s*)(use)(\s+)({NAME}(?:\.{NAME})*)(?=\s*\.)",
                bygroups(Whitespace, Keyword.Declaration, Whitespace, Name.Namespace),
            ),
            (
                rf"^(\s*)(moments)(\s+)({NAME})(?!\s*[:=])",
                bygroups(Whitespace, Keyword.Declaration, Whitespace, Name.Constant),
            ),
            (
                rf"^(\s*)({'|'.join(table.ITEMS)})(\s+)({NAME})(?=\s*(?:[:={{(]|of\b))",
                bygroups(Whitespace, Keyword.Declaration, Whitespace, Name.Class),
            ),
        ],
        "values": [
            (r'"""', String, "long"),
            (r'\bf"', String.Affix, "format"),
            (r'"', String, "text"),
            (rf"@{NAME}", Name.Decorator),
            (r"\d{4}-\d{2}-\d{2}(?:T\d{2}(?::\d{2}){0,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?", Literal.Date),
            (
                rf"\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?(?:%|(?:{'|'.join(table.DURATIONS + table.SIZES)})(?!\w))?",
                Number,
            ),
            (rf"({NAME})(?=\s*:)", Name.Attribute),
            (rf"(?<![\w.])({NAME})(?=\s*=(?!=))", Name.Attribute),
            (role(table.CONSTANTS, ("self",)), Keyword.Constant),
            (role(table.OPERATORS, table.ALGEBRA), Operator.Word),
            (role(table.ENTRIES, table.MODIFIERS, table.CLAUSES), Keyword),
            (words(table.TYPES + table.ARTIFACTS, prefix=BEGIN, suffix=r"(?!\w)"), Keyword.Type),
            (r"(?<![\w@])[A-Z]\w*[a-z]\w*", Name.Class),
            (rf"({NAME})(?=\s*\()", Name.Function),
            (NAME, Name),
            (r"->|<:|\.\.|[=!<>]=|[-+*/<>=?]", Operator),
            (r"[\[\](){},:.]", Punctuation),
        ],
        "text": [
            (r'[^"\\\n]+', String),
            (r"\\(?:u[0-9a-fA-F]{4}|.)", String.Escape),
            (r'"', String, "#pop"),
            (r"(?=\n)", String, "#pop"),
        ],
        "long": [(r'(?:[^"]|"(?!""))+', String), (r'"""', String, "#pop")],
        "sql": [(r'(?:[^"]|"(?!""))+', using(SqlLexer)), (r'"""', String, "#pop")],
        "format": [
            (r'[^"\\{}\n]+', String),
            (r"\{\{|\}\}|\\(?:u[0-9a-fA-F]{4}|.)", String.Escape),
            (r"\{", String.Interpol, "interpolation"),
            (r'"', String.Affix, "#pop"),
            (r"(?=\n)|\}", String, "#pop"),
        ],
        "interpolation": [
            (r"\}", String.Interpol, "#pop"),
            (r':[^}"\n]*', String.Interpol),
            (r'(?=["\n])', String, "#pop"),
            (r"[ \t]+", Whitespace),
            include("values"),
        ],
    }
