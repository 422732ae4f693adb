//! From `schema.yml` to contracts.

use mlp_plan::{Column, Constraint, Contract, DataType, Literal, Reference, ValueType};

use super::{DIALECT, rendered};
use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
    read::{Kind, Map, Node},
    rest::{ColumnRest, ContractRest, KEY, parsed},
    sql::spelled,
    values,
};

/// The contracts of the models, seeds, snapshots and source tables of a file.
pub(crate) fn import(node: &Node) -> Result<Imported, Fault> {
    let node = plain(node);
    let mut notes = Vec::new();
    let mut contracts = Vec::new();
    let mut top = node.map("")?;
    top.take("version");
    for kind in ["models", "seeds", "snapshots"] {
        // in a `dbt_project.yml` stands a mapping of settings here
        let list = top.take(kind).map(|node| node.as_list().ok_or(node)).transpose();
        let list = list.map_err(|node| {
            let project = matches!(node.kind, Kind::Map(_));
            let help = "a `dbt_project.yml` says nothing of columns: import the `schema.yml` of its models";
            Fault { help: if project { help } else { "" }.to_owned(), ..node.wrong(kind, "a list") }
        })?;
        for (at, node) in list.unwrap_or_default().iter().enumerate() {
            contracts.push(table(node, &format!("{kind}[{at}]"), &mut notes)?);
        }
    }
    for (at, node) in top.list("sources")?.iter().enumerate() {
        let path = format!("sources[{at}]");
        let mut source = node.map(path.as_str())?;
        source.take("name");
        for (at, node) in source.list("tables")?.iter().enumerate() {
            contracts.push(table(node, &format!("{path}.tables[{at}]"), &mut notes)?);
        }
        source.finish(&mut notes);
    }
    if contracts.is_empty() {
        return Err(Fault::new(
            "this is no schema.yml of dbt with something in it: it has no list of `models`, `seeds`, `snapshots` or `sources`",
            "",
        )
        .or_another_format());
    }
    top.finish(&mut notes);
    Ok(Imported { contracts, notes })
}

/// The document with its texts as Jinja leaves those that `mlp` wrote.
fn plain(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Text(text) => Kind::Text(rendered(text)),
        Kind::List(items) => Kind::List(items.iter().map(plain).collect()),
        Kind::Map(entries) => Kind::Map(entries.iter().map(|(key, node)| (key.clone(), plain(node))).collect()),
        other => other.clone(),
    };
    Node { line: node.line, kind }
}

/// `config` and `meta`, wherever they stand: the meta, and the tags.
struct Config {
    owner: Option<String>,
    rest: Option<Node>,
    tags: Vec<String>,
}

fn config(map: &mut Map<'_>, notes: &mut Vec<Note>) -> Result<Config, Fault> {
    let mut found = Config { owner: None, rest: None, tags: map.texts("tags")? };
    let mut metas = Vec::new();
    if let Some(node) = map.take("meta") {
        metas.push((map.at("meta"), node));
    }
    if let Some(node) = map.take("config") {
        let path = map.at("config");
        let mut config = node.map(path.as_str())?;
        config.take("contract");
        found.tags.extend(config.texts("tags")?);
        if let Some(node) = config.take("meta") {
            metas.push((format!("{path}.meta"), node));
        }
        config.finish(notes);
    }
    for (path, node) in metas {
        let mut meta = node.map(path.as_str())?;
        found.owner = meta.spelled("owner").unwrap_or(None).or(found.owner);
        found.rest = meta.take(KEY).cloned().or(found.rest);
        meta.finish(notes);
    }
    Ok(found)
}

