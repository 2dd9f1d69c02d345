//! The files about messages: RFC 9420 sections 6 and 12.4.3.

use mls_codec::{Decode, Encode};
use mls_core::commit::Commit;
use mls_core::extension::Extensions;
use mls_core::framing::{
    AuthenticatedContent, Content, ContentType, FramedContent, MlsMessage, MlsMessageBody, Padding, PrivateMessage,
    ProtocolVersion, PublicMessage, Sender, WireFormat,
};
use mls_core::group_context::GroupContext;
use mls_core::key_schedule::{EncryptionSecret, MembershipKey, PskSecret, SenderDataSecret, verify_confirmation_tag};
use mls_core::proposal::{Proposal, ProposalType};
use mls_core::secret_tree::{RatchetType, SecretTree, SecretTreeLimits};
use mls_core::tree::math::{LeafIndex, TreeSize};
use mls_core::tree::node::RatchetTreeArray;
use mls_core::welcome::{GroupInfo, GroupSecrets};
use mls_crypto_traits::{CipherSuite, CryptoProvider, HpkePrivateKey, SignaturePrivateKey, SignaturePublicKey, Suite};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

use super::cases::{Hex, Outcome, equal, holds, must, parse, round_trip, some};
use super::suite;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    mls_welcome: Hex,
    mls_group_info: Hex,
    mls_key_package: Hex,
    ratchet_tree: Hex,
    group_secrets: Hex,
    add_proposal: Hex,
    update_proposal: Hex,
    remove_proposal: Hex,
    pre_shared_key_proposal: Hex,
    re_init_proposal: Hex,
    external_init_proposal: Hex,
    group_context_extensions_proposal: Hex,
    commit: Hex,
    public_message_application: Hex,
    public_message_proposal: Hex,
    public_message_commit: Hex,
    private_message: Hex,
}

