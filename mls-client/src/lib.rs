//! Messaging Layer Security (RFC 9420) for applications.
//!
//! A [`Client`] holds signers, key packages and groups in a [`Storage`] that you choose; a [`Group`] encrypts, decrypts
//! and changes its membership. What goes out is durable before you see it, an operation that fails has changed nothing,
//! and an error's [`Disposition`] says what to do next. Sending messages is yours: this library makes and takes bytes.
//!
#![cfg_attr(feature = "rustcrypto", doc = "```")]
#![cfg_attr(not(feature = "rustcrypto"), doc = "```ignore")]
//! use mls_client::{BasicIdentity, CipherSuite, Client, Credential, Event, MemoryStorage};
//! use std::sync::Arc;
//!
//! const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! let client = || Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build();
//! let (alice, bob) = (client()?, client()?);
//! let alice_id = alice.new_identity(SUITE, Credential::basic("alice"))?;
//! let bob_id = bob.new_identity(SUITE, Credential::basic("bob"))?;
//!
//! // Bob publishes a key package; Alice founds a group and adds him.
//! let key_package = bob.key_package(&bob_id)?.message;
//! let mut at_alice = alice.create_group(&alice_id)?;
//! let commit = at_alice.add(&[key_package])?;
//! at_alice.accept_commit()?; // once the delivery service has taken `commit.message`
//! let mut at_bob = bob.join(&commit.welcome.ok_or("no welcome")?, None)?;
//!
//! // A message.
//! let message = at_alice.send(b"hello")?.message;
//! let Event::Message(hello) = at_bob.receive(&message)? else { panic!("no message") };
//! assert_eq!(hello.data, b"hello");
//!
//! // Alice removes Bob.
//! let commit = at_alice.remove(&[at_bob.own_leaf()])?;
//! at_alice.accept_commit()?;
//! assert!(matches!(at_bob.receive(&commit.message)?, Event::Removed(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Delivery
//!
//! The delivery service picks one commit for each epoch (RFC 9420 section 14). A commit of ours is pending until we are
//! told: [`accept_commit`](Group::accept_commit) where it was picked, or its own bytes [received](Group::receive) back;
//! [`drop_commit`](Group::drop_commit) where another was, or just that other one received. Application messages may
//! come in any order, and for some epochs after their own.
//!
//! # After a crash
//!
//! Build the client over the same store and call [`Client::resume`]: it hands out again what may not have reached the
//! others, groups that were founded to succeed others included. No key is used twice.
//!
//! # Stores, and both faces
//!
//! [`AsyncClient`] and [`AsyncGroup`] are the same over futures. [`Blocking`] makes asynchronous parts of blocking ones,
//! at once or on a [`ThreadPool`]. [`Encrypted`] seals the records of any store.
//! [`receive_with`](Group::receive_with) writes what an application makes of a message in the transaction that takes it in.
//!
//! # Features
//! - `rustcrypto` (default): the pure Rust crypto provider [`mls_crypto_rustcrypto`], and the operating system's randomness, as
//!   defaults of the [builder](ClientBuilder).
//! - `openssl`, `awslc`: the crypto providers `mls_crypto_openssl` and `mls_crypto_awslc`.
//! - `sqlite`: the durable store `mls_storage_sqlite`.
//! - `x509`: the authentication service for X.509 credentials, `mls_identity_x509`.
//! - `tracing`: events for the crate of that name, under the target `mls_client`: how each operation ended, at the level
//!   debug, and how many records were written, at trace. They hold names of operations and outcomes, epochs and counts,
//!   and nothing of messages, members and groups.
//! - `parallel`: many members are sealed to and validated on several threads.
//!
//! Each but the last two adds a crate, re-exported under its name, and changes nothing else.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The operations are written once in `driver`, over the asynchronous traits. `client`, `group` and `external` are the
// blocking face, which runs them through `blocking`; `asynchronous` is the other one, which awaits them. A new operation
// is a method of `Driver` and a line in each face.
mod asynchronous;
mod basic;
mod blocking;
mod builder;
mod client;
mod clock;
mod default_rules;
mod driver;
mod encrypted;
mod error;
mod event;
mod external;
mod group;
mod identity;
mod memory;
mod observed;
mod peek;
mod pruned;
mod settings;
mod signers;
mod successor;
mod trace;
mod waiting;

pub use asynchronous::{
    AsyncClient, AsyncClientBuilder, AsyncExternalJoin, AsyncGroup, AsyncObservedGroup, AsyncSuccessor,
};
pub use basic::BasicIdentity;
pub use blocking::{Blocking, OnPool, ThreadPool};
pub use builder::ClientBuilder;
pub use client::Client;
pub use clock::{Clock, SystemClock};
pub use default_rules::DefaultRules;
pub use encrypted::{Encrypted, EncryptedError, Sealing, StoreKey};
pub use error::{
    BuildError, CommitError, CreateError, DriverError, ExportError, JoinError, LoadError, MemberError, ProposeError,
    ReceiveError, RewindError, SendError, SuccessorError,
};
pub use event::{Event, Repeat};
pub use external::ExternalJoin;
pub use group::Group;
pub use identity::Identity;
pub use memory::MemoryStorage;
pub use observed::{ObservedEvent, ObservedGroup};
pub use peek::WelcomePeek;
pub use pruned::PrunedAll;
pub use successor::Successor;

pub use mls_core;
#[cfg(feature = "awslc")]
pub use mls_crypto_awslc;
#[cfg(feature = "openssl")]
pub use mls_crypto_openssl;
#[cfg(feature = "rustcrypto")]
pub use mls_crypto_rustcrypto;
pub use mls_crypto_traits;
#[cfg(feature = "x509")]
pub use mls_identity_x509;
#[cfg(feature = "sqlite")]
pub use mls_storage_sqlite;

pub use mls_core::credential::Credential;
pub use mls_core::custom::{CustomProposal, CustomTypes};
pub use mls_core::env::UnixTime;
pub use mls_core::group::{
    CommitOutput, CommitPlan, DetachedCommit, Disposition, EncryptOptions, EpochChange, ExternalJoinPlan,
    ExternalProposal, GroupInfoOptions, LeafChange, LeafSpec, Leftover, Member, NewKeyPackage, NewMemberProposal,
    Outgoing, OutgoingProposal, PathPolicy, ProposalReceived, Proposing, Received, SendOptions, SuccessorKind,
    SuccessorPlan, WaitingProposal, Welcomes,
};
pub use mls_core::identity::{AsyncIdentityProvider, IdentityProvider};
pub use mls_core::limits::Limits;
pub use mls_core::record::GroupId;
pub use mls_core::rules::{AsyncMlsRules, MlsRules};
pub use mls_core::storage::{AppTransaction, AppWrites, AsyncStorage, Storage};
pub use mls_core::tree::math::LeafIndex;
pub use mls_crypto_traits::CipherSuite;
