//! Lineage: what a node read and made, as OpenLineage events (openlineage.io, specification 2-0-2): in a file of the run, and sent where `OPENLINEAGE_URL`
//! says so, with `OPENLINEAGE_API_KEY` where it is set.
//!
//! Datasets are called as everybody calls them: files `file` and their path, objects by bucket and key. What lies in the store is `mlp://PACKAGE` and
//! `PIPELINE.NODE` (with `.OUTPUT` where it has a name), rungs of the registry are `mlp://PACKAGE` and `MODEL.RUNG`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use mlp_plan::{Artifact, External, Format, Input, Node, Origin, Run};
use mlp_store::Outputs;
use serde_json::{Map, Value, json};

use crate::{
    PlanIndex, RunInfo,
    source::{local, locations},
};

const PRODUCER: &str = concat!("urn:mlp:", env!("CARGO_PKG_VERSION"));
const SPECIFICATION: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json";

/// How a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending<'a> {
    /// It did its work.
    Complete,
    /// It failed, with the message.
    Fail(&'a str),
    /// It was ended.
    Abort,
}

/// When and how a node worked, and what it made.
#[derive(Clone, Copy, Debug)]
pub struct Worked<'a> {
    /// When it began, RFC 3339.
    pub started: &'a str,
    /// When it ended, RFC 3339.
    pub finished: &'a str,
    /// How it ended.
    pub ending: Ending<'a>,
    /// What it made.
    pub outputs: &'a Outputs,
}

/// The beginning and the end of a node.
#[must_use]
pub fn events(index: &PlanIndex<'_>, root: &Path, node: &Node, run: &RunInfo, worked: Worked<'_>) -> [Value; 2] {
    let namespace = format!("mlp://{}", index.plan.package.name);
    let of = Naming { index, root, run, namespace: &namespace };
    let inputs = of.inputs(node);
    let outputs = of.outputs(node, worked.outputs);
    let mut job_facets = json!({ "jobType": facet("2-0-4", "JobTypeJobFacet", json!({ "processingType": "BATCH", "integration": "MLP", "jobType": "NODE" })) });
    if let Some(doc) = &node.doc {
        put(&mut job_facets, "documentation", facet("1-1-0", "DocumentationJobFacet", json!({ "description": doc })));
    }
    if let Run::Sql { text } = &node.run {
        put(&mut job_facets, "sql", facet("1-1-0", "SQLJobFacet", json!({ "query": text })));
    }
    let pipeline = &index.pipeline.name;
    let parent = json!({
        "run": { "runId": uuid(&run.context.id, "") },
        "job": { "namespace": namespace, "name": pipeline },
    });
    let event = |word: &str, time: &str| {
        let mut facets = json!({ "parent": facet("1-2-0", "ParentRunFacet", parent.clone()) });
        if let ("FAIL", Ending::Fail(message)) = (word, worked.ending) {
            let error = json!({ "message": message, "programmingLanguage": "mlp" });
            put(&mut facets, "errorMessage", facet("1-0-1", "ErrorMessageRunFacet", error));
        }
        json!({
            "eventType": word,
            "eventTime": time,
            "producer": PRODUCER,
            "schemaURL": format!("{SPECIFICATION}#/$defs/RunEvent"),
            "run": { "runId": uuid(&run.context.id, &node.id), "facets": facets },
            "job": { "namespace": namespace, "name": format!("{pipeline}.{}", node.id), "facets": job_facets },
            "inputs": inputs,
            "outputs": outputs,
        })
    };
    let last = match worked.ending {
        Ending::Complete => "COMPLETE",
        Ending::Fail(_) => "FAIL",
        Ending::Abort => "ABORT",
    };
    [event("START", worked.started), event(last, worked.finished)]
}

/// Adds events to `file`, and sends them where somebody asked for them. What cannot be sent is told, and is no failure of the run.
///
/// # Errors
/// Where the file cannot be written.
pub fn tell(file: &Path, events: &[Value], notes: crate::Notes<'_>) -> io::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = String::new();
    for event in events {
        text.push_str(&event.to_string());
        text.push('\n');
    }
    OpenOptions::new().create(true).append(true).open(file)?.write_all(text.as_bytes())?;
    if let Some(url) = std::env::var("OPENLINEAGE_URL").ok().filter(|url| !url.is_empty())
        && let Err(why) = send(&url, events)
    {
        notes(&format!("lineage was not sent to OPENLINEAGE_URL={url}: {why}; it stands in {}", file.display()));
    }
    Ok(())
}

fn send(url: &str, events: &[Value]) -> Result<(), String> {
    let address = format!("{}/api/v1/lineage", url.trim_end_matches('/'));
    let key = std::env::var("OPENLINEAGE_API_KEY").ok().filter(|key| !key.is_empty());
    mlp_store::post_json(&address, key.as_deref(), events)
}

/// How datasets are called.
struct Naming<'a> {
    index: &'a PlanIndex<'a>,
    root: &'a Path,
    run: &'a RunInfo,
    namespace: &'a str,
}

