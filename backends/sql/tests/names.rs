//! Names in a SELECT: what they stand for, and what becomes of the text when what they stand for has another name.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use mlp_plan::DataType;
use mlp_ports::{SqlChecker as _, SqlFault, SqlInput, SqlSymbol};
use mlp_sql::DataFusionChecker;
use proptest::{prelude::*, sample::select};

use common::{check, column, contract, flights, planes, weather};

fn with_inputs<T>(work: impl FnOnce(&[SqlInput<'_>]) -> T) -> T {
    let (flights, weather, planes) = (flights(), weather(), planes());
    work(&[
        SqlInput { name: "flights", columns: &flights.columns },
        SqlInput { name: "weather", columns: &weather.columns },
        SqlInput { name: "planes", columns: &planes.columns },
    ])
}

/// The column of an input, as `flights.id`; an input, as `flights`; an output, as `> id`.
fn symbol(name: &str) -> SqlSymbol {
    with_inputs(|inputs| {
        let table = |name: &str| inputs.iter().position(|input| input.name == name).unwrap();
        match (name.strip_prefix("> "), name.split_once('.')) {
            (Some(output), _) => SqlSymbol::Output(output.to_owned()),
            (None, Some((of, column))) => {
                let number = table(of);
                SqlSymbol::Column(number, inputs[number].columns.iter().position(|known| known.name == column).unwrap())
            }
            (None, None) => SqlSymbol::Table(table(name)),
        }
    })
}

/// The names between `«` and `»` are all that stand for something; of an empty name the first of them says for what.
fn same(marked: &str, name: &str) {
    let sql = marked.replace(['«', '»'], "");
    assert_eq!(check(&sql).err(), None, "{sql}");
    let mut places = Vec::new();
    let mut at = 0;
    for piece in marked.split_inclusive(['«', '»']) {
        let length = piece.trim_end_matches(['«', '»']).len();
        if piece.ends_with('»') {
            places.push((at, at + length));
        }
        at += length;
    }
    let names = with_inputs(|inputs| DataFusionChecker.names(&sql, inputs));
    let declared = || {
        let mut all = names.iter().map(|name| &name.symbol);
        all.find(|symbol| places.iter().any(|place| **symbol == SqlSymbol::Own(place.0))).unwrap().clone()
    };
    let wanted = if name.is_empty() { declared() } else { symbol(name) };
    let found: Vec<(usize, usize)> = names.iter().filter(|name| name.symbol == wanted).map(|name| name.at).collect();
    assert_eq!(found, places, "{wanted:?} of {sql}: {names:?}");
}

#[test]
fn a_column_is_found_by_what_it_means() {
    let all = [
        "select «id», 'id' as x, flights.«id» as y from flights where «ID» > 0 and carrier <> 'id' -- id",
        "select f.«id» from flights as f join planes p on p.tail = f.tail order by f.«id»",
        "select count(«id») as n, max(f.carrier) as id from flights f group by f.«id» having min(«id») > 1",
        "with id as (select «id» from flights) select id.«id» from id",
        "select x.k as id from (select «id» as k, carrier as id from flights) x where x.id <> 'a'",
        "select «\"id\"» from flights where exists (select 1 from planes where planes.year = «id»)",
        "select case when «id» > 1 then «id» else 0 end as z from flights order by z, «id»",
        "select row_number() over (partition by carrier order by «id») as r from flights",
        "select * except («id») from flights",
        "select «id» from flights union all select p.year as id from planes p",
    ];
    for sql in all {
        let sql = sql.replace("«\"id\"»", "\"«id»\"");
        same(&sql, "flights.id");
    }
}

#[test]
fn tables_other_names_and_with_clauses_are_found() {
    same("select «flights».id from «flights»", "flights");
    same("select f.id from «flights» f, (select id from «flights») as g where f.id = g.id", "flights");
    same("select «f».id from flights as «f» where «f».id > 1", "");
    same("with «c» as (select id from flights) select «c».id from «c»", "");
    same("with «c» as (select id from flights) select d.id from «c» as d", "");
}

#[test]
fn outputs_are_found_where_they_are_said_passed_on_and_sorted_by() {
    same("select id as «k» from flights order by «k»", "> k");
    same("select «id» from flights order by «id»", "> id");
    same("select «id», 1 as k from flights group by id", "> id");
    same("select f.«id» from flights f union select year from planes", "> id");
}

fn renamed(sql: &str, what: &[&str], new: &str) -> Result<String, SqlFault> {
    let what: Vec<SqlSymbol> = what.iter().map(|name| symbol(name)).collect();
    let edits = with_inputs(|inputs| DataFusionChecker.renamed(sql, inputs, &what, new))?;
    let mut text = sql.to_owned();
    for ((start, end), with) in edits.iter().rev() {
        text.replace_range(*start..*end, with);
    }
    Ok(text)
}

#[test]
fn a_column_with_another_name_is_said_so_and_the_output_keeps_its_own() {
    for (sql, after) in [
        ("select id from flights", "select key as id from flights"),
        ("select f.id from flights f where id > 1", "select f.key as id from flights f where key > 1"),
        ("select \"id\" from flights", "select \"key\" as id from flights"),
        ("select distinct id from flights order by id", "select distinct key as id from flights order by id"),
        ("select id as id from flights order by id", "select key as id from flights order by id"),
        (
            "with a as (select * from flights) select id + 1 as n from a",
            "with a as (select * from flights) select key + 1 as n from a",
        ),
        (
            "select b.id from (select id, 'id' as t from flights) b -- id",
            "select b.key as id from (select key, 'id' as t from flights) b -- id",
        ),
    ] {
        let after = if sql.contains("\"id\"") { after.replace("\"key\"", "key") } else { after.to_owned() };
        assert_eq!(renamed(sql, &["flights.id"], "key").as_deref(), Ok(after.as_str()), "{sql}");
    }
    assert_eq!(
        renamed("select * from planes", &["planes.year"], "built").unwrap(),
        "select tail, built as year, seats from planes"
    );
    assert_eq!(
        renamed("select w.*, p.year as y from weather w, planes p", &["planes.year"], "built").unwrap(),
        "select w.*, p.built as y from weather w, planes p"
    );
    assert_eq!(
        renamed("select w.*, p.* from weather w, planes p", &["planes.tail"], "sign").unwrap(),
        "select w.*, sign as tail, year, seats from weather w, planes p"
    );
    assert_eq!(
        renamed("select * from weather, planes", &["planes.tail"], "sign").unwrap(),
        "select weather.origin, weather.hour, weather.temp, weather.wind, planes.sign as tail, planes.year, planes.seats from weather, planes"
    );
}

#[test]
fn an_output_with_another_name_is_said_so_and_one_that_is_the_column_follows() {
    for (sql, what, after) in [
        ("select id from flights", vec!["> id"], "select id as key from flights"),
        ("select id as id from flights order by id", vec!["> id"], "select id as key from flights order by key"),
        ("select id from flights order by id", vec!["> id"], "select id as key from flights order by key"),
        ("select id from flights order by id", vec!["> id", "flights.id"], "select key from flights order by key"),
        ("select * from planes", vec!["> tail", "planes.tail"], "select * from planes"),
        ("select * from planes", vec!["> tail"], "select tail as key, year, seats from planes"),
    ] {
        assert_eq!(renamed(sql, &what, "key").as_deref(), Ok(after), "{sql} {what:?}");
    }
}

#[test]
fn a_name_that_would_mean_several_things_gets_its_table() {
    assert_eq!(
        renamed("select year as y, id from planes, flights", &["planes.year"], "id").unwrap(),
        "select planes.id as y, flights.id from planes, flights"
    );
    assert_eq!(
        renamed(
            "select id from flights f where exists (select 1 from planes p where p.year = id)",
            &["planes.year"],
            "id"
        )
        .unwrap(),
        "select id from flights f where exists (select 1 from planes p where p.id = f.id)"
    );
}

#[test]
fn a_name_that_is_a_word_of_sql_or_not_in_lower_case_is_quoted() {
    for (new, written) in
        [("order", "\"order\""), ("Key", "\"Key\""), ("select", "\"select\""), ("name", "name"), ("true", "\"true\"")]
    {
        let after = renamed("select id + 1 as n from flights", &["flights.id"], new).unwrap();
        assert_eq!(after, format!("select {written} + 1 as n from flights"));
    }
}

#[test]
fn a_table_with_another_name_is_renamed_where_it_has_none_of_its_own() {
    assert_eq!(
        renamed("select flights.id, f.carrier from flights, flights f", &["flights"], "rows_in").unwrap(),
        "select rows_in.id, f.carrier from rows_in, rows_in f"
    );
}

#[test]
fn what_would_mean_something_else_is_refused() {
    for (sql, what) in [
        ("select origin, temp from flights join weather using (origin)", "flights.origin"),
        ("select temp from flights natural join weather", "flights.origin"),
        ("select * except (year) from planes", "planes.tail"),
    ] {
        let refused = renamed(sql, &[what], "key");
        assert!(refused.is_err(), "{sql}: {refused:?}");
    }
    assert_eq!(renamed("select * from planes", &["planes.year"], "tail").unwrap_err().at, None);
}

#[test]
fn what_cannot_be_read_has_no_names_and_stays() {
    assert_eq!(with_inputs(|inputs| DataFusionChecker.names("select id from from", inputs)), []);
    assert_eq!(renamed("select id from from", &["flights.id"], "key").unwrap(), "select id from from");
}

#[test]
fn a_cast_is_put_around_what_gives_a_column() {
    let cast = |sql: &str, column: &str, to: DataType| {
        let edits = with_inputs(|inputs| DataFusionChecker.cast(sql, inputs, column, &to))?;
        let mut text = sql.to_owned();
        for ((start, end), with) in edits.iter().rev() {
            text.replace_range(*start..*end, with);
        }
        Some(text)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        cast("select carrier, f.id from flights f", "id", DataType::Float(64)),
        some("select carrier, cast(f.id as double) as id from flights f")
    );
    assert_eq!(
        cast("select max(id) + 1 as n, max(seats) s from flights", "n", DataType::Int(32)),
        some("select cast(max(id) + 1 as int) as n, max(seats) s from flights")
    );
    assert_eq!(
        cast("select distinct (seats) as s from flights", "s", DataType::String),
        some("select distinct cast((seats) as varchar) as s from flights")
    );
    assert_eq!(
        cast("select day as t from flights", "t", common::INSTANT).unwrap().matches("cast(day").count(),
        1,
        "by whatever the engine calls it"
    );
    assert_eq!(cast("select * from flights", "id", DataType::Float(64)), None);
    assert_eq!(cast("select tags as t from flights", "t", DataType::Float(64)), None, "no cast does that");
}

/// A SELECT of random parts over random columns.
fn queries() -> impl Strategy<Value = String> {
    let one = || select(vec!["id", "carrier", "tail", "seats", "distance"]);
    let from = select(vec![
        "flights f",
        "(select * from flights) f",
        "(select id, carrier, tail, seats, distance from flights) as f",
        "flights f left join planes p on p.tail = f.tail",
        "(select * from flights union all select * from flights) f",
    ]);
    let end = select(vec!["", " where f.id > 1", " order by 1", " order by id", " limit 5"]);
    (one(), one(), from, end, any::<bool>(), any::<bool>()).prop_map(|(one, two, from, end, star, with)| {
        let list = if star && !from.contains("join") {
            "*".to_owned()
        } else {
            let two = if one == two { format!("f.{two} as other") } else { format!("f.{two}") };
            let first = if from.contains("join") { format!("f.{one}") } else { one.to_owned() };
            let id = if one == "id" || two == "f.id" { String::new() } else { ", f.id".to_owned() };
            format!("{first}, {two}{id}")
        };
        let sql = format!("select {list} from {from}{end}");
        if with { format!("with f2 as ({sql}) select * from f2") } else { sql }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is renamed, the text says what it said; that it does is looked at by the renaming itself, and nothing of these is refused.
    #[test]
    fn renaming_keeps_what_a_select_means(
        sql in queries(),
        what in select(vec!["flights.id", "flights.tail", "flights.seats", "planes.tail", "planes.year", "flights", "> id", "> tail"]),
        new in select(vec!["renamed", "year", "order", "Name", "f", "p2"]),
    ) {
        prop_assume!(check(&sql).is_ok());
        let taken = (new == "year" && what.starts_with("planes.")) || (new == "f" && what == "flights");
        prop_assume!(!taken);
        let after = renamed(&sql, &[what], new);
        prop_assert!(after.is_ok(), "{sql}: {what} as {new}: {after:?}");
    }
}

#[test]
fn an_input_without_columns_and_a_name_of_two_tables_stand_for_what_they_are() {
    let (one, two) =
        (contract("A", vec![column("x", DataType::Int(64))]), contract("B", vec![column("x", DataType::Int(64))]));
    let inputs = [SqlInput { name: "a", columns: &one.columns }, SqlInput { name: "b", columns: &two.columns }];
    let names = DataFusionChecker.names("select x from a join b using (x)", &inputs);
    let using: Vec<&SqlSymbol> = names.iter().filter(|name| name.at.0 == 30).map(|name| &name.symbol).collect();
    assert_eq!(using, [&SqlSymbol::Column(0, 0), &SqlSymbol::Column(1, 0)]);
}
