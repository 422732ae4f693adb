//! `tests/mistakes`: mistakes that real teams make. Each is a program that is refused where its mark says, and a twin in which nothing is found.
//! `docs/mistakes.md` is made of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fmt::Write as _, fs, path::Path};

use mlp_tests::{
    marks::{Finding, found, marked},
    page_holds, root,
};

/// A mistake, and what is found in it.
struct Mistake {
    file: String,
    what: String,
    source: String,
    mended: String,
    found: Vec<(Finding, String)>,
}

/// The rest of the first line that begins with `//! NAME: `.
fn header(text: &str, name: &str) -> String {
    let start = format!("//! {name}: ");
    text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
}

/// Checks a program in a folder of its own; answers what is found, and what was expected.
fn checked(folder: &Path, file: &str) -> (String, Vec<Finding>, Vec<(Finding, String)>) {
    let source = fs::read_to_string(root().join("tests/mistakes").join(file)).unwrap();
    let (text, expected) = marked(file, &source);
    let copy = folder.join(file);
    fs::write(&copy, text).unwrap();
    (source, expected, found(&copy))
}

/// All of them, in order; what is not as the marks say is added to `wrong`.
fn mistakes(wrong: &mut Vec<String>) -> Vec<Mistake> {
    let folder = tempfile::tempdir().unwrap();
    let names = fs::read_dir(root().join("tests/mistakes")).unwrap();
    let mut files: Vec<String> = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    let mut mistakes = Vec::new();
    for file in files.iter().filter(|file| file.ends_with(".mlp") && !file.ends_with(".ok.mlp")) {
        let (source, expected, found) = checked(folder.path(), file);
        let got: Vec<Finding> = found.iter().map(|(finding, _)| finding.clone()).collect();
        if expected.is_empty() || got != expected {
            wrong.push(format!("{file}: expected {expected:?}, found {got:?}"));
        }
        let twin = file.replace(".mlp", ".ok.mlp");
        let (mended, marks, nothing) = checked(folder.path(), &twin);
        if !marks.is_empty() || !nothing.is_empty() {
            wrong.push(format!("{twin}: found {nothing:?}"));
        }
        mistakes.push(Mistake {
            file: file.clone(),
            what: header(&source, "Mistake"),
            source: header(&source, "Source"),
            mended: header(&mended, "Mended"),
            found,
        });
    }
    let twins = files.iter().filter(|file| file.ends_with(".ok.mlp")).count();
    assert_eq!(twins, mistakes.len(), "each twin has its mistake");
    mistakes
}

fn page(mistakes: &[Mistake]) -> String {
    let mut text = format!(
        "# Mistakes that are found before anything runs\n\n\
         {} mistakes that teams make, with where they are described, and what `mlp check` says. Each is a small program; its mended twin passes without a\n\
         word. This page is made of `tests/mistakes`, and a test keeps it so: `cargo test --release -p mlp-tests --test mistakes`.\n\
         What Kubeflow Pipelines, dbt and Airflow say of twenty of them: [mistakes_others.md](mistakes_others.md).\n",
        mistakes.len()
    );
    let families = [
        ('1', "Syntax"),
        ('2', "Names"),
        ('3', "Contracts and schemas"),
        ('4', "Stages, SQL and schedules"),
        ('5', "Leakage, tags and serving"),
        ('6', "Gates"),
        ('7', "Rollouts, alerts and retraining"),
    ];
    for (digit, family) in families {
        let _ = write!(
            text,
            "\n## {family}\n\n| mistake | described in | what `mlp check` says | mended |\n|---|---|---|---|\n"
        );
        for mistake in mistakes.iter().filter(|mistake| mistake.file.starts_with(digit)) {
            let Mistake { file, what, source, mended, found } = mistake;
            let says: Vec<String> = found
                .iter()
                .map(|(finding, message)| format!("**{}** {}", finding.code, message.replace('|', "\\|")))
                .collect();
            let twin = file.replace(".mlp", ".ok.mlp");
            let _ = writeln!(
                text,
                "| {what} [program](../tests/mistakes/{file}) | {source} | {} | {mended} [program](../tests/mistakes/{twin}) |",
                says.join("<br>")
            );
        }
    }
    text
}

