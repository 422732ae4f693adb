//! The laws of `<:` on random types and contracts, and its answers against every value of small worlds.

use std::cell::Cell;

use mlp_analysis::subtype::{
    Edge,
    constraints::{Answer, implies},
    contracts,
    domain::Domain,
    values::accepts,
};
use mlp_generate::{
    Ground, any_contract, any_type, bare, constrained, contract_of, ends, fixed, ground, type_on, values,
};
use mlp_plan::{Constraint, Contract, DataType, TimeUnit, ValueType, holds::holds};
use proptest::prelude::*;

fn between(from: &ValueType, to: &ValueType) -> Edge {
    contracts(&contract_of(vec![from.clone()], false), &contract_of(vec![to.clone()], false))
}

/// Whether a value satisfies all constraints; `None` where it cannot be told.
fn in_all(constraints: &[Constraint], data: &DataType, value: &mlp_plan::Literal) -> Option<bool> {
    constraints.iter().map(|constraint| holds(constraint, data, value)).try_fold(true, |all, one| Some(all && one?))
}

/// The same type, wider: fewer constraints, more members, more null.
fn wider(value: ValueType) -> impl Strategy<Value = ValueType> {
    let kept = prop::collection::vec(any::<bool>(), value.constraints.len());
    (kept, any::<bool>(), any::<bool>()).prop_map(move |(kept, null, bigger)| {
        let mut wide = value.clone();
        let mut kept = kept.into_iter();
        wide.constraints.retain(|_| kept.next().unwrap_or(true));
        wide.nullable |= null;
        wide.data = match (wide.data, bigger) {
            (DataType::Int(8), true) => DataType::Int(32),
            (DataType::Int(32), true) => DataType::Float(64),
            (DataType::Uint(8), true) => DataType::Int(16),
            (DataType::Float(32), true) => DataType::Float(64),
            (DataType::Enum { members, .. }, true) => DataType::Enum { members, open: true },
            (DataType::Enum { open: false, .. }, false) => DataType::String,
            (DataType::Decimal { precision, scale }, true) if precision < 30 => {
                DataType::Decimal { precision: precision + 3, scale: scale + 2 }
            }
            (DataType::Timestamp { unit: TimeUnit::Ms, naive }, true) => {
                DataType::Timestamp { unit: TimeUnit::Us, naive }
            }
            (other, _) => other,
        };
        wide
    })
}

fn chain() -> impl Strategy<Value = (ValueType, ValueType, ValueType)> {
    let widened = any_type().prop_flat_map(|a| {
        wider(a.clone()).prop_flat_map(move |b| {
            let a = a.clone();
            wider(b.clone()).prop_map(move |c| (a.clone(), b.clone(), c))
        })
    });
    let small = ground().prop_flat_map(|ground| (type_on(ground), type_on(ground), type_on(ground)));
    prop_oneof![2 => widened, 1 => small]
}

/// Two types of which the one may be accepted as the other.
fn meeting() -> impl Strategy<Value = (ValueType, ValueType)> {
    ground().prop_flat_map(|from| {
        let to = match from {
            Ground::Whole => vec![Ground::Whole, Ground::Real],
            Ground::Member => vec![Ground::Member, Ground::Text],
            other => vec![other],
        };
        (constrained(from), prop::sample::select(to).prop_flat_map(constrained))
    })
}

/// The numbers that widen without loss, as the language reference has it.
fn widens(from: &str, to: &str) -> bool {
    let rows = [
        ("int8", "int8 int16 int32 int64 float32 float64"),
        ("int16", "int16 int32 int64 float32 float64"),
        ("int32", "int32 int64 float64"),
        ("int64", "int64"),
        ("uint8", "uint8 uint16 uint32 uint64 int16 int32 int64 float32 float64"),
        ("uint16", "uint16 uint32 uint64 int32 int64 float32 float64"),
        ("uint32", "uint32 uint64 int64 float64"),
        ("uint64", "uint64"),
        ("float32", "float32 float64"),
        ("float64", "float64"),
    ];
    rows.iter().any(|(name, wide)| *name == from && wide.split(' ').any(|name| name == to))
}

