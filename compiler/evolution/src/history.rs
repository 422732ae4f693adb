//! `contracts.lock`: the released versions of a package's contracts, which transitive modes look back to. It is reviewed like any lock file, and never edited.

use std::collections::{BTreeMap, BTreeSet};

use mlp_plan::{Contract, Plan};
use semver::Version;
use serde::{Deserialize, Serialize};

/// The format's name, written into every file.
const FORMAT: &str = "mlp.contracts/v1";

/// Released versions by contract, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    contracts: BTreeMap<String, BTreeMap<Version, Contract>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    #[serde(default)]
    contracts: BTreeMap<String, BTreeMap<String, Contract>>,
}

impl History {
    /// Reads the text of a `contracts.lock`.
    ///
    /// # Errors
    /// In words, where it is none: a conflict of a merge, another format, a version that is no semantic version.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
            return Err(format!(
                "line {}: a merge left a conflict here; `mlp diff --record` keeps what either side has released",
                line + 1
            ));
        }
        // an empty line in place of each comment, so that faults keep their lines
        let body: Vec<&str> = text.lines().map(|line| if line.starts_with('#') { "" } else { line }).collect();
        let file: File = serde_json::from_str(&body.join("\n"))
            .map_err(|error| format!("it is no record of contracts ({error}); take it as it was before from git"))?;
        if file.format != FORMAT {
            return Err(format!("it is of format `{}`, and this mlp knows `{FORMAT}`", file.format));
        }
        let mut contracts: BTreeMap<String, BTreeMap<Version, Contract>> = BTreeMap::new();
        for (name, versions) in file.contracts {
            for (version, contract) in versions {
                let parsed =
                    Version::parse(&version).map_err(|error| format!("`{name}` has a version `{version}`: {error}"))?;
                contracts.entry(name.clone()).or_default().insert(parsed, contract);
            }
        }
        Ok(Self { contracts })
    }

    /// Reads the text of a `contracts.lock`, of which a merge may have left two versions: what either has released is in it.
    ///
    /// # Errors
    /// As [`History::parse`], and where the two have released one version with two contents.
    pub fn joined(text: &str) -> Result<Self, String> {
        let [ours, theirs] = sides(text);
        let (mut all, other) = (Self::parse(&ours)?, Self::parse(&theirs)?);
        for (name, versions) in other.contracts {
            for (version, contract) in versions {
                let known = all
                    .contracts
                    .entry(name.clone())
                    .or_default()
                    .entry(version.clone())
                    .or_insert_with(|| contract.clone());
                if *known != contract {
                    return Err(format!(
                        "both sides of the merge released `{name}` {version}, and not the same; take the file of the side that was released first (`git checkout --ours` or `--theirs`), and raise `version` for the other"
                    ));
                }
            }
        }
        Ok(all)
    }

    /// The newest version on record of each contract.
    pub fn newest(&self) -> impl Iterator<Item = &Contract> {
        self.contracts.values().filter_map(|versions| versions.last_key_value()).map(|(_, contract)| contract)
    }

    /// The text of a `contracts.lock`.
    #[must_use]
    pub fn text(&self) -> String {
        let contracts = self
            .contracts
            .iter()
            .map(|(name, versions)| {
                (name.clone(), versions.iter().map(|(version, one)| (version.to_string(), one.clone())).collect())
            })
            .collect();
        let file = File { format: FORMAT.to_owned(), contracts };
        // every key is a string, so that this cannot fail
        let json = serde_json::to_string_pretty(&file).unwrap_or_default();
        format!(
            "# Written by `mlp diff --record`: the released versions of this package's contracts. Review it, do not edit it.\n{json}\n"
        )
    }

    /// The record beside the contracts that are declared now.
    pub fn beside<'a>(&'a self, plan: &'a Plan) -> Records<'a> {
        let own = plan.contracts.values().filter(|one| one.is_own());
        let declared = own.filter_map(|one| one.declared.as_deref()).collect();
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        self.contracts.keys().for_each(|name| names.entry(bare_name(name)).or_default().push(name));
        Records { history: self, names, declared }
    }

    /// The same with what another record has besides: what was released is never taken back.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for (name, versions) in other.contracts {
            let known = self.contracts.entry(name).or_default();
            for (version, contract) in versions {
                known.entry(version).or_insert(contract);
            }
        }
        self
    }

    /// Adds the current version of each published contract; answers what was added.
    ///
    /// # Errors
    /// One line for each contract that is on record under its version and says something else: what was released stays as it was.
    pub fn record<'c>(
        &mut self,
        contracts: impl IntoIterator<Item = &'c Contract>,
    ) -> Result<Vec<String>, Vec<String>> {
        let (mut added, mut faults) = (Vec::new(), Vec::new());
        for contract in contracts {
            let (Some(declared), Some(version)) = (&contract.declared, &contract.version) else { continue };
            let Ok(parsed) = Version::parse(version) else { continue };
            let bare = bare(contract);
            match self.contracts.entry(declared.clone()).or_default().entry(parsed) {
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(bare);
                    added.push(format!("{declared} {version}"));
                }
                std::collections::btree_map::Entry::Occupied(known) if *known.get() == bare => {}
                std::collections::btree_map::Entry::Occupied(_) => faults.push(format!(
                    "`{declared}` {version} is on record and says something else there; what was released stays as it was: raise `version`"
                )),
            }
        }
        if faults.is_empty() { Ok(added) } else { Err(faults) }
    }
}

/// Released versions, looked up by the contracts that are declared now.
#[derive(Debug)]
pub struct Records<'a> {
    history: &'a History,
    /// The names on record by their last segment.
    names: BTreeMap<&'a str, Vec<&'a str>>,
    declared: BTreeSet<&'a str>,
}

impl<'a> Records<'a> {
    /// The released versions of a contract, newest first; those of a contract of that name in another module, too, where there is none such any more.
    pub fn of(&self, declared: &str) -> Vec<(&'a Version, &'a Contract)> {
        let names = self.names.get(bare_name(declared)).into_iter().flatten();
        let of_it = names.filter(|name| **name == declared || !self.declared.contains(**name));
        let mut found: Vec<_> = of_it.filter_map(|name| self.history.contracts.get(*name)).flatten().collect();
        found.sort_by(|a, b| b.0.cmp(a.0));
        found
    }
}

/// A text as each side of a merge had it; twice the same where there is no conflict in it.
fn sides(text: &str) -> [String; 2] {
    #[derive(PartialEq)]
    enum In {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut ours, mut theirs, mut at) = (String::new(), String::new(), In::Both);
    for line in text.lines() {
        at = match line.get(..7) {
            Some("<<<<<<<") => In::Ours,
            Some("|||||||") => In::Base,
            Some("=======") => In::Theirs,
            Some(">>>>>>>") => In::Both,
            _ => {
                for (side, takes) in [(&mut ours, [In::Both, In::Ours]), (&mut theirs, [In::Both, In::Theirs])] {
                    if takes.contains(&at) {
                        side.push_str(line);
                        side.push('\n');
                    }
                }
                continue;
            }
        };
    }
    [ours, theirs]
}

fn bare_name(declared: &str) -> &str {
    declared.rsplit('.').next().unwrap_or_default()
}

/// A contract without places, which would change with every line above it.
fn bare(contract: &Contract) -> Contract {
    let mut bare = contract.clone();
    bare.places.clear();
    bare.expectations.iter_mut().for_each(|one| one.place = mlp_plan::Place::default());
    // that a break was accepted then says nothing about later ones
    bare.accepts.clear();
    bare
}
