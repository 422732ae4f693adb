//! Types, contract expressions and what may follow a type.

use mlp_source::Span;

use super::{Arg, Block, Expr, FieldDecl, Name, Path};

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeExpr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TypeKind,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `int32`, `decimal(12, 2)`, `timestamp(ms)`, `Table<C>`, `Binary(threshold: 0.3)`, `std.evaluate.Binary`, a contract's name.
    Named {
        /// The name.
        path: Path,
        /// `(12, 2)`: values; `None` without parentheses.
        values: Option<Vec<Arg>>,
        /// `<A, B>`: type arguments; empty without brackets.
        args: Vec<TypeExpr>,
    },
    /// A number as type argument: `vector<float32, 768>`.
    Number(String),
    /// A string as type argument: `File<"ext">`.
    Text(String),
    /// `enum { A, B, .. }`.
    Enum(EnumBody),
    /// `struct { a: T, b: U }`.
    Struct(Block<Entry<FieldDecl>>),
    /// `T?`.
    Nullable(Box<TypeExpr>),
    /// `()`.
    Unit,
    /// A contract expression: a base and the operations on it, left to right.
    Algebra {
        /// What it starts from.
        base: Box<TypeExpr>,
        /// The operations.
        ops: Vec<AlgebraOp>,
    },
    /// A hole left by broken text; already reported.
    Error,
}

/// Members of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumBody {
    /// The members.
    pub members: Vec<Name>,
    /// Whether it ends with `..`.
    pub open: bool,
    /// The braces and what is in them.
    pub span: Span,
    /// Comments within the braces, in order (kept by the formatter).
    pub comments: Vec<super::Comment>,
}

/// An entry of a block, or what was left of a broken one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry<T> {
    /// A whole entry.
    Ok(T),
    /// Text that could not be understood.
    Broken(super::Broken),
}

impl<T> Entry<T> {
    /// The entry, where it is whole.
    #[must_use]
    pub const fn ok(&self) -> Option<&T> {
        match self {
            Self::Ok(entry) => Some(entry),
            Self::Broken(_) => None,
        }
    }
}

/// One operation of a contract expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlgebraOp {
    /// From its keyword on.
    pub span: Span,
    /// What it does.
    pub kind: AlgebraKind,
}

/// The operations on contracts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlgebraKind {
    /// `pick { a, b }`, `pick label`.
    Pick(Selection),
    /// `without { a, b }`, `without @pii`.
    Without(Selection),
    /// `with { a: T }`.
    With(Block<Entry<FieldDecl>>),
    /// `rename { a -> b }`.
    Rename(Vec<(Name, Name)>),
}

/// Which columns `pick` and `without` speak of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selection {
    /// By name.
    Names(Vec<Name>),
    /// All labels.
    Label(Span),
    /// All columns of keys.
    Key(Span),
    /// All columns with a tag.
    Tag(Name),
}

/// What may follow a field's type, a named type, or a parameter's type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Modifier {
    /// From its keyword on.
    pub span: Span,
    /// What it says.
    pub kind: ModifierKind,
}

/// The modifiers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModifierKind {
    /// `key`.
    Key,
    /// `label`.
    Label,
    /// `unique`.
    Unique,
    /// `unit km`.
    Unit(Name),
    /// `= default`.
    Default(Expr),
    /// `in 0 .. 5`; either end may be open.
    Range {
        /// Lower end, included.
        low: Option<Box<Expr>>,
        /// Upper end, included.
        high: Option<Box<Expr>>,
    },
    /// `in { "a", "b" }`.
    OneOf(Vec<Expr>),
    /// `length 3` (both ends the same) or `length 1 .. 64`.
    Length {
        /// Lower end, included.
        low: Option<Box<Expr>>,
        /// Upper end, included.
        high: Option<Box<Expr>>,
    },
    /// `matches /re/`: the text between the slashes, with `\/` already read as `/`.
    Matches(String),
    /// `where <bool expr>`.
    Where(Expr),
    /// `known at moment`.
    KnownAt(Name),
    /// `was old_name`.
    Was(Name),
    /// `deprecated "why"`.
    Deprecated(String),
    /// `@tag`: the name without the sign, the span with it.
    Tag(Name),
}
