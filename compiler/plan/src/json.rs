//! Canonical JSON: sorted keys, two-space indent, one line end behind; and the published JSON Schema.

use serde::Serialize;
use serde_json::Value;

use crate::Plan;

/// `value` as canonical JSON. Object keys are sorted whatever features of serde_json a build turns on.
///
/// # Errors
/// Where the value cannot be JSON (a map whose keys are not strings).
pub fn canonical<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&sorted(serde_json::to_value(value)?))?;
    text.push('\n');
    Ok(text)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

impl Plan {
    /// The canonical JSON of the plan.
    ///
    /// # Errors
    /// Never in practice: every key of a plan is a string.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        canonical(self)
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// Where the text is not a plan of this format.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let plan: Self = serde_json::from_str(text).map_err(|error| format!("not a plan: {error}"))?;
        if plan.format == crate::FORMAT {
            Ok(plan)
        } else {
            Err(format!("plan format `{}`, this mlp reads `{}`", plan.format, crate::FORMAT))
        }
    }

    /// The JSON Schema of the format.
    #[must_use]
    pub fn json_schema() -> Value {
        sorted(schemars::schema_for!(Self).to_value())
    }

    /// Digest of the canonical JSON, blake3 in hex.
    ///
    /// # Errors
    /// As [`Plan::to_json`].
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(blake3::hash(self.to_json()?.as_bytes()).to_hex().to_string())
    }
}
