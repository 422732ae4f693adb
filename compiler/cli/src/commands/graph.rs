//! `mlp graph`.

use std::path::Path;

use mlp_diagnostics::render::{Format, Options, render};
use mlp_page::Page;
use mlp_workspace::{LoadError, Loaded, Override, load};

use super::Exit;
use crate::{
    args::{Drawing, Where},
    output::Output,
    program::{Unplanned, loaded, path_of, pipeline_of, plan, planned, with_packages},
    watch::{state, wait_for_change},
};

/// Draws a pipeline.
pub fn graph(pipeline: Option<&str>, at: &Where, format: Drawing, output: &Output) -> Exit {
    let loaded = loaded(&path_of(at), output)?;
    let plan = planned(&loaded, "local", &Override::new(), output)?;
    let name = pipeline_of(&plan, pipeline, output)?;
    let drawn = match format {
        Drawing::Svg => mlp_graph::svg(&plan, &name),
        Drawing::Html => mlp_graph::html(&plan, &name),
        Drawing::Mermaid => mlp_graph::mermaid(&plan, &name),
        Drawing::Dot => mlp_graph::dot(&plan, &name),
    };
    output.result(&drawn.unwrap_or_default());
    Ok(0)
}

/// Serves the picture as a page that follows the files, until the process is ended.
pub fn serve(pipeline: Option<&str>, at: &Where, output: &Output) -> Exit {
    let path = path_of(at);
    let fails = |error: std::io::Error| output.failure(&format!("the page cannot be served: {error}"), None);
    let page = Page::open().map_err(fails)?;
    let paths = [path.clone()];
    let mut seen = state(&paths);
    let first = look(&page, pipeline, &path, output);
    // what is wrong with the program may be mended while one looks; that there is no such package or pipeline may not
    if first == Err(2) {
        return first;
    }
    output.result(&format!("{}\n", page.address()));
    output.note("the picture follows the files; end with Ctrl-C");
    loop {
        wait_for_change(&paths, &seen);
        seen = state(&paths);
        // what went wrong was said, here and on the page
        let _ = look(&page, pipeline, &path, output);
    }
}

/// Shows the package as it is now, or what is wrong with it.
fn look(page: &Page, pipeline: Option<&str>, path: &Path, output: &Output) -> Exit {
    let loaded = with_packages(output, |fetching| load(path, fetching)).map_err(|LoadError(faults)| {
        faults.iter().for_each(|fault| _ = output.failure(fault, None));
        tell(page, &faults);
        2_u8
    })?;
    let plan = plan(&loaded, "local", &Override::new()).map_err(|why| {
        tell(page, &lines(&why, &loaded));
        why.told(&loaded, output)
    })?;
    let name = pipeline_of(&plan, pipeline, output)
        .inspect_err(|_| page.fault(&format!("there is no pipeline `{}`", pipeline.unwrap_or("..")), 0))?;
    page.show(plan, &name, &[]);
    Ok(0)
}

fn tell(page: &Page, faults: &[String]) {
    if let Some((first, more)) = faults.split_first() {
        page.fault(first, more.len());
    }
}

/// Why there is no plan, a line each.
fn lines(why: &Unplanned, loaded: &Loaded) -> Vec<String> {
    match why {
        Unplanned::Target(faults) => faults.clone(),
        Unplanned::Wrong(found) => {
            let errors: Vec<_> = found.iter().filter(|found| found.is_error()).cloned().collect();
            let text = render(&errors, &loaded.sources, Format::Short, &Options::default());
            text.lines().map(str::to_owned).collect()
        }
    }
}
