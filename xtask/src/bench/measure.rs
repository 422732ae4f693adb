//! The cpu time of a command and all of its children, and its memory.

use std::fs;

use super::Work;
use crate::process::{command, output, python, succeeds};

/// Waits for one child and tells what it took. Python, since the standard library of Rust cannot ask the kernel for it.
const HARNESS: &str = "
import os, subprocess, sys
folder, *words = sys.argv[1:]
child = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
said = child.stderr.read()
_, status, used = os.wait4(child.pid, 0)
code = os.waitstatus_to_exitcode(status)
print(used.ru_utime + used.ru_stime, code, used.ru_maxrss * 1024 / 1e6)
sys.stderr.buffer.write(said[-2000:])
";

/// What one run took, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// User and system time, children included.
    pub cpu: f64,
    /// The most memory that it had at once, in megabytes.
    pub peak: f64,
}

/// What must be there before the first run.
pub fn prepare(work: &Work) -> Result<(), String> {
    let Some((program, arguments)) = work.before.split_first() else { return Ok(()) };
    if succeeds(command(program, arguments).current_dir(&work.folder))? {
        Ok(())
    } else {
        Err(format!("{} failed", work.before.join(" ")))
    }
}

/// Runs it once.
pub fn once(work: &Work) -> Result<Times, String> {
    if let Some(path) = &work.remove
        && path.exists()
    {
        fs::remove_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if work.tells {
        let (program, arguments) = work.command.split_first().ok_or("no command")?;
        let text = output(command(program, arguments).current_dir(&work.folder))?;
        let last = text.lines().last().unwrap_or_default();
        let cpu = last.parse().map_err(|_| format!("no measure: {text}"))?;
        return Ok(Times { cpu, peak: f64::NAN });
    }
    let mut harness = command(python()?, &["-c", HARNESS]);
    harness.arg(&work.folder).args(&work.command);
    let text = output(&mut harness)?;
    let mut numbers = text.split_whitespace();
    let mut next =
        || numbers.next().and_then(|number| number.parse::<f64>().ok()).ok_or_else(|| format!("no measure: {text}"));
    let (cpu, code, peak) = (next()?, next()?, next()?);
    let fine = if work.codes.is_empty() { code == 0.0 } else { work.codes.iter().any(|fine| f64::from(*fine) == code) };
    if fine { Ok(Times { cpu, peak }) } else { Err(format!("`{}` ended with {code}", work.command.join(" "))) }
}

/// How many bytes it writes to standard output.
pub fn written(work: &Work) -> Result<usize, String> {
    let (program, arguments) = work.command.split_first().ok_or("no command")?;
    output(command(program, arguments).current_dir(&work.folder)).map(|text| text.len())
}

/// The cheapest run: whatever else the machine does can only add to it. Of memory the most, which nothing else adds to.
pub fn least(times: &[Times]) -> Times {
    let cpu = times.iter().map(|times| times.cpu).fold(f64::NAN, f64::min);
    let peak = times.iter().map(|times| times.peak).fold(f64::NAN, f64::max);
    Times { cpu, peak }
}

#[cfg(test)]
mod tests {
    use super::{Times, least};

    #[test]
    fn the_least_is_by_cpu() {
        let times = [3.0, 1.0, 2.0].map(|cpu| Times { cpu, peak: cpu });
        assert_eq!((least(&times).cpu, least(&times).peak), (1.0, 3.0));
        assert!(least(&[]).cpu.is_nan());
    }
}
