//! A page around the SVG.

use crate::{
    place::Layout,
    svg,
    text::{line, markup},
};

const STYLE: &str = "html,body{margin:0;height:100%;background:#ffffff;color:#1f2328;font:14px system-ui,sans-serif}\
body{display:flex;flex-direction:column}header{display:flex;gap:8px;align-items:center;padding:8px 16px;border-bottom:1px solid #d0d7de}\
h1{font-size:15px;margin:0;flex:1}button{font:inherit;min-width:32px;padding:3px 9px;border:1px solid #d0d7de;border-radius:6px;background:none;color:inherit}\
main{flex:1;min-height:0;cursor:grab;touch-action:none}main:active{cursor:grabbing}main svg{width:100%;height:100%;display:block}\
@media (prefers-color-scheme:dark){html,body{background:#0d1117;color:#e6edf3}header,button{border-color:#30363d}}";

/// One self-contained page; its policy lets nothing be loaded from anywhere.
pub fn write(layout: &Layout) -> String {
    let title = markup(&line(&layout.pipeline));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Pipeline {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>Pipeline {title}</h1><button id=\"out\" aria-label=\"smaller\">−</button>\
         <button id=\"fit\">fit</button><button id=\"in\" aria-label=\"larger\">+</button></header>\n\
         <main tabindex=\"0\" aria-label=\"picture of the pipeline\">\n{}</main>\n<script>\n{}</script>\n</body>\n</html>\n",
        svg::write(layout),
        include_str!("page.js"),
    )
}
