//! A package under edits says what a fresh check of the same texts says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says what it leaves out"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use mlp_diagnostics::Diagnostic;
use mlp_generate::{lines, words};
use mlp_plan::{Column, DataType};
use mlp_ports::{SqlChecker, SqlColumn, SqlFault, SqlInput};
use mlp_source::FileId;
use mlp_workspace::{Package, in_memory};
use proptest::prelude::*;

/// A stand-in for the SQL engine: a text gives the columns that it names of the first table.
#[derive(Clone, Copy)]
struct Words;

impl SqlChecker for Words {
    fn check(&self, sql: &str, inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        let input = inputs.first().ok_or_else(|| SqlFault { message: "no table".to_owned(), at: None, help: None })?;
        let named =
            |column: &&Column| sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == column.name);
        let one = |column: &Column| SqlColumn {
            name: column.name.clone(),
            data: column.value.data.clone(),
            nullable: column.value.nullable && column.value.data != DataType::Bool,
            passes: Some((input.name.to_owned(), column.name.clone())),
            values: vec![(input.name.to_owned(), column.name.clone())],
            conditions: Vec::new(),
        };
        Ok(input.columns.iter().filter(named).map(one).collect())
    }
}

type Texts = BTreeMap<String, String>;

/// In the order in which a package on disk is read.
fn ordered(texts: &Texts) -> Vec<(&str, &str)> {
    let mut all: Vec<(&str, &str)> = texts.iter().map(|(module, text)| (module.as_str(), text.as_str())).collect();
    all.sort_by_key(|(module, _)| PathBuf::from(format!("{}.mlp", module.replace('.', "/"))));
    all
}

/// Diagnostics and edges in words, places by the name of their file.
fn shown(found: &[Diagnostic], edges: &[String], name: &dyn Fn(FileId) -> String) -> Vec<String> {
    let place = |text: String| {
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("FileId(") {
            let (number, behind) = rest[at + 7..].split_once(')').unwrap();
            out.push_str(&rest[..at]);
            out.push_str(&name(FileId(number.parse().unwrap())));
            rest = behind;
        }
        out + rest
    };
    let mut shown: Vec<String> = found.iter().map(|found| place(format!("{found:?}"))).collect();
    shown.extend(edges.iter().cloned().map(place));
    shown.sort_unstable();
    shown
}

fn edge(edge: &mlp_analysis::edges::Compared) -> String {
    let explained = mlp_analysis::edges::explained(std::slice::from_ref(edge));
    let rules: Vec<_> = explained.iter().map(|edge| (&edge.what, &edge.from, &edge.to, &edge.rules)).collect();
    format!("{:?} {rules:?}", edge.span)
}

fn fresh(texts: &Texts) -> Vec<String> {
    let loaded = in_memory(&ordered(texts));
    let checked = mlp_analysis::check(&loaded.program, &Words, &loaded.files);
    let edges: Vec<String> = checked.edges.iter().map(edge).collect();
    let name =
        |file| loaded.program.modules.iter().find(|module| module.file == file).map(|module| module.path.clone());
    shown(&loaded.all(checked.diagnostics()), &edges, &|file| name(file).unwrap_or_default())
}

fn live(package: &Package) -> Vec<String> {
    let edges: Vec<String> = package.edges().iter().map(edge).collect();
    let name = |file| package.document(file).map(|document| document.module.clone());
    shown(&package.diagnostics(), &edges, &|file| name(file).unwrap_or_default())
}

fn open(texts: &Texts) -> Package {
    Package::open(in_memory(&ordered(texts)), Arc::new(Words))
}

/// The plan, without the folder in which files are that were added.
fn planned(package: &mut Package) -> Option<String> {
    package.plan().map(|plan| plan.to_json().unwrap().replace("\"src/", "\""))
}

fn document(package: &Package, module: &str) -> FileId {
    package.documents().find(|document| document.module == module).unwrap().id
}

