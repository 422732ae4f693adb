//! A real S3 server for tests: moto's, in an environment with locked requirements that is made once and kept.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A server with nothing in it, which ends with its owner.
pub struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts one; `tests` is the project's folder of that name, `kept` is where the environment may stay.
    pub fn start(tests: &Path, kept: &Path) -> Self {
        let mut process = Command::new(python(tests, kept))
            .args(["-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the server ended: {said}");
            if let Some((_, address)) = line.trim_end().split_once("Running on http://") {
                break address.to_owned();
            }
            said += &line;
        };
        // What it says later is read away, or it would wait for us.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { process, address }
    }

    /// Makes a bucket.
    pub fn make(&self, bucket: &str) {
        self.put(bucket, b"");
    }

    /// Writes a bucket, or an object (`bucket/name`), as somebody else would.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = bytes.len();
        let ask = format!("PUT /{path} HTTP/1.0\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n", self.address);
        stream.write_all(ask.as_bytes()).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.") && answer.contains(" 200 "), "{answer}");
    }

    /// What a client must find in its environment.
    pub fn variables(&self) -> Vec<(String, String)> {
        let endpoint = format!("http://{}", self.address);
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
}

/// The interpreter of an environment with the locked requirements.
fn python(tests: &Path, kept: &Path) -> PathBuf {
    let lock = tests.join("python/s3/requirements.txt");
    let wanted = fs::read_to_string(&lock).unwrap();
    let folder = kept.join("python-s3");
    let (interpreter, done) = (folder.join("bin/python"), folder.join("complete"));
    // Tests of other crates may want it at the same time.
    let turn = File::create(kept.join("python-s3.lock")).unwrap();
    turn.lock().unwrap();
    if fs::read_to_string(&done).ok().as_ref() != Some(&wanted) {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&interpreter)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--only-binary", ":all:", "--require-hashes", "-r"])
            .arg(&lock));
        fs::write(&done, wanted).unwrap();
    }
    interpreter
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
