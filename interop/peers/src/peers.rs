//! The other implementations, alone with us and all together, and what they cannot do.
//!
//! A limit comes from a peer's documentation or source, never from a test that fails; `PEERS.md` has the references.

use crate::openmls::OPEN_MLS;
use crate::world::actor::Maker;
use crate::world::mls_rs::MLS_RS;
use crate::world::ours::OURS;
use crate::world::scenario::{Need, Scenario};

/// Groups of these implementations.
pub struct Side {
    pub name: &'static str,
    /// Who plays a scenario, each once.
    pub casts: &'static [[Maker; 4]],
    /// The cipher suites that all of them have.
    pub suites: &'static [u16],
    /// What they lack, and why we know.
    pub lacks: &'static [(Need, &'static str)],
    /// Bugs that were found, so long as they are there.
    pub bugs: &'static [Bug],
    /// Whether our leaves may contain values that mean nothing.
    pub grease: bool,
}

/// A bug of a peer: these cases fail, and are expected to until the peer is mended.
pub struct Bug {
    pub scenario: &'static str,
    pub suites: &'static [u16],
    /// What every failure says.
    pub shows: &'static str,
    /// Its heading in `PEERS.md`.
    pub title: &'static str,
}

const OPEN_MLS_LACKS: &[(Need, &str)] = &[
    (Need::ReInit, "OpenMLS 0.9.2 has no ReInit (messages::external_proposals: \"not yet implemented\")"),
    (Need::Branch, "OpenMLS 0.9.2 has no branches (schedule::psk: PSK proposals of the usage `application` only)"),
    (
        Need::ResyncWithNewKey,
        "OpenMLS 0.9.2 removes the leaf with the joiner's signature key, no other (ExternalCommitBuilder::build_group)",
    ),
    (
        Need::UnrequiredExtension,
        "OpenMLS 0.9.2 demands that required capabilities list every extension of the context \
         (GroupContextExtensionsProposalValidationError::ExtensionNotInRequiredCapabilities)",
    ),
];

/// OpenMLS mixes PSKs in by another order than that of its commit.
const OPEN_MLS_BUGS: &[Bug] = &[Bug {
    scenario: "PSKs by value and by reference",
    suites: &[1, 2, 3],
    shows: "ConfirmationTag",
    title: "OpenMLS: PSKs by value and by reference",
}];

/// mls-rs draws the nonce of the PSK that links two groups as long as the old group's suite says.
const MLS_RS_BUGS: &[Bug] = &[Bug {
    scenario: "ReInit to another suite",
    suites: &[7],
    shows: "PskNonceLength",
    title: "mls-rs: ReInit between suites whose hashes differ in length",
}];

pub const SIDES: &[Side] = &[
    Side {
        name: "mls-rs",
        casts: &[[OURS, MLS_RS, OURS, MLS_RS], [MLS_RS, OURS, MLS_RS, OURS]],
        suites: &[1, 2, 3, 7],
        lacks: &[],
        bugs: MLS_RS_BUGS,
        grease: true,
    },
    Side {
        name: "OpenMLS",
        casts: &[[OURS, OPEN_MLS, OURS, OPEN_MLS], [OPEN_MLS, OURS, OPEN_MLS, OURS]],
        suites: &[1, 2, 3],
        lacks: OPEN_MLS_LACKS,
        bugs: OPEN_MLS_BUGS,
        grease: false,
    },
    Side {
        name: "mls-rs, OpenMLS",
        casts: &[[OURS, MLS_RS, OPEN_MLS, OURS], [MLS_RS, OPEN_MLS, OURS, MLS_RS], [OPEN_MLS, OURS, MLS_RS, OPEN_MLS]],
        suites: &[1, 2, 3],
        lacks: OPEN_MLS_LACKS,
        bugs: OPEN_MLS_BUGS,
        grease: false,
    },
];

impl Side {
    /// Why a scenario is not asked of these.
    pub fn lacks(&self, scenario: &Scenario) -> Option<&'static str> {
        let missing = self.lacks.iter().find(|(need, _)| scenario.needs.contains(need));
        missing.map(|(_, why)| *why)
    }

    /// The bug that shows in a scenario.
    pub fn bug(&self, scenario: &Scenario, suite: u16) -> Option<&'static Bug> {
        self.bugs.iter().find(|bug| bug.scenario == scenario.name && bug.suites.contains(&suite))
    }

    /// The implementations that play.
    pub fn makers(&self) -> Vec<Maker> {
        let mut makers = Vec::<Maker>::new();
        for maker in self.casts.iter().flatten() {
            if makers.iter().all(|known| known.name != maker.name) {
                makers.push(*maker);
            }
        }
        makers
    }
}
