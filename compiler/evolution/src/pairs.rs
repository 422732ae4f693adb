//! Which contract of the one version is which of the other, how they are called, and what they call each other's columns.

use std::{borrow::Cow, collections::BTreeMap};

use mlp_plan::{Contract, Expr, Literal, Plan};

use crate::contract;

/// A contract as it was and as it is; none where it is new, or gone.
pub type Pair<'a> = (Option<&'a Contract>, Option<&'a Contract>);

/// Contracts of both versions: by their declaration, or by their bare name where one was moved to another module.
pub fn pairs<'a>(old: &'a Plan, new: &'a Plan) -> Vec<Pair<'a>> {
    let own = |plan: &'a Plan| -> BTreeMap<&'a str, &'a Contract> {
        let own = plan.contracts.values().filter(|one| one.is_own());
        own.filter_map(|one| Some((one.declared.as_deref()?, one))).collect()
    };
    let (mut before, after) = (own(old), own(new));
    let mut found = Vec::new();
    let mut left = Vec::new();
    for (declared, is) in &after {
        match before.remove(declared) {
            Some(was) => found.push((Some(was), Some(*is))),
            None => left.push(*is),
        }
    }
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    before.keys().for_each(|declared| by_name.entry(bare(declared)).or_default().push(declared));
    for is in left {
        let same = by_name.get(bare_of(is)).into_iter().flatten().filter(|declared| before.contains_key(*declared));
        let was = match same.collect::<Vec<_>>()[..] {
            [one] => before.remove(one),
            _ => None,
        };
        found.push((was, Some(is)));
    }
    found.extend(before.into_values().map(|was| (Some(was), None)));
    found.sort_by_cached_key(|(was, is)| is.or(*was).and_then(|one| one.declared.clone()));
    found
}

fn bare(declared: &str) -> &str {
    declared.rsplit('.').next().unwrap_or_default()
}

fn bare_of(contract: &Contract) -> &str {
    contract.declared.as_deref().map(bare).unwrap_or_default()
}

/// How contracts are called: by their bare name where only one has it.
pub struct Names {
    count: BTreeMap<String, usize>,
}

impl Names {
    /// The names of the contracts of two versions.
    pub fn of(old: &Plan, new: &Plan) -> Self {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for plan in [old, new] {
            let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
            for one in plan.contracts.values().filter(|one| one.is_own()) {
                *seen.entry(bare_of(one)).or_default() += 1;
            }
            for (name, times) in seen {
                let known = count.entry(name.to_owned()).or_default();
                *known = times.max(*known);
            }
        }
        Self { count }
    }

    /// As one of them is called.
    pub fn shown(&self, contract: &Contract) -> String {
        let declared = contract.declared.clone().unwrap_or_default();
        if self.count.get(bare(&declared)).is_some_and(|count| *count > 1) {
            declared
        } else {
            bare(&declared).to_owned()
        }
    }
}

/// Columns that say what they were called, by the bare name of their contract: what others say of them means the same under the new name.
pub struct Renamed<'a> {
    columns: BTreeMap<&'a str, Vec<(String, String)>>,
}

impl<'a> Renamed<'a> {
    /// What was renamed in any of these.
    pub fn of(pairs: &[Pair<'a>]) -> Self {
        let mut columns = BTreeMap::new();
        let mut doubled = Vec::new();
        for (was, is) in pairs.iter().filter_map(|(was, is)| was.zip(*is)) {
            let renames = contract::renames(was, is);
            if !renames.is_empty() && columns.insert(bare_of(is), renames).is_some() {
                doubled.push(bare_of(is));
            }
        }
        // of two contracts of one name it is not known which is meant
        columns.retain(|name, _| !doubled.contains(name));
        Self { columns }
    }

    /// A contract in which references to columns of others have the names of now.
    pub fn apply<'c>(&self, contract: &'c Contract) -> Cow<'c, Contract> {
        if self.columns.is_empty() || (contract.references.is_empty() && contract.expectations.is_empty()) {
            return Cow::Borrowed(contract);
        }
        let rename = |of: &str, column: &mut String| {
            let renames = self.columns.get(of).into_iter().flatten();
            if let Some((_, is)) = renames.into_iter().find(|(was, _)| was == column) {
                column.clone_from(is);
            }
        };
        let mut contract = contract.clone();
        for reference in &mut contract.references {
            reference.to.iter_mut().for_each(|column| rename(&reference.contract, column));
        }
        for expectation in &mut contract.expectations {
            expectation.expr.walk_mut(&mut |part| match part {
                Expr::Call { function, args } if function == "referenced" => {
                    if let [_, Expr::Literal(Literal::Text(of)), Expr::Literal(Literal::Text(column))] =
                        args.as_mut_slice()
                    {
                        rename(of, column);
                    }
                }
                _ => {}
            });
        }
        Cow::Owned(contract)
    }
}
