//! What a person would have written, and would not have.

use std::{fmt::Write as _, fs, path::PathBuf};

use mlp_plan::{Contract, DataType};

use super::{broken, infer};

/// Infers the contract of a CSV text, holds the text to it, and gives a line for each column.
fn of_csv(text: &str) -> (Vec<String>, Contract, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("data.csv");
    fs::write(&path, text).unwrap();
    let inferred = infer(&path).unwrap();
    assert_eq!(broken(&path, &inferred), Vec::<String>::new());
    let line = |column: &mlp_plan::Column| {
        let mut line = format!("{}: {}", column.name, column.value);
        column.value.constraints.iter().for_each(|constraint| write!(line, " {constraint}").unwrap());
        line
    };
    let doubts = inferred.unsure.iter().map(|unsure| unsure.what.clone()).collect();
    (inferred.contract.columns.iter().map(line).collect(), inferred.contract, doubts)
}

/// So many rows of a column.
fn column(name: &str, rows: usize, value: impl Fn(usize) -> String) -> String {
    (0..rows).fold(format!("{name}\n"), |text, row| text + &value(row) + "\n")
}

fn line(name: &str, rows: usize, value: impl Fn(usize) -> String) -> String {
    // a column of one null would be an empty line
    let text = column(&format!("row_label,{name}"), rows, |row| format!("r,{}", value(row)));
    of_csv(&text).0.pop().unwrap()
}

#[test]
fn ranges_are_meant_or_not_there() {
    for (name, value, expected) in [
        ("month", Box::new(|row: usize| row % 7 + 2) as Box<dyn Fn(usize) -> usize>, "month: int64 in 1 .. 12"),
        ("hour", Box::new(|row| row % 20 + 3), "hour: int64 in 0 .. 23"),
        ("day", Box::new(|row| row % 200 + 1), "day: int64 in 1 .."),
        ("customer_id", Box::new(|row| row * 7 % 97 + 13), "customer_id: int64 in 0 .."),
        ("distance", Box::new(|row| row * 31 % 4_900 + 83), "distance: int64 in 0 .. 5000"),
        // a long tail has no end
        ("amount", Box::new(|row| if row == 7 { 90_000 } else { row % 40 + 5 }), "amount: int64 in 0 .."),
        ("rooms", Box::new(|row| row % 4 + 1), "rooms: int64 in 1 .. 4"),
        ("temperature", Box::new(|row| row % 40), "temperature: int64"),
        // money has no end
        ("price", Box::new(|row| row * 31 % 700 + 5), "price: int64 in 0 .."),
    ] {
        assert_eq!(line(name, 158, |row| value(row).to_string()), expected);
    }
    assert_eq!(line("humidity", 150, |row| format!("{}.5", row % 90)), "humidity: float64 in 0 .. 100");
    assert_eq!(line("delay", 150, |row| format!("-{}", row % 90)), "delay: int64");
    assert_eq!(line("distance", 5, |row| row.to_string()), "distance: int64", "five rows say nothing");
}

#[test]
fn texts_are_what_they_read_as() {
    for (value, expected) in [
        (Box::new(|row: usize| format!("2013-10-{:02}", row % 28 + 1)) as Box<dyn Fn(usize) -> String>, "a: date"),
        (Box::new(|row| format!("2013-10-01T{:02}:00:00Z", row % 24)), "a: timestamp"),
        (Box::new(|row| format!("2013-10-01 {:02}:00:00", row % 24)), "a: timestamp(naive)"),
        (Box::new(|row| ["true", "False"][row % 2].to_owned()), "a: bool"),
        (Box::new(|row| format!("{row}.25")), "a: float64 in 0 .."),
        // a tool that has no whole number beside nulls
        (Box::new(|row| if row % 9 == 0 { String::new() } else { format!("{row}.0") }), "a: int64? in 1 .."),
        (Box::new(|row| format!("{row}.0")), "a: float64 in 0 .."),
        // codes, not numbers
        (Box::new(|row| format!("{:05}", row * 37)), "a: string matches /[0-9]{5}/"),
        (Box::new(|row| ["EWR", "JFK", "LGA"][row % 3].to_owned()), "a: enum { EWR, JFK, LGA }"),
        (Box::new(|row| ["on time", "late"][row % 2].to_owned()), "a: string in { \"late\", \"on time\" }"),
        (Box::new(|row| format!("{}{}", ["N", "D"][row % 2], 1_000 + row)), "a: string matches /[A-Z][0-9]{4}/"),
        (Box::new(|row| "word ".repeat(row % 9 + 1)), "a: string in { "),
        (Box::new(|row| format!("the {row}th of many texts")), "a: string"),
        // as long as each other by chance
        (Box::new(|row| format!("Jan {} 2000", row % 9 + 1)), "a: string in { "),
        (Box::new(|row| format!("Jan {} {}", row % 9 + 1, 1_900 + row)), "a: string"),
        // a set of which most members came once is none
        (Box::new(|row| ["one", "two", "three", "four", "five"][row.min(4)].to_owned()), "a: string"),
    ] {
        let found = line("a", 158, value);
        assert!(found == expected || (expected.ends_with("{ ") && found.starts_with(expected)), "{found} / {expected}");
    }
}