pub(super) fn messages(_: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Messages = parse(case)?;
    let message = |bytes, wire_format| {
        let message = round_trip::<MlsMessage>("MLSMessage", bytes)?;
        holds("wire format", message.wire_format() == wire_format)?;
        Ok::<_, String>(message)
    };
    message(&case.mls_welcome, WireFormat::Welcome)?;
    message(&case.mls_group_info, WireFormat::GroupInfo)?;
    message(&case.mls_key_package, WireFormat::KeyPackage)?;
    message(&case.private_message, WireFormat::PrivateMessage)?;
    for (bytes, content_type) in [
        (&case.public_message_application, ContentType::Application),
        (&case.public_message_proposal, ContentType::Proposal),
        (&case.public_message_commit, ContentType::Commit),
    ] {
        let MlsMessageBody::PublicMessage(message) = message(bytes, WireFormat::PublicMessage)?.body else {
            return Err("no PublicMessage".to_owned());
        };
        holds("content type", message.content.content_type() == content_type)?;
    }
    round_trip::<RatchetTreeArray>("ratchet_tree", &case.ratchet_tree)?;
    round_trip::<Commit>("Commit", &case.commit)?;
    let secrets = must("GroupSecrets", GroupSecrets::from_bytes(&case.group_secrets.0))?;
    equal("GroupSecrets", &must("GroupSecrets", secrets.to_secret_bytes())?, &case.group_secrets.0)?;
    for (kind, body) in [
        (ProposalType::ADD, &case.add_proposal),
        (ProposalType::UPDATE, &case.update_proposal),
        (ProposalType::REMOVE, &case.remove_proposal),
        (ProposalType::PSK, &case.pre_shared_key_proposal),
        (ProposalType::REINIT, &case.re_init_proposal),
        (ProposalType::EXTERNAL_INIT, &case.external_init_proposal),
        (ProposalType::GROUP_CONTEXT_EXTENSIONS, &case.group_context_extensions_proposal),
    ] {
        // The file has the proposals without their type.
        let mut bytes = must("type", kind.to_bytes())?;
        bytes.extend(&body.0);
        let proposal = round_trip::<Proposal>("Proposal", &Hex(bytes))?;
        holds("proposal type", proposal.proposal_type() == kind)?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Protection {
    cipher_suite: u16,
    group_id: Hex,
    epoch: u64,
    tree_hash: Hex,
    confirmed_transcript_hash: Hex,
    signature_priv: Hex,
    signature_pub: Hex,
    encryption_secret: Hex,
    sender_data_secret: Hex,
    membership_key: Hex,
    proposal: Hex,
    proposal_priv: Hex,
    proposal_pub: Hex,
    commit: Hex,
    commit_priv: Hex,
    commit_pub: Hex,
    application: Hex,
    application_priv: Hex,
}

/// A group of which only the framing is known.
pub(super) struct World<'a> {
    pub(super) suite: Suite<'a>,
    pub(super) context: GroupContext,
    pub(super) context_bytes: Vec<u8>,
    pub(super) public: SignaturePublicKey,
    pub(super) private: SignaturePrivateKey,
    pub(super) membership_key: MembershipKey,
    pub(super) sender_data: SenderDataSecret,
    pub(super) secret_tree: SecretTree,
    pub(super) sender: LeafIndex,
}

impl World<'_> {
    /// Opens a message of either wire format and checks everything about it.
    fn check(&self, message: MlsMessage, wanted: &Content) -> Outcome {
        let content = match message.body {
            MlsMessageBody::PublicMessage(message) => {
                let key = Some(&self.membership_key);
                must("unprotect", message.unprotect(self.suite, key, Some(&self.context_bytes)))?
            }
            MlsMessageBody::PrivateMessage(message) => self.open(&message)?,
            other => return Err(format!("unexpected {other:?}")),
        };
        must("signature", content.verify_signature(self.suite, &self.public, Some(&self.context_bytes)))?;
        holds("sender", content.content.sender == Sender::Member(self.sender))?;
        holds("content", content.content.content == *wanted)
    }

    fn open(&self, message: &PrivateMessage) -> Result<AuthenticatedContent, String> {
        let data = must("sender data", message.open_sender_data(self.suite, &self.sender_data))?;
        let kind = ratchet(message.content_type);
        let limits = SecretTreeLimits::DEFAULT;
        let step = self.secret_tree.plan_open(self.suite, data.leaf_index, kind, data.generation, &limits);
        must("open", message.open_content(self.suite, must("ratchet", step)?.message_key(), &data))
    }

    /// A message of our own with this content.
    pub(super) fn make(&self, wire_format: WireFormat, content: &Content) -> Result<MlsMessage, String> {
        let key = must("signer", self.suite.signing_key(&self.private))?;
        let content = FramedContent {
            group_id: self.context.group_id.clone(),
            epoch: self.context.epoch,
            sender: Sender::Member(self.sender),
            authenticated_data: b"aad".to_vec(),
            content: content.clone(),
        };
        let content_type = content.content_type();
        let context = Some(self.context_bytes.as_slice());
        let signed = AuthenticatedContent::sign(self.suite, key.as_ref(), wire_format, content, context);
        let mut signed = must("sign", signed)?;
        signed.auth.confirmation_tag = (content_type == ContentType::Commit).then(|| vec![1, 2, 3]);
        Ok(MlsMessage::new(if wire_format == WireFormat::PublicMessage {
            let key = Some(&self.membership_key);
            MlsMessageBody::PublicMessage(must("protect", PublicMessage::protect(self.suite, signed, key, context))?)
        } else {
            let step = self.secret_tree.plan_next_send(self.suite, self.sender, ratchet(content_type));
            let step = must("ratchet", step)?;
            let (key, guard) = (step.message_key(), [1, 2, 3, 4]);
            let sealed = PrivateMessage::seal(self.suite, &signed, key, guard, &self.sender_data, Padding::Step);
            MlsMessageBody::PrivateMessage(must("seal", sealed)?)
        }))
    }
}

const fn ratchet(content_type: ContentType) -> RatchetType {
    match content_type {
        ContentType::Application => RatchetType::Application,
        ContentType::Proposal | ContentType::Commit => RatchetType::Handshake,
    }
}

