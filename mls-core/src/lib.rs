//! The protocol engine of Messaging Layer Security (RFC 9420): no I/O, no clock, no global state.
//!
//! Functions read a [`Group`](group::Group) and yield a transition as a value: a [`Step`](group::Step) (or, where no
//! group is there yet, a [`Fresh`](group::Fresh)). Its delta is to be stored; with the proof of that, a
//! [`Durable`](record::Durable), the step is applied and only then gives out what is to be sent. What has to be asked
//! outside (policy, credentials, pre-shared keys) is asked by values that are resumed with the answers. An operation
//! that misses records names them; they are read, [admitted](group::Group::admit), and it is called again.
//!
//! An application is better served by the crate `mls-client`, which drives this one against a store. Here is the engine
//! by itself:
//!
//! ```
//! use std::{collections::BTreeMap, sync::Arc};
//! use mls_core::credential::Credential;
//! use mls_core::custom::CustomTypes;
//! use mls_core::env::{Env, Signers, UnixTime};
//! use mls_core::extension::Extensions;
//! use mls_core::group::{CreateGroup, EncryptOptions, LeafSpec, create_group, encrypt, generate_signer, signer_from_record};
//! use mls_core::limits::Limits;
//! use mls_core::record::{Delta, Durable, Write};
//! use mls_core::tree::leaf_node::{Capabilities, Lifetime};
//! use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
//! use mls_crypto_traits::{CipherSuite, SignaturePublicKey, SigningKey};
//!
//! #[derive(Default)]
//! struct Keys(BTreeMap<SignaturePublicKey, Arc<dyn SigningKey>>);
//! impl Signers for Keys {
//!     fn signer(&self, public: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>> {
//!         self.0.get(public).cloned()
//!     }
//! }
//!
//! /// A store that forgets everything: whoever writes this name knows what that means.
//! fn store(delta: &Delta) -> Durable {
//!     Durable::i_stored(delta)
//! }
//!
//! let (crypto, mut rng, mut keys) = (RustCryptoProvider::new(), OsRng, Keys::default());
//! let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! let (now, limits) = (UnixTime(1_700_000_000), Limits::default());
//!
//! let mut env = Env { crypto: &crypto, signers: &keys, rng: &mut rng, now, limits, custom: CustomTypes::none() };
//! let fresh = generate_signer(suite, &mut env)?;
//! let record = fresh.delta().writes().find_map(|write| match write {
//!     Write::Put(_, record) => Some(signer_from_record(record, &env)),
//!     _ => None,
//! });
//! let durable = store(fresh.delta());
//! let signature_key = fresh.release(durable)?;
//! keys.0.insert(signature_key.clone(), record.ok_or("no record")??);
//!
//! let mut env = Env { crypto: &crypto, signers: &keys, rng: &mut rng, now, limits, custom: CustomTypes::none() };
//! let leaf = LeafSpec {
//!     credential: Credential::Basic { identity: b"alice".to_vec() },
//!     signature_key,
//!     capabilities: Capabilities::of_engine(&crypto),
//!     extensions: Extensions::new(),
//!     lifetime: Lifetime { not_before: now.0 - 3600, not_after: now.0 + 7 * 24 * 3600 },
//! };
//! let plan = CreateGroup { group_id: None, cipher_suite: suite, leaf, extensions: Extensions::new() };
//! let fresh = create_group(&plan, &mut env)?;
//! let durable = store(fresh.delta());
//! let mut group = fresh.release(durable)?;
//!
//! let step = encrypt(&group, b"hello", &EncryptOptions::default(), &mut env)?;
//! let durable = store(step.delta());
//! let outgoing = step.apply(&mut group, durable)?;
//! assert_eq!((outgoing.epoch, outgoing.generation), (0, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
// Tests share the driver of the integration tests, which names the crate from outside.
#[cfg(test)]
extern crate self as mls_core;
#[cfg(test)]
extern crate std;

pub mod commit;
pub mod credential;
pub mod custom;
pub mod env;
pub mod extension;
pub mod framing;
pub mod grease;
pub mod group;
pub mod group_context;
pub mod identity;
pub mod key_package;
pub mod key_schedule;
pub mod limits;
pub mod observer;
pub mod proposal;
pub mod psk;
pub mod record;
pub mod rules;
pub mod secret_tree;
pub mod storage;
pub mod tree;
pub mod welcome;
