//! Uses of what its declaration says is not to be used any more.

use std::collections::{BTreeMap, HashMap};

use mlp_analysis::{Kind, Symbol};
use mlp_source::Span;
use mlp_workspace::Package;

/// Where deprecated columns are used, with what is said of each.
#[must_use]
pub fn uses(package: &Package) -> BTreeMap<Span, String> {
    let (program, live) = (package.program(), package.live());
    let mut declared: HashMap<Span, String> = HashMap::new();
    for contract in program.of_kind(Kind::Contract).filter_map(|id| live.contract(id)) {
        let columns = contract.face.columns.iter().filter_map(|column| Some((column, column.deprecated.as_ref()?)));
        let told = columns.map(|(column, why)| (contract.column_span(&column.name), column, why));
        declared.extend(told.map(|(span, column, why)| (span, format!("`{}` is deprecated: {why}", column.name))));
    }
    if declared.is_empty() {
        return BTreeMap::new();
    }
    let used = live.occurrences().filter_map(|found| match &found.symbol {
        Symbol::Column(place) if *place != found.span => {
            Some((package.outside(found.span), declared.get(place)?.clone()))
        }
        _ => None,
    });
    used.collect()
}
