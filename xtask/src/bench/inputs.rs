//! What the cases read; made here, so that nothing large is kept in the repository.

use std::{fmt::Write as _, path::Path};

use crate::process::{fresh, write};

/// Files of the large package.
const FILES: usize = 50;
/// Lines in each of them.
const LINES: usize = 2_000;
/// Stages of the large pipeline.
pub const STAGES: usize = 1_000;
/// Errors of the package that is all wrong, over 20 files.
const ERRORS: usize = 1_000;

const MANIFEST: &str = "[package]\nname     = \"bench\"\nversion  = \"1.0.0\"\nlanguage = 1\n";

/// A package of 100,000 lines in 50 files that is right.
pub fn large_package(folder: &Path) -> Result<(), String> {
    package(folder)?;
    for file in 0..FILES {
        let mut text = format!("//! Part {file}.\n\n");
        let mut lines = 2;
        for item in 0.. {
            if lines + 12 > LINES {
                break;
            }
            let _ = write!(
                text,
                "/// Rows of kind {item}.\ncontract Row{file}x{item} {{\n  id:     int64    key\n  at:     timestamp\n  amount: float64  unit EUR  in 0 .. 1_000\n  \
                 state:  enum {{ open, paid, sent }}\n  code:   string?  length 1 .. 12\n}}\n\nstage step_{file}_{item}(rows: Table<Row{file}x{item}>, depth: int = 6) \
                 -> Table<Row{file}x{item}> {{ run = command([\"true\"]) }}\n\n"
            );
            lines += 11;
        }
        write(&folder.join(format!("src/part_{file}.mlp")), &text)?;
    }
    Ok(())
}

/// The same amount of Python: classes and functions with types.
pub fn large_python(folder: &Path) -> Result<(), String> {
    fresh(folder)?;
    for file in 0..FILES {
        let mut text = String::from("from dataclasses import dataclass\nfrom typing import Literal, Optional\n\n\n");
        for item in 0..LINES / 11 {
            let _ = write!(
                text,
                "@dataclass\nclass Row{item}:\n    id: int\n    at: float\n    amount: float\n    state: Literal[\"open\", \"paid\", \"sent\"]\n    code: Optional[str]\n\n\
                 def step_{item}(rows: list[Row{item}], depth: int = 6) -> list[Row{item}]:\n    return rows[:depth]\n\n"
            );
        }
        write(&folder.join(format!("part_{file}.py")), &text)?;
    }
    Ok(())
}

/// The same amount of TypeScript.
pub fn large_typescript(folder: &Path) -> Result<(), String> {
    fresh(folder)?;
    for file in 0..FILES {
        let mut text = String::new();
        for item in 0..LINES / 11 {
            let _ = write!(
                text,
                "export interface Row{item} {{\n  id: number;\n  at: Date;\n  amount: number;\n  state: \"open\" | \"paid\" | \"sent\";\n  code?: string;\n}}\n\n\
                 export function step{item}(rows: Row{item}[], depth = 6): Row{item}[] {{\n  return rows.slice(0, depth);\n}}\n"
            );
        }
        write(&folder.join(format!("part_{file}.ts")), &text)?;
    }
    Ok(())
}

/// A package of contracts of 20 fields, 100 in a file; where it is changed, one in a hundred lacks a field and one has another type.
pub fn contracts(folder: &Path, count: usize, changed: bool) -> Result<(), String> {
    const TYPES: [&str; 10] = [
        "int64",
        "string?",
        "float64 in 0 .. 100",
        "int32 in 1 .. 12",
        "enum { a, b, c }",
        "timestamp",
        "string length 3",
        "decimal(12, 2)",
        "bool",
        "date",
    ];
    package(folder)?;
    for file in 0..count / 100 {
        let mut text = format!("//! Part {file}.\n");
        for item in 0..100 {
            let _ = write!(
                text,
                "\n/// Rows of kind {item}.\ncontract Row{file}x{item} {{\n  version = \"1.0.0\"\n  compatibility = full\n"
            );
            for (field, ty) in TYPES.iter().cycle().take(20).enumerate() {
                match (changed, item, field) {
                    (true, 7, 3) => {}
                    (true, 9, 5) => text.push_str("  field_5: string\n"),
                    _ => {
                        let _ = writeln!(text, "  field_{field}: {ty}");
                    }
                }
            }
            text.push_str("  key (field_0)\n}\n");
        }
        write(&folder.join(format!("src/part_{file}.mlp")), &text)?;
    }
    Ok(())
}

/// The same in Protobuf.
pub fn messages(folder: &Path, count: usize, changed: bool) -> Result<(), String> {
    const TYPES: [&str; 10] =
        ["int64", "string", "double", "int32", "uint32", "sint64", "bytes", "float", "bool", "fixed64"];
    fresh(folder)?;
    write(&folder.join("buf.yaml"), "version: v2\n")?;
    for file in 0..count / 100 {
        let mut text = format!("syntax = \"proto3\";\npackage bench.part{file};\n");
        for item in 0..100 {
            let _ = write!(text, "\n// Rows of kind {item}.\nmessage Row{item} {{\n");
            for (field, ty) in TYPES.iter().cycle().take(20).enumerate() {
                let ty = if (changed, item, field) == (true, 9, 5) { "string" } else { ty };
                if (changed, item, field) != (true, 7, 3) {
                    let _ = writeln!(text, "  {ty} field_{field} = {};", field + 1);
                }
            }
            text.push_str("}\n");
        }
        write(&folder.join(format!("part_{file}.proto")), &text)?;
    }
    Ok(())
}

