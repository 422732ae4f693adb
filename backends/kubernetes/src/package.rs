//! What all pipelines of a package share: accounts, rights, network, the plan.

use std::collections::{BTreeMap, BTreeSet};

use mlp_plan::{Node, Plan};
use mlp_write::kubernetes::LARGEST;
use serde_json::{Value, json};

use crate::{
    GeneratedFile,
    names::{digest, is_plain, label},
    yaml,
};

/// A plan, and the names of what its manifests share.
pub struct Context<'a> {
    pub plan: &'a Plan,
    /// Of the package, at most 30 characters; also the value of the label on every pod.
    pub base: String,
    /// The image with `mlp`.
    pub runner: String,
    namespace: Option<String>,
    json: String,
    digest: String,
}

impl<'a> Context<'a> {
    /// `None` where the plan cannot be JSON, which does not happen.
    pub fn new(plan: &'a Plan) -> Option<Self> {
        let canonical = plan.to_json().ok()?;
        let digest = blake3::hash(canonical.as_bytes()).to_hex().to_string();
        // The text is the same JSON without two braces in a row, which Argo would read as a template if the plan ever came before it.
        let json = if canonical.contains("{{") { canonical.replace("{{", "{\\u007b") } else { canonical };
        let option = |key: &str| plan.target.options.get(key).map(String::as_str);
        Some(Self {
            plan,
            base: label(&plan.package.name, 30),
            runner: image(option("runner").unwrap_or("mlp:latest")),
            namespace: option("namespace").map(|name| label(name, 63)),
            digest,
            json,
        })
    }

    /// Whether the plan is read from the store.
    pub fn plan_in_store(&self) -> bool {
        self.json.len() > LARGEST
    }

    /// Name of the ConfigMap with the plan.
    pub fn plan_name(&self) -> String {
        let short: String = self.digest.chars().take(12).collect();
        format!("{}-plan-{short}", self.base)
    }

    /// Where pods find the plan.
    pub fn plan_path(&self) -> String {
        if self.plan_in_store() {
            format!("$(MLP_STORE)/plans/{}.json", self.digest)
        } else {
            "/mlp/plan/plan.json".to_owned()
        }
    }

    /// Name of the ConfigMap with the store and with names that Argo would not take.
    pub fn settings_name(&self) -> String {
        format!("{}-settings", self.base)
    }

    /// `metadata` of an object.
    pub fn metadata(&self, name: &str) -> Value {
        let labels = json!({"app.kubernetes.io/managed-by": "mlp", "app.kubernetes.io/part-of": self.base});
        let mut metadata = json!({"name": name, "labels": labels});
        if let (Some(namespace), Some(map)) = (&self.namespace, metadata.as_object_mut()) {
            map.insert("namespace".to_owned(), json!(namespace));
        }
        metadata
    }

    /// A file of manifests, with its header.
    pub fn file(&self, objects: &[Value]) -> String {
        let digest: String = self.plan.package.digest.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        let header = format!(
            "# Made by mlp: do not edit, change the program and run mlp compile.\n# package: {}, digest: blake3:{digest}\n",
            self.base
        );
        yaml::documents(&header, objects)
    }

    /// `package.yaml`, and the plan as a file where it is too large for a ConfigMap.
    pub fn shared(&self) -> Vec<GeneratedFile> {
        let mut objects = self.accounts();
        objects.extend(self.networks());
        objects.push(self.settings());
        let mut files = Vec::new();
        if self.plan_in_store() {
            files.push(GeneratedFile { path: format!("plans/{}.json", self.digest), content: self.json.clone() });
        } else {
            let data = json!({"plan.json": self.json});
            let metadata = self.metadata(&self.plan_name());
            objects.push(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": true, "data": data}),
            );
        }
        files.insert(0, GeneratedFile { path: "package.yaml".to_owned(), content: self.file(&objects) });
        files
    }

    /// `kustomization.yaml` over the manifests among `files`.
    pub fn kustomization(&self, files: &[GeneratedFile]) -> GeneratedFile {
        let mut resources: Vec<&str> =
            files.iter().map(|file| file.path.as_str()).filter(|path| path.ends_with(".yaml")).collect();
        resources.sort_unstable();
        let mut object =
            json!({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources});
        if let (Some(namespace), Some(map)) = (&self.namespace, object.as_object_mut()) {
            map.insert("namespace".to_owned(), json!(namespace));
        }
        GeneratedFile { path: "kustomization.yaml".to_owned(), content: self.file(&[object]) }
    }