fn table(node: &Node, path: &str, notes: &mut Vec<Note>) -> Result<Contract, Fault> {
    let mut map = node.map(path)?;
    let name = map.spelled("name")?.ok_or_else(|| map.fault("a model needs a `name`", ""))?;
    let mut contract = Contract { name: names::contract(&name), ..Contract::default() };
    contract.doc = map.text("description")?.and_then(tidy_doc);
    let config = config(&mut map, notes)?;
    contract.owner = config.owner;
    names_lost(config.tags, &contract.name, notes);
    for (at, node) in map.list("columns")?.iter().enumerate() {
        column(node, &format!("{path}.columns[{at}]"), &mut contract, notes)?;
    }
    for (at, node) in map.list("constraints")?.iter().enumerate() {
        constraint(node, &format!("{path}.constraints[{at}]"), &mut contract, notes)?;
    }
    if let Some(rest) = config.rest {
        parsed::<ContractRest>(&rest, path)?.restore(&mut contract);
    }
    map.finish(notes);
    Ok(contract)
}

fn names_lost(tags: Vec<String>, at: &str, notes: &mut Vec<Note>) {
    notes.extend(
        tags.into_iter().map(|tag| Note::new(Outcome::Lost, Thing::Tag, at, format!("the tag {tag} of the table"))),
    );
}

fn constraint(node: &Node, path: &str, contract: &mut Contract, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let mut map = node.map(path)?;
    let columns = map.texts("columns")?;
    match map.text("type")?.unwrap_or_default() {
        "primary_key" => contract.keys.push(columns),
        "unique" => contract.uniques.push(columns),
        "foreign_key" if map.has("to") => {
            let to = map.text("to")?.and_then(model_of);
            let fields = map.texts("to_columns")?;
            match to {
                Some(to) if fields.len() == columns.len() && !columns.is_empty() => {
                    contract.references.push(Reference { contract: to, to: fields, from: columns });
                }
                _ => lost(node, path, Thing::Reference, notes),
            }
        }
        _ => {
            lost(node, path, Thing::Constraint, notes);
            return Ok(());
        }
    }
    map.finish(notes);
    Ok(())
}

/// The contract's name of `ref('model')` and `source('source', 'table')`.
fn model_of(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix("ref(").or_else(|| text.trim().strip_prefix("source("))?.strip_suffix(')')?;
    let last = inner.rsplit(',').next()?.trim();
    let name = last.trim_matches(['\'', '"']);
    (!name.is_empty()).then(|| names::contract(name))
}

fn lost(node: &Node, path: &str, thing: Thing, notes: &mut Vec<Note>) {
    let text = mlp_write::json::flat(&node.doc());
    notes.push(Note::new(Outcome::Lost, thing, format!("{path}, line {}", node.line), text));
}

fn column(node: &Node, path: &str, contract: &mut Contract, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let mut map = node.map(path)?;
    let name = map.spelled("name")?.ok_or_else(|| map.fault("a column needs a `name`", ""))?;
    let Some(name) = names::column(&name, &contract.name, notes) else { return Ok(()) };
    let at = format!("{}.{name}", contract.name);
    let value = match map.take("data_type") {
        Some(node) => {
            let text = node.spelled().unwrap_or_default();
            let mut lost = |what: String| notes.push(Note::new(Outcome::Lost, Thing::Type, at.as_str(), what));
            match spelled(&text, DIALECT) {
                Some(spelled) => {
                    spelled.lost.into_iter().for_each(lost);
                    spelled.value
                }
                None => {
                    lost(format!("data_type: {text}, read as string"));
                    ValueType::plain(DataType::String)
                }
            }
        }
        None => {
            notes.push(Note::new(Outcome::Chosen, Thing::Type, at.as_str(), "string, since there is no data_type"));
            ValueType::plain(DataType::String)
        }
    };
    let mut column = Column::plain(name.as_str(), value.or_null());
    column.doc = map.text("description")?.and_then(tidy_doc);
    let config = config(&mut map, notes)?;
    column.tags = names::tags(config.tags, &at, notes);
    for (index, node) in map.list("constraints")?.iter().enumerate() {
        let path = format!("{path}.constraints[{index}]");
        let mut each = node.map(path.as_str())?;
        match each.text("type")?.unwrap_or_default() {
            "not_null" => column.value.nullable = false,
            "unique" => column.value.constraints.push(Constraint::Unique),
            "primary_key" => contract.keys.push(vec![name.clone()]),
            "foreign_key" if each.has("to") => {
                let (to, fields) = (each.text("to")?.and_then(model_of), each.texts("to_columns")?);
                match (to, fields.as_slice()) {
                    (Some(to), [_]) => {
                        contract.references.push(Reference { contract: to, to: fields, from: vec![name.clone()] });
                    }
                    _ => lost(node, &path, Thing::Reference, notes),
                }
            }
            _ => {
                lost(node, &path, Thing::Constraint, notes);
                continue;
            }
        }
        each.finish(notes);
    }
    for key in ["tests", "data_tests"] {
        for (index, node) in map.list(key)?.iter().enumerate() {
            test(node, &format!("{path}.{key}[{index}]"), &mut column, contract, notes)?;
        }
    }
    if let Some(rest) = config.rest {
        parsed::<ColumnRest>(&rest, path)?.restore(&mut column, &at, notes);
    }
    map.finish(notes);
    contract.columns.push(column);
    Ok(())
}