#[test]
fn numbers_widen_as_the_table_says() {
    let mut numbers: Vec<DataType> = Vec::new();
    for bits in [8, 16, 32, 64] {
        numbers.extend([DataType::Int(bits), DataType::Uint(bits)]);
    }
    numbers.extend([DataType::Float(32), DataType::Float(64)]);
    for from in &numbers {
        for to in &numbers {
            let answer = accepts(from, to);
            assert_eq!(answer == Some(Answer::Proven), widens(&from.to_string(), &to.to_string()), "{from} <: {to}");
            assert_ne!(answer, Some(Answer::Unknown), "{from} <: {to}");
        }
    }
}

#[test]
fn decimals_keep_their_digits_on_both_sides_of_the_point() {
    for (p, s) in (1..=6_u8).flat_map(|p| (0..=p).map(move |s| (p, s))) {
        for (q, t) in (1..=6_u8).flat_map(|q| (0..=q).map(move |t| (q, t))) {
            let answer =
                accepts(&DataType::Decimal { precision: p, scale: s }, &DataType::Decimal { precision: q, scale: t });
            assert_eq!(answer == Some(Answer::Proven), p - s <= q - t && s <= t, "({p}, {s}) <: ({q}, {t})");
        }
    }
}

#[test]
fn what_is_proven_twice_is_proven_at_once() {
    let twice = Cell::new(0_u32);
    let tried = fixed(8_000).run(&chain(), |(a, b, c)| {
        if between(&a, &b).is_proven() && between(&b, &c).is_proven() {
            twice.set(twice.get() + 1);
            let edge = between(&a, &c);
            prop_assert!(edge.is_proven(), "{:?} <: {:?} <: {:?}: {:?}", a, b, c, edge);
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    assert!(twice.get() > 1_000, "{twice:?}");
}

#[test]
fn answers_are_true_of_every_value() {
    let (proven, refuted, unknown) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let tried = fixed(12_000).run(&meeting(), |(a, b)| {
        if accepts(&a.data, &b.data) != Some(Answer::Proven) {
            return Ok(());
        }
        let within: Vec<_> =
            values(&a.data).into_iter().filter(|value| in_all(&a.constraints, &a.data, value) == Some(true)).collect();
        for wanted in &b.constraints {
            let answer = implies(&a, &b, wanted);
            for value in &within {
                let (one, told) = match answer {
                    Answer::Proven => (&proven, Some(false)),
                    Answer::Refuted => (&refuted, Some(true)),
                    Answer::Unknown => (&unknown, None),
                };
                one.set(one.get() + 1);
                if told.is_some() {
                    prop_assert_ne!(
                        holds(wanted, &b.data, value),
                        told,
                        "{:?}: {} and {}: {}",
                        answer,
                        a,
                        wanted,
                        value
                    );
                }
            }
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = [proven, refuted, unknown].map(|one| one.get());
    assert!(counts.iter().all(|count| *count > 4_000), "{counts:?}");
}

/// Two types on one ordered ground, each an interval; values lie closer together than the ends do.
fn intervals() -> impl Strategy<Value = (ValueType, ValueType)> {
    let ordered: Vec<Ground> = Ground::ALL.into_iter().filter(|ground| ground.is_ordered()).collect();
    prop::sample::select(ordered).prop_flat_map(|ground| {
        let of = move || {
            let ground = if ground == Ground::Tenth { Ground::Real } else { ground };
            (bare(ground), ends(ground))
                .prop_map(|(data, ends)| ValueType { constraints: vec![ends], ..ValueType::plain(data) })
        };
        (of(), of()).prop_map(|(a, b)| (a.clone(), ValueType { data: a.data, ..b }))
    })
}

/// Whether the values of a type lie as dense as the ends of its intervals do: between two ends, there is one.
const fn is_dense(data: &DataType) -> bool {
    match data {
        DataType::Int(bits) => *bits > 8,
        DataType::Float(_) => true,
        _ => false,
    }
}

#[test]
fn intervals_are_decided() {
    let (proven, refuted, unknown) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let tried = fixed(12_000).run(&intervals(), |(a, b)| {
        let within: Vec<_> =
            values(&a.data).into_iter().filter(|value| in_all(&a.constraints, &a.data, value) == Some(true)).collect();
        let kept = within.iter().filter(|value| in_all(&b.constraints, &b.data, value) == Some(true)).count();
        let answer = implies(&a, &b, &b.constraints[0]);
        let told = format!("{:?}: {} {} and {}", answer, a, a.constraints[0], b.constraints[0]);
        match answer {
            Answer::Proven => prop_assert_eq!(kept, within.len(), "{}", told),
            Answer::Refuted => prop_assert_eq!(kept, 0, "{}", told),
            Answer::Unknown if is_dense(&a.data) => {
                prop_assert!(kept > 0 && kept < within.len(), "{} of {}, {}", kept, within.len(), told);
            }
            Answer::Unknown => {}
        }
        let one = match answer {
            Answer::Proven => &proven,
            Answer::Refuted => &refuted,
            Answer::Unknown => &unknown,
        };
        one.set(one.get() + 1);
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = [proven, refuted, unknown].map(|one| one.get());
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_contract_is_accepted_as_itself(contract in any_contract()) {
        let edge = contracts(&contract, &contract);
        prop_assert!(edge.is_proven(), "{:?}", edge);
    }

    #[test]
    fn null_goes_one_way(value in any_type()) {
        let bare = ValueType { nullable: false, ..value };
        let maybe = bare.clone().or_null();
        prop_assert!(between(&bare, &maybe).is_proven());
        let back = between(&maybe, &bare);
        prop_assert!(back.problems.iter().any(|problem| problem.kind == mlp_analysis::subtype::ProblemKind::Null));
    }

    #[test]
    fn a_key_is_never_null(contract in any_contract()) {
        for column in &contract.columns {
            let keyed = contract.keys.iter().any(|key| key.contains(&column.name));
            prop_assert_eq!(contract.may_be_null(column), column.value.nullable && !keyed);
        }
    }

    #[test]
    fn more_columns_are_accepted_and_fewer_are_not(contract in any_contract()) {
        let contract = Contract { keys: Vec::new(), ..contract };
        let mut narrow = contract.clone();
        let gone = narrow.columns.pop();
        prop_assert!(contracts(&contract, &narrow).is_proven());
        let back = contracts(&narrow, &contract);
        prop_assert_eq!(back.problems.len(), usize::from(gone.is_some()), "{:?}", back);
    }

    #[test]
    fn what_cannot_be_satisfied_has_no_value(a in ground().prop_flat_map(constrained)) {
        if Domain::of(&a).empty().is_some() {
            for value in values(&a.data) {
                prop_assert_ne!(in_all(&a.constraints, &a.data, &value), Some(true), "{}: {}", a, value);
            }
        }
    }
}

#[test]
fn bytes_are_as_long_as_their_bytes() {
    let listed = |data| ValueType {
        constraints: vec![Constraint::OneOf(vec![mlp_plan::Literal::Text("\u{e4}".to_owned())])],
        ..ValueType::plain(data)
    };
    let exactly = |count| Constraint::Length { min: count, max: Some(count) };
    for (data, length) in [(DataType::Bytes, 2), (DataType::String, 1)] {
        let from = listed(data);
        assert_eq!(implies(&from, &from, &exactly(length)), Answer::Proven, "{from}");
        assert_eq!(implies(&from, &from, &exactly(3 - length)), Answer::Refuted, "{from}");
    }
}
