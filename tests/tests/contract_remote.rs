//! `mlp contract check s3://..` against a real S3 server, and against servers that refuse or end half-way.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../../backends/store/tests/bucket/mod.rs"]
mod bucket;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{Field, Schema},
};
use bucket::Server;
use mlp_engine::table::write_parquet;
use mlp_tests::{mlp, root, text};
use serde_json::Value;

const PROGRAM: &str = "contract Row {\n  id: int64 key\n  day: date\n  word: string\n  expect rows >= 10\n}\n";

/// A table of so many rows with a wide column that nothing is asked of.
fn table(folder: &Path, start: i64, rows: i64) -> Vec<u8> {
    let words: StringArray =
        (start..start + rows).map(|row| Some(format!("{:016x}", row.wrapping_mul(0x1e37_79b9_7f4a_7c15)))).collect();
    let columns: Vec<(&str, ArrayRef)> =
        vec![("id", Arc::new((start..start + rows).collect::<Int64Array>())), ("word", Arc::new(words))];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), false)).collect();
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
            .unwrap();
    let path = folder.join("t.parquet");
    write_parquet(&path, &batch.schema(), std::slice::from_ref(&batch)).unwrap();
    fs::read(path).unwrap()
}

fn check(folder: &Path, variables: Vec<(String, String)>, args: &[&str]) -> Output {
    fs::write(folder.join("rows.mlp"), PROGRAM).unwrap();
    Command::new(mlp())
        .args(["contract", "check", "Row", "--package", "rows.mlp"])
        .args(args)
        .current_dir(folder)
        .envs(variables)
        .output()
        .unwrap()
}

#[test]
fn objects_are_read_by_ranges() {
    let server = Server::start(&root().join("tests"), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let folder = tempfile::tempdir().unwrap();
    server.make("lake");
    let mut size = 0;
    for (number, day) in ["2013-01-01", "2013-01-02"].into_iter().enumerate() {
        let bytes = table(folder.path(), i64::try_from(number).unwrap() * 20_000, 20_000);
        size += bytes.len() as u64;
        server.put(&format!("lake/rows/day={day}/part.parquet"), &bytes);
    }
    server.put("lake/text/rows.csv", b"id,day,word\n1,2013-01-01,a\n2,2013-01-01,b\n2,2013-01-01,c\n");
    server.put("lake/text/_SUCCESS", b"x");
    let small = table(folder.path(), 0, 10);
    server.put("lake/small/day=2013-01-01/t.parquet", &small);
    let output = check(folder.path(), server.variables(), &["s3://lake/small", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // whole, and once
    assert_eq!(report.pointer("/check/bytes").and_then(Value::as_u64), Some(small.len() as u64), "{report}");
    for data in ["s3://lake/rows", "s3://lake/rows/", "s3://lake/rows/*/*.parquet"] {
        let output = check(folder.path(), server.variables(), &[data, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = &report["check"];
        assert_eq!((told["rows"].as_u64(), told["files"].as_u64()), (Some(40_000), Some(2)), "{data}");
        // nothing is asked of the words that the footer does not say
        assert!(told["bytes"].as_u64().unwrap() < size / 2, "{} of {size} bytes", told["bytes"]);
    }
    let broken = check(folder.path(), server.variables(), &["s3://lake/text/rows.csv"]);
    assert_eq!(broken.status.code(), Some(1), "{}", text(&broken));
    assert!(text(&broken).contains("key (id): 1 of 3 rows breaks it"), "{}", text(&broken));
    for (data, words) in [
        ("s3://lake/nowhere/x.parquet", "there is no such object"),
        ("s3://lake/nowhere/*.parquet", "nothing matches"),
        ("s3://gone/x.parquet", "s3://gone"),
        ("ftp://lake/x.parquet", "ftp:// is not known"),
    ] {
        let output = check(folder.path(), server.variables(), &[data]);
        let said = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

/// A server that answers each request with what `answer` makes of its first line and range, and then closes the connection.
fn fake(answer: impl Fn(&str, Option<(usize, usize)>, &mut TcpStream) + Send + 'static) -> Vec<(String, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut range, mut line) = (String::new(), None, String::new());
            reader.read_line(&mut first).unwrap_or_default();
            while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
                if let Some(asked) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                    range = asked
                        .trim()
                        .split_once('-')
                        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
                }
                line.clear();
            }
            answer(&first, range, &mut stream);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.take(1).read(&mut [0]);
        }
    });
    [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn refuses(output: &Output, words: &[&str]) {
    let said = text(output).split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty() && words.iter().all(|word| said.contains(word)), "{said}");
}

#[test]
fn a_bucket_that_forbids_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let variables = fake(|_, _, stream| {
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    // an object, which is asked for, and a folder, which is listed
    for (data, told) in
        [("s3://lake/rows/t.parquet", "s3://lake/rows/t.parquet"), ("s3://lake/rows/", "s3://lake/rows")]
    {
        let output = check(folder.path(), variables.clone(), &[data]);
        refuses(&output, &[told, "403", "they must allow to read and list. Set AWS_ACCESS_KEY_ID"]);
    }
}

#[test]
fn a_bucket_that_stops_half_way_is_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = table(folder.path(), 0, 20_000);
    let variables = fake(move |first, range, stream| {
        let length = bytes.len();
        let head = |status: &str, length: usize, more: &str| {
            format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: \"one\"\r\nLast-Modified: Tue, 01 Jan 2013 05:00:00 GMT\r\nConnection: close\r\n{more}\r\n"
            )
        };
        let _ = match (first.starts_with("HEAD"), range) {
            (true, _) | (_, None) => stream.write_all(head("200 OK", length, "").as_bytes()),
            (_, Some((from, to))) => {
                let more = format!("Content-Range: bytes {from}-{to}/{length}\r\n");
                let _ = stream.write_all(head("206 Partial Content", to + 1 - from, &more).as_bytes());
                let body = bytes.get(from..=to).unwrap_or_else(|| panic!("{from}..={to} of {length}"));
                // the footer comes whole, of the rest only the half
                let whole = to + 1 == length;
                stream.write_all(if whole { body } else { body.get(..body.len() / 2).unwrap_or_default() })
            }
        };
    });
    let output = check(folder.path(), variables, &["s3://lake/rows/day=2013-01-01/t.parquet"]);
    refuses(&output, &["s3://lake/rows/day=2013-01-01/t.parquet"]);
}
