//! Types as written become types as meant.

use std::{collections::HashMap, sync::Arc};

use mlp_diagnostics::catalog::{contracts as words, names, stages};
use mlp_plan::{DataType, StructField, TimeUnit, ValueType};
use mlp_source::Span;
use mlp_syntax::tree::{self, Arg, ExprKind, ItemKind, ModifierKind, TypeExpr, TypeKind};

use crate::{
    checker::Checker,
    contracts::Shared,
    literals,
    memo::{Answer, Query},
    metrics::MetricsInfo,
    occurrences::Symbol,
    program::{DeclId, Kind},
    scope::{Found, nearest},
};

/// A named type, or the type of a field before its modifiers: the value, and where each of its constraints stands.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedType {
    /// The type with unit and constraints.
    pub value: ValueType,
    /// Where each constraint stands.
    pub spans: Vec<Span>,
    /// Tags that it carries.
    pub tags: Vec<String>,
}

impl NamedType {
    /// A type without constraints and tags.
    #[must_use]
    pub const fn plain(data: DataType) -> Self {
        Self { value: ValueType::plain(data), spans: Vec::new(), tags: Vec::new() }
    }
}

/// What a parameter takes, or a stage gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// A scalar parameter.
    Value(ValueType),
    /// `Table<C>`.
    Table(Shared),
    /// `Model<I, O>`.
    Model(Shared, Shared),
    /// `Report<M>`.
    Report(Arc<MetricsInfo>),
    /// `File<"ext">`.
    File(String),
    /// `Dir`.
    Dir,
    /// `()`.
    Unit,
    /// `field<C>`, `field<C, T>`: a column of C.
    Column(Shared, Option<ValueType>),
    /// `list<T>` of artifacts or columns.
    List(Box<Ty>),
    /// `T?` of an artifact.
    Optional(Box<Ty>),
    /// What could not be made out; it was reported.
    Error,
}

impl Ty {
    /// As a program would spell it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Table(contract) => format!("Table<{}>", contract.face.name),
            Self::Model(input, output) => format!("Model<{}, {}>", input.face.name, output.face.name),
            Self::Report(metrics) => format!("Report<{}>", metrics.text()),
            Self::File(extension) => format!("File<\"{extension}\">"),
            Self::Dir => "Dir".to_owned(),
            Self::Unit => "()".to_owned(),
            Self::Column(contract, None) => format!("a column of {}", contract.face.name),
            Self::Column(contract, Some(ty)) => format!("a {ty} column of {}", contract.face.name),
            Self::List(element) => format!("list<{}>", element.text()),
            Self::Optional(inner) => format!("{}?", inner.text()),
            Self::Error => "an unknown type".to_owned(),
        }
    }

    /// Whether it is a value of a parameter, and no artifact.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        match self {
            Self::Value(_) | Self::Column(..) => true,
            Self::List(inner) => inner.is_scalar(),
            _ => false,
        }
    }

    /// Without `?`.
    #[must_use]
    pub fn required(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }
}

/// Contracts that the type parameters of a stage stand for.
pub type Generics = HashMap<String, Shared>;

/// Names of the scalar types.
const SCALARS: [&str; 26] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "int",
    "float",
    "decimal",
    "string",
    "bytes",
    "uuid",
    "date",
    "time",
    "timestamp",
    "duration",
    "json",
    "list",
    "map",
    "vector",
    "field",
];

fn scalar(name: &str) -> Option<DataType> {
    Some(match name {
        "bool" => DataType::Bool,
        "int8" => DataType::Int(8),
        "int16" => DataType::Int(16),
        "int32" => DataType::Int(32),
        "int64" | "int" => DataType::Int(64),
        "uint8" => DataType::Uint(8),
        "uint16" => DataType::Uint(16),
        "uint32" => DataType::Uint(32),
        "uint64" => DataType::Uint(64),
        "float32" => DataType::Float(32),
        "float64" | "float" => DataType::Float(64),
        "string" => DataType::String,
        "bytes" => DataType::Bytes,
        "uuid" => DataType::Uuid,
        "date" => DataType::Date,
        "time" => DataType::Time,
        "timestamp" => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
        "duration" => DataType::Duration,
        "json" => DataType::Json,
        _ => return None,
    })
}

