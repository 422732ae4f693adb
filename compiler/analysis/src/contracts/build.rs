//! A contract's block: fields, settings and rules.

use std::collections::HashMap;

use mlp_diagnostics::catalog::{contracts as words, names, stages};
use mlp_plan::{
    AcceptedBreak, Compatibility, Constraint, Contract, DataType, Expectation, Literal, Place, Reference, ValueType,
};
use mlp_source::Span;
use mlp_syntax::tree::{
    self, Block, ContractBody, ContractDecl, ContractEntry, ContractRule, Entry, FieldDecl, ItemKind, ModifierKind,
    Name, RuleKind, Setting,
};

use super::info::{ContractInfo, Shared};
use crate::{
    checker::Checker,
    literals,
    memo::{self, Query},
    predicates::{Predicates, others_in},
    program::{DeclId, Kind},
    scope::{check_snake, nearest},
    subtype::{Answer, beside::Beside, values::is_nested},
    types::{Generics, dotted},
};

const SETTINGS: [&str; 3] = ["owner", "version", "compatibility"];
const MODES: [(&str, Compatibility); 7] = [
    ("none", Compatibility::None),
    ("backward", Compatibility::Backward),
    ("forward", Compatibility::Forward),
    ("full", Compatibility::Full),
    ("backward_all", Compatibility::BackwardAll),
    ("forward_all", Compatibility::ForwardAll),
    ("full_all", Compatibility::FullAll),
];