pub(super) fn message_protection(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Protection = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let context = GroupContext {
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite(case.cipher_suite),
        group_id: case.group_id.0.clone(),
        epoch: case.epoch,
        tree_hash: case.tree_hash.0.clone(),
        confirmed_transcript_hash: case.confirmed_transcript_hash.0.clone(),
        extensions: Extensions::new(),
    };
    let size = some("size", TreeSize::for_leaves(2))?;
    let world = World {
        suite,
        context_bytes: must("GroupContext", context.to_bytes())?,
        context,
        public: SignaturePublicKey::from(case.signature_pub.0.clone()),
        private: SignaturePrivateKey::from_bytes(case.signature_priv.0.clone()),
        membership_key: MembershipKey::from_bytes(case.membership_key.secret()),
        sender_data: SenderDataSecret::from_bytes(case.sender_data_secret.secret()),
        secret_tree: SecretTree::new(size, EncryptionSecret::from_bytes(case.encryption_secret.secret())),
        sender: some("sender", LeafIndex::new(1))?,
    };
    let proposal = Content::Proposal(Box::new(round_trip("proposal", &case.proposal)?));
    let commit = Content::Commit(Arc::new(round_trip("commit", &case.commit)?));
    let application = Content::Application(case.application.0.clone());
    for (bytes, content) in [
        (&case.proposal_pub, &proposal),
        (&case.proposal_priv, &proposal),
        (&case.commit_pub, &commit),
        (&case.commit_priv, &commit),
        (&case.application_priv, &application),
    ] {
        world.check(round_trip("message", bytes)?, content)?;
    }
    for content in [&proposal, &commit] {
        world.check(world.make(WireFormat::PublicMessage, content)?, content)?;
        world.check(world.make(WireFormat::PrivateMessage, content)?, content)?;
    }
    world.check(world.make(WireFormat::PrivateMessage, &application)?, &application)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WelcomeCase {
    cipher_suite: u16,
    init_priv: Hex,
    key_package: Hex,
    signer_pub: Hex,
    welcome: Hex,
}

pub(super) fn welcome(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: WelcomeCase = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let MlsMessageBody::KeyPackage(key_package) = round_trip::<MlsMessage>("KeyPackage", &case.key_package)?.body
    else {
        return Err("no KeyPackage".to_owned());
    };
    let MlsMessageBody::Welcome(welcome) = round_trip::<MlsMessage>("Welcome", &case.welcome)?.body else {
        return Err("no Welcome".to_owned());
    };
    let reference = must("reference", key_package.reference(suite))?;
    let secrets = some("secrets", welcome.secrets_for(&reference))?;
    let init = HpkePrivateKey::from_bytes(case.init_priv.0.clone());
    let info = &welcome.encrypted_group_info;
    let opened = suite.decrypt_with_label(&init, b"Welcome", info, &secrets.encrypted_group_secrets);
    let secrets = must("GroupSecrets", GroupSecrets::from_bytes(must("decrypt", opened)?.as_bytes()))?;
    holds("no PSKs", secrets.psks.is_empty())?;
    let intermediate = must("joiner", secrets.joiner_secret.mix_psk(suite, &PskSecret::zeros(suite)))?;
    let opener = must("key", must("welcome", intermediate.welcome_secret(suite))?.key_and_nonce(suite))?;
    let opened = suite.aead_open(opener.key.as_bytes(), opener.nonce.as_bytes(), &[], info);
    let info = must("GroupInfo", GroupInfo::from_bytes(must("open", opened)?.as_bytes()))?;
    must("signature", info.verify_signature(suite, &SignaturePublicKey::from(case.signer_pub.0)))?;
    let context = must("GroupContext", info.group_context.to_bytes())?;
    let secrets = must("epoch", intermediate.enter_epoch(suite, &context))?;
    let confirmed = &info.group_context.confirmed_transcript_hash;
    let tag = verify_confirmation_tag(suite, &secrets.confirmation_key, confirmed, &info.confirmation_tag);
    holds("confirmation_tag", must("confirmation_tag", tag)?)
}