/// A package without anything in it.
pub fn empty_package(folder: &Path) -> Result<(), String> {
    package(folder)?;
    write(&folder.join("src/main.mlp"), "//! Nothing.\n")
}

/// A package of about 1 MB with 1,000 errors, 50 in a file, all of which are drawn in full.
pub fn wrong_package(folder: &Path) -> Result<(), String> {
    package(folder)?;
    for file in 0..20 {
        let mut text = String::new();
        for item in 0..ERRORS / 20 {
            let _ = write!(
                text,
                "/// {}\ncontract Row{file}x{item} {{\n  id:   int64 key\n  name: Strnig\n}}\n\n",
                "Words about it. ".repeat(55)
            );
        }
        write(&folder.join(format!("src/part_{file}.mlp")), &text)?;
    }
    Ok(())
}

/// A pipeline of 1,000 stages that do nothing and depend on nothing.
pub fn pipeline_package(folder: &Path) -> Result<(), String> {
    package(folder)?;
    let mut text = String::from("stage nothing(n: int) -> () {\n  run = command([\"true\"])\n}\n\npipeline all {\n");
    for stage in 0..STAGES {
        let _ = writeln!(text, "  let s{stage} = nothing(n: {stage})");
    }
    text.push_str("}\n");
    write(&folder.join("src/main.mlp"), &text)
}

/// A pipeline of so many stages in rows of ten, each of which reads two of the row before.
pub fn graph_package(folder: &Path, count: usize) -> Result<(), String> {
    package(folder)?;
    let mut text = String::from(
        "contract Row { id: int64 }\n\nstage first() -> Table<Row> {\n  run = command([\"true\"])\n}\n\n\
         stage step(left: Table<Row>, right: Table<Row>) -> Table<Row> {\n  run = command([\"true\"])\n}\n\npipeline all {\n",
    );
    for stage in 0..count {
        let _ = match stage.checked_sub(10) {
            None => writeln!(text, "  let s{stage} = first()"),
            Some(left) => {
                writeln!(text, "  let s{stage} = step(s{left}, s{})", stage - stage % 10 - 10 + (stage + 3) % 10)
            }
        };
    }
    text.push_str("}\n");
    write(&folder.join("src/main.mlp"), &text)
}

/// A DAG as a person writes it, with the tasks and edges of [`graph_package`].
pub fn hand_written_dag(file: &Path, count: usize) -> Result<(), String> {
    let mut text = String::from(
        "from datetime import timedelta\n\nimport pendulum\nfrom airflow.providers.standard.operators.bash import BashOperator\n\
         from airflow.sdk import DAG\n\nwith DAG(\n    dag_id=\"by_hand\",\n    schedule=None,\n    start_date=pendulum.datetime(2020, 1, 1, tz=\"UTC\"),\n\
         \x20   catchup=False,\n    tags=[\"mlp\"],\n    default_args={\"retries\": 1, \"retry_delay\": timedelta(seconds=30)},\n):\n",
    );
    for stage in 0..count {
        let _ = write!(
            text,
            "    s{stage} = BashOperator(\n        task_id=\"s{stage}\",\n        bash_command=\"mlp step --plan=all.plan.json --pipeline=all --node=s{stage}\",\n    )\n"
        );
    }
    text.push('\n');
    for stage in 10..count {
        let (left, right) = (stage - 10, stage - stage % 10 - 10 + (stage + 3) % 10);
        let _ = if left == right {
            writeln!(text, "    s{left} >> s{stage}")
        } else {
            writeln!(text, "    [s{left}, s{right}] >> s{stage}")
        };
    }
    write(file, &text)
}

/// A pipeline of so many splits and joins, one behind the other: paths double at each.
pub fn diamond_package(folder: &Path, count: usize) -> Result<(), String> {
    package(folder)?;
    let mut text = String::from(
        "contract Row { id: int64 }\n\nstage first() -> Table<Row> {\n  run = command([\"true\"])\n}\n\n\
         stage step(left: Table<Row>, right: Table<Row>) -> Table<Row> {\n  run = command([\"true\"])\n}\n\npipeline all {\n  let s0 = first()\n",
    );
    for diamond in 0..count {
        let (top, bottom) = (diamond * 3, diamond * 3 + 3);
        let _ = writeln!(
            text,
            "  let s{} = step(s{top}, s{top})\n  let s{} = step(s{top}, s{top})\n  let s{bottom} = step(s{}, s{})",
            top + 1,
            top + 2,
            top + 1,
            top + 2
        );
    }
    text.push_str("}\n");
    write(&folder.join("src/main.mlp"), &text)
}

/// The same for ninja.
pub fn ninja_folder(folder: &Path) -> Result<(), String> {
    fresh(folder)?;
    let mut text = String::from("rule nothing\n  command = true\n");
    for stage in 0..STAGES {
        let _ = writeln!(text, "build s{stage}: nothing");
    }
    write(&folder.join("build.ninja"), &text)
}

fn package(folder: &Path) -> Result<(), String> {
    fresh(folder)?;
    fresh(&folder.join("src"))?;
    write(&folder.join("mlp.toml"), MANIFEST)
}
