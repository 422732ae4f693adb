//! From an ODCS document to contracts.

use mlp_plan::{Column, Contract, Reference};

use super::{NO_VERSION, quality::quality, types::value};
use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    read::{Map, Node},
    rest::{ColumnRest, ContractRest, KEY, parsed},
};

/// The contracts of a document.
pub(crate) fn import(node: &Node) -> Result<Imported, Fault> {
    let mut top = node.map("")?;
    let mut notes = Vec::new();
    let api = top.spelled("apiVersion")?;
    let Some(api) = api.filter(|_| top.has("kind")) else {
        let what = "this is not an ODCS document: it has no `apiVersion` and `kind: DataContract`";
        return Err(Fault::new(what, "").or_another_format());
    };
    if !api.trim_start_matches('v').starts_with("3.") {
        let help = "ODCS 3.0 to 3.2 are read; datacontract-cli brings older documents up to date";
        return Err(top.fault(format!("apiVersion {api} is not version 3 of ODCS"), help));
    }
    let kind = top.text("kind")?;
    if kind != Some("DataContract") {
        return Err(top.fault("`kind` is not DataContract", "only data contracts can be imported"));
    }
    let objects = top.list("schema")?;
    if objects.is_empty() {
        let help = "a contract is made of an entry of `schema`, which has a `name` and `properties`";
        return Err(top.fault("there is no `schema`, so that there is nothing to import", help));
    }
    let version = top.spelled("version")?.filter(|version| version != NO_VERSION);
    let version = version.and_then(|version| names::version(&version, "version", &mut notes));
    let owner = team(&mut top, &mut notes)?;
    let (id, name) = (top.spelled("id")?, top.spelled("name")?);
    let status = top.spelled("status")?.filter(|status| status != "active");
    let mut contracts = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let mut contract = Contract { owner: owner.clone(), version: version.clone(), ..Contract::default() };
        let mut map = object.map(format!("schema[{at}]"))?;
        self::object(&mut map, &mut contract, &mut notes)?;
        map.finish(&mut notes);
        contracts.push(contract);
    }
    for (key, text) in [("id", id), ("name", name)] {
        if let Some(text) = text.filter(|text| !contracts.iter().any(|contract| contract.name == *text)) {
            notes.push(Note::new(Outcome::Lost, Thing::Foreign, "", format!("{key}: {text}")));
        }
    }
    if let Some(status) = status {
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, "", format!("status: {status}")));
    }
    describe(&mut top, &mut contracts, &mut notes)?;
    top.finish(&mut notes);
    Ok(Imported { contracts, notes })
}

/// The owner: the name of the team, or, in the older form, whoever of its members is one.
fn team(top: &mut Map<'_>, notes: &mut Vec<Note>) -> Result<Option<String>, Fault> {
    let Some(node) = top.take("team") else { return Ok(None) };
    if let Some(members) = node.as_list() {
        let mut owner = None;
        for (at, member) in members.iter().enumerate() {
            let mut member = member.map(format!("team[{at}]"))?;
            let role = member.text("role")?.unwrap_or_default().to_lowercase();
            let name = member.spelled("username")?;
            if owner.is_none() && (role.contains("owner") || members.len() == 1) {
                owner = name;
            } else if let Some(name) = name {
                notes.push(Note::new(Outcome::Lost, Thing::Owner, format!("team[{at}]"), format!("{role} {name}")));
            }
            member.finish(notes);
        }
        return Ok(owner);
    }
    let mut team = node.map("team")?;
    let name = team.spelled("name")?;
    team.finish(notes);
    Ok(name)
}

/// The description of the whole: of a single contract without one, its docs.
fn describe(top: &mut Map<'_>, contracts: &mut [Contract], notes: &mut Vec<Note>) -> Result<(), Fault> {
    let Some(node) = top.take("description") else { return Ok(()) };
    let text = match node.as_text() {
        Some(text) => Some(text.to_owned()),
        None => {
            let mut parts = node.map("description")?;
            let mut lines = Vec::new();
            for key in ["purpose", "usage", "limitations"] {
                lines.extend(parts.text(key)?.and_then(tidy_doc));
            }
            parts.finish(notes);
            tidy_doc(&lines.join("\n\n"))
        }
    };
    match (contracts, text) {
        ([contract], Some(text)) if contract.doc.is_none() => contract.doc = Some(text),
        (_, Some(text)) => {
            notes.push(Note::new(Outcome::Lost, Thing::Doc, format!("description, line {}", node.line), text));
        }
        (_, None) => {}
    }
    Ok(())
}

