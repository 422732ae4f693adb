//! Random types and contracts, and values to try them with.

use mlp_plan::{
    ArithmeticOp, Column, CompareOp, Constraint, Contract, DataType, Expr, Literal, StructField, TimeUnit, ValueType,
};
use proptest::prelude::*;

/// A number.
pub fn number(value: i64) -> Literal {
    Literal::Number(value.into())
}

/// A number of halves, so that bounds fall between whole numbers, too.
fn half(halves: i64) -> Literal {
    Literal::Number(bigdecimal::BigDecimal::new((halves * 5).into(), 1))
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

/// Words that are short enough to list all of them.
pub const WORDS: [&str; 12] = ["", "a", "b", "ab", "ba", "aa", "bb", "aba", "abb", "abab", "A", "1"];
const MEMBERS: [&str; 4] = ["a", "b", "ab", "aba"];
const PATTERNS: [&str; 6] = ["[ab]+", "a.*", "a|b", "[ab]{2,3}", ".*", "[0-9]"];

/// What a random type is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Whole,
    Real,
    Text,
    Member,
}

pub fn ground() -> impl Strategy<Value = Ground> {
    prop::sample::select(vec![Ground::Whole, Ground::Real, Ground::Text, Ground::Member])
}

/// A type of a ground, without constraints.
pub fn bare(ground: Ground) -> BoxedStrategy<DataType> {
    match ground {
        Ground::Whole => prop_oneof![
            prop::sample::select(vec![8_u8, 16, 32, 64]).prop_map(DataType::Int),
            prop::sample::select(vec![8_u8, 16, 32, 64]).prop_map(DataType::Uint)
        ]
        .boxed(),
        Ground::Real => prop::sample::select(vec![32_u8, 64]).prop_map(DataType::Float).boxed(),
        Ground::Text => Just(DataType::String).boxed(),
        Ground::Member => (prop::sample::subsequence(MEMBERS.to_vec(), 1..=4), prop::bool::weighted(0.2))
            .prop_map(|(members, open)| DataType::Enum {
                members: members.into_iter().map(str::to_owned).collect(),
                open,
            })
            .boxed(),
    }
}

fn literal(ground: Ground) -> BoxedStrategy<Literal> {
    match ground {
        Ground::Whole => prop_oneof![4 => (-6_i64..=6).prop_map(number), 1 => (-9_i64..=9).prop_map(half)].boxed(),
        Ground::Real => (-9_i64..=9).prop_map(half).boxed(),
        Ground::Text => prop::sample::select(WORDS.to_vec()).prop_map(text).boxed(),
        Ground::Member => prop::sample::select(MEMBERS.to_vec()).prop_map(text).boxed(),
    }
}

fn operator() -> impl Strategy<Value = CompareOp> {
    prop::sample::select(vec![CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge])
}

