//! Values that satisfy a type: for tests that say `..`, and for the rows that show a break.

use chrono::{NaiveDate, NaiveTime};
use mlp_plan::{DataType, Literal, ValueType};

use super::{domain::Domain, regular};

/// A value that satisfies a type's constraints, always the same one; `None` where none could be read off.
#[must_use]
pub fn any(value: &ValueType) -> Option<Literal> {
    let domain = Domain::of(value);
    let listed = domain.set.as_ref().and_then(|set| set.first().cloned());
    let ends =
        [&domain.low, &domain.high].into_iter().flatten().filter(|bound| !bound.open).map(|bound| bound.value.clone());
    let patterns = domain.patterns.iter().filter_map(|pattern| regular::example(pattern)).map(Literal::Text);
    listed
        .into_iter()
        .chain(plain(&value.data, domain.shortest))
        .chain(ends)
        .chain(patterns)
        .map(|value| domain.spelled(&value))
        .find(|candidate| mlp_plan::holds::broken(&value.constraints, candidate).is_none())
}

/// The plainest value of a type: zero, the first instant of 2000, letters as many as must be.
fn plain(data: &DataType, shortest: u64) -> Option<Literal> {
    match data {
        DataType::Bool => Some(Literal::Bool(false)),
        DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. } => {
            Some(Literal::Number(0.into()))
        }
        DataType::String => Some(Literal::Text("a".repeat(usize::try_from(shortest.max(1)).unwrap_or(1)))),
        DataType::Date => NaiveDate::from_ymd_opt(2000, 1, 1).map(Literal::Date),
        DataType::Timestamp { .. } => {
            NaiveDate::from_ymd_opt(2000, 1, 1).map(|day| Literal::Timestamp(mlp_plan::midnight(day)))
        }
        DataType::Time => Some(Literal::Time(NaiveTime::MIN)),
        DataType::Duration => Some(Literal::Duration(0)),
        DataType::Uuid => Some(Literal::Text("00000000-0000-0000-0000-000000000000".to_owned())),
        DataType::List(_) if shortest == 0 => Some(Literal::List(Vec::new())),
        _ => None,
    }
}
