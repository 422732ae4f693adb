//! A language server as a process, and its messages.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// A server that runs. It is ended with this.
pub struct Pipe {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<(Instant, Value)>,
    errors: Arc<Mutex<String>>,
}

impl Pipe {
    /// Starts a server.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let shown = format!("{command:?}");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{shown}: {error}"))?;
        let (sender, messages) = channel();
        let mut output = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or("it has no output")?);
        thread::spawn(move || {
            while let Some(body) = body(&mut output) {
                let came = Instant::now();
                // what is no JSON is told as the text that it is
                let value = serde_json::from_slice(&body);
                let value = value.unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
                if sender.send((came, value)).is_err() {
                    return;
                }
            }
        });
        let errors = Arc::new(Mutex::new(String::new()));
        let (mut said, heard) = (child.stderr.take().ok_or("it has no errors")?, Arc::clone(&errors));
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = said.read(&mut piece) {
                let text = String::from_utf8_lossy(piece.get(..count).unwrap_or_default());
                heard.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        let input = child.stdin.take();
        Ok(Self { child, input, messages, errors })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Where the server has gone.
    pub fn send(&mut self, message: &Value) -> Result<(), String> {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
    }

    /// Sends bytes, whatever they are.
    ///
    /// # Errors
    /// Where the server has gone.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        let sent = input.write_all(bytes).and_then(|()| input.flush());
        sent.map_err(|error| format!("the server has gone: {error}; {}", self.said()))
    }

    /// The next message, and when it came.
    ///
    /// # Errors
    /// Where none comes in this time, or the server has gone.
    pub fn next(&self, time: Duration) -> Result<(Instant, Value), String> {
        self.messages.recv_timeout(time).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("the server says nothing for {time:?}"),
            RecvTimeoutError::Disconnected => format!("the server has gone: {}", self.said()),
        })
    }

    /// A message that has come, if there is one.
    #[must_use]
    pub fn ready(&self) -> Option<(Instant, Value)> {
        self.messages.try_recv().ok()
    }

    /// What it has written beside its messages.
    #[must_use]
    pub fn said(&self) -> String {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The memory that it holds, in bytes, where the system tells.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
    }

    /// Closes its input and waits for its end.
    ///
    /// # Errors
    /// Where it does not end in this time.
    pub fn ended(&mut self, time: Duration) -> Result<ExitStatus, String> {
        self.input = None;
        self.closed(time)
    }

    /// Waits for its end, and leaves its input open.
    ///
    /// # Errors
    /// Where it does not end in this time.
    pub fn closed(&mut self, time: Duration) -> Result<ExitStatus, String> {
        let until = Instant::now() + time;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(2)),
                Ok(None) => return Err(format!("the server does not end within {time:?}")),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next body of a server; none where it went.
fn body(output: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    Some(body)
}
