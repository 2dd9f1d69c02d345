//! What a group hands out without changing.

use mls_core::env::Env;
use mls_core::extension::Extensions;
use mls_core::group::{
    ExportError as EngineError, Group as State, GroupInfoOptions, export_ratchet_tree, export_secret, group_info_with,
};
use mls_crypto_traits::SecretBytes;

use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::ExportError;

impl Driver {
    pub(crate) async fn export(
        &self,
        state: &mut Handle,
        label: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<SecretBytes, ExportError> {
        self.hand_out(state, |state, env| export_secret(state, label, context, len, env)).await
    }

    pub(crate) async fn group_info(
        &self,
        state: &mut Handle,
        options: GroupInfoOptions,
    ) -> Result<Vec<u8>, ExportError> {
        let mut further = Extensions::new();
        self.grease_group_info(&mut further);
        self.hand_out(state, |state, env| group_info_with(state, options, &further, env)).await
    }

    pub(crate) async fn ratchet_tree(&self, state: &mut Handle) -> Result<Vec<u8>, ExportError> {
        self.hand_out(state, |state, _| export_ratchet_tree(state)).await
    }

    async fn hand_out<T>(
        &self,
        state: &mut Handle,
        call: impl Fn(&State, &mut Env<'_>) -> Result<T, EngineError>,
    ) -> Result<T, ExportError> {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            match self.engine(|env| call(state, env)) {
                Ok(handed_out) => return Ok(handed_out),
                Err(error) => rounds.settle(self, state, ExportError::from(error)).await?,
            }
        }
    }
}
