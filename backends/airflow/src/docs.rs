//! Documentation for Airflow's pages: what the program says, its contracts and its policies, in Markdown.

use std::{collections::BTreeSet, fmt::Write as _};

use mlp_plan::{Artifact, Contract, Node, Pipeline, Plan, Run};
use mlp_write::python::Py;

/// Docs end with a newline: Airflow reads a `doc_md` that ends with `.md` as the path of a file.
pub fn written(text: &str) -> Py {
    Py::Prose(format!("{}\n", text.trim_end_matches('\n')))
}

/// The words of the pipeline, and the contracts of the tables that it makes.
pub fn of_pipeline(plan: &Plan, pipeline: &Pipeline) -> Option<String> {
    let mut text = pipeline.doc.clone().unwrap_or_default();
    let mut names = BTreeSet::new();
    for output in pipeline.nodes.iter().flat_map(|node| &node.outputs) {
        of_tables(&output.artifact, &mut names);
    }
    for (name, contract) in names.into_iter().filter_map(|name| Some((name, plan.contracts.get(name)?))) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        of_contract(&mut text, name, contract);
    }
    (!text.is_empty()).then_some(text)
}

fn of_tables<'a>(artifact: &'a Artifact, names: &mut BTreeSet<&'a str>) {
    match artifact {
        Artifact::Table { contract } => {
            names.insert(contract);
        }
        Artifact::List(element) => of_tables(element, names),
        _ => {}
    }
}

fn of_contract(text: &mut String, name: &str, contract: &Contract) {
    let _ = write!(text, "### {}\n\n", name.replace('\n', " "));
    if let Some(doc) = &contract.doc {
        let _ = write!(text, "{}\n\n", doc.trim_end());
    }
    text.push_str("| column | type | |\n|---|---|---|\n");
    let cell = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    for column in &contract.columns {
        let doc = column.doc.as_deref().unwrap_or_default();
        let _ = writeln!(text, "| {} | {} | {} |", cell(&column.name), cell(&column.value.to_string()), cell(doc));
    }
    text.truncate(text.trim_end().len());
}

/// The words of a stage; of a promotion, what it asks.
pub fn of_node(plan: &Plan, node: &Node) -> Option<String> {
    let Run::Promote(promote) = &node.run else { return node.doc.clone() };
    let mut text = node.doc.clone().map(|doc| format!("{doc}\n\n")).unwrap_or_default();
    let _ = writeln!(text, "Moves `{}.{}` when all of this holds:\n", promote.model, promote.rung);
    for used in &promote.policies {
        let clauses = plan.policies.get(&used.policy).map(|policy| policy.clauses.as_slice()).unwrap_or_default();
        let _ = writeln!(text, "- **{}**", used.policy);
        for clause in clauses {
            let when: String = clause.when.iter().map(|report| format!(" (when there is a {report})")).collect();
            let _ = writeln!(text, "  - `{}`{when}", clause.text);
        }
    }
    Some(text)
}
