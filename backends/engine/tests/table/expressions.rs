//! Conditions over rows and over sets, by what they give on a small table.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use mlp_engine::table::{
    expr::Rows,
    set::{Asked, Gathering},
};
use mlp_plan::{ArithmeticOp, CompareOp, Expr, Literal};

use crate::common::*;

fn table() -> RecordBatch {
    let small: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), None, Some(4)]));
    let large: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, 2, 3, i64::MIN]));
    let real: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None, Some(-2.5)]));
    let single: ArrayRef = Arc::new(Float32Array::from(vec![0.1, 0.2, 0.3, 0.4]));
    let money: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(150), Some(-1_025), None, Some(10)]).with_precision_and_scale(12, 2).unwrap(),
    );
    let word: ArrayRef = Arc::new(StringArray::from(vec![Some("Äpfel"), Some(" b "), None, Some("")]));
    let day: ArrayRef = Arc::new(Date32Array::from(vec![Some(15_706), Some(0), None, Some(-1)]));
    let at: ArrayRef = Arc::new(
        TimestampMicrosecondArray::from(vec![Some(START), Some(START + 1), None, Some(0)]).with_timezone("UTC"),
    );
    batch(vec![
        ("small", small),
        ("large", large),
        ("real", real),
        ("single", single),
        ("money", money),
        ("word", word),
        ("day", day),
        ("at", at),
    ])
}

fn literal(value: Literal) -> Expr {
    Expr::Literal(value)
}

fn num(text: &str) -> Expr {
    literal(number(text))
}

fn cmp(left: Expr, op: CompareOp, right: Expr) -> Expr {
    Expr::Compare(op, Box::new(left), Box::new(right))
}

fn math(left: Expr, op: ArithmeticOp, right: Expr) -> Expr {
    Expr::Arithmetic(op, Box::new(left), Box::new(right))
}

/// `t`, `f` or `?` for each row.
fn truth(expr: &Expr) -> String {
    let table = table();
    let rows = Rows { batch: Some(&table), this: None, rows: 4 };
    rows.truth(expr).unwrap().iter().map(|value| value.map_or('?', |value| if value { 't' } else { 'f' })).collect()
}

