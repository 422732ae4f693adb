//! What names stand for: in each text the names that stand for one thing are between `«` and `»`, and all of them are found from each of them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use mlp_ports::NoSql;
use mlp_source::Span;
use mlp_workspace::{Package, in_memory};

/// Takes the marks out of texts; answers the package, and the marked places by module.
fn marked(texts: &[(&str, &str)]) -> (Package, Vec<(String, u32, u32)>) {
    let mut places = Vec::new();
    let plain: Vec<(&str, String)> = texts
        .iter()
        .map(|(module, text)| {
            let mut out = String::new();
            for piece in text.split("«") {
                let Some((name, rest)) = piece.split_once("»") else {
                    out.push_str(piece);
                    continue;
                };
                let start = u32::try_from(out.len()).unwrap();
                out.push_str(name);
                places.push(((*module).to_owned(), start, u32::try_from(out.len()).unwrap()));
                out.push_str(rest);
            }
            (*module, out)
        })
        .collect();
    let borrowed: Vec<(&str, &str)> = plain.iter().map(|(module, text)| (*module, text.as_str())).collect();
    (Package::open(in_memory(&borrowed), Arc::new(NoSql)), places)
}

fn check(texts: &[(&str, &str)]) {
    let (package, places) = marked(texts);
    for (module, start, end) in &places {
        let document = package.documents().find(|document| document.module == *module).unwrap();
        let text = &document.text()[*start as usize..*end as usize];
        let at =
            package.symbol_at(document.id, *start).unwrap_or_else(|| panic!("nothing stands at `{text}` ({start})"));
        let found = package.occurrences(&at.symbol);
        let found: Vec<(String, u32, u32)> = found
            .into_iter()
            .map(|Span { file, start, end }| (package.document(file).unwrap().module.clone(), start, end))
            .collect();
        assert_eq!(found, places, "from `{text}` ({start}): {:?}", at.symbol);
    }
}

#[test]
fn a_declaration_is_found_in_other_modules_under_its_alias_too() {
    check(&[
        ("a", "contract «A» { id: int64 key }\nstage f(rows: Table<«A»>) -> Table<«A»> { run = command([\"x\"]) }\n"),
        ("b", "use a.{«A» as «Other»}\ncontract C = «Other» pick { id }\n"),
    ]);
}

#[test]
fn a_module_is_found_at_its_imports() {
    check(&[("a", "contract A { id: int64 }\ntype T = int32\n"), ("b", "use «a».{A}\n"), ("c", "use «a».{T}\n")]);
}

#[test]
fn a_column_is_found_through_the_algebra_keys_conditions_references_tests_and_arguments() {
    check(&[(
        "a",
        "contract A {\n  «id»: int64\n  n: int32 where self > «id»\n  key («id»)\n  expect null_rate(«id») <= 1%\n}\n\
         contract B = A pick { «id» } rename { «id» -> «number» }\n\
         contract C {\n  a: int64\n  references A(«id») from (a)\n  expect referenced(a, A.«id») >= 80%\n}\n\
         stage keep<T>(rows: Table<T>, by: field<T>) -> Table<T> { run = command([\"x\"]) }\n\
         source all() -> Table<A> { from = csv(\"a.csv\") }\n\
         pipeline p {\n  let some = keep(all(), .«id»)\n}\n\
         test \"rows\" {\n  expect A { «id»: 1, n: 2 } passes\n}\n",
    )]);
}

#[test]
fn a_column_is_found_where_a_break_of_it_is_accepted() {
    check(&[("a", "contract A {\n  «id»: int64\n  accepts break on «id» because \"decided\" until 2030-01-01\n}\n")]);
}

#[test]
fn outputs_are_found_in_calls_of_other_modules_and_in_the_body_that_makes_them() {
    let first = "contract A { id: int64 }\nsource all() -> Table<A> { from = csv(\"a.csv\") }\n\
                 stage part(rows: Table<A>) -> («some»: Table<A>, rest: Table<A>) { run = command([\"x\"]) }\n\
                 stage same(rows: Table<A>) -> (some: Table<A>, other: Table<A>) {\n  let parts = part(rows)\n  let some = parts.«some»\n  let other = parts.rest\n}\n";
    let second = "use a.{all, part}\npipeline p {\n  let parts = part(all())\n  let one = parts.«some»\n  let two = part(all()).«some»\n  let some = parts.rest\n}\n";
    check(&[("a", first), ("b", second)]);
    check(&[(
        "a",
        "contract A { id: int64 }\nsource all() -> Table<A> { from = csv(\"a.csv\") }\n\
         stage same(rows: Table<A>) -> («some»: Table<A>, other: Table<A>) {\n  let «some» = rows\n  let other = «some»\n}\n\
         pipeline p {\n  let both = same(all())\n  let one = both.«some»\n}\n",
    )]);
}