fn test(
    node: &Node,
    path: &str,
    column: &mut Column,
    contract: &mut Contract,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    if let Some(word) = node.as_text() {
        match word {
            "not_null" => column.value.nullable = false,
            "unique" => column.value.constraints.push(Constraint::Unique),
            _ => lost(node, path, Thing::Constraint, notes),
        }
        return Ok(());
    }
    let map = node.map(path)?;
    let [(word, body)] = map.entries() else {
        lost(node, path, Thing::Constraint, notes);
        return Ok(());
    };
    let mut body = match body.kind {
        Kind::Null => Map::none(),
        _ => body.map(format!("{path}.{word}"))?,
    };
    let mut arguments = match body.take("arguments") {
        Some(node) => node.map(format!("{path}.{word}.arguments"))?,
        None => body,
    };
    // a test of some rows, or one that only warns, promises less than a contract would
    let config = body_config(map.entries());
    let weaker = |config: &Node| {
        config.get("where").is_some()
            || config.get("severity").and_then(Node::as_text).is_some_and(|word| word.eq_ignore_ascii_case("warn"))
    };
    if config.is_some_and(weaker) {
        lost(node, path, Thing::Constraint, notes);
        return Ok(());
    }
    match word.as_str() {
        "not_null" => column.value.nullable = false,
        "unique" => column.value.constraints.push(Constraint::Unique),
        "accepted_values" => {
            arguments.take("quote");
            let members = arguments.take("values").and_then(Node::as_list).unwrap_or_default();
            let members: Option<Vec<Literal>> =
                members.iter().map(|member| values::literal(member, &column.value.data)).collect();
            match members {
                Some(members) if !members.is_empty() => column.value.constraints.push(Constraint::OneOf(members)),
                _ => {
                    lost(node, path, Thing::Constraint, notes);
                    return Ok(());
                }
            }
        }
        "relationships" => {
            let (to, field) = (arguments.text("to")?.and_then(model_of), arguments.spelled("field")?);
            match (to, field) {
                (Some(to), Some(field)) => {
                    contract.references.push(Reference {
                        contract: to,
                        to: vec![field],
                        from: vec![column.name.clone()],
                    });
                }
                _ => {
                    lost(node, path, Thing::Reference, notes);
                    return Ok(());
                }
            }
        }
        _ => {
            lost(node, path, Thing::Constraint, notes);
            return Ok(());
        }
    }
    arguments.finish(notes);
    Ok(())
}

/// `config` of a test; older files have its entries in the test itself.
fn body_config(entries: &[(String, Node)]) -> Option<&Node> {
    let (_, body) = entries.first()?;
    Some(body.get("config").unwrap_or(body))
}
