//! Checks the contract of `Flight` on ten million rows, and prints what it cost.
//!
//! `cargo run --release -p mlp-engine --example check_flights -- FOLDER [ROWS]`: the table is made once, as `FOLDER/flights-ROWS.parquet`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench says what it measured and stops at the first failure"
)]

use std::{path::Path, path::PathBuf, sync::Arc, time::Instant};

use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use mlp_engine::table::{Options, TableSource, TableWriter, all_rules, arrow_schema, check_file};
use mlp_plan::{
    Column, CompareOp, Constraint, Contract, DataType, Expectation, Expr, Format, Literal, Place, TimeUnit, ValueType,
};

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| ".".to_owned()));
    let rows: u32 = args.next().map_or(10_000_000, |rows| rows.parse().unwrap());
    let path = folder.join(format!("flights-{rows}.parquet"));
    let contract = flight();
    if !path.exists() {
        make(&path, &contract, rows);
        // Once more for the measure, so that the making is not in it.
        println!("made; run again to measure");
        return;
    }
    let wall = Instant::now();
    let delivery =
        check_file(&TableSource::parquet(&path), &contract, &all_rules(&contract), &Options::default()).unwrap();
    println!("rows {}, violations {}, warnings {}", delivery.rows, delivery.violations.len(), delivery.warnings.len());
    delivery.violations.iter().for_each(|violation| println!("{violation}"));
    println!("wall {:.2} s, cpu {:.2} s, peak {} MiB", wall.elapsed().as_secs_f64(), cpu_seconds(), peak_mib());
}

/// User and system time of this process so far.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse().unwrap())
        .collect();
    fields.iter().sum::<f64>() / 100.0
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

/// The contract of the design.
fn flight() -> Contract {
    let number = |text: &str| Literal::Number(text.parse().unwrap());
    let column = |name: &str, data: DataType, nullable: bool, constraints: Vec<Constraint>| {
        Column::plain(name, ValueType { nullable, constraints, ..ValueType::plain(data) })
    };
    let length = |length: u64| Constraint::Length { min: length, max: Some(length) };
    let call = |function: &str, args: Vec<Expr>| Expr::Call { function: function.to_owned(), args };
    let column_of = |name: &str| Expr::Column(name.to_owned());
    let expect = |warn: bool, left: Expr, op: CompareOp, right: Literal| Expectation {
        warn,
        expr: Expr::Compare(op, Box::new(left), Box::new(Expr::Literal(right))),
        message: None,
        place: Place::default(),
    };
    let range = |low: &str, high: Option<&str>| Constraint::Range { low: Some(number(low)), high: high.map(number) };
    Contract {
        name: "Flight".to_owned(),
        columns: vec![
            column("time_hour", DataType::Timestamp { unit: TimeUnit::Us, naive: false }, false, vec![]),
            column("carrier", DataType::String, false, vec![length(2)]),
            column("flight", DataType::Int(32), false, vec![range("1", None)]),
            column("tailnum", DataType::String, true, vec![Constraint::Matches("[A-Z0-9]{5,6}".to_owned())]),
            column(
                "origin",
                DataType::Enum { members: ["EWR", "JFK", "LGA"].map(str::to_owned).to_vec(), open: false },
                false,
                vec![],
            ),
            column("dest", DataType::String, false, vec![length(3)]),
            column("distance", DataType::Float(64), false, vec![range("0", Some("5000"))]),
            column("dep_delay", DataType::Float(64), true, vec![]),
            column("arr_delay", DataType::Float(64), true, vec![]),
        ],
        keys: vec![["time_hour", "carrier", "flight", "origin"].map(str::to_owned).to_vec()],
        expectations: vec![
            expect(false, call("rows", vec![]), CompareOp::Ge, number("10000")),
            expect(false, call("null_rate", vec![column_of("arr_delay")]), CompareOp::Le, number("0.05")),
            expect(
                true,
                call("quantile", vec![column_of("distance"), Expr::Literal(number("0.99"))]),
                CompareOp::Le,
                number("3000"),
            ),
        ],
        ..Contract::default()
    }
}

/// Xorshift: the same rows every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 20) % u64::from(sides)).unwrap()
    }

    fn pick<'a>(&mut self, from: &'a [String]) -> &'a str {
        &from[self.throw(u32::try_from(from.len()).unwrap()) as usize]
    }
}

/// Flights like the real ones: 16 carriers, 105 destinations, 4,000 planes, 50 flights an hour; no key comes twice.
fn make(path: &Path, contract: &Contract, rows: u32) {
    const CHUNK: u32 = 100_000;
    let carriers = ["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV"]
        .map(str::to_owned);
    let origins = ["EWR", "JFK", "LGA"].map(str::to_owned);
    let letter = |at: u32| char::from(b'A' + u8::try_from(at % 26).unwrap());
    let destinations: Vec<String> =
        (0..105).map(|at| [letter(at), letter(at / 26), letter(at * 7)].iter().collect()).collect();
    let tails: Vec<String> = (0..4_000).map(|plane| format!("N{:05}", 10_000 + plane * 7)).collect();
    let mut writer = TableWriter::create(path, Format::Parquet, &arrow_schema(contract)).unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for start in (0..rows).step_by(CHUNK as usize) {
        let chunk = start..rows.min(start + CHUNK);
        let hours: Vec<i64> =
            chunk.clone().map(|row| 1_357_016_400_000_000 + i64::from(row / 50) * 3_600_000_000).collect();
        let flights: Vec<i32> =
            chunk.clone().map(|row| i32::try_from(row % 50 * 150 + dice.throw(150) + 1).unwrap()).collect();
        let mut texts = |from: &[String]| -> ArrayRef {
            Arc::new(chunk.clone().map(|_| Some(dice.pick(from))).collect::<StringArray>())
        };
        let (carrier, tail, origin, dest) = (texts(&carriers), texts(&tails), texts(&origins), texts(&destinations));
        let distance: Float64Array = chunk.clone().map(|_| f64::from(80 + dice.throw(2_700))).collect();
        let mut delays = || -> ArrayRef {
            Arc::new(
                chunk
                    .clone()
                    .map(|_| (dice.throw(40) != 0).then(|| f64::from(dice.throw(200)) - 60.0))
                    .collect::<Float64Array>(),
            )
        };
        let (departed, arrived) = (delays(), delays());
        let hours: ArrayRef = Arc::new(TimestampMicrosecondArray::from(hours).with_timezone("UTC"));
        let columns: Vec<ArrayRef> = vec![
            hours,
            carrier,
            Arc::new(Int32Array::from(flights)),
            tail,
            origin,
            dest,
            Arc::new(distance),
            departed,
            arrived,
        ];
        writer.write(&RecordBatch::try_new(arrow_schema(contract), columns).unwrap()).unwrap();
    }
    writer.finish().unwrap();
}
