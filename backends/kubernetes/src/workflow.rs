//! A pipeline as WorkflowTemplates, and its schedule as a CronWorkflow.

use std::collections::HashMap;

use mlp_plan::{DataType, Literal, Parameter, Pipeline, Schedule};
use serde_json::{Map, Value, json};

use crate::{
    names::{Unique, is_plain, label},
    package::{Context, key},
    pod::{Shape, restricted, seconds},
    split::{CAP, parts},
    yaml::template,
};

/// Bytes of templates after which another object is begun; the rest up to the largest object is for its entry points and settings.
const ROOM: usize = 600 * 1024;

/// The objects of a pipeline: WorkflowTemplates, of which the first is started, and a CronWorkflow where it has a schedule.
pub fn objects(context: &Context<'_>, pipeline: &Pipeline, name: &str, stem: &str) -> Vec<Value> {
    let object = label(&format!("{}-{stem}", context.base), 44);
    let sets: Vec<String> =
        pipeline.params.iter().filter(|param| is_exposed(param)).map(|param| param.name.clone()).collect();
    let mut library = Library::new(&object);
    let mut units = tasks(context, pipeline, name, &sets, &mut library);
    let mut level = 0_usize;
    while units.len() > CAP {
        level += 1;
        units = gathered(units, level, &mut library);
    }
    let timed = units.iter().any(|unit| unit.timed);
    library.entry_points(&units, timed);
    let mut found = library.objects(context);
    if let Some(main) = found.first_mut() {
        dress(context, pipeline, name, main);
    }
    found.extend(scheduled(context, pipeline, &object));
    found
}

/// A task before it is written: a node, or a part of the DAG.
struct Unit {
    name: String,
    home: Home,
    /// The value of the input `node`; none for a part.
    node: Option<String>,
    timed: bool,
    reads: Vec<usize>,
}

/// Where a template is: which object, and its name in it.
#[derive(Clone)]
struct Home {
    object: usize,
    template: String,
}

fn tasks(context: &Context<'_>, pipeline: &Pipeline, name: &str, sets: &[String], library: &mut Library) -> Vec<Unit> {
    let mut names = Unique::new(63, &[]);
    let mut shapes: HashMap<Shape, Home> = HashMap::new();
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(pipeline.nodes.len());
    let mut units = Vec::with_capacity(pipeline.nodes.len());
    for (at, node) in pipeline.nodes.iter().enumerate() {
        let shape = Shape::of(context, node);
        let timed = shape.timed;
        let home = shapes.entry(shape.clone()).or_insert_with(|| {
            let (_, body) = shape.template(context, name, sets);
            library.add(body)
        });
        let value = if is_plain(&node.id) { node.id.clone() } else { format!("node.{}", key(&node.id)) };
        let reads = node.upstream().into_iter().filter_map(|from| places.get(from).copied()).collect();
        places.entry(node.id.as_str()).or_insert(at);
        units.push(Unit { name: names.name(&node.id), home: home.clone(), node: Some(value), timed, reads });
    }
    units
}

/// Parts of at most [`CAP`] units, each a DAG of its own.
fn gathered(units: Vec<Unit>, level: usize, library: &mut Library) -> Vec<Unit> {
    let reads: Vec<Vec<usize>> = units.iter().map(|unit| unit.reads.clone()).collect();
    let parts = parts(&reads, CAP);
    let mut homes = vec![0; units.len()];
    for (part, members) in parts.iter().enumerate() {
        for member in members {
            if let Some(slot) = homes.get_mut(*member) {
                *slot = part;
            }
        }
    }
    let mut made = Vec::with_capacity(parts.len());
    for (part, members) in parts.iter().enumerate() {
        let inside: Vec<&Unit> = members.iter().filter_map(|member| units.get(*member)).collect();
        let mut needs: Vec<usize> = inside
            .iter()
            .flat_map(|unit| &unit.reads)
            .filter_map(|from| homes.get(*from).copied())
            .filter(|home| *home != part)
            .collect();
        needs.sort_unstable();
        needs.dedup();
        let timed = inside.iter().any(|unit| unit.timed);
        let name = format!("part-{level}-{}", part + 1);
        let home = library.dag(&name, &units, members, timed);
        made.push(Unit { name, home, node: None, timed, reads: needs });
    }
    made
}

