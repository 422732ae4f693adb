//! The members of a set, ready to be looked for in a column.

use std::collections::HashSet;

use arrow::{
    array::{Array, ArrayRef, Scalar},
    buffer::BooleanBuffer,
    compute::kernels::cmp::eq,
};
use mlp_plan::{DataType, Literal};

use super::{
    expr::floats,
    literal::{nanoseconds, single, step},
};
use crate::EngineError;

/// A set, by the kind of its column.
#[derive(Clone, Debug)]
pub(super) enum Members {
    /// Texts.
    Texts(HashSet<String>),
    /// Floats, of the column's width. All zeros are one value here, and all NaN.
    Floats(Vec<f64>),
    /// Other values, each an array of one slot.
    Values(Vec<Scalar<ArrayRef>>),
}

impl Members {
    /// A member that the type cannot hold is no value of the column.
    pub fn new(members: &[Literal], data: &DataType) -> Result<Self, EngineError> {
        if data.is_text() || matches!(data, DataType::Uuid | DataType::Json) {
            let text = |member: &Literal| if let Literal::Text(text) = member { Some(text.clone()) } else { None };
            return Ok(Self::Texts(members.iter().filter_map(text).collect()));
        }
        let slots = members
            .iter()
            .filter_map(|member| single(member, data).ok().filter(|slot| is_exact(member, data, slot)))
            .collect::<Vec<_>>();
        if matches!(data, DataType::Float(_)) {
            let values: Vec<_> = slots.iter().map(floats).collect::<Result<_, _>>()?;
            return Ok(Self::Floats(values.iter().flat_map(|value| value.iter().flatten()).collect()));
        }
        Ok(Self::Values(slots.into_iter().map(Scalar::new).collect()))
    }

    /// The rows whose value is none of them; what it says of nulls is the caller's matter.
    pub fn missing(&self, array: &ArrayRef) -> Result<BooleanBuffer, EngineError> {
        match self {
            Self::Texts(_) => Ok(BooleanBuffer::new_unset(array.len())),
            Self::Floats(members) => {
                let nan = members.iter().any(|member| member.is_nan());
                let is_member = |value: f64| members.contains(&value) || (nan && value.is_nan());
                Ok(floats(array)?.iter().map(|value| value.is_some_and(|value| !is_member(value))).collect())
            }
            Self::Values(members) => {
                let mut found = BooleanBuffer::new_unset(array.len());
                for member in members {
                    found = &found | eq(array, member)?.values();
                }
                Ok(!&found)
            }
        }
    }
}

/// Whether the slot is the member itself, and not what is left of it in the type's resolution.
fn is_exact(member: &Literal, data: &DataType, slot: &ArrayRef) -> bool {
    match (member, data) {
        (Literal::Number(number), DataType::Decimal { scale, .. }) => {
            number.normalized().fractional_digit_count() <= i64::from(*scale)
        }
        _ => match (nanoseconds(member), step(slot.data_type())) {
            (Some(nanoseconds), Some(step)) => nanoseconds % step == 0,
            _ => true,
        },
    }
}
