//! The words of the language, each in the role that it mostly has: the one table of which the grammars of editors are made (`cargo xtask grammars`).
//!
//! Words are keywords only where the grammar has them, so that a field may be called `key`. A test holds the table to `grammar.pest`. `xtask` reads this
//! file as it is, so it uses nothing of the crate.

/// Words with which a declaration begins.
pub const ITEMS: &[&str] = &[
    "use",
    "moments",
    "contract",
    "type",
    "enum",
    "metrics",
    "env",
    "stage",
    "source",
    "sink",
    "secret",
    "const",
    "model",
    "policy",
    "pipeline",
    "deployment",
    "monitor",
    "test",
];

/// Words with which an entry of a block begins.
pub const ENTRIES: &[&str] = &[
    "accepts",
    "alert",
    "approve",
    "drops",
    "expect",
    "let",
    "predicts",
    "promote",
    "references",
    "require",
    "retrain",
    "rollback",
    "uses",
    "warn",
];

/// Words that say something of a column; `in` and `matches` are operators, too.
pub const MODIFIERS: &[&str] =
    &["deprecated", "in", "key", "known", "label", "length", "matches", "unique", "unit", "was", "where"];

/// Words that go on within an entry.
pub const CLAUSES: &[&str] = &[
    "as",
    "at",
    "author",
    "because",
    "better",
    "break",
    "by",
    "confidence",
    "cooldown",
    "disjoint",
    "else",
    "except",
    "fails",
    "for",
    "from",
    "most",
    "nothing",
    "of",
    "on",
    "over",
    "passes",
    "per",
    "to",
    "unknown",
    "until",
    "when",
    "within",
];

/// Words that make a contract of another.
pub const ALGEBRA: &[&str] = &["pick", "rename", "with", "without"];

/// Operators that are words.
pub const OPERATORS: &[&str] = &["and", "not", "or"];

/// Words that are values.
pub const CONSTANTS: &[&str] = &["false", "nan", "none", "true"];

/// Types of values; `enum` and `struct` are followed by braces.
pub const TYPES: &[&str] = &[
    "bool",
    "bytes",
    "date",
    "decimal",
    "duration",
    "enum",
    "field",
    "float",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "json",
    "list",
    "map",
    "string",
    "struct",
    "time",
    "timestamp",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uuid",
    "vector",
];

/// Types of what stages hand on.
pub const ARTIFACTS: &[&str] = &["Dir", "File", "Model", "Report", "Table"];

/// Units of durations behind a number, the shortest first.
pub const DURATIONS: &[&str] = &["ns", "us", "ms", "s", "min", "h", "d", "w"];

/// Units of sizes behind a number, the smallest first.
pub const SIZES: &[&str] = &["KiB", "MiB", "GiB", "TiB"];

/// Words that go on with the entry of the line before, unless `:` or `=` follows.
pub const CONTINUING: &[&str] = &[
    "where",
    "unit",
    "in",
    "length",
    "matches",
    "known",
    "was",
    "deprecated",
    "else",
    "at",
    "because",
    "over",
    "within",
    "until",
    "cooldown",
    "except",
    "and",
    "or",
];
