//! The human side: miette's graphical and narratable reports over our own diagnostics.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fmt::{self, Write as _},
};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NarratableReportHandler, Severity as Level, SourceCode,
    ThemeStyles,
};
use mlp_source::{FileId, SourceMap};

use super::{
    Options,
    drawn::Drawn,
    place::{Place, one_line, paragraphs, tidy},
};
use crate::{Diagnostic, Label, Severity};

/// Diagnostics drawn in full for one file; the rest are counted.
pub const FULL_PER_FILE: usize = 50;

/// Places of one diagnostic that are drawn.
const LABELS: usize = 16;

/// A report in miette's terms: one source, labels in it, words.
#[derive(Default)]
struct Report<'a> {
    code: Option<String>,
    level: Option<Level>,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    source: Option<&'a Drawn<'a>>,
    cause: Option<Cause>,
}

/// One step of "caused by".
#[derive(Debug)]
struct Cause {
    message: String,
    next: Option<Box<Cause>>,
}

enum Handler {
    /// Wrapping is the dearest part of drawing, so words that fit the width go through a handler that leaves it out.
    Graphical {
        wrapping: Box<GraphicalReportHandler>,
        plain: Box<GraphicalReportHandler>,
        width: usize,
    },
    Narrated(NarratableReportHandler),
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap, options: &Options, narrated: bool) -> String {
    let handler = if narrated { Handler::Narrated(NarratableReportHandler::new()) } else { Handler::drawn(options) };
    let drawn = draw_sources(diagnostics, sources);
    let mut text = String::new();
    let mut shown: HashMap<FileId, usize> = HashMap::new();
    let mut hidden: BTreeMap<FileId, (usize, usize)> = BTreeMap::new();
    for diagnostic in diagnostics {
        let count = shown.entry(diagnostic.primary.file).or_default();
        if *count >= FULL_PER_FILE {
            let (errors, warnings) = hidden.entry(diagnostic.primary.file).or_default();
            *(if diagnostic.is_error() { errors } else { warnings }) += 1;
            continue;
        }
        *count += 1;
        for report in reports(diagnostic, sources, &drawn, narrated) {
            handler.write(&mut text, &report);
        }
        text.push('\n');
    }
    for (file, (errors, warnings)) in hidden {
        let name = one_line(sources.name(file));
        let _ = writeln!(text, "{name}: {} not drawn; `--format short` lists all of them", counted(errors, warnings));
    }
    text
}

/// A failure that has no place in a source: what happened, why, and what to do. Drawn as diagnostics are.
#[must_use]
pub fn failure(message: &str, causes: &[String], help: Option<&str>, options: &Options) -> String {
    let cause = causes
        .iter()
        .rev()
        .fold(None, |next, message| Some(Cause { message: one_line(message), next: next.map(Box::new) }));
    let report = Report {
        level: Some(Level::Error),
        message: paragraphs(message),
        help: help.map(paragraphs),
        cause,
        ..Report::default()
    };
    let mut text = String::new();
    Handler::drawn(options).write(&mut text, &report);
    text
}

fn counted(errors: usize, warnings: usize) -> String {
    let words = |count: usize, word: &str| format!("{count} more {word}{}", if count == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, _) => words(warnings, "warning"),
        (_, 0) => words(errors, "error"),
        _ => format!("{} and {}", words(errors, "error"), words(warnings, "warning")),
    }
}

/// Each file that is pointed at, once.
fn draw_sources<'a>(diagnostics: &[Diagnostic], sources: &'a SourceMap) -> HashMap<FileId, Drawn<'a>> {
    let mut drawn = HashMap::new();
    for diagnostic in diagnostics {
        for span in std::iter::once(diagnostic.primary).chain(diagnostic.labels.iter().map(|label| label.span)) {
            if let Some(source) = sources.get(span.file) {
                drawn.entry(span.file).or_insert_with(|| Drawn::new(source));
            }
        }
    }
    drawn
}