impl Checker<'_> {
    /// The contract of a declaration.
    pub fn contract_of(&mut self, id: DeclId) -> Shared {
        match self.ask(Query::Contract(id)) {
            memo::Answer::Contract(contract) => contract,
            _ => self.no_contract("", Span::default()),
        }
    }

    /// Its columns, without its rules: contracts may refer to each other's columns in a circle.
    pub(crate) fn columns_of(&mut self, id: DeclId) -> Shared {
        match self.ask(Query::Columns(id)) {
            memo::Answer::Contract(contract) => contract,
            _ => self.no_contract("", Span::default()),
        }
    }

    pub(crate) fn read_contract(&mut self, id: DeclId) -> Option<ContractInfo> {
        let (decl, item) = (self.program.decl(id)?, self.item(id)?);
        let ItemKind::Contract(tree) = &item.kind else { return None };
        let mut info = self.without_rules(id, tree);
        if let (ContractBody::Block(block), false) = (&tree.body, self.is_circular(id)) {
            info = self.block(decl.module, info, block);
        }
        info.face.doc = item.lead.docs();
        Some(info)
    }

    pub(crate) fn read_columns(&mut self, id: DeclId) -> Option<ContractInfo> {
        let ItemKind::Contract(tree) = &self.item(id)?.kind else { return None };
        self.columns_only = true;
        // what is wrong with them is said about the contract
        Some(self.quietly(|checker| checker.without_rules(id, tree)))
    }

    /// A contract with its columns; where it is made of others, with what is left of their rules.
    fn without_rules(&mut self, id: DeclId, tree: &ContractDecl) -> ContractInfo {
        let module = self.module_of(id);
        let mut info = match &tree.body {
            _ if self.is_circular(id) => ContractInfo { partial: true, ..ContractInfo::default() },
            ContractBody::Block(block) => {
                let fields: Vec<&FieldDecl> = entries_of(block)
                    .filter_map(|entry| if let ContractEntry::Field(field) = entry { Some(field) } else { None })
                    .collect();
                let partial = block.entries.iter().any(|entry| entry.ok().is_none());
                let mut info = ContractInfo { partial, ..ContractInfo::default() };
                self.identify(&mut info, id);
                self.fields(module, &mut info, &fields);
                info
            }
            ContractBody::Expr(ty) => self.derived(module, ty),
        };
        self.identify(&mut info, id);
        info
    }

    fn derived(&mut self, module: usize, ty: &tree::TypeExpr) -> ContractInfo {
        let mut info = (*self.contract(module, &Generics::new(), ty)).clone();
        info.forget_identity();
        info
    }

    fn identify(&self, info: &mut ContractInfo, id: DeclId) {
        let Some(decl) = self.program.decl(id) else { return };
        info.face.name.clone_from(&decl.name);
        info.face.declared = Some(self.program.qualified(id));
        info.span = decl.span;
    }

    fn block(&mut self, module: usize, mut info: ContractInfo, block: &Block<Entry<ContractEntry>>) -> ContractInfo {
        for entry in entries_of(block) {
            match entry {
                ContractEntry::Setting(setting) => {
                    info.rules.settings.push((setting.name.text.clone(), setting.name.span));
                    self.contract_setting(&mut info.face, setting);
                }
                ContractEntry::Rule(rule) => self.rule(module, &mut info, rule),
                ContractEntry::Field(_) => {}
            }
        }
        info
    }

    /// Adds fields to a contract: their own types first, then what speaks of siblings.
    pub(super) fn fields(&mut self, module: usize, info: &mut ContractInfo, fields: &[&FieldDecl]) {
        let mut seen: HashMap<&str, &FieldDecl> = HashMap::with_capacity(fields.len());
        let mut places = Vec::with_capacity(fields.len());
        let mut key = Vec::new();
        // of a contract without columns each is new, since doubles are refused here
        let before = info.face.columns.len();
        info.face.columns.reserve_exact(fields.len());
        info.columns.reserve_exact(fields.len());
        for field in fields {
            if let Some(first) = seen.get(field.name.text.as_str()) {
                let found = names::declared_twice(field.name.span, "field", &field.name.text, first.name.span);
                self.report(found);
                continue;
            }
            seen.insert(&field.name.text, field);
            check_snake(field.name.span, "field", &field.name.text, &mut self.now.diagnostics);
            match self.field(module, field) {
                Some((column, spans)) if before == 0 => places.push((info.add(column, spans), *field)),
                Some((column, spans)) => places.push((info.put(column, spans), *field)),
                None => info.partial = true,
            }
            if let Some(modifier) = field.modifiers.iter().find(|modifier| matches!(modifier.kind, ModifierKind::Key)) {
                key.push((field.name.text.clone(), modifier.span));
            }
            self.keyable(info, field);
        }
        if let Some((_, span)) = key.first() {
            info.rules.keys.push(*span);
            info.face.keys.push(key.into_iter().map(|(name, _)| name).collect());
        }
        for (index, field) in places {
            self.wheres(info, index, field);
            self.default(info, index, field);
        }
    }

    /// The default of a field, when all that its column must satisfy is known.
    fn default(&mut self, info: &mut ContractInfo, index: usize, field: &FieldDecl) {
        if let Some(column) = info.face.columns.get_mut(index) {
            column.default = self.default_of(&column.value, &column.name, &field.modifiers, false);
        }
    }

    /// Says where a column in a key has a type that no key can have.
    fn keyable(&mut self, info: &ContractInfo, field: &FieldDecl) {
        let modifier = field.modifiers.iter().find(|modifier| matches!(modifier.kind, ModifierKind::Key));
        let listed = info.face.keys.iter().any(|key| key.contains(&field.name.text));
        let at = modifier.map(|modifier| modifier.span).or_else(|| listed.then_some(field.name.span));
        if let Some((at, column)) = at.zip(info.face.column(&field.name.text)) {
            self.check_keyable(&column.value.data, at);
        }
    }

    fn check_keyable(&mut self, data: &DataType, at: Span) {
        if is_nested(data) || *data == DataType::Json {
            self.report(words::modifier(at, "key", &data.to_string(), "scalars and enums"));
        }
    }

    fn wheres(&mut self, info: &mut ContractInfo, index: usize, field: &FieldDecl) {
        for modifier in &field.modifiers {
            let ModifierKind::Where(expr) = &modifier.kind else { continue };
            self.columns_in(info, &[], expr);
            let this = info.face.columns.get(index).map(|column| column.value.clone());
            let lowered = Predicates {
                columns: &info.face.columns,
                this: this.as_ref(),
                owner: &info.face.name,
                set: false,
                others: &[],
                partial: info.partial,
                diagnostics: &mut self.now.diagnostics,
            }
            .condition(expr);
            if let (Some(expr), Some(column), Some(spans)) =
                (lowered, info.face.columns.get_mut(index), info.columns.get_mut(index))
            {
                column.value.constraints.push(Constraint::Where(expr));
                spans.constraints.push(modifier.span);
            }
        }
        if let (Some(column), Some(spans)) = (info.face.columns.get(index), info.columns.get(index))
            && !column.value.constraints.is_empty()
        {
            let (value, name) = (column.value.clone(), column.name.clone());
            let rows = Beside { rows: &info.face, this: &value, wanted: &value, is_null: &|_| false };
            let contradiction = value.constraints.iter().zip(&spans.constraints).find(|(constraint, _)| {
                matches!(constraint, Constraint::Where(expr) if !expr.columns().is_empty() && rows.answer(expr) == Answer::Refuted)
            });
            if let Some((constraint, span)) = contradiction {
                let why = format!("no row satisfies `{constraint}`: the values of its columns do not meet");
                self.report(words::unsatisfiable(*span, &name, &why));
                return;
            }
            self.check_satisfiable(&value, &name, spans.constraints.last().copied().unwrap_or(spans.name));
        }
    }

    fn contract_setting(&mut self, face: &mut Contract, setting: &Setting) {
        let name = setting.name.text.as_str();
        let text = ValueType::plain(DataType::String);
        match name {
            "owner" => face.owner = self.text_of(setting, &text),
            "version" => {
                face.version = self.text_of(setting, &text);
                if let Some(version) = &face.version
                    && !is_semver(version)
                {
                    let found = words::must_be(
                        setting.value.span,
                        "`version`",
                        &format!("{version:?}"),
                        "three numbers, as in \"1.2.0\"",
                    );
                    self.report(found);
                }
            }
            "compatibility" => {
                let word = match &setting.value.kind {
                    tree::ExprKind::Name(name) => name.text.clone(),
                    tree::ExprKind::Literal(tree::Lit::None) => "none".to_owned(),
                    _ => String::new(),
                };
                match MODES.iter().find(|(mode, _)| *mode == word) {
                    Some((_, mode)) => face.compatibility = *mode,
                    None => {
                        let near = nearest(&word, MODES.iter().map(|(mode, _)| *mode));
                        self.report(names::unknown(setting.value.span, "compatibility mode", &word, near.as_deref()));
                    }
                }
            }
            other => self.unknown_setting(&setting.name, "contract", other, &SETTINGS),
        }
    }

    /// Says that a setting is none of those known.
    pub fn unknown_setting(&mut self, name: &Name, owner: &str, written: &str, known: &[&str]) {
        let near = nearest(written, known.iter().copied());
        let owner = names::with_article(owner);
        let found = names::unknown_of(name.span, &owner, "setting", written, near.as_deref());
        let found = if near.is_none() {
            found.help(format!("the settings of {owner} are {}", known.join(", ")))
        } else {
            found
        };
        self.report(found);
    }

    /// The text that a setting holds.
    pub fn text_of(&mut self, setting: &Setting, ty: &ValueType) -> Option<String> {
        match self.value_of(&setting.value, ty, &format!("the setting `{}`,", setting.name.text))? {
            Literal::Text(text) => Some(text),
            _ => None,
        }
    }

    fn rule(&mut self, module: usize, info: &mut ContractInfo, rule: &ContractRule) {
        match &rule.kind {
            RuleKind::Key(columns) => {
                if let Some(listed) = self.listed(info, columns) {
                    for (name, column) in columns.iter().filter_map(|name| Some((name, info.face.column(&name.text)?)))
                    {
                        self.check_keyable(&column.value.data, name.span);
                    }
                    info.face.keys.push(listed);
                    info.rules.keys.push(rule.span);
                }
            }
            RuleKind::Unique(columns) => {
                if let Some(columns) = self.listed(info, columns) {
                    info.face.uniques.push(columns);
                    info.rules.uniques.push(rule.span);
                }
            }
            RuleKind::References { contract, to, from } => self.reference(module, info, rule, contract, to, from),
            RuleKind::Expect { warn, expr, message } => {
                let others = self.others_of(module, info, expr);
                self.columns_in(info, &others, expr);
                let lowered = Predicates {
                    columns: &info.face.columns,
                    this: None,
                    owner: &info.face.name,
                    set: true,
                    others: &others,
                    partial: info.partial,
                    diagnostics: &mut self.now.diagnostics,
                }
                .condition(expr);
                if let Some(expr) = lowered {
                    info.face.expectations.push(Expectation {
                        warn: *warn,
                        expr,
                        message: message.clone(),
                        place: Place::default(),
                    });
                    info.rules.expectations.push(rule.span);
                }
            }
            RuleKind::Accepts { on, because, until } => {
                let until = until.as_ref().map(|until| (until, literals::literal(until)));
                let until = match until {
                    None => None,
                    Some((_, Some(Literal::Date(day)))) => Some(day),
                    Some((until, _)) => {
                        self.report(stages::misplaced(until.span, "`until` needs a date", "as in `until 2026-12-31`"));
                        return;
                    }
                };
                if because.trim().is_empty() {
                    let message = "`because` says nothing";
                    self.report(stages::misplaced(
                        rule.span,
                        message,
                        "say why the break is right, for those who review it",
                    ));
                }
                if let Some(column) = on.segments.first() {
                    self.occurs_column(info, column);
                }
                let accepted =
                    AcceptedBreak { on: dotted(on), because: because.clone(), until, place: Place::default() };
                info.face.accepts.push(accepted);
                info.rules.accepts.push(rule.span);
            }
        }
    }

    /// Names of columns that are all there; reports those that are not.
    fn listed(&mut self, info: &ContractInfo, columns: &[Name]) -> Option<Vec<String>> {
        self.check_doubles(columns, "column");
        let mut known = true;
        for column in columns {
            known &= self.check_column(info, column);
        }
        known.then(|| columns.iter().map(|column| column.text.clone()).collect())
    }

    /// Whether a contract has a column; reports where not.
    pub fn check_column(&mut self, info: &ContractInfo, column: &Name) -> bool {
        self.occurs_column(info, column);
        let known = info.face.column(&column.text).is_some();
        if !known {
            let near = nearest(&column.text, info.face.columns.iter().map(|column| column.name.as_str()));
            if info.partial {
                return known;
            }
            self.report(names::unknown_field(
                column.span,
                &format!("contract `{}`", info.face.name),
                &column.text,
                near.as_deref(),
            ));
        }
        known
    }

    /// The contracts that an expectation asks `referenced` of, but its own.
    fn others_of(&mut self, module: usize, info: &ContractInfo, expr: &tree::Expr) -> Vec<(String, Shared)> {
        let mut names = Vec::new();
        others_in(expr, &mut names);
        names.retain(|name| name.text != info.face.name);
        let found = names.into_iter().filter_map(|name| {
            let id = self.find(module, &name.text, name.span, "contract", &[Kind::Contract])?;
            Some((name.text.clone(), self.columns_of(id)))
        });
        found.collect()
    }

    fn reference(
        &mut self,
        module: usize,
        info: &mut ContractInfo,
        rule: &ContractRule,
        contract: &tree::Path,
        to: &[Name],
        from: &[Name],
    ) {
        let ours = self.listed(info, from);
        let [name] = contract.segments.as_slice() else { return };
        let Some(id) = self.find(module, &name.text, name.span, "contract", &[Kind::Contract]) else { return };
        let own = name.text == info.face.name;
        let other = if own { None } else { Some(self.columns_of(id)) };
        let theirs = match &other {
            Some(other) => self.listed(other, to),
            None => self.listed(info, to),
        };
        if let Some((to, from)) = theirs.zip(ours) {
            if to.len() == from.len() {
                info.face.references.push(Reference { contract: name.text.clone(), to, from });
                info.rules.references.push(rule.span);
            } else {
                self.report(words::malformed(rule.span, "a reference needs as many columns on both sides", ""));
            }
        }
    }
}

fn entries_of(block: &Block<Entry<ContractEntry>>) -> impl Iterator<Item = &ContractEntry> {
    block.entries.iter().filter_map(Entry::ok)
}

/// Three numbers, and what semver.org (9, 10) lets stand behind them.
fn is_semver(text: &str) -> bool {
    let (core, behind) = text.find(['-', '+']).map_or((text, None), |at| {
        let (core, behind) = text.split_at(at);
        (core, behind.get(1..))
    });
    let parts: Vec<&str> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    parts.len() == 3 && parts.iter().all(number) && behind.is_none_or(|behind| behind.split(['.', '+']).all(word))
}