/// What another tool said of the same mistake: made by `tests/mistakes/others/run.py`.
fn others(mistakes: &[Mistake]) -> String {
    let folder = root().join("tests/mistakes/others");
    let entries: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("others.json")).unwrap()).unwrap();
    let entries = entries.as_array().unwrap();
    let mut text = format!(
        "# The same mistakes in other tools\n\n\
         {} of the [mistakes](mistakes.md), written for Kubeflow Pipelines (kfp 2.17.3), dbt (dbt-core 1.11.16 on DuckDB) and Airflow (3.3.2) as their users\n\
         would, and what the tool said when it was run. Each program is in [tests/mistakes/others](../tests/mistakes/others); `run.py` there runs all of them\n\
         again, and says where a tool now says something else. This page is made of what it wrote.\n\n\
         | mistake | tool | found by it |\n|---|---|---|\n",
        entries.len()
    );
    let mut details = String::new();
    for entry in entries {
        let [name, tool, found] = ["mistake", "tool", "found"].map(|key| entry[key].as_str().unwrap());
        let ours = mistakes.iter().find(|mistake| mistake.file == format!("{name}.mlp")).unwrap();
        let said = fs::read_to_string(folder.join(name).join("said.txt")).unwrap();
        let anchor = format!("{}-{tool}", name.replace('_', "-"));
        let _ = writeln!(text, "| [{}](#{anchor}) | {tool} | {found} |", ours.what.trim_end_matches('.'));
        let _ = write!(
            details,
            "\n## {}: {tool}\n\n{}\n\n`mlp check`, before anything runs:\n\n",
            name.replace('_', "-"),
            ours.what
        );
        for (finding, message) in &ours.found {
            let _ = writeln!(details, "- line {}: **{}** {message}", finding.line, finding.code);
        }
        let _ = write!(details, "\n{tool}:\n\n```text\n{}\n```\n\nFound: {found}.\n", said.trim_end());
    }
    text + &details
}

#[test]
fn each_mistake_is_found_and_its_twin_is_not() {
    let mut wrong = Vec::new();
    let mistakes = mistakes(&mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mistakes.len() >= 120, "only {} mistakes", mistakes.len());
    for mistake in &mistakes {
        let told = [&mistake.what, &mistake.source, &mistake.mended];
        assert!(told.iter().all(|text| text.ends_with('.')), "{}: what, where from and how mended", mistake.file);
    }
    page_holds("docs/mistakes.md", &page(&mistakes), "mistakes");
    page_holds("docs/mistakes_others.md", &others(&mistakes), "mistakes");
}

/// The text with every name by which the world outside knows a declaration made the file's own, as one package asks for it.
fn renamed(text: &str, index: usize) -> String {
    let kinds = ["pipeline", "policy", "model", "deployment", "monitor"];
    let declared: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(' ').filter(|(kind, _)| kinds.contains(kind)))
        .filter_map(|(_, rest)| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
        .collect();
    let mut member = false;
    text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_')
        .map(|word| {
            let is_member = std::mem::replace(&mut member, word.ends_with('.'));
            let name = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
            let rest = word.strip_prefix(name).unwrap_or_default();
            let first_is_upper = name.chars().next().is_some_and(char::is_uppercase);
            let mark = if first_is_upper { "Of" } else { "_" };
            if declared.contains(&name) && !is_member { format!("{name}{mark}{index}{rest}") } else { word.to_owned() }
        })
        .collect()
}

#[test]
fn all_of_them_in_one_package_are_told_each_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("mlp.toml"), "[package]\nname = \"all\"\nlanguage = 1\n").unwrap();
    let mut expected = Vec::new();
    for (index, entry) in fs::read_dir(root().join("tests/mistakes")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".mlp") || name.ends_with(".ok.mlp") {
            continue;
        }
        let module = format!("m{name}");
        let (text, marks) = marked(&module, &fs::read_to_string(&path).unwrap());
        fs::write(folder.path().join("src").join(module), renamed(&text, index)).unwrap();
        expected.extend(marks);
    }
    expected.sort();
    let found: Vec<Finding> = found(folder.path()).into_iter().map(|(finding, _)| finding).collect();
    assert!(expected.len() >= 120, "{}", expected.len());
    assert_eq!(found, expected);
}
