//! Random types, constraints and contracts, and values to try them with: one generator for the checker's laws and for the engine's; and programs of any length.
//!
//! **Lives here:** strategies over the plan's types, small worlds of values that random constraints tell apart, and texts of programs.
//! **Does not:** assertions, Arrow arrays, and anything that a program at work needs: only tests depend on this crate.
//!
//! Invariants:
//! 1. Constraints fit their types: what is made here could stand in a checked program.
//! 2. Bounds lie in the midst of [`values`], on them and between them, so that each answer comes up often.
//! 3. A float's bounds are exact in binary, but for [`Ground::Tenth`].

mod constraints;
mod contracts;
mod programs;
mod spoken;
mod tables;
mod values;

pub use constraints::{condition, constrained, constraint, ends, pattern};
pub use contracts::{any_contract, any_type, contract_of, type_on};
use mlp_plan::{DataType, Literal, TimeUnit};
pub use programs::{lines, program, words};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
pub use spoken::{hard_text, spoken_contract};
pub use tables::{related, table};
pub use values::{WORDS, drawn, number, values};

/// The members of enums.
pub(crate) const MEMBERS: [&str; 4] = ["a", "b", "ab", "aba"];

/// What a random type is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Integers.
    Whole,
    /// Floats, with bounds that binary holds.
    Real,
    /// Floats, with bounds that binary does not hold.
    Tenth,
    /// Decimals.
    Exact,
    /// Dates.
    Day,
    /// Timestamps.
    Instant,
    /// Times of day.
    OfDay,
    /// Durations.
    Span,
    /// Truth.
    Truth,
    /// Strings.
    Text,
    /// Enums.
    Member,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Whole,
        Self::Real,
        Self::Tenth,
        Self::Exact,
        Self::Day,
        Self::Instant,
        Self::OfDay,
        Self::Span,
        Self::Truth,
        Self::Text,
        Self::Member,
    ];

    /// Whether `in low .. high` may speak of it.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        !matches!(self, Self::Truth | Self::Text | Self::Member)
    }
}

/// Every ground on which exact values and a column's have one order: all but [`Ground::Tenth`].
pub fn ground() -> impl Strategy<Value = Ground> {
    any_ground().prop_map(|ground| if ground == Ground::Tenth { Ground::Real } else { ground })
}

/// Every ground.
pub fn any_ground() -> impl Strategy<Value = Ground> {
    prop::sample::select(Ground::ALL.to_vec())
}

/// A type of a ground, without constraints.
pub fn bare(ground: Ground) -> BoxedStrategy<DataType> {
    let width = |widths: &[u8]| prop::sample::select(widths.to_vec());
    match ground {
        Ground::Whole => prop_oneof![
            width(&[8, 16, 32, 64]).prop_map(DataType::Int),
            width(&[8, 16, 32, 64]).prop_map(DataType::Uint)
        ]
        .boxed(),
        Ground::Real | Ground::Tenth => width(&[32, 64]).prop_map(DataType::Float).boxed(),
        Ground::Exact => prop::sample::select(vec![(3, 1), (4, 1), (9, 2), (12, 4), (38, 20), (38, 37)])
            .prop_map(|(precision, scale)| DataType::Decimal { precision, scale })
            .boxed(),
        Ground::Day => Just(DataType::Date).boxed(),
        Ground::Instant => {
            (prop::sample::select(vec![TimeUnit::Ms, TimeUnit::Us, TimeUnit::Ns]), prop::bool::weighted(0.2))
                .prop_map(|(unit, naive)| DataType::Timestamp { unit: if naive { TimeUnit::Us } else { unit }, naive })
                .boxed()
        }
        Ground::OfDay => Just(DataType::Time).boxed(),
        Ground::Span => Just(DataType::Duration).boxed(),
        Ground::Truth => Just(DataType::Bool).boxed(),
        Ground::Text => Just(DataType::String).boxed(),
        Ground::Member => (prop::sample::subsequence(MEMBERS.to_vec(), 1..=4), prop::bool::weighted(0.2))
            .prop_map(|(members, open)| DataType::Enum {
                members: members.into_iter().map(str::to_owned).collect(),
                open,
            })
            .boxed(),
    }
}

/// A value of a ground that a program spells out, not necessarily one of every type of it.
pub fn literal(ground: Ground) -> BoxedStrategy<Literal> {
    let step = -6_i64..=6;
    match ground {
        Ground::Whole => prop_oneof![4 => step.prop_map(number), 1 => (-9_i64..=9).prop_map(values::half)].boxed(),
        Ground::Real => (-9_i64..=9).prop_map(values::half).boxed(),
        Ground::Tenth => (-9_i64..=9).prop_map(values::tenth).boxed(),
        Ground::Exact => {
            let fine = (-9_i64..=9).prop_map(values::fine);
            let far = step.prop_map(|step| number(7 * step));
            prop_oneof![6 => (-9_i64..=9).prop_map(values::half), 1 => fine, 1 => far].boxed()
        }
        Ground::Day => step.prop_map(values::day).boxed(),
        Ground::Instant => (step, values::beside()).prop_map(|(hours, beside)| values::instant(hours, beside)).boxed(),
        Ground::OfDay => {
            (0_i64..=6, values::beside()).prop_map(|(hours, beside)| values::of_day(hours, beside)).boxed()
        }
        Ground::Span => (step, values::beside()).prop_map(|(hours, beside)| values::span(hours, beside)).boxed(),
        Ground::Truth => any::<bool>().prop_map(Literal::Bool).boxed(),
        Ground::Text => prop::sample::select(WORDS.to_vec()).prop_map(values::text).boxed(),
        Ground::Member => prop::sample::select(MEMBERS.to_vec()).prop_map(values::text).boxed(),
    }
}

/// A runner of so many cases that are the same each time, so that a test may count what came up.
#[must_use]
pub fn fixed(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}
