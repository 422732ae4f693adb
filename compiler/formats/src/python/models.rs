//! A pydantic model of a row.

use mlp_plan::{Column, Constraint, Contract, DataType, Literal, StructField, ValueType};
use mlp_write::python::{Py, quoted};

use super::{Spoken, literals};
use crate::{
    fault::Fault,
    rest::{Voice as _, heard_column},
};

const HEAD: &str = "from __future__ import annotations\n\nimport datetime\nimport decimal\nimport typing\nimport uuid\n\nimport pydantic\n";

/// Words that a field of a model cannot be called: keywords, what annotations speak of, and what a model has already.
const RESERVED: [&str; 59] = [
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "bool",
    "int",
    "float",
    "str",
    "bytes",
    "list",
    "len",
    "datetime",
    "decimal",
    "typing",
    "uuid",
    "pydantic",
    "construct",
    "copy",
    "dict",
    "from_orm",
    "json",
    "parse_file",
    "parse_obj",
    "parse_raw",
    "schema",
    "schema_json",
    "update_forward_refs",
    "validate",
];

/// The module.
pub(crate) fn pydantic(contract: &Contract) -> Result<String, Fault> {
    if !contract.name.is_ascii() || RESERVED.contains(&contract.name.as_str()) {
        let what = format!("`{}` cannot be the name of a class of Python", contract.name);
        return Err(Fault::new(what, "rename the contract, or export to another format").at(contract.name.as_str()));
    }
    let mut writer = Writer { classes: Vec::new(), taken: vec![contract.name.clone()] };
    let columns: Vec<Column> = contract.columns.clone();
    writer.class(contract.name.clone(), contract.doc.as_deref(), &columns);
    Ok(format!("{HEAD}\n\n{}", writer.classes.join("\n\n")))
}

struct Writer {
    classes: Vec<String>,
    taken: Vec<String>,
}

impl Writer {
    fn class(&mut self, name: String, doc: Option<&str>, columns: &[Column]) {
        let mut out = format!("class {name}(pydantic.BaseModel):\n");
        if let Some(doc) = doc {
            out.push_str(&format!("    {}\n\n", quoted(doc)));
        }
        out.push_str(
            "    model_config = pydantic.ConfigDict(strict=True, extra=\"ignore\", populate_by_name=False)\n\n",
        );
        for (number, column) in columns.iter().enumerate() {
            let heard = heard_column(&Spoken::Pydantic, column);
            let ty = self.ty(&column.value, &heard.value, &name, &column.name);
            let ty = if column.value.nullable { format!("{ty} | None") } else { ty };
            let safe = is_field(&column.name);
            let field = if safe { column.name.clone() } else { format!("field_{}", number + 1) };
            let mut args = Vec::new();
            if !safe {
                args.push(("alias", Py::text(&column.name)));
            }
            if let Some(default) = heard.default.as_ref().and_then(|default| literals::py(default, &heard.value.data)) {
                args.push(("default", default));
            }
            if let Some(doc) = &column.doc {
                args.push(("description", Py::text(doc)));
            }
            let behind = if args.is_empty() {
                String::new()
            } else {
                format!(" = {}", Py::Call("pydantic.Field", Vec::new(), args).flat())
            };
            out.push_str(&format!("    {field}: {ty}{behind}\n"));
        }
        self.classes.push(out);
    }

    /// The annotation, constraints within.
    fn ty(&mut self, value: &ValueType, heard: &ValueType, owner: &str, path: &str) -> String {
        if let Some(members) = self.members(heard) {
            return format!("typing.Literal[{members}]");
        }
        let (base, mut args) = self.base(&value.data, owner, path);
        let mut range = (None, None);
        for constraint in &heard.constraints {
            match constraint {
                Constraint::Range { low, high } => range = (low.as_ref(), high.as_ref()),
                Constraint::Length { min, max } => {
                    args.push(("min_length", Py::word(min.to_string())));
                    args.extend(max.map(|max| ("max_length", Py::word(max.to_string()))));
                }
                Constraint::Matches(re) => args.push(("pattern", Py::text(format!("\\A(?:{re})\\z")))),
                _ => {}
            }
        }
        let (low, high) = literals::ends(range.0, range.1, &heard.data);
        args.extend(low.map(|low| ("ge", low)));
        args.extend(high.map(|high| ("le", high)));
        if args.is_empty() {
            return base;
        }
        format!("typing.Annotated[{base}, {}]", Py::Call("pydantic.Field", Vec::new(), args).flat())
    }

