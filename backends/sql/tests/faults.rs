//! What is wrong with a SELECT, in words, where, and how to mend it.

#![expect(clippy::expect_used, clippy::string_slice, reason = "a test that cannot go on fails")]

mod common;

use std::fmt::Write as _;

/// Every fault, with the text that it points at.
fn written(cases: &[&str]) -> String {
    let mut text = String::new();
    for sql in cases {
        let fault = common::check(sql).expect_err(sql);
        let at = fault.at.map_or_else(
            || "(nowhere)".to_owned(),
            |(start, end)| if start == end { format!("at byte {start}") } else { format!("at `{}`", &sql[start..end]) },
        );
        let help = fault.help.map_or_else(String::new, |help| format!("\n  help: {help}"));
        let _ = writeln!(text, "{sql}\n  {} {at}{help}", fault.message);
    }
    text
}

#[test]
fn names() {
    insta::assert_snapshot!(written(&[
        "select amuont from flights",
        "select id, sum(distence) as total from flights group by id",
        "select f.carier from flights f",
        "select x.id from flights f",
        "select weather.temp from flights",
        "select id from fligths",
        "select id from lake.flights",
        "select id from a join b on true",
        "select tail from flights join planes on true",
        "select whatever from planes",
        "select id from flights where lenght(carrier) = 2",
        "select zzzzzzzzzz(id) as x from flights",
        "select id from flights order by nothing",
        "with a as (select id as x from flights) select id from a",
        "select \"Id\" from flights",
    ]));
}

#[test]
fn syntax() {
    insta::assert_snapshot!(written(&[
        "",
        "-- nothing but a comment",
        "selct id from flights",
        "select id form flights",
        "select id\nfrom flights\nwhere late and",
        "select 'é', id from flights where (late",
        "select 'open from flights",
        "select id from flights group carrier",
    ]));
}

#[test]
fn one_select_and_nothing_else() {
    insta::assert_snapshot!(written(&[
        "select id from flights; select tail from planes",
        "insert into flights select * from flights",
        "create table x as select id from flights",
        "drop table flights",
        "copy flights to 'x.csv'",
        "set x = 1",
        "explain select id from flights",
        "values (1, 2)",
        "select id into x from flights",
        "select id from 'flights.csv'",
        "select * from generate_series(1, 3)",
        "select * from read_parquet('x.parquet')",
        "select id from flights tablesample bernoulli (10)",
        "with recursive n as (select 1 as i union all select i + 1 from n) select i from n",
        "select id from flights for update",
        "select $1 as x from flights",
        "select @@version as x",
    ]));
}

#[test]
fn nothing_that_differs_between_runs() {
    insta::assert_snapshot!(written(&[
        "select id, random() as r from flights",
        "select id from flights where at > now()",
        "select current_date as d",
        "select current_timestamp as t",
        "select uuid() as u",
        "select id from flights where day = today()",
        "select id from (select id from flights order by random() limit 3) f",
        "select id, (select random() from planes limit 1) as r from flights",
    ]));
}

#[test]
fn columns_without_a_name_or_type() {
    insta::assert_snapshot!(written(&[
        "select sum(distance) from flights",
        "select id, distance * 2 from flights",
        "select cast(id as int) from flights",
        "select 1",
        "select * from (select count(*) from flights)",
        "select id, id from flights",
        "select f.id, g.id from flights f join flights g on f.id = g.id",
        "select * from flights f join planes p on f.tail = p.tail",
        "select null as x from flights",
        "select interval '1 month' as x from flights",
        "select id as \"a b\" from flights",
    ]));
}

