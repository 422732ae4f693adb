//! What the user can switch off. A client may send anything, `null` included: what is no switch is as if it were not there.

use serde_json::Value;

/// The settings below `mlp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Inlay hints: the columns that a stage adds and takes away.
    pub schema_hints: bool,
    /// Inlay hints: the names of parameters.
    pub parameter_hints: bool,
    /// Inlay hints: what is checked at run time on an edge.
    pub runtime_hints: bool,
    /// Code lenses that run a pipeline.
    pub run_lens: bool,
    /// Code lenses that run a test.
    pub test_lens: bool,
    /// Code lenses that show the graph of a pipeline.
    pub graph_lens: bool,
    /// Code lenses that tell of the last run and the last decision.
    pub last_lens: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            schema_hints: true,
            parameter_hints: true,
            runtime_hints: true,
            run_lens: true,
            test_lens: true,
            graph_lens: true,
            last_lens: true,
        }
    }
}

impl Config {
    /// What concerns lenses.
    #[must_use]
    pub const fn lenses(&self) -> [bool; 4] {
        [self.run_lens, self.test_lens, self.graph_lens, self.last_lens]
    }

    /// Reads the settings, whether they come below `mlp` or bare.
    #[must_use]
    pub fn read(settings: &Value) -> Self {
        let settings = settings.get("mlp").unwrap_or(settings);
        let switch = |path: &str| settings.pointer(path).and_then(Value::as_bool).unwrap_or(true);
        Self {
            schema_hints: switch("/inlayHints/schema"),
            parameter_hints: switch("/inlayHints/parameters"),
            runtime_hints: switch("/inlayHints/runtime"),
            run_lens: switch("/lens/run"),
            test_lens: switch("/lens/test"),
            graph_lens: switch("/lens/graph"),
            last_lens: switch("/lens/last"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn switches_are_read_bare_and_below_the_name() {
        let off = Config { schema_hints: false, ..Config::default() };
        assert_eq!(Config::read(&json!({"inlayHints": {"schema": false}})), off);
        assert_eq!(Config::read(&json!({"mlp": {"inlayHints": {"schema": false}}})), off);
    }

    #[test]
    fn what_is_no_switch_is_as_if_it_were_not_there() {
        for odd in [json!(null), json!([]), json!("x"), json!({"mlp": null}), json!({"inlayHints": {"schema": 0}})] {
            assert_eq!(Config::read(&odd), Config::default(), "{odd}");
        }
    }
}
