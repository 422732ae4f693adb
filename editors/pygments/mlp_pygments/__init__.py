"""The lexer of mlp for Pygments: ```` ```mlp ```` in Sphinx, MkDocs and notebooks."""

from .lexer import MlpLexer

__all__ = ["MlpLexer"]