impl Naming<'_> {
    fn inputs(&self, node: &Node) -> Vec<Value> {
        let mut found = Vec::new();
        for input in &node.inputs {
            self.origin(input, &input.from, &mut found);
        }
        if let Run::Read(external) = &node.run {
            found.extend(self.external(external).into_iter().map(|named| dataset(named, Value::Null, Map::new())));
        }
        found
    }

    fn origin(&self, input: &Input, origin: &Origin, found: &mut Vec<Value>) {
        let name = match origin {
            Origin::Output { node, output } => self.output(node, output),
            Origin::Rung { model, rung } => format!("{model}.{rung}"),
            Origin::List(origins) => return origins.iter().for_each(|origin| self.origin(input, origin, found)),
            Origin::Request | Origin::Served | Origin::None => return,
        };
        found.push(dataset((self.namespace.to_owned(), name), self.schema(&input.expects), Map::new()));
    }

    fn outputs(&self, node: &Node, made: &Outputs) -> Vec<Value> {
        let mut found = Vec::new();
        for output in &node.outputs {
            let mut statistics = Map::new();
            if let Some(stored) = made.get(&output.name).and_then(Option::as_ref) {
                let counts = json!({ "size": stored.bytes, "rowCount": stored.rows });
                statistics.insert(
                    "outputStatistics".to_owned(),
                    facet("1-0-2", "OutputStatisticsOutputDatasetFacet", without_nulls(counts)),
                );
            }
            let named = (self.namespace.to_owned(), self.output(&node.id, &output.name));
            found.push(dataset(named, self.schema(&output.artifact), statistics));
        }
        match &node.run {
            Run::Write { to, .. } => {
                found.extend(self.external(to).into_iter().map(|named| dataset(named, Value::Null, Map::new())));
            }
            Run::Promote(promote) => {
                let named = (self.namespace.to_owned(), format!("{}.{}", promote.model, promote.rung));
                found.push(dataset(named, Value::Null, Map::new()));
            }
            _ => {}
        }
        found
    }

    fn output(&self, node: &str, output: &str) -> String {
        let pipeline = &self.index.pipeline.name;
        if output == "result" { format!("{pipeline}.{node}") } else { format!("{pipeline}.{node}.{output}") }
    }

    /// Namespace and name of what lies outside.
    fn external(&self, external: &External) -> Vec<(String, String)> {
        let Ok(locations) = locations(&external.location, self.run) else { return Vec::new() };
        let named = |location: String| match (external.format, location.split_once("://")) {
            (Format::Postgres, _) => {
                (format!("postgres://{}", external.secret.as_deref().unwrap_or_default()), location)
            }
            (_, Some((scheme, rest))) if scheme != "file" => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                (format!("{scheme}://{bucket}"), key.to_owned())
            }
            _ => {
                let path = local(self.root, &location).map(|path| path.display().to_string());
                ("file".to_owned(), path.unwrap_or(location))
            }
        };
        locations.into_iter().map(named).collect()
    }

    fn schema(&self, artifact: &Artifact) -> Value {
        let Artifact::Table { contract } = crate::input::element(artifact) else { return Value::Null };
        let Some(contract) = self.index.plan.contract(contract) else { return Value::Null };
        let fields = contract.columns.iter().map(|column| {
            without_nulls(json!({ "name": column.name, "type": column.value.to_string(), "description": column.doc }))
        });
        facet("1-2-0", "SchemaDatasetFacet", json!({ "fields": fields.collect::<Vec<_>>() }))
    }
}

fn dataset((namespace, name): (String, String), schema: Value, output: Map<String, Value>) -> Value {
    let mut made = json!({ "namespace": namespace, "name": name });
    if !schema.is_null() {
        put(&mut made, "facets", json!({ "schema": schema }));
    }
    if !output.is_empty() {
        put(&mut made, "outputFacets", Value::Object(output));
    }
    made
}

/// Adds a field to an object.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    value
}

fn facet(version: &str, name: &str, mut value: Value) -> Value {
    put(&mut value, "_producer", PRODUCER.into());
    let schema = format!("https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}");
    put(&mut value, "_schemaURL", schema.into());
    value
}

/// A UUID of version 8 (RFC 9562) that says which run and node: the same ones give the same.
fn uuid(run: &str, node: &str) -> String {
    let digest = blake3::hash(format!("{run}/{node}").as_bytes());
    let mut bits = 0_u128;
    for byte in digest.as_bytes().iter().take(16) {
        bits = bits << 8 | u128::from(*byte);
    }
    bits = bits & !(0xf << 76) | 0x8 << 76;
    bits = bits & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_8_and_stable() {
        let id = uuid("r1", "fit");
        assert_eq!(id, uuid("r1", "fit"));
        assert_ne!(id, uuid("r1", "score"));
        assert_ne!(id, uuid("r2", "fit"));
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'8');
        assert!("89ab".contains(char::from(id.as_bytes()[19])), "{id}");
    }
}
