//! What `mlp diff` would say of a change of a contract: in the title of what makes it.

use mlp_diagnostics::Edit;
use mlp_evolution::{Breaks, Class, changes};
use mlp_plan::Contract;
use mlp_workspace::Package;

use super::Mend;

/// Says in the titles of mends that change contracts whom that breaks.
pub fn say_verdicts(package: &mut Package, mends: &mut [Mend]) {
    for mend in mends {
        if let [edit] = mend.edits.as_slice()
            && let Some(verdict) = verdict(package, edit)
        {
            mend.title = format!("{} ({verdict})", mend.title);
        }
    }
}

fn verdict(package: &mut Package, edit: &Edit) -> Option<String> {
    let mut supposing = package.suppose(edit.span.file, edit.span.start)?;
    let mut text = supposing.text.to_string();
    let at = |end: u32| Some(end.checked_sub(supposing.start)? as usize);
    let range = at(edit.span.start)?..at(edit.span.end)?;
    text.get(range.clone())?;
    text.replace_range(range, &edit.text);
    let after = supposing.check(&text).contracts;
    let pairs = after.into_iter().filter_map(|(id, new)| Some((package.live().contract(id)?, new)));
    pairs.filter_map(|(old, new)| of_contract(&old.face, &new.face)).next()
}

/// The worst of the changes of a contract, in words.
fn of_contract(old: &Contract, new: &Contract) -> Option<String> {
    let all = changes(&old.name, old, new);
    let class = all.iter().map(|change| change.class).max_by_key(|class| match class {
        Class::Breaking => 3,
        Class::Compatible => 2,
        Class::Additive => 1,
        Class::Governance | Class::Docs => 0,
    })?;
    let breaks = all.iter().fold(Breaks::NONE, |all, change| Breaks {
        backward: all.backward || change.breaks.backward,
        forward: all.forward || change.breaks.forward,
    });
    let said = match (class, breaks) {
        (Class::Breaking, Breaks { backward: true, forward: true }) => "breaking: neither reads what the other wrote",
        (Class::Breaking, Breaks { backward: true, .. }) => "breaking: it does not read old data",
        (Class::Breaking, _) => "breaking: old readers do not read new data",
        (Class::Compatible, _) => "compatible",
        (Class::Additive, _) => "additive",
        (Class::Governance, _) => "governance",
        (Class::Docs, _) => return None,
    };
    let mode = old.compatibility;
    Some(if breaks.under(mode) { format!("{said}, against its `compatibility`") } else { said.to_owned() })
}
