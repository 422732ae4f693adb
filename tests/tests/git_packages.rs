//! Packages from git: fetched, pinned in `mlp.lock`, held to it; from real repositories.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use mlp_tests::{mlp, text};

const ORDER: &str = "contract Order {\n  id:     int64 key\n  amount: float64 unit EUR\n}\n";

const APP: &str = r#"use contracts.orders.{Order}

source orders() -> Table<Order> { from = parquet("orders.parquet") }
sink keep(rows: Table<Order>) { to = parquet("out.parquet") }
pipeline app { keep(orders()) }
"#;

/// A folder with a cache of its own, a repository and a package that uses it.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// A repository with the package `contracts` in the folder `contracts`, at the tag `v1`, and a package `app` with the dependencies that are given.
    fn new(dependencies: &str) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        let remote = world.at("remote");
        package(&remote.join("contracts"), "contracts", "", "orders", ORDER);
        git(&remote, &["init", "-q"]);
        commit(&remote, "one");
        git(&remote, &["tag", "v1"]);
        world.depend(dependencies);
        world
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The address of a repository of this world.
    fn url(&self, path: &str) -> String {
        format!("file://{}", self.at(path).display())
    }

    /// Gives the package `app` these dependencies; `REMOTE` is the repository's address.
    fn depend(&self, dependencies: &str) {
        let dependencies = dependencies.replace("REMOTE", &self.url("remote"));
        package(&self.at("app"), "app", &dependencies, "app", APP);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(mlp());
        command.args(args).current_dir(self.at("app"));
        command.env("XDG_CACHE_HOME", self.at("cache")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn fine(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.status.code(), Some(0), "mlp {args:?}: {}", text(&done));
        text(&done)
    }

    /// Refused with exit 2, at the line of the manifest that asks for it.
    fn refused(&self, args: &[&str], words: &[&str]) {
        let done = self.run(args);
        let said = unwrapped(&done);
        assert_eq!(done.status.code(), Some(2), "{said}");
        for word in ["mlp.toml:6: dependency `contracts`: "].iter().chain(words) {
            let word = word.replace("- ", "-");
            assert!(said.contains(&word), "{word} is not in {said}");
        }
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.at("app/mlp.lock")).unwrap()
    }

    /// The only folder of the cache that has this in its name.
    fn cached(&self, name: &str) -> PathBuf {
        let folders = fs::read_dir(self.at("cache/mlp/git")).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> = folders.filter(|path| path.display().to_string().contains(name)).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found.remove(0)
    }

    /// Changes the contract of the repository, and commits that.
    fn change(&self, from: &str, to: &str) {
        let path = self.at("remote/contracts/src/orders.mlp");
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(from));
        fs::write(&path, before.replace(from, to)).unwrap();
        commit(&self.at("remote"), "a change");
    }
}

/// What was said, without the line ends that make it fit; a hyphen may have one behind it.
fn unwrapped(done: &Output) -> String {
    text(done).replace("\n  │ ", " ").replace("- ", "-")
}

fn git(folder: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let mut command = Command::new("git");
    let done = command.arg("-C").arg(folder).args(identity).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null").output();
    let done = done.unwrap();
    assert!(done.status.success(), "git {args:?}: {}", text(&done));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", message]);
}

