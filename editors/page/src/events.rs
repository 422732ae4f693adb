//! Server-sent events: to each viewer what is another than what it was told last.

use std::{
    fmt::Write as _,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use mlp_graph::Layout;
use mlp_plan::Plan;
use serde_json::{Value, json};

use crate::board::{Board, Found, Shown};

/// So often something is said even where nothing is new, so that who has gone is noticed.
const ALIVE: Duration = Duration::from_secs(15);

/// Tells a viewer what is shown, until it goes or the page is closed.
pub fn stream(to: &mut impl Write, board: &Board) -> io::Result<()> {
    let mut told = Told::default();
    let mut version = None;
    loop {
        match board.wait(version, ALIVE) {
            Found::New(now, shown) => {
                version = Some(now);
                to.write_all(told.news(&shown).as_bytes())?;
            }
            Found::Same => to.write_all(b":\n\n")?,
            Found::Closed => return Ok(()),
        }
        to.flush()?;
    }
}

/// What a viewer was told.
#[derive(Default)]
struct Told {
    /// From what the picture was drawn.
    drawn: Option<(Arc<Plan>, String)>,
    layout: Option<Layout>,
    svg: String,
    marked: Value,
    fault: String,
}

impl Told {
    /// The events that bring a viewer up to date.
    fn news(&mut self, shown: &Shown) -> String {
        let mut events = String::new();
        let drawn = shown.plan.as_ref().map(|plan| (Arc::clone(plan), shown.pipeline.clone()));
        let is_same = match (&self.drawn, &drawn) {
            (Some((known, name)), Some((plan, pipeline))) => Arc::ptr_eq(known, plan) && name == pipeline,
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.layout = drawn.as_ref().and_then(|(plan, pipeline)| mlp_graph::layout(plan, pipeline));
            self.drawn = drawn;
            let svg = self.layout.as_ref().map(Layout::svg).unwrap_or_default();
            // edits of what stands within the stages draw the same
            if svg != self.svg {
                event(&mut events, "picture", &picture(&shown.pipeline, &svg, self.layout.as_ref()));
                self.svg = svg;
                self.marked = Value::Null;
            }
        }
        let marked = self.numbers(&shown.marked);
        if marked != self.marked && !self.svg.is_empty() {
            event(&mut events, "here", &marked);
            self.marked = marked;
        }
        let fault = shown.fault.clone().unwrap_or_default();
        if fault != self.fault {
            event(&mut events, "fault", &json!(fault));
            self.fault = fault;
        }
        events
    }

    /// Where among the boxes nodes stand.
    fn numbers(&self, nodes: &[String]) -> Value {
        let boxes = self.layout.iter().flat_map(|layout| layout.boxes.iter().enumerate());
        boxes.filter(|(_, each)| nodes.contains(&each.id)).map(|(at, _)| at).collect()
    }
}

fn picture(pipeline: &str, svg: &str, layout: Option<&Layout>) -> Value {
    let arrows = layout.iter().flat_map(|layout| &layout.arrows).map(|arrow| json!([arrow.from, arrow.to]));
    json!({ "title": format!("Pipeline {pipeline}"), "svg": svg, "arrows": arrows.collect::<Vec<_>>() })
}

/// JSON has no line ends outside of its texts, and they are escaped there: one line is enough.
fn event(to: &mut String, kind: &str, data: &Value) {
    let _ = write!(to, "event: {kind}\ndata: {data}\n\n");
}