    /// The members that are left of an enum or a set, once all that else is said was looked at.
    fn members(&self, heard: &ValueType) -> Option<String> {
        let set = heard.constraints.iter().find_map(|constraint| match constraint {
            Constraint::OneOf(members) => Some(members.clone()),
            _ => None,
        });
        let members = match (&heard.data, set) {
            (_, Some(members)) => members,
            (DataType::Enum { members, open: false }, None) => members.iter().cloned().map(Literal::Text).collect(),
            _ => return None,
        };
        let left =
            members.iter().filter(|member| mlp_plan::holds::broken(&heard.constraints, &heard.data, member).is_none());
        let left: Vec<String> =
            left.filter_map(|member| literals::py(member, &heard.data)).map(|py| py.flat()).collect();
        (!left.is_empty()).then(|| left.join(", "))
    }

    fn base(&mut self, data: &DataType, owner: &str, path: &str) -> (String, Vec<(&'static str, Py)>) {
        let inner = |this: &mut Self, value: &ValueType, part: &str| {
            let ty = this.ty(value, &Spoken::Pydantic.inner(value), owner, &format!("{path}_{part}"));
            if value.nullable { format!("{ty} | None") } else { ty }
        };
        let word = |text: &str| (text.to_owned(), Vec::new());
        match data {
            DataType::Bool => word("bool"),
            DataType::Int(_) | DataType::Uint(_) => word("int"),
            DataType::Float(_) => word("float"),
            DataType::Decimal { precision, scale } => (
                "decimal.Decimal".to_owned(),
                vec![("max_digits", Py::word(precision.to_string())), ("decimal_places", Py::word(scale.to_string()))],
            ),
            DataType::String | DataType::Enum { .. } => word("str"),
            DataType::Bytes => word("bytes"),
            DataType::Uuid => word("uuid.UUID"),
            DataType::Date => word("datetime.date"),
            DataType::Time => word("datetime.time"),
            DataType::Timestamp { naive: false, .. } => word("pydantic.AwareDatetime"),
            DataType::Timestamp { naive: true, .. } => word("pydantic.NaiveDatetime"),
            DataType::Duration => word("datetime.timedelta"),
            DataType::Json => word("pydantic.Json[typing.Any]"),
            DataType::List(element) => (format!("list[{}]", inner(self, element, "item")), Vec::new()),
            DataType::Vector { element, length } => {
                let length = Py::word(length.to_string());
                let args = vec![("min_length", length.clone()), ("max_length", length)];
                (format!("list[{}]", inner(self, element, "item")), args)
            }
            DataType::Map(key, item) => {
                let (key, item) = (inner(self, key, "key"), inner(self, item, "value"));
                (format!("dict[{key}, {item}]"), Vec::new())
            }
            DataType::Struct(fields) => {
                let base = format!("{owner}{}", crate::names::contract(&ascii(path)));
                let numbered = (2..).map(|number| format!("{base}{number}"));
                let free = std::iter::once(base.clone()).chain(numbered).find(|name| !self.taken.contains(name));
                let name = free.unwrap_or(base);
                self.taken.push(name.clone());
                let columns: Vec<Column> = fields.iter().map(column).collect();
                self.class(name.clone(), None, &columns);
                (name, Vec::new())
            }
        }
    }
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn column(field: &StructField) -> Column {
    Column { default: field.default.clone(), ..Column::plain(field.name.as_str(), field.value.clone()) }
}

/// Whether a column's name may be that of a field.
fn is_field(name: &str) -> bool {
    name.is_ascii()
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.starts_with("model_")
        && !RESERVED.contains(&name)
}
