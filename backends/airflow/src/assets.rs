//! What pipelines write and wait for, as Airflow assets.

use mlp_plan::{External, Literal, Node, Pipeline, Plan, Run, Schedule, Value};
use mlp_write::python::Py;

/// The URI of a source or sink: an object of a bucket by its own, which is how everybody else calls it; all else `mlp://package/name`, everything but
/// letters, digits and `._-` percent-encoded.
fn uri(plan: &Plan, name: &str, external: Option<&External>) -> String {
    if let Some(address) = external.and_then(object) {
        return address.to_owned();
    }
    // A digest stands in for what would be longer than Airflow keeps.
    let whole = format!("mlp://{}/{}", encoded(&plan.package.name), encoded(name));
    if whole.len() <= 1000 { whole } else { format!("mlp://asset/{}", blake3::hash(whole.as_bytes()).to_hex()) }
}

/// The address of one object, the same in every run.
fn object(external: &External) -> Option<&str> {
    let Value::Literal(Literal::Text(location)) = &external.location else { return None };
    let (scheme, rest) = location.split_once("://")?;
    let plain = rest.len() <= 900 && rest.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let whole = rest.split_once('/').is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
    (["s3", "gs"].contains(&scheme) && plain && whole).then_some(location)
}

fn encoded(name: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let _ = if plain { out.write_char(char::from(byte)) } else { write!(out, "%{byte:02X}") };
    }
    out
}

/// The sources that pipelines of this plan wait for, with what they read where the plan says so.
pub struct Awaited<'a>(Vec<(&'a str, Option<&'a External>)>);

impl<'a> Awaited<'a> {
    /// Looks through all pipelines once.
    pub fn new(plan: &'a Plan) -> Self {
        let mut names: Vec<&str> = plan.pipelines.values().flat_map(waited_for).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Self(Vec::new());
        }
        let nodes = || plan.pipelines.values().flat_map(|pipeline| &pipeline.nodes);
        let read = |name: &str| {
            nodes().find_map(|node| match &node.run {
                Run::Read(external) if called(node, name) => Some(external),
                _ => None,
            })
        };
        Self(names.into_iter().map(|name| (name, read(name))).collect())
    }

    /// The asset that a pipeline of this plan waits for under that name.
    pub fn named(&self, plan: &Plan, name: &str) -> Py {
        let external = self.0.iter().find(|(awaited, _)| *awaited == name).and_then(|(_, external)| *external);
        asset(&uri(plan, name, external))
    }

    /// The asset that a node reads.
    pub fn inlets(&self, plan: &Plan, node: &Node) -> Option<Py> {
        let Run::Read(external) = &node.run else { return None };
        let name = self.0.iter().map(|(name, _)| *name).find(|name| called(node, name)).unwrap_or(&node.stage);
        Some(Py::List(vec![asset(&uri(plan, name, Some(external)))]))
    }

    /// The assets that a node updates: its sink, and every source that reads what the sink writes.
    pub fn outlets(&self, plan: &Plan, node: &Node) -> Option<Py> {
        let Run::Write { to, .. } = &node.run else { return None };
        let same = |external: &External| external.format == to.format && external.location == to.location;
        let fed = self.0.iter().filter(|(name, external)| called(node, name) || external.is_some_and(same));
        let mut uris: Vec<String> = fed.map(|(name, external)| uri(plan, name, *external)).collect();
        uris.push(uri(plan, &node.stage, Some(to)));
        uris.sort_unstable();
        uris.dedup();
        Some(Py::List(uris.iter().map(|uri| asset(uri)).collect()))
    }
}

fn asset(uri: &str) -> Py {
    Py::Call("Asset", vec![Py::text(uri)], Vec::new())
}

fn waited_for(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    let sources = match &pipeline.schedule {
        Some(Schedule::Update(sources)) => sources.as_slice(),
        _ => &[],
    };
    sources.iter().map(String::as_str)
}

/// Whether the node calls what goes by that name, with or without its module.
fn called(node: &Node, name: &str) -> bool {
    node.stage == name || node.stage.strip_suffix(name).is_some_and(|module| module.ends_with('.'))
}
