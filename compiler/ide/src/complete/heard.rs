//! What the checker would take, overheard.

use std::collections::BTreeMap;

use mlp_analysis::{Heard, MARK, Supposed};
use mlp_syntax::{Expected, words::CONSTANTS};
use mlp_workspace::Supposing;

use super::{
    Behind, Item, narrow,
    site::{Kind, Site},
};
use crate::tokens::{TokenKind, role_at};

/// What was overheard, and how.
pub(super) struct Found {
    pub heard: Heard,
    /// What stood behind the mark.
    pub behind: Behind,
    /// What the mark was to the grammar.
    pub role: Option<TokenKind>,
    pub rank: u8,
}

/// What could stand in the place of what is being typed.
pub(super) fn heard(supposing: &mut Supposing<'_>, site: &Site<'_>, expected: &Expected) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    if site.kind == Kind::Sql {
        return found;
    }
    for behind in behinds(site, expected) {
        let supposed = supposing.check(&site.with(&format!("{MARK}{}", behind.least())));
        take(supposed, site, behind, &mut found);
    }
    if found.is_empty() && site.kind != Kind::Text {
        // what is typed is not whole: the least that makes it so
        let mends = [
            site.with(&format!("{MARK}>")),
            site.closed(MARK, ""),
            site.closed(MARK, " {}"),
            site.closed(MARK, ".{x}"),
            site.closed(MARK, " = 0"),
        ];
        for mend in mends {
            take(supposing.check(&mend), site, Behind::Nothing, &mut found);
            if !found.is_empty() {
                break;
            }
        }
    }
    found
}

/// What may stand behind a name here.
fn behinds(site: &Site<'_>, expected: &Expected) -> Vec<Behind> {
    let mut behinds = vec![Behind::Nothing];
    if site.kind == Kind::Word {
        if expected.value || expected.begins {
            behinds.push(Behind::Call);
        }
        if !expected.begins && matches!(site.sign_before(), Some('(' | ',' | '{')) {
            behinds.push(Behind::Colon);
        }
        if expected.begins {
            behinds.push(Behind::Equals);
        }
    }
    behinds
}

fn take(supposed: Supposed, site: &Site<'_>, behind: Behind, found: &mut Vec<Found>) {
    let role = role_at(&supposed.tree, narrow(site.before.len()));
    let is_known = |(name, is_import): (&str, bool)| {
        found.iter().any(|other| other.heard.import.is_some() == is_import && other.heard.name == name)
    };
    let new = supposed.heard.into_iter().filter(|heard| !is_known((&heard.name, heard.import.is_some())));
    let new: Vec<Found> = new.map(|heard| Found { heard, behind, role, rank: 0 }).collect();
    found.extend(new);
}

/// Puts what fits before what does not, and takes out constants that do not: a name fits in whose place the checker finds least wrong. What is imported
/// comes last.
pub(super) fn rank(supposing: &mut Supposing<'_>, site: &Site<'_>, found: &mut [Found], words: &mut Vec<Item>) {
    // a long part takes longer to check
    let many = (16_000 / (supposing.text.len() + 1)).clamp(8, 24);
    let is_tried = |found: &Found| {
        let is_name = found.behind == Behind::Nothing && found.heard.import.is_none();
        is_name && found.role != Some(TokenKind::Setting)
    };
    let names: Vec<&str> =
        found.iter().filter(|found| is_tried(found)).map(|found| found.heard.name.as_str()).collect();
    let constants: Vec<&str> =
        words.iter().map(|word| word.label.as_str()).filter(|word| CONSTANTS.contains(word)).collect();
    let all = [names, constants].concat();
    if site.kind != Kind::Text && (2..=many).contains(&all.len()) {
        let mut errors: BTreeMap<String, usize> = BTreeMap::new();
        for name in all {
            let supposed = supposing.check(&site.with(name));
            let count = supposed.diagnostics.iter().filter(|found| found.is_error()).count();
            errors.insert(name.to_owned(), count);
        }
        let least = errors.values().min().copied().unwrap_or_default();
        let fits = |name: &str| errors.get(name).is_none_or(|errors| *errors == least);
        words.retain(|word| fits(&word.label));
        found
            .iter_mut()
            .filter(|found| is_tried(found))
            .for_each(|found| found.rank = u8::from(!fits(&found.heard.name)));
    }
    for found in found {
        found.rank += match (found.heard.import.is_some(), found.behind) {
            (true, _) => 6,
            (false, Behind::Call) => 2,
            (false, _) => 0,
        };
    }
}
