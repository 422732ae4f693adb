//! Names that Airflow, Python and file systems accept: sanitised where they must be, and never the same for two things.

use std::collections::HashSet;

/// Names that were given out; a second use of one gets a number.
pub struct Unique {
    taken: HashSet<String>,
    longest: usize,
}

impl Unique {
    /// Names of at most `longest` bytes, a number behind included.
    pub fn new(longest: usize) -> Self {
        Self { taken: HashSet::new(), longest }
    }

    /// Ids, none of which is one of `taken`.
    pub fn but(taken: impl Iterator<Item = String>) -> Self {
        Self { taken: taken.collect(), longest: 240 }
    }

    /// The stem of a file, which on some disks is not sensitive to case.
    pub fn file(&mut self, name: &str) -> String {
        let safe = shortened(name, self.longest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let mut stem = safe.clone();
        let mut n = 2_u64;
        while !self.taken.insert(stem.to_ascii_lowercase()) {
            stem = format!("{safe}-{n}");
            n += 1;
        }
        stem
    }

    /// A `task_id` or `dag_id`.
    pub fn id(&mut self, name: &str) -> String {
        let safe = shortened(name, self.longest, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        self.take(safe, '-')
    }

    /// A Python variable.
    pub fn variable(&mut self, name: &str) -> String {
        let mut safe: String = name.chars().take(32).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !safe.starts_with(|c: char| c.is_ascii_alphabetic()) {
            safe.insert_str(0, "n_");
        }
        if RESERVED.binary_search(&safe.as_str()).is_ok() {
            safe.push('_');
        }
        self.take(safe, '_')
    }

    fn take(&mut self, safe: String, joint: char) -> String {
        if self.taken.insert(safe.clone()) {
            return safe;
        }
        // What was sanitised carries a digest of its origin, so that this counts only true collisions of variables and doubled ids.
        let mut n = 2_u64;
        loop {
            let name = format!("{safe}{joint}{n}");
            if self.taken.insert(name.clone()) {
                return name;
            }
            n += 1;
        }
    }
}

/// `name` where all of it is allowed and it is short enough; else what is allowed of it, and a digest of the whole.
fn shortened(name: &str, longest: usize, allowed: impl Fn(char) -> bool) -> String {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if starts_well && name.len() + 8 <= longest && name.chars().all(&allowed) {
        return name.to_owned();
    }
    let digest = blake3::hash(name.as_bytes()).to_hex();
    let kept: String = name.chars().filter(|c| allowed(*c)).take(longest.saturating_sub(24)).collect();
    let short: String = digest.chars().take(12).collect();
    let kept = kept.trim_start_matches(['-', '.']);
    if kept.is_empty() { format!("x-{short}") } else { format!("{kept}-{short}") }
}

/// Keywords of Python, builtins whose loss a reader would not expect, and what the generated file defines; sorted.
const RESERVED: [&str; 98] = [
    "AirflowException",
    "AirflowFailException",
    "AirflowSkipException",
    "Asset",
    "BaseHook",
    "BaseOperator",
    "BaseSensorOperator",
    "CronTriggerTimetable",
    "DAG",
    "DeltaTriggerTimetable",
    "DeviceRequest",
    "DockerOperator",
    "False",
    "Gate",
    "HELD",
    "HERE",
    "IMAGE",
    "IMAGES",
    "KubernetesPodOperator",
    "Mount",
    "NAMESPACE",
    "None",
    "ON_FAILURE",
    "PACKAGE",
    "PIPELINE",
    "PLAN",
    "PLAN_CONFIG_MAP",
    "PLAN_FILE",
    "Param",
    "Path",
    "RUNNER",
    "Request",
    "SERVICE_ACCOUNT",
    "STORE",
    "Step",
    "SubprocessHook",
    "TaskGroup",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "dag",
    "def",
    "del",
    "dict",
    "elif",
    "else",
    "escape",
    "except",
    "failed",
    "filter",
    "finally",
    "for",
    "from",
    "getattr",
    "global",
    "hash",
    "id",
    "if",
    "import",
    "in",
    "input",
    "is",
    "isinstance",
    "json",
    "lambda",
    "list",
    "logging",
    "map",
    "max",
    "min",
    "nonlocal",
    "not",
    "or",
    "os",
    "pass",
    "pendulum",
    "print",
    "raise",
    "range",
    "return",
    "send_email",
    "set",
    "settle",
    "step",
    "str",
    "sum",
    "timedelta",
    "try",
    "urlopen",
    "while",
    "with",
    "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn good_names_stay_and_bad_ones_stay_apart() {
        let mut ids = Unique::new(240);
        assert_eq!(ids.id("report-score"), "report-score");
        let long = "x".repeat(300);
        let bad = ["a b", "a/b", "a\nb", "", "-", "..", &long, "é", "🙂"].map(|name| ids.id(name));
        for name in &bad {
            assert!(name.len() <= 240, "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)), "{name}");
        }
        assert_eq!(bad.iter().collect::<HashSet<_>>().len(), bad.len());
    }

    #[test]
    fn variables_are_python_and_distinct() {
        let mut names = Unique::new(64);
        assert_eq!(names.variable("class"), "class_");
        assert_eq!(names.variable("trials-0"), "trials_0");
        assert_eq!(names.variable("trials_0"), "trials_0_2");
        assert_eq!(names.variable("1st"), "n_1st");
        assert_eq!(names.variable(""), "n_");
        assert_eq!(names.variable("Step"), "Step_");
    }

    #[test]
    fn files_differ_where_case_does_not_count() {
        let mut files = Unique::new(200);
        assert_eq!(files.file("late"), "late");
        assert_eq!(files.file("LATE"), "LATE-2");
    }
}
