//! The engine's errors in the words of whoever wrote the SQL.

use datafusion::{
    common::{Column, DataFusionError, SchemaError, Span},
    sql::sqlparser::tokenizer::{Location, Span as TextSpan},
};
use mlp_ports::SqlFault;

use crate::{
    functions::{Functions, nearest},
    planner::{Refused, Tables},
    text::Text,
};

/// What an error of planning means.
pub fn of(error: &DataFusionError, text: &Text<'_>, tables: &Tables) -> SqlFault {
    let mut place = None;
    let root = root(error, &mut place);
    let at = place.and_then(|span| text.range(span));
    let fault = match root.error {
        DataFusionError::SchemaError(error, _) => schema(error, text, tables),
        DataFusionError::External(error) => match error.downcast_ref::<Refused>() {
            Some(refused) => name(refused, text, tables),
            None => plain(&error.to_string(), None, text),
        },
        DataFusionError::Plan(message)
        | DataFusionError::NotImplemented(message)
        | DataFusionError::Execution(message)
        | DataFusionError::Configuration(message)
        | DataFusionError::Internal(message) => plain(message, root.said.as_deref(), text),
        other => plain(&other.to_string(), root.said.as_deref(), text),
    };
    SqlFault { at: at.or(fault.at), ..fault }
}

/// The innermost error, and what the engine said about it on the way.
struct Root<'a> {
    error: &'a DataFusionError,
    said: Option<String>,
}

fn root<'a>(error: &'a DataFusionError, place: &mut Option<TextSpan>) -> Root<'a> {
    match error {
        DataFusionError::Context(_, inner) => root(inner, place),
        DataFusionError::Shared(inner) => root(inner, place),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => root(first, place),
            None => Root { error, said: None },
        },
        DataFusionError::Diagnostic(diagnostic, inner) => {
            *place = diagnostic.span.map(text_span);
            let found = root(inner, place);
            Root { said: found.said.or_else(|| Some(diagnostic.message.clone())), ..found }
        }
        _ => Root { error, said: None },
    }
}

const fn text_span(span: Span) -> TextSpan {
    TextSpan {
        start: Location { line: span.start.line, column: span.start.column },
        end: Location { line: span.end.line, column: span.end.column },
    }
}

fn schema(error: &SchemaError, text: &Text<'_>, tables: &Tables) -> SqlFault {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => no_column(field, valid_fields, text, tables),
        SchemaError::AmbiguousReference { field } => SqlFault {
            message: format!("`{}` is a column of more than one table here", field.name),
            at: text.word(&field.name),
            help: Some(format!("say which: `<table>.{}`", field.name)),
        },
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            twice(name, text)
        }
    }
}

/// Two columns of one name.
pub fn twice(name: &str, text: &Text<'_>) -> SqlFault {
    SqlFault {
        message: format!("two columns are named `{name}`"),
        at: text.word(name),
        help: Some("give one of them another name with `as`".to_owned()),
    }
}

fn no_column(field: &Column, valid: &[Column], text: &Text<'_>, tables: &Tables) -> SqlFault {
    let name = &field.name;
    let at = text.word(name);
    let Some(table) = &field.relation else {
        let help = suggestion(name, valid);
        return SqlFault { message: format!("there is no column `{name}` here"), at, help };
    };
    let table = table.table();
    let of_table: Vec<Column> = valid
        .iter()
        .filter(|column| column.relation.as_ref().is_some_and(|own| own.table() == table))
        .cloned()
        .collect();
    if of_table.is_empty() && !valid.is_empty() {
        let mut known: Vec<&str> =
            valid.iter().filter_map(|column| column.relation.as_ref()).map(|own| own.table()).collect();
        known.sort_unstable();
        known.dedup();
        let help = match nearest(table, known.iter().copied()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if tables.contains_key(table) => {
                Some(format!("the input is not in this `from`: join it (`join {table} on ..`)"))
            }
            None => Some(format!("here there is {}", list(&known))),
        };
        return SqlFault { message: format!("there is no table `{table}` in this `from`"), at: text.word(table), help };
    }
    let help = suggestion(name, &of_table);
    SqlFault { message: format!("`{table}` has no column `{name}`"), at, help }
}