impl Checker<'_> {
    /// The type of a field, column or scalar parameter; `None` where something was reported.
    pub fn value_type(&mut self, module: usize, ty: &TypeExpr) -> Option<NamedType> {
        match &ty.kind {
            TypeKind::Named { path, values, args } => self.named_value(module, ty.span, path, values.as_deref(), args),
            TypeKind::Nullable(inner) => {
                let mut named = self.value_type(module, inner)?;
                named.value.nullable = true;
                Some(named)
            }
            TypeKind::Enum(body) => Some(NamedType::plain(self.enum_type(body, ty.span))),
            TypeKind::Struct(block) => {
                let mut fields: Vec<StructField> = Vec::new();
                for field in block.entries.iter().filter_map(tree::Entry::ok) {
                    let (mut column, spans) = self.field(module, field)?;
                    self.of_columns_only(field);
                    let at = spans.constraints.last().copied().unwrap_or(spans.name);
                    self.check_satisfiable(&column.value, &column.name, at);
                    column.default = self.default_of(&column.value, &column.name, &field.modifiers, false);
                    if let Some(first) = block
                        .entries
                        .iter()
                        .filter_map(tree::Entry::ok)
                        .find(|other| other.name.text == field.name.text)
                        && first.name.span != field.name.span
                    {
                        self.report(names::declared_twice(field.name.span, "field", &field.name.text, first.name.span));
                    }
                    fields.push(StructField { name: column.name, value: column.value, default: column.default });
                }
                let data = DataType::Struct(fields);
                if parts(&data) > PARTS {
                    self.report(stages::misplaced(
                        ty.span,
                        format!("this type has more than {PARTS} fields, those of its fields counted"),
                        "a type that is used twice is there twice: make it smaller",
                    ));
                    return None;
                }
                Some(NamedType::plain(data))
            }
            TypeKind::Error => None,
            TypeKind::Number(_) | TypeKind::Text(_) | TypeKind::Unit | TypeKind::Algebra { .. } => {
                self.report(words::malformed(
                    ty.span,
                    "this is not the type of a value",
                    "as in `int32`, `string?`, `list<float64>`",
                ));
                None
            }
        }
    }

    /// Says where a field of a struct has what only a column can have; it would be lost.
    fn of_columns_only(&mut self, field: &tree::FieldDecl) {
        for modifier in &field.modifiers {
            let (word, help) = match &modifier.kind {
                ModifierKind::Where(_) => ("where", "say it of the column, as in `where address.zip != none`"),
                ModifierKind::Key => ("key", "a key has whole columns"),
                ModifierKind::Label => ("label", "make it a column of its own"),
                ModifierKind::KnownAt(_) => ("known at", "say it of the column, or make this a column of its own"),
                ModifierKind::Unique => ("unique", "make it a column of its own"),
                ModifierKind::Was(_) => ("was", "only columns are known by an old name"),
                _ => continue,
            };
            let message = format!("`{word}` says something about a column, and `{}` is inside of one", field.name.text);
            self.report(stages::misplaced(modifier.span, message, help));
        }
    }

    fn enum_type(&mut self, body: &tree::EnumBody, span: Span) -> DataType {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let mut members: Vec<String> = Vec::with_capacity(body.members.len());
        for member in &body.members {
            match seen.get(member.text.as_str()) {
                Some(first) => self.report(names::declared_twice(member.span, "member", &member.text, *first)),
                None => {
                    seen.insert(&member.text, member.span);
                    members.push(member.text.clone());
                }
            }
        }
        if members.is_empty() && !body.open {
            self.report(words::empty_enum(span));
        }
        for member in &body.members {
            self.occurs(member.span, || Symbol::Member(members.clone(), member.text.clone()));
        }
        DataType::Enum { members, open: body.open }
    }

    fn named_value(
        &mut self,
        module: usize,
        span: Span,
        path: &tree::Path,
        values: Option<&[Arg]>,
        args: &[TypeExpr],
    ) -> Option<NamedType> {
        let [name] = path.segments.as_slice() else {
            self.report(names::unknown(path.span, "type", &dotted(path), None));
            return None;
        };
        if let Found::Nothing = self.lookup(module, &name.text)
            && let Some(data) = self.builtin_value(module, span, &name.text, values, args)
        {
            return data.map(NamedType::plain);
        }
        if SCALARS.contains(&name.text.as_str()) && matches!(self.lookup(module, &name.text), Found::Nothing) {
            return None;
        }
        let kinds = [Kind::Type, Kind::Enum];
        if matches!(self.lookup(module, &name.text), Found::Nothing)
            && self.nearest(module, &name.text, &kinds).is_none()
        {
            let near = nearest(&name.text, SCALARS);
            self.report(names::unknown(name.span, "type", &name.text, near.as_deref()));
            return None;
        }
        let id = self.find(module, &name.text, name.span, "type", &kinds)?;
        self.named_type(id).map(|named| (*named).clone())
    }

    /// A type of the language itself: `None` where the name is none, `Some(None)` where it is used wrongly, which was reported.
    fn builtin_value(
        &mut self,
        module: usize,
        span: Span,
        name: &str,
        values: Option<&[Arg]>,
        args: &[TypeExpr],
    ) -> Option<Option<DataType>> {
        let wrong = |this: &mut Self, message: &str, help: &str| {
            this.report(words::malformed(span, message, help));
            Some(None)
        };
        match (name, values, args) {
            ("decimal", Some(values), []) => match digits(values) {
                Some((precision, scale)) => Some(Some(DataType::Decimal { precision, scale })),
                None => wrong(
                    self,
                    "`decimal` needs its digits and those behind the point, at most 38",
                    "as in `decimal(12, 2)`",
                ),
            },
            ("decimal", ..) => {
                wrong(self, "`decimal` needs its digits and those behind the point", "as in `decimal(12, 2)`")
            }
            ("timestamp", Some(values), []) => match timestamp(values) {
                Some(data) => Some(Some(data)),
                None => wrong(self, "`timestamp` takes `ms`, `ns` or `naive`", "as in `timestamp(ms)`"),
            },
            ("list", None, [element]) => {
                Some(self.value_type(module, element).map(|element| DataType::List(Box::new(element.value))))
            }
            ("list", ..) => wrong(self, "`list` needs the type of its elements", "as in `list<string>`"),
            ("map", None, [key, value]) => {
                let (key, value) = (self.value_type(module, key), self.value_type(module, value));
                Some(key.zip(value).map(|(key, value)| DataType::Map(Box::new(key.value), Box::new(value.value))))
            }
            ("map", ..) => wrong(self, "`map` needs the types of its keys and values", "as in `map<string, int64>`"),
            ("vector", None, [element, TypeExpr { kind: TypeKind::Number(length), .. }]) => match length
                .replace('_', "")
                .parse()
            {
                Ok(length) if length > 0 => Some(
                    self.value_type(module, element)
                        .map(|element| DataType::Vector { element: Box::new(element.value), length }),
                ),
                _ => {
                    wrong(self, "the length of a `vector` is a whole number above zero", "as in `vector<float32, 768>`")
                }
            },
            ("vector", ..) => {
                wrong(self, "`vector` needs the type of its elements and their number", "as in `vector<float32, 768>`")
            }
            (name, values, args) => {
                let data = scalar(name)?;
                if values.is_some() || !args.is_empty() {
                    return wrong(self, &format!("`{name}` takes no arguments"), "");
                }
                Some(Some(data))
            }
        }
    }

    /// What a `type` or `enum` declaration stands for.
    pub fn named_type(&mut self, id: DeclId) -> Option<Arc<NamedType>> {
        match self.ask(Query::Named(id)) {
            Answer::Named(named) => named,
            _ => None,
        }
    }

    pub(crate) fn read_named_type(&mut self, id: DeclId) -> Option<NamedType> {
        let (module, item) = (self.module_of(id), self.item(id)?);
        match &item.kind {
            ItemKind::Enum(decl) => Some(NamedType::plain(self.enum_type(&decl.body, decl.name.span))),
            ItemKind::Type(decl) => {
                let base = self.value_type(module, &decl.ty)?;
                self.narrowed(base, &decl.modifiers, &decl.name)
            }
            _ => None,
        }
    }

    /// The type of a parameter or result.
    pub fn artifact(&mut self, module: usize, generics: &Generics, ty: &TypeExpr) -> Ty {
        match &ty.kind {
            TypeKind::Nullable(inner) => match self.artifact(module, generics, inner) {
                Ty::Value(value) => Ty::Value(value.or_null()),
                Ty::Error => Ty::Error,
                optional @ Ty::Optional(_) => optional,
                other => Ty::Optional(Box::new(other)),
            },
            TypeKind::Unit => Ty::Unit,
            TypeKind::Named { path, values: None, args } if path.segments.len() == 1 => {
                let name = path.segments.first().map_or("", |name| name.text.as_str());
                self.named_artifact(module, generics, ty, name, args)
            }
            _ => self.value_type(module, ty).map_or(Ty::Error, |named| Ty::Value(named.value)),
        }
    }

    fn named_artifact(
        &mut self,
        module: usize,
        generics: &Generics,
        ty: &TypeExpr,
        name: &str,
        args: &[TypeExpr],
    ) -> Ty {
        let wrong = |this: &mut Self, message: &str, help: &str| {
            this.report(words::malformed(ty.span, message, help));
            Ty::Error
        };
        match (name, args) {
            ("Table", [contract]) => Ty::Table(self.contract(module, generics, contract)),
            ("Table", _) => wrong(self, "`Table` needs the contract of its rows", "as in `Table<Flight>`"),
            ("Model", [input, output]) => {
                let input = self.contract(module, generics, input);
                Ty::Model(input, self.contract(module, generics, output))
            }
            ("Model", _) => wrong(
                self,
                "`Model` needs the contracts of what it reads and what it gives",
                "as in `Model<Features, Scored>`",
            ),
            ("Report", [metrics]) => self.metrics_of(module, metrics).map_or(Ty::Error, Ty::Report),
            ("Report", _) => wrong(self, "`Report` needs its metrics", "as in `Report<Binary>`"),
            ("File", [TypeExpr { kind: TypeKind::Text(extension), .. }]) => {
                Ty::File(extension.trim_start_matches('.').to_owned())
            }
            ("File", _) => wrong(self, "`File` needs its extension", "as in `File<\"txt\">`"),
            ("Dir", []) => Ty::Dir,
            ("field", [contract]) => Ty::Column(self.contract(module, generics, contract), None),
            ("field", [contract, ty]) => {
                let contract = self.contract(module, generics, contract);
                self.value_type(module, ty).map_or(Ty::Error, |named| Ty::Column(contract, Some(named.value)))
            }
            ("field", _) => wrong(self, "`field` needs a contract", "as in `field<C>` or `field<C, timestamp>`"),
            ("list", [element]) => match self.artifact(module, generics, element) {
                Ty::Error => Ty::Error,
                Ty::Value(value) => Ty::Value(ValueType::plain(DataType::List(Box::new(value)))),
                other => Ty::List(Box::new(other)),
            },
            _ if generics.contains_key(name) || self.is_contract(module, name) => {
                let message = format!("`{name}` is a contract, and a parameter or result is a table of it");
                wrong(self, &message, &format!("write `Table<{name}>`"))
            }
            _ => self.value_type(module, ty).map_or(Ty::Error, |named| Ty::Value(named.value)),
        }
    }

    fn is_contract(&self, module: usize, name: &str) -> bool {
        matches!(self.lookup(module, name), Found::Decl(id) if self.program.decl(id).is_some_and(|decl| decl.kind == Kind::Contract))
    }
}

