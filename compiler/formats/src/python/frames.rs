//! A pandera schema of a polars frame, and a pyarrow schema with its checks.

use mlp_plan::{Constraint, Contract, DataType, Literal, TimeUnit, ValueType};
use mlp_write::python::{Py, quoted};

use super::{Spoken, literals};
use crate::{
    fault::Fault,
    rest::{Voice as _, heard_column},
};

/// What the pandera module has beside its schema.
const PANDERA: &str = include_str!("pandera.py");
/// What the pyarrow module has beside its schema and rules.
const PYARROW: &str = include_str!("pyarrow.py");

/// What is checked of a value: a word and its arguments, the same for both.
fn rules(value: &ValueType, heard: &ValueType) -> Vec<(&'static str, Vec<Py>)> {
    let mut rules = Vec::new();
    let mut range = (None, None);
    let data = &heard.data;
    for constraint in &heard.constraints {
        match constraint {
            Constraint::Range { low, high } => range = (low.as_ref(), high.as_ref()),
            Constraint::Length { min, max } => {
                let max = max.map_or_else(|| Py::word("None"), |max| Py::word(max.to_string()));
                let word = if matches!(data, DataType::List(_)) { "items" } else { "length" };
                rules.push((word, vec![Py::word(min.to_string()), max]));
            }
            Constraint::Matches(re) => rules.push(("matches", vec![Py::text(re)])),
            Constraint::OneOf(members) => rules.push(("one_of", vec![list(members, data)])),
            Constraint::Unique => rules.push(("unique", Vec::new())),
            Constraint::Where(_) => {}
        }
    }
    if let DataType::Enum { members, open: false } = &value.data {
        let members: Vec<Literal> = members.iter().cloned().map(Literal::Text).collect();
        rules.push(("one_of", vec![list(&members, data)]));
    }
    if range != (None, None) {
        let (low, high) = literals::ends(range.0, range.1, data);
        let end = |end: Option<Py>| end.unwrap_or_else(|| Py::word("None"));
        rules.push(("within", vec![end(low), end(high)]));
    }
    rules
}

fn list(members: &[Literal], data: &DataType) -> Py {
    Py::List(members.iter().filter_map(|member| literals::py(member, data)).collect())
}

fn names(columns: &[String]) -> Py {
    Py::List(columns.iter().map(Py::text).collect())
}

fn sets(contract: &Contract) -> Vec<Py> {
    contract.keys.iter().chain(&contract.uniques).map(|columns| names(columns)).collect()
}

fn header(contract: &Contract) -> String {
    let doc = contract.doc.as_deref().unwrap_or(&contract.name);
    format!("{}\n\n", quoted(doc))
}

/// A module with `schema`, which validates a frame.
pub(crate) fn pandera(contract: &Contract) -> Result<String, Fault> {
    let mut out = header(contract);
    out.push_str(PANDERA);
    out.push_str("\nschema = pa.DataFrameSchema(\n    {\n");
    for column in &contract.columns {
        let heard = heard_column(&Spoken::Pandera, column);
        let checks = rules(&column.value, &heard.value);
        let floating = matches!(heard.value.data, DataType::Float(_));
        let check = |(word, mut args): (&'static str, Vec<Py>)| {
            if word == "within" && floating {
                args.push(Py::bool(true));
            }
            Py::Call(word, args, Vec::new())
        };
        let checks = checks.into_iter().map(check).collect();
        let mut args = vec![("nullable", Py::bool(contract.may_be_null(column))), ("checks", Py::List(checks))];
        if let Some(doc) = &column.doc {
            args.push(("description", Py::text(doc)));
        }
        let made = Py::Call("pa.Column", vec![Py::word(polars(&heard.value.data))], args);
        out.push_str(&format!("        {}: {},\n", quoted(&column.name), made.flat()));
    }
    let sets: Vec<Py> = sets(contract).into_iter().map(|set| Py::Call("distinct", vec![set], Vec::new())).collect();
    out.push_str(&format!(
        "    }},\n    checks={},\n    name={},\n    strict=False,\n)\n",
        Py::List(sets).flat(),
        quoted(&contract.name)
    ));
    Ok(out)
}