#[test]
fn a_column_of_another_contract_of_that_name_is_another() {
    check(&[(
        "a",
        "contract A { «id»: int64 }\ncontract B { id: int64, key (id) }\ncontract C = A without { «id» }\n",
    )]);
}

#[test]
fn parameters_and_lets_are_found_where_they_are_bound_used_and_given() {
    check(&[(
        "a",
        "contract A { id: int64 }\nsource all(«day»: date) -> Table<A> { from = csv(f\"{«day»}.csv\") }\n\
         pipeline p(day: date) {\n  let rows = all(«day»: day)\n  let more = all(«day»: 2020-01-01)\n}\n",
    )]);
    check(&[(
        "a",
        "contract A { id: int64 }\nsource all(day: date) -> Table<A> { from = csv(f\"{day}.csv\") }\nsink put(rows: Table<A>) { to = csv(\"b.csv\") }\n\
         pipeline p(«day»: date) {\n  let rows = all(day: «day»)\n  put(rows)\n  let each = [all(day: day) for day in [2020-01-01]]\n}\n",
    )]);
    check(&[(
        "a",
        "contract A { id: int64 }\nsource all() -> Table<A> { from = csv(\"a.csv\") }\nsink put(rows: Table<A>) { to = csv(\"b.csv\") }\n\
         pipeline p {\n  let «rows» = all()\n  put(rows: «rows»)\n}\npipeline q {\n  let rows = all()\n  put(rows)\n}\n",
    )]);
}

#[test]
fn type_parameters_are_found_in_the_stage_that_has_them() {
    check(&[(
        "a",
        "contract A { id: int64 }\n\
         stage keep<«T» <: A, U>(rows: Table<«T»>, by: field<«T»>, others: list<Table<U>>) -> (some: Table<«T» pick { id }>, rest: Table<U>) { run = command([\"x\"]) }\n\
         stage other<T>(rows: Table<T>) -> Table<T> { run = command([\"x\"]) }\n",
    )]);
}

#[test]
fn members_of_an_enum_are_found_in_conditions_defaults_arguments_and_rows() {
    check(&[(
        "a",
        "enum Port { «EWR», JFK }\n\
         contract A {\n  id: int64\n  at: Port = «EWR»\n  n: int32 where at != «EWR» or at in {«EWR», JFK}\n}\n\
         contract B { other: enum { «EWR», JFK }, more: enum { EWR, JFK, LGA } = EWR }\n\
         source all(at: Port = «EWR») -> Table<A> { from = csv(\"a.csv\") }\n\
         pipeline p {\n  let some = all(at: «EWR»)\n}\n\
         test \"rows\" {\n  expect A { id: 1, at: «EWR», n: 2 } passes\n}\n",
    )]);
}

#[test]
fn metrics_are_found_in_policies_and_tests() {
    check(&[(
        "a",
        "metrics M {\n  «auc»: ratio better higher\n  latency: { p99: duration }\n}\n\
         policy P(candidate: Report<M>) {\n  require candidate.«auc» >= 0.7\n  require candidate.latency.p99 <= 1s\n}\n\
         test \"t\" {\n  let r = Report<M> { «auc»: 0.8, latency.p99: 1s }\n  expect P(r) passes\n}\n",
    )]);
}

#[test]
fn rungs_moments_and_tags_are_found() {
    let program = |rung: &str, moment: &str, tag: &str| {
        format!(
            "moments {moment} < settled\ncontract A {{ id: int64, x: float64 @{tag} known at {moment} }}\ncontract B {{ id: int64 }}\n\
             model M: Model<A, B> {{\n  ladder = [staging, {rung}]\n  predicts at {moment}\n}}\n\
             deployment D of M.{rung} {{\n  request = A\n}}\ncontract C = A without @{tag}\n"
        )
    };
    check(&[("a", &program("«live»", "ordered", "pii"))]);
    check(&[("a", &program("live", "«ordered»", "pii"))]);
    check(&[("a", &program("live", "ordered", "«pii»").replace("@«", "«@"))]);
}

#[test]
fn what_stands_nowhere_is_nothing() {
    let (package, _) = marked(&[("a", "contract A { id: int64 }\n// A\n")]);
    let document = package.documents().next().unwrap().id;
    assert!(package.symbol_at(document, 10).is_some());
    assert!(package.symbol_at(document, 2).is_none(), "a keyword");
    assert!(package.symbol_at(document, 28).is_none(), "a comment");
}
