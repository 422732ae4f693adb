//! Settings that a block says twice.

use std::collections::HashMap;

use mlp_diagnostics::catalog::names;
use mlp_source::Span;
use mlp_syntax::tree::{
    self, ContractBody, ContractEntry, DeploymentEntry, Entry, ItemKind, Setting, StageBody, StageEntry, Statement,
};

use crate::checker::Checker;

impl Checker<'_> {
    /// Says where a declaration of a part sets something twice.
    pub(crate) fn check_doubled_settings(&mut self, part: &tree::File) {
        for item in &part.items {
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for setting in settings(&item.kind) {
                let name = &setting.name;
                if let Some(first) = seen.get(name.text.as_str()) {
                    self.report(names::declared_twice(name.span, "setting", &name.text, *first));
                } else {
                    seen.insert(&name.text, name.span);
                }
            }
        }
    }
}

/// The settings of a declaration, in the order written.
fn settings(item: &ItemKind) -> Vec<&Setting> {
    match item {
        ItemKind::Contract(decl) => match &decl.body {
            ContractBody::Block(block) => of(&block.entries, |entry| match entry {
                ContractEntry::Setting(setting) => Some(setting),
                _ => None,
            }),
            ContractBody::Expr(_) => Vec::new(),
        },
        ItemKind::Env(decl) => of(&decl.body.entries, Some),
        ItemKind::Stage(decl) | ItemKind::Source(decl) | ItemKind::Sink(decl) => match &decl.body {
            StageBody::Block(block) => of(&block.entries, stage_setting),
            StageBody::Expr(_) => Vec::new(),
        },
        ItemKind::Model(decl) => of(&decl.body.entries, stage_setting),
        ItemKind::Pipeline(decl) => of(&decl.body.entries, statement_setting),
        ItemKind::Monitor(decl) => of(&decl.body.entries, statement_setting),
        ItemKind::Deployment(decl) => of(&decl.body.entries, |entry| match entry {
            DeploymentEntry::Setting(setting) => Some(setting),
            _ => None,
        }),
        _ => Vec::new(),
    }
}

fn of<'t, T>(entries: &'t [Entry<T>], setting: impl Fn(&'t T) -> Option<&'t Setting>) -> Vec<&'t Setting> {
    entries.iter().filter_map(Entry::ok).filter_map(setting).collect()
}

const fn stage_setting(entry: &StageEntry) -> Option<&Setting> {
    if let StageEntry::Setting(setting) = entry { Some(setting) } else { None }
}

const fn statement_setting(entry: &Statement) -> Option<&Setting> {
    if let Statement::Setting(setting) = entry { Some(setting) } else { None }
}
