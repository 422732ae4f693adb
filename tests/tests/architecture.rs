//! The house is as `docs/architecture.md` and `docs/dependencies.md` draw it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{Metadata, MetadataCommand, Package};
use mlp_tests::root;

/// Lines that a hand-written file may have at most.
const LONGEST: usize = 800;

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `mlp-plan` is `plan` in the picture.
fn room(package: &str) -> &str {
    package.strip_prefix("mlp-").unwrap_or(package)
}

/// The rows `| room | what lives there | room, room |` of the picture.
fn picture() -> BTreeMap<String, BTreeSet<String>> {
    let text = read("docs/architecture.md");
    let (_, rows) = text.split_once("<!-- rooms -->").expect("the picture begins with <!-- rooms -->");
    let (rows, _) = rows.split_once("<!-- /rooms -->").expect("and ends with <!-- /rooms -->");
    let mut rooms = BTreeMap::new();
    for row in rows.lines().filter(|row| row.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let path = cells[0].trim_matches('`').trim_end_matches('/');
        let name = path.rsplit('/').next().unwrap().to_owned();
        let arrows =
            cells[2].split(',').map(|arrow| arrow.trim().to_owned()).filter(|arrow| arrow != "nothing").collect();
        assert!(rooms.insert(name, arrows).is_none(), "{path} stands twice in the picture");
    }
    rooms
}

/// Names of the workspace's crates on which a crate depends, tests included.
fn arrows(package: &Package, own: &BTreeSet<String>) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .map(|dependency| dependency.name.clone())
        .filter(|name| own.contains(name))
        .map(|name| room(&name).to_owned())
        .collect()
}

#[test]
fn the_arrows_are_those_of_the_picture() {
    let metadata = metadata();
    let own: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let picture = picture();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = room(&package.name);
        let Some(allowed) = picture.get(name) else {
            wrong.push(format!("`{name}` is not in docs/architecture.md"));
            continue;
        };
        let real = arrows(package, &own);
        wrong.extend(
            real.difference(allowed)
                .map(|arrow| format!("`{name}` depends on `{arrow}`, which docs/architecture.md does not show")),
        );
        wrong.extend(
            allowed
                .difference(&real)
                .map(|arrow| format!("docs/architecture.md lets `{name}` depend on `{arrow}`, and it does not")),
        );
    }
    let rooms: BTreeSet<&str> = own.iter().map(|name| room(name)).collect();
    for (name, arrows) in &picture {
        for unknown in std::iter::once(name).chain(arrows).filter(|name| !rooms.contains(name.as_str())) {
            wrong.push(format!("docs/architecture.md shows `{unknown}`, and there is no such crate"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_picture_has_no_circle() {
    let mut rooms = picture();
    while !rooms.is_empty() {
        let free: Vec<String> =
            rooms.iter().filter(|(_, arrows)| arrows.is_empty()).map(|(name, _)| name.clone()).collect();
        assert!(!free.is_empty(), "these rooms need each other: {:?}", rooms.keys().collect::<Vec<_>>());
        rooms.retain(|name, _| !free.contains(name));
        rooms.values_mut().for_each(|arrows| arrows.retain(|arrow| !free.contains(arrow)));
    }
}

#[test]
fn the_rim_stays_at_the_rim() {
    let only: &[(&str, &str)] = &[
        ("datafusion", "mlp-sql"),
        ("object_store", "mlp-store"),
        ("rusqlite", "mlp-store"),
        ("pest", "mlp-syntax"),
        ("miette", "mlp-diagnostics"),
    ];
    // a list of features is not a use
    for package in metadata().packages.into_iter().filter(|package| package.name.as_str() != "mlp-features") {
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind == cargo_metadata::DependencyKind::Normal)
        {
            for (heavy, owner) in only {
                // the parser of Protobuf says in its terms where an error stands
                let places = package.name.as_str() == "mlp-formats" && *heavy == "miette";
                assert!(
                    dependency.name != "tokio" || ["mlp-sql", "mlp-store"].contains(&package.name.as_str()),
                    "{} depends on tokio",
                    package.name
                );
                assert!(
                    dependency.name != *heavy || package.name.as_str() == *owner || places,
                    "{} depends on {heavy}",
                    package.name
                );
            }
        }
    }
}

#[test]
fn every_dependency_has_its_line() {
    let metadata = metadata();
    let own: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let text = read("docs/dependencies.md");
    let sections: BTreeMap<&str, &str> = text
        .split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .map(|(head, body)| (head.trim(), body))
        .collect();
    let mut missing = Vec::new();
    // a list of features is not a use: the crates that use these have the lines
    for package in metadata.packages.iter().filter(|package| package.name.as_str() != "mlp-features") {
        let body = sections.get(package.name.as_str()).copied().unwrap_or_default();
        for dependency in package.dependencies.iter().filter(|dependency| !own.contains(&dependency.name)) {
            if !body.contains(&format!("- **{}** — ", dependency.name)) {
                missing.push(format!("{} has no line under `## {}`", dependency.name, package.name));
            }
        }
        for line in body.lines().filter_map(|line| line.strip_prefix("- **")) {
            let name = line.split("**").next().unwrap_or_default();
            if !package.dependencies.iter().any(|dependency| dependency.name == name) {
                missing.push(format!("`## {}` explains {name}, which it does not use", package.name));
            }
        }
    }
    assert!(missing.is_empty(), "docs/dependencies.md:\n{}", missing.join("\n"));
}

/// Hand-written Rust files of the repository.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["compiler", "backends", "stdlib", "editors", "playground", "tests", "xtask", "fuzz"]
            .map(|folder| root().join(folder))
            .into();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let hidden =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.') || name == "target");
            if path.is_dir() && !hidden {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 50, "too few files were found for this to be the project");
    found
}

#[test]
fn no_file_is_a_monolith() {
    let long: Vec<String> = sources()
        .iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(path).unwrap().lines().count();
            (lines > LONGEST).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_crate_says_what_lives_there() {
    let mut wrong = Vec::new();
    for package in metadata().packages {
        let root_file = package.targets.iter().find(|target| target.is_lib() || target.is_bin()).unwrap();
        let text = fs::read_to_string(&root_file.src_path).unwrap();
        let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let without_code = package.name.as_str() == "mlp-features";
        let whole = ["**Lives here:**", "**Does not:**", "Invariants"]
            .iter()
            .all(|part| head.contains(part) || (without_code && *part == "Invariants"));
        if !whole {
            wrong.push(format!(
                "{} does not open with what lives here, what does not, and its invariants",
                root_file.src_path
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_keeps_the_lints_of_the_house() {
    for package in metadata().packages {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.manifest_path);
    }
}
