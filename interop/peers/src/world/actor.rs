//! A client of any implementation, as seen through encoded messages.

use mls_client::mls_core::credential::CredentialType;
use mls_client::mls_core::extension::{
    Extension, ExtensionType, Extensions, ExternalSender, ExternalSenders, RequiredCapabilities,
};
use mls_client::mls_crypto_traits::{CryptoError, Rng};
use mls_codec::{Decode, Encode};

/// The time at which all happens, as far as an implementation lets itself be told.
pub const NOW: u64 = 1_700_000_000;

/// The end of all lifetimes: later than any clock shows.
pub const NEVER: u64 = 1 << 40;

/// An extension type of the application's own, which all clients say that they support.
pub const CUSTOM_EXTENSION: u16 = 0xf042;

pub const EXPORT_LABEL: &str = "cross-check";
pub const EXPORT_CONTEXT: &[u8] = b"context";
pub const EXPORT_LENGTH: usize = 48;

/// What is the same in all groups of a case.
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
    /// Whether our leaves and key packages contain values that mean nothing.
    pub grease: bool,
    /// Whether leaves contain an extension of the type [`CUSTOM_EXTENSION`].
    pub custom_leaf: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Padding {
    None,
    Step,
    Padme,
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
    /// These group context extensions, an encoded list.
    Context(Vec<u8>),
    /// A group without extensions in place of this one.
    ReInit {
        suite: u16,
        id: Vec<u8>,
    },
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

/// How a group comes from another one (RFC 9420 sections 11.2 and 11.3).
#[derive(Clone, Debug)]
pub enum Succession {
    /// In its place, as a `ReInit` has said.
    ReInit,
    /// Beside it, with this identifier.
    Branch(Vec<u8>),
}

/// A group as one sees it who is not in it.
#[derive(Clone, Debug)]
pub struct Outside {
    pub group_id: Vec<u8>,
    pub epoch: u64,
    /// An encoded `MLSMessage`.
    pub info: Vec<u8>,
    pub tree: Option<Vec<u8>>,
}

/// A client with at most one group.
pub trait Actor {
    fn maker(&self) -> &'static str;
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

    /// A key package for the group that follows this one in another suite, or the same.
    fn next_key_package(&mut self, kind: &Succession, suite: u16) -> Vec<u8>;
    /// Founds the group that follows with these members, and is in it at once.
    fn found(&mut self, kind: &Succession, key_packages: &[Vec<u8>]) -> Sent;
    /// Joins the group that follows.
    fn succeed(&mut self, kind: &Succession, welcome: &[u8], tree: Option<&[u8]>);

    /// This client as an external sender: an encoded `ExternalSender`.
    fn external_sender(&mut self) -> Vec<u8>;
    /// Proposes as the group's only external sender. [`Ask::Add`] and [`Ask::Remove`] are asked.
    fn propose_outside(&mut self, group: &Outside, ask: &Ask) -> Vec<u8>;
    /// Proposes to be added.
    fn ask_in(&mut self, group: &Outside) -> Vec<u8>;
}

/// Whose client it is.
#[derive(Clone, Copy)]
pub struct Maker {
    pub name: &'static str,
    pub make: fn(&str, u64, Settings) -> Box<dyn Actor>,
}

impl core::fmt::Debug for Maker {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

/// A small deterministic generator (SplitMix64); no security is needed here.
pub struct TestRng(pub u64);

impl Rng for TestRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for chunk in out.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// What a group context demands of every member's capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    Nothing,
    /// Basic credentials.
    Basic,
    /// The extension type [`CUSTOM_EXTENSION`].
    Custom,
}

/// An encoded list of group context extensions: required capabilities, an extension of [`CUSTOM_EXTENSION`] with this
/// content, these external senders.
pub fn context(required: Required, custom: Option<&[u8]>, senders: &[Vec<u8>]) -> Vec<u8> {
    let mut extensions = Extensions::new();
    match required {
        Required::Nothing => (),
        Required::Basic => {
            let credential_types = vec![CredentialType::BASIC];
            extensions.set(&RequiredCapabilities { credential_types, ..Default::default() }).unwrap();
        }
        Required::Custom => {
            let extension_types = vec![ExtensionType(CUSTOM_EXTENSION)];
            extensions.set(&RequiredCapabilities { extension_types, ..Default::default() }).unwrap();
        }
    }
    if !senders.is_empty() {
        let senders = senders.iter().map(|sender| ExternalSender::from_bytes(sender).unwrap()).collect();
        extensions.set(&ExternalSenders(senders)).unwrap();
    }
    extensions.0.extend(custom.map(custom_extension));
    extensions.to_bytes().unwrap()
}

pub fn custom_extension(data: &[u8]) -> Extension {
    Extension { extension_type: ExtensionType(CUSTOM_EXTENSION), extension_data: data.to_vec() }
}
