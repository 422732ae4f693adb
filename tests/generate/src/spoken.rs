//! Contracts in which everything is said that a contract can say.

use mlp_plan::{
    Column, CompareOp, Compatibility, Contract, DataType, Expectation, Expr, Literal, Place, Reference, ValueType,
};
use proptest::prelude::*;

use crate::{any_type, number};

/// Names of columns: words of the language and of others, and other alphabets.
const NAMES: [&str; 22] = [
    "id", "key", "label", "where", "owner", "expect", "unique", "rows", "été", "_x", "class", "select", "order",
    "type", "self", "unit", "version", "known", "def", "import", "message", "Größe2",
];

/// Texts that a careless writer would break on.
const TEXTS: [&str; 12] = [
    "plain words",
    "it's \"quoted\"",
    "a \\ b \\n c",
    "{{ braces }} {x} %s $1",
    "two\nlines",
    "tab\there",
    "# no: comment, - list",
    "*/ // -- <!-- end",
    "žluťoučký 🦀 \u{202e}",
    "'''\"\"\"",
    "null",
    "0x1F",
];

/// A text that is hard to quote.
pub fn hard_text() -> impl Strategy<Value = String> {
    prop::sample::select(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn said(text: impl Strategy<Value = String>) -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.3, text)
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

/// A default that fits a type without constraints.
fn default(value: &ValueType) -> Option<Literal> {
    if !value.constraints.is_empty() {
        return value.nullable.then_some(Literal::Null);
    }
    Some(match &value.data {
        DataType::Bool => Literal::Bool(true),
        DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) => number(3),
        DataType::String | DataType::Bytes => Literal::Text("it's \"x\" {}".to_owned()),
        DataType::Enum { members, .. } => Literal::Text(members.first()?.clone()),
        _ => return value.nullable.then_some(Literal::Null),
    })
}

/// A column of a type, with all that can be said of it.
fn column(name: String, value: ValueType) -> impl Strategy<Value = Column> {
    let unit = prop::option::weighted(0.3, prop::sample::select(vec!["mi", "EUR", "m/s", "key"]));
    let numeric = match &value.data {
        DataType::List(element) | DataType::Vector { element, .. } => element.data.is_numeric(),
        data => data.is_numeric(),
    };
    let tags = prop::sample::subsequence(vec!["internal", "pii", "protected"], 0..3);
    let known = prop::option::weighted(0.2, prop::sample::select(vec!["asked", "answered"]));
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.3), unit, tags, known);
    let texts = (said(hard_text()), said(hard_text()), said(Just("old_name".to_owned())));
    (flags, texts).prop_map(move |((label, defaulted, unit, tags, known), (doc, deprecated, was))| Column {
        label,
        default: default(&value).filter(|_| defaulted),
        known_at: known.map(str::to_owned),
        tags: tags.into_iter().map(str::to_owned).collect(),
        was,
        deprecated,
        doc,
        ..Column::plain(name.clone(), ValueType { unit: unit.filter(|_| numeric).map(str::to_owned), ..value.clone() })
    })
}

fn is_keyable(data: &DataType) -> bool {
    !matches!(
        data,
        DataType::Json | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }
    )
}

/// Rules over the whole set that may be said of these columns.
fn expectations(columns: &[Column]) -> BoxedStrategy<Vec<Expectation>> {
    let call = |function: &str, args: Vec<Expr>| Expr::Call { function: function.to_owned(), args };
    let mut exprs =
        vec![Expr::Compare(CompareOp::Ge, Box::new(call("rows", vec![])), Box::new(Expr::Literal(number(10))))];
    // `rows` and `self` mean something else in an expression
    for column in columns.iter().filter(|column| !["rows", "self"].contains(&column.name.as_str())) {
        let of = |function: &str| call(function, vec![Expr::Column(column.name.clone())]);
        let share = Literal::Number(bigdecimal::BigDecimal::new(5.into(), 2));
        exprs.push(Expr::Compare(CompareOp::Le, Box::new(of("null_rate")), Box::new(Expr::Literal(share))));
        if column.value.data.is_numeric() {
            exprs.push(Expr::Compare(CompareOp::Lt, Box::new(of("mean")), Box::new(Expr::Literal(number(100)))));
            let quantile = call("quantile", vec![Expr::Column(column.name.clone()), Expr::Literal(number(1))]);
            exprs.push(Expr::Compare(CompareOp::Gt, Box::new(quantile), Box::new(Expr::Literal(number(-5)))));
        }
        if is_keyable(&column.value.data) {
            exprs.push(Expr::Compare(CompareOp::Gt, Box::new(of("distinct")), Box::new(Expr::Literal(number(2)))));
        }
    }
    let count = exprs.len();
    let each = (any::<bool>(), said(hard_text()));
    (prop::sample::subsequence(exprs, 0..=count.min(4)), prop::collection::vec(each, 4))
        .prop_map(|(exprs, with)| {
            exprs
                .into_iter()
                .zip(with)
                .map(|(expr, (warn, message))| Expectation { warn, expr, message, place: Place::default() })
                .collect()
        })
        .boxed()
}

fn settings() -> impl Strategy<Value = (Option<String>, Option<String>, Option<String>, Compatibility)> {
    use Compatibility::{Backward, BackwardAll, Forward, ForwardAll, Full, FullAll, None};
    let mode = prop::sample::select(vec![None, Backward, Forward, Full, BackwardAll, ForwardAll, FullAll]);
    (said(hard_text()), said(hard_text()), prop::option::of(Just("1.20.3".to_owned())), mode)
}

/// A contract with up to five columns of any type that says all that a contract can say; its references are to itself.
pub fn spoken_contract() -> BoxedStrategy<Contract> {
    let columns = prop::collection::btree_map(name(), any_type(), 1..6);
    columns
        .prop_flat_map(|named| named.into_iter().map(|(name, value)| column(name, value).boxed()).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_flat_map(|columns| {
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            let keyable: Vec<String> = columns
                .iter()
                .filter(|column| is_keyable(&column.value.data))
                .map(|column| column.name.clone())
                .collect();
            let most = keyable.len();
            let list = move |of: &Vec<String>| prop::sample::subsequence(of.clone(), 0..=of.len().min(2));
            let keys = (list(&keyable), prop::bool::weighted(0.2));
            let unique = list(&keyable);
            let reference = (prop::bool::weighted(0.2), 0..most.max(1));
            let rules = expectations(&columns);
            (Just((columns, names, keyable)), keys, unique, reference, rules, settings())
        })
        .prop_map(|((columns, names, keyable), (key, twice), unique, (refers, which), expectations, settings)| {
            let (doc, owner, version, compatibility) = settings;
            let mut keys: Vec<Vec<String>> = if key.is_empty() { vec![] } else { vec![key] };
            keys.extend(keyable.last().filter(|_| twice).map(|name| vec![name.clone()]));
            let references = keyable.get(which).filter(|_| refers).map(|name| Reference {
                contract: "Spoken".to_owned(),
                to: vec![name.clone()],
                from: vec![names.first().filter(|name| keyable.contains(name)).unwrap_or(name).clone()],
            });
            Contract {
                name: "Spoken".to_owned(),
                doc,
                owner,
                version,
                compatibility,
                columns,
                keys,
                uniques: if unique.is_empty() { vec![] } else { vec![unique] },
                references: references.into_iter().collect(),
                expectations,
                ..Contract::default()
            }
        })
        .boxed()
}