/// The diagnostic with the places in its own file, then one report for each other file; the help stands behind the last.
fn reports<'a>(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    drawn: &'a HashMap<FileId, Drawn<'a>>,
    narrated: bool,
) -> Vec<Report<'a>> {
    let home = diagnostic.primary.file;
    let mut main = Report {
        code: Some(diagnostic.code.to_string()),
        level: Some(match diagnostic.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        }),
        message: paragraphs(&diagnostic.message),
        source: drawn.get(&home),
        ..Report::default()
    };
    if narrated && let Some(place) = Place::of(diagnostic.primary, sources) {
        main.message =
            format!("{}:{}:{}: {}", one_line(place.file), place.start.line, place.start.column, main.message);
    }
    if let (Some(drawn), Some(source)) = (drawn.get(&home), sources.get(home)) {
        let words = (!diagnostic.label.is_empty()).then(|| paragraphs(&diagnostic.label));
        main.labels.push(LabeledSpan::new_primary_with_span(words, drawn.label(tidy(diagnostic.primary, source))));
    }
    let mut all = vec![main];
    for label in diagnostic.labels.iter().take(LABELS) {
        place_label(&mut all, label, home, sources, drawn);
    }
    if let (Some(last), Some(help)) = (all.last_mut(), &diagnostic.help) {
        last.help = Some(paragraphs(help));
    }
    all
}

fn place_label<'a>(
    all: &mut Vec<Report<'a>>,
    label: &Label,
    home: FileId,
    sources: &SourceMap,
    drawn: &'a HashMap<FileId, Drawn<'a>>,
) {
    let (Some(view), Some(source)) = (drawn.get(&label.span.file), sources.get(label.span.file)) else { return };
    let span = view.label(tidy(label.span, source));
    let words = paragraphs(&label.message);
    let known = all.iter_mut().find(|report| report.source.is_some_and(|source| std::ptr::eq(source, view)));
    match known {
        Some(report) => report.labels.push(LabeledSpan::new_with_span((!words.is_empty()).then_some(words), span)),
        None if label.span.file != home => {
            let labels = vec![LabeledSpan::new_primary_with_span(Some(words), span)];
            let message = format!("see {}", one_line(&source.name));
            all.push(Report { level: Some(Level::Advice), message, labels, source: Some(view), ..Report::default() });
        }
        None => {}
    }
}

impl Handler {
    fn drawn(options: &Options) -> Self {
        let mut theme = if options.unicode { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
        if !options.color {
            theme.styles = ThemeStyles::none();
        } else if !options.unicode {
            theme.styles = ThemeStyles::ansi();
        }
        let width = options.width.clamp(40, 1_000);
        let wrapping = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_urls(false)
            .with_break_words(false)
            .without_syntax_highlighting();
        let plain = wrapping.clone().with_wrap_lines(false);
        Self::Graphical { wrapping: Box::new(wrapping), plain: Box::new(plain), width }
    }

    fn write(&self, text: &mut String, report: &Report<'_>) {
        let before = text.len();
        let written = match self {
            Self::Graphical { plain, width, .. } if report.fits(*width) => plain.render_report(text, report),
            Self::Graphical { wrapping, .. } => wrapping.render_report(text, report),
            Self::Narrated(handler) => handler.render_report(text, report),
        };
        if written.is_err() {
            // miette gave up within a snippet: the words are what must not be lost
            text.truncate(before);
            let _ = writeln!(
                text,
                "{}{}",
                report.code.as_deref().map(|code| format!("{code}: ")).unwrap_or_default(),
                report.message
            );
        }
    }
}

impl Report<'_> {
    /// Whether no line of words can be wider than the terminal, indent included. A character is at most as wide as its bytes are many.
    fn fits(&self, width: usize) -> bool {
        const INDENT: usize = 10;
        let words = [Some(&self.message), self.help.as_ref()];
        self.cause.is_none()
            && words.into_iter().flatten().flat_map(|words| words.lines()).all(|line| line.len() + INDENT <= width)
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("code", &self.code).field("message", &self.message).finish_non_exhaustive()
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Report<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Level> {
        self.level
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() { None } else { Some(Box::new(self.labels.iter().cloned())) }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as &(dyn Error + 'static))
    }
}
