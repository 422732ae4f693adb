//! What a format does not say of a contract by itself, and how it is put back.
//!
//! A format tells with its [`Voice`] what would be heard of a value, a column or a contract if only its own words were written. What is missing from
//! that is the *rest*: a format with room for foreign keys carries it aside, under [`KEY`]; from one without it is lost. Either way there is a note for
//! each piece. Since the rest is a difference, what a format says itself may be edited there, and the edit counts.

use mlp_plan::{
    Column, Compatibility, Constraint, Contract, DataType, Expectation, Literal, Place, Reference, ValueType,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
    read::Node,
};

/// The key under which the rest stands in documents.
pub(crate) const KEY: &str = "mlp";

/// What a format says by itself: each answers what would be read back, and that never says more than what it was given.
pub(crate) trait Voice {
    /// Of a value, on this level alone: what is inside stands as it is.
    fn value(&self, value: &ValueType) -> ValueType;
    /// Of a column, but for its value.
    fn column(&self, column: &Column) -> Column;
    /// Of a contract, but for its columns.
    fn contract(&self, contract: &Contract) -> Contract;
    /// Of a value inside of another.
    fn inner(&self, value: &ValueType) -> ValueType {
        self.value(value)
    }
    /// Of the default of a field within a struct.
    fn inner_default(&self, _value: &ValueType, _default: &Literal) -> bool {
        false
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Instead {
    is: DataType,
    of: DataType,
}

/// What is missing of a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ValueRest {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    instead: Option<Instead>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nullable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    constraints: Vec<(usize, Constraint)>,
}

/// What is missing of a column, or of a field of a struct.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ColumnRest {
    #[serde(flatten)]
    value: ValueRest,
    #[serde(skip_serializing_if = "is_false")]
    label: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_at: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
}

/// What is missing of a contract.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ContractRest {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility: Option<Compatibility>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<(usize, Vec<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uniques: Vec<(usize, Vec<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<(usize, Reference)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expectations: Vec<(usize, Rule)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepts: Vec<(usize, mlp_plan::AcceptedBreak)>,
    /// What the document says of all its contracts, and not of this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

/// An expectation without its place: a document has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rule {
    #[serde(default, skip_serializing_if = "is_false")]
    warn: bool,
    expr: mlp_plan::Expr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<&Expectation> for Rule {
    fn from(rule: &Expectation) -> Self {
        Self { warn: rule.warn, expr: rule.expr.clone(), message: rule.message.clone() }
    }
}

