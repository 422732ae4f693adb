//! One process in its own group: started, listened to, timed, ended with everything that it started.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::{self, PipeReader},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Once,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::{Pid, Signal, kill_process_group},
};

use crate::{Options, log::Log, survivors};

/// How often a stop that was asked for is looked at.
const TICK: Duration = Duration::from_millis(100);

/// What to start.
#[derive(Debug)]
pub(crate) struct Spec {
    /// The program: a path, or a name to look up in `PATH` of `env`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: BTreeMap<String, OsString>,
    /// Its working folder.
    pub folder: PathBuf,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// What marks it and its children, in its environment.
    pub mark: String,
    /// Where its group is written down, for the case that we are killed.
    pub ledger: PathBuf,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// It took too long.
    TimedOut,
    /// An end was asked for.
    Stopped,
}

/// Runs it to its end.
///
/// # Errors
/// Where it cannot be started.
pub(crate) fn run(spec: &Spec, log: &mut Log, options: &Options) -> io::Result<Ended> {
    adopt_orphans();
    let (reader, writer) = io::pipe()?;
    let mut child = {
        let mut command = Command::new(&spec.program);
        command.args(&spec.args).env_clear().envs(&spec.env).current_dir(&spec.folder);
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
        // The command holds the pipe's other end: it must be gone before we listen.
        command.spawn()?
    };
    survivors::note(&spec.ledger, child.id());
    let ended = attend(&mut child, reader, log, spec.timeout, options);
    survivors::end_marked(&spec.mark);
    ended
}

/// Orphans of a stage become our children rather than init's, so that they can be found (Linux).
fn adopt_orphans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(target_os = "linux")]
        {
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        }
    });
}

fn attend(
    child: &mut Child,
    reader: PipeReader,
    log: &mut Log,
    timeout: Option<Duration>,
    options: &Options,
) -> io::Result<Ended> {
    let group = Pid::from_child(child);
    fcntl_setfl(&reader, fcntl_getfl(&reader)? | OFlags::NONBLOCK)?;
    let watch = Watch::new(group);
    let mut listening = true;
    let mut ending = Ending::new(timeout, options);
    loop {
        let wait = ending.wait();
        let exited = watch.wait(child, listening.then_some(&reader), wait)?;
        if listening {
            listening = log.take(&reader);
        }
        if exited {
            break;
        }
        if let Some(signal) = ending.signal(options) {
            let _ = kill_process_group(group, signal);
        }
    }
    // Not waited for yet, so that the group's number is still its own: whoever is left in it goes now.
    let _ = kill_process_group(group, Signal::KILL);
    let status = child.wait()?;
    reap(group);
    if listening {
        log.take(&reader);
    }
    Ok(ending.verdict(status))
}

/// Members of a group that were just killed and whose parent is gone are our children now; they are waited for, briefly.
fn reap(group: Pid) {
    for _ in 0..100 {
        match rustix::process::waitpgid(group, rustix::process::WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => std::thread::sleep(Duration::from_millis(1)),
            Err(_) => return,
        }
    }
}

/// Learns of the end of a process without reaping it.
struct Watch {
    #[cfg(target_os = "linux")]
    handle: Option<std::os::fd::OwnedFd>,
}

impl Watch {
    #[cfg(target_os = "linux")]
    fn new(pid: Pid) -> Self {
        Self { handle: rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok() }
    }

    #[cfg(not(target_os = "linux"))]
    fn new(_: Pid) -> Self {
        Self {}
    }

    /// Waits for its end, for output, or for `limit`; whether it has ended.
    fn wait(&self, child: &Child, reader: Option<&PipeReader>, limit: Duration) -> io::Result<bool> {
        let mut fds: Vec<PollFd<'_>> = reader.map(|reader| PollFd::new(reader, PollFlags::IN)).into_iter().collect();
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            fds.push(PollFd::new(handle, PollFlags::IN));
        }
        let blind = fds.len() == usize::from(reader.is_some());
        let limit = if blind { limit.min(Duration::from_millis(10)) } else { limit };
        let time = Timespec { tv_sec: limit.as_secs().cast_signed(), tv_nsec: limit.subsec_nanos().into() };
        match poll(&mut fds, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if blind {
            return Ok(has_ended(child));
        }
        Ok(fds.last().is_some_and(|fd| !fd.revents().is_empty()))
    }
}

/// Whether a child has ended, without reaping it.
fn has_ended(child: &Child) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(Pid::from_child(child)), options), Ok(Some(_)) | Err(_))
}

/// The way to the end: nothing, SIGTERM, SIGKILL.
struct Ending {
    deadline: Option<Instant>,
    /// Why it is being ended.
    cause: Option<Ended>,
    /// When SIGKILL is due.
    kill_at: Option<Instant>,
    killed: bool,
    grace: Duration,
}

impl Ending {
    fn new(timeout: Option<Duration>, options: &Options) -> Self {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Self { deadline, cause: None, kill_at: None, killed: false, grace: options.grace }
    }

    fn wait(&self) -> Duration {
        if self.killed {
            return TICK;
        }
        let due = self.kill_at.or(self.deadline);
        due.map_or(TICK, |due| due.saturating_duration_since(Instant::now()).min(TICK))
    }

    /// The signal that is due now.
    fn signal(&mut self, options: &Options) -> Option<Signal> {
        let now = Instant::now();
        if self.cause.is_none() {
            if options.stop.asked() {
                self.cause = Some(Ended::Stopped);
            } else if self.deadline.is_some_and(|deadline| now >= deadline) {
                self.cause = Some(Ended::TimedOut);
            } else {
                return None;
            }
            self.kill_at = now.checked_add(self.grace);
            self.killed = options.stop.at_once();
            return Some(if self.killed { Signal::KILL } else { Signal::TERM });
        }
        let due = self.kill_at.is_some_and(|at| now >= at) || options.stop.at_once();
        (due && !std::mem::replace(&mut self.killed, true)).then_some(Signal::KILL)
    }

    fn verdict(self, status: ExitStatus) -> Ended {
        self.cause.unwrap_or_else(|| match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Exited(code),
            (None, signal) => Ended::Signalled(signal.unwrap_or_default()),
        })
    }
}

/// The name of a signal.
pub(crate) fn signal_name(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return format!("signal {number}"),
    };
    format!("{name} ({number})")
}

/// The programs of a `PATH`, as a shell would find them.
pub(crate) fn find_program(name: &str, path: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    path.split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| PathBuf::from(folder).join(name))
        .find(|file| fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0))
}
