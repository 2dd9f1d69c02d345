//! The delivery service (RFC 9750 section 5): hands out key packages, orders commits, keeps an inbox for each member.
//!
//! It reads no more of a message than its epoch and whether it is a commit is said by the sender. The script may have
//! it misbehave: turn an inbox round, hold messages back, or fall silent.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_codec::Decode;

use crate::Outcome;
use crate::protocol::{Answer, Request, read, write};

/// At what the service does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// A commit, which is taken.
    AfterTaking,
    /// A commit or a message, which is lost.
    BeforeTaking,
    /// That messages have been received: they come again.
    AtAcknowledging,
}

/// The service, to be shared with its connections.
pub(crate) struct Service {
    state: Mutex<State>,
    silence: Sender<()>,
}

#[derive(Default)]
struct State {
    key_packages: BTreeMap<Vec<u8>, Vec<u8>>,
    welcomes: BTreeMap<Vec<u8>, Vec<u8>>,
    inboxes: BTreeMap<Vec<u8>, Vec<(u64, Vec<u8>)>>,
    held: BTreeMap<Vec<u8>, Vec<(u64, Vec<u8>)>>,
    holding: BTreeSet<Vec<u8>>,
    /// The commit of each epoch.
    commits: BTreeMap<u64, Vec<u8>>,
    group_info: Option<Vec<u8>>,
    last: u64,
    silent_to: Option<(Vec<u8>, Silence)>,
}

impl Service {
    /// Starts the service. Yields it with its port, and what tells that it has fallen silent as it was told.
    pub(crate) fn start() -> Outcome<(Arc<Self>, u16, Receiver<()>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let (silence, silent) = channel();
        let service = Arc::new(Self { state: Mutex::default(), silence });
        let shared = Arc::clone(&service);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let service = Arc::clone(&shared);
                thread::spawn(move || {
                    // The member sees its connection end, and says so.
                    let _ended = service.serve(stream);
                });
            }
        });
        Ok((service, port, silent))
    }

    /// Turns a member's inbox round.
    pub(crate) fn reverse(&self, name: &str) {
        if let Some(inbox) = self.state().inboxes.get_mut(name.as_bytes()) {
            inbox.reverse();
        }
    }

    /// Holds back what comes for a member from now on.
    pub(crate) fn hold(&self, name: &str) {
        self.state().holding.insert(name.as_bytes().to_vec());
    }

    /// Holds nothing more back, and keeps what was.
    pub(crate) fn stop_holding(&self, name: &str) {
        self.state().holding.remove(name.as_bytes());
    }

    /// Delivers what was held back.
    pub(crate) fn release(&self, name: &str) {
        let mut state = self.state();
        let held = state.held.remove(name.as_bytes()).unwrap_or_default();
        state.inboxes.entry(name.as_bytes().to_vec()).or_default().extend(held);
    }

    /// Does not answer a member, once.
    pub(crate) fn fall_silent_to(&self, name: &str, when: Silence) {
        self.state().silent_to = Some((name.as_bytes().to_vec(), when));
    }

    /// The newest message that somebody has or had in the inbox, whoever may read it.
    pub(crate) fn peek(&self, name: &str) -> Option<Vec<u8>> {
        self.state().inboxes.get(name.as_bytes()).and_then(|inbox| inbox.last()).map(|(_, message)| message.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) -> Outcome<()> {
        stream.set_nodelay(true)?;
        let mut input = BufReader::new(stream.try_clone()?);
        let mut output = stream;
        let Some(Request::Hello(name)) = read(&mut input)? else {
            return Err("no hello".into());
        };
        write(&mut output, &Answer::Done)?;
        while let Some(request) = read::<Request>(&mut input)? {
            let silence = self.state().silence_at(&name, &request);
            if silence.is_none_or(|when| when == Silence::AfterTaking) {
                let answer = self.state().handle(&name, request);
                if silence.is_none() {
                    write(&mut output, &answer)?;
                    continue;
                }
            }
            self.silence.send(())?;
        }
        Ok(())
    }
}

impl State {
    fn handle(&mut self, name: &[u8], request: Request) -> Answer {
        match request {
            Request::Hello(_) => Answer::Refused,
            Request::PublishKeyPackage(key_package) => {
                self.key_packages.insert(name.to_vec(), key_package);
                Answer::Done
            }
            Request::FetchKeyPackage(of) => bytes(self.key_packages.remove(&of)),
            Request::Send(message) => {
                self.deliver(name, &message);
                Answer::Done
            }
            Request::Commit { message, welcome, joiners } => self.commit(name, message, &welcome, joiners),
            Request::FetchWelcome => bytes(self.welcomes.remove(name)),
            Request::Fetch => Answer::Messages(self.inboxes.get(name).cloned().unwrap_or_default()),
            Request::Acknowledge(numbers) => {
                if let Some(inbox) = self.inboxes.get_mut(name) {
                    inbox.retain(|(number, _)| !numbers.contains(number));
                }
                Answer::Done
            }
            Request::PublishGroupInfo(info) => {
                self.group_info = Some(info);
                self.inboxes.entry(name.to_vec()).or_default();
                Answer::Done
            }
            Request::FetchGroupInfo => bytes(self.group_info.clone()),
        }
    }

    /// The first commit of an epoch is taken. The same one again is no news.
    fn commit(&mut self, name: &[u8], message: Vec<u8>, welcome: &[u8], joiners: Vec<Vec<u8>>) -> Answer {
        let Some(epoch) = epoch_of(&message) else {
            return Answer::Refused;
        };
        match self.commits.get(&epoch) {
            Some(first) if *first == message => return Answer::Done,
            Some(_) => return Answer::Refused,
            None => {}
        }
        self.deliver(name, &message);
        self.commits.insert(epoch, message);
        // Who joins by it gets what comes from now on.
        for joiner in joiners {
            self.inboxes.insert(joiner.clone(), Vec::new());
            self.welcomes.insert(joiner, welcome.to_vec());
        }
        self.inboxes.entry(name.to_vec()).or_default();
        Answer::Done
    }

    fn deliver(&mut self, from: &[u8], message: &[u8]) {
        self.last = self.last.saturating_add(1);
        for (name, inbox) in self.inboxes.iter_mut().filter(|(name, _)| *name != from) {
            let entry = (self.last, message.to_vec());
            if self.holding.contains(name) {
                self.held.entry(name.clone()).or_default().push(entry);
            } else {
                inbox.push(entry);
            }
        }
    }

    /// How the service is silent at this request, if it is.
    fn silence_at(&mut self, name: &[u8], request: &Request) -> Option<Silence> {
        let at = |when: Silence| match when {
            Silence::AfterTaking => matches!(request, Request::Commit { .. }),
            Silence::BeforeTaking => matches!(request, Request::Commit { .. } | Request::Send(_)),
            Silence::AtAcknowledging => matches!(request, Request::Acknowledge(_)),
        };
        self.silent_to.take_if(|(silent, when)| silent == name && at(*when)).map(|(_, when)| when)
    }
}

fn bytes(found: Option<Vec<u8>>) -> Answer {
    found.map_or(Answer::Refused, Answer::Bytes)
}

fn epoch_of(message: &[u8]) -> Option<u64> {
    match MlsMessage::from_bytes(message).ok()?.body {
        MlsMessageBody::PublicMessage(message) => Some(message.content.epoch),
        MlsMessageBody::PrivateMessage(message) => Some(message.epoch),
        _ => None,
    }
}
