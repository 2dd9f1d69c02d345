//! The scenario files.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::proto;

/// A scenario: steps by actors who are played by servers.
#[derive(Clone, Debug)]
pub struct Scenario {
    name: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scripts: BTreeMap<String, Vec<Step>>,
}

/// A step. Which of the fields it uses depends on the action. Steps are referred to by their place, from 0.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Step {
    pub(super) action: String,
    pub(super) actor: String,
    pub(super) members: Vec<String>,
    pub(super) joiners: Vec<String>,
    pub(super) clients: Vec<String>,
    pub(super) joiner: String,
    pub(super) signer: String,
    pub(super) member: String,
    pub(super) proposer: String,
    pub(super) committer: String,
    pub(super) welcomer: String,
    pub(super) key_package: usize,
    pub(super) removed: String,
    #[serde(rename = "pskID")]
    pub(super) psk_id: usize,
    #[serde(rename = "epochID")]
    pub(super) epoch_id: u64,
    pub(super) extensions: Vec<Extension>,
    pub(super) by_reference: Vec<usize>,
    pub(super) by_value: Vec<Description>,
    #[serde(alias = "force_path")]
    pub(super) force_path: bool,
    #[serde(alias = "external_tree")]
    pub(super) external_tree: bool,
    pub(super) psks: Vec<usize>,
    pub(super) remove_prior: bool,
    pub(super) authenticated_data: String,
    pub(super) plaintext: String,
    pub(super) ciphertext: usize,
    pub(super) welcome: usize,
    pub(super) commit: usize,
    pub(super) description: Option<Description>,
    #[serde(alias = "changeCipherSuite")]
    pub(super) change_ciphersuite: bool,
    #[serde(rename = "changeGroupID")]
    pub(super) change_group_id: bool,
    pub(super) external_reinit_proposal: usize,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Description {
    pub(super) proposal_type: String,
    pub(super) key_package: usize,
    pub(super) removed: String,
    #[serde(rename = "pskID")]
    pub(super) psk_id: usize,
    #[serde(rename = "epochID")]
    pub(super) epoch_id: u64,
    pub(super) extensions: Vec<Extension>,
    #[serde(alias = "changeCiphersuite")]
    pub(super) change_cipher_suite: bool,
    #[serde(rename = "changeGroupID")]
    pub(super) change_group_id: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extension {
    extension_type: u32,
    /// In base64.
    extension_data: String,
}

/// The scenarios of a file, each called `FILE/NAME`.
///
/// # Errors
/// What is wrong with the file; a field that is not known is.
pub fn read_scenarios(file: &str, json: &str) -> Result<Vec<Scenario>, String> {
    let File { scripts } = serde_json::from_str(json).map_err(|error| format!("{file}: {error}"))?;
    let name = |script| format!("{file}/{script}");
    Ok(scripts.into_iter().map(|(script, steps)| Scenario { name: name(script), steps }).collect())
}

impl Scenario {
    /// What it is called: `FILE/NAME`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many steps it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The actors, in the order in which they come on.
    #[must_use]
    pub fn actors(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let named = self.steps.iter().flat_map(|step| {
            [&step.actor, &step.joiner, &step.signer, &step.member, &step.proposer, &step.committer, &step.welcomer]
                .into_iter()
                .chain(&step.members)
                .chain(&step.joiners)
                .chain(&step.clients)
        });
        named.filter(|actor| !actor.is_empty() && seen.insert(*actor)).cloned().collect()
    }
}

/// Extensions as messages have them.
pub(super) fn extensions(list: &[Extension]) -> Result<Vec<proto::Extension>, base64::DecodeError> {
    list.iter()
        .map(|Extension { extension_type, extension_data }| {
            Ok(proto::Extension { extension_type: *extension_type, extension_data: STANDARD.decode(extension_data)? })
        })
        .collect()
}
