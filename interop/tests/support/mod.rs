//! Clients of different implementations behind one interface that speaks encoded messages only.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test support"
)]

#[path = "../../../mls-core/tests/common/mod.rs"]
pub mod common;
pub mod group;
pub mod ours;

/// What is the same in all groups of a test.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub suite: u16,
    /// Whether members send their handshakes as `PrivateMessage`.
    pub encrypt: bool,
    /// Whether commits have a path although nothing in them demands it.
    pub path: bool,
    /// Whether a Welcome contains the tree.
    pub tree_in_welcome: bool,
    pub padding: Padding,
}

#[derive(Clone, Copy, Debug)]
pub enum Padding {
    None,
    Step,
    Padme,
}

impl Settings {
    pub const fn new(suite: u16, encrypt: bool) -> Self {
        Self { suite, encrypt, path: true, tree_in_welcome: true, padding: Padding::Step }
    }
}

/// What to propose.
#[derive(Clone, Debug)]
pub enum Ask {
    /// The client of this key package, an encoded `MLSMessage`.
    Add(Vec<u8>),
    Update,
    /// An update with a new signature key.
    Rekey,
    Remove(u32),
    ExternalPsk(Vec<u8>),
    /// The resumption PSK of this epoch of the group.
    ResumptionPsk(u64),
    /// That all members must support basic credentials.
    RequireBasic,
}

/// What a commit made.
#[derive(Clone, Debug)]
pub struct Sent {
    pub message: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
    pub tree: Option<Vec<u8>>,
}

/// What a message turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    Message { data: Vec<u8>, aad: Vec<u8>, sender: u32 },
    Proposal,
    Epoch,
    Removed,
}

/// All that members of one epoch have to agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub epoch: u64,
    pub context: Vec<u8>,
    pub members: Vec<(u32, Vec<u8>)>,
    pub authenticator: Vec<u8>,
    pub exported: Vec<u8>,
    pub tree: Vec<u8>,
}

pub const EXPORT_LABEL: &[u8] = b"cross-check";
pub const EXPORT_CONTEXT: &[u8] = b"context";
pub const EXPORT_LENGTH: usize = 48;

/// A client with at most one group.
pub trait Actor {
    fn name(&self) -> &str;
    fn create(&mut self, id: &[u8]);
    /// An encoded `MLSMessage`.
    fn key_package(&mut self) -> Vec<u8>;
    fn propose(&mut self, ask: &Ask) -> Vec<u8>;
    /// Commits these by value, and all proposals received by reference.
    fn commit(&mut self, asks: &[Ask]) -> Sent;
    /// Commits with a new signature key in its leaf.
    fn commit_rekey(&mut self) -> Sent;
    /// Moves on to the epoch of its own commit.
    fn accept(&mut self);
    fn send(&mut self, data: &[u8], aad: &[u8]) -> Vec<u8>;
    fn receive(&mut self, message: &[u8]) -> Got;
    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>);
    /// One that lets others join; with the tree if wanted.
    fn group_info(&mut self, tree: bool) -> Vec<u8>;
    /// Enters at once; gives the commit.
    fn join_external(&mut self, info: &[u8], tree: Option<&[u8]>, resync: Option<u32>) -> Vec<u8>;
    /// The process ends and starts again: only what is stored is left.
    fn restart(&mut self);
    fn store_psk(&mut self, id: &[u8], value: &[u8]);
    fn view(&mut self) -> View;
}

/// Whose client it is.
#[derive(Clone, Copy)]
pub struct Maker {
    pub name: &'static str,
    pub make: fn(&str, u64, Settings) -> Box<dyn Actor>,
}

impl Maker {
    pub const OURS: Self =
        Self { name: "ours", make: |name, seed, settings| Box::new(ours::Ours::new(name, seed, settings)) };

    pub fn actor(self, name: &str, seed: u64, settings: Settings) -> Box<dyn Actor> {
        (self.make)(name, seed, settings)
    }
}
