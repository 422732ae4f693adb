//! What this machine has, and what nodes take of it.

use std::{fs, thread};

use mlp_plan::Node;

/// Cores, bytes, GPUs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount {
    cpu: f64,
    memory: u64,
    gpu: u32,
}

/// What is there and what is left.
#[derive(Debug)]
pub(crate) struct Machine {
    total: Amount,
    free: Amount,
    /// Nodes at work.
    busy: usize,
    jobs: usize,
}

impl Machine {
    /// This machine, with at most `jobs` nodes at once.
    pub fn new(jobs: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a number of cores")]
        let cpu = jobs.max(thread::available_parallelism().map_or(1, usize::from)) as f64;
        let total = Amount { cpu, memory: memory().unwrap_or(u64::MAX), gpu: gpus() };
        Self { total, free: total, busy: 0, jobs }
    }

    /// What a node takes: at most all there is, so that a greedy node runs alone rather than never.
    pub fn wants(&self, node: &Node) -> Amount {
        let asked = &node.resources;
        Amount {
            cpu: asked.cpu.as_ref().and_then(mlp_plan::Literal::as_f64).unwrap_or(1.0).clamp(0.0, self.total.cpu),
            memory: asked.memory.unwrap_or_default().min(self.total.memory),
            gpu: asked.gpu.unwrap_or_default().min(self.total.gpu),
        }
    }

    /// Whether as many nodes as may be are at work.
    pub const fn is_full(&self) -> bool {
        self.busy >= self.jobs
    }

    /// Takes it, where it is free.
    pub fn take(&mut self, amount: Amount) -> bool {
        let fits = self.busy < self.jobs
            && amount.cpu <= self.free.cpu + 1e-9
            && amount.memory <= self.free.memory
            && amount.gpu <= self.free.gpu;
        if fits {
            self.busy += 1;
            self.free.cpu -= amount.cpu;
            self.free.memory -= amount.memory;
            self.free.gpu -= amount.gpu;
        }
        fits
    }

    /// Gives it back.
    pub fn give(&mut self, amount: Amount) {
        self.busy -= 1;
        self.free.cpu += amount.cpu;
        self.free.memory += amount.memory;
        self.free.gpu += amount.gpu;
    }
}

fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn gpus() -> u32 {
    let devices = fs::read_dir("/dev").into_iter().flatten().flatten();
    let gpu = |name: &str| {
        name.strip_prefix("nvidia")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    u32::try_from(devices.filter(|device| gpu(&device.file_name().to_string_lossy())).count()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_want_everything_never_meet() {
        let all = Amount { cpu: 2.0, memory: 100, gpu: 1 };
        let mut machine = Machine { total: all, free: all, busy: 0, jobs: 4 };
        assert!(machine.take(all));
        assert!(!machine.take(Amount { cpu: 1.0, memory: 0, gpu: 0 }));
        machine.give(all);
        let half = Amount { cpu: 1.0, memory: 60, gpu: 0 };
        assert!(machine.take(half));
        assert!(!machine.take(half), "memory is short");
        assert!(machine.take(Amount { cpu: 1.0, memory: 0, gpu: 1 }));
    }
}