#[test]
fn types_and_groups() {
    insta::assert_snapshot!(written(&[
        "select carrier + 1 as x from flights where carrier + day = 1",
        "select carrier, id from flights group by carrier",
        "select carrier, count(*) as n, delay * 2 as d from flights group by carrier",
        "select sum(carrier) as x from flights",
        "select sqrt(late) as x from flights",
        "select round() as x from flights",
        "select id from flights where distance",
        "select id, exists (select 1 from planes p where p.tail = f.tail) as known from flights f",
        "select id, carrier in (select tail from planes) as x from flights",
        "select id from flights union all select tail, seats from planes",
        "select id from flights where id in (select tail, seats from planes)",
        "select (select tail, seats from planes) as x from flights",
        "select sum(sum(id)) as x from flights",
        "select id from flights where sum(id) > 3",
        "select tags + 1 as x from flights",
        "select at - 'yesterday' as x from flights",
        "select cast(late as timestamp) as x from flights",
        "select cast(id as text5) as x from flights",
    ]));
}

#[test]
fn a_function_is_told_where_it_is_called() {
    let fault = common::check("select carrier as lenght, lenght(tail) as x from flights").expect_err("no function");
    assert_eq!(fault.at, Some((26, 32)));
}

#[test]
fn what_would_exhaust_the_engine_is_refused() {
    let nested = (0..90).fold("id".to_owned(), |inner, _| format!("({inner}{})", " + 1".repeat(100)));
    let mut doubling = "with t0 as (select id from flights)".to_owned();
    for at in 1..40 {
        let _ = write!(doubling, ", t{at} as (select a.id from t{0} a join t{0} b on a.id = b.id)", at - 1);
    }
    let cases = [
        (
            format!("select {}1{} as x", "(".repeat(100_000), ")".repeat(100_000)),
            "this SQL nests deeper than 100 levels",
        ),
        (
            format!("select 1{} as x", " + 1".repeat(1_000_000)),
            "this SQL has more than 1000 operators in one expression",
        ),
        (format!("select {nested} as x from flights"), "this SQL has more than 1000 operators in one expression"),
        (
            format!("select id{} as x from flights", "::bigint".repeat(100_000)),
            "this SQL has more than 1000 operators in one expression",
        ),
        (
            format!("select {} id is null as x from flights", "not ".repeat(100_000)),
            "this SQL has more than 1000 operators in one expression",
        ),
        (
            format!("select place{} as x from flights", ".lat".repeat(100_000)),
            "this SQL has more than 1000 operators in one expression",
        ),
        (
            format!("select id, tail from flights{}", " union all select id, tail from flights".repeat(10_000)),
            "this SQL has more than 500 queries",
        ),
        (format!("select 1 as x from flights{}", ", flights".repeat(10_000)), "this SQL has more than 500 tables"),
        (format!("{doubling} select id from t39"), "this SQL has more than 500 tables"),
    ];
    for (sql, message) in cases {
        let fault = common::check(&sql).expect_err(message);
        assert_eq!(fault.message, message, "{}", &sql[..60]);
    }
}

#[test]
fn what_is_only_long_is_not_refused() {
    let chain = format!("select 1{} as x", " + 1".repeat(950));
    assert_eq!(common::written(&common::check(&chain).expect("long")), "x: int64\n");
    let alternatives = format!("select id from flights where {}", vec!["id = 1"; 300].join(" or "));
    assert_eq!(common::written(&common::check(&alternatives).expect("long")), "id: int64 = flights.id\n");
    let columns = (0..3_000).map(|at| format!("id + {at} as c{at}")).collect::<Vec<_>>().join(", ");
    assert_eq!(common::check(&format!("select {columns} from flights")).expect("wide").len(), 3_000);
    let union = format!("select id from flights{}", " union all select id from flights".repeat(400));
    assert_eq!(common::written(&common::check(&union).expect("union")), "id: int64 = flights.id\n");
    let steps = (1..150).fold("with t0 as (select id from flights)".to_owned(), |all, at| {
        format!("{all}, t{at} as (select id from t{} where id > {at})", at - 1)
    });
    assert_eq!(
        common::written(&common::check(&format!("{steps} select id from t149")).expect("steps")),
        "id: int64 = flights.id\n"
    );
}
