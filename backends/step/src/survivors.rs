//! Processes that outlived their engine or left their group: found by what they carry in their environment, and by the ledger of groups.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
};

use mlp_store::Store;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};

/// The variable that marks a stage's processes.
pub(crate) const MARK: &str = "MLP_STEP";

/// Writes down a group and when its leader began.
pub(crate) fn note(ledger: &Path, pid: u32) {
    let line = format!("{pid} {}\n", start_time(pid).unwrap_or_default());
    let _ =
        OpenOptions::new().create(true).append(true).open(ledger).and_then(|mut file| file.write_all(line.as_bytes()));
}

/// When a process began, in ticks since the machine did.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Ends orphans of a stage that left its group: they are our children by now. Does nothing where there are none.
pub(crate) fn end_marked(mark: &str) {
    for _ in 0..8 {
        let mut found = false;
        for pid in adopted() {
            if carries(pid, mark) {
                found = true;
                if let Some(pid) = Pid::from_raw(pid) {
                    let _ = kill_process(pid, Signal::KILL);
                    let _ = waitpid(Some(pid), WaitOptions::empty());
                }
            }
        }
        if !found {
            return;
        }
    }
}

/// Orphans that became our children: they belong to our first thread, those that we started to the threads that did.
fn adopted() -> Vec<i32> {
    let own = std::process::id();
    let text = fs::read_to_string(format!("/proc/self/task/{own}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()).collect()
}

fn carries(pid: i32, mark: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes()))
}

/// Ends what killed runs of this store left at work, and gives how many processes and groups that were. Only for who holds the store's lock.
#[must_use]
pub fn end_survivors(store: &Store, runs: &[String]) -> usize {
    let mut ended = 0;
    for run in runs {
        let ledger = store.run_folder(run).join("processes");
        for line in fs::read_to_string(&ledger).unwrap_or_default().lines() {
            let mut words = line.split_whitespace();
            let (pid, began) = (words.next().and_then(|pid| pid.parse::<u32>().ok()), words.next());
            let Some(pid) = pid else { continue };
            let same = began.is_some() && start_time(pid).as_deref() == began;
            if same && let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                ended += usize::from(kill_process_group(group, Signal::KILL).is_ok());
            }
        }
        let _ = fs::remove_file(&ledger);
    }
    // Whoever left its group, or whose leader is gone, still carries the path of its step.
    let mark = format!("{MARK}={}/", store.state().join("tmp").display());
    for _ in 0..8 {
        let mut found = 0;
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let pid = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            if let Some(pid) = pid.filter(|pid| carries(*pid, &mark)).and_then(Pid::from_raw) {
                found += usize::from(kill_process(pid, Signal::KILL).is_ok());
            }
        }
        ended += found;
        if found == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    ended
}
