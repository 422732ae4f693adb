//! ODCS, the Open Data Contract Standard: 3.0 to 3.2 are read, 3.2 is written.

mod quality;
mod read;
mod rules;
mod types;
mod write;

use mlp_plan::{Column, CompareOp, Compatibility, Constraint, Contract, DataType, Expr, Literal, ValueType};

pub(crate) use read::import;
pub(crate) use write::export;

use crate::{names, pattern, rest::Voice, values};

/// ODCS wants a version; this one stands for none.
const NO_VERSION: &str = "0.0.0";

/// What ODCS says by itself, in a document of that owner and version.
pub(crate) struct Odcs {
    owner: Option<String>,
    version: Option<String>,
}

impl Odcs {
    /// The document of some contracts: owner and version stand once, and are those of the first.
    pub fn of(contracts: &[Contract]) -> Self {
        let first = contracts.first();
        let owner = first.and_then(|contract| contract.owner.clone()).filter(|owner| !owner.trim().is_empty());
        Self {
            owner,
            version: first.and_then(|contract| contract.version.clone()).filter(|version| version != NO_VERSION),
        }
    }
}

impl Voice for Odcs {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = match &value.data {
            DataType::Duration | DataType::Enum { open: true, .. } => DataType::String,
            DataType::Vector { element, .. } if element_word(element).is_none() => DataType::List(element.clone()),
            other => other.clone(),
        };
        let plain = ValueType { data, ..value.clone() };
        let constraints = crate::voice::first_of_each(&value.constraints, |constraint| says(&plain.data, constraint));
        ValueType { unit: None, constraints, ..plain }
    }

    fn column(&self, column: &Column) -> Column {
        Column {
            doc: column.doc.clone().filter(|doc| crate::mlp::tidy_doc(doc).as_deref() == Some(doc)),
            tags: column.tags.clone(),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        Contract {
            name: names::contract(&contract.name),
            doc: contract.doc.clone().filter(|doc| crate::mlp::tidy_doc(doc).as_deref() == Some(doc)),
            owner: self.owner.clone().filter(|owner| contract.owner.as_ref() == Some(owner)),
            version: self.version.clone().filter(|version| contract.version.as_ref() == Some(version)),
            compatibility: Compatibility::None,
            keys: contract.keys.iter().take(1).cloned().collect(),
            uniques: contract.uniques.clone(),
            references: contract
                .references
                .iter()
                .filter(|reference| {
                    let named = |name: &String| is_plain(name);
                    is_plain(&reference.contract)
                        && is_plain(&contract.name)
                        && reference.to.iter().chain(&reference.from).all(named)
                })
                .cloned()
                .collect(),
            expectations: contract.expectations.clone(),
            ..Contract::default()
        }
    }
}

/// Whether ODCS' own words carry a constraint of a type.
fn says(data: &DataType, constraint: &Constraint) -> Option<u8> {
    let number = |end: &Option<Literal>| match end {
        None => true,
        Some(Literal::Number(number)) => values::number_text(number).is_some(),
        Some(_) => false,
    };
    match constraint {
        Constraint::Range { low, high } => {
            let fits = match data {
                data if data.is_numeric() => number(low) && number(high),
                DataType::Date | DataType::Time | DataType::Timestamp { .. } => true,
                _ => false,
            };
            fits.then_some(0)
        }
        Constraint::Length { .. } => matches!(data, DataType::String | DataType::List(_)).then_some(1),
        Constraint::Matches(re) => (*data == DataType::String && pattern::is_portable(re)).then_some(2),
        Constraint::OneOf(members) => {
            let said = |member: &Literal| *member != Literal::Null && values::comes_back(member, data);
            (!members.is_empty() && *data != DataType::Duration && members.iter().all(said)).then_some(3)
        }
        Constraint::Unique => Some(4),
        Constraint::Where(_) => None,
    }
}

/// The word for the elements of a vector.
fn element_word(element: &ValueType) -> Option<&'static str> {
    let word = match element.data {
        DataType::Float(32) => "float32",
        DataType::Float(64) => "float64",
        DataType::Int(8) => "int8",
        DataType::Uint(8) => "uint8",
        _ => return None,
    };
    (*element == ValueType::plain(element.data.clone())).then_some(word)
}

/// Whether a name may stand in `table.column`.
fn is_plain(name: &str) -> bool {
    name.is_ascii() && crate::mlp::is_name(name)
}

/// A rule that the library of ODCS has: the metric, the column it is about, the comparison, the bound.
fn library(expr: &Expr) -> Option<(&'static str, Option<&str>, CompareOp, &bigdecimal::BigDecimal)> {
    let Expr::Compare(op, left, right) = expr else { return None };
    let (Expr::Call { function, args }, Expr::Literal(Literal::Number(bound))) = (&**left, &**right) else {
        return None;
    };
    let digits = values::number_text(bound)?;
    match (function.as_str(), args.as_slice()) {
        ("rows", []) => Some(("rowCount", None, *op, bound)),
        ("null_rate", [Expr::Column(column)]) if !column.contains('.') && digits.len() < 30 => {
            Some(("nullValues", Some(column), *op, bound))
        }
        _ => None,
    }
}

/// The operators of the library.
const OPERATORS: [(CompareOp, &str); 6] = [
    (CompareOp::Eq, "mustBe"),
    (CompareOp::Ne, "mustNotBe"),
    (CompareOp::Gt, "mustBeGreaterThan"),
    (CompareOp::Ge, "mustBeGreaterOrEqualTo"),
    (CompareOp::Lt, "mustBeLessThan"),
    (CompareOp::Le, "mustBeLessOrEqualTo"),
];
