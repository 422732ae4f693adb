//! Looks at the disk, for what no message tells of: what ran, and, of clients that watch no files, which files are others. A thread of its own, so that a slow disk
//! keeps nobody waiting.
//!
//! Files are asked for their times again and again rather than watched through the system: that works on every file system and in every container, needs no handle
//! for each folder, and most clients watch by themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use crate::{
    history::{self, History, Past},
    workspace::{DEEP, is_manifest, is_source, walk},
};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How much of its time it may spend with looking: one part in so many.
const SHARE: u32 = 50;
/// How often it says what time it is, though there is nothing new.
const SILENCE: Duration = Duration::from_secs(30);

/// At what it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Folders with runs.
    pub records: Vec<PathBuf>,
    /// Folders with files.
    pub files: Vec<PathBuf>,
}

/// What it saw.
#[derive(Debug, Default)]
pub struct News {
    /// What time it is.
    pub now: history::Instant,
    /// What ran last, where that is something else than it was.
    pub past: Vec<(PathBuf, Past)>,
    /// Files that are others, have come or have gone.
    pub files: Vec<PathBuf>,
    /// Folders that were not looked at before, with all files in them.
    pub first: Vec<(PathBuf, BTreeSet<PathBuf>)>,
}

/// A thread that looks, until this is dropped.
pub struct Lookout {
    orders: Sender<Watched>,
    /// What it saw.
    pub news: Receiver<News>,
}

impl Lookout {
    /// Begins to look.
    #[must_use]
    pub fn begin(history: Box<dyn History>) -> Self {
        let (orders, ordered) = unbounded();
        // one at a time: while the server is at work, nothing piles up
        let (told, news) = bounded(1);
        let look = Look { history, files: Files::since(SystemTime::now()), spoke: None };
        // without a thread there is nothing to be seen, which is no reason not to serve
        drop(std::thread::Builder::new().name("lookout".to_owned()).spawn(move || look.run(&ordered, &told)));
        Self { orders, news }
    }

    /// Has it look at something else.
    pub fn watch(&self, watched: Watched) {
        drop(self.orders.send(watched));
    }
}

struct Look {
    history: Box<dyn History>,
    files: Files,
    spoke: Option<Instant>,
}

impl Look {
    fn run(mut self, orders: &Receiver<Watched>, told: &Sender<News>) {
        let mut watched = Watched::default();
        let mut pause = PAUSE;
        loop {
            match orders.recv_timeout(pause) {
                Ok(order) => watched = orders.try_iter().last().unwrap_or(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let begun = Instant::now();
            let news = self.look(&watched);
            pause = PAUSE.max(begun.elapsed() * SHARE);
            let is_news = !(news.past.is_empty() && news.files.is_empty() && news.first.is_empty());
            if is_news || self.spoke.is_none_or(|spoke| spoke.elapsed() > SILENCE) {
                self.spoke = Some(begun);
                if told.send(news).is_err() {
                    return;
                }
            }
        }
    }

    fn look(&mut self, watched: &Watched) -> News {
        let history = &mut self.history;
        let past = watched.records.iter().filter_map(|root| Some((root.clone(), history.changed(root)?)));
        let mut news = News { past: past.collect(), now: now(), ..News::default() };
        self.files.look(&watched.files, &mut news);
        news
    }
}

fn now() -> history::Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    history::Instant::try_from(since.as_secs()).unwrap_or(history::Instant::MAX)
}

/// Files as they were when they were looked at.
pub struct Files {
    /// By folder: size and time of each file.
    seen: BTreeMap<PathBuf, BTreeMap<PathBuf, State>>,
    /// When it was looked the last time: what is younger in a folder that was not looked at yet is another than who has read it knows.
    looked: SystemTime,
}

type State = (u64, Option<SystemTime>);

impl Files {
    /// Whoever wants to know has read the files at this time or later.
    #[must_use]
    pub const fn since(looked: SystemTime) -> Self {
        Self { seen: BTreeMap::new(), looked }
    }

    /// Tells of the files below folders that are others than the last time, have come or have gone.
    pub fn look(&mut self, folders: &[PathBuf], news: &mut News) {
        let begun = SystemTime::now();
        self.seen.retain(|folder, _| folders.contains(folder));
        for folder in folders {
            let now = files(folder);
            match self.seen.get(folder) {
                Some(before) => {
                    let is_other = |(path, state): &(&PathBuf, &State)| before.get(*path) != Some(*state);
                    news.files.extend(now.iter().filter(is_other).map(path_of));
                    news.files.extend(before.iter().filter(|(path, _)| !now.contains_key(*path)).map(path_of));
                }
                None => {
                    let is_young = |state: &State| state.1.is_some_and(|modified| modified >= self.looked);
                    news.files.extend(now.iter().filter(|(_, state)| is_young(state)).map(path_of));
                    news.first.push((folder.clone(), now.keys().cloned().collect()));
                }
            }
            self.seen.insert(folder.clone(), now);
        }
        self.looked = begun;
    }
}

fn path_of((path, _): (&PathBuf, &State)) -> PathBuf {
    path.clone()
}

/// The files below a folder that the compiler reads.
fn files(folder: &Path) -> BTreeMap<PathBuf, State> {
    let mut found = BTreeMap::new();
    walk(folder, DEEP, &mut |path, is_folder| {
        if !is_folder
            && is_read(path)
            && let Ok(meta) = fs::metadata(path)
        {
            found.insert(path.to_path_buf(), (meta.len(), meta.modified().ok()));
        }
        true
    });
    found
}

/// What is read of a package; the same that a client is asked to watch.
fn is_read(path: &Path) -> bool {
    let ends = |ending: &str| path.extension().is_some_and(|extension| extension == ending);
    is_source(path) || is_manifest(path) || ends("sql") || ends("py") || ends("txt")
}