/// The packages to begin with: examples of the repository.
static PACKAGES: LazyLock<Vec<Texts>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("examples")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let inside: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.extend(inside.iter().filter(|path| path.is_dir()).cloned());
        if folder.join("mlp.toml").is_file() {
            let src = folder.join("src");
            let texts = mlp_workspace::sources(&src).unwrap().into_iter().map(|path| {
                let module = path.strip_prefix(&src).unwrap().with_extension("");
                let module: Vec<_> = module.iter().map(|part| part.to_string_lossy().into_owned()).collect();
                (module.join("."), std::fs::read_to_string(&path).unwrap())
            });
            found.push(texts.collect());
        }
    }
    let mut alone = vec![root.join("compiler/syntax/tests/fixtures")];
    let conformance = root.join("../shared/conformance/check");
    if conformance.is_dir() {
        alone.push(conformance);
    } else {
        println!("skipped: {} is absent", conformance.display());
    }
    for path in alone.iter().flat_map(|folder| mlp_workspace::sources(folder).unwrap()) {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        found.push(Texts::from([(module, std::fs::read_to_string(&path).unwrap())]));
    }
    let scattered: Vec<Texts> = found.iter().map(scattered).collect();
    found.extend(scattered);
    found
});

/// The same declarations in several modules that import each other.
fn scattered(texts: &Texts) -> Texts {
    let mut made: Vec<(String, Vec<String>, String)> =
        ["a", "b", "c.d"].map(|module| (module.to_owned(), Vec::new(), String::new())).into();
    for (index, part) in
        texts.values().flat_map(|text| mlp_syntax::split(text).into_iter().map(|range| &text[range])).enumerate()
    {
        let (_, names, text) = &mut made[index % 3];
        let code = part.lines().find(|line| !line.is_empty() && !line.starts_with("//")).unwrap_or_default();
        let mut words = words(code).into_iter().map(|range| &code[range]);
        let keyword = words.next().unwrap_or_default();
        if !matches!(keyword, "use" | "moments" | "test") {
            names.extend(words.next().map(str::to_owned));
        }
        text.push_str(part);
        text.push('\n');
    }
    let import = |module: &str, text: &str| {
        let others = made.iter().filter(|(other, ..)| other != module);
        let lines = others.map(|(other, names, _)| {
            let used: Vec<&str> = names
                .iter()
                .map(String::as_str)
                .filter(|name| words(text).into_iter().any(|range| text[range] == **name))
                .collect();
            if used.is_empty() { String::new() } else { format!("use {other}.{{{}}}\n", used.join(", ")) }
        });
        lines.collect::<String>()
    };
    made.iter().map(|(module, _, text)| (module.clone(), import(module, text) + text)).collect()
}

