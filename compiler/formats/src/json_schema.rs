//! JSON Schema 2020-12 of one row.

mod read;
mod refs;
mod rules;
mod write;

use bigdecimal::BigDecimal;
use mlp_plan::{Column, CompareOp, Compatibility, Constraint, Contract, DataType, Expr, Literal, TimeUnit, ValueType};

pub(crate) use read::import;
pub(crate) use write::export;

use crate::{mlp::tidy_doc, names, pattern, rest::Voice, values, voice::first_of_each};

/// What JSON Schema says by itself.
pub(crate) struct JsonSchema;

impl Voice for JsonSchema {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = match &value.data {
            DataType::Decimal { .. } => DataType::Float(64),
            DataType::Timestamp { naive, .. } => DataType::Timestamp { unit: TimeUnit::Us, naive: *naive },
            DataType::Enum { open: true, .. } => DataType::String,
            DataType::Map(key, item) if **key != ValueType::plain(DataType::String) => {
                DataType::Map(Box::new(ValueType::plain(DataType::String)), item.clone())
            }
            other => other.clone(),
        };
        let constraints = first_of_each(&value.constraints, |constraint| says(&data, constraint));
        ValueType { data, nullable: value.nullable, unit: None, constraints }
    }

    fn column(&self, column: &Column) -> Column {
        let heard = self.value(&column.value);
        Column {
            doc: column.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            default: column.default.clone().filter(|default| has_default(default, &heard.data)),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        Contract {
            name: names::contract(&contract.name),
            doc: contract.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            compatibility: Compatibility::None,
            ..Contract::default()
        }
    }

    fn inner_default(&self, value: &ValueType, default: &Literal) -> bool {
        has_default(default, &self.value(value).data)
    }
}

fn has_default(default: &Literal, heard: &DataType) -> bool {
    values::comes_back(default, heard)
}

/// Which keyword carries a constraint.
fn says(data: &DataType, constraint: &Constraint) -> Option<u8> {
    let number = |end: &Literal| matches!(end, Literal::Number(number) if values::number_text(number).is_some());
    match constraint {
        Constraint::Range { low, high } => {
            let ends = low.iter().chain(high).all(number) && data.is_numeric();
            // of whole numbers, the ends of the type are no constraint
            let (least, most) = whole_bounds(data).map_or((None, None), |(low, high)| (Some(low), Some(high)));
            let is = |end: &Option<Literal>, bound: Option<BigDecimal>| match (end, bound) {
                (Some(Literal::Number(end)), Some(bound)) => *end == bound,
                _ => false,
            };
            (ends && !is(low, least) && !is(high, most)).then_some(0)
        }
        Constraint::Length { .. } => matches!(data, DataType::String | DataType::List(_)).then_some(1),
        Constraint::Matches(re) => (*data == DataType::String && pattern::is_portable(re)).then_some(2),
        Constraint::OneOf(members) => {
            let fits = data.is_numeric() || matches!(data, DataType::String | DataType::Enum { .. } | DataType::Date);
            let said = |member: &Literal| *member != Literal::Null && values::comes_back(member, data);
            (fits && !members.is_empty() && members.iter().all(said)).then_some(3)
        }
        Constraint::Where(Expr::Compare(op @ (CompareOp::Gt | CompareOp::Lt), left, right)) => {
            let bound = matches!(&**right, Expr::Literal(end) if number(end));
            (**left == Expr::This && bound && data.is_numeric()).then_some(if *op == CompareOp::Gt { 4 } else { 5 })
        }
        Constraint::Where(_) | Constraint::Unique => None,
    }
}

/// The ends of a type of whole numbers.
fn whole_bounds(data: &DataType) -> Option<(BigDecimal, BigDecimal)> {
    match data {
        DataType::Int(bits) => {
            let half = 1_i128 << (bits.clamp(&1, &64) - 1);
            Some((BigDecimal::from(-half), BigDecimal::from(half - 1)))
        }
        DataType::Uint(bits) => Some((BigDecimal::from(0), BigDecimal::from((1_i128 << bits.clamp(&1, &64)) - 1))),
        _ => None,
    }
}
