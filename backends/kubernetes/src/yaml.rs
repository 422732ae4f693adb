//! Manifests as YAML: what names an object first, then by key, whatever order a map of serde_json keeps.

use mlp_write::{Doc, yaml};
use serde_json::{Map, Value};

/// Documents, each behind a `---`.
pub fn documents(header: &str, objects: &[Value]) -> String {
    let mut out = String::from(header);
    for object in objects {
        out.push_str("---\n");
        out.push_str(&yaml::document(&doc(object)));
    }
    out
}

/// The key under which a text of ours waits that Argo is to read as a template; all other text is written without two braces in a row.
const TEMPLATE: &str = "$template";

/// A text in which `{{..}}` is Argo's. Only for text that holds nothing of a user's.
pub fn template(text: &str) -> Value {
    Value::Object(Map::from_iter([(TEMPLATE.to_owned(), Value::String(text.to_owned()))]))
}

fn doc(value: &Value) -> Doc {
    match value {
        Value::Null => Doc::Null,
        Value::Bool(flag) => Doc::Bool(*flag),
        Value::Number(number) => Doc::number(number),
        Value::String(text) => Doc::text(text),
        Value::Array(items) => Doc::List(items.iter().map(doc).collect()),
        Value::Object(map) => match map.get(TEMPLATE).and_then(Value::as_str).filter(|_| map.len() == 1) {
            Some(text) => Doc::Template(text.to_owned()),
            None => {
                let mut sorted: Vec<(&String, &Value)> = map.iter().collect();
                sorted.sort_by_key(|(key, _)| (rank(key), key.as_str()));
                Doc::Map(sorted.into_iter().map(|(key, value)| (key.clone(), doc(value))).collect())
            }
        },
    }
}

fn rank(key: &str) -> u8 {
    match key {
        "apiVersion" | "kind" | "name" => 0,
        "metadata" => 1,
        _ => 2,
    }
}
