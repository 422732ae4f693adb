//! The plan beside a DAG, and how pods find it.

use mlp_plan::Plan;
use mlp_write::{Doc, kubernetes::LARGEST, python::Py, yaml};

use crate::GeneratedFile;

/// A pipeline's names, and its plan.
pub struct Bundle<'a> {
    /// What the program calls the pipeline.
    pub name: &'a str,
    /// What its files are called.
    pub stem: &'a str,
    /// The file with the plan.
    pub plan_file: String,
    shared: &'a Shared<'a>,
}

/// The plan of a package, of which all its pipelines are part.
pub struct Shared<'a> {
    /// Canonical JSON.
    pub json: &'a str,
    digest: String,
}

impl<'a> Shared<'a> {
    /// From the plan's canonical JSON.
    pub fn new(json: &'a str) -> Self {
        Self { json, digest: blake3::hash(json.as_bytes()).to_hex().to_string() }
    }

    fn is_large(&self) -> bool {
        self.json.len() > LARGEST
    }

    /// Named by what it holds, so that a pod that waits for a plan never gets another.
    fn config_map(&self) -> String {
        format!("mlp-plan-{}", self.digest.chars().take(12).collect::<String>())
    }

    /// What has to be there before pods run: a ConfigMap, or where the plan is too large for one, an object of the store.
    pub fn for_pods(&self, plan: &Plan, stem: &str) -> GeneratedFile {
        if self.is_large() {
            return GeneratedFile { path: format!("plans/{}.json", self.digest), content: self.json.to_owned() };
        }
        let mut metadata = Doc::map([("name", Doc::text(self.config_map()))]);
        if let Some(namespace) = plan.target.options.get("namespace") {
            metadata.put("namespace", Doc::text(namespace));
        }
        let object = Doc::map([
            ("apiVersion", Doc::text("v1")),
            ("kind", Doc::text("ConfigMap")),
            ("metadata", metadata),
            ("immutable", Doc::Bool(true)),
            ("data", Doc::map([("plan.json", Doc::text(self.json))])),
        ]);
        let content = format!("# Made by mlp: apply it before the DAGs beside it run.\n{}", yaml::document(&object));
        GeneratedFile { path: format!("{stem}.plan.yaml"), content }
    }
}

impl<'a> Bundle<'a> {
    /// Of the pipeline that goes by `name`.
    pub fn new(name: &'a str, stem: &'a str, shared: &'a Shared<'a>) -> Self {
        Self { name, stem, plan_file: format!("{stem}.plan.json"), shared }
    }

    /// Where the plan is in a pod, and the ConfigMap that brings it.
    pub fn in_pods(&self) -> (Py, Py) {
        if self.shared.is_large() {
            let object = Py::text(format!("/plans/{}.json", self.shared.digest)).flat();
            (Py::word(format!("STORE + {object}")), Py::word("None"))
        } else {
            (Py::text("/mlp/plan/plan.json"), Py::text(self.shared.config_map()))
        }
    }
}
