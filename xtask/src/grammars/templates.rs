//! Grammars that are one file and read no other: `{{items}}` in the template becomes `use|moments|..`.

use super::{Output, ROLES, source};

/// A template, and what is made of it.
const TEMPLATES: [(&str, &str); 1] = [("textmate/mlp.tmLanguage.in.json", "textmate/mlp.tmLanguage.json")];

pub(super) fn outputs() -> Result<Vec<Output>, String> {
    TEMPLATES.iter().map(|(from, to)| Ok(Output { path: to.into(), text: filled(from, &source(from)?)? })).collect()
}

/// The text with the words in it; a place for which there is no role is an error.
pub(super) fn filled(path: &str, template: &str) -> Result<String, String> {
    let mut text = template.to_owned();
    for role in &ROLES {
        text = text.replace(&format!("{{{{{}}}}}", role.name), &role.words.join("|"));
    }
    match text.split_once("{{") {
        Some((_, rest)) => {
            let place = rest.split("}}").next().unwrap_or_default();
            Err(format!("editors/{path}: there is no role `{place}` in the table of words"))
        }
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn places_are_filled_and_unknown_ones_are_told() {
        assert_eq!(filled("x", "a|{{sizes}}").as_deref(), Ok("a|KiB|MiB|GiB|TiB"));
        assert!(filled("x", "{{colours}}").is_err_and(|message| message.contains("`colours`")));
    }
}
