//! A group followed from outside, without its secrets: what a delivery service can know (RFC 9420 section 16.1 and the
//! architecture's "delivery service").
//!
//! An [`Observer`] begins with a verified GroupInfo and its tree, or with a snapshot of another observer. It takes in
//! what members send in the clear (as `PublicMessage`): it keeps proposals, validates commits as members do, and knows
//! the tree and the roster of each epoch. It can propose, where the group lists it among its external senders.
//!
//! # What it cannot check
//! - **Membership tags.** Their key is a secret of the group. A message is signed by a member, but whether its sender
//!   was in that epoch with the keys it should have is not shown; a former member's signature key is no longer in the
//!   tree, and is refused.
//! - **Confirmation tags.** A commit that is valid in all that is public may yet not be one that members accept: the
//!   encrypted path secrets, the pre-shared keys or the tag may be wrong. Members then refuse it while the observer has
//!   gone on. Compare the [`confirmation_tag`](Observer::confirmation_tag) with that of a GroupInfo which a member
//!   signs in the new epoch, and [start afresh](Observer::restart) where they differ.
//! - **Encrypted commits.** A group that encrypts its handshakes cannot be followed; the observer says so
//!   ([`Observed::Hidden`]) and has to start afresh from a GroupInfo.
//!
//! Policy and credentials are asked for just as with a [`Group`](crate::group::Group), in the same two rounds, and each
//! transition is a step: an [`ObserverStep`] with a delta of O(log n) records. An observer's records have the names of a
//! group's; a store keeps either a member's state of a group, or an observer's.
//!
//! ```
//! # use std::sync::Arc;
//! # use mls_core::{credential::Credential, custom::CustomTypes, env::*, extension::Extensions, group::*, identity::MemberId};
//! # use mls_core::{limits::Limits, record::*, tree::leaf_node::*, framing::*};
//! # use mls_codec::Decode;
//! # use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
//! # use mls_crypto_traits::{CipherSuite, SignaturePublicKey, SigningKey};
//! # struct One(Option<Arc<dyn SigningKey>>);
//! # impl Signers for One {
//! #     fn signer(&self, _: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>> { self.0.clone() }
//! # }
//! # let (crypto, mut rng, mut keys) = (RustCryptoProvider::new(), OsRng, One(None));
//! # let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! # let (now, limits) = (UnixTime(1_700_000_000), Limits::default());
//! # let mut env = Env { crypto: &crypto, signers: &keys, rng: &mut rng, now, limits, custom: CustomTypes::none() };
//! # let fresh = generate_signer(suite, &mut env)?;
//! # let signer = fresh.delta().writes().find_map(|write| match write {
//! #     Write::Put(_, record) => Some(signer_from_record(record, &env).unwrap()),
//! #     _ => None,
//! # });
//! # let durable = Durable::i_stored(fresh.delta());
//! # let signature_key = fresh.release(durable)?;
//! # keys.0 = signer;
//! # let mut env = Env { crypto: &crypto, signers: &keys, rng: &mut rng, now, limits, custom: CustomTypes::none() };
//! # let leaf = LeafSpec {
//! #     credential: Credential::basic(b"alice".to_vec()), signature_key,
//! #     capabilities: Capabilities::of_engine(&crypto), extensions: Extensions::new(),
//! #     lifetime: Lifetime { not_before: now.0 - 3600, not_after: now.0 + 7 * 24 * 3600 },
//! # };
//! # let plan = CreateGroup { group_id: None, cipher_suite: suite, leaf, extensions: Extensions::new() };
//! # let fresh = create_group(&plan, &mut env)?;
//! # let durable = Durable::i_stored(fresh.delta());
//! # let group = fresh.release(durable)?;
//! # let options = GroupInfoOptions { external_pub: false, ratchet_tree: true };
//! use mls_core::observer::observe;
//!
//! // A member has published this GroupInfo.
//! let published = group_info(&group, options, &mut env)?;
//! let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&published)?.body else { unreachable!() };
//!
//! let pending = observe(&info, None, &mut env)?;
//! let mut answers = Answers::new();
//! for check in pending.credentials() {
//!     answers.vouch(check.accept(MemberId(b"whoever the authentication service says".to_vec())));
//! }
//! let fresh = pending.resume(&answers, &mut env)?;
//! let durable = Durable::i_stored(fresh.delta());
//! let observer = fresh.release(durable)?;
//! assert_eq!((observer.epoch(), observer.members().len()), (0, 1));
//! assert_eq!(observer.context(), group.context());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod commit;
mod outside;
mod receive;
mod records;
mod start;
mod state;
mod step;

pub use commit::{ObservedCommit, VettedObservedCommit};
pub use outside::ObservedExternalProposal;
pub use receive::{HiddenMessage, Observed, ObservedProposal};
pub use start::{PendingObserver, observe};
pub use state::Observer;
pub use step::ObserverStep;