#[test]
fn keys_are_told_from_chance() {
    let (_, contract, doubts) = of_csv(&column("order_id,price", 200, |row| format!("{row},{}", row * 3)));
    assert_eq!(contract.keys, [["order_id"]]);
    assert!(doubts.is_empty() || doubts.iter().all(|doubt| doubt.contains("no value comes twice")), "{doubts:?}");

    let day = |row: usize| format!("2013-{:02}-{:02}", row / 56 % 12 + 1, row / 2 % 28 + 1);
    let place = |row: usize| ["EWR", "JFK"][row % 2];
    let text = column("day,origin,temp", 600, |row| format!("{},{},{}", day(row), place(row), row % 50));
    let (_, contract, doubts) = of_csv(&text);
    assert_eq!(contract.keys, [["day", "origin"]]);
    assert!(doubts.contains(&"no two rows have the same (day, origin): is that their key?".to_owned()), "{doubts:?}");

    let (_, contract, doubts) = of_csv(&column("name,size", 200, |row| format!("a{},1", row % 20)));
    assert_eq!(contract.keys, Vec::<Vec<String>>::new());
    assert!(doubts.iter().any(|doubt| doubt.starts_with("no key was found")), "{doubts:?}");
}

#[test]
fn doubts_are_told() {
    let (lines, contract, doubts) = of_csv(&column("kind,empty,size", 100, |row| {
        format!("same,,{}", if row % 5 == 0 { "NA".to_owned() } else { row.to_string() })
    }));
    assert_eq!(lines, ["kind: string", "empty: string?", "size: string"]);
    let first = contract.columns.first().unwrap();
    assert_eq!(first.value.data, DataType::String);
    for doubt in [
        "always \"same\" here: is this one part of a larger table?",
        "every value is null: the type is a guess",
        "`NA` stands 20 times: does it mean that there is no value? `--null` reads it as such",
    ] {
        assert!(doubts.iter().any(|found| found == doubt), "{doubt}: {doubts:?}");
    }
    let (_, _, doubts) = of_csv("a,b c\n1,2\n");
    assert_eq!(doubts.first().unwrap(), "one row tells little: ranges, sets and patterns are left to you");
    assert!(doubts.iter().any(|doubt| doubt.starts_with("the column \"b c\" is left out")), "{doubts:?}");
}

#[test]
fn what_identifies_is_told_from_what_refers() {
    let header = "order_id,customer_id,external_id,phone,price";
    let row = |row: usize| format!("{row},{},{},{},{}", row % 700, 9_000 - row, 5_550_000 + row * 7, row % 13);
    let (lines, contract, doubts) = of_csv(&column(header, 1_500, row));
    assert_eq!(contract.keys, [["order_id"]]);
    assert_eq!(
        lines[1..4],
        ["customer_id: int64 in 0 ..", "external_id: int64 in 0 .. unique", "phone: int64 in 0 .."]
    );
    assert!(doubts.contains(&"no value comes twice: `unique`, if that is meant".to_owned()), "{doubts:?}");

    let (_, contract, doubts) = of_csv(&column("order_id,customer_id", 20, |row| format!("{row},{}", row * 7)));
    assert_eq!(contract.keys, [["order_id"]]);
    assert!(doubts.contains(&"no value comes twice in 20 rows: is this the key?".to_owned()), "{doubts:?}");
}

#[test]
fn what_says_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, expected) in [
        ("empty.csv", "", "there are no columns"),
        ("empty.jsonl", "", "there are no columns"),
        ("objects.jsonl", "{}\n{}\n", "there are no columns"),
        ("header.csv", "a,b\n", "there are no rows, and without them text says nothing about its types"),
        ("semicolons.csv", "a;b\n1;2\n", "no column remains for a contract: the column \"a;b\" is left out"),
        ("numbers.csv", "1,2\n3,4\n", "the first line is taken for names with `,` between them"),
        ("zeros.csv", "\0\0\0\0", "no column remains for a contract: the column \"\\0\\0\\0\\0\" is left out"),
        ("twice.csv", "a,b,a\n1,2,3\n", "column `a` stands twice"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let said = infer(&path).unwrap_err().to_string();
        assert!(said.contains(expected) && said.contains(name), "{said}");
    }
}