    /// Pods run under an account without any right; only Argo's executor beside them may report results, with a token of its own.
    fn accounts(&self) -> Vec<Value> {
        let executor = self.executor();
        let mut token = self.metadata(&format!("{executor}.service-account-token"));
        if let Some(map) = token.as_object_mut() {
            map.insert("annotations".to_owned(), json!({"kubernetes.io/service-account.name": executor}));
        }
        let rules =
            json!([{"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}]);
        let mut subject = json!({"kind": "ServiceAccount", "name": executor});
        if let (Some(namespace), Some(map)) = (&self.namespace, subject.as_object_mut()) {
            map.insert("namespace".to_owned(), json!(namespace));
        }
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": executor});
        let account = |name: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": self.metadata(name), "automountServiceAccountToken": false});
        vec![
            account(&self.account()),
            account(&executor),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": token, "type": "kubernetes.io/service-account-token"}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": self.metadata(&executor), "rules": rules}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": self.metadata(&executor), "roleRef": role, "subjects": [subject]}),
        ]
    }

    /// The account of the pods.
    pub fn account(&self) -> String {
        format!("{}-runner", self.base)
    }

    /// The account of Argo's executor.
    pub fn executor(&self) -> String {
        format!("{}-executor", self.base)
    }

    /// Nothing in, and out only names, TLS (the store, the API server), and for each set of hosts of a stage their ports.
    fn networks(&self) -> Vec<Value> {
        let policy = |name: &str, selector: Value, types: Value, egress: Value| {
            let mut spec = json!({"podSelector": {"matchLabels": selector}, "policyTypes": types});
            if let (Some(map), false) = (spec.as_object_mut(), egress.is_null()) {
                map.insert("egress".to_owned(), egress);
            }
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": self.metadata(name), "spec": spec})
        };
        let own = json!({"app.kubernetes.io/part-of": self.base});
        let port = |protocol: &str, port: u16| json!({"protocol": protocol, "port": port});
        let common = json!([{"ports": [port("UDP", 53), port("TCP", 53), port("TCP", 443), port("TCP", 6443)]}]);
        let mut objects = vec![
            policy(&format!("{}-deny", self.base), own.clone(), json!(["Ingress", "Egress"]), Value::Null),
            policy(&format!("{}-common", self.base), own, json!(["Egress"]), common),
        ];
        let sets: BTreeMap<String, BTreeSet<u16>> =
            self.plan.pipelines.values().flat_map(|pipeline| &pipeline.nodes).filter_map(network).collect();
        for (name, ports) in sets {
            let ports: Vec<Value> = ports.into_iter().map(|number| port("TCP", number)).collect();
            objects.push(policy(
                &format!("{}-{name}", self.base),
                json!({"mlp.dev/network": name}),
                json!(["Egress"]),
                json!([{"ports": ports}]),
            ));
        }
        objects
    }

    /// The store, how many runs of a pipeline at once, and names that stand here because Argo would not take them.
    fn settings(&self) -> Value {
        let mut data = serde_json::Map::new();
        let store = self.plan.target.options.get("store").map_or("/mlp/store", String::as_str);
        data.insert("store".to_owned(), json!(store));
        for (name, pipeline) in &self.plan.pipelines {
            let key = key(name);
            if let Some(count) = pipeline.concurrency.filter(|count| *count > 1) {
                data.insert(format!("runs.{key}"), json!(count.to_string()));
            }
            if !is_plain(name) {
                data.insert(format!("pipeline.{key}"), json!(name));
            }
            for node in pipeline.nodes.iter().filter(|node| !is_plain(&node.id)) {
                data.insert(format!("node.{}", self::key(&node.id)), json!(node.id));
            }
        }
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": self.metadata(&self.settings_name()), "data": data})
    }
}

/// A key of a ConfigMap that stands for a name.
pub fn key(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { label(name, 60) }
}

/// The ports that a node reaches beyond those of every pod, under a name for their set; hosts cannot be told apart by a NetworkPolicy.
pub fn network(node: &Node) -> Option<(String, BTreeSet<u16>)> {
    let ports: BTreeSet<u16> = node
        .network
        .iter()
        .filter_map(|host| host.rsplit_once(':')?.1.parse().ok())
        .filter(|port| *port != 0)
        .collect();
    if ports.is_empty() {
        return None;
    }
    let listed: Vec<String> = ports.iter().map(ToString::to_string).collect();
    Some((format!("net-{}", digest(&listed.join(","), 8)), ports))
}

/// An image reference: characters that none has become `_`, so that it never holds a template.
pub fn image(reference: &str) -> String {
    let safe: String = reference
        .chars()
        .take(512)
        .map(|c| if c.is_ascii_alphanumeric() || "._-/:@".contains(c) { c } else { '_' })
        .collect();
    if safe.is_empty() { "_".to_owned() } else { safe }
}