/// The WorkflowTemplates of a pipeline: as few as hold its templates.
struct Library {
    name: String,
    objects: Vec<(Vec<Value>, usize)>,
}

impl Library {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), objects: vec![(Vec::new(), 0)] }
    }

    fn object_name(&self, at: usize) -> String {
        if at == 0 { self.name.clone() } else { format!("{}-lib-{at}", self.name) }
    }

    /// The object that has room for so many bytes more; a few templates of the first are kept for the entry points.
    fn open(&mut self, bytes: usize) -> usize {
        let full = self.objects.last().is_none_or(|(templates, size)| templates.len() + 4 > CAP || size + bytes > ROOM);
        if full {
            self.objects.push((Vec::new(), 0));
        }
        self.objects.len().saturating_sub(1)
    }

    fn add(&mut self, body: Value) -> Home {
        let bytes = body.to_string().len();
        let object = self.open(bytes);
        self.put(object, body, bytes)
    }

    fn put(&mut self, object: usize, body: Value, bytes: usize) -> Home {
        let template = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some((templates, size)) = self.objects.get_mut(object) {
            templates.push(body);
            *size += bytes;
        }
        Home { object, template }
    }

    fn dag(&mut self, name: &str, units: &[Unit], members: &[usize], timed: bool) -> Home {
        // A task takes some 100 to 400 bytes and its dependencies; all of it is written before its object is known.
        let dependencies: usize =
            members.iter().filter_map(|member| units.get(*member)).map(|unit| unit.reads.len()).sum();
        let bytes = members.len() * 400 + dependencies * 70;
        let object = self.open(bytes);
        let body = self.dag_body(object, name, units, members, timed);
        self.put(object, body, bytes)
    }

    fn dag_body(&self, object: usize, name: &str, units: &[Unit], members: &[usize], timed: bool) -> Value {
        let inside: std::collections::HashSet<usize> = members.iter().copied().collect();
        let written =
            members.iter().filter_map(|member| units.get(*member)).map(|unit| self.task(object, unit, units, &inside));
        let mut body = json!({"name": name, "dag": {"tasks": written.collect::<Vec<_>>()}});
        if let (true, Some(map)) = (timed, body.as_object_mut()) {
            map.insert("inputs".to_owned(), json!({"parameters": [{"name": "time"}]}));
        }
        body
    }

    fn task(&self, object: usize, unit: &Unit, units: &[Unit], inside: &std::collections::HashSet<usize>) -> Value {
        let mut task = self.call(object, &unit.name, &unit.home);
        let mut parameters: Vec<Value> = unit.node.iter().map(|node| json!({"name": "node", "value": node})).collect();
        parameters.extend(unit.timed.then(|| json!({"name": "time", "value": template("{{inputs.parameters.time}}")})));
        if !parameters.is_empty() {
            task.insert("arguments".to_owned(), json!({"parameters": parameters}));
        }
        let needs: Vec<&str> = unit
            .reads
            .iter()
            .filter(|from| inside.contains(from))
            .filter_map(|from| units.get(*from))
            .map(|unit| unit.name.as_str())
            .collect();
        if !needs.is_empty() {
            task.insert("dependencies".to_owned(), json!(needs));
        }
        Value::Object(task)
    }

    fn call(&self, from: usize, name: &str, home: &Home) -> Map<String, Value> {
        let mut task = Map::from_iter([("name".to_owned(), json!(name))]);
        if home.object == from {
            task.insert("template".to_owned(), json!(home.template));
        } else {
            task.insert(
                "templateRef".to_owned(),
                json!({"name": self.object_name(home.object), "template": home.template}),
            );
        }
        task
    }

    /// `pipeline` is the DAG; `manual` and `scheduled` start it with the time for which the run is made.
    fn entry_points(&mut self, units: &[Unit], timed: bool) {
        let members: Vec<usize> = (0..units.len()).collect();
        // Argo takes no DAG without tasks; a pause of a second does as little.
        let body = if units.is_empty() {
            json!({"name": "pipeline", "suspend": {"duration": "1s"}})
        } else {
            self.dag_body(0, "pipeline", units, &members, timed)
        };
        self.put(0, body, 0);
        for (name, time) in
            [("manual", "{{workflow.creationTimestamp.RFC3339}}"), ("scheduled", "{{workflow.scheduledTime}}")]
        {
            let arguments = json!({"parameters": [{"name": "time", "value": template(time)}]});
            let mut task = json!({"name": "run", "template": "pipeline"});
            if let (true, Some(map)) = (timed, task.as_object_mut()) {
                map.insert("arguments".to_owned(), arguments);
            }
            self.put(0, json!({"name": name, "dag": {"tasks": [task]}}), 0);
        }
    }

    fn objects(self, context: &Context<'_>) -> Vec<Value> {
        let names: Vec<String> = (0..self.objects.len()).map(|at| self.object_name(at)).collect();
        let written = self.objects.into_iter().zip(names).map(|((mut templates, _), name)| {
            // Entry points and parts first, shapes of pods last: so a reader meets them.
            templates.reverse();
            json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "metadata": context.metadata(&name), "spec": {"templates": templates}})
        });
        written.collect()
    }
}

