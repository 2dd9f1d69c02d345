//! What messages of the interface describe, as the engine's types.

use mls_client::mls_core::extension::{Extension, ExtensionType, Extensions};
use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody, ProtocolVersion};
use mls_client::mls_core::key_package::KeyPackage;
use mls_client::mls_core::proposal::ReInit;
use mls_client::mls_core::welcome::GroupInfo;
use mls_client::{CipherSuite, Credential, LeafIndex, Member, Proposing};
use mls_codec::Decode;
use std::sync::Arc;

use super::failure::Failure;
use crate::proto;

pub(super) fn suite(number: u32) -> Result<CipherSuite, Failure> {
    let number = u16::try_from(number).map_err(|_| Failure::request("a cipher suite has 16 bits"))?;
    Ok(CipherSuite(number))
}

pub(super) fn extensions(list: &[proto::Extension]) -> Result<Extensions, Failure> {
    list.iter()
        .map(|extension| {
            let kind = u16::try_from(extension.extension_type);
            let kind = kind.map_err(|_| Failure::request("an extension type has 16 bits"))?;
            Ok(Extension { extension_type: ExtensionType(kind), extension_data: extension.extension_data.clone() })
        })
        .collect()
}

pub(super) fn key_package(message: &[u8]) -> Result<Arc<KeyPackage>, Failure> {
    match MlsMessage::from_bytes(message)?.body {
        MlsMessageBody::KeyPackage(key_package) => Ok(key_package),
        _ => Err(Failure::request("the message is no key package")),
    }
}

pub(super) fn group_info(message: &[u8]) -> Result<Box<GroupInfo>, Failure> {
    match MlsMessage::from_bytes(message)?.body {
        MlsMessageBody::GroupInfo(group_info) => Ok(group_info),
        _ => Err(Failure::request("the message is no GroupInfo")),
    }
}

pub(super) fn re_init(suite: CipherSuite, group_id: Vec<u8>, extensions: Extensions) -> ReInit {
    ReInit { group_id, version: ProtocolVersion::MLS10, cipher_suite: suite, extensions }
}

/// The tree beside a Welcome or GroupInfo, which is empty where the tree is inside.
pub(super) fn tree(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

/// The leaf of the member with this identity.
pub(super) fn leaf_of(members: &[Member], identity: &[u8]) -> Result<LeafIndex, Failure> {
    members
        .iter()
        .find(|member| matches!(&member.credential, Credential::Basic { identity: name } if name == identity))
        .map(|member| member.index)
        .ok_or_else(|| Failure::request(format!("no member is called {}", String::from_utf8_lossy(identity))))
}

/// A described proposal to a group with these members.
pub(super) fn proposing(
    description: &proto::ProposalDescription,
    group_id: &[u8],
    members: &[Member],
) -> Result<Proposing, Failure> {
    Ok(match description.proposal_type.as_slice() {
        b"add" => Proposing::Add(key_package(&description.key_package)?),
        b"remove" => Proposing::Remove(leaf_of(members, &description.removed_id)?),
        b"externalPSK" => Proposing::ExternalPsk(description.psk_id.clone()),
        b"resumptionPSK" => Proposing::ResumptionPsk { group_id: group_id.to_vec(), epoch: description.epoch_id },
        b"groupContextExtensions" => Proposing::GroupContextExtensions(extensions(&description.extensions)?),
        b"reinit" => Proposing::ReInit(re_init(
            suite(description.cipher_suite)?,
            description.group_id.clone(),
            extensions(&description.extensions)?,
        )),
        other => {
            return Err(Failure::request(format!("no proposal is described by {}", String::from_utf8_lossy(other))));
        }
    })
}
