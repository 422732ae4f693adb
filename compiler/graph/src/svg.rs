//! SVG.

use std::fmt::Write as _;

use crate::{
    model::Kind,
    place::{Arrow, Boxed, LONGEST, LONGEST_LABEL, Layout, Point},
    text::{line, markup, shortened, width},
};

const LEGEND: f64 = 34.0;

/// One document.
pub fn write(layout: &Layout) -> String {
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| layout.boxes.iter().any(|each| each.kind == *kind)).collect();
    let legend_width = kinds.iter().map(|kind| entry_width(*kind)).sum::<f64>() + 48.0;
    let (wide, high) = (layout.width.max(legend_width).ceil(), (layout.height + LEGEND).ceil());
    let mut out = String::with_capacity(4096 + layout.boxes.len() * 400 + layout.arrows.len() * 240);
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" role=\"img\" aria-labelledby=\"title desc\">"
    );
    let _ = writeln!(out, "<title id=\"title\">Pipeline {}</title>", markup(&line(&layout.pipeline)));
    let _ = writeln!(out, "<desc id=\"desc\">{}</desc>", markup(&described(layout)));
    out.push_str(&style());
    out.push_str("<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"head\" d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n");
    let _ = writeln!(out, "<rect class=\"ground\" width=\"{wide}\" height=\"{high}\"/>");
    for arrow in &layout.arrows {
        edge(&mut out, layout, arrow);
    }
    for each in &layout.boxes {
        node(&mut out, each);
    }
    for arrow in &layout.arrows {
        label(&mut out, arrow);
    }
    legend(&mut out, &kinds, layout.height);
    out.push_str("</svg>\n");
    out
}

fn described(layout: &Layout) -> String {
    let mut text = format!("{} nodes, {} edges, from left to right: ", layout.boxes.len(), layout.arrows.len());
    let mut sorted: Vec<&Boxed> = layout.boxes.iter().collect();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then_with(|| a.y.total_cmp(&b.y)));
    let names: Vec<String> = sorted.iter().map(|each| format!("{} ({})", line(&each.id), each.kind.word())).collect();
    text.push_str(&names.join(", "));
    text
}

fn style() -> String {
    let mut out = String::from(
        "<style>\n\
         text{font-family:system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1f2328}\n\
         .id{font-size:13px;font-weight:600}.stage{font-size:11px;fill:#57606a}.label,.legend{font-size:10px;fill:#57606a}\n\
         .label{paint-order:stroke;stroke:#ffffff;stroke-width:3px;stroke-linejoin:round}\n\
         .ground{fill:#ffffff}.edge{fill:none;stroke:#8c959f;stroke-width:1.4}.head{fill:#8c959f}\n\
         .shape{stroke-width:1.5}.line{fill:none;stroke-width:1.2}\n\
         .node:hover .shape{stroke-width:2.5}.edge:hover{stroke:#0969da;stroke-width:2.4}\n",
    );
    for kind in Kind::ALL {
        let _ = writeln!(
            out,
            ".{0} .shape{{fill:{1};stroke:{2}}}.{0} .line{{stroke:{2}}}",
            kind.word(),
            kind.fill(),
            kind.stroke()
        );
    }
    out.push_str(
        "@media (prefers-color-scheme:dark){\n\
         text{fill:#e6edf3}.stage,.label,.legend{fill:#9da7b1}.label{stroke:#0d1117}.ground{fill:#0d1117}.edge{stroke:#6e7681}.head{fill:#6e7681}\n",
    );
    for kind in Kind::ALL {
        let _ = writeln!(
            out,
            ".{0} .shape{{fill:{1};stroke:{2}}}.{0} .line{{stroke:{2}}}",
            kind.word(),
            kind.dark_fill(),
            kind.dark_stroke()
        );
    }
    out.push_str("}\n</style>\n");
    out
}

fn edge(out: &mut String, layout: &Layout, arrow: &Arrow) {
    let name = |at: usize| layout.boxes.get(at).map(|each| line(&each.id)).unwrap_or_default();
    let what = if arrow.label.is_empty() { String::new() } else { format!(": {}", line(&arrow.label)) };
    let title = markup(&format!("{} to {}{what}", name(arrow.from), name(arrow.to)));
    let _ = writeln!(
        out,
        "<path class=\"edge\" marker-end=\"url(#head)\" d=\"{}\"><title>{title}</title></path>",
        path(&arrow.points)
    );
}

/// Straight within columns, curved between them.
fn path(points: &[Point]) -> String {
    let mut out = String::new();
    let mut last: Option<Point> = None;
    for (at, point) in points.iter().enumerate() {
        let _ = match last {
            None => write!(out, "M{} {}", point.x, point.y),
            Some(last) if at % 2 == 1 => {
                if last == *point {
                    Ok(())
                } else {
                    write!(out, "L{} {}", point.x, point.y)
                }
            }
            Some(last) => {
                let middle = f64::midpoint(last.x, point.x);
                write!(out, "C{middle} {} {middle} {} {} {}", last.y, point.y, point.x, point.y)
            }
        };
        last = Some(*point);
    }
    out
}

