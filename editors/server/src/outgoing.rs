//! What the server says of itself: notifications, and requests to the client with what is to be done with their answers.

use std::collections::HashMap;

use lsp_server::{Message, Notification, Request, RequestId, Response};
use lsp_types::ProgressToken;
use serde::Serialize;

/// What an answer of the client is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The settings.
    Configuration,
    /// That work is shown under this token.
    Progress(ProgressToken),
    /// Nothing: that it was done is enough.
    Nothing,
}

/// Messages to be sent, and requests whose answers have not come.
#[derive(Debug, Default)]
pub struct Outgoing {
    messages: Vec<Message>,
    open: HashMap<RequestId, Purpose>,
    next: i32,
}

impl Outgoing {
    /// Tells the client something.
    pub fn tell<N: lsp_types::notification::Notification>(&mut self, params: N::Params)
    where
        N::Params: Serialize,
    {
        self.messages.push(Notification::new(N::METHOD.to_owned(), params).into());
    }

    /// Tells the client something for which the protocol's types have no words.
    pub fn tell_raw<N: lsp_types::notification::Notification>(&mut self, params: serde_json::Value) {
        self.messages.push(Notification { method: N::METHOD.to_owned(), params }.into());
    }

    /// Answers a request that had to wait.
    pub fn answer(&mut self, response: Response) {
        self.messages.push(response.into());
    }

    /// Asks the client for something.
    pub fn ask<R: lsp_types::request::Request>(&mut self, params: R::Params, purpose: Purpose)
    where
        R::Params: Serialize,
    {
        let id = RequestId::from(self.next);
        self.next = self.next.wrapping_add(1);
        self.open.insert(id.clone(), purpose);
        self.messages.push(Request::new(id, R::METHOD.to_owned(), params).into());
    }

    /// What an answer is for; `None` where nothing was asked under its id.
    pub fn purpose(&mut self, response: &Response) -> Option<Purpose> {
        self.open.remove(&response.id)
    }

    /// Takes the messages that are to be sent.
    pub fn take(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.messages)
    }
}
