//! What a pipeline needs in its file: which Airflow, which executor, and which parts.

use mlp_plan::{ClauseRule, Node, Pipeline, Plan, Run, Schedule, SecretRef};

/// Which Airflow a file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Two,
    Three,
    Both,
}

impl Version {
    /// What the target says; `None` where there is no such version.
    pub fn of(plan: &Plan) -> Option<Self> {
        match plan.target.options.get("version").map(|version| version.split('.').next().unwrap_or_default()) {
            None => Some(Self::Both),
            Some("2") => Some(Self::Two),
            Some("3") => Some(Self::Three),
            Some(_) => None,
        }
    }
}

/// Where tasks do their work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// `mlp` of the worker.
    Bash,
    /// A pod.
    Kubernetes,
    /// A container beside the worker.
    Docker,
}

impl Executor {
    /// What the target says; `None` where there is no such executor.
    pub fn of(plan: &Plan) -> Option<Self> {
        match plan.target.options.get("executor").map(String::as_str) {
            None | Some("bash") => Some(Self::Bash),
            Some("kubernetes") => Some(Self::Kubernetes),
            Some("docker") => Some(Self::Docker),
            Some(_) => None,
        }
    }
}

/// Whom a failure is told, beside the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nobody,
    Log,
    Webhook,
    Mail,
}

/// The parts that a file has.
pub struct Uses {
    pub version: Version,
    pub executor: Executor,
    pub assets: bool,
    pub params: bool,
    /// Promotions that wait for people.
    pub gates: bool,
    /// Secrets that are connections of Airflow.
    pub connections: bool,
    pub groups: bool,
    told: Told,
}

impl Uses {
    /// What the pipeline needs; an unknown version or executor, which is refused, counts as the default.
    pub fn of(plan: &Plan, pipeline: &Pipeline, groups: bool) -> Self {
        let nodes = &pipeline.nodes;
        Self {
            version: Version::of(plan).unwrap_or(Version::Both),
            executor: Executor::of(plan).unwrap_or(Executor::Bash),
            assets: matches!(pipeline.schedule, Some(Schedule::Update(_)))
                || nodes.iter().any(|node| matches!(node.run, Run::Read(_) | Run::Write { .. })),
            params: !pipeline.params.is_empty(),
            gates: nodes.iter().any(|node| approval(plan, node).is_some()),
            connections: nodes.iter().flat_map(|node| &node.secrets).any(|name| is_connection(plan, name)),
            groups,
            told: told(pipeline.on_failure.as_deref()),
        }
    }

    /// A part of the file: lines that end with `#? word` stand in it where that is used, with `#? !word` where it is not.
    pub fn part(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len());
        for line in template.lines() {
            let (code, wanted) = match line.split_once("  #? ") {
                None => (line, true),
                Some((code, word)) => match word.strip_prefix('!') {
                    None => (code, self.has(word)),
                    Some(word) => (code, !self.has(word)),
                },
            };
            if wanted {
                out.push_str(code);
                out.push('\n');
            }
        }
        out
    }

    fn has(&self, word: &str) -> bool {
        match word {
            "connections" => self.connections,
            "gates" => self.gates,
            "webhook" => self.webhook(),
            "mail" => self.mail(),
            _ => false,
        }
    }

    pub fn tells(&self) -> bool {
        self.told != Told::Nobody
    }

    pub fn webhook(&self) -> bool {
        self.told == Told::Webhook
    }

    pub fn mail(&self) -> bool {
        self.told == Told::Mail
    }
}

fn told(whom: Option<&str>) -> Told {
    match whom {
        None => Told::Nobody,
        Some(whom) if whom.starts_with("https://") || whom.starts_with("http://") => Told::Webhook,
        Some(whom) if is_address(whom) => Told::Mail,
        Some(_) => Told::Log,
    }
}

/// Whether it is plainly one address of mail: nothing in it would begin another header or name a second reader.
fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && name.chars().all(plain) && host.contains('.') && host.chars().all(plain)
    })
}

fn is_connection(plan: &Plan, name: &str) -> bool {
    matches!(plan.secrets.get(name), Some(SecretRef::Connection(_)))
}

/// How long a promotion waits for people, ns, where it does.
pub fn approval(plan: &Plan, node: &Node) -> Option<Option<i64>> {
    let Run::Promote(promote) = &node.run else { return None };
    let policies = promote.policies.iter().filter_map(|used| plan.policies.get(&used.policy));
    policies.flat_map(|policy| &policy.clauses).find_map(|clause| match &clause.rule {
        ClauseRule::Approve { within, .. } => Some(*within),
        _ => None,
    })
}