fn object(map: &mut Map<'_>, contract: &mut Contract, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let name = map.spelled("name")?.ok_or_else(|| map.fault("an object needs a `name`", ""))?;
    contract.name = names::contract(&name);
    if let Some(physical) = map.spelled("physicalName")?.filter(|physical| *physical != name) {
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, map.path.as_str(), format!("physicalName: {physical}")));
    }
    map.text("logicalType")?;
    contract.doc = map.text("description")?.and_then(tidy_doc);
    let rest = custom::<ContractRest>(map, notes)?;
    let mut key: Vec<(i64, String)> = Vec::new();
    for (at, node) in map.list("properties")?.iter().enumerate() {
        let mut property = node.map(format!("{}.properties[{at}]", map.path))?;
        self::property(&mut property, contract, &mut key, notes)?;
        property.finish(notes);
    }
    key.sort_by_key(|(place, _)| *place);
    if !key.is_empty() {
        contract.keys.push(key.into_iter().map(|(_, name)| name).collect());
    }
    relationships(map, contract, None, notes)?;
    quality(map, contract, None, notes)?;
    if let Some(rest) = rest {
        rest.restore(contract);
    }
    Ok(())
}

/// The rest that was put aside; other custom properties are lost.
pub(super) fn custom<T: serde::de::DeserializeOwned>(
    map: &mut Map<'_>,
    notes: &mut Vec<Note>,
) -> Result<Option<T>, Fault> {
    let mut rest = None;
    for (at, node) in map.list("customProperties")?.iter().enumerate() {
        let path = format!("{}.customProperties[{at}]", map.path);
        let mut each = node.map(path.as_str())?;
        if node.get("property").and_then(Node::as_text) == Some(KEY)
            && let Some(value) = node.get("value")
        {
            rest = Some(parsed(value, &path)?);
            each.take("property");
            each.take("value");
        }
        each.finish(notes);
    }
    Ok(rest)
}

fn property(
    map: &mut Map<'_>,
    contract: &mut Contract,
    key: &mut Vec<(i64, String)>,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    let name = map.spelled("name")?.ok_or_else(|| map.fault("a property needs a `name`", ""))?;
    let left = name;
    let Some(name) = names::column(&left, &contract.name, notes) else {
        // the key goes with it: the other columns alone are none
        if map.flag("primaryKey")? == Some(true) {
            key.push((i64::MAX, left));
        }
        map.skip();
        return Ok(());
    };
    let at = format!("{}.{name}", contract.name);
    if let Some(physical) = map.spelled("physicalName")?.filter(|physical| *physical != name) {
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, at.as_str(), format!("physicalName: {physical}")));
    }
    let rest = custom::<ColumnRest>(map, notes)?;
    let mut column = Column::plain(name.as_str(), value(map, &at, notes)?);
    column.doc = map.text("description")?.and_then(tidy_doc);
    let mut tags = map.texts("tags")?;
    tags.extend(map.spelled("classification")?);
    column.tags = names::tags(tags, &at, notes);
    if map.flag("deprecated")? == Some(true) {
        column.deprecated = Some("deprecated".to_owned());
    }
    let position = map.take("primaryKeyPosition").and_then(Node::spelled).and_then(|text| text.parse().ok());
    if map.flag("primaryKey")? == Some(true) {
        key.push((position.unwrap_or(i64::MAX), name.clone()));
    }
    relationships(map, contract, Some(&name), notes)?;
    contract.columns.push(column);
    quality(map, contract, Some(&name), notes)?;
    if let (Some(rest), Some(column)) = (rest, contract.columns.last_mut()) {
        rest.restore(column, &at, notes);
    }
    Ok(())
}

fn relationships(
    map: &mut Map<'_>,
    contract: &mut Contract,
    column: Option<&str>,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    for (at, node) in map.list("relationships")?.iter().enumerate() {
        let mut each = node.map(format!("{}.relationships[{at}]", map.path))?;
        each.take("type");
        let to = each.texts("to")?;
        let from = match column {
            Some(column) => vec![format!("{}.{column}", contract.name)],
            None => each.texts("from")?,
        };
        let owner = to.first().and_then(|end| end.rsplit_once('.')).map(|(owner, _)| owner.to_owned());
        let columns = |ends: &[String]| -> Option<Vec<String>> {
            ends.iter().map(|end| end.rsplit_once('.').map(|(_, column)| column.to_owned())).collect()
        };
        match (owner, columns(&to), columns(&from)) {
            (Some(owner), Some(to), Some(from)) if to.len() == from.len() && !owner.contains(['/', '#', '.']) => {
                contract.references.push(Reference { contract: names::contract(&owner), to, from });
            }
            _ => notes.push(Note::new(
                Outcome::Lost,
                Thing::Reference,
                each.path.as_str(),
                format!("from {} to {}", from.join(", "), to.join(", ")),
            )),
        }
        each.finish(notes);
    }
    Ok(())
}