impl From<Rule> for Expectation {
    fn from(Rule { warn, expr, message }: Rule) -> Self {
        Self { warn, expr, message, place: Place::default() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What of `said` is not in `heard`, each with its place. The order of rules says nothing, so that a format may have one of its own.
fn missing<T: Clone + PartialEq>(said: &[T], heard: &[T]) -> Vec<(usize, T)> {
    let mut heard: Vec<&T> = heard.iter().collect();
    let one = |(place, item): (usize, &T)| match heard.iter().position(|known| *known == item) {
        Some(known) => {
            heard.swap_remove(known);
            None
        }
        None => Some((place, item.clone())),
    };
    said.iter().enumerate().filter_map(one).collect()
}

/// Whether two types are the same but for the order of what holds for the values inside.
fn is_same(a: &DataType, b: &DataType) -> bool {
    fn value(a: &ValueType, b: &ValueType) -> bool {
        let rules = a.constraints.len() == b.constraints.len() && missing(&a.constraints, &b.constraints).is_empty();
        rules && a.nullable == b.nullable && a.unit == b.unit && is_same(&a.data, &b.data)
    }
    match (a, b) {
        (DataType::List(a), DataType::List(b)) => value(a, b),
        (DataType::Vector { element: a, length }, DataType::Vector { element: b, length: other }) => {
            length == other && value(a, b)
        }
        (DataType::Map(key, item), DataType::Map(other, with)) => value(key, other) && value(item, with),
        (DataType::Struct(a), DataType::Struct(b)) => {
            let same = |(a, b): (&mlp_plan::StructField, &mlp_plan::StructField)| {
                a.name == b.name && a.default == b.default && value(&a.value, &b.value)
            };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        _ => a == b,
    }
}

fn put_back<T>(list: &mut Vec<T>, missing: Vec<(usize, T)>) {
    for (place, item) in missing {
        list.insert(place.min(list.len()), item);
    }
}

fn unless_heard<T: Clone + PartialEq>(said: &Option<T>, heard: &Option<T>) -> Option<T> {
    if said == heard { None } else { said.clone() }
}

impl ValueRest {
    /// The difference of one level.
    pub fn of(said: &ValueType, heard: &ValueType) -> Self {
        Self {
            instead: (said.data != heard.data).then(|| Instead { is: said.data.clone(), of: heard.data.clone() }),
            nullable: (said.nullable != heard.nullable).then_some(said.nullable),
            unit: unless_heard(&said.unit, &heard.unit),
            constraints: missing(&said.constraints, &heard.constraints),
        }
    }

    /// Puts it back; says where the file says another type by now than when it was written.
    pub fn restore(self, value: &mut ValueType, at: &str, notes: &mut Vec<Note>) {
        match self.instead {
            Some(Instead { is, of }) if is_same(&of, &value.data) => value.data = is,
            Some(Instead { is, .. }) => {
                notes.push(Note::new(
                    Outcome::Lost,
                    Thing::Type,
                    at,
                    format!("{is}, since the file says {} by now", value.data),
                ));
            }
            None => {}
        }
        value.nullable = self.nullable.unwrap_or(value.nullable);
        if self.unit.is_some() {
            value.unit = self.unit;
        }
        put_back(&mut value.constraints, self.constraints);
    }

    fn notes(&self, outcome: Outcome, at: &str, notes: &mut Vec<Note>) {
        let mut note = |thing, what: String| notes.push(Note::new(outcome, thing, at, what));
        if let Some(Instead { is, of }) = &self.instead {
            note(Thing::Type, format!("{is}, which is written as {of}"));
        }
        if let Some(nullable) = self.nullable {
            note(Thing::Null, if nullable { "may be null".to_owned() } else { "is never null".to_owned() });
        }
        if let Some(unit) = &self.unit {
            note(Thing::Unit, format!("unit {unit}"));
        }
        for (_, constraint) in &self.constraints {
            note(Thing::Constraint, constraint.to_string());
        }
    }
}

impl ColumnRest {
    /// The difference, that of the value included.
    pub fn of(said: &Column, heard: &Column) -> Self {
        Self {
            value: ValueRest::of(&said.value, &heard.value),
            label: said.label && !heard.label,
            default: unless_heard(&said.default, &heard.default),
            known_at: unless_heard(&said.known_at, &heard.known_at),
            tags: if said.tags == heard.tags { Vec::new() } else { said.tags.clone() },
            was: unless_heard(&said.was, &heard.was),
            deprecated: unless_heard(&said.deprecated, &heard.deprecated),
            doc: unless_heard(&said.doc, &heard.doc),
        }
    }

    /// Puts it back.
    pub fn restore(self, column: &mut Column, at: &str, notes: &mut Vec<Note>) {
        self.value.restore(&mut column.value, at, notes);
        column.label |= self.label;
        column.default = self.default.or_else(|| column.default.take());
        column.known_at = self.known_at.or_else(|| column.known_at.take());
        if !self.tags.is_empty() {
            column.tags = self.tags;
        }
        column.was = self.was.or_else(|| column.was.take());
        column.deprecated = self.deprecated.or_else(|| column.deprecated.take());
        column.doc = self.doc.or_else(|| column.doc.take());
    }

    fn notes(&self, outcome: Outcome, at: &str, notes: &mut Vec<Note>) {
        self.value.notes(outcome, at, notes);
        let mut note = |thing, what: String| notes.push(Note::new(outcome, thing, at, what));
        if self.label {
            note(Thing::Label, "label".to_owned());
        }
        if let Some(default) = &self.default {
            note(Thing::Default, format!("= {default}"));
        }
        if let Some(moment) = &self.known_at {
            note(Thing::KnownAt, format!("known at {moment}"));
        }
        for tag in &self.tags {
            note(Thing::Tag, format!("@{tag}"));
        }
        if let Some(was) = &self.was {
            note(Thing::Was, format!("was {was}"));
        }
        if let Some(why) = &self.deprecated {
            note(Thing::Deprecated, format!("deprecated {why:?}"));
        }
        if let Some(doc) = &self.doc {
            note(Thing::Doc, format!("/// {}", doc.lines().next().unwrap_or_default()));
        }
    }
}

impl ContractRest {
    /// The difference, columns left out.
    pub fn of(said: &Contract, heard: &Contract) -> Self {
        Self {
            name: (said.name != heard.name).then(|| said.name.clone()),
            doc: unless_heard(&said.doc, &heard.doc),
            owner: unless_heard(&said.owner, &heard.owner),
            version: unless_heard(&said.version, &heard.version),
            compatibility: (said.compatibility != heard.compatibility).then_some(said.compatibility),
            keys: missing(&said.keys, &heard.keys),
            uniques: missing(&said.uniques, &heard.uniques),
            references: missing(&said.references, &heard.references),
            expectations: missing(&rules(&said.expectations), &rules(&heard.expectations)),
            accepts: missing(&said.accepts, &heard.accepts),
            lacks: Vec::new(),
        }
    }

    /// Puts it back.
    pub fn restore(self, contract: &mut Contract) {
        if let Some(name) = self.name {
            contract.name = name;
        }
        contract.doc = self.doc.or_else(|| contract.doc.take());
        contract.owner = self.owner.or_else(|| contract.owner.take());
        contract.version = self.version.or_else(|| contract.version.take());
        contract.compatibility = self.compatibility.unwrap_or(contract.compatibility);
        put_back(&mut contract.accepts, self.accepts);
        for word in self.lacks {
            match word.as_str() {
                "owner" => contract.owner = None,
                "version" => contract.version = None,
                _ => {}
            }
        }
        put_back(&mut contract.keys, self.keys);
        put_back(&mut contract.uniques, self.uniques);
        put_back(&mut contract.references, self.references);
        put_back(
            &mut contract.expectations,
            self.expectations.into_iter().map(|(at, rule)| (at, rule.into())).collect(),
        );
    }

    fn notes(&self, outcome: Outcome, at: &str, notes: &mut Vec<Note>) {
        let mut note = |thing, what: String| notes.push(Note::new(outcome, thing, at, what));
        if let Some(name) = &self.name {
            note(Thing::Name, format!("the name {name}"));
        }
        if let Some(doc) = &self.doc {
            note(Thing::Doc, format!("/// {}", doc.lines().next().unwrap_or_default()));
        }
        if let Some(owner) = &self.owner {
            note(Thing::Owner, format!("owner = {owner:?}"));
        }
        if let Some(version) = &self.version {
            note(Thing::Version, format!("version = {version:?}"));
        }
        if let Some(mode) = &self.compatibility {
            note(Thing::Compatibility, format!("compatibility = {}", crate::mlp::mode(*mode)));
        }
        for (_, key) in &self.keys {
            note(Thing::Key, format!("key ({})", key.join(", ")));
        }
        for (_, unique) in &self.uniques {
            note(Thing::Unique, format!("unique ({})", unique.join(", ")));
        }
        for (_, Reference { contract, to, from }) in &self.references {
            note(Thing::Reference, format!("references {contract}({}) from ({})", to.join(", "), from.join(", ")));
        }
        for (_, accepted) in &self.accepts {
            note(Thing::Compatibility, format!("accepts break on {}", accepted.on));
        }
        for (_, rule) in &self.expectations {
            note(Thing::Expectation, format!("{} {}", if rule.warn { "warn" } else { "expect" }, rule.expr));
        }
    }
}

fn rules(expectations: &[Expectation]) -> Vec<Rule> {
    expectations.iter().map(Rule::from).collect()
}

/// What a format's own words say of a column.
pub(crate) fn heard_column(voice: &dyn Voice, column: &Column) -> Column {
    Column { value: voice.value(&column.value), ..voice.column(column) }
}

/// What a format's own words say of a contract to the last level, and a note for everything else.
pub(crate) fn heard(voice: &dyn Voice, contract: &Contract, outcome: Outcome) -> (Contract, Vec<Note>) {
    let mut notes = Vec::new();
    let mut native = voice.contract(contract);
    native.places.clear();
    ContractRest::of(contract, &native).notes(outcome, &contract.name, &mut notes);
    native.columns = contract
        .columns
        .iter()
        .map(|column| {
            let at = format!("{}.{}", contract.name, column.name);
            let mut heard = heard_column(voice, column);
            ColumnRest::of(column, &heard).notes(outcome, &at, &mut notes);
            inside(voice, &mut heard.value, outcome, &at, &mut notes);
            heard
        })
        .collect();
    (native, notes)
}

/// Goes on with what is inside of a value.
fn inside(voice: &dyn Voice, value: &mut ValueType, outcome: Outcome, at: &str, notes: &mut Vec<Note>) {
    let level = |child: &mut ValueType, at: String, notes: &mut Vec<Note>| {
        let mut heard = voice.inner(child);
        ValueRest::of(child, &heard).notes(outcome, &at, notes);
        inside(voice, &mut heard, outcome, &at, notes);
        *child = heard;
    };
    match &mut value.data {
        DataType::List(element) | DataType::Vector { element, .. } => level(element, format!("{at}[]"), notes),
        DataType::Map(key, item) => {
            level(key, format!("{at}{{key}}"), notes);
            level(item, format!("{at}{{}}"), notes);
        }
        DataType::Struct(fields) => {
            for field in fields {
                let at = format!("{at}.{}", field.name);
                if let Some(default) = &field.default
                    && !voice.inner_default(&field.value, default)
                {
                    notes.push(Note::new(outcome, Thing::Default, at.as_str(), format!("= {default}")));
                    field.default = None;
                }
                level(&mut field.value, at, notes);
            }
        }
        _ => {}
    }
}

/// A rest as a document; `None` where nothing is missing.
pub(crate) fn written<T: Serialize + Default + PartialEq>(rest: &T) -> Option<mlp_write::Doc> {
    if *rest == T::default() {
        return None;
    }
    serde_json::to_value(rest).ok().map(|value| doc(&value))
}

/// A value of serde_json as a document, keys sorted.
pub(crate) fn doc(value: &serde_json::Value) -> mlp_write::Doc {
    use mlp_write::Doc;
    use serde_json::Value;
    match value {
        Value::Null => Doc::Null,
        Value::Bool(flag) => Doc::Bool(*flag),
        Value::Number(number) => Doc::number(number),
        Value::String(text) => Doc::text(text),
        Value::Array(items) => Doc::List(items.iter().map(doc).collect()),
        Value::Object(map) => {
            let mut entries: Vec<(String, Doc)> = map.iter().map(|(key, value)| (key.clone(), doc(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Doc::Map(entries)
        }
    }
}

/// A rest as it was read.
pub(crate) fn parsed<T: DeserializeOwned>(node: &Node, path: &str) -> Result<T, Fault> {
    let text = mlp_write::json::flat(&node.doc());
    serde_json::from_str(&text).map_err(|error| {
        let what = format!("what stands under `{KEY}` is not what `mlp contract export` wrote there: {error}");
        Fault::new(what, "export the contract again, or leave this entry out").at(path).on(node.line)
    })
}
