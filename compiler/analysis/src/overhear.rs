//! What could stand at a place, overheard from the checker itself: wherever a name is looked up and not found, it proposes the nearest of those that would
//! have been. For a mark in the place of a name, who listens gets all of them. So what an editor proposes and what the checker takes cannot be two things.
//!
//! It goes around the checker, since half of those who look up a name are handed nothing but the names; nothing is kept where nobody listens.

use std::cell::RefCell;

use mlp_diagnostics::Edit;

/// Stands in a text for a name that is to be proposed.
pub const MARK: &str = "__here__";

/// Something that could stand in the place of the mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its name.
    pub name: String,
    /// Where the name is another module's: that module, and how to import it.
    pub import: Option<(String, Edit)>,
}

thread_local! {
    static HEARD: RefCell<Option<Vec<Heard>>> = const { RefCell::new(None) };
}

/// Works, and answers what was overheard meanwhile, in no order, some of it several times.
pub(crate) fn listening<T>(work: impl FnOnce() -> T) -> (T, Vec<Heard>) {
    HEARD.set(Some(Vec::new()));
    let answer = work();
    (answer, HEARD.take().unwrap_or_default())
}

/// Where the mark stands for a name, tells the names that could, if they go on from what is before it: of `latency.p99` behind `latency.` the last.
/// Answers whether it was the mark.
pub(crate) fn offer<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> bool {
    let Some(before) = name.strip_suffix(MARK) else { return false };
    let rest = candidates.into_iter().filter_map(|name| name.strip_prefix(before));
    hear(rest.map(|name| Heard { name: name.to_owned(), import: None }));
    true
}

/// Names of other modules that could stand in the place of the mark once they are imported.
pub(crate) fn hear(heard: impl Iterator<Item = Heard>) {
    HEARD.with_borrow_mut(|all| {
        if let Some(all) = all {
            all.extend(heard);
        }
    });
}
