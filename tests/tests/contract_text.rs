//! `mlp contract check` and `infer` on texts that are read another way than they were written: separators, headers, encodings.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_tests::{mlp, text};
use tempfile::tempdir;

/// What is said, on one line, and the exit code.
fn said(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(mlp()).args(args).current_dir(folder).output().unwrap();
    let said = text(&output).split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
    (output.status.code(), said)
}

fn check(folder: &Path, data: &str, args: &[&str]) -> (Option<i32>, String) {
    fs::write(folder.join("c.mlp"), "contract C { id: int64 key, a: string, b: date? }\n").unwrap();
    said(folder, &[&["contract", "check", "C", data, "--package", "c.mlp"], args].concat())
}

#[test]
fn a_text_that_is_written_otherwise_is_one_error_with_its_mend() {
    let folder = tempdir().unwrap();
    for (name, data, mend) in [
        (
            "semi.csv",
            "id;a;b\n1;x;2020-01-01\n",
            "`;` stands in the first line rather than `,`: say so with --delimiter ';'",
        ),
        ("tab.csv", "id\ta\tb\n1\tx\t\n", "tabs stand in the first line rather than `,`: say so with --delimiter tab"),
        ("pipe.csv", "id|a|b\n1|x|\n", "--delimiter '|'"),
        (
            "bare.csv",
            "1,x,2020-01-01\n2,y,\n",
            "as many values stand there, so it may be a row: say so with --no-header",
        ),
        ("other.csv", "p,q\n1,2\n", "the first line is taken for names with `,` between them"),
        ("empty.csv", "", "it is empty: not even a first line names its columns"),
    ] {
        fs::write(folder.path().join(name), data).unwrap();
        let (code, said) = check(folder.path(), name, &[]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(mend) && said.contains(name), "{said}");
        assert!(name == "empty.csv" || said.contains("its first line names none of the columns of `C`"), "{said}");
    }
    for (name, args) in [
        ("semi.csv", ["--delimiter", ";"].as_slice()),
        ("tab.csv", &["--delimiter", "tab"]),
        ("bare.csv", &["--no-header"]),
    ] {
        let (code, said) = check(folder.path(), name, args);
        assert_eq!(code, Some(0), "{said}");
    }
    let (code, said) = said(folder.path(), &["contract", "infer", "semi.csv"]);
    assert!(code == Some(2) && said.contains("say so with --delimiter ';'"), "{said}");
}

#[test]
fn an_encoding_is_named_only_where_the_bytes_name_it() {
    let folder = tempdir().unwrap();
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let rows = "id,a,b\n1,x,\n";
    for (name, data, command) in [
        ("marked.csv", wide(&format!("\u{feff}{rows}"), true), "iconv -f UTF-16 -t UTF-8"),
        ("big.csv", wide(&format!("\u{feff}{rows}"), false), "iconv -f UTF-16 -t UTF-8"),
        ("bare.csv", wide(rows, true), "iconv -f UTF-16LE -t UTF-8"),
        ("bare.jsonl", wide("{\"id\":1}\n", false), "iconv -f UTF-16BE -t UTF-8"),
        // Łódź as ISO-8859-2 has it, which as ISO-8859-1 is £ód¼
        ("polish.csv", [rows.as_bytes(), b"2,\xA3\xF3d\xBC,\n"].concat(), "iconv -f ENCODING -t UTF-8"),
        ("polish.jsonl", b"{\"id\":1,\"a\":\"\xA3\"}\n".to_vec(), "iconv -f ENCODING -t UTF-8"),
    ] {
        fs::write(folder.path().join(name), data).unwrap();
        let (code, said) = check(folder.path(), name, &[]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(command) && said.contains("only UTF-8 is read"), "{said}");
        assert!(!said.contains("LATIN"), "{said}");
    }
}