fn node(out: &mut String, each: &Boxed) {
    let kind = each.kind.word();
    let doc = each.doc.as_deref().map(|doc| format!("\n{doc}")).unwrap_or_default();
    let title = markup(&format!("{} · {} ({kind}){doc}", line(&each.id), line(&each.stage)));
    let _ =
        writeln!(out, "<g class=\"node {kind}\" transform=\"translate({} {})\"><title>{title}</title>", each.x, each.y);
    out.push_str(&shape(each.kind, each.width, each.height));
    let middle = each.width / 2.0;
    let id = markup(&shortened(&line(&each.id), LONGEST));
    let stage = markup(&shortened(&line(&each.stage), LONGEST));
    let _ = writeln!(out, "<text class=\"id\" text-anchor=\"middle\" x=\"{middle}\" y=\"20\">{id}</text>");
    let _ = writeln!(out, "<text class=\"stage\" text-anchor=\"middle\" x=\"{middle}\" y=\"35\">{stage}</text></g>");
}

/// The outline that tells the kind without colour.
fn shape(kind: Kind, w: f64, h: f64) -> String {
    let closed = |d: String| format!("<path class=\"shape\" d=\"{d}\"/>\n");
    let rect = |radius: f64| format!("<rect class=\"shape\" width=\"{w}\" height=\"{h}\" rx=\"{radius}\"/>\n");
    let (middle, low) = (h / 2.0, h - 4.0);
    match kind {
        Kind::Source => {
            let lid = format!("<path class=\"line\" d=\"M0 4C0 7 {w} 7 {w} 4\"/>\n");
            closed(format!("M0 4C0 0 {w} 0 {w} 4V{low}C{w} {h} 0 {h} 0 {low}Z")) + &lid
        }
        Kind::Sql => rect(0.0),
        Kind::Python => rect(9.0),
        Kind::Command => rect(2.0) + &format!("<path class=\"line\" d=\"M6 0V{h}M{0} 0V{h}\"/>\n", w - 6.0),
        Kind::Container => {
            rect(2.0)
                + &format!("<rect class=\"line\" x=\"4\" y=\"4\" width=\"{}\" height=\"{}\"/>\n", w - 8.0, h - 8.0)
        }
        Kind::Builtin => closed(format!("M12 0H{0}L{w} {middle}L{0} {h}H12L0 {middle}Z", w - 12.0)),
        Kind::Promote => closed(format!("M10 0H{0}L{w} 10V{1}L{0} {h}H10L0 {1}V10Z", w - 10.0, h - 10.0)),
        Kind::Sink => closed(format!("M0 0H{0}L{w} {middle}L{0} {h}H0Z", w - 14.0)),
        Kind::Rung => rect(middle),
    }
}

fn label(out: &mut String, arrow: &Arrow) {
    if let Some(at) = arrow.label_at {
        let text = markup(&shortened(&line(&arrow.label), LONGEST_LABEL));
        let _ = writeln!(out, "<text class=\"label\" x=\"{}\" y=\"{}\">{text}</text>", at.x, at.y);
    }
}

fn entry_width(kind: Kind) -> f64 {
    width(kind.word(), 10.0).ceil() + 52.0
}

fn legend(out: &mut String, kinds: &[Kind], top: f64) {
    let mut x = 24.0;
    for kind in kinds {
        let _ = writeln!(
            out,
            "<g class=\"{}\" transform=\"translate({x} {top})\"><g transform=\"scale(.35)\">{}</g>",
            kind.word(),
            shape(*kind, 80.0, 44.0)
        );
        let _ = writeln!(out, "<text class=\"legend\" x=\"34\" y=\"11\">{}</text></g>", kind.word());
        x += entry_width(*kind);
    }
}

impl Kind {
    /// Inside, on light ground.
    pub(crate) const fn fill(self) -> &'static str {
        match self {
            Self::Source => "#dbeafe",
            Self::Sql => "#e0e7ff",
            Self::Python => "#fef3c7",
            Self::Command | Self::Container => "#ececec",
            Self::Builtin => "#d1fae5",
            Self::Promote => "#fce7f3",
            Self::Sink => "#cffafe",
            Self::Rung => "#ede9fe",
        }
    }

    /// Outline, on light ground.
    pub(crate) const fn stroke(self) -> &'static str {
        match self {
            Self::Source => "#2563eb",
            Self::Sql => "#4f46e5",
            Self::Python => "#b45309",
            Self::Command | Self::Container => "#57606a",
            Self::Builtin => "#047857",
            Self::Promote => "#be185d",
            Self::Sink => "#0e7490",
            Self::Rung => "#7c3aed",
        }
    }

    const fn dark_fill(self) -> &'static str {
        match self {
            Self::Source => "#172b4d",
            Self::Sql => "#23224f",
            Self::Python => "#3b2a0b",
            Self::Command | Self::Container => "#24292f",
            Self::Builtin => "#0b3327",
            Self::Promote => "#43132f",
            Self::Sink => "#0b3139",
            Self::Rung => "#2f1d57",
        }
    }

    const fn dark_stroke(self) -> &'static str {
        match self {
            Self::Source => "#60a5fa",
            Self::Sql => "#a5b4fc",
            Self::Python => "#fbbf24",
            Self::Command | Self::Container => "#9da7b1",
            Self::Builtin => "#34d399",
            Self::Promote => "#f472b6",
            Self::Sink => "#22d3ee",
            Self::Rung => "#a78bfa",
        }
    }
}