fn package(folder: &Path, name: &str, dependencies: &str, module: &str, program: &str) {
    fs::create_dir_all(folder.join("src")).unwrap();
    let table = if dependencies.is_empty() { String::new() } else { format!("\n[dependencies]\n{dependencies}\n") };
    fs::write(folder.join("mlp.toml"), format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n{table}")).unwrap();
    fs::write(folder.join("src").join(format!("{module}.mlp")), program).unwrap();
}

const MAIN: &str = r#"contracts = { git = "REMOTE", rev = "main", path = "contracts" }"#;

#[test]
fn a_package_is_pinned_and_a_branch_that_moves_changes_nothing_until_it_is_updated() {
    let world = World::new(MAIN);
    let said = world.fine(&["check"]);
    assert!(said.contains("note: fetching `contracts` from file://"), "{said}");
    assert!(said.contains("`mlp update contracts` takes a newer one"), "{said}");
    let first = git(&world.at("remote"), &["rev-parse", "HEAD"]);
    let lock = world.lock();
    for line in ["name = \"contracts\"", "rev = \"main\"", "path = \"contracts\"", &format!("commit = \"{first}\"")] {
        assert!(lock.contains(line), "{line} is not in {lock}");
    }
    world.change("amount: float64", "amount: int65");
    // neither the network nor the moved branch is asked: the repository is not even there
    fs::rename(world.at("remote"), world.at("away")).unwrap();
    assert_eq!(world.fine(&["check", "--locked"]), "");
    assert_eq!(world.fine(&["check", "--offline"]), "");
    assert_eq!(world.lock(), lock);
    fs::rename(world.at("away"), world.at("remote")).unwrap();

    let second = git(&world.at("remote"), &["rev-parse", "HEAD"]);
    let moved = format!("contracts: {first:.12} -> {second:.12} (main)");
    assert!(world.fine(&["update", "contracts"]).contains(&moved));
    assert!(world.fine(&["update"]).contains(&format!("contracts: {second:.12} (main), as before")));
    assert!(world.lock().contains(&second));
    // a diagnostic is at a file that can be opened
    let done = world.run(&["check", "--format", "short"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done));
    let file = world.cached(&format!("contracts-{second:.12}")).join("src/orders.mlp");
    assert!(text(&done).contains(&format!("{}:3:11: error[MLP201]", file.display())), "{}", text(&done));
}

#[test]
fn every_way_to_name_a_revision() {
    let world = World::new(MAIN);
    let remote = world.at("remote");
    let first = git(&remote, &["rev-parse", "HEAD"]);
    git(&remote, &["tag", "-a", "-m", "annotated", "signed"]);
    world.change("float64", "float32");
    let second = git(&remote, &["rev-parse", "HEAD"]);
    let short = first.get(..9).unwrap();
    for (rev, commit) in [
        ("v1", &first),
        ("signed", &first),
        (&first, &first),
        (short, &first),
        ("main", &second),
        ("refs/heads/main", &second),
    ] {
        world.depend(&MAIN.replace("\"main\"", &format!("{rev:?}")));
        world.fine(&["check"]);
        assert!(world.lock().contains(&format!("commit = \"{commit}\"")), "{rev}: {}", world.lock());
    }
    world.depend(&MAIN.replace(", rev = \"main\"", ""));
    world.fine(&["check"]);
    assert!(world.lock().contains(&second), "the default branch: {}", world.lock());
    // a folder of this machine, from the manifest on
    world.depend(&MAIN.replace("REMOTE", "../remote"));
    world.fine(&["check"]);
    assert!(world.lock().contains("git = \"../remote\""), "{}", world.lock());
}

#[test]
fn a_cache_that_is_not_whole_or_was_changed_is_not_used() {
    let world = World::new(MAIN);
    world.fine(&["check"]);
    let cached = world.cached("contracts-");
    let file = cached.join("src/orders.mlp");
    for break_it in [
        &(|| fs::write(&file, "contract Order { id: int64 }\n").unwrap()) as &dyn Fn(),
        &|| fs::remove_file(&file).unwrap(),
        &|| fs::write(cached.join("src/more.mlp"), "").unwrap(),
    ] {
        break_it();
        let folder = cached.display().to_string();
        let folder = folder.rsplit('/').next().unwrap();
        world.refused(&["check"], &[folder, "is not what mlp.lock pins", "`mlp update contracts`"]);
        fs::remove_dir_all(&cached).unwrap();
        world.fine(&["check"]);
    }
    // what another pins is taken from git, not from what lies there
    fs::write(&file, "contract Order { id: int64 }\n").unwrap();
    let lock = world.lock();
    world.fine(&["update"]);
    assert_eq!(world.lock(), lock);
    assert_eq!(fs::read_to_string(&file).unwrap(), ORDER);
    // a lock that was changed is told, too
    let digest = lock.split("digest = \"").nth(1).unwrap().get(..64).unwrap();
    fs::write(world.at("app/mlp.lock"), lock.replace(digest, &"0".repeat(64))).unwrap();
    world.refused(&["check"], &["pinned 000000000000.."]);
    fs::write(world.at("app/mlp.lock"), format!("<<<<<<< ours\n{lock}")).unwrap();
    world.refused(&["check"], &["mlp.lock: ", "after a merge, take one side whole"]);
    // what a process left that was stopped half-way is no package
    fs::write(world.at("app/mlp.lock"), &lock).unwrap();
    fs::remove_dir_all(&cached).unwrap();
    fs::create_dir_all(world.at("cache/mlp/git/.new-x/package")).unwrap();
    fs::write(world.at("cache/mlp/git/.new-x/package/mlp.toml"), "").unwrap();
    world.fine(&["check"]);
}

#[test]
fn what_cannot_be_had_is_told_with_its_line_and_a_mend() {
    let world = World::new(MAIN);
    let with = |from: &str, to: &str| world.depend(&MAIN.replace(from, to));
    world.refused(&["check", "--offline"], &["mlp.lock does not pin it", "--offline"]);
    world.refused(&["check", "--locked"], &["--locked leaves mlp.lock as it is", "commit mlp.lock"]);
    assert!(!world.at("app/mlp.lock").exists());
    with("\"main\"", "\"v2\"");
    world.refused(&["check"], &["has no branch, tag or commit `v2`; there are main, v1"]);
    with("\"main\"", "\"0123456789012345678901234567890123456789\"");
    world.refused(&["check"], &["has no branch, tag or commit `0123456789"]);
    with("\"contracts\" }", "\"else\" }");
    world.refused(&["check"], &["has no mlp.toml in the folder `else` at ", "but in `contracts`: `path` says which"]);
    with(", path = \"contracts\"", "");
    world.refused(&["check"], &["has no mlp.toml in its top at "]);
    with("\"contracts\" }", "\"../contracts\" }");
    world.refused(&["check"], &["the path `../contracts` leads out of the repository"]);
    with("\"contracts\" }", "\"/contracts\" }");
    world.refused(&["check"], &["leads out of the repository"]);
    with("REMOTE", "REMOTE-not-there");
    world.refused(&["check"], &["cannot be fetched: git says: ", "does not appear to be a git repository"]);
    with("REMOTE", "https://me:s3cret@127.0.0.1:1/x");
    world.refused(&["check"], &["https://127.0.0.1:1/x cannot be fetched", "`git ls-remote` on it tells"]);
    let done = world.run(&["check"]);
    assert!(!text(&done).contains("s3cret"), "{}", text(&done));
    with("rev", "revision");
    let done = world.run(&["check"]);
    assert!(unwrapped(&done).contains("unknown field `revision`"), "{}", text(&done));
    world.depend(r#"contracts = { rev = "main", path = "../remote/contracts" }"#);
    world.refused(&["check"], &["has a `rev` without `git`"]);
    world.depend("contracts = {}");
    world.refused(&["check"], &["needs `path`, or `git`"]);
    with("main", "main");
    let mut alone = world.command(&["check"]);
    let done = alone.env("PATH", world.at("nothing")).output().unwrap();
    assert!(unwrapped(&done).contains("there is no `git` program on the PATH; install git"), "{}", text(&done));
    // pinned, but on this machine no more
    world.fine(&["check"]);
    fs::remove_dir_all(world.at("cache")).unwrap();
    world.refused(&["check", "--offline"], &["is not on this machine"]);
    let done = world.run(&["update", "contract"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(
        unwrapped(&done).contains("`contract` is no package from git of this one; those are contracts"),
        "{}",
        text(&done)
    );
}

#[test]
fn nothing_that_an_address_says_is_run() {
    let world = World::new(MAIN);
    let mark = world.at("run");
    let touch = format!("touch {}", mark.display());
    for address in [
        format!("ext::sh -c {}", touch.replace(' ', "% ")),
        format!("--upload-pack={touch}"),
        format!("ssh://-oProxyCommand={touch}/x"),
        format!("git@host:--upload-pack={touch}"),
        "git://127.0.0.1/x".to_owned(),
    ] {
        world.depend(&MAIN.replace("REMOTE", &address));
        world.refused(&["check"], &["write https://.., ssh://..,"]);
    }
    // nor what the user's own settings make of one
    let mut command = world.command(&["check"]);
    world.depend(MAIN);
    let settings = world.at("settings");
    fs::write(
        &settings,
        format!(
            "[url \"ext::sh -c {}% \"]\n  insteadOf = file://\n[protocol \"ext\"]\n  allow = always\n",
            touch.replace(' ', "% ")
        ),
    )
    .unwrap();
    let done = command.env("GIT_CONFIG_GLOBAL", &settings).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(unwrapped(&done).contains("transport 'ext' not allowed"), "{}", text(&done));
    assert!(!mark.exists());
}

#[test]
fn dependencies_of_dependencies_come_along_and_stay_in_their_repository() {
    let world = World::new(MAIN);
    // `team` has its types beside it in one repository, and contracts from another
    let team = world.at("team");
    let theirs = MAIN.replace("REMOTE", &world.url("remote"));
    let both = format!("{theirs}\ntypes = {{ path = \"../types\" }}");
    package(
        &team.join("sales"),
        "sales",
        &both,
        "sold",
        "use contracts.orders.{Order}\nuse types.money.{Money}\ncontract Sold = Order with { paid: Money }\n",
    );
    package(&team.join("types"), "types", "", "money", "type Money = float64 unit EUR\n");
    git(&team, &["init", "-q"]);
    commit(&team, "one");
    let sales = |git: &str| format!("sales = {{ git = \"{git}\", path = \"sales\" }}");
    world.depend(&sales(&world.url("team")));
    let program = "use sales.sold.{Sold}\nsource sold() -> Table<Sold> { from = parquet(\"sold.parquet\") }\nsink keep(rows: Table<Sold>) { to = parquet(\"out.parquet\") }\npipeline app { keep(sold()) }\n";
    let app = |world: &World| fs::write(world.at("app/src/app.mlp"), program).unwrap();
    app(&world);
    world.fine(&["check"]);
    let lock = world.lock();
    assert_eq!(lock.matches("[[package]]").count(), 3, "{lock}");
    let at = git(&team, &["rev-parse", "HEAD"]);
    assert_eq!(lock.matches(&at).count(), 2, "both packages of one repository are of one commit: {lock}");
    assert!(world.fine(&["check", "--offline", "--locked"]).is_empty());

    // a path that leads out of the repository, and a link that does
    let out = theirs.clone() + "\ntypes = { path = \"../../remote/contracts\" }";
    package(&team.join("sales"), "sales", &out, "sold", "");
    commit(&team, "out");
    let done = world.run(&["update"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    let said = unwrapped(&done);
    assert!(said.contains("dependency `types`: the path `../../"), "{said}");
    assert!(said.contains("leads out of the repository"), "{said}");
    package(&team.join("sales"), "sales", "contracts = { git = \"../remote\" }", "sold", "");
    commit(&team, "a folder of one machine");
    let done = world.run(&["update"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(unwrapped(&done).contains("`../remote` is a folder of one machine"), "{}", text(&done));
    package(&team.join("sales"), "sales", &theirs, "sold", "");
    std::os::unix::fs::symlink(world.at("remote/contracts/src/orders.mlp"), team.join("sales/src/link.mlp")).unwrap();
    commit(&team, "a link");
    let done = world.run(&["update"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(
        unwrapped(&done).contains("`src/link.mlp`: is a link that leads to no file of the repository"),
        "{}",
        text(&done)
    );
    assert_eq!(world.lock(), lock, "what failed changed nothing");
}

#[test]
fn what_two_ask_for_differently_is_decided_by_the_package_itself() {
    let world = World::new(MAIN);
    world.change("float64", "float32");
    for (name, rev) in [("left", "v1"), ("right", "main")] {
        let theirs = MAIN.replace("REMOTE", &world.url("remote")).replace("\"main\"", &format!("{rev:?}"));
        package(&world.at(name), name, &theirs, "uses", "use contracts.orders.{Order}\n");
    }
    let both = "left = { path = \"../left\" }\nright = { path = \"../right\" }";
    world.depend(both);
    let done = world.run(&["check"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(unwrapped(&done).contains("right/mlp.toml:6: dependency `contracts`: is meant to be"), "{}", text(&done));
    world.depend(&format!("{both}\n{MAIN}"));
    world.fine(&["check"]);
    assert_eq!(world.lock().matches("name = \"contracts\"").count(), 1);
}

#[test]
fn revisions_with_packages_from_git_are_compared_as_each_was_pinned() {
    let world = World::new(MAIN);
    world.fine(&["check"]);
    let app = world.at("app");
    git(&app, &["init", "-q"]);
    commit(&app, "one");
    world.change("  amount: float64 unit EUR\n", "");
    world.fine(&["update"]);
    let done = world.run(&["diff", "--against", "HEAD", "--format", "json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(answer["changes"].to_string().contains("`keep` has other contracts"), "{answer:#}");
    // on another machine the commit that the earlier version pins is fetched
    fs::remove_dir_all(world.at("cache")).unwrap();
    let again = world.run(&["diff", "--against", "HEAD", "--format", "json"]);
    assert_eq!(again.stdout, done.stdout, "{}", text(&again));
}

#[test]
fn two_at_once_make_one_cache() {
    let world = World::new(MAIN);
    let started: Vec<Child> = (0..6)
        .map(|_| world.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in started {
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    }
    world.cached("contracts-");
    let left: Vec<_> =
        fs::read_dir(world.at("cache/mlp/git")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    world.fine(&["check", "--locked", "--offline"]);
}

/// A server of files on this machine, ended with its value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_repository_is_fetched_over_http_and_over_ssh() {
    let world = World::new(MAIN);
    git(world.folder.path(), &["clone", "-q", "--bare", "remote", "bare.git"]);
    git(&world.at("bare.git"), &["update-server-info"]);
    let serve = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"];
    let mut command = Command::new("python3");
    let mut server = command
        .args(serve)
        .current_dir(world.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _server = Server(server);
    let port = line.split("port ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{line}"));
    world.depend(&MAIN.replace("REMOTE", &format!("http://me:s3cret@127.0.0.1:{port}/bare.git")));
    let said = world.fine(&["check"]);
    assert!(!said.contains("s3cret") && !world.lock().contains("s3cret"), "{said}{}", world.lock());
    assert!(world.fine(&["check", "--locked"]).is_empty());

    // ssh runs what its server would: git's upload-pack on the path
    let ssh = world.at("ssh");
    let mut file = fs::File::create(&ssh).unwrap();
    file.write_all(b"#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n").unwrap();
    drop(file);
    fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let address = format!("git@host.example:{}", world.at("bare.git").display());
    world.depend(&MAIN.replace("REMOTE", &address));
    let done = world.command(&["check"]).env("GIT_SSH", &ssh).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert!(world.lock().contains("git = \"git@host.example:"), "{}", world.lock());
    // or as the user's settings have it
    let settings = world.at("settings");
    fs::write(&settings, format!("[core]\n  sshCommand = {}\n", ssh.display())).unwrap();
    fs::remove_file(world.at("app/mlp.lock")).unwrap();
    let done = world.command(&["check"]).env("GIT_CONFIG_GLOBAL", &settings).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
}