fn condition(ground: Ground) -> BoxedStrategy<Expr> {
    let this = || Box::new(Expr::This);
    let compared = (operator(), literal(ground), any::<bool>()).prop_map(move |(op, value, flip)| {
        let value = Box::new(Expr::Literal(value));
        if flip { Expr::Compare(op, value, this()) } else { Expr::Compare(op, this(), value) }
    });
    let listed = prop::collection::vec(literal(ground), 1..4).prop_map(move |values| Expr::OneOf(this(), values));
    let leaf = match ground {
        Ground::Whole | Ground::Real => {
            let moved = (operator(), literal(ground)).prop_map(move |(op, value)| {
                let moved = Expr::Arithmetic(ArithmeticOp::Add, this(), Box::new(Expr::Literal(number(1))));
                Expr::Compare(op, Box::new(moved), Box::new(Expr::Literal(value)))
            });
            let between =
                (prop::option::of(literal(ground)), prop::option::of(literal(ground))).prop_map(move |(low, high)| {
                    let end = |end: Option<Literal>| end.map(|end| Box::new(Expr::Literal(end)));
                    Expr::Between { value: this(), low: end(low), high: end(high) }
                });
            prop_oneof![4 => compared, 1 => listed, 1 => moved, 1 => between].boxed()
        }
        Ground::Text | Ground::Member => {
            let length = (operator(), literal(Ground::Whole), any::<bool>()).prop_map(move |(op, value, flip)| {
                let length = Box::new(Expr::Call { function: "length".to_owned(), args: vec![Expr::This] });
                let value = Box::new(Expr::Literal(value));
                if flip { Expr::Compare(op, value, length) } else { Expr::Compare(op, length, value) }
            });
            let matched = prop::sample::select(PATTERNS.to_vec())
                .prop_map(move |pattern| Expr::Matches(this(), pattern.to_owned()));
            prop_oneof![2 => compared, 1 => listed, 2 => length, 1 => matched].boxed()
        }
    };
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            1 => inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

/// A constraint that fits a ground.
pub fn constraint(ground: Ground) -> BoxedStrategy<Constraint> {
    let listed = prop::collection::vec(literal(ground), 1..5).prop_map(Constraint::OneOf);
    let wheres = condition(ground).prop_map(Constraint::Where);
    match ground {
        Ground::Whole | Ground::Real => {
            let range = (prop::option::of(literal(ground)), prop::option::of(literal(ground)))
                .prop_map(|(low, high)| Constraint::Range { low, high });
            prop_oneof![4 => range, 1 => listed, 2 => wheres].boxed()
        }
        Ground::Text => {
            let length = (0_u64..4, prop::option::of(0_u64..5)).prop_map(|(min, max)| Constraint::Length { min, max });
            let matches = prop::sample::select(PATTERNS.to_vec()).prop_map(|text| Constraint::Matches(text.to_owned()));
            prop_oneof![3 => length, 2 => listed, 2 => matches, 2 => wheres].boxed()
        }
        Ground::Member => prop_oneof![2 => listed, 1 => wheres].boxed(),
    }
}

/// A type with constraints.
pub fn constrained(ground: Ground) -> BoxedStrategy<ValueType> {
    (bare(ground), any::<bool>(), prop::collection::vec(constraint(ground), 0..3))
        .prop_map(|(data, nullable, constraints)| ValueType { nullable, constraints, ..ValueType::plain(data) })
        .boxed()
}

/// Every value of a ground that the constraints above could tell apart, as far as it is one of the type's.
pub fn values(data: &DataType) -> Vec<Literal> {
    match data {
        DataType::Int(bits) => {
            let (low, high) = (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1);
            (-10..=10).map(number).chain([low, high].map(|end| Literal::Number(end.into()))).collect()
        }
        DataType::Uint(bits) => {
            let high = (1_i128 << bits) - 1;
            (0..=10).map(number).chain([Literal::Number(high.into())]).collect()
        }
        DataType::Float(_) => {
            let quarters = (-44_i64..=44).map(|n| Literal::Number(bigdecimal::BigDecimal::new((n * 25).into(), 2)));
            quarters.chain([Literal::Nan, number(1_000_000), number(-1_000_000)]).collect()
        }
        DataType::Enum { members, open } => {
            let more = WORDS.iter().copied().filter(|_| *open).map(text);
            members.iter().map(|member| text(member)).chain(more).collect()
        }
        DataType::String => WORDS.iter().copied().map(text).chain([text("bbbbbbb"), text("abababab")]).collect(),
        _ => Vec::new(),
    }
}

/// Any type of the language, as deep as three levels.
pub fn any_type() -> BoxedStrategy<ValueType> {
    let scalar = prop::sample::select(vec![
        DataType::Bool,
        DataType::Bytes,
        DataType::Uuid,
        DataType::Date,
        DataType::Time,
        DataType::Timestamp { unit: TimeUnit::Ms, naive: false },
        DataType::Timestamp { unit: TimeUnit::Us, naive: false },
        DataType::Timestamp { unit: TimeUnit::Ns, naive: false },
        DataType::Timestamp { unit: TimeUnit::Us, naive: true },
        DataType::Duration,
        DataType::Json,
        DataType::Decimal { precision: 9, scale: 2 },
        DataType::Decimal { precision: 9, scale: 4 },
        DataType::Decimal { precision: 12, scale: 4 },
    ]);
    let plain = (scalar, any::<bool>()).prop_map(|(data, nullable)| ValueType { nullable, ..ValueType::plain(data) });
    let leaf = prop_oneof![1 => plain, 2 => ground().prop_flat_map(constrained)];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let data = prop_oneof![
            boxed.clone().prop_map(DataType::List),
            boxed.clone().prop_map(|value| DataType::Map(Box::new(ValueType::plain(DataType::String)), value)),
            (boxed, 1_u32..3).prop_map(|(element, length)| DataType::Vector { element, length }),
            prop::collection::vec(inner, 1..3).prop_map(|values| DataType::Struct(
                values
                    .into_iter()
                    .zip(["x", "y", "z"])
                    .map(|(value, name)| StructField { name: name.to_owned(), value, default: None })
                    .collect()
            )),
        ];
        (data, any::<bool>()).prop_map(|(data, nullable)| ValueType { nullable, ..ValueType::plain(data) })
    })
    .boxed()
}

/// A contract of some columns.
pub fn contract_of(values: Vec<ValueType>, keyed: bool) -> Contract {
    let columns: Vec<Column> =
        values.into_iter().zip(["a", "b", "c"]).map(|(value, name)| Column::plain(name, value)).collect();
    let keys = if keyed { vec![vec!["a".to_owned()]] } else { Vec::new() };
    Contract { name: "C".to_owned(), columns, keys, ..Contract::default() }
}

/// Any contract of up to three columns.
pub fn any_contract() -> impl Strategy<Value = Contract> {
    (prop::collection::vec(any_type(), 1..4), any::<bool>()).prop_map(|(values, keyed)| contract_of(values, keyed))
}
