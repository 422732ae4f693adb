//! The tools that exported files are for, in a Python environment of their own.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// A process that looks at files with Python's packages.
pub struct Tools {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Tools {
    /// Starts it; `None`, said loudly, where the packages cannot be installed and this is no CI.
    pub fn start() -> Option<Self> {
        let python = python().as_ref()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/check.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Some(Self { child, input, output })
    }

    /// What a check answers; `Err` with what it said.
    pub fn ask(&mut self, request: &Value) -> Result<Value, String> {
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("the checking process ended");
        match answer.get("fault") {
            Some(fault) => Err(fault.as_str().unwrap_or_default().to_owned()),
            None => Ok(answer.get("ok").cloned().unwrap_or_default()),
        }
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Python with the packages of `requirements.txt`, made once under the target folder.
fn python() -> &'static Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/requirements.txt");
        let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formats");
        let (python, stamp) = (venv.join("bin/python"), venv.join("requirements.txt"));
        let wanted = std::fs::read_to_string(&requirements).unwrap();
        if std::fs::read_to_string(&stamp).ok().as_deref() == Some(wanted.as_str()) {
            return Some(python);
        }
        let made = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv)).and_then(|()| {
            run(Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                .arg(&requirements))
        });
        match made {
            Ok(()) => {
                std::fs::write(&stamp, wanted).unwrap();
                Some(python)
            }
            Err(why) if std::env::var_os("CI").is_none() => {
                eprintln!("SKIPPED: the tools of other formats cannot be installed: {why}");
                None
            }
            Err(why) => {
                assert!(why.is_empty(), "the tools of other formats cannot be installed: {why}");
                None
            }
        }
    })
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
