//! Words of the language: what the grammar expects.

use mlp_syntax::{Expected, tree::ItemKind as Declared, words};
use mlp_workspace::Supposing;

use super::{Item, ItemKind, heard::Found, narrow, site::Site};

/// A type of values.
const SCALAR: &str = "int64";

/// The words that could stand in the place of what is being typed.
pub(super) fn items(supposing: &mut Supposing<'_>, site: &Site<'_>, expected: &Expected, found: &[Found]) -> Vec<Item> {
    let mut items: Vec<Item> = expected.words.iter().map(|word| Item::new(*word, ItemKind::Keyword, 4)).collect();
    if expected.value {
        items.extend(words::CONSTANTS.iter().map(|word| Item::new(*word, ItemKind::Keyword, 5)));
    }
    // where a contract alone is meant, the checker looks for no other type
    let may_be_any = found.is_empty() || found.iter().any(|found| found.heard.name == SCALAR);
    if expected.ty && may_be_any {
        // one stands for all of its like: where it is taken, so are they
        for (sample, all) in [(SCALAR, words::TYPES), ("Dir", words::ARTIFACTS)] {
            if takes(supposing, site, sample) {
                items.extend(all.iter().map(|word| Item::new(*word, ItemKind::Type, 3)));
            }
        }
    }
    items
}

/// Whether the checker takes a type where the cursor is.
fn takes(supposing: &mut Supposing<'_>, site: &Site<'_>, ty: &str) -> bool {
    let at = narrow(site.before.len());
    let is_taken = |text: String| {
        let supposed = supposing.check(&text);
        let parsed = supposed.tree.items.iter().all(|item| !matches!(item.kind, Declared::Broken(_)));
        parsed && !supposed.diagnostics.iter().any(|found| found.primary.start <= at && at <= found.primary.end)
    };
    [site.with(ty), site.closed(ty, ""), site.closed(ty, " {}")].into_iter().any(is_taken)
}