#[test]
fn conditions_of_rows() {
    use ArithmeticOp::{Add, Div, Mul, Sub};
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    let day = || literal(Literal::Date("2013-01-01".parse().unwrap()));
    let hour = || literal(Literal::Duration(3_600_000_000_000));
    let text = |text: &str| literal(Literal::Text(text.to_owned()));
    let both = |left: Expr, right: Expr| Expr::All(vec![left, right]);
    let either = |left: Expr, right: Expr| Expr::Any(vec![left, right]);
    let cases = [
        (cmp(col("small"), Ge, num("1.5")), "ft?t"),
        (cmp(num("2"), Eq, col("small")), "ft?f"),
        (cmp(col("small"), Eq, literal(Literal::Null)), "????"),
        // Integers beyond 2^53 are compared and added exactly.
        (cmp(col("large"), Eq, num("9223372036854775807")), "tfff"),
        (cmp(math(col("large"), Add, num("1")), Gt, num("9223372036854775807")), "tfff"),
        (cmp(math(col("large"), Mul, col("large")), Ge, num("4")), "tttt"),
        // NaN is neither more nor less, and not equal.
        (cmp(col("real"), Lt, num("1")), "tf?t"),
        (cmp(col("real"), Ne, num("0.5")), "ft?t"),
        // A literal has the width of its column.
        (cmp(col("single"), Eq, num("0.1")), "tfff"),
        (cmp(col("money"), Le, num("0.1")), "ft?t"),
        (cmp(math(col("money"), Sub, col("small")), Ge, num("0.5")), "tf?f"),
        (cmp(math(num("1"), Div, math(col("small"), Sub, num("1"))), Gt, num("0")), "?t?t"),
        (cmp(Expr::Negate(Box::new(col("small"))), Lt, num("-1")), "ft?t"),
        // Dates are midnights; an instant less an instant is a span.
        (cmp(col("at"), Gt, day()), "tt?f"),
        (cmp(col("day"), Eq, day()), "tf?f"),
        (cmp(math(col("at"), Sub, day()), Gt, literal(Literal::Duration(18_000_000_000_000))), "ft?f"),
        (cmp(math(col("at"), Add, hour()), Gt, col("at")), "tt?t"),
        (cmp(col("day"), Lt, col("at")), "tt?t"),
        (cmp(col("word"), Lt, text("b")), "ft?t"),
        // Unknown or true is true; unknown and false is false.
        (either(cmp(col("small"), Gt, num("1")), cmp(col("large"), Gt, num("2"))), "tttt"),
        (both(cmp(col("small"), Gt, num("1")), cmp(col("large"), Lt, num("3"))), "ftft"),
        (Expr::Not(Box::new(cmp(col("small"), Gt, num("1")))), "tf?f"),
        (Expr::Between { value: Box::new(col("small")), low: Some(Box::new(num("2"))), high: None }, "ft?t"),
        (Expr::Between { value: Box::new(col("real")), low: None, high: Some(Box::new(num("0"))) }, "ff?t"),
        (Expr::OneOf(Box::new(col("small")), vec![number("1"), number("4")]), "tf?t"),
        (Expr::Matches(Box::new(col("word")), ".*".to_owned()), "tt?t"),
        (Expr::Matches(Box::new(col("word")), "b".to_owned()), "ff?f"),
        (cmp(call("length", vec![col("word")]), Eq, num("5")), "tf?f"),
        (cmp(call("length", vec![call("trim", vec![col("word")])]), Eq, num("1")), "ft?f"),
        (cmp(call("upper", vec![col("word")]), Eq, text("ÄPFEL")), "tf?f"),
        (cmp(call("lower", vec![col("word")]), Eq, text("äpfel")), "tf?f"),
        (call("is_none", vec![col("real")]), "fftf"),
        (cmp(call("coalesce", vec![col("small"), num("9")]), Eq, num("9")), "fftf"),
        (cmp(call("coalesce", vec![col("word"), text("none")]), Eq, text("none")), "fftf"),
        (cmp(call("abs", vec![col("money")]), Gt, num("10")), "ft?f"),
        (cmp(call("floor", vec![col("money")]), Eq, num("-11")), "ft?f"),
        (cmp(call("ceil", vec![col("money")]), Eq, num("2")), "tf?f"),
        (cmp(call("round", vec![col("real")]), Eq, num("-3")), "ff?t"),
        (cmp(call("year", vec![col("day")]), Eq, num("1969")), "ff?t"),
        (cmp(call("hour", vec![col("at")]), Eq, num("5")), "tt?f"),
        (cmp(call("month", vec![col("at")]), Eq, num("1")), "tt?t"),
    ];
    for (expr, expected) in cases {
        assert_eq!(truth(&expr), expected, "{expr}");
    }
}