fn digits(values: &[Arg]) -> Option<(u8, u8)> {
    let [precision, scale] = values else { return None };
    let precision = u8::try_from(literals::count(&precision.value)?).ok().filter(|digits| (1..=38).contains(digits))?;
    let scale = u8::try_from(literals::count(&scale.value)?).ok().filter(|digits| *digits <= precision)?;
    Some((precision, scale))
}

fn timestamp(values: &[Arg]) -> Option<DataType> {
    let [Arg { name: None, value: tree::Expr { kind: ExprKind::Name(word), .. } }] = values else { return None };
    Some(match word.text.as_str() {
        "ms" => DataType::Timestamp { unit: TimeUnit::Ms, naive: false },
        "us" => DataType::Timestamp { unit: TimeUnit::Us, naive: false },
        "ns" => DataType::Timestamp { unit: TimeUnit::Ns, naive: false },
        "naive" => DataType::Timestamp { unit: TimeUnit::Us, naive: true },
        _ => return None,
    })
}

/// `a.b.c`.
#[must_use]
pub fn dotted(path: &tree::Path) -> String {
    path.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

/// How many fields a struct may have, all levels together: a chain of types that use each other twice doubles at each.
const PARTS: usize = 10_000;

/// The fields of a type, all levels together.
fn parts(data: &DataType) -> usize {
    match data {
        DataType::Struct(fields) => fields.iter().map(|field| 1 + parts(&field.value.data)).sum(),
        DataType::List(element) | DataType::Vector { element, .. } => parts(&element.data),
        DataType::Map(key, value) => parts(&key.data) + parts(&value.data),
        _ => 0,
    }
}
