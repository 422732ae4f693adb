//! Pages around the SVG: one that holds it, and one that is told it.

use std::fmt::Write as _;

use crate::{
    place::Layout,
    text::{line, markup},
};

/// One self-contained page; its policy lets nothing be loaded from anywhere.
pub fn write(layout: &Layout) -> String {
    let title = markup(&line(&layout.pipeline));
    let mut script = include_str!("page.js").to_owned();
    let _ = writeln!(script, "take([{}]);", arrows(layout));
    page(&format!("Pipeline {title}"), "", &layout.svg(), &script)
}

/// The page that asks where it came from for `events`, and shows what it is told.
pub fn live() -> String {
    let script = concat!(include_str!("page.js"), include_str!("told.js"), include_str!("live.js"));
    page("Pipeline", " connect-src 'self';", "", script)
}

/// The page that shows what the page around it tells it.
pub fn framed() -> String {
    page("Pipeline", "", "", concat!(include_str!("page.js"), include_str!("told.js"), include_str!("framed.js")))
}

/// From which box to which, for the script.
fn arrows(layout: &Layout) -> String {
    let pairs = layout.arrows.iter().map(|arrow| format!("[{},{}]", arrow.from, arrow.to));
    pairs.collect::<Vec<_>>().join(",")
}

fn page(title: &str, more: &str, picture: &str, script: &str) -> String {
    let policy = format!("default-src 'none';{more} style-src 'unsafe-inline'; script-src 'unsafe-inline'");
    let style = include_str!("page.css");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <header><h1>{title}</h1><input id=\"search\" type=\"search\" placeholder=\"find\" aria-label=\"find a node\">\
         <button id=\"out\" aria-label=\"smaller\">−</button>\
         <button id=\"fit\">fit</button><button id=\"in\" aria-label=\"larger\">+</button></header>\n\
         <p id=\"note\" role=\"status\" hidden></p>\n\
         <main tabindex=\"0\" aria-label=\"picture of the pipeline\">\n{picture}</main>\n\
         <svg id=\"map\" aria-hidden=\"true\" hidden></svg>\n<script>\n{script}</script>\n</body>\n</html>\n",
    )
}