/// The settings of a run, on the object that is started.
fn dress(context: &Context<'_>, pipeline: &Pipeline, name: &str, main: &mut Value) {
    let annotations = annotations(pipeline);
    if let (Some(metadata), false) = (main.get_mut("metadata").and_then(Value::as_object_mut), annotations.is_empty()) {
        metadata.insert("annotations".to_owned(), Value::Object(annotations));
    }
    let Some(spec) = main.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let mut set = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    set("entrypoint", json!("manual"));
    let exposed: Vec<Value> = pipeline.params.iter().filter(|param| is_exposed(param)).map(parameter).collect();
    if !exposed.is_empty() {
        set("arguments", json!({"parameters": exposed}));
    }
    set("serviceAccountName", json!(context.account()));
    set("automountServiceAccountToken", json!(false));
    set("executor", json!({"serviceAccountName": context.executor()}));
    set("podMetadata", json!({"labels": {"app.kubernetes.io/part-of": context.base}}));
    let user = 65532;
    set(
        "securityContext",
        json!({"runAsNonRoot": true, "runAsUser": user, "runAsGroup": user, "fsGroup": user, "seccompProfile": {"type": "RuntimeDefault"}}),
    );
    // Argo gives its own containers no security context, so that a restricted namespace would refuse the pod.
    let patch = |name: &str| json!({"name": name, "securityContext": restricted()});
    set("podSpecPatch", json!(json!({"initContainers": [patch("init")], "containers": [patch("wait")]}).to_string()));
    set("podGC", json!({"strategy": "OnPodSuccess"}));
    set("ttlStrategy", json!({"secondsAfterSuccess": 86_400, "secondsAfterFailure": 604_800}));
    set("archiveLogs", json!(false));
    if let Some(deadline) = pipeline.deadline {
        set("activeDeadlineSeconds", json!(seconds(deadline)));
    }
    if let Some(priority) = pipeline.priority {
        set("priority", json!(priority.clamp(i64::from(i32::MIN), i64::from(i32::MAX))));
    }
    match pipeline.concurrency {
        Some(0 | 1) => {
            drop(set("synchronization", json!({"mutexes": [{"name": label(&format!("{}-{name}", context.base), 63)}]})))
        }
        Some(_) => {
            let limit = json!({"name": context.settings_name(), "key": format!("runs.{}", key(name))});
            set("synchronization", json!({"semaphores": [{"configMapKeyRef": limit}]}));
        }
        None => {}
    }
}