/// What people do to a text.
#[derive(Clone, Debug)]
enum Deed {
    /// Puts a text in the place of some bytes.
    Put(prop::sample::Index, usize, &'static str),
    /// Takes a word and puts another of the package in its place.
    Swap(prop::sample::Index, prop::sample::Index),
    /// Writes a line twice.
    Twice(prop::sample::Index),
    /// Deletes some lines.
    Cut(prop::sample::Index, usize),
    /// Moves a declaration to another place.
    Move(prop::sample::Index, prop::sample::Index),
    /// Takes the last edit back.
    Undo,
    /// Adds a file.
    Add(&'static str, &'static str),
    /// Removes a file.
    Remove,
}

fn deed() -> impl Strategy<Value = Deed> {
    let index = any::<prop::sample::Index>;
    let put = prop::sample::select(vec![
        "",
        "x",
        " ",
        "\n",
        "{",
        "}",
        "(",
        ")",
        "\"",
        "\"\"\"",
        "//",
        "/*",
        "*/",
        "?",
        "@pii ",
        " key",
        ":",
        "=",
        "1",
        "é",
        "\ncontract B { id: int64 key }\n",
        "\ntype A = int32 in 0..9\n",
        "\nuse std.split.{by_time}\n",
        "\nconst n: int = 3\n",
        "\nmoments early < late\n",
        "\nenv default { python = \"3.11\" }\n",
        "/// docs\n",
        "\n<<<<<<< ours\n",
        "\n=======\n",
        "\n>>>>>>> theirs\n",
        "\ncontract L { id: int64 key, references B(id) from (id) }\n",
    ]);
    prop_oneof![
        6 => (index(), prop_oneof![Just(0_usize), 0_usize..4, 0_usize..60], put).prop_map(|(at, length, put)| Deed::Put(at, length, put)),
        6 => (index(), index()).prop_map(|(one, two)| Deed::Swap(one, two)),
        2 => index().prop_map(Deed::Twice),
        2 => (index(), 1_usize..4).prop_map(|(at, lines)| Deed::Cut(at, lines)),
        2 => (index(), index()).prop_map(|(one, two)| Deed::Move(one, two)),
        4 => Just(Deed::Undo),
        1 => prop::sample::select(vec![
            ("extra", "contract B { id: int64 key }\n"),
            ("extra.deep", "use extra.{B}\ncontract D = B with { d: int32 }\n"),
            ("_a", "env default { python = \"3.10\" }\npipeline nightly {}\n"),
        ]).prop_map(|(module, text)| Deed::Add(module, text)),
        1 => Just(Deed::Remove),
    ]
}

type Edits = Vec<(std::ops::Range<usize>, String)>;

/// The edits of a deed, each of the text that the one before has left.
fn edits(texts: &Texts, module: &str, deed: &Deed) -> Edits {
    let text = &texts[module];
    match deed {
        Deed::Put(at, length, put) => {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            vec![(start..end, (*put).to_owned())]
        }
        Deed::Swap(one, two) => {
            let all: Vec<String> =
                texts.values().flat_map(|text| words(text).into_iter().map(|range| text[range].to_owned())).collect();
            let own = words(text);
            if own.is_empty() {
                return Vec::new();
            }
            vec![(one.get(&own).clone(), two.get(&all).clone())]
        }
        Deed::Twice(at) | Deed::Cut(at, _) if !text.is_empty() => {
            let all = lines(text);
            let first = at.index(all.len());
            match deed {
                Deed::Cut(_, count) => {
                    vec![(all[first].start..all[(first + count - 1).min(all.len() - 1)].end, String::new())]
                }
                _ => vec![(all[first].end..all[first].end, text[all[first].clone()].to_owned())],
            }
        }
        Deed::Move(one, two) => {
            let parts = mlp_syntax::split(text);
            let from = one.get(&parts).clone();
            let moved = text[from.clone()].to_owned();
            let left = format!("{}{}", &text[..from.start], &text[from.end..]);
            let to = two.get(&mlp_syntax::split(&left)).start;
            vec![(from, String::new()), (to..to, moved)]
        }
        _ => Vec::new(),
    }
}

fn same(package: &Package, texts: &Texts, after: &dyn std::fmt::Debug) -> Result<(), TestCaseError> {
    let (live, fresh) = (live(package), fresh(texts));
    let more: Vec<_> = live.iter().filter(|one| !fresh.contains(one)).take(2).collect();
    let less: Vec<_> = fresh.iter().filter(|one| !live.contains(one)).take(2).collect();
    prop_assert!(live == fresh, "after {:?}\nonly live: {:#?}\nonly fresh: {:#?}", after, more, less);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_say_what_a_fresh_check_says(
        which in any::<prop::sample::Index>(),
        deeds in prop::collection::vec((any::<prop::sample::Index>(), deed()), 1..12),
    ) {
        let mut texts = which.get(&PACKAGES).clone();
        let mut package = open(&texts);
        same(&package, &texts, &"opening")?;
        let mut done: Vec<(String, Edits)> = Vec::new();
        for (at, deed) in &deeds {
            let modules: Vec<String> = texts.keys().cloned().collect();
            let (module, changes) = match deed {
                Deed::Add(module, text) => {
                    let root = package.root.join("src");
                    package.add(&root.join(format!("{}.mlp", module.replace('.', "/"))), text);
                    texts.insert((*module).to_owned(), (*text).to_owned());
                    done.clear();
                    ((*module).to_owned(), Vec::new())
                }
                Deed::Remove if modules.len() > 1 => {
                    let module = at.get(&modules).clone();
                    package.remove(document(&package, &module));
                    texts.remove(&module);
                    done.clear();
                    (module, Vec::new())
                }
                Deed::Undo if !done.is_empty() => done.pop().unwrap(),
                deed => {
                    let module = at.get(&modules).clone();
                    let changes = edits(&texts, &module, deed);
                    (module, changes)
                }
            };
            if !changes.is_empty() {
                let id = document(&package, &module);
                let text = texts.get_mut(&module).unwrap();
                let mut back = Vec::new();
                for (range, with) in &changes {
                    back.push((range.start..range.start + with.len(), text[range.clone()].to_owned()));
                    text.replace_range(range.clone(), with);
                }
                back.reverse();
                if !matches!(deed, Deed::Undo) {
                    done.push((module.clone(), back));
                }
                let borrowed: Vec<_> = changes.iter().map(|(range, with)| (range.clone(), with.as_str())).collect();
                package.edit(id, &borrowed);
                prop_assert_eq!(&package.document(id).unwrap().text(), &texts[&module]);
            }
            same(&package, &texts, deed)?;
            let names = |package: &Package, offset: u32| {
                let id = document(package, &module);
                let symbol = package.symbol_at(id, offset).map(|found| found.symbol);
                let places = symbol.map(|symbol| package.occurrences(&symbol)).unwrap_or_default();
                let named = |file| package.document(file).map(|document| document.module.clone());
                places.into_iter().map(|place| (named(place.file), place.start, place.end)).collect::<Vec<_>>()
            };
            if let Some(text) = texts.get(&module) {
                let offset = u32::try_from(at.index(text.len() + 1)).unwrap();
                prop_assert_eq!(names(&package, offset), names(&open(&texts), offset));
            }
        }
        prop_assert_eq!(planned(&mut package), planned(&mut open(&texts)));
    }
}

fn texts(modules: &[(&str, &str)]) -> Texts {
    modules.iter().map(|(module, text)| ((*module).to_owned(), (*text).to_owned())).collect()
}

/// Puts a text in the place of the only `from` in a module.
fn change(package: &mut Package, module: &str, from: &str, to: &str) {
    let id = document(package, module);
    let text = package.document(id).unwrap().text();
    let start = text.find(from).unwrap();
    package.edit(id, &[(start..start + from.len(), to)]);
}

fn messages(package: &Package) -> Vec<String> {
    package.diagnostics().into_iter().map(|found| found.message).collect()
}

#[test]
fn a_break_is_shown_in_another_open_file_and_goes_again() {
    let mut package = open(&texts(&[
        ("a", "contract A { id: int64 }\nsource all() -> Table<A> { from = csv(\"a.csv\") }\n"),
        (
            "b",
            "use a.{A, all}\ncontract B { id: int64 }\nsink put(rows: Table<B>) { to = csv(\"b.csv\") }\npipeline p {\n  put(all())\n}\n",
        ),
    ]));
    assert_eq!(messages(&package), Vec::<String>::new());
    change(&mut package, "a", "id: int64", "id: string");
    let found = package.diagnostics();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].primary.file, document(&package, "b"));
    change(&mut package, "a", "id: string", "id: int64");
    assert_eq!(messages(&package), Vec::<String>::new());
}

