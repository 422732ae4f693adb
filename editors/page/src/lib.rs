//! The live picture of a pipeline: a page on this machine that shows what it is told, for `mlp graph --serve` and for editors.
//!
//! **Lives here:** the page's small server, and what its viewers are told.
//! **Does not:** reading programs (who opens a page tells it plans), drawing (`mlp-graph`).
//!
//! Invariants:
//! 1. Only this machine is answered, and only who knows the token of 128 random bits that stands in the address; whoever comes by another name than that of this
//!    machine is refused, so that no site of the web can be made to point here.
//! 2. There are two addresses, the page and its events, and both are only read.
//! 3. Telling the page something takes no time: pictures are drawn by the thread of who looks at them, the newest only.

mod board;
mod events;
mod http;
mod serve;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

use mlp_plan::Plan;

use board::Board;

/// A page that is served until this is dropped.
pub struct Page {
    board: Arc<Board>,
    at: SocketAddr,
    token: String,
    server: Option<JoinHandle<()>>,
}

impl Page {
    /// Serves a page without a picture.
    ///
    /// # Errors
    /// Where this machine gives no port, or no random numbers.
    pub fn open() -> io::Result<Self> {
        let token = token()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (board, at) = (Arc::new(Board::default()), listener.local_addr()?);
        let (shared, known) = (Arc::clone(&board), token.clone());
        let work = move || serve::serve(&listener, &known, &shared);
        let server = Some(thread::Builder::new().name("mlp-page".to_owned()).spawn(work)?);
        Ok(Self { board, at, token, server })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}/{}/", self.at, self.token)
    }

    /// Shows a pipeline of a plan with marks on nodes, by their ids; nothing is wrong any more.
    pub fn show(&self, plan: Plan, pipeline: &str, marked: &[String]) {
        self.board.change(|shown| {
            if shown.plan.as_deref() != Some(&plan) {
                shown.plan = Some(Arc::new(plan));
            }
            pipeline.clone_into(&mut shown.pipeline);
            marked.clone_into(&mut shown.marked);
            shown.fault = None;
        });
    }

    /// Says what is wrong beside the picture, which stays as it was: the first fault, and how many there are besides.
    pub fn fault(&self, first: &str, more: usize) {
        self.board.change(|shown| {
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            let stays = if shown.plan.is_some() {
                "The picture is that of the text before."
            } else {
                "The picture comes once this is mended."
            };
            shown.fault = Some(format!("{first}{more}\n{stays}"));
        });
    }

    /// Marks other nodes.
    pub fn mark(&self, marked: &[String]) {
        self.board.change(|shown| marked.clone_into(&mut shown.marked));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.board.close();
        // who waits for the next viewer looks up, and gives the port back; a machine without connections to spare leaves it waiting
        if TcpStream::connect(self.at).is_ok()
            && let Some(server) = self.server.take()
        {
            drop(server.join());
        }
    }
}

/// 128 random bits, in hex.
fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
