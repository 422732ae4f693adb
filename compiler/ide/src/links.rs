//! What a document points to outside of itself: SQL files, Python functions, files of settings.

use mlp_syntax::tree::{Expr, ExprKind, Lit, Node};

use crate::view::{Part, Place, View};

/// Settings whose text is a file of the package.
const FILE_SETTINGS: [&str; 1] = ["requirements"];

/// A text that names something outside of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The text, without its quotes.
    pub place: Place,
    /// What it names.
    pub target: Target,
}

/// What a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file, relative to the package.
    File(String),
    /// A function of a Python module, which is one of these files.
    Function {
        /// `a/b.py`, `a/b/__init__.py`.
        files: [String; 2],
        /// Its name.
        name: String,
    },
}

/// The links of a document, in order.
#[must_use]
pub fn links(view: &View<'_>) -> Vec<Link> {
    let mut found = Vec::new();
    for part in &view.parts {
        collect(*part, Node::Item(part.item), &mut found);
    }
    found
}

fn collect(part: Part<'_>, node: Node<'_>, found: &mut Vec<Link>) {
    match node {
        Node::Expr(Expr { kind: ExprKind::Call { callee, args }, .. }) => {
            if let (ExprKind::Name(word), [arg]) = (&callee.kind, args.as_slice()) {
                found.extend(link(part, &arg.value, |text| of_call(&word.text, text)));
            }
        }
        Node::Setting(setting) if FILE_SETTINGS.contains(&setting.name.text.as_str()) => {
            found.extend(link(part, &setting.value, |text| Some(Target::File(text.to_owned()))));
        }
        _ => {}
    }
    for child in node.children() {
        collect(part, child, found);
    }
}

fn link(part: Part<'_>, expr: &Expr, target: impl Fn(&str) -> Option<Target>) -> Option<Link> {
    let ExprKind::Literal(Lit::Text(text)) = &expr.kind else { return None };
    let whole = part.place(expr.span);
    Some(Link {
        place: whole.start + 1..whole.end.saturating_sub(1).max(whole.start + 1),
        target: target(&text.value)?,
    })
}

fn of_call(word: &str, text: &str) -> Option<Target> {
    match word {
        "sql" => has_ending(text, "sql").then(|| Target::File(text.to_owned())),
        "python" => {
            let (module, name) = text.split_once(':')?;
            let path = module.replace('.', "/");
            Some(Target::Function {
                files: [format!("{path}.py"), format!("{path}/__init__.py")],
                name: name.to_owned(),
            })
        }
        _ => None,
    }
}

fn has_ending(text: &str, ending: &str) -> bool {
    !text.contains(char::is_whitespace) && std::path::Path::new(text).extension().is_some_and(|given| given == ending)
}