#[test]
fn what_cannot_be_asked_is_an_error_in_words() {
    let table = table();
    let rows = Rows { batch: Some(&table), this: None, rows: 4 };
    let error = |expr: Expr| rows.truth(&expr).unwrap_err().to_string();
    let errors = [
        error(cmp(col("gone"), CompareOp::Eq, num("1"))),
        error(cmp(col("word"), CompareOp::Eq, num("1"))),
        error(cmp(col("at"), CompareOp::Eq, num("1"))),
        error(col("small")),
        error(Expr::This),
        error(Expr::Param("x".to_owned())),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r###"
    there is no column `gone`
    text stands where a number is needed
    1 stands where a time is needed
    a number stands where a condition is needed
    `self` stands outside of a column
    `x` is not about rows
    "###);
}

#[test]
fn values_of_sets() {
    let table = table();
    let share = |share: &str| vec![col("single"), num(share)];
    let asked = [
        call("rows", vec![]),
        call("null_rate", vec![col("small")]),
        call("distinct", vec![col("small")]),
        call("distinct", vec![col("word")]),
        call("mean", vec![col("small")]),
        call("sum", vec![col("small")]),
        call("sum", vec![col("large")]),
        call("sum", vec![col("money")]),
        call("stddev", vec![col("small")]),
        call("min", vec![col("money")]),
        call("max", vec![col("at")]),
        call("min", vec![col("day")]),
        call("max", vec![col("word")]),
        call("max", vec![col("real")]),
        call("quantile", vec![col("small"), num("0.5")]),
        call("quantile", vec![col("small"), num("0.75")]),
        call("quantile", share("1")),
        call("fraction", vec![cmp(col("small"), CompareOp::Ge, num("2"))]),
        call("freshness", vec![col("at")]),
        call("correlation", vec![col("small"), col("single")]),
        math(call("rows", vec![]), ArithmeticOp::Mul, num("0.5")),
        Expr::Between {
            value: Box::new(call("rows", vec![])),
            low: Some(Box::new(num("1"))),
            high: Some(Box::new(num("4"))),
        },
    ];
    let now = Asked { now: Some("2013-01-01T06:00:00".parse().unwrap()), lean: 0.0 };
    let mut lines = Vec::new();
    // The same by one batch, by a batch for each row, and by none.
    for batches in [vec![table.clone()], (0..4).map(|row| table.slice(row, 1)).collect(), vec![]] {
        let mut gathering = Gathering::new(asked.iter(), &|_| None);
        batches.iter().for_each(|batch| gathering.add(batch).unwrap());
        lines.push(
            asked.iter().map(|expr| format!("{expr} = {}", gathering.value(expr, now).unwrap())).collect::<Vec<_>>(),
        );
    }
    for (whole, rows) in lines[0].iter().zip(&lines[1]) {
        let value = |line: &String| line.rsplit(" = ").next().unwrap().parse::<f64>().ok();
        match (value(whole), value(rows)) {
            (Some(a), Some(b)) => assert!((a - b).abs() < 1e-12, "{whole} and {rows}"),
            _ => assert_eq!(whole, rows),
        }
    }
    insta::assert_snapshot!(lines[0].join("\n"), @r###"
    rows = 4
    null_rate(small) = 0.25
    distinct(small) = 3
    distinct(word) = 3
    mean(small) = 2.3333333333333335
    sum(small) = 7
    sum(large) = 4
    sum(money) = -8.65
    stddev(small) = 1.5275252316519465
    min(money) = -10.25
    max(at) = 2013-01-01T05:00:00.000001Z
    min(day) = 1969-12-31
    max(word) = "Äpfel"
    max(real) = 0.5
    quantile(small, 0.5) = 2
    quantile(small, 0.75) = 3
    quantile(single, 1) = 0.4000000059604645
    fraction(small >= 2) = 0.6666666666666666
    freshness(at) = 3599999999us
    correlation(small, single) = 1
    rows * 0.5 = 2
    rows in 1 .. 4 = true
    "###);
    insta::assert_snapshot!(lines[2].join("\n"), @r###"
    rows = 0
    null_rate(small) = 0
    distinct(small) = 0
    distinct(word) = 0
    mean(small) = none
    sum(small) = 0
    sum(large) = 0
    sum(money) = 0
    stddev(small) = none
    min(money) = none
    max(at) = none
    min(day) = none
    max(word) = none
    max(real) = none
    quantile(small, 0.5) = none
    quantile(small, 0.75) = none
    quantile(single, 1) = none
    fraction(small >= 2) = none
    freshness(at) = none
    correlation(small, single) = none
    rows * 0.5 = 0
    rows in 1 .. 4 = false
    "###);
}
