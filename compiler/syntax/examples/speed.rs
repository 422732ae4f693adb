//! Parses a made file of 100,000 lines and prints how many seconds of processor time that takes.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::{fmt::Write as _, fs, time::Instant};

const CONTRACT: &str = "/// What number § holds.
contract C§ {
  owner         = \"data@example.com\"
  version       = \"1.2.0\"

  time_hour: timestamp   key
  carrier:   string      length 2
  flight:    int32       in 1 ..
  tailnum:   string?     matches /[A-Z0-9]{5,6}/   @internal
  origin:    enum { EWR, JFK, LGA }
  distance:  float64     unit mi   in 0 .. 5_000
  dep_delay: float64?    unit min  where self >= 0 and self < distance * 2
  // a comment
  expect rows >= 10_000
  expect null_rate(dep_delay) <= 5%   else \"too many\"
}

stage s§(rows: Table<C§>, depth: int = 6) -> Model<C§, Scored> {
  run       = python(\"model:fit\")
  resources = { cpu: 2, memory: 4GiB }
  timeout   = 30min
}

policy P§(candidate: Report<Binary>, champion: Report<Binary>?) {
  require candidate.auc >= 0.65   at 95% confidence
  when champion {
    require candidate.auc >= champion.auc - 0.005
  }
}

pipeline p§(cutoff: timestamp = 2013-10-01) {
  schedule = cron(\"0 6 * * *\", timezone: \"America/New_York\")
  let parts = by_time(build(load()), on: .time_hour, at: cutoff)
  let model = s§(parts.train, depth: 4)
  promote model to M.production when P§(assess(model, parts.test), none)
}
";

/// Processor time of this process, in seconds.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

fn main() {
    let mut text = String::new();
    let wanted: usize = std::env::args().nth(1).and_then(|lines| lines.parse().ok()).unwrap_or(100_000);
    for number in 0.. {
        if text.lines().count() >= wanted {
            break;
        }
        for _ in 0..50 {
            let _ = writeln!(text, "{}", CONTRACT.replace('§', &format!("{number}")));
        }
    }
    let lines = text.lines().count();
    for round in 0..3 {
        let (start, wall) = (cpu(), Instant::now());
        let parsed = mlp_syntax::parse(mlp_source::FileId(0), &text);
        let parsing = cpu() - start;
        println!(
            "{round}: {lines} lines, {:.1} MB, {} items, {} errors: parse {parsing:.3} s cpu, {:.3} s wall",
            text.len() as f64 / 1e6,
            parsed.file.items.len(),
            parsed.diagnostics.len(),
            wall.elapsed().as_secs_f64()
        );
        let start = cpu();
        drop(parsed);
        println!("   drop {:.3} s cpu", cpu() - start);
    }
}