/// Words for people, which Argo shows and does not read as templates.
fn annotations(pipeline: &Pipeline) -> Map<String, Value> {
    let cut = |text: &str| text.chars().take(2_000).collect::<String>();
    let mut found = Map::new();
    let mut set = |key: &str, text: String| found.insert(key.to_owned(), json!(text));
    if let Some(doc) = &pipeline.doc {
        set("workflows.argoproj.io/description", cut(doc));
    }
    if !pipeline.tags.is_empty() {
        set("workflows.argoproj.io/tags", cut(&pipeline.tags.join(",")));
    }
    if let Some(owner) = &pipeline.owner {
        set("mlp.dev/owner", cut(owner));
    }
    found
}

/// Whether a run may set the parameter: one whose name or default Argo would read otherwise keeps the program's default.
fn is_exposed(param: &Parameter) -> bool {
    is_plain(&param.name) && param.default.as_ref().is_none_or(|default| plain_text(default).is_some())
}

/// A default as `--set` reads it, where nothing in it looks like a template.
fn plain_text(default: &Literal) -> Option<String> {
    let text = match default {
        Literal::Text(text) => text.clone(),
        // Digits of an absurd exponent are not written out.
        Literal::Number(number) if number.as_bigint_and_exponent().1.abs() > 60 => number.to_string(),
        other => other.to_string(),
    };
    (!text.contains(['{', '}']) && text.len() <= 4_096 && !text.chars().any(char::is_control)).then_some(text)
}

fn parameter(param: &Parameter) -> Value {
    let mut found = Map::from_iter([("name".to_owned(), json!(param.name))]);
    let default = param.default.as_ref().and_then(plain_text).or_else(|| param.nullable.then(|| "none".to_owned()));
    if let DataType::Enum { members, open: false } = &param.data {
        let fits = default.as_ref().is_none_or(|default| members.contains(default)) && !param.nullable;
        let plain = members.iter().all(|member| plain_text(&Literal::Text(member.clone())).is_some());
        if fits && plain && !members.is_empty() {
            found.insert("enum".to_owned(), json!(members));
        }
    }
    if let Some(doc) = &param.doc {
        // A description is not read as a template, but stands in the part of the object that is.
        found.insert(
            "description".to_owned(),
            json!(doc.replace(['{', '}'], "|").chars().take(500).collect::<String>()),
        );
    }
    found.extend(default.map(|text| ("value".to_owned(), json!(text))));
    Value::Object(found)
}

fn scheduled(context: &Context<'_>, pipeline: &Pipeline, object: &str) -> Option<Value> {
    let (expression, timezone) = cron(pipeline.schedule.as_ref()?)?;
    let required = |param: &Parameter| param.default.is_none() && !param.nullable;
    if pipeline.params.iter().any(required) {
        return None;
    }
    let late = if pipeline.catchup { 86_400 } else { 300 };
    let policy = if pipeline.concurrency.is_some_and(|count| count <= 1) { "Forbid" } else { "Allow" };
    Some(json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": context.metadata(object),
        "spec": {
            "schedules": [expression],
            "timezone": timezone,
            "concurrencyPolicy": policy,
            "startingDeadlineSeconds": late,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "workflowSpec": {"entrypoint": "scheduled", "workflowTemplateRef": {"name": object}},
        },
    }))
}

/// A schedule as Argo has it, and its time zone; `None` where Argo has no such schedule.
pub fn cron(schedule: &Schedule) -> Option<(String, String)> {
    match schedule {
        Schedule::Update(_) => None,
        Schedule::Every(nanoseconds) => Some((format!("@every {}s", seconds(*nanoseconds)), "UTC".to_owned())),
        Schedule::Cron { expression, timezone } => {
            let fields: Vec<&str> = expression.split_whitespace().collect();
            let sound = |field: &&str| field.chars().all(|c| c.is_ascii_alphanumeric() || "*,/?-".contains(c));
            let zone = !timezone.is_empty()
                && timezone.len() <= 64
                && timezone.chars().all(|c| c.is_ascii_alphanumeric() || "_+-/".contains(c));
            (fields.len() == 5 && fields.iter().all(sound) && zone).then(|| (fields.join(" "), timezone.clone()))
        }
    }
}
