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
        let body: String = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let file: File = serde_json::from_str(&body).map_err(|error| {
            format!("it is no record of contracts ({error}); `mlp diff --record` writes it anew from an earlier state in git")
        })?;
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