fn suggestion(name: &str, valid: &[Column]) -> Option<String> {
    let names = || valid.iter().map(|column| column.name.as_str());
    if let Some(same) = names().find(|other| *other != name && other.eq_ignore_ascii_case(name)) {
        return Some(format!("a name without quotes is read in lower case: write `\"{same}\"`"));
    }
    if let Some(near) = nearest(name, names()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut known: Vec<&str> = Vec::new();
    for name in names() {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    (!known.is_empty()).then(|| format!("there is {}", list(&known)))
}

/// Names for a message, no more than fit a line.
fn list(names: &[&str]) -> String {
    const MOST: usize = 8;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}

fn name(refused: &Refused, text: &Text<'_>, tables: &Tables) -> SqlFault {
    match refused {
        Refused::Table(name) => {
            let mut known: Vec<&str> = tables.keys().map(String::as_str).collect();
            known.sort_unstable();
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "the stage has no table as input".to_owned(),
                None => format!("the inputs are {}", list(&known)),
            };
            let at = text.word(name.rsplit('.').next().unwrap_or(name));
            SqlFault { message: format!("no input of the stage is named `{name}`"), at, help: Some(help) }
        }
        Refused::TableFunction(name) => SqlFault {
            message: format!("`{name}(..)` is no table here: a stage reads its inputs and nothing else"),
            at: text.word(name),
            help: Some("files come in through a `source`; a list becomes rows with `unnest(..)`".to_owned()),
        },
    }
}

/// An error that is only a text of the engine's.
fn plain(message: &str, said: Option<&str>, text: &Text<'_>) -> SqlFault {
    if let Some(fault) = unknown_function(message, text).or_else(|| not_grouped(message, text)) {
        return fault;
    }
    if let Some(fault) = wrong_arguments(message, text).or_else(|| same_names(message, text)) {
        return fault;
    }
    if let Some(fault) = subquery_as_value(message, text) {
        return fault;
    }
    let message = said.filter(|said| !said.is_empty()).unwrap_or(message);
    let first = message.lines().next().unwrap_or_default();
    SqlFault { message: in_our_words(first), at: place_of(first, text), help: None }
}

/// Where that is which an error speaks of, by what it quotes or calls by its name; only what is there once.
fn place_of(message: &str, text: &Text<'_>) -> Option<(usize, usize)> {
    let column = || between(message, "predicate '", "'").map(|name| name.rsplit('.').next().unwrap_or(name));
    let ty = || between(message, "SQL type ", " ").or_else(|| message.split_once("SQL type ").map(|(_, ty)| ty));
    let clause = || between(message, "not allowed in the ", " clause");
    let cast = || message.to_ascii_lowercase().contains("unsupported cast").then_some("cast");
    text.only_word(column().or_else(ty).or_else(clause).or_else(cast)?)
}

fn between<'a>(message: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

fn unknown_function(message: &str, text: &Text<'_>) -> Option<SqlFault> {
    let name = between(message, "Invalid function '", "'")?;
    let help = match name {
        "isnull" => Some("write `a is null`, or `coalesce(a, b)`".to_owned()),
        "datediff" | "timestampdiff" => Some("subtract: `a - b` is a duration".to_owned()),
        "iff" | "if" => Some("write `case when .. then .. else .. end`".to_owned()),
        _ => Functions::all().nearest(name).map(|near| format!("did you mean `{near}`?")),
    };
    Some(SqlFault { message: format!("there is no function `{name}`"), at: text.call(name), help })
}

fn not_grouped(message: &str, text: &Text<'_>) -> Option<SqlFault> {
    let column = between(message, "column \"", "\" must appear in the GROUP BY clause")?;
    let name = column.rsplit('.').next().unwrap_or(column).trim_matches('"');
    Some(SqlFault {
        message: format!("`{name}` has many values in a group"),
        at: text.word(name),
        help: Some(format!("add it to `group by`, or say which value: `max({name})`")),
    })
}

fn wrong_arguments(message: &str, text: &Text<'_>) -> Option<SqlFault> {
    let (function, given) = between(message, "given name and argument types '", ")'")
        .and_then(|call| call.split_once('('))
        .or_else(|| {
            let function = between(message, "a call to '", "' function")?;
            Some((function, between(message, "coercion from ", " to the signature").unwrap_or_default()))
        })
        .or_else(|| Some((between(message, "Function '", "' ")?, "")))?;
    let message = if given.is_empty() {
        format!("`{function}` does not take these arguments")
    } else {
        format!("`{function}` does not take ({})", in_our_words(given))
    };
    Some(SqlFault {
        message,
        at: text.call(function),
        help: Some("`cast(.. as ..)` changes the type of an argument".to_owned()),
    })
}

fn same_names(message: &str, text: &Text<'_>) -> Option<SqlFault> {
    if !message.contains("require unique expression names") {
        return None;
    }
    let expression = between(message, "expression \"", "\"")?;
    let name = expression.rsplit_once(" AS ").map_or(expression, |(_, name)| name);
    let name = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
    Some(twice(name, text))
}

/// The engine turns `exists` and `in (select ..)` into joins where they filter, and has no other way to run them.
fn subquery_as_value(message: &str, text: &Text<'_>) -> Option<SqlFault> {
    let (_, expression) = message.split_once("hysical plan does not support logical expression ")?;
    let name = expression.split('(').next().unwrap_or_default();
    let (written, word) = match name {
        "Exists" => ("`exists (..)`", "exists"),
        "InSubquery" => ("`in (select ..)`", "in"),
        "SetComparison" => ("a comparison with `any` or `all` of a query", "select"),
        _ => return Some(SqlFault { message: format!("the engine cannot run `{name}` here"), at: None, help: None }),
    };
    Some(SqlFault {
        message: format!("{written} stands where its answer is a value; it can only filter, in `where`"),
        at: text.word(word),
        help: Some("for a value, `left join` the table and test one of its columns: `p.id is not null`".to_owned()),
    })
}

/// The engine's names of types become the language's, and its beginnings are cut.
pub fn in_our_words(message: &str) -> String {
    const TYPES: &[(&str, &str)] = &[
        ("Timestamp(µs, \"UTC\")", "timestamp"),
        ("Timestamp(ms, \"UTC\")", "timestamp(ms)"),
        ("Timestamp(ns, \"UTC\")", "timestamp(ns)"),
        ("Timestamp(µs)", "timestamp(naive)"),
        ("Timestamp(ns)", "timestamp(naive)"),
        ("Timestamp(ms)", "timestamp(naive)"),
        ("Timestamp(s)", "timestamp(naive)"),
        ("Time64(ns)", "time"),
        ("Time64(µs)", "time"),
        ("Duration(ns)", "duration"),
        ("Duration(µs)", "duration"),
        ("Interval(MonthDayNano)", "interval"),
        ("Decimal128", "decimal"),
        ("LargeUtf8", "string"),
        ("Utf8View", "string"),
        ("Utf8", "string"),
        ("Boolean", "bool"),
        ("UInt8", "uint8"),
        ("UInt16", "uint16"),
        ("UInt32", "uint32"),
        ("UInt64", "uint64"),
        ("Int8", "int8"),
        ("Int16", "int16"),
        ("Int32", "int32"),
        ("Int64", "int64"),
        ("Float32", "float32"),
        ("Float64", "float64"),
        ("Date32", "date"),
        ("LargeBinary", "bytes"),
        ("Binary", "bytes"),
    ];
    const BEGINNINGS: &[&str] = &[
        "Error during planning: ",
        "Schema error: ",
        "This feature is not implemented: ",
        "Execution error: ",
        "Internal error: ",
        "External error: ",
        "Arrow error: ",
        "Invalid argument error: ",
        "Cast error: ",
        "Parser error: ",
        "Compute error: ",
        "type_coercion\ncaused by\n",
    ];
    let mut message = message.trim();
    while let Some(rest) = BEGINNINGS.iter().find_map(|beginning| message.strip_prefix(beginning)) {
        message = rest;
    }
    let words = TYPES.iter().fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours));
    let words = words.trim_end_matches('.');
    let mut chars = words.chars();
    let second_is_lower = words.chars().nth(1).is_some_and(char::is_lowercase);
    match chars.next() {
        Some(first) if second_is_lower => first.to_lowercase().chain(chars).collect(),
        _ => words.to_owned(),
    }
}