/// A type of polars.
fn polars(data: &DataType) -> String {
    match data {
        DataType::Bool => "pl.Boolean".to_owned(),
        DataType::Int(bits) => format!("pl.Int{bits}"),
        DataType::Uint(bits) => format!("pl.UInt{bits}"),
        DataType::Float(bits) => format!("pl.Float{bits}"),
        DataType::Decimal { precision, scale } => format!("pl.Decimal({precision}, {scale})"),
        DataType::String | DataType::Uuid | DataType::Json | DataType::Enum { .. } => "pl.String".to_owned(),
        DataType::Bytes => "pl.Binary".to_owned(),
        DataType::Date => "pl.Date".to_owned(),
        DataType::Time => "pl.Time".to_owned(),
        DataType::Timestamp { unit, naive } => {
            let zone = if *naive { "None" } else { "\"UTC\"" };
            format!("pl.Datetime(\"{}\", {zone})", unit_word(*unit))
        }
        DataType::Duration => "pl.Duration(\"ns\")".to_owned(),
        DataType::List(element) => format!("pl.List({})", polars(&Spoken::Pandera.inner(element).data)),
        DataType::Vector { element, length } => {
            format!("pl.Array({}, {length})", polars(&Spoken::Pandera.inner(element).data))
        }
        DataType::Map(..) => polars(&Spoken::Pandera.data(data)),
        DataType::Struct(fields) => {
            let each = fields
                .iter()
                .map(|field| format!("{}: {}", quoted(&field.name), polars(&Spoken::Pandera.inner(&field.value).data)));
            format!("pl.Struct({{{}}})", each.collect::<Vec<_>>().join(", "))
        }
    }
}

const fn unit_word(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Ms => "ms",
        TimeUnit::Us => "us",
        TimeUnit::Ns => "ns",
    }
}

/// A module with `schema`, and `check`, which lists what a table breaks.
pub(crate) fn pyarrow(contract: &Contract) -> Result<String, Fault> {
    let mut out = header(contract);
    out.push_str("import datetime\nimport decimal\n\nimport pyarrow as pa\nimport pyarrow.compute as pc\n\n");
    out.push_str("schema = pa.schema(\n    [\n");
    let mut listed = String::new();
    for column in &contract.columns {
        let heard = heard_column(&Spoken::Pyarrow, column);
        let metadata = column.doc.as_ref().map(|doc| Py::Dict(vec![("description".to_owned(), Py::text(doc))]));
        let mut args = vec![("nullable", Py::bool(contract.may_be_null(column)))];
        args.extend(metadata.map(|metadata| ("metadata", metadata)));
        let field = Py::Call("pa.field", vec![Py::text(&column.name), Py::word(arrow(&heard.value.data))], args);
        out.push_str(&format!("        {},\n", field.flat()));
        for (word, mut args) in rules(&column.value, &heard.value) {
            if let ("matches", [Py::Text(re)]) = (word, args.as_mut_slice()) {
                *re = format!("\\A(?:{re})\\z");
            }
            args.splice(0..0, [Py::text(&column.name), Py::text(word)]);
            listed.push_str(&format!("    {},\n", Py::List(args).flat()));
        }
    }
    out.push_str(&format!(
        "    ]\n)\n\nRULES = [\n{listed}]\n\nDISTINCT = {}\n\n\n{PYARROW}",
        Py::List(sets(contract)).flat()
    ));
    Ok(out)
}

/// A type of pyarrow, as `docs/reference/types.md` has it.
fn arrow(data: &DataType) -> String {
    match data {
        DataType::Bool => "pa.bool_()".to_owned(),
        DataType::Int(bits) => format!("pa.int{bits}()"),
        DataType::Uint(bits) => format!("pa.uint{bits}()"),
        DataType::Float(bits) => format!("pa.float{bits}()"),
        DataType::Decimal { precision, scale } => format!("pa.decimal128({precision}, {scale})"),
        DataType::String | DataType::Uuid | DataType::Json | DataType::Enum { .. } => "pa.string()".to_owned(),
        DataType::Bytes => "pa.binary()".to_owned(),
        DataType::Date => "pa.date32()".to_owned(),
        DataType::Time => "pa.time64(\"us\")".to_owned(),
        DataType::Timestamp { unit, naive: true } => format!("pa.timestamp(\"{}\")", unit_word(*unit)),
        DataType::Timestamp { unit, .. } => format!("pa.timestamp(\"{}\", \"UTC\")", unit_word(*unit)),
        DataType::Duration => "pa.duration(\"ns\")".to_owned(),
        DataType::List(element) => format!("pa.list_({})", arrow(&element.data)),
        DataType::Vector { element, length } => format!("pa.list_({}, {length})", arrow(&element.data)),
        DataType::Map(key, item) => format!("pa.map_({}, {})", arrow(&key.data), arrow(&item.data)),
        DataType::Struct(fields) => {
            let each = fields.iter().map(|field| format!("({}, {})", quoted(&field.name), arrow(&field.value.data)));
            format!("pa.struct([{}])", each.collect::<Vec<_>>().join(", "))
        }
    }
}
