//! What each word of a document is, for editors that colour by meaning.

use std::collections::HashMap;

use mlp_syntax::{
    TokenKind as Lexed,
    tree::{Expr, ExprKind, File, ItemKind, Node},
};

use crate::view::{Part, Place, View};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word of the language.
    Keyword,
    /// The name of a setting.
    Setting,
    /// `// ..`.
    Comment,
    /// A text.
    Text,
    /// A number with its unit, a date.
    Number,
    /// A pattern.
    Pattern,
    /// `@tag`.
    Tag,
    /// A contract, a named or built-in type.
    Type,
    /// A contract parameter.
    Generic,
    /// An enum's member, a rung, any other word that is a value.
    Member,
    /// A column, a field, a metric.
    Column,
    /// A parameter, also before the colon of an argument.
    Parameter,
    /// A `let`, and what is used as one.
    Variable,
    /// A stage, a policy, a pipeline, a function.
    Function,
    /// A module.
    Module,
    /// A moment.
    Moment,
    /// A unit.
    Unit,
}

/// A token with its place and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands; never over several lines, but for texts.
    pub place: Place,
    /// What it is.
    pub kind: TokenKind,
    /// Whether it declares what it names.
    pub declares: bool,
}

/// The tokens of a document, in order. Brackets and operators are left to the grammars of the editors.
#[must_use]
pub fn tokens(view: &View<'_>) -> Vec<Token> {
    let mut names = HashMap::new();
    for part in &view.parts {
        roles(*part, Node::Item(part.item), &mut names);
    }
    let place =
        |start: usize, end: usize| u32::try_from(start).unwrap_or(u32::MAX)..u32::try_from(end).unwrap_or(u32::MAX);
    let token = |token: mlp_syntax::Token| {
        let place = place(token.start, token.end);
        let (kind, declares) = match token.kind {
            Lexed::Word => names.get(&place.start).copied().unwrap_or((TokenKind::Keyword, false)),
            Lexed::Number => (TokenKind::Number, false),
            Lexed::Text => (TokenKind::Text, false),
            Lexed::Regex => (TokenKind::Pattern, false),
            Lexed::Comment => (TokenKind::Comment, false),
            Lexed::Tag => (TokenKind::Tag, false),
            Lexed::Newline | Lexed::Open | Lexed::Close | Lexed::Symbol | Lexed::Bad | Lexed::Unclosed => return None,
        };
        Some(Token { place, kind, declares })
    };
    mlp_syntax::lex(view.text).into_iter().filter_map(token).collect()
}

/// What the name at an offset of a tree is; of `.late` the offset is that of the name behind the dot.
pub(crate) fn role_at(tree: &File, offset: u32) -> Option<TokenKind> {
    let item = tree.items.iter().find(|item| item.span.start <= offset && offset <= item.span.end)?;
    let mut found = HashMap::new();
    roles(Part { item, shift: 0 }, Node::Item(item), &mut found);
    let role = found.get(&offset).or_else(|| found.get(&offset.checked_sub(1)?));
    role.map(|(kind, _)| *kind)
}

/// By where they begin, what the names below a node are.
type Roles = HashMap<u32, (TokenKind, bool)>;

fn roles(part: Part<'_>, node: Node<'_>, found: &mut Roles) {
    for (at, child) in node.children().into_iter().enumerate() {
        match child {
            Node::Name(name) => {
                found.insert(part.place(name.span).start, role(node, at));
            }
            Node::Path(path) => {
                let last = path.segments.len().saturating_sub(1);
                for (at, segment) in path.segments.iter().enumerate() {
                    found.insert(part.place(segment.span).start, (of_path(node, at == last), false));
                }
            }
            // what is called is a function, whatever it is otherwise
            Node::Expr(Expr { kind: ExprKind::Name(name), .. }) if at == 0 && is_call(node) => {
                found.insert(part.place(name.span).start, (TokenKind::Function, false));
            }
            _ => roles(part, child, found),
        }
    }
}

const fn is_call(node: Node<'_>) -> bool {
    matches!(node, Node::Expr(Expr { kind: ExprKind::Call { .. }, .. }))
}

const fn of_path(parent: Node<'_>, last: bool) -> TokenKind {
    match parent {
        Node::Item(_) => TokenKind::Module,
        Node::Type(_) | Node::Rule(_) if last => TokenKind::Type,
        Node::Type(_) => TokenKind::Module,
        _ => TokenKind::Column,
    }
}

/// What a name is in its parent, by the place that it has among what stands there.
const fn role(parent: Node<'_>, at: usize) -> (TokenKind, bool) {
    match parent {
        Node::Item(item) => of_item(&item.kind, at),
        Node::Setting(_) => (TokenKind::Setting, false),
        Node::Field(_) | Node::Metric(_) if at == 0 => (TokenKind::Column, true),
        Node::Metric(_) => (TokenKind::Keyword, false),
        Node::Param(_) => (TokenKind::Parameter, true),
        Node::Generic(_) => (TokenKind::Generic, true),
        Node::Let(_) => (TokenKind::Variable, true),
        Node::Because(_) | Node::Modifier(_) => of_modifier(parent),
        Node::PredictsAt(_) => (TokenKind::Moment, false),
        Node::Retrain(_) => (TokenKind::Function, false),
        Node::Arg(_) => (TokenKind::Parameter, false),
        Node::Expr(expr) => of_expr(&expr.kind),
        Node::Type(_) => (TokenKind::Member, true),
        _ => (TokenKind::Column, false),
    }
}

const fn of_item(kind: &ItemKind, at: usize) -> (TokenKind, bool) {
    match kind {
        ItemKind::Use(_) => (TokenKind::Type, false),
        ItemKind::Moments(_) => (TokenKind::Moment, true),
        ItemKind::Enum(_) if at > 0 => (TokenKind::Member, true),
        // behind the name of a stage stand those of its outputs
        ItemKind::Stage(_) | ItemKind::Source(_) | ItemKind::Sink(_) if at > 0 => (TokenKind::Column, true),
        ItemKind::Stage(_) | ItemKind::Source(_) | ItemKind::Sink(_) | ItemKind::Policy(_) | ItemKind::Pipeline(_) => {
            (TokenKind::Function, true)
        }
        ItemKind::Const(_) | ItemKind::Secret(_) | ItemKind::Env(_) => (TokenKind::Variable, true),
        _ => (TokenKind::Type, true),
    }
}

const fn of_modifier(node: Node<'_>) -> (TokenKind, bool) {
    use mlp_syntax::tree::ModifierKind;
    match node {
        Node::Modifier(modifier) => match modifier.kind {
            ModifierKind::Unit(_) => (TokenKind::Unit, false),
            ModifierKind::KnownAt(_) => (TokenKind::Moment, false),
            ModifierKind::Tag(_) => (TokenKind::Tag, false),
            _ => (TokenKind::Column, false),
        },
        _ => (TokenKind::Tag, false),
    }
}

const fn of_expr(kind: &ExprKind) -> (TokenKind, bool) {
    match kind {
        ExprKind::Field(..) | ExprKind::Column(_) => (TokenKind::Column, false),
        ExprKind::Tag(_) => (TokenKind::Tag, false),
        ExprKind::Comprehension { .. } => (TokenKind::Variable, true),
        _ => (TokenKind::Variable, false),
    }
}