#[test]
fn contracts_may_refer_to_each_other_in_a_circle() {
    let all = texts(&[(
        "a",
        "contract A {\n  id: int64 key\n  b: int64\n  references B(id) from (b)\n}\n\
         contract B {\n  id: int64 key\n  a: int64\n  references A(id) from (a)\n  references C(id) from (a)\n}\n\
         contract C = A without { b }\n",
    )]);
    let mut package = open(&all);
    assert_eq!(messages(&package), Vec::<String>::new());
    change(&mut package, "a", "references A(id)", "references A(ix)");
    assert_eq!(messages(&package), ["contract `A` has no `ix`"]);
}

#[test]
fn what_was_worked_out_can_be_asked_for() {
    let mut package = open(&texts(&[("a", "contract A { id: int64 }\ncontract B = A with { x: float64 }\n")]));
    let columns = |package: &mut Package| {
        let id = package.program().of_kind(mlp_analysis::Kind::Contract).nth(1).unwrap();
        let contract = package.ask(|checker| checker.contract_of(id));
        contract.face.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(columns(&mut package), ["id", "x"]);
    change(&mut package, "a", "id: int64", "key: int64");
    assert_eq!(columns(&mut package), ["key", "x"]);
}

#[test]
fn a_text_may_be_replaced_as_a_whole() {
    let mut all = texts(&[("a", "contract A { é: int64 }\ntype T = int32\n")]);
    let mut package = open(&all);
    for text in ["contract A { è: int64 }\ntype T = int32\n", "", "type T = int64\n", "type T = int64\n\n// é"] {
        let id = document(&package, "a");
        package.replace(id, text);
        all.insert("a".to_owned(), text.to_owned());
        assert_eq!(package.document(id).unwrap().text(), text);
        assert_eq!(live(&package), fresh(&all));
    }
}

#[test]
fn places_are_those_of_the_whole_text() {
    let text = "// é\ntype A = int32\n\n/// é\ntype B = int32\r\n// end";
    let mut package = open(&texts(&[("a", text)]));
    let id = document(&package, "a");
    package.prepare(id);
    let document = package.document(id).unwrap();
    let sources = {
        let mut sources = mlp_source::SourceMap::new();
        sources.add("a.mlp", text);
        sources
    };
    let source = sources.get(FileId(0)).unwrap();
    for offset in (0..=text.len()).filter(|offset| text.is_char_boundary(*offset)) {
        let offset = u32::try_from(offset).unwrap();
        assert_eq!(document.position(offset), source.position(offset), "{offset}");
        assert_eq!(package.outside(document.inside(offset)), mlp_source::Span::at(id, offset));
    }
    let lines: Vec<String> = (0..).map_while(|line| document.line(line)).map(|(_, text)| text).collect();
    assert_eq!(lines, ["// é", "type A = int32", "", "/// é", "type B = int32", "// end"]);
    for line in 0..6 {
        let start = u32::try_from(source.line_range(line as usize).unwrap().start).unwrap();
        assert_eq!(document.line(line).unwrap().0, start);
    }
}

#[test]
fn files_that_stages_name_are_followed_too() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("src")).unwrap();
    std::fs::write(root.join("mlp.toml"), "[package]\nname = \"p\"\nversion = \"1.0.0\"\nlanguage = 1\n").unwrap();
    let text = "contract A { id: int64 }\nstage f(rows: Table<A>) -> Table<A> { run = python(\"work:clean\") }\n";
    std::fs::write(root.join("src/a.mlp"), text).unwrap();
    let fetching = mlp_workspace::Fetching { offline: true, locked: true, note: &|_| {} };
    let mut package = Package::open(mlp_workspace::load(root, fetching).unwrap(), Arc::new(Words));
    assert_eq!(messages(&package), ["there is no Python module `work` in the package"]);
    package.lay(&root.join("work.py"), Some("def clean(rows): ..\n"));
    assert_eq!(messages(&package), Vec::<String>::new());
    package.lay(&root.join("./work.py"), Some("def clear(rows): ..\n"));
    assert_eq!(messages(&package), ["the Python module `work` has no function `clean`"]);
    std::fs::write(root.join("work.py"), "clean = 1\n").unwrap();
    package.lay(&root.join("work.py"), None);
    assert_eq!(messages(&package), Vec::<String>::new());

    let other = root.join("src/b.mlp");
    let id = package.add(&other, "use a.{B}\n").unwrap();
    assert_eq!(messages(&package), ["module `a` declares no `B`"]);
    assert_eq!(package.document_at(&other).map(|document| document.id), Some(id));
    assert!(package.add(&root.join("elsewhere.mlp"), "").is_none());
    package.remove(id);
    assert_eq!(messages(&package), Vec::<String>::new());
}

#[test]
fn the_plan_is_that_of_the_texts_as_they_are_now() {
    let text = "contract A { id: int64 }\nsource all() -> Table<A> { from = csv(\"a.csv\") }\nsink put(rows: Table<A>) { to = csv(\"b.csv\") }\npipeline p {\n  put(all())\n}\n";
    let all = texts(&[("a", text)]);
    let mut package = open(&all);
    let loaded = in_memory(&ordered(&all));
    let mut checked = mlp_analysis::check(&loaded.program, &Words, &loaded.files);
    let plan = package.plan().unwrap();
    let context = mlp_lower::Context {
        places: &loaded,
        package: plan.package.clone(),
        target: plan.target.clone(),
        files: &loaded.files,
    };
    assert_eq!(plan, mlp_lower::lower(&mut checked, &context));
    change(&mut package, "a", "put(all())", "\n\n  put(every())");
    assert!(package.plan().is_none(), "there is no `every`");
    change(&mut package, "a", "put(every())", "put(all())");
    let edited = package.plan().unwrap();
    assert_eq!((edited.pipelines["p"].nodes[1].call.line, plan.pipelines["p"].nodes[1].call.line), (7, 5));
}
